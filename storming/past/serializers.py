"""Shapes of the history API."""

from typing import Any

from rest_framework import serializers

from storming.past import queries
from storming.past.actions import NAME_CHARS_MAX


class VersionShown(serializers.Serializer[Any]):
    """A named moment."""

    id = serializers.UUIDField()
    seq = serializers.IntegerField()
    name = serializers.CharField()
    at = serializers.DateTimeField()
    by = serializers.CharField(source="by_name")


class NewBoardVersion(serializers.Serializer[Any]):
    """A name for a moment; without ``seq`` for now."""

    name = serializers.CharField(max_length=NAME_CHARS_MAX)
    seq = serializers.IntegerField(required=False, allow_null=True, default=None, min_value=0)


class VersionName(serializers.Serializer[Any]):
    """Another name."""

    name = serializers.CharField(max_length=NAME_CHARS_MAX)


class MarkShown(serializers.Serializer[Any]):
    """One of some moments spread evenly over the log."""

    seq = serializers.IntegerField()
    at = serializers.DateTimeField()
    actor_id = serializers.CharField()
    actor_name = serializers.CharField()


class AuthorShown(serializers.Serializer[Any]):
    """Somebody's share of the log."""

    id = serializers.CharField()
    name = serializers.CharField()
    operations = serializers.IntegerField()
    first_seq = serializers.IntegerField()
    last_seq = serializers.IntegerField()


class PastShown(serializers.Serializer[Any]):
    """A board's past at a glance."""

    seq = serializers.IntegerField()
    marks = MarkShown(many=True)
    people = AuthorShown(many=True)
    versions = VersionShown(many=True)


class OperationsAsked(serializers.Serializer[Any]):
    """Which operations."""

    after = serializers.IntegerField(required=False, default=0, min_value=0)
    count = serializers.IntegerField(required=False, default=500, min_value=1, max_value=queries.PAGE_MAX)


class OperationsShown(serializers.Serializer[Any]):
    """Operations as docs/board-protocol.md shapes them, in order."""

    operations = serializers.ListField(child=serializers.DictField())


class MomentAsked(serializers.Serializer[Any]):
    """Which elements; none named: all."""

    ids = serializers.CharField(required=False, allow_blank=True, default="", max_length=20_000)


class MomentShown(serializers.Serializer[Any]):
    """The elements after operation ``seq``, deleted ones included."""

    seq = serializers.IntegerField()
    elements = serializers.DictField(child=serializers.DictField())
