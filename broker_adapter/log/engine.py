"""The protocol that every engine of the commit log keeps, and how to open one.

A stream has a name (here: an id unique in the deployment, such as "<workspace id>/<name>"), partitions numbered
from 0, and an epoch, a UUID drawn when it was created. The promises, each held by tests/log/test_contract.py for all
engines:

- `append` returns, and the future of `append_soon` completes, when the records are durable.
- What goes to one partition in one append is stored whole or not at all, and stays together. An append over several
  partitions is split; its parts report together: if one fails, the append fails, though others may be stored.
- Order within a partition is append order; offsets are dense: 0, 1, 2, ... (no numbers are skipped but by damage),
  until compaction takes records out: then offsets only grow.
- A reader sees durable records only, never one that a crash could take back.
- Partitions: records with a key by a stable hash of the key; without a key but with a dedup id by a hash of that id
  (so that a retry lands where the first one did); with neither, the whole batch goes to one partition, in rotation.
- Dedup: the newest `dedup_ids_max` ids of a stream, no older than `dedup_window_ms`, are known, across restarts. Among
  several appending processes a duplicate is caught for certain if it falls into the same partition (same key, or no
  key); with differing keys two processes racing within the same moment could both store it.
- Conditions: an append with `expected` is stored only if that holds, decided under the partition's lock and stored in
  the same turn, among all processes. What it costs: nothing for a partition's next offset; a look-up for a key's.
- Producers: a retry with the same producer and numbers is recognised whatever the dedup window, in each partition by
  itself: a retry of an append that was stored in one partition and failed in another stores what is missing.
- Growth: callbacks of `on_growth` are called after each commit of this engine object, from any thread, and must not
  block. To hear of other processes' appends too, `watch(stream)` the stream: a background thread then compares its
  durable end every `watch_interval_s` (or call `poll_growth()` yourself). It is a doorbell: read to know what came.

Engines are thread-safe. They don't survive a fork: open one per process, after forking.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable
from urllib.parse import unquote, urlsplit

from broker_adapter.log.errors import LogError
from broker_adapter.log.position import Position
from broker_adapter.log.records import Appended, NewRecords, Slice

__all__ = [
    "Engine",
    "EngineLimits",
    "Maintenance",
    "PartitionDescription",
    "StreamDescription",
    "StreamSettings",
    "open_engine",
]

KIB = 1024
MIB = 1024 * KIB


@dataclass(frozen=True, slots=True)
class StreamSettings:
    """What a stream takes and how it is laid out. All sizes in bytes, times in milliseconds."""

    segment_bytes: int = 64 * MIB
    record_bytes_max: int = MIB
    batch_bytes_max: int = 16 * MIB
    dedup_ids_max: int = 100_000
    dedup_window_ms: int = 24 * 3600 * 1000
    retention_ms: int | None = None  # sealed segments whose records are all older go; None: kept for ever
    retention_bytes: int | None = None  # a partition; the oldest sealed segments go beyond it; None: no bound
    compaction: bool = False  # of each key the newest record is kept; records without a key stay
    tombstone_retention_ms: int = 24 * 3600 * 1000  # how long compaction keeps a tombstone (records.TOMBSTONE_HEADER)
    producers_max: int = 1_000  # producers a partition remembers, the longest silent one is forgotten first
    producer_window_ms: int = 7 * 24 * 3600 * 1000  # a producer silent for longer is forgotten


@dataclass(frozen=True, slots=True)
class EngineLimits:
    """Bounds of one engine object."""

    queue_bytes_max: int = 64 * MIB  # waiting to be written, all streams together; beyond it append blocks
    group_bytes_max: int = 8 * MIB  # written and synced at once, a partition
    handles_max: int = 512  # open files
    committers_max: int = 4  # threads that commit what append_soon queued
    append_wait_s: float = 30.0  # how long append waits for room in the queue before Overloaded
    watch_interval_s: float = 0.1  # how often watched streams are looked at for other processes' appends
    memory_bytes_max: int = 1024 * MIB  # memory engine only: all streams together; beyond it StorageFull


@dataclass(frozen=True, slots=True)
class PartitionDescription:
    """Durable records are `earliest_offset` up to, not including, `next_offset`; the times are None while empty."""

    partition: int
    earliest_offset: int
    next_offset: int
    bytes: int
    first_timestamp_ms: int | None
    last_timestamp_ms: int | None


@dataclass(frozen=True, slots=True)
class StreamDescription:
    """A stream as it stood at one moment."""

    stream: str
    epoch: uuid.UUID
    settings: StreamSettings
    partitions: tuple[PartitionDescription, ...]

    @property
    def records(self) -> int:
        return sum(each.next_offset - each.earliest_offset for each in self.partitions)

    @property
    def bytes(self) -> int:
        return sum(each.bytes for each in self.partitions)


@dataclass(frozen=True, slots=True)
class Maintenance:
    """What one call of `maintain` did."""

    records_expired: int = 0  # went by age or size; an upper bound where compaction had been before
    records_compacted: int = 0  # went because a newer one has their key
    bytes_before: int = 0
    bytes_after: int = 0
    problems: tuple[str, ...] = ()  # what was left alone, and why

    def __add__(self, other: Maintenance) -> Maintenance:
        return Maintenance(
            self.records_expired + other.records_expired,
            self.records_compacted + other.records_compacted,
            self.bytes_before + other.bytes_before,
            self.bytes_after + other.bytes_after,
            self.problems + other.problems,
        )


@runtime_checkable
class Engine(Protocol):
    """Raises, all from broker_adapter.log.errors: StreamNotFound for an unknown stream, LogUnavailable when closed."""

    def create(self, stream: str, *, partitions: int = 1, settings: StreamSettings | None = None) -> None:
        """Raises StreamExists, InvalidStream."""

    def delete(self, stream: str) -> None:
        """Forget the stream and its records. Appends still waiting fail."""

    def exists(self, stream: str) -> bool: ...

    def streams(self) -> list[str]:
        """The names of all streams, sorted."""

    def describe(self, stream: str) -> StreamDescription: ...

    def alter(self, stream: str, settings: StreamSettings) -> None:
        """Change the stream's settings, for all processes, from their next look at the stream on. What is stored stays
        as it is until maintenance comes by. Raises InvalidStream.
        """

    def maintain(self, stream: str, *, now: bool = False) -> Maintenance:
        """Let retention and compaction do what is due. Call it every minute or so, from any one process or several.

        Whole sealed segments go; the one being appended to never, but it is sealed once it is old or large enough for
        what the settings ask (a quarter of `retention_ms` or `retention_bytes`; an hour for compaction). Compaction
        waits until half as much is new as was compacted before. `now`: seal and compact whatever there is. Age is
        counted from the time of append. Appends and reads go on meanwhile. Raises LogUnavailable, StorageFull.
        """

    def append(self, stream: str, records: NewRecords) -> Appended:
        """Return when durable. Blocks while the queue is full, at most `append_wait_s`.

        Raises RecordTooLarge, BatchTooLarge, InvalidAppend, PositionConflict, ProducerFenced, SequenceForgotten,
        Overloaded, StorageFull, LogUnavailable.
        """

    def append_soon(self, stream: str, records: NewRecords, *, may_block: bool = False) -> Future[Appended]:
        """Queue the records and return at once; the future completes when they are durable (asyncio.wrap_future it).

        `may_block`: where nobody else is committing, the calling thread does it first, and the future is done when this
        returns: that spares a change of threads.

        Raises what `append` raises, either at once or by the future; Overloaded at once when the queue is full. Call
        order is commit order for one thread and one partition. Cancelling the future doesn't take the records back.
        """

    def read(self, stream: str, position: Position, *, records_max: int, bytes_max: int) -> Slice:
        """What is durable from `position` on, within both bounds; at least one record if there is any, even if it is
        larger than `bytes_max` (counted in stored bytes). Never blocks for new records.

        Raises PositionGone, PositionError.
        """

    def read_back(self, stream: str, position: Position, *, records_max: int, bytes_max: int) -> Slice:
        """What is durable before `position`, the newest of it, within both bounds; at least one record if there is any.

        Batches come newest first within each partition (each in offset order: see `Slice.records_back`); `position` of
        the slice is where to go on backwards, `caught_up` says that the earliest record was reached. Raises
        PositionGone for a position of another epoch, PositionError.
        """

    def earliest(self, stream: str) -> Position: ...

    def latest(self, stream: str) -> Position:
        """After the last durable record."""

    def at_time(self, stream: str, timestamp_ms: int) -> Position:
        """In each partition the first record whose timestamp is not before `timestamp_ms`; its end if there is none."""

    def position_at(self, stream: str, offsets: Mapping[int, int]) -> Position:
        """A position from {partition: next offset}; partitions not named start at their earliest record.

        Raises PositionError for a partition that doesn't exist or a negative offset.
        """

    def on_growth(self, callback: Callable[[str], None]) -> Callable[[], None]:
        """Call `callback(stream)` after each commit; returns the function that stops it."""

    def watch(self, stream: str) -> Callable[[], None]:
        """Hear of other processes' appends to `stream` too, through `on_growth`; returns the function that stops it."""

    def poll_growth(self) -> None:
        """Compare the durable ends of watched streams now, and ring for those that have grown."""

    def close(self) -> None:
        """Finish what is queued, then refuse everything. Idempotent."""


def open_engine(url: str, **limits: Any) -> Engine:
    """The engine for `file:///absolute/folder` or `memory:`; `limits` are fields of EngineLimits.

    Raises LogError for a scheme nobody knows.
    """
    parts = urlsplit(url)
    bounds = EngineLimits(**limits)
    if parts.scheme == "memory":
        from broker_adapter.log.memory_engine import MemoryEngine

        return MemoryEngine(bounds)
    if parts.scheme == "file" and parts.path.startswith("/") and parts.netloc in ("", "localhost"):
        from broker_adapter.log.file_engine import FileEngine

        return FileEngine(unquote(parts.path), bounds)
    raise LogError(f"No commit log engine for {url!r}.", hint="Use file:///absolute/folder or memory:")
