"""What the engines share: everything of the protocol but where the bytes lie.

An engine keeps `OpenStream`s: partitions that store and read (files or memory), the intake, and one queue a partition.
"""

from __future__ import annotations

import logging
import threading
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol, TypeVar

from broker_adapter.log.appending import Intake, Memory, PendingAppend, StoredIds
from broker_adapter.log.committer import (
    Budget,
    CommitterPool,
    PartitionQueue,
    PartitionWriter,
    commit_and_wait,
    commit_soon,
    wall_clock_ms,
)
from broker_adapter.log.engine import EngineLimits, PartitionDescription, StreamDescription, StreamSettings
from broker_adapter.log.errors import InvalidStream, LogUnavailable, PositionError, PositionGone
from broker_adapter.log.position import Position
from broker_adapter.log.reading import Readable, read_fairly
from broker_adapter.log.records import Appended, NewRecords, Slice
from broker_adapter.log.remembered import RememberedIds, RememberedProducer

logger = logging.getLogger(__name__)
_T = TypeVar("_T")

STREAM_CHARS_MAX = 200
PARTITIONS_MAX = 256
PRODUCERS_MAX = 100_000
RECORD_OVERHEAD_BYTES = 64 * 1024


class PartitionLog(PartitionWriter, Readable, Protocol):
    """One partition of an engine."""

    def earliest_offset(self) -> int: ...

    def at_time(self, timestamp_ms: int) -> int: ...

    def describe(self) -> PartitionDescription: ...

    def newest_ids(self, *, ids_max: int | None, since_ms: int) -> tuple[int, list[StoredIds]]: ...


@dataclass(slots=True)
class OpenStream:
    """A stream that an engine has in use."""

    name: str
    epoch: uuid.UUID
    settings: StreamSettings
    partitions: list[PartitionLog]
    intake: Intake
    queues: list[PartitionQueue]
    written_down_s: float = -1e9  # by the monotonic clock: when what recognises retries was last written down


def check_stream(stream: str, *, partitions: int, settings: StreamSettings) -> None:
    """Raises InvalidStream for what no engine takes."""
    check_settings(settings)
    if not stream or len(stream) > STREAM_CHARS_MAX or not stream.isprintable():
        raise InvalidStream(f"A stream's name has 1 to {STREAM_CHARS_MAX} printable characters.", stream=stream)
    if not 1 <= partitions <= PARTITIONS_MAX:
        raise InvalidStream(f"A stream has 1 to {PARTITIONS_MAX} partitions.", partitions=partitions)


def check_settings(settings: StreamSettings) -> None:
    """Raises InvalidStream for limits that contradict themselves."""
    if settings.segment_bytes < 1 or settings.record_bytes_max < 1 or settings.dedup_ids_max < 0:
        raise InvalidStream("Limits of a stream are positive numbers.")
    if any(each is not None and each < 1 for each in (settings.retention_ms, settings.retention_bytes)):
        raise InvalidStream("Retention is a positive number, or none.", hint="Leave it out to keep records for ever.")
    if settings.tombstone_retention_ms < 0 or settings.dedup_window_ms < 0 or settings.producer_window_ms < 0:
        raise InvalidStream("Times of a stream aren't negative.")
    if not 1 <= settings.producers_max <= PRODUCERS_MAX:
        raise InvalidStream(f"A stream remembers 1 to {PRODUCERS_MAX:,} producers a partition.")
    if settings.batch_bytes_max < settings.record_bytes_max + RECORD_OVERHEAD_BYTES:
        raise InvalidStream(
            f"batch_bytes_max must exceed record_bytes_max by {RECORD_OVERHEAD_BYTES:,}, for headers and columns."
        )


class LogMemory:
    """Remembers by the log alone."""

    def __init__(self, partitions: Sequence[PartitionLog]) -> None:
        self._partitions = partitions

    def ids(
        self, *, ids_max: int, since_ms: int
    ) -> tuple[Iterable[tuple[int, Sequence[bytes], Sequence[int]]], list[int], list[StoredIds]]:
        runs = [each.newest_ids(ids_max=ids_max, since_ms=since_ms) for each in self._partitions]
        batches = [batch for _, run in runs for batch in run]
        return (), [end for end, _ in runs], sorted(batches, key=lambda batch: batch.appended_ms)

    def written_ids(self) -> RememberedIds | None:
        return None

    def producers(self, partition: int, *, since_ms: int) -> tuple[Iterable[RememberedProducer], list[StoredIds]]:
        return (), self._partitions[partition].newest_ids(ids_max=None, since_ms=since_ms)[1]


