"""The HTTP API of streams and records (docs/http-api.md), under /api/v1/w/<workspace>/.

``records`` is a plain asynchronous view, since it is the hot path; the rest are DRF views.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial as bound
from typing import Any

import orjson
from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.utils.http import http_date
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from broker_adapter import actions, envelopes, queries, ranges
from broker_adapter.actions.append import AppendOutcome, listed
from broker_adapter.checks import Notice
from broker_adapter.encoding import encode_cloudevents, encode_records, one_line
from broker_adapter.errors import MalformedBody, TooLarge, UnknownContentType
from broker_adapter.hub import hub
from broker_adapter.key_access import access_for
from broker_adapter.log.batch import BatchView
from broker_adapter.log.position import Position
from broker_adapter.log.records import UNKNOWN_OFFSET, Gap, Slice
from broker_adapter.models import Stream
from broker_adapter.rules import StreamRules, Takes, Validation
from workspaces.access import Access, Permission, access_for_api
from workspaces.api_errors import json_error
from workspaces.errors import FactstormError, Invalid

READ_LIMIT_DEFAULT = 500
WAIT_S_MAX = 30.0
YES = {"1", "true", "yes"}
LINE_TYPE = "application/x-ndjson"
ORDERS = ("asc", "desc")


@csrf_exempt
async def records(request: HttpRequest, workspace: str, stream: str) -> HttpResponse:
    """POST appends, GET reads."""
    try:
        if request.method == "POST":
            return await _append(request, workspace, stream)
        if request.method in ("GET", "HEAD"):
            return await _read(request, workspace, stream)
    except FactstormError as error:
        return json_error(error)
    return HttpResponse(status=405, headers={"Allow": "GET, HEAD, POST"})


# Append ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AppendRequest:
    """One append as any transport hands it over; ``headers`` and ``query`` by lower-case name, last value wins."""

    workspace: str
    stream: str
    body: bytes
    headers: Mapping[str, str]
    query: Mapping[str, str]


Answer = tuple[int, bytes, dict[str, str]]


async def answer_append(access: Access, asked: AppendRequest) -> Answer:
    """Status, JSON body and headers. Raises FactstormError."""
    partial = asked.query.get("partial", "").lower() in YES
    outcome = await actions.aappend_records(access, stream=asked.stream, events=bound(_parse, asked), partial=partial)
    return _status(outcome), _answer(outcome), notice_headers(outcome.notices) if outcome.notices else {}


def notice_headers(notices: Sequence[Notice]) -> dict[str, str]:
    """Deprecation (RFC 9745), Sunset (RFC 8594), Warning, and a Link to the page that says more.

    Of several types the earliest dates count; all of them are in the body's ``warnings``.
    """
    words = " ".join(each.message for each in notices)[:500]
    quoted = words.encode("ascii", "replace").decode().replace("\\", "").replace('"', "'")
    headers = {"Warning": f'299 - "{quoted}"'}
    begun = [each.since for each in notices if each.since]
    ends = [each.sunset for each in notices if each.sunset]
    if begun:
        headers["Deprecation"] = f"@{int(min(begun).timestamp())}"
    if ends:
        headers["Sunset"] = http_date(min(ends).timestamp())
    if notices[0].page:
        headers["Link"] = f'<{notices[0].page}>; rel="deprecation"; type="text/html"'
    return headers


def _parse(asked: AppendRequest, rules: StreamRules) -> envelopes.Events:
    query, headers = asked.query, asked.headers
    events = envelopes.parse(
        asked.body,
        content_type=headers.get("content-type", ""),
        headers={name: value for name, value in headers.items() if name.startswith("ce-")},
        wanted=envelopes.Wanted(
            type=query.get("type", ""),
            version=query.get("version", ""),
            key=query.get("key", ""),
            workspace_slug=asked.workspace,
        ),
        limits=envelopes.Limits(rules.batch_records, rules.record_bytes),
    )
    return envelopes.conditions(headers, events)


def check_length(headers: Mapping[str, str]) -> None:
    """Refuse early what would be refused later. Raises TooLarge, MalformedBody, UnknownContentType."""
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise UnknownContentType("Append takes no compressed bodies.", hint="Send the body as it is.")
    try:
        length = int(headers.get("content-length") or 0)
    except ValueError as error:
        raise MalformedBody("Content-Length is not a number.") from error
    if length > settings.APPEND_BYTES_MAX:
        raise body_too_large()


def body_too_large() -> TooLarge:
    """What is said to a body over APPEND_BYTES_MAX."""
    limit = settings.APPEND_BYTES_MAX
    return TooLarge(f"The body is over {limit:,} bytes.", hint="Send several appends.", bytes_max=limit)


async def _append(request: HttpRequest, workspace: str, stream: str) -> HttpResponse:
    access = await access_for(request, workspace, need=Permission.STREAM_APPEND, stream=stream)
    headers = {name.lower(): value for name, value in request.headers.items()}
    check_length(headers)
    try:
        body = request.body
    except RequestDataTooBig as error:
        raise body_too_large() from error
    if len(body) > settings.APPEND_BYTES_MAX:
        raise body_too_large()
    asked = AppendRequest(workspace, stream, body, headers, request.GET.dict())
    status, answer, extra = await answer_append(access, asked)
    return HttpResponse(answer, status=status, content_type="application/json", headers=extra)


def _status(outcome: AppendOutcome) -> int:
    """201: stored; 200: all were stored before; 207: partial, and some were refused."""
    if outcome.refused:
        return 207
    return 201 if outcome.stored else 200


def _answer(outcome: AppendOutcome) -> bytes:
    """The positions by string building: a thousand dicts would cost more than the append."""
    appended = outcome.appended
    head = b'{"positions":[%b],"position":"%b","stored":%d' % (
        b",".join(_places(outcome)),
        outcome.position.encode().encode(),
        outcome.stored,
    )
    duplicates = sum(appended.duplicates)
    if duplicates:
        head += b',"duplicates":%d' % duplicates
    if outcome.refused:
        refused = orjson.dumps(listed(outcome.refused, outcome.types))
        head += b',"refused":%d,"records":%b' % (len(outcome.refused), refused)
    if outcome.notices:
        head += b',"warnings":%b' % orjson.dumps([each.as_json() for each in outcome.notices])
    if outcome.quarantined:
        head += b',"dead_letters":"%b"' % outcome.quarantined.encode()
    return head + b"}"


def _places(outcome: AppendOutcome) -> list[bytes]:
    appended = outcome.appended
    rows = zip(appended.partitions, appended.offsets, strict=True)
    if UNKNOWN_OFFSET in appended.offsets:
        return _known_places(outcome)
    if outcome.stored_indexes is None and not any(appended.duplicates):
        return [b'{"partition":%d,"offset":"%d"}' % row for row in rows]
    indexes: Sequence[int] = outcome.stored_indexes or range(len(appended.offsets))
    return [
        b'{"index":%d,"partition":%d,"offset":"%d"%b}'
        % (index, partition, offset, b',"duplicate":true' if again else b"")
        for index, (partition, offset), again in zip(indexes, rows, appended.duplicates, strict=True)
    ]


def _known_places(outcome: AppendOutcome) -> list[bytes]:
    """A producer's duplicates stored so long ago that their place is forgotten have none."""
    appended = outcome.appended
    indexes: Sequence[int] = outcome.stored_indexes or range(len(appended.offsets))
    rows = zip(indexes, appended.partitions, appended.offsets, appended.duplicates, strict=True)
    return [
        orjson.dumps(
            {"index": index, "partition": partition, "offset": None if offset == UNKNOWN_OFFSET else str(offset)}
            | ({"duplicate": True} if again else {})
        )
        for index, partition, offset, again in rows
    ]


