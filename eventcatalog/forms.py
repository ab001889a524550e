"""Forms of the catalog's pages: shapes only. The rules are in eventcatalog.actions, whose refusals come back here."""

import json
from typing import Any

from django import forms

from eventcatalog.actions import ROLES_OF_KIND
from eventcatalog.models import (
    PATTERNS_OF_KIND,
    CompatibilityMode,
    MessageKind,
    MessageType,
    ParticipationRole,
    Pattern,
    Policy,
    TypeState,
)
from workspaces.errors import Invalid
from workspaces.forms import StyledForm
from workspaces.models import Workspace

NOWHERE = ("", "None")
KIND_WORDS = {
    MessageKind.EVENT: "Event: something that happened",
    MessageKind.COMMAND: "Command: something we want to happen",
    MessageKind.QUERY: "Query: a question, answered at once",
}
MODE_WORDS = {
    CompatibilityMode.NONE: "None: any change",
    CompatibilityMode.BACKWARD: "Backward: new readers read old records",
    CompatibilityMode.BACKWARD_TRANSITIVE: "Backward, against all versions",
    CompatibilityMode.FORWARD: "Forward: old readers read new records",
    CompatibilityMode.FORWARD_TRANSITIVE: "Forward, against all versions",
    CompatibilityMode.FULL: "Full: both",
    CompatibilityMode.FULL_TRANSITIVE: "Full, against all versions",
}

PATTERN_WORDS = {
    Pattern.PUBLISH_SUBSCRIBE: "Publish/subscribe: whoever wants to listens",
    Pattern.POINT_TO_POINT: "Point to point: the sender waits for the one handler",
    Pattern.QUEUED: "Queued: the one handler takes it when it can",
    Pattern.REQUEST_REPLY: "Request/reply: the asker waits for the answer",
    Pattern.SCATTER_GATHER: "Scatter/gather: the asker waits for several answers",
}
POLICY_WORDS = {
    Policy.STRICT: "Strict: may have been sent with any value",
    Policy.LENIENT: "Lenient: nobody sends them",
}


class PlacedForm(StyledForm):
    """A form that offers the workspace's places: ``owner``, ``place`` (a domain or context) and ``service``."""

    def __init__(self, workspace: Workspace, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offers = {"owner": self._owners, "place": self._places, "domain": self._domains, "context": self._contexts}
        for name, offer in offers.items():
            field = self.fields.get(name)
            if isinstance(field, forms.ChoiceField):
                field.choices = offer(workspace)

    @staticmethod
    def _owners(workspace: Workspace) -> Any:
        return [("", "Nobody yet"), *workspace.teams.values_list("slug", "name")]

    @staticmethod
    def _domains(workspace: Workspace) -> Any:
        return list(workspace.domains.values_list("slug", "name"))

    @staticmethod
    def _contexts(workspace: Workspace) -> Any:
        rows = workspace.contexts.order_by("domain__name", "name").values_list("slug", "name", "domain__name")
        return [NOWHERE, *((slug, f"{domain} › {name}") for slug, name, domain in rows)]

    @staticmethod
    def _places(workspace: Workspace) -> Any:
        """Domains and their contexts: ``domain:orders`` or ``context:checkout``."""
        choices: list[Any] = [("", "None yet")]
        contexts = list(workspace.contexts.values_list("domain_id", "slug", "name"))
        for pk, slug, name in workspace.domains.values_list("pk", "slug", "name"):
            choices.append((f"domain:{slug}", name))
            choices += [(f"context:{inner}", f"{name} › {label}") for domain, inner, label in contexts if domain == pk]
        return choices

    def place(self) -> dict[str, str]:
        """``{"domain": slug, "context": slug}``, one of them or both empty."""
        kind, _, slug = self.cleaned_data.get("place", "").partition(":")
        return {"domain": slug if kind == "domain" else "", "context": slug if kind == "context" else ""}


class TypeWordsForm(PlacedForm):
    """What can be said of a type at any time."""

    title = forms.CharField(label="Title", required=False, max_length=200, help_text="As people say it: Order placed")
    description = forms.CharField(
        label="Description", required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 3})
    )
    place = forms.ChoiceField(label="Domain or bounded context", required=False)  # type: ignore[assignment]
    owner = forms.ChoiceField(label="Owner", required=False)
    compatibility = forms.ChoiceField(
        label="Compatibility",
        choices=list(MODE_WORDS.items()),
        initial=CompatibilityMode.BACKWARD,
        help_text="What a new version must not break.",
    )
    policy = forms.ChoiceField(
        label="Undeclared properties",
        choices=list(POLICY_WORDS.items()),
        initial=Policy.STRICT,
        required=False,
    )
    pattern = forms.ChoiceField(
        label="Interaction pattern",
        choices=[("", "As is usual for its kind"), *PATTERN_WORDS.items()],
        required=False,
        help_text="Whether the sender waits for the receiver.",
    )
    state = forms.ChoiceField(
        label="State",
        choices=[(TypeState.DRAFT, "Draft: still being talked about"), (TypeState.ACTIVE, "Active: in use")],
        initial=TypeState.ACTIVE,
        required=False,
    )
    stream_name = forms.CharField(
        label="Stream",
        required=False,
        max_length=100,
        help_text="Where its records usually go; the code samples use it.",
        widget=forms.TextInput(attrs={"list": "stream-names", "autocomplete": "off"}),
    )
    tags = forms.CharField(label="Tags", required=False, max_length=800, help_text="Separated by commas.")

    def words(self) -> dict[str, Any]:
        """The fields as update_type and register_type take them."""
        fields = {name: self.cleaned_data[name] for name in ("title", "description", "owner", "compatibility")}
        fields["stream_name"] = self.cleaned_data["stream_name"].strip()
        fields["tags"] = [tag for tag in self.cleaned_data["tags"].split(",") if tag.strip()]
        if self.cleaned_data.get("policy"):
            fields["policy"] = self.cleaned_data["policy"]
        if self.cleaned_data.get("pattern"):
            fields["pattern"] = self.cleaned_data["pattern"]
        if self.cleaned_data.get("state"):
            fields["state"] = self.cleaned_data["state"]
        return {**fields, **PlacedForm.place(self)}

    def offer_patterns_of(self, kind: str) -> None:
        """Only those that the kind can have."""
        field = self.fields["pattern"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = [(each, PATTERN_WORDS[Pattern(each)]) for each in PATTERNS_OF_KIND[kind]]

    @staticmethod
    def initial_of(message_type: MessageType) -> dict[str, Any]:
        """The form's values for a type that exists."""
        place = f"domain:{message_type.domain.slug}" if message_type.domain else ""
        return {
            "title": message_type.title,
            "description": message_type.description,
            "place": f"context:{message_type.context.slug}" if message_type.context else place,
            "owner": message_type.owner.slug if message_type.owner else "",
            "compatibility": message_type.compatibility,
            "policy": message_type.policy,
            "pattern": message_type.pattern,
            "state": message_type.state,
            "stream_name": message_type.stream_name or "",
            "tags": ", ".join(message_type.tags),
        }


class NewTypeForm(TypeWordsForm):
    """A type and its first schema."""

    kind = forms.ChoiceField(label="Kind", choices=list(KIND_WORDS.items()), initial=MessageKind.EVENT)
    name = forms.CharField(
        label="Name",
        max_length=200,
        help_text="What records carry: OrderPlaced",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "autofocus": True}),
    )
    schema = forms.CharField(label="JSON Schema", widget=forms.Textarea(attrs={"spellcheck": "false", "rows": 18}))
    example = forms.CharField(required=False, widget=forms.HiddenInput())

    def example_value(self) -> Any:
        """The example the schema was made from, or None."""
        return parse_json(self.cleaned_data.get("example", ""), place="example")


