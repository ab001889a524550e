"""Pages of streams, and the small JSON answers that keep them fresh. Records themselves come by the tail socket."""

from datetime import datetime
from typing import Any

import orjson
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from broker_adapter import actions, dead_letters, queries, ranges, traffic
from broker_adapter.last_records import last_records_of_type
from broker_adapter.models import ConsumerGroup, Stream, StreamViews
from broker_adapter.times import format_time
from workspaces.access import Access, Permission, page
from workspaces.api_errors import json_error
from workspaces.errors import FactstormError, Invalid

DAY_MS = 24 * 3_600_000
SPARK_WIDTH, SPARK_HEIGHT = 120, 24


def sparkline(series: tuple[int, ...]) -> str:
    """Points of an SVG polyline, SPARK_WIDTH by SPARK_HEIGHT, one a second, the highest at the top."""
    peak = max(series, default=0) or 1
    step = SPARK_WIDTH / max(len(series) - 1, 1)
    return " ".join(
        f"{place * step:.1f},{SPARK_HEIGHT - 1 - (SPARK_HEIGHT - 2) * count / peak:.1f}"
        for place, count in enumerate(series)
    )


@page(Permission.STREAM_READ)
def streams(request: HttpRequest, access: Access) -> HttpResponse:
    """All streams; POST makes one."""
    refusal: FactstormError | None = None
    if request.method == "POST":
        try:
            made = _make(request, access)
        except FactstormError as error:
            refusal = error
        else:
            return redirect("broker_adapter:stream", workspace=access.workspace.slug, stream=made.name)
    seen = traffic.stream_traffic(access.workspace.pk)
    letters = dead_letters.open_counts(access.workspace.pk)
    rows = [
        _row(queries.overview(each), seen.get(each.name)) | {"letters": letters.get(each.name, 0)}
        for each in queries.streams_of(access.workspace)
    ]
    context = {
        "rows": rows,
        "refusal": refusal,
        "place": refusal.fields.get("place", "name") if refusal else "",
        "given": request.POST,
        "partitions_max": settings.PARTITIONS_MAX,
        "retentions": (("1", "For a day"), ("7", "For a week"), ("30", "For 30 days"), ("365", "For a year")),
        "validations": (
            ("strict", "Is refused"),
            ("quarantine", "Is refused, and kept among the dead letters"),
            ("observe", "Is stored all the same, flagged"),
        ),
        "may_manage": access.can(Permission.STREAM_MANAGE),
        "base": base_url(request),
    }
    return render(request, "broker_adapter/streams.html", context, status=422 if refusal else 200)


def _make(request: HttpRequest, access: Access) -> Any:
    raw, days = request.POST.get("partitions", "1"), request.POST.get("retention_days", "")
    return actions.create_stream(
        access,
        name=request.POST.get("name", ""),
        description=request.POST.get("description", ""),
        partitions=int(raw) if raw.isdecimal() and len(raw) < 5 else 0,
        settings={
            "retention_ms": int(days) * DAY_MS if days.isdecimal() and len(days) < 6 else None,
            "validation": request.POST.get("validation", "strict"),
        },
    )


def base_url(request: HttpRequest) -> str:
    """The address that people reach this site at."""
    return settings.PUBLIC_URL or f"{request.scheme}://{request.get_host()}"


def _saved_views(access: Access, stream: Stream) -> dict[str, Any]:
    row = StreamViews.objects.filter(stream=stream, person=access.person).first() if access.person else None
    return row.views if row else {}


@page(Permission.STREAM_READ)
@require_POST
def save_views(request: HttpRequest, access: Access, stream: str) -> HttpResponse:
    """``{"views": {name: {"from", "type", "q"}}}``: a person's views of the stream, all of them."""
    try:
        views = orjson.loads(request.body).get("views")
    except (orjson.JSONDecodeError, AttributeError):
        views = None
    if not isinstance(views, dict):
        return json_error(Invalid("There are no views in the body.", place="views"))
    try:
        return _json({"views": actions.save_views(access, stream=stream, views=views)})
    except FactstormError as error:
        return json_error(error)


def header_context(access: Access, found: queries.StreamOverview) -> dict[str, Any]:
    """What the head and the tabs of every page of a stream need."""
    letters = dead_letters.find_dead_letters(found.stream)
    return {
        "found": found,
        "stream": found.stream,
        "may_manage": access.can(Permission.STREAM_MANAGE, stream=found.stream.name),
        "letter_count": dead_letters.open_count(letters) if letters else 0,
        "letters": letters,
        "group_count": ConsumerGroup.objects.filter(stream=found.stream).count(),
    }


def _row(found: queries.StreamOverview, seen: traffic.StreamTraffic | None) -> dict[str, Any]:
    series = seen.series if seen else ()
    return {
        "stream": found.stream,
        "records": found.records,
        "bytes": found.bytes,
        "problem": found.problem,
        "last": seen.last_seen if seen else None,
        "rate": round(seen.rate, 1) if seen else 0,
        "points": sparkline(series),
        "busy": any(series),
    }


