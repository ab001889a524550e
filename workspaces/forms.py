"""Forms of the people pages: shapes only. The rules are in workspaces.actions, whose refusals come back here."""

from typing import Any

from django import forms
from django.contrib.auth.forms import PasswordChangeForm as DjangoPasswordChangeForm

from workspaces.actions.guests import GUEST_LINK_DAYS_MAX
from workspaces.errors import FactstormError
from workspaces.models import Role, Scope

_CLASSES: dict[type, str] = {forms.Select: "select", forms.Textarea: "textarea"}
_BARE = (forms.CheckboxInput, forms.RadioSelect)
EXPIRES_IN = [(1, "1 day"), (7, "1 week"), (14, "2 weeks"), (30, "30 days"), (GUEST_LINK_DAYS_MAX, "90 days")]
ROLE_HINTS = {
    Role.OWNER: "Everything, including members and API keys",
    Role.FACILITATOR: "Boards, streams and the catalog, and sharing them",
    Role.PARTICIPANT: "Edits boards and appends records",
    Role.VIEWER: "Sees everything, changes nothing",
}


class StyledForm(forms.Form):
    """Gives widgets the classes of the design language and takes refusals of actions."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        style_widgets(self)

    def refuse(self, error: FactstormError) -> None:
        """Show an action's refusal at the field it names in ``place``, or above the form."""
        place = error.fields.get("place")
        words = f"{error.message} {error.hint}".strip()
        self.add_error(place if place in self.fields else None, words)


def style_widgets(form: forms.BaseForm) -> None:
    """Class names of static/css/components/field.css."""
    for field in form.fields.values():
        if not isinstance(field.widget, _BARE):
            field.widget.attrs.setdefault("class", _CLASSES.get(type(field.widget), "input"))


class SignUpForm(StyledForm):
    """An account, and the first workspace unless somebody comes by an invitation."""

    name = forms.CharField(
        label="Your name", max_length=80, widget=forms.TextInput(attrs={"autocomplete": "name", "autofocus": True})
    )
    email = forms.EmailField(
        label="E-mail", max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "username"})
    )
    password = forms.CharField(
        label="Password",
        strip=False,
        help_text="At least 8 characters.",
        max_length=1024,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "minlength": 8}),
    )
    workspace = forms.CharField(
        label="Workspace",
        max_length=80,
        help_text="Your team, product or company. You can make more later.",
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )

    def __init__(self, *args: Any, invited: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if invited:
            del self.fields["workspace"]


class SignInForm(StyledForm):
    """E-mail and password."""

    email = forms.EmailField(
        label="E-mail", max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True})
    )
    password = forms.CharField(
        label="Password",
        strip=False,
        max_length=1024,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class PasswordChangeForm(DjangoPasswordChangeForm):
    """Django's own, in our clothes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["old_password"].label = "Present password"
        self.fields["new_password1"].label = "New password"
        self.fields["new_password1"].help_text = "At least 8 characters, and not one of the common ones."
        self.fields["new_password2"].label = "New password, once more"
        self.fields["new_password2"].help_text = ""
        style_widgets(self)


class NameForm(StyledForm):
    """A person's or guest's name."""

    name = forms.CharField(label="Your name", max_length=80, widget=forms.TextInput(attrs={"autocomplete": "name"}))


class WorkspaceForm(StyledForm):
    """A workspace's name."""

    name = forms.CharField(label="Name", max_length=80, widget=forms.TextInput(attrs={"autocomplete": "off"}))


class InviteForm(StyledForm):
    """An invitation link."""

    role = forms.ChoiceField(label="Role", choices=Role.choices, initial=Role.PARTICIPANT)
    days = forms.TypedChoiceField(label="Link works for", choices=EXPIRES_IN, coerce=int, initial=14)


class KeyForm(StyledForm):
    """An API key. ``every_stream`` or some of ``streams``."""

    name = forms.CharField(
        label="Name",
        max_length=80,
        help_text="The service that will use it.",
        widget=forms.TextInput(attrs={"placeholder": "checkout-service", "autocomplete": "off"}),
    )
    scopes = forms.MultipleChoiceField(choices=Scope.choices, required=False)
    reach = forms.ChoiceField(choices=[("all", "Every stream"), ("some", "Chosen streams")], initial="all")
    streams = forms.MultipleChoiceField(choices=(), required=False)

    def __init__(self, *args: Any, stream_names: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["streams"].choices = [(name, name) for name in stream_names]  # type: ignore[attr-defined]

    def chosen_streams(self) -> list[str] | None:
        """None stands for every stream."""
        return None if self.cleaned_data["reach"] == "all" else list(self.cleaned_data["streams"])
