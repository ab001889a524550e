"""Reading across partitions within bounds, fairly. No I/O here: partitions hand over views.

Every partition that has something gets an equal share of the bounds first, then what is left over is given to those
that have more. Where there are fewer records allowed than partitions waiting, the turn moves on with the position.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from broker_adapter.log.batch import BatchView
from broker_adapter.log.records import Gap


@dataclass(slots=True)
class PartitionRead:
    """What was read of one partition so far. `next_offset`: where to go on; `end`: its durable end; `must`: take the
    first record even if it is larger than the bound.
    """

    partition: int
    next_offset: int  # reading backwards: the offset before which to go on
    end: int
    must: bool
    views: list[BatchView] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    records: int = 0
    bytes: int = 0

    def has_room(self, records_max: int, bytes_max: int) -> bool:
        return self.records < records_max and (self.bytes < bytes_max or (self.must and not self.records))

    def take(self, view: BatchView, *, records_max: int, bytes_max: int) -> bool:
        """Take what fits of a batch. False if something of it had to be left."""
        if not self.has_room(records_max, bytes_max):
            return False
        wanted = view.trimmed(first_offset=self.next_offset, next_offset=view.next_offset)
        if not wanted.count:  # compaction took out all of it
            self.next_offset = wanted.next_offset
            return True
        fits = wanted.within(records_max=records_max - self.records, bytes_max=bytes_max - self.bytes)
        if (self.records or not self.must) and fits.stored_bytes > bytes_max - self.bytes:
            return False
        self.views.append(fits)
        self.records += fits.count
        self.bytes += fits.stored_bytes
        self.next_offset = fits.next_offset
        return fits.next_offset == view.next_offset

    def take_back(self, view: BatchView, *, records_max: int, bytes_max: int) -> bool:
        """Take what fits of a batch from its end, reading backwards. False if something of it had to be left."""
        if not self.has_room(records_max, bytes_max):
            return False
        wanted = view.trimmed(first_offset=view.base_offset, next_offset=self.next_offset)
        if not wanted.count:
            self.next_offset = wanted.base_offset
            return True
        fits = wanted.within_back(records_max=records_max - self.records, bytes_max=bytes_max - self.bytes)
        if (self.records or not self.must) and fits.stored_bytes > bytes_max - self.bytes:
            return False
        self.views.append(fits)
        self.records += fits.count
        self.bytes += fits.stored_bytes
        self.next_offset = fits.base_offset
        return fits.base_offset == view.base_offset

    def gap_back(self, first_offset: int, *, file: str, position: int, reason: str) -> None:
        self.gaps.append(Gap(self.partition, first_offset, self.next_offset, file, position, reason))
        self.next_offset = first_offset

    def gap(self, next_offset: int, *, file: str, position: int, reason: str) -> None:
        self.gaps.append(Gap(self.partition, self.next_offset, next_offset, file, position, reason))
        self.next_offset = next_offset


class Readable(Protocol):
    """The reading side of a partition."""

    def end_offset(self) -> int: ...

    def read(self, offset: int, *, records_max: int, bytes_max: int, must: bool) -> PartitionRead: ...

    def read_back(self, offset: int, *, records_max: int, bytes_max: int, must: bool) -> PartitionRead: ...


def read_fairly(
    partitions: Sequence[Readable],
    offsets: Sequence[int],
    *,
    ends: Sequence[int],
    records_max: int,
    bytes_max: int,
    back: bool = False,
) -> list[PartitionRead]:
    """One or two reads of each partition that has something, in the order of their numbers. `back`: from `offsets`
    downwards, where `ends` are the earliest offsets.
    """
    waiting = [number for number, end in enumerate(ends) if offsets[number] != end]
    if not waiting:
        return []
    turn = sum(offsets) % len(waiting)
    order = waiting[turn:] + waiting[:turn]
    found: dict[int, list[PartitionRead]] = {}
    here = list(offsets)
    records_left, bytes_left = records_max, bytes_max
    for share in (len(order), 1) if len(order) > 1 else (1,):
        for number in order:
            if records_left <= 0 or bytes_left <= 0 or here[number] == ends[number]:
                continue
            read = (partitions[number].read_back if back else partitions[number].read)(
                here[number],
                records_max=max(min(records_max // share, records_left), 1),
                bytes_max=max(min(bytes_max // share, bytes_left), 1),
                must=records_left == records_max,
            )
            found.setdefault(number, []).append(read)
            here[number] = read.next_offset
            records_left -= read.records
            bytes_left -= read.bytes
    return [read for number in sorted(found) for read in found[number]]
