"""Retention and compaction of one partition in files.

Both work on sealed segments only, one process at a time (`keeper.lock`), while others append and read. A crash leaves
either the old files or the new ones to count, and the next turn removes the rest:

- Retention writes where records begin (`start`), has everybody look again, then removes the segments before that.
- Compaction writes a segment anew under a name that says which range it stands for; the rename is the moment it counts
  instead of the old ones. Then everybody looks again, and the old ones are removed.

A segment with damage is left as it is: it is evidence, and its records can't be told. As long as there is one,
tombstones stay too, so that nothing older in it comes back to life.

Before anything is removed, what recognises retries is written down (file_memory.py).
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from broker_adapter.log.batch import Anchor, BatchView, Body, encode_sparse, seal
from broker_adapter.log.compaction import NewestOffsets, rewritten
from broker_adapter.log.engine import Maintenance, StreamSettings
from broker_adapter.log.files import create_file, locked_file
from broker_adapter.log.index import IndexEntry, SegmentIndex
from broker_adapter.log.partition import FilePartition
from broker_adapter.log.partition_files import Segments
from broker_adapter.log.segment import Damage, Found, SegmentFile, segment_file
from broker_adapter.log.segment import standing as stand
from broker_adapter.log.start import UNKNOWN_CHAIN, Start, pack_start, read_start
from broker_adapter.log.watermark import TIMESTAMP_MIN

logger = logging.getLogger(__name__)

COMPACTION_SEALS_AFTER_MS = 3600 * 1000
_WRITE_BYTES = 4 * 1024 * 1024
_STALE_S = 3600.0


class PartitionKeeper:
    """One turn over one partition. `write_down` writes down what recognises retries, right up to the durable end."""

    def __init__(
        self,
        partition: FilePartition,
        settings: StreamSettings,
        *,
        write_down: Callable[[], None],
        now_ms: int,
    ) -> None:
        self._partition = partition
        self._own = partition.own
        self._files = partition.own.files
        self._settings = settings
        self._write_down = write_down
        self._now_ms = now_ms
        self._written_down = False
        self._problems: list[str] = []

    def keep(self, *, now: bool) -> Maintenance:
        """Do what is due. Nothing, if another process is at it. Raises LogError, OSError."""
        with locked_file(self._files, self._own.path("keeper.lock"), wait=False) as alone:
            if not alone:
                return Maintenance()
            segments = self._sealed(now=now)
            before = self._bytes(segments)
            done = Maintenance(bytes_before=before)
            done += self._expire(segments)
            if self._settings.compaction:
                done += self._compact(now=now)
            after = self._bytes(self._looked())
            self._sweep()
            return replace(done, bytes_after=after, problems=tuple(self._problems))

    def _bytes(self, segments: Segments) -> int:
        return sum(self._own.limit(each, segments.mark) for each in segments.files)

    def _looked(self) -> Segments:
        return self._own.segments(self._partition.durable())

    # Sealing

    def _sealed(self, *, now: bool) -> Segments:
        """The segments, after sealing the newest one if it is time."""
        try:
            self._partition.begin()
            if self._is_due(self._own.segments(self._partition.mark), now=now) and self._partition.seal():
                self._partition.rolled = True
        finally:
            self._partition.end()
        return self._looked()

    def _is_due(self, segments: Segments, *, now: bool) -> bool:
        settings, mark = self._settings, segments.mark
        limits = [each // 4 for each in (settings.retention_bytes,) if each is not None]
        ages = [each // 4 for each in (settings.retention_ms,) if each is not None]
        if settings.compaction:
            ages.append(COMPACTION_SEALS_AFTER_MS)
        if not ages and not limits:
            return False
        if now or any(mark.position >= each for each in limits):
            return True
        first = next((view.appended_ms for view in self._own.views(segments, len(segments) - 1, mark.segment)), None)
        return first is not None and any(first < self._now_ms - each for each in ages)

    # Retention

    def _expire(self, segments: Segments) -> Maintenance:
        count = self._expired(segments)
        if not count:
            return Maintenance()
        self._before_removing()
        chain = self.chain_after(segments, count - 1) or UNKNOWN_CHAIN
        start = Start(segments.bases[count], chain)
        try:
            self._partition.begin()
            create_file(self._files, self._own.path("start"), pack_start(start, epoch=self._own.epoch))
            self._partition.layout_changed()
        finally:
            self._partition.end()
        for segment in segments.files[:count]:
            self._remove(segment)
        self._files.sync_folder(self._own.folder)
        return Maintenance(records_expired=start.offset - segments.earliest)

    def _expired(self, segments: Segments) -> int:
        """How many of the oldest segments are to go."""
        settings = self._settings
        size = self._bytes(segments)
        for number, segment in enumerate(segments.files[:-1]):
            too_much = settings.retention_bytes is not None and size > settings.retention_bytes
            if not too_much and not self._is_old(segments, number):
                return number
            size -= self._own.limit(segment, segments.mark)
        return len(segments) - 1

    def _is_old(self, segments: Segments, number: int) -> bool:
        if self._settings.retention_ms is None:
            return False
        newest = self._last(segments, number)
        return newest is None or newest.view.appended_ms < self._now_ms - self._settings.retention_ms

    # The chain

    def _last(self, segments: Segments, number: int, *, with_records: bool = True) -> Found | None:
        for each in self._own.found_back(segments, number, before=segments.end_of(number)):
            if isinstance(each, Found) and (each.view.anchor is None or not with_records):
                return each
        return None

    def chain_after(self, segments: Segments, number: int) -> bytes | None:
        """The chain value that the first batch after a segment was linked to; None if damage hides it."""
        for each in self._own.found_back(segments, number, before=segments.end_of(number) + 1):  # the anchor, too
            if isinstance(each, Damage):
                return None
            anchor = each.view.anchor
            return each.view.chain if anchor is None else anchor.chain
        return None

    def chain_before(self, segments: Segments, number: int) -> bytes | None:
        if number:
            return self.chain_after(segments, number - 1)
        start = self._own.start()
        return start.chain if start.offset == segments.earliest and start.chain != UNKNOWN_CHAIN else None

    # Compaction

    def _compact(self, *, now: bool) -> Maintenance:
        done = Maintenance()
        while True:
            segments = self._looked()
            cleaned_to = self._cleaned_to()
            dirty = [number for number in range(len(segments) - 1) if segments.end_of(number) > cleaned_to]
            clean = [number for number in range(len(segments) - 1) if number not in set(dirty)]
            if not dirty or (not now and 2 * self._size(segments, dirty) < self._size(segments, clean)):
                return done
            newest, known_to = self._newest(segments, cleaned_to)
            count = sum(segments.end_of(number) <= known_to for number in range(len(segments) - 1))
            if not count or segments.end_of(count - 1) <= cleaned_to:
                self._problems.append(f"{self._own.folder}: one segment has more keys than compaction takes at a time")
                return done
            damaged = [number for number in range(count) if self._is_damaged(segments, number)]
            for number in damaged:
                path = self._own.path(segments.files[number].name)
                self._problems.append(f"{path} is damaged and was left as it is")
            tombstones_before_ms = self._now_ms - self._settings.tombstone_retention_ms if not damaged else -(1 << 62)
            for base, end in list(self._groups(segments, count, set(damaged))):
                done += self._rewrite(base, end, newest, tombstones_before_ms)
            self._keep_cleaned_to(segments.end_of(count - 1))

    def _size(self, segments: Segments, numbers: list[int]) -> int:
        return sum(self._own.limit(segments.files[number], segments.mark) for number in numbers)

    def _newest(self, segments: Segments, cleaned_to: int) -> tuple[NewestOffsets, int]:
        """The newest offsets of the keys from an offset on, and up to where they are known."""
        newest = NewestOffsets()
        for view in self._own.views_from(segments, max(cleaned_to, segments.earliest)):
            if not newest.add(view):
                return newest, view.base_offset
        return newest, segments.mark.next_offset

    def _is_damaged(self, segments: Segments, number: int) -> bool:
        end = segments.bases[number]
        for each in self._own.found(segments, number):
            if isinstance(each, Damage):
                return True
            end = each.view.next_offset
        return end != segments.end_of(number)

    def _groups(self, segments: Segments, count: int, left_alone: set[int]) -> Iterator[tuple[int, int]]:
        """The offsets of runs of neighbours that together fill no more than one segment."""
        first = 0
        while first < count:
            if first in left_alone:
                first += 1
                continue
            end, size = first + 1, self._size(segments, [first])
            while end < count and end not in left_alone:
                size += self._size(segments, [end])
                if size > self._settings.segment_bytes:
                    break
                end += 1
            yield segments.bases[first], segments.end_of(end - 1)
            first = end

    def _rewrite(self, base: int, end: int, newest: NewestOffsets, tombstones_before_ms: int) -> Maintenance:
        """The segments of these offsets as one, without the records that are outdated."""
        segments = self._looked()
        group = range(segments.number_of(base), segments.number_of(end - 1) + 1)
        before, after = self.chain_before(segments, group[0]), self.chain_after(segments, group[-1])
        counted = [0, 0]

        def views() -> Iterator[BatchView]:
            for number in group:
                for each in self._own.found(segments, number):
                    if isinstance(each, Found) and each.view.anchor is None:
                        counted[0] += each.view.count
                        yield each.view

        target = SegmentFile(base, end, max(each.generation for each in segments.files) + 1)
        batches = rewritten(views(), newest, base_offset=base, tombstones_before_ms=tombstones_before_ms)
        temporary = self._own.path(f"{target.name}.new-{os.getpid()}-{threading.get_ident()}-{time.monotonic_ns()}")
        writer = _SegmentWriter(self, temporary, chain=before or UNKNOWN_CHAIN)
        try:
            for batch in batches:
                counted[1] += batch.body.count
                writer.add(batch.body, base_offset=batch.base_offset, appended_ms=batch.appended_ms)
                base = batch.next_offset
            anchor = Anchor(after or UNKNOWN_CHAIN, counted[0], counted[1], self._now_ms)
            body = encode_sparse(None, offsets=(), base_offset=base, next_offset=end, anchor=anchor)
            writer.add(body, base_offset=base, appended_ms=self._now_ms)
            if counted[0] == counted[1] and len(group) == 1:
                writer.abandon()
                return Maintenance()
            self._before_removing()
            writer.finish(self._own.path(target.name))
        except BaseException:
            writer.abandon()
            raise
        self._replace(segments, group, target, writer.entries(self._latest_before(segments, group[0])))
        return Maintenance(records_compacted=counted[0] - counted[1])

    def _latest_before(self, segments: Segments, number: int) -> int:
        first = self._own.index_of(segments, number).first()
        return TIMESTAMP_MIN if first is None else first.max_before

    def _replace(self, segments: Segments, group: range, target: SegmentFile, entries: list[IndexEntry]) -> None:
        self._own.write_index(target, entries, 0)
        try:
            self._partition.begin()
            self._partition.layout_changed()
        finally:
            self._partition.end()
        for number in group:
            self._remove(segments.files[number])
        self._files.sync_folder(self._own.folder)

    def _cleaned_to(self) -> int:
        """Up to which offset every key has one record."""
        path = self._own.path("cleaned")
        return read_start(self._files, path, epoch=self._own.epoch, first_chain=UNKNOWN_CHAIN).offset

    def _keep_cleaned_to(self, offset: int) -> None:
        create_file(
            self._files, self._own.path("cleaned"), pack_start(Start(offset, UNKNOWN_CHAIN), epoch=self._own.epoch)
        )

    # Removing

    def _before_removing(self) -> None:
        self._partition.sync_mark()
        if not self._written_down:
            self._write_down()
            self._written_down = True

    def _remove(self, segment: SegmentFile) -> None:
        self._own.forget(segment)
        for name in (segment.index_name, segment.keys_name, segment.name):
            path = self._own.path(name)
            try:
                if self._files.exists(path):
                    self._files.remove(path)
            except OSError:
                logger.warning("%s could not be removed, the next turn tries again", path, exc_info=True)

    def _sweep(self) -> None:
        """Remove what turns that never finished have left."""
        names = self._files.names(self._own.folder)  # once: what others add meanwhile is none of our business
        found = [each for name in names if (each := segment_file(name)) is not None]
        standing = set(stand(found, start=self._own.start().offset))
        for segment in found:
            if segment not in standing:
                self._remove(segment)
        for name in names:
            path = self._own.path(name)
            if ".new-" in name and time.time() - self._files.modified_s(path) >= _STALE_S:
                self._files.remove(path)


class _SegmentWriter:
    """A segment on its way: batches sealed into a temporary file."""

    def __init__(self, keeper: PartitionKeeper, path: str, *, chain: bytes) -> None:
        self._files = keeper._files
        self._own = keeper._own
        self._path = path
        self._chain = chain
        self._fd: int | None = self._files.open(path, create=True)
        self._buffers: list[bytes] = []
        self._buffered = 0
        self._position = 0
        self._places: list[tuple[int, int, int | None]] = []

    def add(self, body: Body, *, base_offset: int, appended_ms: int) -> None:
        header, self._chain = seal(
            body,
            base_offset=base_offset,
            appended_ms=appended_ms,
            previous_chain=self._chain,
            salt=self._own.salt,
        )
        timestamp = body.max_timestamp_ms if body.count else None
        self._places.append((base_offset, self._position + self._buffered, timestamp))
        self._buffers += (header, body.data)
        self._buffered += body.batch_bytes
        if self._buffered >= _WRITE_BYTES:
            self._flush()

    def _flush(self) -> None:
        if self._fd is not None and self._buffers:
            self._files.write(self._fd, self._buffers, self._position)
            self._position += self._buffered
            self._buffers, self._buffered = [], 0

    def finish(self, path: str) -> None:
        """Durable under its name. Raises OSError."""
        self._flush()
        if self._fd is not None:
            self._files.sync(self._fd)
            self._files.close(self._fd)
            self._fd = None
        self._files.rename(self._path, path)
        self._files.sync_folder(self._own.folder)

    def abandon(self) -> None:
        if self._fd is not None:
            self._files.close(self._fd)
            self._fd = None
        if self._files.exists(self._path):
            self._files.remove(self._path)

    def entries(self, latest: int) -> list[IndexEntry]:
        """The index of what was written; `latest`: the largest timestamp before it."""
        index = SegmentIndex()
        for offset, position, timestamp in self._places:
            index.add(IndexEntry(offset, position, latest))
            latest = latest if timestamp is None else max(latest, timestamp)
        return index.entries()
