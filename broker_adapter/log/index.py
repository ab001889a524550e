"""The sparse index of one segment: where batches begin, one entry every 64 KiB or so.

An entry is 32 bytes: offset u64, position u64, max_before i64 (the largest timestamp of all records of the partition
before this batch), crc32c u32, four zero bytes. The first entry stands for the segment's beginning. The index is
derived: entries from the first bad one on are forgotten and built again from the log. Not thread-safe by itself; reads
and growth are guarded by the lock inside.
"""

from __future__ import annotations

import struct
import threading
from array import array
from bisect import bisect_left, bisect_right
from typing import NamedTuple

import google_crc32c

INTERVAL_BYTES = 64 * 1024
ENTRY_BYTES = 32
_FIELDS = struct.Struct("<QQq")
_CRC = struct.Struct("<II")


class IndexEntry(NamedTuple):
    """A batch begins here."""

    offset: int
    position: int
    max_before: int


class SegmentIndex:
    """The entries of one segment in memory, rising in all three columns."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._offsets: array[int] = array("Q")
        self._positions: array[int] = array("Q")
        self._max_before: array[int] = array("q")
        self.file_bytes = 0  # of the index file, taken over
        self.covered_bytes = 0  # of the segment, known to be indexed

    def __len__(self) -> int:
        return len(self._offsets)

    def load(self, data: bytes) -> None:
        """Take over entries as they stand in the file from `file_bytes` on; stops at the first that can't be right."""
        with self._lock:
            for at in range(0, len(data) - ENTRY_BYTES + 1, ENTRY_BYTES):
                fields = data[at : at + _FIELDS.size]
                crc, zero = _CRC.unpack_from(data, at + _FIELDS.size)
                if google_crc32c.value(fields) != crc or zero:
                    return
                entry = IndexEntry(*_FIELDS.unpack(fields))
                if self._follows(entry):
                    self._append(entry)
                elif entry.position > self._positions[-1]:
                    return
                self.file_bytes += ENTRY_BYTES
            self.covered_bytes = max(self.covered_bytes, self._positions[-1] if len(self._positions) else 0)

    def add(self, entry: IndexEntry) -> bool:
        """Add an entry if it is far enough from the last one."""
        with self._lock:
            if len(self._positions) and entry.position < self._positions[-1] + INTERVAL_BYTES:
                return False
            if not self._follows(entry):
                return False
            self._append(entry)
            return True

    def wants(self, position: int) -> bool:
        """Whether a batch at this position, after all others, should have an entry."""
        return not len(self._positions) or position >= self._positions[-1] + INTERVAL_BYTES

    def floor(self, offset: int) -> IndexEntry | None:
        """The last entry at or before an offset."""
        with self._lock:
            return self._at(bisect_right(self._offsets, offset) - 1)

    def before_time(self, timestamp_ms: int) -> IndexEntry | None:
        """The last entry before which every record is older than `timestamp_ms`."""
        with self._lock:
            return self._at(bisect_left(self._max_before, timestamp_ms) - 1)

    def first(self) -> IndexEntry | None:
        return self._at(0) if len(self._offsets) else None

    def last(self) -> IndexEntry | None:
        with self._lock:
            return self._at(len(self._offsets) - 1)

    def entries(self) -> list[IndexEntry]:
        with self._lock:
            return [IndexEntry(*each) for each in zip(self._offsets, self._positions, self._max_before, strict=True)]

    def _at(self, number: int) -> IndexEntry | None:
        if number < 0:
            return None
        return IndexEntry(self._offsets[number], self._positions[number], self._max_before[number])

    def _follows(self, entry: IndexEntry) -> bool:
        return not len(self._offsets) or (
            entry.offset > self._offsets[-1]
            and entry.position > self._positions[-1]
            and entry.max_before >= self._max_before[-1]
        )

    def _append(self, entry: IndexEntry) -> None:
        self._offsets.append(entry.offset)
        self._positions.append(entry.position)
        self._max_before.append(entry.max_before)


def pack_entry(entry: IndexEntry) -> bytes:
    """An entry as it stands in the file."""
    fields = _FIELDS.pack(*entry)
    return fields + _CRC.pack(google_crc32c.value(fields), 0)