class NewVersionForm(StyledForm):
    """The next version of a schema."""

    schema = forms.CharField(label="JSON Schema", widget=forms.Textarea(attrs={"spellcheck": "false", "rows": 28}))
    notes = forms.CharField(
        label="What changed, and why",
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 3, "placeholder": "For those who use it"}),
    )
    version = forms.CharField(
        label="Version",
        required=False,
        max_length=32,
        help_text="Empty: what the change itself proposes.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "decimal"}),
    )
    expected_latest = forms.CharField(required=False, widget=forms.HiddenInput())
    lenient = forms.BooleanField(required=False)


class DeprecationForm(StyledForm):
    """Why, and what instead."""

    reason = forms.CharField(
        label="Why should it no longer be used?", max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )
    successor = forms.CharField(
        label="Use instead",
        required=False,
        max_length=200,
        help_text="The name of another type.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    sunset = forms.DateTimeField(
        label="Until",
        required=False,
        help_text="From this day on nobody should rely on it. Senders are told.",
        widget=forms.DateInput(attrs={"type": "date"}),
    )


class DomainForm(PlacedForm):
    """A part of the business."""

    name = forms.CharField(label="Name", max_length=80, widget=forms.TextInput(attrs={"autofocus": True}))
    summary = forms.CharField(
        label="What belongs to it", required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )
    owner = forms.ChoiceField(label="Owner", required=False)


class ContextForm(PlacedForm):
    """A bounded context."""

    domain = forms.ChoiceField(label="Domain")
    name = forms.CharField(label="Name", max_length=80, widget=forms.TextInput(attrs={"autofocus": True}))
    summary = forms.CharField(
        label="What words mean here", required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )


class ServiceForm(PlacedForm):
    """A service."""

    name = forms.CharField(label="Name", max_length=80, widget=forms.TextInput(attrs={"autofocus": True}))
    summary = forms.CharField(
        label="What it does", required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )
    context = forms.ChoiceField(label="Bounded context", required=False)
    owner = forms.ChoiceField(label="Owner", required=False)
    sources = forms.CharField(
        label="What its records call it",
        required=False,
        max_length=4000,
        help_text="CloudEvents sources, separated by spaces. One that ends in its address is known by itself.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def clean_sources(self) -> list[str]:
        """The sources as the actions take them."""
        return str(self.cleaned_data["sources"]).split()


class TeamForm(StyledForm):
    """A team."""

    name = forms.CharField(label="Name", max_length=80, widget=forms.TextInput(attrs={"autofocus": True}))
    summary = forms.CharField(
        label="What it cares for", required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )
    contact = forms.CharField(
        label="Contact", required=False, max_length=200, help_text="A channel, an address, a telephone."
    )


class ParticipationForm(StyledForm):
    """A service's role for a type."""

    service = forms.CharField(
        label="Service", max_length=80, widget=forms.TextInput(attrs={"list": "service-names", "autocomplete": "off"})
    )
    role = forms.ChoiceField(label="Role")

    def __init__(self, kind: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["role"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = [(role, ParticipationRole(role).label) for role in ROLES_OF_KIND[kind]]


def parse_json(text: str, *, place: str) -> Any:
    """The value, None for an empty text. Raises Invalid at ``place``."""
    if not text.strip():
        return None
    try:
        return json.loads(text)
    except ValueError as error:
        raise Invalid(f"This is not JSON: {error}.", place=place) from error
