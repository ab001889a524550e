"""Observed, not declared: which source appends which type in which version to which stream, as stored records say.

Theory. Each record carries its type and version; most carry a CloudEvents ``source``. A look reads what a stream has
gained since its cursor and adds up (type, source, version): headers only, no payload is touched. Counts and cursor
move in one transaction, so a record counts once however many processes look. A look is bounded (RECORDS_A_LOOK_MAX a
stream): one that is further behind goes on near the end and says so (``skipped``), then counts are "at least". Who
*reads* a stream can't be seen in records; that is declared.

A source belongs to a service when the service names it (``Service.sources``), or when its last part is the service's
slug: ``/northwind/order-service``, ``urn:acme:order-service``, ``https://acme.example/order-service``.
"""

import logging
import re
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.text import slugify

from broker_adapter import queries as streams
from broker_adapter.engine_holder import engine
from broker_adapter.errors import CannotResume
from broker_adapter.log.batch import BatchView
from broker_adapter.log.errors import PositionError
from broker_adapter.log.position import Position
from broker_adapter.models import Stream
from eventcatalog.map_models import Observation, ObservationCursor
from eventcatalog.models import Service
from workspaces.errors import FactstormError
from workspaces.models import Workspace

log = logging.getLogger(__name__)

RECORDS_A_LOOK_MAX = 50_000
RECORDS_A_READ = 5_000
BYTES_A_READ = 16 * 1024 * 1024
OBSERVATIONS_PER_WORKSPACE_MAX = 50_000
SOURCE_CHARACTERS_MAX = 200
LOOK_EVERY_S = 5.0
_LAST_PART = re.compile(r"[/:#]")
_looked: dict[uuid.UUID, float] = {}
_lock = threading.Lock()


@dataclass(slots=True)
class Seen:
    """What one look found of one (type, source, version)."""

    records: int
    first_ms: int
    last_ms: int


Key = tuple[str, str, str]


def look(workspace: Workspace, *, at_most_every_s: float = LOOK_EVERY_S) -> None:
    """Bring the workspace's observations up to date, unless this process did so just now. A log that can't be read is
    left for the next time: what was observed stays.
    """
    now = time.monotonic()
    with _lock:
        if now - _looked.get(workspace.pk, -1e9) < at_most_every_s:
            return
        if len(_looked) > 10_000:
            _looked.clear()
        _looked[workspace.pk] = now
    for stream in streams.writable_streams_of(workspace):  # our own streams show what the catalog did, no service
        try:
            look_at(stream)
        except FactstormError as error:
            log.info("%s could not be looked through: %s", stream.log_name, error)


def look_at(stream: Stream) -> int:
    """Count what the stream has gained since last time; how many records that were. Raises StreamError."""
    described = streams.describe(stream)
    cursor = ObservationCursor.objects.filter(workspace=stream.workspace_id, stream_name=stream.name).first()
    position, skipped = _start(stream, cursor)
    ends = {each.partition: each.next_offset for each in described.partitions}
    if cursor is not None and position.encode() == cursor.position and tuple(position.offsets) == tuple(ends.values()):
        return 0
    seen: dict[Key, Seen] = {}
    records = 0
    while records < RECORDS_A_LOOK_MAX * 2:
        found = streams.read(stream, position, records_max=RECORDS_A_READ, bytes_max=BYTES_A_READ)
        for batch in found.batches:
            records += _count(batch, seen)
        position = found.position
        if found.caught_up or not found.batches:
            break
    _store(stream, cursor, position, seen, skipped=skipped)
    return records


def _start(stream: Stream, cursor: ObservationCursor | None) -> tuple[Position, bool]:
    """Where to go on, and whether records before it were left out now or earlier."""
    near_end = streams.resolve_position(stream, f"last:{RECORDS_A_LOOK_MAX // stream.partitions}")
    earliest = engine().earliest(stream.log_name)
    if cursor is None:
        return near_end, near_end.offsets != earliest.offsets
    try:
        position = Position.decode(cursor.position)
        streams.read(stream, position, records_max=1, bytes_max=1)
    except (CannotResume, PositionError):
        return near_end, True
    behind = any(mine < theirs for mine, theirs in zip(position.offsets, near_end.offsets, strict=True))
    return (near_end, True) if behind else (position, cursor.skipped)