# Read -----------------------------------------------------------------------------------------------------------------


async def _read(request: HttpRequest, workspace: str, stream: str) -> HttpResponse:
    access = await access_for(request, workspace, need=Permission.STREAM_READ, stream=stream)
    limit = whole_number(request, "limit", READ_LIMIT_DEFAULT, settings.READ_RECORDS_MAX)
    wait_s = float(whole_number(request, "wait", 0, int(WAIT_S_MAX), minimum=0))
    found_stream = await sync_to_async(queries.find_stream)(access.workspace, stream)
    order = request.GET.get("order", ORDERS[0])
    if order not in ORDERS:
        raise Invalid("?order= is asc or desc.", place="order")
    if order == "desc" or "to" in request.GET:
        found = await sync_to_async(_read_range, thread_sensitive=False)(request, found_stream, order, limit)
    else:
        start = await sync_to_async(queries.resolve_position)(found_stream, request.GET.get("from", "earliest"))
        found = await _read_or_wait(found_stream, start, limit, wait_s)
    types = {name.encode() for name in request.GET.get("types", "").split(",") if name}
    return _as_asked(request, workspace, found_stream, found, types)


def _read_range(request: HttpRequest, stream: Stream, order: str, limit: int) -> Slice:
    """What lies between ?from= and ?to=. Newest first, ?from= is where it begins, and reads back down to ?to=."""
    start, end = request.GET.get("from", ""), request.GET.get("to", "")
    if order == "desc":
        return ranges.read_range_back(stream, ranges.resolve_range(stream, end, start), records_max=limit)
    return ranges.read_range(stream, ranges.resolve_range(stream, start, end), records_max=limit)