@page(Permission.STREAM_READ)
def stream(request: HttpRequest, access: Access, stream: str) -> HttpResponse:
    """One stream: its records live. The script does the rest (static/streams/stream.js)."""
    found = queries.overview(queries.find_stream(access.workspace, stream))
    slug = access.workspace.slug
    base = base_url(request)
    seen = traffic.stream_traffic(access.workspace.pk).get(stream)
    data = {
        "stream": stream,
        "workspace": slug,
        "tail": f"/ws/v1/w/{slug}/streams/{stream}/tail",
        "records": f"/api/v1/w/{slug}/streams/{stream}/records",
        "traffic": f"/w/{slug}/traffic/streams/{stream}",
        "replay": f"/ws/v1/w/{slug}/streams/{stream}/replay",
        "density": f"/w/{slug}/traffic/streams/{stream}/density",
        "exports": f"/api/v1/w/{slug}/streams/{stream}/export",
        "views": f"/w/{slug}/streams/{stream}/views",
        "saved": _saved_views(access, found.stream),
        "imports": f"/api/v1/w/{slug}/streams/{stream}/imports",
        "types": f"/w/{slug}/catalog/types/",
        "base": base,
        "may_append": access.can(Permission.STREAM_APPEND, stream=stream) and not found.stream.dead_letters_of_id,
    }
    context = header_context(access, found) | {
        "data": data,
        "base": base,
        "rate": round(seen.rate, 1) if seen else 0,
        "rejected": seen.rejected if seen else 0,
        "flagged": seen.flagged if seen else 0,
        "last": seen.last_seen if seen else None,
        "may_append": data["may_append"],
    }
    return render(request, "broker_adapter/stream.html", context)


# JSON that pages ask for every few seconds ----------------------------------------------------------------------------


@page(Permission.STREAM_READ)
@require_GET
def streams_traffic(request: HttpRequest, access: Access) -> HttpResponse:
    """``{"streams": {name: {"records", "bytes", "rate", "last", "points"}}}``."""
    seen = traffic.stream_traffic(access.workspace.pk)
    rows = {
        each.name: _row(queries.overview(each), seen.get(each.name)) for each in queries.streams_of(access.workspace)
    }
    return _json({"streams": {name: _row_json(row) for name, row in rows.items()}})


def _row_json(row: dict[str, Any]) -> dict[str, Any]:
    return {key: row[key] for key in ("records", "bytes", "rate", "points", "busy")} | {"last": _iso(row["last"])}


@page(Permission.STREAM_READ)
@require_GET
def stream_traffic(request: HttpRequest, access: Access, stream: str) -> HttpResponse:
    """``{"series": 300 numbers, "now": seconds, "rate", "rejected", "last", "records", "bytes", "types": [names]}``."""
    found = queries.overview(queries.find_stream(access.workspace, stream))
    seen = traffic.stream_traffic(access.workspace.pk).get(stream)
    return _json(
        {
            "series": traffic.history(access.workspace.pk, stream=stream),
            "now": int(traffic.projector.clock()),
            "rate": round(seen.rate, 2) if seen else 0,
            "rejected": seen.rejected if seen else 0,
            "flagged": seen.flagged if seen else 0,
            "last": _iso(seen.last_seen) if seen else None,
            "records": found.records,
            "bytes": found.bytes,
            "types": traffic.types_of_stream(access.workspace.pk, stream),
        }
    )


@page(Permission.STREAM_READ)
@require_GET
def stream_density(request: HttpRequest, access: Access, stream: str) -> HttpResponse:
    """``{"first_ms", "last_ms", "counts": [...]}``: records in each part of the time; ``?last=`` ms of it."""
    found = queries.find_stream(access.workspace, stream)
    partitions = queries.describe(found).partitions
    first_ms = min((e.first_timestamp_ms for e in partitions if e.first_timestamp_ms is not None), default=0)
    last_ms = max((e.last_timestamp_ms for e in partitions if e.last_timestamp_ms is not None), default=0) + 1
    asked, buckets = request.GET.get("last", ""), request.GET.get("buckets", "100")
    if asked.isdecimal() and len(asked) < 15:
        last_ms = max(queries.now_ms(), last_ms)
        first_ms = max(first_ms, last_ms - int(asked))
    wanted = int(buckets) if buckets.isdecimal() and 0 < len(buckets) < 4 else 100
    counts = ranges.density(found, first_ms, last_ms, wanted) if first_ms < last_ms else []
    return _json({"first_ms": first_ms, "last_ms": last_ms, "counts": counts})


@page(Permission.STREAM_READ)
@require_GET
def type_traffic(request: HttpRequest, access: Access, name: str) -> HttpResponse:
    """``{"total", "rejected", "last_seen", "rate", "series", "now"}`` of one message type, all streams together."""
    found = traffic.snapshot(access.workspace.pk).get(name, traffic.Traffic())
    series = traffic.history(access.workspace.pk, type_name=name)
    return _json(found.as_json() | {"series": series, "now": int(traffic.projector.clock())})


@page(Permission.STREAM_READ)
@require_GET
def type_records(request: HttpRequest, access: Access, name: str) -> HttpResponse:
    """``{"records": [...]}``: the type's newest records, newest first, looked for near the ends of the streams."""
    asked = request.GET.get("limit", "20")
    limit = min(int(asked), 100) if asked.isdecimal() else 20
    found = last_records_of_type(access, name, limit=limit)
    records = b",".join(b'{"stream":%b,%b' % (orjson.dumps(of), record[1:]) for of, record in found)
    return HttpResponse(b'{"records":[%b]}' % records, content_type="application/json", headers=_FRESH)


_FRESH = {"Cache-Control": "no-store"}


def _json(answer: dict[str, Any]) -> HttpResponse:
    return JsonResponse(answer, headers=_FRESH)


def _iso(moment: datetime | None) -> str | None:
    return format_time(int(moment.timestamp() * 1000)) if moment else None
