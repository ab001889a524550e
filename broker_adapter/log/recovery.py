"""Proving what a crash or another process left behind the watermark. With the partition's locks held.

Whenever a segment is longer than the watermark says: nobody was acknowledged what lies there, or the watermark is old
(a power cut). So whole batches are kept, written once more in place (pages of a failed sync may look clean without
being on disk), synced, and the watermark moves. What follows the last whole batch is a torn tail: copied aside, cut
off. If whole batches follow damage, the damage stays where it is and readers are told the gap. If the watermark itself
is lost, the newest segments are walked from their beginning. If a segment is *shorter* than the watermark says,
acknowledged records are lost: their offsets are never used again, the next append opens a new segment.
"""

from __future__ import annotations

import errno
import logging
import time
from collections.abc import Callable

from broker_adapter.log.files import create_file
from broker_adapter.log.index import SegmentIndex
from broker_adapter.log.partition_files import PartitionFiles
from broker_adapter.log.segment import CHUNK_BYTES, Damage, SegmentFile
from broker_adapter.log.storage import storage_error
from broker_adapter.log.watermark import TIMESTAMP_MIN, Watermark

logger = logging.getLogger(__name__)


class Recovery:
    """See the module. `move_mark` stores a watermark."""

    def __init__(self, files: PartitionFiles, *, move_mark: Callable[[Watermark], None]) -> None:
        self._own = files
        self._files = files.files
        self._handles = files.storage.handles
        self._move_mark = move_mark

    def mark_from_segments(self) -> Watermark:
        """The watermark is lost: begin with the newest segment that holds anything, as if nothing of it was proved."""
        logger.error("%s: the watermark is lost, proving the newest segment", self._own.folder)
        found = self._own.list()
        if not found or found[-1].end is not None:
            # No segment to append to: all are gone, or only rewritten ones are left.
            end = 0 if not found else found[-1].end or 0
            end = max(end, self._own.start().offset)
            create_file(self._files, self._own.path(SegmentFile(end).name), b"")
            found.append(SegmentFile(end))
        newest = found[-2:]
        index = SegmentIndex()
        self._own.load_index(index, newest[0])
        first = index.first()
        latest = TIMESTAMP_MIN if first is None else first.max_before
        now = time.time_ns()
        base = newest[0].base
        start = self._own.start()
        chain = start.chain if start.offset == base else self._own.first_chain
        mark = Watermark(self._own.epoch, now, base, 0, base, latest, chain, layout=now)
        for segment in newest:
            offset = max(segment.base, mark.next_offset)
            if segment.end is None:
                mark = self.proved(mark._replace(segment=segment.base, position=0, next_offset=offset))
            else:
                mark = self._after_rewritten(mark, segment)
        self._move_mark(mark)
        return mark

    def _after_rewritten(self, mark: Watermark, segment: SegmentFile) -> Watermark:
        """A rewritten segment was whole before it got its name: take over where it ends."""
        with self._handles.using(self._own.path(segment.name)) as fd:
            walk = self._own.walk(fd, segment)
            end = segment.end or segment.base
            for each in walk.batches(0, limit=self._files.size(fd), expected=segment.base, offsets_end=end):
                if not isinstance(each, Damage):
                    anchor = each.view.anchor
                    mark = mark._replace(
                        chain=each.view.chain if anchor is None else anchor.chain,
                        max_timestamp_ms=max(mark.max_timestamp_ms, each.view.max_timestamp_ms),
                    )
        return mark._replace(next_offset=end)

    def entered_next_segments(self, mark: Watermark) -> Watermark:
        """If somebody opened the next segment and died before the watermark moved there, prove what it holds; and so
        on: after a power cut the watermark may be several segments behind.
        """
        while mark.next_offset != mark.segment and self._files.exists(
            self._own.path(SegmentFile(mark.next_offset).name)
        ):
            entered = mark._replace(segment=mark.next_offset, position=0)
            proved = self.proved(entered)
            if proved is entered:  # empty: say so, lest others go on in the segment before
                proved = entered._replace(sequence=entered.sequence + 1)
                self._move_mark(proved)
            mark = proved
        return mark

    def rolled(self, mark: Watermark) -> Watermark:
        """The watermark at the beginning of a new segment (not stored yet: the first write stores it)."""
        path = self._own.path(SegmentFile(mark.next_offset).name)
        try:
            if not self._files.exists(path):
                create_file(self._files, path, b"")
        except OSError as error:
            raise storage_error(error, f"creating {path}") from error
        return mark._replace(segment=mark.next_offset, position=0)

    def proved(self, mark: Watermark) -> Watermark:
        """Prove what lies behind the watermark, and move it. The same watermark if there is nothing."""
        segment = SegmentFile(mark.segment)
        path = self._own.path(segment.name)
        with self._handles.using(path) as fd:
            size = self._files.size(fd)
            if size == mark.position:
                return mark
            if size < mark.position:
                return self._after_loss(mark, path, size)
            after, end = self._whole_batches(fd, segment, mark, size)
            if end < size:
                self._cut_torn_tail(fd, path, end, size)
            if end > mark.position:
                self._write_again(fd, mark.position, end)
            self._files.sync(fd)
        self._move_mark(after)
        return after

    def _write_again(self, fd: int, position: int, end: int) -> None:
        while position < end:
            data = self._files.read(fd, min(CHUNK_BYTES, end - position), position)
            if not data:
                raise OSError(errno.EIO, "the file became shorter while it was read")
            self._files.write(fd, [data], position)
            position += len(data)

    def _whole_batches(self, fd: int, segment: SegmentFile, mark: Watermark, size: int) -> tuple[Watermark, int]:
        after, end = mark, mark.position
        for each in self._own.walk(fd, segment).batches(
            mark.position, limit=size, expected=mark.next_offset, offsets_end=1 << 62
        ):
            if isinstance(each, Damage):
                if each.resume is not None:
                    path = self._own.path(segment.name)
                    logger.error("%s is damaged at byte %s: %s", path, each.position, each.reason)
                continue
            view = each.view
            end = each.position + view.batch_bytes
            after = after._replace(
                position=end,
                next_offset=view.next_offset,
                max_timestamp_ms=max(after.max_timestamp_ms, view.max_timestamp_ms),
                chain=view.chain,
            )
        return after._replace(sequence=mark.sequence + 1), end

    def _cut_torn_tail(self, fd: int, path: str, end: int, size: int) -> None:
        aside = f"{path}.torn-{time.time_ns()}"
        logger.warning("%s: cutting %s torn bytes at byte %s, copied to %s", path, size - end, end, aside)
        create_file(self._files, aside, self._files.read(fd, size - end, end))
        self._files.truncate(fd, end)
        self._files.sync(fd)

    def _after_loss(self, mark: Watermark, path: str, size: int) -> Watermark:
        logger.critical("%s has %s bytes, %s were durable: records were lost", path, size, mark.position)
        if mark.segment == mark.next_offset:  # nothing but the loss in it: go on in place
            after = mark._replace(sequence=mark.sequence + 1, position=size)
        else:
            after = self.rolled(mark)._replace(sequence=mark.sequence + 1)
        self._move_mark(after)
        return after