class StreamEngine(ABC):
    """An engine but for its storage."""

    def __init__(self, limits: EngineLimits, *, now_ms: Callable[[], int] = wall_clock_ms) -> None:
        self.limits = limits
        self._now_ms = now_ms
        self._budget = Budget(limits.queue_bytes_max)
        self._pool = CommitterPool(limits.committers_max)
        self._callbacks: tuple[Callable[[str], None], ...] = ()
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._watched: dict[str, int] = {}
        self._seen_ends: dict[str, list[int]] = {}
        self._watcher: threading.Thread | None = None

    # For the storage below

    @abstractmethod
    def _opened(self, stream: str) -> OpenStream:
        """Raises StreamNotFound, CorruptStream."""

    def _with_stream(self, stream: str, use: Callable[[OpenStream], _T]) -> _T:
        """Use an open stream; overridden where a stream may turn out to have been replaced meanwhile."""
        self._check_open()
        return use(self._opened(stream))

    def _assemble(
        self,
        stream: str,
        *,
        epoch: uuid.UUID,
        settings: StreamSettings,
        partitions: list[PartitionLog],
        memory: Memory | None = None,
    ) -> OpenStream:
        intake = Intake(
            partitions=len(partitions), settings=settings, memory=memory or LogMemory(partitions), now_ms=self._now_ms
        )
        queues = [
            PartitionQueue(
                writer=each,
                intake=intake,
                pool=self._pool,
                group_bytes_max=self.limits.group_bytes_max,
                on_commit=lambda partition, end: self._grown(stream, partition, end),
                on_failure=lambda error: self._append_failed(stream, epoch, error),
                now_ms=self._now_ms,
            )
            for each in partitions
        ]
        return OpenStream(stream, epoch, settings, partitions, intake, queues)

    def _append_failed(  # noqa: B027 - most engines have nothing to do
        self, stream: str, epoch: uuid.UUID, error: BaseException
    ) -> None:
        """Called before the senders are told. For engines that have something to mend."""

    def _check_open(self) -> None:
        if self._closed.is_set():
            raise LogUnavailable("The commit log is closed.")

    # Appending

    def append(self, stream: str, records: NewRecords) -> Appended:
        def use(opened: OpenStream) -> Appended:
            append = self._prepared(opened, records, soon=False, wait_s=self.limits.append_wait_s)
            if append.settled:
                append.deliver()
            commit_and_wait(append, opened.queues)
            return append.result()

        return self._with_stream(stream, use)

    def append_soon(self, stream: str, records: NewRecords, *, may_block: bool = False) -> Future[Appended]:
        def use(opened: OpenStream) -> Future[Appended]:
            append = self._prepared(opened, records, soon=True, wait_s=0)
            if append.future is None:
                raise LogUnavailable("an append without a future")
            if append.settled:
                append.deliver()
            commit_soon(append, opened.queues, None if may_block else self._pool)
            return append.future

        return self._with_stream(stream, use)

    def _prepared(self, opened: OpenStream, records: NewRecords, *, soon: bool, wait_s: float) -> PendingAppend:
        size = opened.intake.check(records)
        self._budget.take(size, wait_s=wait_s)
        try:
            return opened.intake.prepare(records, soon=soon, on_done=lambda: self._budget.give_back(size))
        except BaseException:
            self._budget.give_back(size)
            raise

    # Reading

    def describe(self, stream: str) -> StreamDescription:
        def use(opened: OpenStream) -> StreamDescription:
            partitions = tuple(each.describe() for each in opened.partitions)
            return StreamDescription(stream, opened.epoch, opened.settings, partitions)

        return self._with_stream(stream, use)

    def read(self, stream: str, position: Position, *, records_max: int, bytes_max: int) -> Slice:
        if records_max < 1 or bytes_max < 1:
            raise ValueError("records_max and bytes_max are at least 1")

        def use(opened: OpenStream) -> Slice:
            ends = [each.end_offset() for each in opened.partitions]
            offsets = self._starts(opened, position, ends)
            reads = read_fairly(opened.partitions, offsets, ends=ends, records_max=records_max, bytes_max=bytes_max)
            for read in reads:
                offsets[read.partition] = read.next_offset
                ends[read.partition] = read.end
            return Slice(
                batches=tuple(view for read in reads for view in read.views),
                position=Position(opened.epoch, tuple(offsets)),
                caught_up=all(offset >= end for offset, end in zip(offsets, ends, strict=True)),
                gaps=tuple(gap for read in reads for gap in read.gaps),
            )

        return self._with_stream(stream, use)

    def read_back(self, stream: str, position: Position, *, records_max: int, bytes_max: int) -> Slice:
        if records_max < 1 or bytes_max < 1:
            raise ValueError("records_max and bytes_max are at least 1")

        def use(opened: OpenStream) -> Slice:
            ends = [each.end_offset() for each in opened.partitions]
            earliest = [each.earliest_offset() for each in opened.partitions]
            offsets = [*map(max, self._offsets_of(opened, position, earliest, ends), earliest)]
            reads = read_fairly(
                opened.partitions, offsets, ends=earliest, records_max=records_max, bytes_max=bytes_max, back=True
            )
            for read in reads:
                offsets[read.partition] = read.next_offset
                earliest[read.partition] = read.end
            return Slice(
                batches=tuple(view for read in reads for view in read.views),
                position=Position(opened.epoch, tuple(offsets)),
                caught_up=all(offset <= first for offset, first in zip(offsets, earliest, strict=True)),
                gaps=tuple(gap for read in reads for gap in read.gaps),
            )

        return self._with_stream(stream, use)

    def _starts(self, opened: OpenStream, position: Position, ends: list[int]) -> list[int]:
        earliest = [each.earliest_offset() for each in opened.partitions]
        offsets = self._offsets_of(opened, position, earliest, ends)
        if any(offset < first for offset, first in zip(offsets, earliest, strict=True)):
            token = Position(opened.epoch, tuple(map(max, offsets, earliest))).encode()
            raise PositionGone("Cannot resume: the records at this position are no longer kept.", earliest=token)
        return offsets

    def _offsets_of(self, opened: OpenStream, position: Position, earliest: list[int], ends: list[int]) -> list[int]:
        """What the position says of every partition. Raises PositionGone, PositionError."""
        if position.epoch != opened.epoch:
            token = Position(opened.epoch, tuple(earliest)).encode()
            raise PositionGone("Cannot resume: the stream was deleted and created anew.", earliest=token)
        if len(position.offsets) > len(earliest):
            raise PositionError("This position names more partitions than the stream has.")
        offsets = [*position.offsets, *earliest[len(position.offsets) :]]
        if any(offset > end for offset, end in zip(offsets, ends, strict=True)):
            raise PositionError("This position is ahead of the stream.")
        return offsets

    def earliest(self, stream: str) -> Position:
        return self._position(stream, lambda partition: partition.earliest_offset())

    def latest(self, stream: str) -> Position:
        return self._position(stream, lambda partition: partition.end_offset())

    def at_time(self, stream: str, timestamp_ms: int) -> Position:
        return self._position(stream, lambda partition: partition.at_time(timestamp_ms))

    def position_at(self, stream: str, offsets: Mapping[int, int]) -> Position:
        def use(opened: OpenStream) -> Position:
            count = len(opened.partitions)
            if any(not 0 <= partition < count or not 0 <= offset < 1 << 62 for partition, offset in offsets.items()):
                raise PositionError(f"Offsets are not negative, partitions are 0 to {count - 1}.")
            found = [
                offsets[number] if number in offsets else each.earliest_offset()
                for number, each in enumerate(opened.partitions)
            ]
            return Position(opened.epoch, tuple(found))

        return self._with_stream(stream, use)

    def _position(self, stream: str, offset_of: Callable[[PartitionLog], int]) -> Position:
        return self._with_stream(
            stream, lambda opened: Position(opened.epoch, tuple(offset_of(each) for each in opened.partitions))
        )

    # Growth

    def on_growth(self, callback: Callable[[str], None]) -> Callable[[], None]:
        with self._lock:
            self._callbacks = (*self._callbacks, callback)

        def stop() -> None:
            with self._lock:
                callbacks = list(self._callbacks)
                if callback in callbacks:
                    callbacks.remove(callback)
                self._callbacks = tuple(callbacks)

        return stop

    def watch(self, stream: str) -> Callable[[], None]:
        ends = self._ends(stream)
        with self._lock:
            self._watched[stream] = self._watched.get(stream, 0) + 1
            self._seen_ends.setdefault(stream, ends)
            if self._watcher is None and self._needs_watcher:
                self._watcher = threading.Thread(target=self._keep_watching, name="log-watcher", daemon=True)
                self._watcher.start()
        stopped = threading.Event()

        def stop() -> None:
            with self._lock:
                if stopped.is_set():
                    return
                stopped.set()
                self._watched[stream] -= 1
                if not self._watched[stream]:
                    del self._watched[stream], self._seen_ends[stream]

        return stop

    def poll_growth(self) -> None:
        for stream in list(self._watched):
            try:
                ends = self._ends(stream)
            except Exception:
                logger.debug("%s can't be watched", stream, exc_info=True)
                continue
            with self._lock:
                grown = stream in self._seen_ends and self._seen_ends[stream] != ends
                if grown:
                    self._seen_ends[stream] = ends
            if grown:
                self._ring(stream)

    _needs_watcher = True

    def _keep_watching(self) -> None:
        while not self._closed.wait(self.limits.watch_interval_s):
            if self._watched:
                self.poll_growth()

    def _ends(self, stream: str) -> list[int]:
        return self._with_stream(stream, lambda opened: [each.end_offset() for each in opened.partitions])

    def _grown(self, stream: str, partition: int, end: int) -> None:
        seen = self._seen_ends.get(stream)
        if seen is not None:
            seen[partition] = end
        self._ring(stream)

    def _ring(self, stream: str) -> None:
        for callback in self._callbacks:
            try:
                callback(stream)
            except Exception:
                logger.exception("A growth callback failed")

    # The end

    def close(self) -> None:
        """Idempotent. Waits for what is queued, at most `append_wait_s`."""
        self._closed.set()
        if not self._budget.wait_until_empty(self.limits.append_wait_s):
            logger.error("Closing the commit log with appends still waiting")
        self._pool.close()
        self._release()

    @abstractmethod
    def _release(self) -> None:
        """Let go of files and memory. Idempotent."""
