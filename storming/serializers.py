"""Shapes of the boards' API."""

from typing import Any

from rest_framework import serializers

from storming.actions.boards import NAME_CHARS_MAX
from storming.models import BoardFormat
from storming.starters import STARTERS


class PersonShown(serializers.Serializer[Any]):
    """Somebody who wrote on a board lately."""

    id = serializers.CharField()
    name = serializers.CharField()


class BoardShown(serializers.Serializer[Any]):
    """A board as lists show it; times are ISO 8601 in UTC."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    format = serializers.ChoiceField(choices=BoardFormat.choices)
    seq = serializers.IntegerField(help_text="Number of the last operation.")
    notes = serializers.IntegerField(source="notes_count")
    people = PersonShown(many=True)
    created_at = serializers.DateTimeField()
    created_by = serializers.CharField(source="created_by_name")
    edited_at = serializers.DateTimeField()
    archived_at = serializers.DateTimeField(allow_null=True)
    url = serializers.CharField()


class NewBoard(serializers.Serializer[Any]):
    """What a new board needs."""

    name = serializers.CharField(max_length=NAME_CHARS_MAX)
    format = serializers.ChoiceField(choices=BoardFormat.choices, default=BoardFormat.BIG_PICTURE)
    starter = serializers.ChoiceField(choices=[(name, name) for name in STARTERS], default="empty")
    source = serializers.UUIDField(  # type: ignore[assignment]
        required=False, allow_null=True, default=None, help_text="A board to copy instead; its format is kept."
    )


class NewCopy(serializers.Serializer[Any]):
    """What a copy is called, and of which moment it is; without ``seq`` of now."""

    name = serializers.CharField(max_length=NAME_CHARS_MAX, required=False, allow_blank=True, default="")
    seq = serializers.IntegerField(required=False, allow_null=True, default=None, min_value=0)


class BoardChanges(serializers.Serializer[Any]):
    """What can be changed of a board; what is left out stays."""

    name = serializers.CharField(max_length=NAME_CHARS_MAX, required=False)
    archived = serializers.BooleanField(required=False)


class BoardsAsked(serializers.Serializer[Any]):
    """The list's query parameters."""

    q = serializers.CharField(required=False, allow_blank=True, max_length=200, default="")
    archived = serializers.BooleanField(required=False, default=False)
    limit = serializers.IntegerField(required=False, min_value=1, max_value=200, default=50)
    offset = serializers.IntegerField(required=False, min_value=0, default=0)


class Promotion(serializers.Serializer[Any]):
    """The type that a note becomes; its kind is the note's. ``schema`` is a document, or JSON text kept as it is."""

    name = serializers.CharField(max_length=200)
    schema = serializers.JSONField(help_text="A JSON Schema document, or its text.")
    title = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    description = serializers.CharField(max_length=20_000, required=False, allow_blank=True, default="")
    context = serializers.CharField(max_length=80, required=False, allow_null=True, allow_blank=True, default=None)  # type: ignore[assignment]
    domain = serializers.CharField(max_length=80, required=False, allow_null=True, allow_blank=True, default=None)
    owner = serializers.CharField(max_length=80, required=False, allow_null=True, allow_blank=True, default=None)
    stream_name = serializers.CharField(max_length=120, required=False, allow_null=True, allow_blank=True, default=None)
    tags = serializers.ListField(
        child=serializers.CharField(max_length=40), required=False, max_length=20, default=list
    )
    example = serializers.JSONField(required=False, allow_null=True, default=None)
    notes = serializers.CharField(max_length=5000, required=False, allow_blank=True, default="")


class Link(serializers.Serializer[Any]):
    """The type that a note shall name."""

    type_id = serializers.UUIDField()


class LinkedType(serializers.Serializer[Any]):
    """A type as a note shows it."""

    id = serializers.CharField()
    name = serializers.CharField()
    title = serializers.CharField(allow_blank=True)
    version = serializers.CharField()
    state = serializers.CharField()
    kind = serializers.CharField()
    url = serializers.CharField()


class Elements(serializers.Serializer[Any]):
    """All elements of a board after operation ``seq``, the deleted ones included."""

    seq = serializers.IntegerField()
    epoch = serializers.CharField()
    elements = serializers.DictField(child=serializers.DictField())
    authors = serializers.DictField(child=serializers.CharField(), help_text="Names by actor id.")


class NewGuestLink(serializers.Serializer[Any]):
    """A link that lets people without an account onto one board."""

    role = serializers.ChoiceField(choices=[("participant", "participant"), ("viewer", "viewer")])
    days = serializers.IntegerField(min_value=1, max_value=90, default=7)
    label = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")  # type: ignore[assignment]


class GuestLinkShown(serializers.Serializer[Any]):
    """A guest link; ``url`` and ``qr`` (SVG text) are there in the answer that made it, and never again."""

    id = serializers.UUIDField()
    role = serializers.CharField()
    label = serializers.CharField(allow_blank=True)  # type: ignore[assignment]
    created_by = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    url = serializers.CharField(required=False)
    qr = serializers.CharField(required=False)