def _count(batch: BatchView, seen: dict[Key, Seen]) -> int:
    columns = (batch.header_values("type"), batch.header_values("ce-source"), batch.header_values("version"))
    first_ms, last_ms = batch.min_timestamp_ms, batch.max_timestamp_ms
    for (name, source, version), count in Counter(zip(*columns, strict=True)).items():
        if not name:
            continue
        key = (_text(name, 200), _text(source, SOURCE_CHARACTERS_MAX), _text(version, 32))
        known = seen.setdefault(key, Seen(0, first_ms, last_ms))
        known.records += count
        known.first_ms, known.last_ms = min(known.first_ms, first_ms), max(known.last_ms, last_ms)
    return batch.count


def _store(
    stream: Stream, cursor: ObservationCursor | None, position: Position, seen: dict[Key, Seen], *, skipped: bool
) -> None:
    place: dict[str, Any] = {"workspace": stream.workspace, "stream_name": stream.name}
    with transaction.atomic():
        if cursor is None:
            _written, made = ObservationCursor.objects.select_for_update().get_or_create(
                **place, defaults={"position": position.encode(), "skipped": skipped}
            )
            if not made:
                return  # somebody else looked meanwhile
        else:
            moved = ObservationCursor.objects.filter(pk=cursor.pk, position=cursor.position)
            if not moved.update(position=position.encode(), skipped=skipped):
                return
        _add(place, seen)


def _add(place: dict[str, Any], seen: dict[Key, Seen]) -> None:
    rows = Observation.objects.filter(**place)
    known = {(row.type_name, row.source, row.version): row for row in rows}
    room = OBSERVATIONS_PER_WORKSPACE_MAX - Observation.objects.filter(workspace=place["workspace"]).count()
    fresh: list[Observation] = []
    for key, found in seen.items():
        row = known.get(key)
        if row is not None:
            seen_at = max(row.last_seen_at, _time(found.last_ms))
            Observation.objects.filter(pk=row.pk).update(records=F("records") + found.records, last_seen_at=seen_at)
        elif len(fresh) < room:
            times = {"first_seen_at": _time(found.first_ms), "last_seen_at": _time(found.last_ms)}
            name, source, version = key
            fresh.append(
                Observation(type_name=name, source=source, version=version, records=found.records, **place, **times)
            )
    Observation.objects.bulk_create(fresh)


def forget(workspace: Workspace) -> None:
    """Throw all observations away; the next look counts from the log again."""
    with transaction.atomic():
        Observation.objects.filter(workspace=workspace).delete()
        ObservationCursor.objects.filter(workspace=workspace).delete()
    with _lock:
        _looked.pop(workspace.pk, None)


class Sources:
    """Which service a source belongs to. Built once for many questions."""

    def __init__(self, services: Iterable[Service]) -> None:
        self._named: dict[str, str] = {}
        self._slugs: set[str] = set()
        for service in services:
            self._slugs.add(service.slug)
            self._named.update(dict.fromkeys(service.sources, service.slug))

    def service_of(self, source: str) -> str | None:
        """The service's slug, or None for a source that nobody claims."""
        if source in self._named:
            return self._named[source]
        parts = [part for part in _LAST_PART.split(source) if part]
        last = slugify(parts[-1]) if parts else ""
        return last if last in self._slugs else None


def sources_of(service: Service, sources: Sequence[str]) -> list[str]:
    """Those of the sources that are this service."""
    mine = Sources([service])
    return [each for each in sources if mine.service_of(each) == service.slug]


def _text(value: bytes | None, characters_max: int) -> str:
    return (value or b"").decode("utf-8", "replace").replace("\x00", "")[:characters_max]


def _time(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC)
