"""Shapes of the workshop's API."""

from typing import Any

from rest_framework import serializers

from storming.document.notation import FORMATS


class WorkshopShown(serializers.Serializer[Any]):
    """The workshop as everybody sees it; see docs/board-protocol.md."""

    version = serializers.IntegerField()
    format = serializers.ChoiceField(choices=FORMATS)
    phases = serializers.ListField(child=serializers.CharField())
    phase = serializers.CharField(allow_null=True)
    silent = serializers.BooleanField()
    frozen = serializers.BooleanField()
    one_pen = serializers.BooleanField()
    pen = serializers.DictField(allow_null=True)
    palette = serializers.ListField(child=serializers.CharField(), allow_null=True)
    lanes = serializers.BooleanField()
    timer = serializers.DictField(allow_null=True)
    spotlight = serializers.DictField(allow_null=True)
    summons = serializers.DictField(allow_null=True)
    vote = serializers.DictField(allow_null=True)
    votes = serializers.ListField(child=serializers.DictField())
    now = serializers.DateTimeField()


class WorkshopChanges(serializers.Serializer[Any]):
    """What a facilitator sets by hand; what is left out stays. ``all_kinds`` takes the phase's palette away."""

    format = serializers.ChoiceField(choices=FORMATS, required=False)
    phases = serializers.ListField(child=serializers.CharField(max_length=40), max_length=30, required=False)
    silent = serializers.BooleanField(required=False)
    frozen = serializers.BooleanField(required=False)
    one_pen = serializers.BooleanField(required=False)
    palette = serializers.ListField(child=serializers.CharField(max_length=40), max_length=20, required=False)
    all_kinds = serializers.BooleanField(required=False)


class PhaseEntered(serializers.Serializer[Any]):
    """The phase to go to; null ends the workshop's rules."""

    phase = serializers.CharField(max_length=40, allow_null=True)


class TimerSet(serializers.Serializer[Any]):
    """start, pause, resume, add or stop; ``seconds`` for start and add."""

    action = serializers.ChoiceField(choices=["start", "pause", "resume", "add", "stop"])
    seconds = serializers.IntegerField(min_value=0, max_value=8 * 3600, default=0)


class SpotlightSet(serializers.Serializer[Any]):
    """Ids of the elements that are lit; none ends it."""

    ids = serializers.ListField(child=serializers.CharField(max_length=64), max_length=200)


class Summoned(serializers.Serializer[Any]):
    """Where everybody shall look: x, y, width and height in board units."""

    view = serializers.ListField(child=serializers.FloatField(), min_length=4, max_length=4)


class PenHanded(serializers.Serializer[Any]):
    """Who holds the pen from now on; null: the facilitators alone."""

    actor_id = serializers.CharField(max_length=64, allow_null=True)
    name = serializers.CharField(max_length=80, required=False, allow_blank=True, default="")


class VoteOpened(serializers.Serializer[Any]):
    """A round of dot voting; ``kinds``: which notes may get dots, none for all."""

    title = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")
    budget = serializers.IntegerField(min_value=1, max_value=100, default=5)
    per_note_max = serializers.IntegerField(min_value=1, max_value=100, default=3)
    kinds = serializers.ListField(
        child=serializers.CharField(max_length=40), max_length=20, required=False, default=list
    )


class BallotCast(serializers.Serializer[Any]):
    """One's whole ballot: dots by element id."""

    dots = serializers.DictField(child=serializers.IntegerField(min_value=0, max_value=100))


class BallotShown(serializers.Serializer[Any]):
    """One's own ballot, and how many dots are left."""

    round = serializers.CharField(allow_null=True)
    dots = serializers.DictField(child=serializers.IntegerField())
    left = serializers.IntegerField()


class RankedShown(serializers.Serializer[Any]):
    """One line of a closed vote."""

    element_id = serializers.CharField()
    dots = serializers.IntegerField()
    text = serializers.CharField(allow_blank=True)
    kind = serializers.CharField()


class HintShown(serializers.Serializer[Any]):
    """One hint of the soft grammar."""

    code = serializers.CharField()
    element_id = serializers.CharField()
    message = serializers.CharField()
    advice = serializers.CharField()


class PairShown(serializers.Serializer[Any]):
    """Two notes that may say the same."""

    first = serializers.CharField()
    second = serializers.CharField()
    likeness = serializers.FloatField()


class InStepShown(serializers.Serializer[Any]):
    """What a promoted note and its type say differently; ``verdict`` is {"compatible", "words"} or null."""

    name = serializers.CharField()
    version = serializers.CharField()
    differences = serializers.ListField(child=serializers.CharField())
    verdict = serializers.DictField(allow_null=True)
    may_publish = serializers.BooleanField()


class InStepAsked(serializers.Serializer[Any]):
    """Whose side both shall say: the note's or the type's."""

    take = serializers.ChoiceField(choices=["note", "type"])