def whole_number(request: HttpRequest, name: str, default: int, maximum: int, *, minimum: int = 1) -> int:
    """A number of the query, or the default. Raises Invalid."""
    raw = request.GET.get(name)
    try:
        value = default if raw is None else int(raw)
    except ValueError as error:
        raise Invalid(f"?{name}= is not a whole number.", place=name) from error
    if not minimum <= value <= maximum:
        raise Invalid(f"?{name}= goes from {minimum} to {maximum}.", place=name)
    return value


async def _read_or_wait(stream: Stream, start: Position, limit: int, wait_s: float) -> Slice:
    loop = asyncio.get_running_loop()
    read = sync_to_async(queries.read, thread_sensitive=False)
    until = loop.time() + wait_s
    if not wait_s:
        return await read(stream, start, records_max=limit)
    async with hub.listen(stream.log_name) as bell:
        while True:
            bell.clear()
            found = await read(stream, start, records_max=limit)
            if found.position != start or loop.time() >= until:
                return found
            await bell.wait(until - loop.time())


def _as_asked(request: HttpRequest, workspace: str, stream: Stream, found: Slice, types: set[bytes]) -> HttpResponse:
    accept = request.headers.get("Accept", "")
    back = request.GET.get("order") == "desc"
    token = found.position.encode()
    headers = {
        "Factstorm-Position": token,
        "Factstorm-Caught-Up": "true" if found.caught_up else "false",
        "Cache-Control": "no-store",
    }
    if "ndjson" in accept or "jsonl" in accept:
        return HttpResponse(b"".join(chosen_lines(found.batches, types, back=back)), LINE_TYPE, headers=headers)
    if "cloudevents" in accept:
        home = home_of(request, workspace)
        events = [_turned(cloudevents_of(batch, types, home, stream.name), back) for batch in found.batches]
        body = b"[" + b",".join(event for each in events for event in each) + b"]"
        return HttpResponse(body, content_type=envelopes.CLOUDEVENT_BATCH, headers=headers)
    encoded = [record for batch in found.batches for record in _turned(_encoded(batch, types), back)]
    gaps = b',"gaps":' + orjson.dumps([gap_json(gap) for gap in found.gaps]) if found.gaps else b""
    body = b'{"records":[%b],"next":"%b","caught_up":%b%b}' % (
        b",".join(encoded),
        token.encode(),
        b"true" if found.caught_up else b"false",
        gaps,
    )
    return HttpResponse(body, content_type="application/json", headers=headers)


