"""Forms of the boards' pages; the actions check again and have the last word."""

from django import forms

from storming.actions.boards import NAME_CHARS_MAX
from storming.models import BoardFormat
from workspaces.errors import FactstormError

DAYS = (("1", "1 day"), ("7", "1 week"), ("30", "30 days"), ("90", "90 days"))


class _Refusing(forms.Form):
    def refuse(self, error: FactstormError) -> None:
        """Show an action's refusal at its field, or above the form."""
        place = error.fields.get("place")
        self.add_error(place if place in self.fields else None, " ".join(filter(None, [error.message, error.hint])))


class NewBoardForm(_Refusing):
    """Name, format and what the board starts with."""

    name = forms.CharField(
        max_length=NAME_CHARS_MAX,
        widget=forms.TextInput(attrs={"class": "input", "placeholder": "Order fulfilment", "autocomplete": "off"}),
    )
    format = forms.ChoiceField(choices=BoardFormat.choices, initial=BoardFormat.BIG_PICTURE)
    starter = forms.ChoiceField(choices=[("empty", "Empty wall"), ("example", "With an example")], initial="empty")


class RenameForm(_Refusing):
    """Another name."""

    name = forms.CharField(max_length=NAME_CHARS_MAX, widget=forms.TextInput(attrs={"class": "input"}))


class ShareForm(_Refusing):
    """A guest link's role, life and label."""

    role = forms.ChoiceField(
        choices=[("participant", "Write on the board"), ("viewer", "Only look")],
        initial="participant",
        label="Guests may",
        widget=forms.Select(attrs={"class": "select"}),
    )
    days = forms.TypedChoiceField(
        choices=DAYS, coerce=int, initial="7", label="Works for", widget=forms.Select(attrs={"class": "select"})
    )
    label = forms.CharField(
        max_length=120,
        required=False,
        label="Who is it for",
        widget=forms.TextInput(attrs={"class": "input", "placeholder": "Workshop on Tuesday", "autocomplete": "off"}),
    )
