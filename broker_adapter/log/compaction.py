"""Compaction: which records stay, and what batches are made of them. Values in, values out; no files here.

Of each key the newest record stays, as far as is known (`NewestOffsets`, bounded: what doesn't fit is left for the next
round). Records without a key stay. A tombstone stays as long as the stream's `tombstone_retention_ms`, so that readers
hear of it; then it goes too, which is right because all older records of its key went before it or with it.

What stays keeps its offset, time, key, headers, payload and dedup id. Small batches are put together.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from broker_adapter.log.batch import SPAN_MAX, BatchView, Body, ProducedBy, encode_sparse
from broker_adapter.log.records import TOMBSTONE_HEADER, Headers, NewRecords

KEYS_MAX = 500_000
_KEY_BYTES_MAX = 32
_BATCH_RECORDS_MAX = 1_000
_BATCH_BYTES_MAX = 256 * 1024


def _short(key: bytes) -> bytes:
    return key if len(key) <= _KEY_BYTES_MAX else b"#" + hashlib.blake2b(key, digest_size=_KEY_BYTES_MAX).digest()


class NewestOffsets:
    """The newest offset of each key among the views added, which must come in order."""

    def __init__(self, keys_max: int = KEYS_MAX) -> None:
        self._keys_max = keys_max
        self._newest: dict[bytes, int] = {}

    def add(self, view: BatchView) -> bool:
        """False if it is full: the view isn't taken in, and none after it may be."""
        if len(self._newest) + view.count > self._keys_max and self._newest:
            return False
        self._newest.update(
            (_short(key), offset) for key, offset in zip(view.keys, view.offsets, strict=True) if key is not None
        )
        return True

    def outdates(self, key: bytes, offset: int) -> bool:
        return self._newest.get(_short(key), -1) > offset


def survivors(view: BatchView, newest: NewestOffsets, *, tombstones_before_ms: int) -> list[int]:
    """Which records of a view stay, by their place in it. Tombstones appended before that time go."""
    drop_tombstones = view.appended_ms < tombstones_before_ms
    dead = [drop_tombstones and any(name == TOMBSTONE_HEADER for name, _ in each) for each in view.header_table]
    index = view.header_index
    return [
        at
        for at, (key, offset) in enumerate(zip(view.keys, view.offsets, strict=True))
        if key is None or not (newest.outdates(key, offset) or dead[index[at]])
    ]


class Rewritten(NamedTuple):
    """A batch to be sealed, and which records it has."""

    body: Body
    base_offset: int
    next_offset: int
    appended_ms: int


class _Gathering:
    """Records of several batches on their way into one."""

    def __init__(self, base_offset: int) -> None:
        self.base_offset = base_offset
        self.clear(base_offset)

    def clear(self, base_offset: int) -> None:
        self.base_offset = self.next_offset = base_offset
        self.appended_ms = 0
        self.size = 0
        self.offsets: list[int] = []
        self.payloads: list[bytes] = []
        self.keys: list[bytes | None] = []
        self.headers: list[Headers] = []
        self.timestamps: list[int] = []
        self.ids: list[bytes | None] = []

    def take(self, view: BatchView, places: list[int]) -> None:
        self.next_offset = view.next_offset
        if not places:
            return
        ids = view.dedup_ids or (None,) * view.count
        timestamps, offsets, payloads = view.timestamps_ms, view.offsets, view.payloads
        keys, headers = view.keys, view.headers
        self.offsets += [offsets[at] for at in places]
        self.payloads += [payloads[at] for at in places]
        self.keys += [keys[at] for at in places]
        self.headers += [headers[at] for at in places]
        self.timestamps += [timestamps[at] for at in places]
        self.ids += [ids[at] for at in places]
        self.appended_ms = max(self.appended_ms, view.appended_ms)
        self.size += view.stored_bytes * len(places) // view.count

    def made(self, by: ProducedBy | None = None) -> Rewritten:
        records = NewRecords(self.payloads, self.keys, self.headers, self.timestamps, self.ids)
        body = encode_sparse(
            records, offsets=self.offsets, base_offset=self.base_offset, next_offset=self.next_offset, by=by
        )
        return Rewritten(body, self.base_offset, self.next_offset, self.appended_ms)


def rewritten(
    views: Iterable[BatchView], newest: NewestOffsets, *, base_offset: int, tombstones_before_ms: int
) -> Iterator[Rewritten]:
    """The batches that stand for `views`. What stands for records that are all gone joins the next batch; the offsets
    after the last batch made are left for the anchor.
    """
    gathering = _Gathering(base_offset)
    for view in views:
        places = survivors(view, newest, tombstones_before_ms=tombstones_before_ms)
        by = view.producer
        if gathering.offsets and (
            (by is not None and places)
            or len(gathering.offsets) + len(places) > _BATCH_RECORDS_MAX
            or gathering.size + view.batch_bytes > _BATCH_BYTES_MAX
            or view.next_offset - gathering.base_offset > SPAN_MAX
        ):
            yield gathering.made()
            gathering.clear(gathering.next_offset)
        if view.next_offset - gathering.base_offset > SPAN_MAX:  # a wide hole has a batch of its own, without records
            nothing = encode_sparse(None, offsets=(), base_offset=gathering.base_offset, next_offset=view.base_offset)
            yield Rewritten(nothing, gathering.base_offset, view.base_offset, view.appended_ms)
            gathering.clear(view.base_offset)
        gathering.take(view, places)
        if by is not None and places:
            indexes = places if by.indexes is None else [by.indexes[at] for at in places]
            yield gathering.made(by._replace(indexes=None if len(indexes) == by.span else indexes))
            gathering.clear(gathering.next_offset)
    if gathering.offsets:
        yield gathering.made()
