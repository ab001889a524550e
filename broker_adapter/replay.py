"""Replay: a range of records in order of time over all partitions, and when each of them is due. Pure but for reading.

`Merger` gives the records of a range, the earliest timestamp first; within a partition their order stays. It holds at
most READ_AHEAD_RECORDS of each partition. `Pace` says how long to wait for the next record, and how many are due now:

    "max"       all at once
    "100/s"     that many a second, whatever their timestamps
    "10x"       as far apart as they were stored, ten times faster; a pause longer than ``idle_s_max`` is cut short

Times of the pace are seconds of a monotonic clock, times of records milliseconds since 1970.
"""

import re
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from broker_adapter.encoding import encode_records
from broker_adapter.log.records import Slice
from broker_adapter.ranges import Range

READ_AHEAD_RECORDS = 200
TIMES_MAX, PER_SECOND_MAX = 100_000.0, 1_000_000.0
_SPEED = re.compile(r"(\d{1,7}(?:\.\d{1,3})?)(x|/s)\Z")


@dataclass(frozen=True, slots=True)
class Speed:
    """``times``: of the original pace; ``per_second``: that many records; neither: as fast as the reader takes them."""

    times: float = 0.0
    per_second: float = 0.0

    @staticmethod
    def parse(text: str) -> "Speed":
        """``max``, ``10x``, ``100/s``. Raises ValueError."""
        if text == "max":
            return Speed()
        found = _SPEED.match(text)
        number = float(found[1]) if found else 0.0
        if found is None or number <= 0 or number > (TIMES_MAX if found[2] == "x" else PER_SECOND_MAX):
            raise ValueError("A speed is max, 10x or 100/s.")
        return Speed(times=number) if found[2] == "x" else Speed(per_second=number)


@dataclass(frozen=True, slots=True)
class Played:
    """One record on its way out. ``position``: behind it (and behind all that came before)."""

    timestamp_ms: int
    partition: int
    offset: int
    type: bytes | None
    encoded: bytes


class Merger:
    """The records of a range by time. ``read(range, records_max)`` is read_range of broker_adapter.ranges."""

    def __init__(self, wanted: Range, read: Callable[[Range, int], Slice]) -> None:
        self._end = wanted.end
        self._read = read
        self._next = list(wanted.start.offsets)
        self._ahead: list[deque[Played]] = [deque() for _ in wanted.end.offsets]
        self.position = wanted.start

    def peek(self) -> Played | None:
        """The next record; None: the range is over. Reads on where a partition's records have run out."""
        heads = [each[0] for number, each in enumerate(self._ahead) if self._fill(number)]
        return min(heads, key=lambda head: (head.timestamp_ms, head.partition), default=None)

    def take(self) -> Played | None:
        """The next record, done with: ``position`` is behind it."""
        found = self.peek()
        if found is None:
            self.position = self._end
            return None
        self._ahead[found.partition].popleft()
        self.position = self.position.moved(partition=found.partition, offset=found.offset + 1)
        return found

    def _fill(self, number: int) -> bool:
        own = self._ahead[number]
        while not own and self._next[number] < self._end.offsets[number]:
            only = replace(self._end, offsets=self._only(number))
            found = self._read(Range(only, self._end), READ_AHEAD_RECORDS)
            own.extend(each for each in _played(found) if each.partition == number)
            after = found.position.offsets[number]
            if after <= self._next[number]:
                self._next[number] = self._end.offsets[number]  # nothing more can be read here
            self._next[number] = max(after, self._next[number])
        return bool(own)

    def _only(self, number: int) -> tuple[int, ...]:
        """Every other partition at its end."""
        offsets = list(self._end.offsets)
        offsets[number] = self._next[number]
        return tuple(offsets)


def _played(found: Slice) -> Iterator[Played]:
    for batch in found.batches:
        rows = zip(batch.timestamps_ms, batch.offsets, batch.header_values("type"), encode_records(batch), strict=True)
        for timestamp_ms, offset, kind, encoded in rows:
            yield Played(timestamp_ms, batch.partition, offset, kind, encoded)


class Pace:
    """When records are due. ``restart`` after a pause, a step, or a change of speed: what comes next is due at once."""

    def __init__(self, speed: Speed, *, idle_s_max: float, now_s: float) -> None:
        self.speed = speed
        self.idle_s_max = idle_s_max
        self.restart(now_s)

    def restart(self, now_s: float, speed: Speed | None = None) -> None:
        """Count from here."""
        self.speed = speed or self.speed
        self._began_s = now_s
        self._first_ms: int | None = None
        self._given = 0
        self._due_s = now_s

    def wait_s(self, timestamp_ms: int, now_s: float) -> float:
        """Seconds until a record of that time is due; 0: it is. Asked of each record in its turn."""
        if self.speed.per_second:
            return max(self._began_s + self._given / self.speed.per_second - now_s, 0.0)
        if not self.speed.times:
            return 0.0
        if self._first_ms is None:
            self._first_ms, self._due_s = timestamp_ms, now_s
        due_s = self._began_s + (timestamp_ms - self._first_ms) / 1000 / self.speed.times
        if due_s > self._due_s + self.idle_s_max:  # a long silence: what follows comes that much earlier
            self._began_s -= due_s - (self._due_s + self.idle_s_max)
            due_s = self._due_s + self.idle_s_max
        return max(due_s - now_s, 0.0)

    def given(self, now_s: float) -> None:
        """The record that was asked about is given."""
        self._given += 1
        self._due_s = now_s
