"""The HTTP API of dead letters (docs/http-api.md)."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from broker_adapter import actions, dead_letters, queries
from broker_adapter.dead_letters import Wanted
from workspaces.access import Permission, access_for_api
from workspaces.errors import Invalid

LIMIT_DEFAULT, LIMIT_MAX = 100, 500
STATES = ("open", "done", "all")


class PlaceFields(serializers.Serializer):
    """Where a letter lies in the stream of dead letters."""

    partition = serializers.IntegerField(min_value=0)
    offset = serializers.CharField(max_length=20)


class SelectionIn(serializers.Serializer):
    """Either ``letters``, or all open letters that the others describe, from a position on."""

    letters = PlaceFields(many=True, required=False)
    types = serializers.ListField(child=serializers.CharField(max_length=200), required=False, max_length=200)
    keyword = serializers.CharField(required=False, allow_blank=True, max_length=100, help_text="A fault's keyword.")
    q = serializers.CharField(required=False, allow_blank=True, max_length=200, help_text="Text they contain.")
    start = serializers.CharField(required=False, allow_blank=True, help_text="`next` of the answer before.")


class OutcomeOut(serializers.Serializer):
    """What became of a letter."""

    kind = serializers.ChoiceField(choices=["redriven", "discarded"])
    placed = serializers.CharField(help_text="partition:offset in the stream, when redriven.")
    at = serializers.DateTimeField()
    by = serializers.CharField()


class LetterOut(serializers.Serializer):
    """A record that was refused, and why."""

    partition = serializers.IntegerField()
    offset = serializers.CharField()
    timestamp_ms = serializers.IntegerField()
    type = serializers.CharField()
    pinned = serializers.CharField(help_text="The version the sender asked for.")
    sender = serializers.CharField()
    key = serializers.CharField(allow_null=True)
    faults = serializers.ListField(child=serializers.DictField())
    text = serializers.CharField(help_text="The payload.")
    is_json = serializers.BooleanField()
    outcome = OutcomeOut(allow_null=True)


class LettersOut(serializers.Serializer):
    """Some letters, oldest first."""

    stream = serializers.CharField(allow_null=True, help_text="The stream that holds them; null while there are none.")
    open = serializers.IntegerField()
    letters = LetterOut(many=True)
    next = serializers.CharField(allow_null=True)
    more = serializers.BooleanField()


class ReportOut(serializers.Serializer):
    """What came of it; while ``more``, send the same again with ``start`` = ``next``."""

    tried = serializers.IntegerField()
    stored = serializers.IntegerField()
    duplicates = serializers.IntegerField()
    refused = serializers.IntegerField()
    discarded = serializers.IntegerField()
    more = serializers.BooleanField()
    next = serializers.CharField()
    records = serializers.ListField(child=serializers.DictField(), help_text="The first refused, as in a 422.")


class LettersView(APIView):
    """What a stream refused and kept."""

    @extend_schema(
        responses=LettersOut,
        operation_id="dead_letters_list",
        parameters=[
            OpenApiParameter("from", str, description="earliest (default), a time or position, as for reading."),
            OpenApiParameter("limit", int, description=f"1 to {LIMIT_MAX}; default {LIMIT_DEFAULT}."),
            OpenApiParameter("types", str, description="Names, comma separated."),
            OpenApiParameter("keyword", str, description="Only with a fault of this keyword."),
            OpenApiParameter("q", str, description="Only those that contain this text."),
            OpenApiParameter("state", str, enum=list(STATES), description="open (default), done or all."),
        ],
    )
    def get(self, request: Request, workspace: str, stream: str) -> Response:
        access = access_for_api(request, workspace, need=Permission.STREAM_READ, stream=stream)
        letters = dead_letters.find_dead_letters(queries.find_stream(access.workspace, stream))
        if letters is None:
            return Response({"stream": None, "open": 0, "letters": [], "next": None, "more": False})
        asked = request.query_params
        start = queries.resolve_position(letters, asked.get("from", "earliest"))
        found = dead_letters.read_letters(letters, start, wanted_from(asked), limit=_limit(asked.get("limit")))
        return Response(
            {
                "stream": letters.name,
                "open": dead_letters.open_count(letters),
                "letters": [dead_letters.letter_json(each) for each in found.letters],
                "next": found.position.encode(),
                "more": found.more,
            }
        )


def wanted_from(asked: Any) -> Wanted:
    """Which letters a query asks for. Raises Invalid."""
    state = asked.get("state", "open")
    if state not in STATES:
        raise Invalid(f"?state= is one of: {', '.join(STATES)}.", place="state")
    types = frozenset(name for name in asked.get("types", "").split(",") if name)
    return Wanted(types, asked.get("keyword", ""), asked.get("q", ""), state)


def _limit(raw: str | None) -> int:
    if raw is None:
        return LIMIT_DEFAULT
    if not raw.isdecimal() or not 1 <= int(raw) <= LIMIT_MAX:
        raise Invalid(f"?limit= goes from 1 to {LIMIT_MAX}.", place="limit")
    return int(raw)


def _selection(request: Request) -> actions.Selection:
    given = SelectionIn(data=request.data)
    given.is_valid(raise_exception=True)
    values = given.validated_data
    if "letters" in values:
        if not all(each["offset"].isdecimal() for each in values["letters"]):
            raise Invalid("An offset is a whole number, as a string.", place="letters")
        return actions.Selection([(each["partition"], int(each["offset"])) for each in values["letters"]])
    wanted = Wanted(frozenset(values.get("types", ())), values.get("keyword", ""), values.get("q", ""))
    return actions.Selection((), wanted, values.get("start", ""))


class RedriveView(APIView):
    """Append dead letters to their stream again."""

    @extend_schema(request=SelectionIn, responses=ReportOut, operation_id="dead_letters_redrive")
    def post(self, request: Request, workspace: str, stream: str) -> Response:
        access = access_for_api(request, workspace, need=Permission.STREAM_APPEND, stream=stream)
        return Response(actions.redrive(access, stream=stream, selection=_selection(request)).as_json())


class DiscardView(APIView):
    """Put dead letters aside for good."""

    @extend_schema(request=SelectionIn, responses=ReportOut, operation_id="dead_letters_discard")
    def post(self, request: Request, workspace: str, stream: str) -> Response:
        access = access_for_api(request, workspace, need=Permission.STREAM_APPEND, stream=stream)
        return Response(actions.discard(access, stream=stream, selection=_selection(request)).as_json())
