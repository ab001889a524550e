"""What the API takes: the shapes of its request bodies. Limits and sense are the actions' business."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from eventcatalog.models import CompatibilityMode, MessageKind, ParticipationRole, Pattern, Policy, TypeState

WHY = "Why, for the history."
PATTERN = "How it travels; empty: the kind's usual pattern."
POLICY = "strict: undeclared properties may have been sent with any value; lenient: nobody sends them."
EXAMPLES_MAX = 100


@extend_schema_field(OpenApiTypes.ANY)
class SchemaField(serializers.Field):
    """A JSON Schema: its text (kept to the byte), or the document itself."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str | dict | bool):
            raise serializers.ValidationError("A JSON Schema is an object, true or false; or its text.")
        return data

    def to_representation(self, value: Any) -> Any:
        return value


class AnyJson(serializers.JSONField):
    """Any JSON value, null too."""


class NewType(serializers.Serializer):
    """A message type with its first version."""

    kind = serializers.ChoiceField(MessageKind.choices)
    name = serializers.CharField(max_length=200)
    schema = SchemaField()
    title = serializers.CharField(required=False, allow_blank=True, max_length=200)
    description = serializers.CharField(required=False, allow_blank=True, max_length=20_000)
    domain = serializers.CharField(required=False, allow_null=True, allow_blank=True, help_text="A domain's slug.")
    context = serializers.CharField(required=False, allow_null=True, allow_blank=True, help_text="A context's slug.")  # type: ignore[assignment]
    owner = serializers.CharField(required=False, allow_null=True, allow_blank=True, help_text="A team's slug.")
    compatibility = serializers.ChoiceField(CompatibilityMode.choices, required=False)
    policy = serializers.ChoiceField(Policy.choices, required=False, help_text=POLICY)
    pattern = serializers.ChoiceField(Pattern.choices, required=False, allow_blank=True, help_text=PATTERN)
    state = serializers.ChoiceField(TypeState.choices, required=False)
    tags = serializers.ListField(child=serializers.CharField(max_length=40), required=False, max_length=20)
    stream = serializers.CharField(required=False, allow_null=True, allow_blank=True, source="stream_name")
    example = AnyJson(required=False)
    notes = serializers.CharField(required=False, allow_blank=True, max_length=5000)
    why = serializers.CharField(required=False, allow_blank=True, max_length=5000, help_text=WHY)


class ChangedType(serializers.Serializer):
    """What to change of a type; what is left out stays, an empty text takes a place, owner or stream away."""

    title = serializers.CharField(required=False, allow_blank=True, max_length=200)
    description = serializers.CharField(required=False, allow_blank=True, max_length=20_000)
    domain = serializers.CharField(required=False, allow_blank=True)
    context = serializers.CharField(required=False, allow_blank=True)  # type: ignore[assignment]
    owner = serializers.CharField(required=False, allow_blank=True)
    compatibility = serializers.ChoiceField(CompatibilityMode.choices, required=False)
    policy = serializers.ChoiceField(Policy.choices, required=False, help_text=POLICY)
    pattern = serializers.ChoiceField(Pattern.choices, required=False, allow_blank=True, help_text=PATTERN)
    state = serializers.ChoiceField([TypeState.DRAFT, TypeState.ACTIVE], required=False)
    tags = serializers.ListField(child=serializers.CharField(max_length=40), required=False, max_length=20)
    stream = serializers.CharField(required=False, allow_blank=True, source="stream_name")
    why = serializers.CharField(required=False, allow_blank=True, max_length=5000, help_text=WHY)


class NewVersion(serializers.Serializer):
    """The next version of a schema."""

    schema = SchemaField()
    notes = serializers.CharField(required=False, allow_blank=True, max_length=5000)
    version = serializers.CharField(required=False, allow_null=True, allow_blank=True, max_length=32)
    expected_latest = serializers.CharField(
        required=False,
        allow_null=True,
        allow_blank=True,
        help_text="The version you started from, against lost updates.",
    )
    policy = serializers.ChoiceField(Policy.choices, required=False, help_text=POLICY)
    example = AnyJson(required=False)
    why = serializers.CharField(required=False, allow_blank=True, max_length=5000, help_text=WHY)


