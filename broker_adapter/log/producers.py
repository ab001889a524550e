"""What one partition remembers of its producers, so that a retry is recognised whatever the dedup window.

Of each producer: its epoch, and the runs of numbers whose appends were stored here. A run is that of whole appends,
though only some of their records may belong to this partition: a record goes to the same partition again when it is
sent again, so a number inside a run was stored here. Numbers may arrive out of order or leave gaps; a number in a gap
is new. What can't be told any more (below the oldest run still known) is refused, never guessed.

Bounded: `producers_max` producers, the longest silent forgotten first; RUNS_MAX runs and PLACES_MAX places of each.
Not thread-safe: the partition's lock guards it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import OrderedDict, deque
from collections.abc import Iterable, Sequence

from broker_adapter.log.batch import ProducedBy
from broker_adapter.log.errors import ProducerFenced, SequenceForgotten
from broker_adapter.log.records import UNKNOWN_OFFSET
from broker_adapter.log.remembered import RememberedProducer

RUNS_MAX = 64
PLACES_MAX = 8


class _Known:
    """One producer: `runs` are disjoint (first, end) in rising order; below `floor` nothing is known."""

    __slots__ = ("epoch", "floor", "last_ms", "places", "runs")

    def __init__(self, epoch: int, last_ms: int) -> None:
        self.epoch = epoch
        self.floor = 0
        self.last_ms = last_ms
        self.runs: list[tuple[int, int]] = []
        self.places: deque[tuple[ProducedBy, Sequence[int]]] = deque(maxlen=PLACES_MAX)

    def add(self, first: int, end: int) -> None:
        runs = self.runs
        if runs and runs[-1][0] <= first <= runs[-1][1]:  # the usual case: goes on where the last one ended
            runs[-1] = (runs[-1][0], max(end, runs[-1][1]))
            return
        touching = [run for run in runs if run[0] <= end and first <= run[1]]
        for run in touching:
            runs.remove(run)
        insort(runs, (min([first, *(run[0] for run in touching)]), max([end, *(run[1] for run in touching)])))
        while len(runs) > RUNS_MAX:
            self.floor = runs.pop(0)[1]

    def has(self, sequence: int) -> bool:
        """Raises SequenceForgotten."""
        if sequence < self.floor:
            raise SequenceForgotten(sequence=sequence, known_from=self.floor)
        at = bisect_right(self.runs, (sequence, 1 << 63)) - 1
        return at >= 0 and sequence < self.runs[at][1]

    def dumped_places(self) -> list[tuple[int, int, int, int, bytes]]:
        found = []
        for by, offsets in self.places:
            if isinstance(offsets, range):  # what compaction thinned out may be forgotten
                found.append((by.sequence, by.span, offsets.start, len(offsets), _bitmap(by)))
        return found

    def place(self, sequence: int) -> int:
        for by, offsets in self.places:
            index = sequence - by.sequence
            if not 0 <= index < by.span:
                continue
            if by.indexes is None:
                return offsets[index]
            at = bisect_left(by.indexes, index)
            if at < len(by.indexes) and by.indexes[at] == index:
                return offsets[at]
        return UNKNOWN_OFFSET


def _bitmap(by: ProducedBy) -> bytes:
    bits = bytearray(0 if by.indexes is None else (by.span + 7) // 8)
    for index in by.indexes or ():
        bits[index >> 3] |= 1 << (index & 7)
    return bytes(bits)


class ProducerTable:
    """The producers of one partition."""

    def __init__(self, *, producers_max: int, window_ms: int) -> None:
        self.producers_max = producers_max
        self.window_ms = window_ms
        self._known: OrderedDict[bytes, _Known] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known)

    def dump(self) -> list[RememberedProducer]:
        """All producers, longest silent first."""
        return [
            RememberedProducer(each, known.epoch, known.floor, known.last_ms, tuple(known.runs), known.dumped_places())
            for each, known in self._known.items()
        ]

    def restore(self, producers: Iterable[RememberedProducer]) -> None:
        """Take over what `dump` gave."""
        for each in producers:
            known = _Known(each.epoch, each.last_ms)
            known.floor, known.runs = each.floor, list(each.runs)
            for sequence, span, first, count, bitmap in each.places:
                indexes = [at for at in range(span) if bitmap[at >> 3] >> (at & 7) & 1] if bitmap else None
                by = ProducedBy(each.id, each.epoch, sequence, span, indexes)
                known.places.append((by, range(first, first + count)))
            self._known[each.id] = known

    def resize(self, *, producers_max: int, window_ms: int) -> None:
        """New bounds, from now on."""
        self.producers_max = producers_max
        self.window_ms = window_ms
        while len(self._known) > producers_max:
            self._known.popitem(last=False)

    def recognise(self, producer_id: bytes, *, epoch: int, sequences: Sequence[int], now_ms: int) -> dict[int, int]:
        """{index in `sequences`: offset, or UNKNOWN_OFFSET} of those that are stored. Raises ProducerFenced,
        SequenceForgotten.
        """
        self.expire(now_ms=now_ms)
        known = self._known.get(producer_id)
        if known is None or epoch > known.epoch:
            return {}
        if epoch < known.epoch:
            raise ProducerFenced(epoch=epoch, current=known.epoch)
        if not known.runs or sequences[0] >= known.runs[-1][1]:
            return {}
        return {at: known.place(each) for at, each in enumerate(sequences) if known.has(each)}

    def add(self, by: ProducedBy, *, offsets: Sequence[int], appended_ms: int) -> None:
        """A batch that was stored."""
        known = self._known.get(by.id)
        if known is None or by.epoch > known.epoch:
            known = self._known[by.id] = _Known(by.epoch, appended_ms)
        elif by.epoch < known.epoch:
            return
        known.add(by.sequence, by.sequence + by.span)
        known.places.append((by, offsets))
        known.last_ms = max(appended_ms, known.last_ms)
        self._known.move_to_end(by.id)
        while len(self._known) > self.producers_max:
            self._known.popitem(last=False)

    def expire(self, *, now_ms: int) -> None:
        """Forget producers that have been silent for longer than the window."""
        while self._known and next(iter(self._known.values())).last_ms < now_ms - self.window_ms:
            self._known.popitem(last=False)
