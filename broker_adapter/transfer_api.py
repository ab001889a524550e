"""Export and import of records (docs/http-api.md). Both go through bounded pieces: no body is ever held whole."""

from collections.abc import AsyncIterator
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.parsers import FileUploadParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from broker_adapter import actions, queries, ranges
from broker_adapter.api import LINE_TYPE, YES, chosen_lines, cloudevents_of, home_of
from broker_adapter.envelopes import CLOUDEVENT_BATCH
from broker_adapter.errors import TooLarge
from broker_adapter.key_access import access_for
from broker_adapter.log.batch import BatchView
from broker_adapter.models import Stream
from broker_adapter.ranges import Range
from workspaces.access import Permission, access_for_api
from workspaces.api_errors import json_error
from workspaces.errors import FactstormError, Invalid

EXPORT_RECORDS = 1_000
EXPORT_BYTES_MAX = 256 * 1024 * 1024
FORMATS = ("ndjson", "cloudevents")


@csrf_exempt
async def export(request: HttpRequest, workspace: str, stream: str) -> Any:
    """GET: a range of records, streamed."""
    if request.method not in ("GET", "HEAD"):
        return HttpResponse(status=405, headers={"Allow": "GET, HEAD"})
    try:
        access = await access_for(request, workspace, need=Permission.STREAM_READ, stream=stream)
        shape = request.GET.get("format", FORMATS[0])
        if shape not in FORMATS:
            raise Invalid(f"?format= is one of: {', '.join(FORMATS)}.", place="format")
        found = await sync_to_async(queries.find_stream)(access.workspace, stream)
        wanted = await sync_to_async(_range)(request, found)
    except FactstormError as error:
        return json_error(error)
    types = {name.encode() for name in request.GET.get("types", "").split(",") if name}
    home = home_of(request, workspace)
    pieces = _lines(found, wanted, types) if shape == "ndjson" else _cloudevents(found, wanted, types, home)
    ending = "ndjson" if shape == "ndjson" else "cloudevents.json"
    headers = {
        "Content-Disposition": f'attachment; filename="{stream}.{ending}"',
        "Factstorm-Range-To": wanted.end.encode(),
        "Factstorm-Records": str(wanted.records),
        "Cache-Control": "no-store",
    }
    content_type = LINE_TYPE if shape == "ndjson" else CLOUDEVENT_BATCH
    return StreamingHttpResponse(pieces, content_type=content_type, headers=headers)


def _range(request: HttpRequest, stream: Stream) -> Range:
    wanted = ranges.resolve_range(stream, request.GET.get("from", ""), request.GET.get("to", ""))
    start = ranges.after(wanted.start, ranges.read_places(request.GET.get("after", "")))
    return Range(start, wanted.end)


async def _batches(stream: Stream, wanted: Range) -> AsyncIterator[tuple[BatchView, ...]]:
    read = sync_to_async(ranges.read_range, thread_sensitive=False)
    while True:
        found = await read(stream, wanted, records_max=EXPORT_RECORDS)
        if found.batches:
            yield found.batches
        if found.caught_up:
            return
        wanted = Range(found.position, wanted.end)


async def _lines(stream: Stream, wanted: Range, types: set[bytes]) -> AsyncIterator[bytes]:
    size = 0
    async for batches in _batches(stream, wanted):
        piece = b"".join(chosen_lines(batches, types))
        size += len(piece)
        yield piece
        if size >= EXPORT_BYTES_MAX:
            return  # whoever wants more asks with after=


async def _cloudevents(stream: Stream, wanted: Range, types: set[bytes], home: str) -> AsyncIterator[bytes]:
    size, opened = 0, b"["
    async for batches in _batches(stream, wanted):
        events = [event for batch in batches for event in cloudevents_of(batch, types, home, stream.name, placed=True)]
        if events:
            piece = opened + b",\n".join(events)
            opened, size = b",\n", size + len(piece)
            yield piece
        if size >= EXPORT_BYTES_MAX:
            break
    yield b"]\n" if opened != b"[" else b"[]\n"


# Import ---------------------------------------------------------------------------------------------------------------


class ImportOut(serializers.Serializer):
    """What came of an import. ``records``: the first refused, as in a 422, with the number of their line."""

    dry_run = serializers.BooleanField()
    read = serializers.IntegerField()
    stored = serializers.IntegerField()
    duplicates = serializers.IntegerField()
    refused = serializers.IntegerField()
    bytes = serializers.IntegerField()
    records = serializers.ListField(child=serializers.DictField())
    stopped = serializers.CharField(help_text="Why it ended before the end of the body; empty when it did not.")


class AnyParser(FileUploadParser):
    """Takes any content type, and leaves the body alone: the view reads it line by line."""

    media_type = "*/*"


class ImportView(APIView):
    """Records of an export, or events, taken into the stream."""

    parser_classes = (AnyParser,)

    @extend_schema(
        request={"application/x-ndjson": bytes, "application/cloudevents-batch+json": bytes},
        responses=ImportOut,
        operation_id="records_import",
        parameters=[
            OpenApiParameter("dry_run", bool, description="Check everything, store nothing."),
            OpenApiParameter("timestamps", str, enum=["now", "keep"], description="keep: the time of the first store."),
        ],
    )
    def post(self, request: Request, workspace: str, stream: str) -> Response:
        access = access_for_api(request, workspace, need=Permission.STREAM_APPEND, stream=stream)
        plain: Any = request._request
        length = plain.headers.get("Content-Length", "0") or "0"
        if length.isdecimal() and int(length) > settings.IMPORT_BYTES_MAX:
            raise TooLarge(
                f"An import has at most {settings.IMPORT_BYTES_MAX:,} bytes.", hint="Send it in several parts."
            )
        timestamps = request.query_params.get("timestamps", "now")
        if timestamps not in ("now", "keep"):
            raise Invalid("?timestamps= is now or keep.", place="timestamps")
        report = actions.import_records(
            access,
            stream=stream,
            body=plain,
            content_type=plain.headers.get("Content-Type", ""),
            dry_run=request.query_params.get("dry_run", "").lower() in YES,
            keep_timestamps=timestamps == "keep",
        )
        return Response(report.as_json())
