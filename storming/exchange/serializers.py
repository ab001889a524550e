"""Shapes of the import API."""

from typing import Any

from rest_framework import serializers

from storming.exchange.reading import BYTES_MAX, FORMS


class ImportAsked(serializers.Serializer[Any]):
    """A file's text, what it is, and which colour (or word) becomes which kind. ``write`` puts it onto the board."""

    content = serializers.CharField(max_length=BYTES_MAX, trim_whitespace=False)
    form = serializers.ChoiceField(choices=[(form, form) for form in FORMS], default="auto")
    mapping = serializers.DictField(child=serializers.CharField(max_length=40), required=False, default=dict)
    write = serializers.BooleanField(default=False)


class ColourShown(serializers.Serializer[Any]):
    """A colour of the file and the kind its notes become."""

    colour = serializers.CharField()
    count = serializers.IntegerField()
    kind = serializers.CharField()
    example = serializers.CharField(allow_blank=True)


class LeftOut(serializers.Serializer[Any]):
    """What does not come along."""

    what = serializers.CharField()
    count = serializers.IntegerField()
    examples = serializers.ListField(child=serializers.CharField())


class ImportShown(serializers.Serializer[Any]):
    """What a file gives; ``written`` are the operations that put it onto the board, if it was."""

    form = serializers.CharField()
    elements = serializers.DictField(child=serializers.DictField())
    counts = serializers.DictField(child=serializers.IntegerField())
    colours = ColourShown(many=True)
    left_out = LeftOut(many=True)
    written = serializers.ListField(child=serializers.IntegerField())