def chosen_lines(batches: Sequence[BatchView], types: set[bytes], *, back: bool = False) -> list[bytes]:
    """The records of these types (none named: all), one a line; ``back``: the newest of each batch first."""
    return [one_line(record) + b"\n" for batch in batches for record in _turned(_encoded(batch, types), back)]


def _turned(records: list[bytes], back: bool) -> list[bytes]:
    return records[::-1] if back else records


def _chosen(encoded: list[bytes], batch: BatchView, types: set[bytes]) -> list[bytes]:
    if not types:
        return encoded
    return [each for each, kind in zip(encoded, batch.header_values("type"), strict=True) if kind in types]


def _encoded(batch: BatchView, types: set[bytes]) -> list[bytes]:
    return _chosen(encode_records(batch), batch, types)


def home_of(request: HttpRequest, workspace: str) -> str:
    """The workspace's address."""
    return f"{settings.PUBLIC_URL or f'{request.scheme}://{request.get_host()}'}/w/{workspace}"


def cloudevents_of(batch: BatchView, types: set[bytes], home: str, stream: str, *, placed: bool = False) -> list[bytes]:
    """The records of these types as CloudEvents; ``placed``: with where each lies, so that reading can go on behind."""
    site, _, slug = home.rpartition("/w/")
    types_url = f"{site}/api/v1/w/{slug}/catalog/types"  # where a program gets the schema itself, not a page about it
    events = encode_cloudevents(
        batch,
        source=f"{home}/streams/{stream}",
        schema_url=lambda kind, version: f"{types_url}/{kind}/versions/{version}/schema?bundled=1",
    )
    if placed:
        events = [
            b'%b,"factstormplace":"%d:%d"}' % (event[:-1], batch.partition, offset)
            for event, offset in zip(events, batch.offsets, strict=True)
        ]
    return _chosen(events, batch, types)


def gap_json(gap: Gap) -> dict[str, Any]:
    """A range of offsets that can't be served, as readers are told of it."""
    return {
        "partition": gap.partition,
        "first_offset": str(gap.first_offset),
        "next_offset": str(gap.next_offset),
        "reason": gap.reason,
    }


# Streams --------------------------------------------------------------------------------------------------------------


class SettingsFields(serializers.Serializer):
    """A stream's settings; what is left out stays as it is."""

    retention_ms = serializers.IntegerField(
        required=False, allow_null=True, help_text="Records older than that may go; null: kept for ever."
    )
    retention_bytes = serializers.IntegerField(
        required=False, allow_null=True, help_text="The oldest go while the stream is larger; null: no bound."
    )
    compaction = serializers.BooleanField(
        required=False, help_text="Keep the newest record per key; a tombstone takes the key away."
    )
    record_bytes_max = serializers.IntegerField(
        required=False, allow_null=True, help_text="Largest payload; null: the deployment's limit."
    )
    batch_records_max = serializers.IntegerField(
        required=False, allow_null=True, help_text="Most records in one append; null: the deployment's limit."
    )
    validation = serializers.ChoiceField(
        choices=list(Validation),
        required=False,
        help_text="strict: refuse. quarantine: refuse, and keep it among the dead letters. observe: store it, flagged.",
    )
    takes = serializers.ChoiceField(
        choices=list(Takes), required=False, help_text="catalogued types, the listed ones, or anything."
    )
    types = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="The types taken where takes is listed."
    )


class StreamIn(serializers.Serializer):
    """A stream to be made."""

    name = serializers.CharField(max_length=100)
    description = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")
    partitions = serializers.IntegerField(required=False, default=1)
    settings = SettingsFields(required=False)


class StreamChange(serializers.Serializer):
    """What can be changed of a stream; what is left out stays as it is."""

    description = serializers.CharField(max_length=500, required=False, allow_blank=True)
    settings = SettingsFields(required=False)


