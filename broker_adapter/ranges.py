"""Ranges of a stream: from one position up to, not including, another, read in either direction.

A range is fixed when it is asked for ("up to the end" is the end of that moment), so that reading it comes to an end
while others append, and can be taken up again where it was left.
"""

from dataclasses import dataclass, replace
from itertools import pairwise

from broker_adapter import queries
from broker_adapter.engine_holder import engine
from broker_adapter.errors import log_errors
from broker_adapter.log.batch import BatchView
from broker_adapter.log.position import Position
from broker_adapter.log.records import Slice
from broker_adapter.models import Stream
from workspaces.errors import Invalid

BUCKETS_MAX = 200


@dataclass(frozen=True, slots=True)
class Range:
    """``start`` and ``end`` over all partitions; where they cross, a partition has nothing in it."""

    start: Position
    end: Position

    @property
    def records(self) -> int:
        """How many offsets it spans: as many records, or more where compaction or retention took some."""
        return sum(max(end - start, 0) for start, end in zip(self.start.offsets, self.end.offsets, strict=False))


def resolve_range(stream: Stream, start: str, end: str) -> Range:
    """Both as for reading; "" is the earliest and the end of this moment. Raises StreamError, Invalid."""
    found = Range(
        queries.resolve_position(stream, start or "earliest"), queries.resolve_position(stream, end or "latest")
    )
    if found.start.epoch != found.end.epoch:
        raise Invalid("The two positions are of different incarnations of the stream.", place="to")
    latest = queries.resolve_position(stream, "latest")
    bounded = tuple(min(offset, last) for offset, last in zip(found.end.offsets, latest.offsets, strict=False))
    return Range(_filled(stream, found.start), replace(found.end, offsets=bounded + latest.offsets[len(bounded) :]))


def _filled(stream: Stream, position: Position) -> Position:
    """A position that names every partition."""
    missing = stream.partitions - len(position.offsets)
    if missing <= 0:
        return position
    earliest = queries.resolve_position(stream, "earliest")
    return replace(position, offsets=position.offsets + earliest.offsets[-missing:])


def read_range(stream: Stream, wanted: Range, *, records_max: int) -> Slice:
    """The first records of the range; ``position`` is where it goes on, ``caught_up``: it is at its end."""
    start = wanted.start
    here = replace(start, offsets=tuple(map(_within, start.offsets, wanted.end.offsets)))
    if here == wanted.end or not Range(here, wanted.end).records:
        return Slice((), wanted.end, True)
    found = queries.read(stream, _skipping(stream, here, wanted.end), records_max=records_max)
    batches = [
        each for batch in found.batches if (each := _cut(batch, 0, wanted.end.offsets[batch.partition])) is not None
    ]
    offsets = tuple(
        min(after, end) if at < end else at
        for at, after, end in zip(here.offsets, found.position.offsets, wanted.end.offsets, strict=True)
    )
    position = replace(found.position, offsets=offsets)
    return Slice(tuple(batches), position, not Range(position, wanted.end).records, found.gaps)


def _within(offset: int, end: int) -> int:
    return offset if offset <= end else end


def _skipping(stream: Stream, here: Position, end: Position) -> Position:
    """Partitions whose part of the range is read are read from their end, that is, hardly at all."""
    latest = queries.resolve_position(stream, "latest")
    rows = zip(here.offsets, end.offsets, latest.offsets, strict=True)
    return replace(here, offsets=tuple(last if at >= stop else at for at, stop, last in rows))


def _cut(batch: BatchView, first: int, end: int) -> BatchView | None:
    """What of a batch lies in [first, end)."""
    if batch.base_offset >= end or batch.next_offset <= first:
        return None
    found = batch.trimmed(first_offset=max(first, batch.base_offset), next_offset=min(end, batch.next_offset))
    return found if found.count else None


def read_range_back(stream: Stream, wanted: Range, *, records_max: int) -> Slice:
    """The last records of the range, newest batch first (each in offset order); ``position`` is where it goes on
    backwards, ``caught_up``: its start is reached.
    """
    stop = wanted.start.offsets
    here = replace(wanted.end, offsets=tuple(map(max, wanted.end.offsets, stop)))
    with log_errors(stream.name):
        found = engine().read_back(stream.log_name, here, records_max=records_max, bytes_max=queries.READ_BYTES_MAX)
    batches = [
        each for batch in found.batches if (each := _cut(batch, stop[batch.partition], batch.next_offset)) is not None
    ]
    position = replace(found.position, offsets=tuple(map(max, found.position.offsets, stop)))
    done = found.caught_up or not Range(wanted.start, position).records
    return Slice(tuple(batches), position, done, found.gaps)


def density(stream: Stream, first_ms: int, last_ms: int, buckets: int) -> list[int]:
    """How many records fall into each of ``buckets`` equal parts of the time from ``first_ms`` to ``last_ms``."""
    count = max(min(buckets, BUCKETS_MAX), 1)
    step = max((last_ms - first_ms) / count, 1)
    with log_errors(stream.name):
        places = [engine().at_time(stream.log_name, int(first_ms + step * each)) for each in range(count + 1)]
    return [Range(one, other).records for one, other in pairwise(places)]


def read_places(text: str) -> dict[int, int]:
    """``0:41,1:17`` as {partition: offset}: the last records that somebody has. Raises Invalid."""
    found: dict[int, int] = {}
    for pair in text.split(",") if text else ():
        partition, _, offset = pair.partition(":")
        if not partition.isdecimal() or not offset.isdecimal() or len(partition) > 5 or len(offset) > 19:
            hint = "Say after=0:41,1:17: partition:offset of the last record you have of each."
            raise Invalid("after= is partition:offset, comma separated.", hint=hint, place="after")
        found[int(partition)] = int(offset)
    return found


def after(position: Position, places: dict[int, int]) -> Position:
    """The position behind these records; partitions not named stay where they are. Raises Invalid."""
    for partition, offset in places.items():
        if partition >= len(position.offsets):
            raise Invalid(f"There is no partition {partition}.", place="after")
        if offset + 1 > position.offsets[partition]:
            position = position.moved(partition=partition, offset=offset + 1)
    return position
