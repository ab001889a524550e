"""A segment: one file of batches. `00000000000000000042.log` begins with offset 42.

Reading walks from batch to batch; each is checked before it is handed out. Behind damage the walk looks for the next
whole batch, byte by byte, and says which offsets are missing.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
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
_NAME = re.compile(r"(\d{20})(?:-(\d{20})\.(\d{6}))?\.log")


class SegmentFile(NamedTuple):
    """One file: as appended (`end` None, generation 0), or rewritten by compaction: it stands for `base` to `end`, and
    for every file of a lower generation in that range.
    """

    base: int
    end: int | None = None
    generation: int = 0

    @property
    def name(self) -> str:
        return self._stem + SUFFIX

    @property
    def index_name(self) -> str:
        return self._stem + ".index"

    @property
    def keys_name(self) -> str:
        return self._stem + ".keys"

    @property
    def _stem(self) -> str:
        return f"{self.base:020d}" if self.end is None else f"{self.base:020d}-{self.end:020d}.{self.generation:06d}"


def segment_file(name: str) -> SegmentFile | None:
    """The segment by its file's name; None if that is no segment."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    base, end, generation = match.groups()
    return SegmentFile(int(base)) if end is None else SegmentFile(int(base), int(end), int(generation))


def standing(found: Iterable[SegmentFile], *, start: int) -> list[SegmentFile]:
    """The files that count, in order: none that another one stands for, none wholly before `start`."""
    covered: list[tuple[int, int]] = []
    left: list[SegmentFile] = []
    for each in sorted(found, key=lambda each: (-each.generation, each.base)):
        if any(first <= each.base < end for first, end in covered):
            continue
        left.append(each)
        if each.end is not None:
            covered.append((each.base, each.end))
    return sorted(each for each in left if each.base >= start)


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