class PartitionOut(serializers.Serializer):
    """One partition; offsets are strings."""

    partition = serializers.IntegerField()
    earliest_offset = serializers.CharField()
    next_offset = serializers.CharField()
    bytes = serializers.IntegerField()


class StreamOut(serializers.Serializer):
    """A stream as it is."""

    name = serializers.CharField()
    description = serializers.CharField()
    created_at = serializers.DateTimeField()
    records = serializers.IntegerField()
    bytes = serializers.IntegerField()
    problem = serializers.CharField(help_text="Why the log can't be read; empty when it can.")
    settings = SettingsFields()
    dead_letters_of = serializers.CharField(allow_null=True, help_text="The stream whose refused records it keeps.")
    partitions = PartitionOut(many=True)


def stream_json(found: queries.StreamOverview) -> dict[str, Any]:
    """A stream as StreamOut has it."""
    stream, description = found.stream, found.description
    return {
        "name": stream.name,
        "description": stream.description,
        "created_at": stream.created_at,
        "records": found.records,
        "bytes": found.bytes,
        "problem": found.problem,
        "settings": stream.rules.as_json(),
        "dead_letters_of": stream.dead_letters_of.name if stream.dead_letters_of else None,
        "partitions": [
            {
                "partition": each.partition,
                "earliest_offset": str(each.earliest_offset),
                "next_offset": str(each.next_offset),
                "bytes": each.bytes,
            }
            for each in (description.partitions if description else ())
        ],
    }


def given_settings(request: Request) -> dict[str, Any]:
    """The settings as they were sent: unknown ones are not dropped but refused, by broker_adapter.rules."""
    found = request.data.get("settings") if isinstance(request.data, dict) else None
    return found if isinstance(found, dict) else {}


class StreamListView(APIView):
    """The workspace's streams."""

    @extend_schema(responses=StreamOut(many=True), operation_id="streams_list")
    def get(self, request: Request, workspace: str) -> Response:
        access = access_for_api(request, workspace, need=Permission.STREAM_READ)
        streams = queries.streams_of(access.workspace, dead_letters=True)
        seen = [each for each in streams if access.can(Permission.STREAM_READ, stream=each.name)]
        return Response({"streams": [stream_json(queries.overview(each)) for each in seen]})

    @extend_schema(request=StreamIn, responses={201: StreamOut}, operation_id="streams_create")
    def post(self, request: Request, workspace: str) -> Response:
        access = access_for_api(request, workspace, need=Permission.STREAM_MANAGE)
        given = StreamIn(data=request.data)
        given.is_valid(raise_exception=True)
        wanted = given.validated_data | {"settings": given_settings(request)}
        stream = actions.create_stream(access, **wanted)
        return Response(stream_json(queries.overview(stream)), status=201)


class StreamView(APIView):
    """One stream."""

    @extend_schema(responses=StreamOut, operation_id="streams_describe")
    def get(self, request: Request, workspace: str, stream: str) -> Response:
        access = access_for_api(request, workspace, need=Permission.STREAM_READ, stream=stream)
        return Response(stream_json(queries.overview(queries.find_stream(access.workspace, stream))))

    @extend_schema(request=StreamChange, responses=StreamOut, operation_id="streams_change")
    def patch(self, request: Request, workspace: str, stream: str) -> Response:
        access = access_for_api(request, workspace, need=Permission.STREAM_MANAGE, stream=stream)
        given = StreamChange(data=request.data)
        given.is_valid(raise_exception=True)
        changed = actions.update_stream(
            access,
            stream=stream,
            description=given.validated_data.get("description"),
            settings=given_settings(request),
        )
        return Response(stream_json(queries.overview(changed)))

    @extend_schema(responses={204: OpenApiResponse(description="Gone")}, operation_id="streams_delete")
    def delete(self, request: Request, workspace: str, stream: str) -> Response:
        access = access_for_api(request, workspace, need=Permission.STREAM_MANAGE, stream=stream)
        actions.delete_stream(access, stream=stream, confirmation=request.query_params.get("confirm", ""))
        return Response(status=204)
