"""What goes into a stream and what comes out of it.

Records travel in batches and in columns: a thousand records are a handful of objects, and only who asks for single
records (`Slice.records`) pays for them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from broker_adapter.log.position import Position

if TYPE_CHECKING:
    from broker_adapter.log.batch import BatchView

__all__ = [
    "TOMBSTONE_HEADER",
    "Appended",
    "Expected",
    "Gap",
    "Headers",
    "NewRecords",
    "Position",
    "Producer",
    "Record",
    "Slice",
]

Headers = tuple[tuple[str, bytes], ...]

TOMBSTONE_HEADER = "tombstone"
"""A record with a key and a header of this name (any value) says that the key is gone: compaction drops what came
before it, and the tombstone itself after the stream's `tombstone_retention_ms`.
"""

PRODUCER_ID_BYTES_MAX = 255
UNKNOWN_OFFSET = -1
"""Where a duplicate's first place isn't known any more (see Producer)."""


class Record(NamedTuple):
    """One record as a reader gets it. A named tuple rather than a frozen dataclass: five times cheaper to make."""

    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    headers: Headers
    payload: bytes


@dataclass(frozen=True, slots=True)
class Expected:
    """What must hold for an append to be stored: decided under the partition's lock, together with storing it.

    Either `partition` is given: its next offset must be `next_offset`. Or `key`: the offset after the newest record of
    that key must be `next_offset` (0: there is none). The whole append goes to that partition, or that of the key;
    records without a key are put there, one whose key belongs elsewhere is refused (InvalidAppend).
    """

    next_offset: int
    partition: int | None = None
    key: bytes | None = None

    def __post_init__(self) -> None:
        if (self.partition is None) == (self.key is None):
            raise ValueError("expect something of a partition or of a key")


@dataclass(frozen=True, slots=True)
class Producer:
    """Who sends, and the number of the append's first record; record i has `sequence` + i.

    A number that was stored isn't stored again, however long ago, while the stream knows the producer
    (`producers_max`, `producer_window_ms`). A higher `epoch` starts the numbers anew and shuts out lower ones. Numbers
    may have gaps. Records without a key and dedup id go to one partition, that of the producer's id.
    """

    id: bytes
    sequence: int
    epoch: int = 0


@dataclass(slots=True)
class NewRecords:
    """Records to append, as columns of one length (`ValueError` otherwise).

    `keys`: records with equal keys go to one partition and stay in order. `headers`: equal tuples are stored once a
    batch, so reuse one tuple object for many records where you can. `timestamps_ms`: milliseconds since 1970 UTC; None:
    the time of append. `dedup_ids`: a record whose id was stored within the stream's window isn't stored again, its
    sender is given the first record's place. `expected`: store all of it on that condition (duplicates aside: if every
    record is one, the append is answered whatever was expected). `producer`: numbers that recognise a retry.
    """

    payloads: Sequence[bytes]
    keys: Sequence[bytes | None] | None = None
    headers: Sequence[Headers] | None = None
    timestamps_ms: Sequence[int] | None = None
    dedup_ids: Sequence[bytes | None] | None = None
    expected: Expected | None = None
    producer: Producer | None = None

    def __post_init__(self) -> None:
        count = len(self.payloads)
        for name in ("keys", "headers", "timestamps_ms", "dedup_ids"):
            column = getattr(self, name)
            if column is not None and len(column) != count:
                raise ValueError(f"{name} has {len(column)} entries for {count} payloads")

    def __len__(self) -> int:
        return len(self.payloads)


@dataclass(frozen=True, slots=True)
class Appended:
    """Where the records went; three columns parallel to the input. A duplicate's place is that of the first record;
    UNKNOWN_OFFSET where a producer's number was stored so long ago that its place isn't known any more.
    """

    partitions: Sequence[int]
    offsets: Sequence[int]
    duplicates: Sequence[bool]


@dataclass(frozen=True, slots=True)
class Gap:
    """Offsets that can't be served: `first_offset` up to, not including, `next_offset`. `file` and `position` (bytes
    from its start) name the damage.
    """

    partition: int
    first_offset: int
    next_offset: int
    file: str
    position: int
    reason: str


@dataclass(frozen=True, slots=True)
class Slice:
    """The answer to one read.

    `batches` in offset order within each partition (`read_back`: newest batch first, each of them still in offset
    order); `position`: where to go on; `caught_up`: nothing durable lies after `position` (`read_back`: before it) as
    of this read; `gaps`: ranges skipped because they are damaged.
    """

    batches: tuple[BatchView, ...]
    position: Position
    caught_up: bool
    gaps: tuple[Gap, ...] = ()

    @property
    def count(self) -> int:
        """How many records, without touching them."""
        return sum(batch.count for batch in self.batches)

    def records(self) -> Iterator[Record]:
        """The records one by one: order within a partition is append order, partitions follow one another."""
        for batch in self.batches:
            yield from batch.records()

    def records_back(self) -> Iterator[Record]:
        """The records of a `read_back`, newest first within each partition."""
        for batch in self.batches:
            yield from reversed(list(batch.records()))
