"""The window of dedup ids of one stream: the newest `ids_max` ids, none older than `window_ms`.

An id maps to its place, one integer (see `place`). Ids are added and dropped by batch, so that a thousand cost a few
calls. Not thread-safe: the stream's lock guards it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Sequence
from itertools import repeat

_OFFSET_BITS = 56
_OFFSET_MASK = (1 << _OFFSET_BITS) - 1


def place(*, partition: int, offset: int) -> int:
    """A partition and an offset as one integer."""
    return partition << _OFFSET_BITS | offset


def partition_and_offset(where: int) -> tuple[int, int]:
    """What `place` was made of."""
    return where >> _OFFSET_BITS, where & _OFFSET_MASK


class DedupWindow:
    """Ids and the places of the records that had them first."""

    def __init__(self, *, ids_max: int, window_ms: int) -> None:
        self._ids_max = ids_max
        self._window_ms = window_ms
        self._places: dict[bytes, int] = {}
        self._batches: deque[tuple[int, Sequence[bytes]]] = deque()

    def __len__(self) -> int:
        return len(self._places)

    def resize(self, *, ids_max: int, window_ms: int) -> None:
        """New bounds, from now on: what was dropped doesn't come back."""
        self._ids_max = ids_max
        self._window_ms = window_ms
        self._drop_beyond_size()

    def get(self, dedup_id: bytes) -> int | None:
        return self._places.get(dedup_id)

    def knows_none_of(self, ids: Iterable[bytes]) -> bool:
        return self._places.keys().isdisjoint(ids)

    def add(self, ids: Sequence[bytes | None], *, partition: int, offsets: Sequence[int], appended_ms: int) -> None:
        """The ids of one stored batch (None: a record without). An id that is known already keeps its first place."""
        places: dict[bytes | None, int]
        if isinstance(offsets, range):
            first = place(partition=partition, offset=offsets.start)
            places = dict(zip(reversed(ids), range(first + len(ids) - 1, first - 1, -1), strict=True))
        else:
            all_places = [place(partition=partition, offset=offset) for offset in reversed(offsets)]
            places = dict(zip(reversed(ids), all_places, strict=True))
        places.pop(None, None)
        fresh: dict[bytes, int] = places  # type: ignore[assignment]
        if not self._places.keys().isdisjoint(fresh):
            fresh = {each: where for each, where in fresh.items() if each not in self._places}
        if not fresh:
            return
        self._places.update(fresh)
        self._batches.append((appended_ms, tuple(fresh)))
        self._drop_beyond_size()

    def dump(self) -> list[tuple[int, Sequence[bytes], Sequence[int]]]:
        """(appended_ms, ids, places) of each batch, oldest first."""
        return [(appended_ms, ids, [self._places[each] for each in ids]) for appended_ms, ids in self._batches]

    def restore(self, batches: Iterable[tuple[int, Sequence[bytes], Sequence[int]]]) -> None:
        """Take over what `dump` gave; ids that are known already keep their place."""
        for appended_ms, ids, places in batches:
            fresh = {each: where for each, where in zip(ids, places, strict=True) if each not in self._places}
            if fresh:
                self._places.update(fresh)
                self._batches.append((appended_ms, tuple(fresh)))
        self._drop_beyond_size()

    def expire(self, *, now_ms: int) -> None:
        """Forget batches older than the window."""
        while self._batches and self._batches[0][0] < now_ms - self._window_ms:
            self._drop_oldest()

    def _drop_beyond_size(self) -> None:
        """Whole batches go, but never so many that fewer than ids_max stay: the promise is "at least the newest"."""
        while self._batches and len(self._places) - len(self._batches[0][1]) >= self._ids_max:
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        _, ids = self._batches.popleft()
        deque(map(self._places.pop, ids, repeat(None)), maxlen=0)


def without_none(ids: Collection[bytes | None]) -> list[bytes]:
    """The ids that are there."""
    return [each for each in ids if each is not None]
