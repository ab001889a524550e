"""Counting records by type: rings of seconds and totals. Pure: values in, values out, the caller holds the lock.

State here has the process's lifetime; what must outlive it (totals and the position they cover) is written by
broker_adapter.projector. Seconds are whole seconds since 1970 of the log's clock (a batch's ``appended_ms``).
"""

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field

RING_SECONDS = 300
RATE_SECONDS = 10
TYPES_PER_STREAM_MAX = 5_000
TYPE_CHARS_MAX = 200
OTHER_TYPES = "(other types)"  # what is counted together once a stream has seen TYPES_PER_STREAM_MAX types


class Ring:
    """Counts of the last RING_SECONDS seconds, one number each."""

    __slots__ = ("newest_s", "slots")

    def __init__(self) -> None:
        self.slots = array("Q", bytes(8 * RING_SECONDS))
        self.newest_s = 0

    def add(self, second: int, count: int) -> None:
        """Count in that second; what is older than the ring is left out."""
        if second > self.newest_s:
            for stale in range(max(self.newest_s + 1, second - RING_SECONDS + 1), second + 1):
                self.slots[stale % RING_SECONDS] = 0
            self.newest_s = second
        elif second <= self.newest_s - RING_SECONDS:
            return
        self.slots[second % RING_SECONDS] += count

    def between(self, first_s: int, last_s: int) -> int:
        """Records of those seconds, both ends included."""
        first_s = max(first_s, self.newest_s - RING_SECONDS + 1)
        return sum(self.slots[second % RING_SECONDS] for second in range(first_s, min(last_s, self.newest_s) + 1))

    def rate(self, now_s: float) -> float:
        """Records a second over the last RATE_SECONDS, the running second counted by the part of it that is over."""
        running = int(now_s)
        return self.between(running - RATE_SECONDS + 1, running) / (RATE_SECONDS - 1 + (now_s - running) or 1)

    def series(self, now_s: float, seconds: int = RING_SECONDS) -> list[int]:
        """One number a second, oldest first, the last is the running second."""
        running = int(now_s)
        return [
            self.slots[second % RING_SECONDS] if self.newest_s - RING_SECONDS < second <= self.newest_s else 0
            for second in range(running - seconds + 1, running + 1)
        ]


@dataclass(slots=True)
class TypeCounts:
    """What one stream has seen of one type. ``rejected_unsaved`` is the part of ``rejected`` no row has yet."""

    total: int = 0
    last_seen_ms: int = 0
    rejected: int = 0
    rejected_unsaved: int = 0
    flagged: int = 0
    unsaved: bool = False
    ring: Ring | None = None

    def seen(self, count: int, at_ms: int) -> None:
        """``count`` records stored at that time."""
        self.total += count
        self.last_seen_ms = max(self.last_seen_ms, at_ms)
        self.unsaved = True
        if self.ring is None:
            self.ring = Ring()
        self.ring.add(at_ms // 1000, count)


@dataclass(slots=True)
class StreamCounts:
    """All types of one stream."""

    types: dict[str, TypeCounts] = field(default_factory=dict)
    ring: Ring = field(default_factory=Ring)

    def of(self, name: str) -> TypeCounts:
        """The counts of a type, made when it is new; types past the limit share one entry."""
        name = name[:TYPE_CHARS_MAX]
        found = self.types.get(name)
        if found is None:
            if len(self.types) >= TYPES_PER_STREAM_MAX:
                name = OTHER_TYPES
            found = self.types.setdefault(name, TypeCounts())
        return found

    def seen(self, by_type: Iterable[tuple[bytes | None, int]], at_ms: int) -> None:
        """Count one batch: how many records of each type (the header's bytes), appended at ``at_ms``."""
        for raw, count in by_type:
            self.of((raw or b"").decode("utf-8", "replace")).seen(count, at_ms)
            self.ring.add(at_ms // 1000, count)

    def seen_flagged(self, by_type: Iterable[tuple[bytes | None, int]]) -> None:
        """Of the records counted, so many of each type carry faults: a stream that observes stored them."""
        for raw, count in by_type:
            self.of((raw or b"").decode("utf-8", "replace")).flagged += count

    def refused(self, name: str, count: int) -> None:
        """``count`` records of a type that were not stored."""
        counts = self.of(name)
        counts.rejected += count
        counts.rejected_unsaved += count
