"""A segment: one file of batches. `00000000000000000042.log` begins with offset 42.

Reading walks from batch to batch; each is checked before it is handed out. Behind damage the walk looks for the next
whole batch, byte by byte, and says which offsets are missing.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import NamedTuple

from broker_adapter.log.batch import (
    HEADER_BYTES,
    MAGIC,
    BatchHeader,
    BatchView,
    batch_fault,
    header_fault,
    read_header,
)
from broker_adapter.log.files import Files

SUFFIX = ".log"
CHUNK_BYTES = 1024 * 1024


def segment_name(base: int) -> str:
    """The file of the segment that begins with offset `base`."""
    return f"{base:020d}{SUFFIX}"


def index_name(base: int) -> str:
    """The file of its index."""
    return f"{base:020d}.index"


def base_of(name: str) -> int | None:
    """The first offset of a segment by its file's name; None if that is no segment."""
    stem = name.removesuffix(SUFFIX)
    return int(stem) if stem != name and len(stem) == 20 and stem.isdecimal() else None


class Found(NamedTuple):
    """A whole batch and where its file position is."""

    view: BatchView
    position: int


class Damage(NamedTuple):
    """Bytes from `position` on that are no batch. `resume` is where the next whole batch begins, None if none does."""

    position: int
    reason: str
    resume: int | None


class SegmentWalk:
    """A walk over the batches of one file between two positions.

    `salt` and `partition` as in batch.py. A batch with another offset than expected is damage too, unless it comes
    right after damage.
    """

    def __init__(self, files: Files, fd: int, path: str, *, partition: int, salt: int) -> None:
        self._files = files
        self._fd = fd
        self._path = path
        self._partition = partition
        self._salt = salt
        self._chunk = b""
        self._chunk_at = 0

    def batches(
        self, position: int, *, limit: int, expected: int, offsets_end: int, chunk_bytes: int = CHUNK_BYTES
    ) -> Iterator[Found | Damage]:
        """Batches from `position` up to the byte `limit`. `expected` is the offset of the first, `offsets_end` the
        offset none may pass.
        """
        self._chunk, self._chunk_at = b"", position
        while position < limit:
            found = self._batch_at(position, limit=limit, chunk_bytes=chunk_bytes)
            if isinstance(found, Found):
                view = found.view
                if view.base_offset == expected and view.next_offset <= offsets_end:
                    yield found
                    position, expected = position + view.batch_bytes, view.next_offset
                    continue
                found = f"offset {view.base_offset} where {expected} was due"
            resume = self._resume_after(position, limit=limit, expected=expected, offsets_end=offsets_end)
            yield Damage(position, found, None if resume is None else resume.position)
            if resume is None:
                return
            yield resume
            position, expected = resume.position + resume.view.batch_bytes, resume.view.next_offset

    def _batch_at(self, position: int, *, limit: int, chunk_bytes: int) -> Found | str:
        """The batch that begins at `position`, or why there is none."""
        at = position - self._chunk_at
        if at + HEADER_BYTES > len(self._chunk):
            self._read(position, min(chunk_bytes, limit - position))
            at = 0
            if len(self._chunk) < HEADER_BYTES:
                return "cut short"
        header = read_header(self._chunk, at)
        fault = header_fault(header)
        if fault is not None:
            return fault
        if position + header.length > limit:
            return "cut short"
        if at + header.length > len(self._chunk):
            self._read(position, max(header.length, min(chunk_bytes, limit - position)))
            at = 0
        fault = batch_fault(self._chunk, at, header, salt=self._salt)
        return fault if fault is not None else Found(self._view(at, header, position), position)

    def _resume_after(self, position: int, *, limit: int, expected: int, offsets_end: int) -> Found | None:
        overlap = len(MAGIC) - 1
        here = position + 1
        while here < limit:
            data = self._files.read(self._fd, min(CHUNK_BYTES, limit - here), here)
            at = data.find(MAGIC)
            while at >= 0:
                candidate = self._batch_at(here + at, limit=limit, chunk_bytes=CHUNK_BYTES)
                if isinstance(candidate, Found):
                    view = candidate.view
                    if view.base_offset >= expected and view.next_offset <= offsets_end:
                        return candidate
                at = data.find(MAGIC, at + 1)
            if len(data) <= overlap:
                return None
            here += len(data) - overlap
        return None

    def _read(self, position: int, size: int) -> None:
        self._chunk = self._files.read(self._fd, size, position)
        self._chunk_at = position

    def _view(self, at: int, header: BatchHeader, position: int) -> BatchView:
        return BatchView(
            self._chunk,
            at,
            header,
            partition=self._partition,
            file=os.path.basename(self._path),
            file_position=position,
        )
