"""Where each key's newest record is, as far as it was asked for: what a condition on a key is decided by.

Bounded: KEYS_MAX keys a partition, the longest unused forgotten first and looked up again. Derived from the log and
lost with the process. Not thread-safe: the partition's lock guards it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable

from broker_adapter.log.batch import BatchView

KEYS_MAX = 10_000


class KeyEnds:
    """The offset after the newest record of keys, right up to `learned_to`."""

    def __init__(self) -> None:
        self.learned_to = 0
        self._ends: OrderedDict[bytes, int] = OrderedDict()

    def get(self, key: bytes) -> int | None:
        """None: not known, look it up."""
        return self._ends.get(key)

    def put(self, key: bytes, end: int) -> None:
        self._ends[key] = end
        self._ends.move_to_end(key)
        while len(self._ends) > KEYS_MAX:
            self._ends.popitem(last=False)

    def catch_up(self, views: Iterable[BatchView], *, end: int) -> None:
        """`views`: everything from `learned_to` to `end`."""
        if self._ends:
            for view in views:
                for offset, key in zip(view.offsets, view.keys, strict=True):
                    if key is not None and key in self._ends:
                        self.put(key, offset + 1)
        self.learned_to = end

    def find(self, wanted: set[bytes], view: BatchView) -> None:
        """Take what is wanted from a view, walking backwards, and want it no more."""
        for offset, key in zip(reversed(view.offsets), reversed(view.keys), strict=True):
            if key is not None and key in wanted:
                self.put(key, offset + 1)
                wanted.remove(key)
