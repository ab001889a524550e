"""The projector: follows the log and keeps the totals of each stream and type, in memory and in the database.

State is a function of the log up to a position, and both are written in one transaction, at most once a second. So a
restart goes on from the written position and nothing is counted twice; several processes may project the same stream:
each writes absolute totals, and only where its position covers the one written. Rejections are in no log: each process
adds what it refused since its last write (a crash may lose the last second of them).

Runs in one daemon thread, started by the first who wants traffic in a serving process. With
``settings.TRAFFIC_IN_BACKGROUND`` false (tests) there is no thread: readers step it themselves.
"""

import logging
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import close_old_connections, connections, transaction
from django.db.models import F

from broker_adapter.counting import StreamCounts, TypeCounts
from broker_adapter.engine_holder import engine, on_open
from broker_adapter.log.batch import BatchView
from broker_adapter.log.engine import Engine
from broker_adapter.log.errors import LogError, PositionError, PositionGone, StreamNotFound
from broker_adapter.log.position import Position
from broker_adapter.models import Stream, TrafficCursor, TypeTraffic, log_name

logger = logging.getLogger(__name__)

STEP_EVERY_S = 0.1
SAVE_EVERY_S = 1.0
RELIST_EVERY_S = 5.0
READ_RECORDS = 50_000
READ_BYTES = 8 * 1024 * 1024


@dataclass(slots=True)
class Followed:
    """One stream as this process knows it. ``position`` None: not read yet."""

    workspace_id: uuid.UUID
    stream_id: uuid.UUID
    name: str
    counts: StreamCounts
    dead_letters: bool = False
    position: Position | None = None
    saved: Position | None = None
    unwatch: Callable[[], None] | None = None
    refused: bool = field(default=False)

    @property
    def log_name(self) -> str:
        """The stream's name in the log."""
        return log_name(self.workspace_id, self.name)

    @property
    def unsaved(self) -> bool:
        """Whether the database lags behind."""
        return self.position != self.saved or self.refused


class Projector:
    """One per process; thread-safe. ``clock`` gives seconds since 1970."""

    def __init__(self, *, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self.lock = threading.RLock()
        self._followed: dict[str, Followed] = {}
        self._dirty: set[str] = set()
        self._workspaces: dict[uuid.UUID, float] = {}
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        self._saved_at = 0.0
        on_open(self._listen)

    def _listen(self, opened: Engine) -> None:
        opened.on_growth(self.grown)

    # Called by others -------------------------------------------------------------------------------------------------

    def grown(self, name: str) -> None:
        """The stream with that log name has grown. From any thread; never blocks for long."""
        self._dirty.add(name)
        self._wake.set()

    def refused(self, stream: Stream, types: Iterable[str]) -> None:
        """Count records of ``stream`` that were refused, by their type's name."""
        with self.lock:
            followed = self._followed.get(stream.log_name) or self._load(stream)
            for name in types:
                followed.counts.refused(name, 1)
            followed.refused = True
        self._wake.set()

    def follow(self, workspace_id: uuid.UUID) -> list[Followed]:
        """All streams of a workspace, counted up to about now: in the background, or here when there is none."""
        now = time.monotonic()
        if now - self._workspaces.get(workspace_id, -RELIST_EVERY_S) >= RELIST_EVERY_S:
            self._workspaces[workspace_id] = now
            self._list(workspace_id)
        if settings_background():
            self.start()
        else:
            self.step()
        with self.lock:
            return [each for each in self._followed.values() if each.workspace_id == workspace_id]

    def forget(self, name: str) -> None:
        """The stream with that log name was deleted or made anew."""
        with self.lock:
            gone = self._followed.pop(name, None)
            if gone is not None:
                self._workspaces.pop(gone.workspace_id, None)
        if gone is not None and gone.unwatch is not None:
            gone.unwatch()

    def start(self) -> None:
        """Run in the background, unless that runs already or is switched off."""
        if not settings_background() or (self._thread is not None and self._thread.is_alive()):
            return
        with self.lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="traffic", daemon=True)
                self._thread.start()

    # Counting ---------------------------------------------------------------------------------------------------------

    def step(self) -> None:
        """Count what has grown."""
        while self._dirty:
            name = self._dirty.pop()
            try:
                self._count(name)
            except StreamNotFound:
                self.forget(name)
            except LogError as error:
                logger.warning("traffic of %s is not counted: %s", name, error)

    def _count(self, name: str) -> None:
        with self.lock:
            followed = self._followed.get(name) or self._find(name)
        if followed is None:
            return
        position = followed.position or engine().earliest(name)
        caught_up = False
        while not caught_up:
            try:
                found = engine().read(name, position, records_max=READ_RECORDS, bytes_max=READ_BYTES)
            except (PositionGone, PositionError):
                position = engine().earliest(name)
                continue
            with self.lock:
                for batch in found.batches:
                    followed.counts.seen(batch.count_by_header("type").items(), batch.appended_ms)
                    if not followed.dead_letters:
                        followed.counts.seen_flagged(_flagged(batch).items())
                followed.position = position = found.position
            caught_up = found.caught_up

    def _find(self, name: str) -> Followed | None:
        workspace_id, _, stream_name = name.partition("/")
        try:
            stream = Stream.objects.filter(workspace_id=uuid.UUID(workspace_id), name=stream_name).first()
        except ValueError:
            return None
        return None if stream is None else self._load(stream)

    def _list(self, workspace_id: uuid.UUID) -> None:
        for stream in Stream.objects.filter(workspace_id=workspace_id):
            with self.lock:
                followed = self._followed.get(stream.log_name)
                if followed is not None and followed.stream_id != stream.id:
                    self.forget(stream.log_name)
                    followed = None
                self._load(stream) if followed is None else self._refresh_refused(followed)
            self.grown(stream.log_name)

    def _load(self, stream: Stream) -> Followed:
        counts = StreamCounts()
        for row in TypeTraffic.objects.filter(stream=stream):
            seen_ms = int(row.last_seen_at.timestamp() * 1000) if row.last_seen_at else 0
            counts.types[row.type] = TypeCounts(row.total, seen_ms, row.rejected, flagged=row.flagged)
        cursor = TrafficCursor.objects.filter(stream=stream).first()
        position = Position.decode(cursor.position) if cursor else None
        letters = stream.dead_letters_of_id is not None
        followed = Followed(stream.workspace_id, stream.id, stream.name, counts, letters, position, position)
        try:
            followed.unwatch = engine().watch(stream.log_name)
        except LogError as error:
            logger.warning("%s can't be watched: %s", stream.log_name, error)
        self._followed[stream.log_name] = followed
        return followed

    def _refresh_refused(self, followed: Followed) -> None:
        """What other processes refused."""
        rows = TypeTraffic.objects.filter(stream_id=followed.stream_id, rejected__gt=0).values_list("type", "rejected")
        for name, rejected in rows:
            counts = followed.counts.of(name)
            counts.rejected = max(counts.rejected, rejected + counts.rejected_unsaved)

    # Saving -----------------------------------------------------------------------------------------------------------

    def save(self) -> None:
        """Write totals and the positions they cover, in one transaction."""
        with self.lock:
            behind = [each for each in self._followed.values() if each.unsaved]
        if not behind:
            return
        with transaction.atomic():
            ids = [each.stream_id for each in behind]
            alive = set(Stream.objects.select_for_update().filter(pk__in=ids).values_list("pk", flat=True))
            written = [_write(followed, self.lock) for followed in behind if followed.stream_id in alive]
        with self.lock:
            for settle in written:
                settle()

    def _run(self) -> None:
        while settings_background():
            self._wake.wait(SAVE_EVERY_S)
            self._wake.clear()
            try:
                close_old_connections()
                self.step()
                if time.monotonic() - self._saved_at >= SAVE_EVERY_S:
                    self._saved_at = time.monotonic()
                    self.save()
            except Exception:
                logger.exception("traffic could not be counted; trying again")
                connections.close_all()
            time.sleep(STEP_EVERY_S)