class OneSchema(serializers.Serializer):
    """A schema alone."""

    schema = SchemaField()


class ProposedSchema(OneSchema):
    """A schema that might become the next version, and the number its author has in mind."""

    policy = serializers.ChoiceField(Policy.choices, required=False, help_text=POLICY)
    version = serializers.CharField(required=False, allow_null=True, allow_blank=True, max_length=32)


class Examples(serializers.Serializer):
    """Example documents to make a schema from."""

    examples = serializers.ListField(child=AnyJson(), min_length=1, max_length=EXAMPLES_MAX)


class Deprecation(serializers.Serializer):
    """Why a type should no longer be used, what to use instead, and from when on nobody should rely on it."""

    reason = serializers.CharField(max_length=2000)
    successor = serializers.CharField(required=False, allow_null=True, allow_blank=True, help_text="A type's name.")
    sunset = serializers.DateTimeField(required=False, allow_null=True)


class NewDomain(serializers.Serializer):
    """A domain."""

    name = serializers.CharField(max_length=80)
    summary = serializers.CharField(required=False, allow_blank=True, max_length=2000)
    owner = serializers.CharField(required=False, allow_null=True, allow_blank=True, help_text="A team's slug.")
    why = serializers.CharField(required=False, allow_blank=True, max_length=5000, help_text=WHY)


class NewContext(serializers.Serializer):
    """A bounded context."""

    domain = serializers.CharField(help_text="The domain's slug.")
    name = serializers.CharField(max_length=80)
    summary = serializers.CharField(required=False, allow_blank=True, max_length=2000)
    why = serializers.CharField(required=False, allow_blank=True, max_length=5000, help_text=WHY)


class NewTeam(serializers.Serializer):
    """A team."""

    name = serializers.CharField(max_length=80)
    summary = serializers.CharField(required=False, allow_blank=True, max_length=2000)
    contact = serializers.CharField(required=False, allow_blank=True, max_length=200)
    why = serializers.CharField(required=False, allow_blank=True, max_length=5000, help_text=WHY)


class NewService(serializers.Serializer):
    """A service."""

    name = serializers.CharField(max_length=80)
    summary = serializers.CharField(required=False, allow_blank=True, max_length=2000)
    context = serializers.CharField(required=False, allow_null=True, allow_blank=True, help_text="A context's slug.")  # type: ignore[assignment]
    owner = serializers.CharField(required=False, allow_null=True, allow_blank=True, help_text="A team's slug.")
    sources = serializers.ListField(
        child=serializers.CharField(max_length=200), required=False, max_length=20, help_text="CloudEvents sources."
    )
    why = serializers.CharField(required=False, allow_blank=True, max_length=5000, help_text=WHY)


class ChangedService(serializers.Serializer):
    """What to change of a service; an empty text takes context or owner away."""

    name = serializers.CharField(required=False, max_length=80)
    summary = serializers.CharField(required=False, allow_blank=True, max_length=2000)
    context = serializers.CharField(required=False, allow_blank=True)  # type: ignore[assignment]
    owner = serializers.CharField(required=False, allow_blank=True)
    sources = serializers.ListField(
        child=serializers.CharField(max_length=200), required=False, max_length=20, help_text="CloudEvents sources."
    )
    why = serializers.CharField(required=False, allow_blank=True, max_length=5000, help_text=WHY)


class NewParticipation(serializers.Serializer):
    """A service's role for a type."""

    service = serializers.CharField(help_text="The service's slug.")
    role = serializers.ChoiceField(ParticipationRole.choices)
    why = serializers.CharField(required=False, allow_blank=True, max_length=5000, help_text=WHY)