def _flagged(batch: BatchView) -> Counter[bytes | None]:
    """How many records of each type carry faults."""
    faults = batch.count_by_header("faults")
    if set(faults) == {None}:
        return Counter()
    pairs = zip(batch.header_values("type"), batch.header_values("faults"), strict=True)
    return Counter(name for name, fault in pairs if fault is not None)


def settings_background() -> bool:
    """Whether a thread counts; true unless ``settings.TRAFFIC_IN_BACKGROUND`` says otherwise."""
    return bool(getattr(settings, "TRAFFIC_IN_BACKGROUND", True))


def _row(stream_id: uuid.UUID, name: str, counts: TypeCounts) -> TypeTraffic:
    seen = datetime.fromtimestamp(counts.last_seen_ms / 1000, UTC) if counts.last_seen_ms else None
    return TypeTraffic(stream_id=stream_id, type=name, total=counts.total, flagged=counts.flagged, last_seen_at=seen)


def _covers(stream_id: uuid.UUID, position: Position) -> bool:
    """Whether nothing newer is written: another process may be further."""
    cursor = TrafficCursor.objects.select_for_update().filter(stream_id=stream_id).first()
    if cursor is None:
        return True
    written = Position.decode(cursor.position)
    pairs = zip(written.offsets, position.offsets, strict=False)
    return written.epoch != position.epoch or all(theirs <= ours for theirs, ours in pairs)


def _write_totals(stream_id: uuid.UUID, position: Position, rows: list[TypeTraffic]) -> None:
    TypeTraffic.objects.bulk_create(
        rows,
        update_conflicts=True,
        update_fields=["total", "flagged", "last_seen_at"],
        unique_fields=["stream", "type"],
    )
    TrafficCursor.objects.update_or_create(
        stream_id=stream_id, defaults={"position": position.encode(), "updated_at": datetime.now(UTC)}
    )


def _write(followed: Followed, lock: AbstractContextManager[Any]) -> Callable[[], None]:
    """Write one stream; returns what to note in memory once the transaction is committed."""
    with lock:
        position, types = followed.position, dict(followed.counts.types)
        changed = {name: each for name, each in types.items() if each.unsaved}
        rows = [_row(followed.stream_id, name, each) for name, each in changed.items()]
        refused = {name: each.rejected_unsaved for name, each in types.items() if each.rejected_unsaved}
    covers = position is not None and _covers(followed.stream_id, position)
    if position is not None and covers:
        _write_totals(followed.stream_id, position, rows)
    for name, count in refused.items():
        TypeTraffic.objects.get_or_create(stream_id=followed.stream_id, type=name)
        TypeTraffic.objects.filter(stream_id=followed.stream_id, type=name).update(rejected=F("rejected") + count)

    def settle() -> None:
        for name, count in refused.items():
            types[name].rejected_unsaved -= count
        followed.refused = any(each.rejected_unsaved for each in types.values())
        if covers:
            followed.saved = position
            for row in rows:
                types[row.type].unsaved = types[row.type].total != row.total

    return settle


projector = Projector()
