"""One partition in files: segments, their indexes, and the watermark.

    <partition folder>/
        watermark                        durable end; the lock among processes
        00000000000000000000.log         batches; .index beside it can be lost at any time
        00000000000000000000.log.torn-*  what a crash had left behind the durable end, kept as evidence

Appending, under the thread lock and the watermark's flock: catch up with other processes, write, fdatasync, move the
watermark. Only then is it acknowledged, and only up to the watermark does anybody read.

Recovery, under the same locks, whenever a segment is longer than the watermark says. Nobody was acknowledged what lies
there, or the watermark is old (a power cut): so whole batches are kept, written once more in place (pages of a failed
sync may look clean without being on disk), synced, and the watermark moves. What follows the last whole batch is a torn
tail: copied aside, cut off. If whole batches follow damage, the damage stays where it is and readers are told the gap.
If the watermark itself is lost, the newest segment is walked from its beginning. If a segment is *shorter* than the
watermark says, acknowledged records are lost: their offsets are never used again, the next append opens a new segment.

After a failed sync the file is closed, opened again and cut back to the durable end; until that works every append
tries it first and is refused if it fails.
"""

from __future__ import annotations

import errno
import hashlib
import logging
import os
import threading
import time
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field

import google_crc32c

from broker_adapter.log.appending import StoredIds
from broker_adapter.log.batch import BatchView, Body, seal
from broker_adapter.log.engine import PartitionDescription
from broker_adapter.log.errors import LogError, LogUnavailable, StorageFull, StreamNotFound
from broker_adapter.log.files import Files, Handle, HandleCache, create_file
from broker_adapter.log.index import ENTRY_BYTES, INTERVAL_BYTES, IndexEntry, SegmentIndex, pack_entry
from broker_adapter.log.keys import KeyEnds
from broker_adapter.log.reading import PartitionRead
from broker_adapter.log.segment import CHUNK_BYTES, Damage, Found, SegmentWalk, base_of, index_name, segment_name
from broker_adapter.log.watermark import (
    TIMESTAMP_MIN,
    Watermark,
    first_watermark_file,
    read_watermark,
    write_watermark,
)

logger = logging.getLogger(__name__)

_FULL = (errno.ENOSPC, errno.EDQUOT)
_PLACES_MAX = 64


class StreamReplaced(StreamNotFound):
    """The files belong to another incarnation of the stream, or are gone: open it anew."""


@dataclass(slots=True)
class Storage:
    """What all partitions of an engine share."""

    files: Files
    handles: HandleCache
    indexes_max: int = 256
    indexes: OrderedDict[str, SegmentIndex] = field(default_factory=OrderedDict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    append_locks: dict[str, threading.Lock] = field(default_factory=dict)

    def append_lock(self, path: str) -> threading.Lock:
        """One lock a watermark file: handles are shared, so flock alone wouldn't keep threads of one process apart,
        should two objects for one partition live for a moment.
        """
        with self.lock:
            return self.append_locks.setdefault(path, threading.Lock())

    def index(self, path: str) -> SegmentIndex | None:
        with self.lock:
            index = self.indexes.get(path)
            if index is not None:
                self.indexes.move_to_end(path)
            return index

    def keep_index(self, path: str, index: SegmentIndex) -> None:
        with self.lock:
            self.indexes[path] = index
            while len(self.indexes) > self.indexes_max:
                self.indexes.popitem(last=False)

    def forget_indexes(self, folder: str) -> None:
        with self.lock:
            for path in [each for each in self.indexes if each.startswith(folder + os.sep)]:
                del self.indexes[path]


class FilePartition:
    """A partition of the file engine. Thread-safe."""

    def __init__(
        self,
        folder: str,
        *,
        stream: str,
        partition: int,
        epoch: bytes,
        seed: bytes,
        segment_bytes: int,
        storage: Storage,
        on_layout: Callable[[], None] = lambda: None,
    ) -> None:
        self.partition = partition
        self._stream = stream
        self._folder = folder
        self._epoch = epoch
        self.segment_bytes = segment_bytes
        self._on_layout = on_layout
        self._layout = -1
        self._key_ends = KeyEnds()
        self._storage = storage
        self._files = storage.files
        own_seed = seed + partition.to_bytes(4, "little")
        self._salt = google_crc32c.value(own_seed)
        self._first_chain = hashlib.sha256(own_seed).digest()
        self._mark_path = os.path.join(folder, "watermark")
        self._lock = storage.append_lock(self._mark_path)
        self._locked: Handle | None = None
        self._mark: Watermark | None = None  # what this object last knew under the lock
        self._bases: list[int] = []
        self._places_lock = threading.Lock()
        self._index_lock = threading.Lock()
        self._read_bases: list[int] = []
        self._own_segment = -1
        self._own_index = SegmentIndex()
        # offset -> segment, position and base offset of its batch: where reads ended, to go on there at once
        self._places: OrderedDict[int, tuple[int, int, int]] = OrderedDict()

    @staticmethod
    def create(files: Files, folder: str, *, partition: int, epoch: bytes, seed: bytes) -> None:
        """The folder of an empty partition."""
        files.make_folder(folder)
        chain = hashlib.sha256(seed + partition.to_bytes(4, "little")).digest()
        create_file(files, os.path.join(folder, segment_name(0)), b"")
        mark = Watermark(epoch, 0, 0, 0, 0, TIMESTAMP_MIN, chain)
        create_file(files, os.path.join(folder, "watermark"), first_watermark_file(mark))

    # Appending: begin, write, end --------------------------------------------------------------------------------

    def begin(self) -> int:
        """Lock out other threads and processes, and be up to date. Returns the next offset. Always followed by `end`.

        Raises StreamReplaced, LogUnavailable.
        """
        self._lock.acquire()
        try:
            self._locked = self._acquire_mark()
            self._files.lock(self._locked.fd)
            if not self._files.is_linked(self._locked.fd):
                raise StreamReplaced(self._stream)
            return self._caught_up(self._locked.fd).next_offset
        except OSError as error:
            raise storage_error(error, "preparing to append") from error

    def end(self) -> None:
        try:
            if self._locked is not None:
                self._files.unlock(self._locked.fd)
                self._storage.handles.release(self._locked)
        finally:
            self._locked = None
            self._lock.release()

    def write(self, bodies: list[Body], *, appended_ms: int) -> list[int]:
        """Store and sync. Returns base offsets. Raises StorageFull (nothing stored) or LogUnavailable (unknown)."""
        mark = self._mark
        if mark is None or self._locked is None:
            raise LogUnavailable("write without begin")
        if mark.position >= self.segment_bytes:
            mark = self._rolled(mark)
        bases: list[int] = []
        buffers: list[bytes] = []
        entries: list[IndexEntry] = []
        if self._own_segment != mark.segment:
            self._own_segment, self._own_index = mark.segment, SegmentIndex()
        position, offset, chain, latest = mark.position, mark.next_offset, mark.chain, mark.max_timestamp_ms
        for body in bodies:
            header, chain = seal(
                body, base_offset=offset, appended_ms=appended_ms, previous_chain=chain, salt=self._salt
            )
            if (not entries and self._own_index.wants(position)) or (
                entries and position >= entries[-1].position + INTERVAL_BYTES
            ):
                entries.append(IndexEntry(offset, position, latest))
            bases.append(offset)
            buffers += (header, body.data)
            position += body.batch_bytes
            offset += body.count
            latest = max(latest, appended_ms if body.max_timestamp_ms is None else body.max_timestamp_ms)
        after = Watermark(self._epoch, mark.sequence + 1, mark.segment, position, offset, latest, chain, mark.layout)
        self._store(mark, after, buffers)
        self._add_to_index(after, entries)
        return bases

    def _store(self, mark: Watermark, after: Watermark, buffers: list[bytes]) -> None:
        path = self._path(mark.segment)
        try:
            with self._storage.handles.using(path) as fd:
                self._files.write(fd, buffers, mark.position)
                self._files.sync(fd)
        except OSError as error:
            self._cut_back(mark)
            raise storage_error(error, f"writing {path}") from error
        try:
            self._move_mark(after)
        except OSError as error:
            self._mark = None
            raise storage_error(error, f"moving the watermark of {self._folder}", unknown=True) from error

    def _cut_back(self, mark: Watermark) -> None:
        """After a failed write or sync: close, open again, forget what was not acknowledged."""
        path = self._path(mark.segment)
        self._mark = None  # unless all of this works, the next append proves the file first
        try:
            self._storage.handles.discard(path)
            with self._storage.handles.using(path) as fd:
                self._files.truncate(fd, mark.position)
                self._files.sync(fd)
        except OSError:
            logger.exception("%s could not be cut back to byte %s", path, mark.position)
            return
        self._mark = mark

    def _move_mark(self, mark: Watermark) -> None:
        if self._locked is None:
            raise LogUnavailable("the partition is not locked")
        write_watermark(self._files, self._locked.fd, mark)
        self._mark = mark

    def _rolled(self, mark: Watermark) -> Watermark:
        """The watermark at the beginning of a new segment (not stored yet: the first write stores it)."""
        path = self._path(mark.next_offset)
        try:
            if not self._files.exists(path):
                create_file(self._files, path, b"")
        except OSError as error:
            raise storage_error(error, f"creating {path}") from error
        if self._bases[-1] != mark.next_offset:
            self._bases.append(mark.next_offset)
        return mark._replace(segment=mark.next_offset, position=0)

    def _add_to_index(self, mark: Watermark, entries: list[IndexEntry]) -> None:
        index = self._own_index
        at = index.file_bytes
        added = [pack_entry(entry) for entry in entries if index.add(entry)]
        index.covered_bytes = mark.position
        if added and self._write_index(mark.segment, b"".join(added), at):
            index.file_bytes += ENTRY_BYTES * len(added)

    def _write_index(self, segment: int, data: bytes, at: int) -> bool:
        """Losing this costs a rebuild, never a record: failures are logged."""
        path = os.path.join(self._folder, index_name(segment))
        try:
            if not self._files.exists(path):
                self._storage.handles.discard(path)
                self._files.close(self._files.open(path, create=True))
            with self._storage.handles.using(path) as fd:
                self._files.write(fd, [data], at)
        except OSError:
            logger.warning("%s could not be written", path, exc_info=True)
            return False
        return True

    def _refresh_own_index(self, mark: Watermark) -> None:
        """The appender's index of the newest segment, up to the watermark, in memory and in its file."""
        if self._own_segment != mark.segment:
            self._own_segment, self._own_index = mark.segment, SegmentIndex()
        index = self._own_index
        self._load_index(index, mark.segment)
        before = index.file_bytes // ENTRY_BYTES
        self._complete_index(index, mark.segment, limit=mark.position, offsets_end=mark.next_offset)
        missing = index.entries()[before:]
        if missing and self._write_index(mark.segment, b"".join(map(pack_entry, missing)), index.file_bytes):
            index.file_bytes += ENTRY_BYTES * len(missing)

    def layout_changed(self) -> None:
        """Have all processes look again at what they knew of the stream. Between `begin` and `end`.

        Raises LogUnavailable.
        """
        if self._mark is None:
            raise LogUnavailable("a layout changed without begin")
        try:
            self._move_mark(self._mark._replace(sequence=self._mark.sequence + 1, layout=self._mark.layout + 1))
        except OSError as error:
            self._mark = None
            raise storage_error(error, f"moving the watermark of {self._folder}", unknown=True) from error

    def _look_at_layout(self, mark: Watermark) -> None:
        if self._layout != mark.layout:
            first, self._layout = self._layout < 0, mark.layout
            if not first:
                self._read_bases = []
                self._on_layout()

    # Catching up and recovery, with the locks held -----------------------------------------------------------------

    def _caught_up(self, mark_fd: int) -> Watermark:
        mark = read_watermark(self._files, mark_fd)
        if mark is not None and mark.epoch != self._epoch:
            raise StreamReplaced(self._stream)
        known = self._mark
        if mark is not None:
            self._look_at_layout(mark)
        if mark is None:
            mark = self._mark_from_segments()
        elif known is None or known.sequence != mark.sequence:
            if known is None or known.segment != mark.segment:
                self._bases = self._list_bases()
            self._refresh_own_index(mark)
        mark = self._proved(mark)
        if mark.next_offset != mark.segment and (known is None or mark.position >= self.segment_bytes):
            mark = self._entered_next_segment(mark)
        self._mark = mark
        return mark

    def _entered_next_segment(self, mark: Watermark) -> Watermark:
        """If somebody opened the next segment and died before the watermark moved there, prove what it holds."""
        if not self._files.exists(self._path(mark.next_offset)):
            return mark
        if self._bases[-1] != mark.next_offset:
            self._bases.append(mark.next_offset)
        return self._proved(mark._replace(segment=mark.next_offset, position=0))

    def _mark_from_segments(self) -> Watermark:
        """The watermark is lost: begin with the newest segment that holds anything, as if nothing of it was proved."""
        logger.error("%s: the watermark is lost, proving the newest segment", self._folder)
        self._bases = self._list_bases()
        if not self._bases:
            create_file(self._files, self._path(0), b"")
            self._bases = [0]
        newest = self._bases[-2:]
        index = SegmentIndex()
        self._load_index(index, newest[0])
        first = index.first()
        latest = TIMESTAMP_MIN if first is None else first.max_before
        now = time.time_ns()
        mark = Watermark(self._epoch, now, newest[0], 0, newest[0], latest, self._first_chain, layout=now)
        for base in newest:
            mark = self._proved(mark._replace(segment=base, position=0, next_offset=max(base, mark.next_offset)))
        self._move_mark(mark)
        self._refresh_own_index(mark)
        return mark

    def _proved(self, mark: Watermark) -> Watermark:
        """Prove what lies behind the watermark, and move it."""
        path = self._path(mark.segment)
        with self._storage.handles.using(path) as fd:
            size = self._files.size(fd)
            if size == mark.position:
                return mark
            if size < mark.position:
                return self._after_loss(mark, path, size)
            after, end = self._whole_batches(fd, path, mark, size)
            if end < size:
                self._cut_torn_tail(fd, path, end, size)
            if end > mark.position:
                self._write_again(fd, mark.position, end)
            self._files.sync(fd)
        self._move_mark(after)
        self._refresh_own_index(after)
        return after

    def _write_again(self, fd: int, position: int, end: int) -> None:
        while position < end:
            data = self._files.read(fd, min(CHUNK_BYTES, end - position), position)
            if not data:
                raise OSError(errno.EIO, "the file became shorter while it was read")
            self._files.write(fd, [data], position)
            position += len(data)

    def _whole_batches(self, fd: int, path: str, mark: Watermark, size: int) -> tuple[Watermark, int]:
        after, end = mark, mark.position
        for each in self._walk(fd, path).batches(
            mark.position, limit=size, expected=mark.next_offset, offsets_end=1 << 62
        ):
            if isinstance(each, Damage):
                if each.resume is not None:
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
            after = self._rolled(mark)._replace(sequence=mark.sequence + 1)
        self._move_mark(after)
        return after

    # Reading -----------------------------------------------------------------------------------------------------

    def durable(self) -> Watermark:
        """The durable end as any process has it. Raises StreamReplaced, LogUnavailable."""
        try:
            handle = self._acquire_mark()
            try:
                if not self._files.is_linked(handle.fd):
                    raise StreamReplaced(self._stream)
                mark = read_watermark(self._files, handle.fd)
            finally:
                self._storage.handles.release(handle)
        except OSError as error:
            raise storage_error(error, "reading the watermark") from error
        if mark is None:
            return self._recovered()
        if mark.epoch != self._epoch:
            raise StreamReplaced(self._stream)
        self._look_at_layout(mark)
        return mark

    def end_offset(self) -> int:
        return self.durable().next_offset

    def earliest_offset(self) -> int:
        return self._segments(self.durable())[0]

    def describe(self) -> PartitionDescription:
        mark = self.durable()
        bases = self._segments(mark)
        sizes = [mark.position if base == mark.segment else self._sealed_bytes(base) for base in bases]
        first = next((view.min_timestamp_ms for view in self._views(bases[0], bases[0], mark)), None)
        last = None if mark.max_timestamp_ms == TIMESTAMP_MIN else mark.max_timestamp_ms
        return PartitionDescription(self.partition, bases[0], mark.next_offset, sum(sizes), first, last)

    def read(self, offset: int, *, records_max: int, bytes_max: int, must: bool) -> PartitionRead:
        """From `offset`, which lies between earliest and end; `must`: at least one record, however large."""
        mark = self.durable()
        read = PartitionRead(partition=self.partition, next_offset=offset, end=mark.next_offset, must=must)
        chunk_bytes = max(min(bytes_max, 4 * 1024 * 1024), INTERVAL_BYTES)
        bases = self._segments(mark)
        number = max(bisect_right(bases, offset) - 1, 0)
        while read.next_offset < mark.next_offset and read.has_room(records_max, bytes_max):
            base = bases[number]
            number += 1
            offsets_end = bases[number] if number < len(bases) else mark.next_offset
            if not self._read_segment(
                read, base, mark, offsets_end, records_max=records_max, bytes_max=bytes_max, chunk_bytes=chunk_bytes
            ):
                break
            if read.next_offset < offsets_end:
                reason = "records that were stored are missing from the end of the file"
                read.gap(offsets_end, file=segment_name(base), position=self._limit(base, mark), reason=reason)
        return read

    def _read_segment(
        self,
        read: PartitionRead,
        base: int,
        mark: Watermark,
        offsets_end: int,
        *,
        records_max: int,
        bytes_max: int,
        chunk_bytes: int,
    ) -> bool:
        """True if it went on to the end of the segment."""
        limit = self._limit(base, mark)
        path = self._path(base)
        expected, position = self._locate(base, read.next_offset, limit, offsets_end)
        with self._storage.handles.using(path) as fd:
            damage: Damage | None = None
            for each in self._walk(fd, path).batches(
                position, limit=limit, expected=expected, offsets_end=offsets_end, chunk_bytes=chunk_bytes
            ):
                if isinstance(each, Damage):
                    damage = each
                    continue
                view = each.view
                if view.next_offset <= read.next_offset:
                    damage = None
                    continue
                if view.base_offset > read.next_offset:
                    at, reason = (position, "") if damage is None else (damage.position, damage.reason)
                    read.gap(view.base_offset, file=segment_name(base), position=at, reason=reason)
                damage = None
                if not read.take(view, records_max=records_max, bytes_max=bytes_max):
                    self._remember(read.next_offset, base, each.position, view.base_offset)
                    return False
                self._remember(view.next_offset, base, each.position + view.batch_bytes, view.next_offset)
            if damage is not None and read.next_offset < offsets_end:
                read.gap(offsets_end, file=segment_name(base), position=damage.position, reason=damage.reason)
        return True

    def read_back(self, offset: int, *, records_max: int, bytes_max: int, must: bool) -> PartitionRead:
        """What lies before `offset`, newest first."""
        mark = self.durable()
        bases = self._segments(mark)
        read = PartitionRead(partition=self.partition, next_offset=offset, end=bases[0], must=must)
        for base in reversed(bases[: max(bisect_right(bases, offset - 1), 1)]):
            damage: Damage | None = None
            for each in self._found_back(base, mark, before=read.next_offset):
                if isinstance(each, Damage):
                    damage = each
                    continue
                if each.view.next_offset < read.next_offset:
                    self._gap_back(read, each.view.next_offset, base, mark, damage)
                damage = None
                if not read.take_back(each.view, records_max=records_max, bytes_max=bytes_max):
                    return read
            if read.next_offset > base:
                self._gap_back(read, base, base, mark, damage)
        return read

    def _gap_back(self, read: PartitionRead, first: int, base: int, mark: Watermark, damage: Damage | None) -> None:
        at, reason = (
            (self._limit(base, mark), "records that were stored are missing from the end of the file")
            if damage is None
            else (damage.position, damage.reason)
        )
        read.gap_back(first, file=segment_name(base), position=at, reason=reason)

    def _found_back(self, base: int, mark: Watermark, *, before: int) -> Iterator[Found | Damage]:
        """What a segment holds that begins before an offset, newest first; damage where it lies."""
        bases = self._segments(mark)
        number = bisect_right(bases, base) - 1
        offsets_end = bases[number + 1] if number + 1 < len(bases) else mark.next_offset
        starts = [each for each in self._index_of(bases, number, mark).entries() if each.offset < before]
        if not starts or starts[0].position:
            starts.insert(0, IndexEntry(base, 0, TIMESTAMP_MIN))
        stops = [*(each.position for each in starts[1:]), self._limit(base, mark)]
        path = self._path(base)
        with self._storage.handles.using(path) as fd:
            for start, stop in zip(reversed(starts), reversed(stops), strict=True):
                run = self._walk(fd, path).batches(
                    start.position, limit=stop, expected=start.offset, offsets_end=offsets_end
                )
                for each in reversed(list(run)):
                    if isinstance(each, Damage) or each.view.base_offset < before:
                        yield each

    def key_ends(self, keys: Collection[bytes]) -> dict[bytes, int]:
        """The offset after the newest record of each key, 0 if there is none; between `begin` and `end`."""
        mark = self._mark
        if mark is None:
            raise LogUnavailable("key_ends without begin")
        known, bases = self._key_ends, self._segments(mark)
        if known.learned_to < mark.next_offset:
            known.catch_up(self._views_from(known.learned_to, bases, mark), end=mark.next_offset)
        left = {each for each in keys if known.get(each) is None}
        for base in reversed(bases if left else []):
            for found in self._found_back(base, mark, before=mark.next_offset):
                if isinstance(found, Found):
                    known.find(left, found.view)
                if not left:
                    break
        for each in left:
            known.put(each, 0)
        return {each: known.get(each) or 0 for each in keys}

    def _views_from(self, offset: int, bases: list[int], mark: Watermark) -> Iterator[BatchView]:
        for base in bases[max(bisect_right(bases, offset) - 1, 0) :]:
            for view in self._views(base, max(offset, base), mark):
                if view.next_offset > offset:
                    yield view

    def at_time(self, timestamp_ms: int) -> int:
        """The first offset whose record isn't older than `timestamp_ms`; the end if there is none."""
        mark = self.durable()
        bases = self._segments(mark)
        low, high = 0, len(bases) - 1
        while low < high:  # the last segment before which all is older
            middle = (low + high + 1) // 2
            first = self._index_of(bases, middle, mark).first()
            if first is not None and first.max_before < timestamp_ms:
                low = middle
            else:
                high = middle - 1
        for number in range(low, len(bases)):
            entry = self._index_of(bases, number, mark).before_time(timestamp_ms)
            start = bases[number] if entry is None else entry.offset
            for view in self._views(bases[number], start, mark):
                if view.max_timestamp_ms >= timestamp_ms:
                    place = next(at for at, each in enumerate(view.timestamps_ms) if each >= timestamp_ms)
                    return view.base_offset + place
        return mark.next_offset

    def stored_ids(self, from_offset: int) -> list[StoredIds]:
        """The dedup ids of all batches from an offset on, oldest first."""
        mark = self.durable()
        bases = self._segments(mark)
        found: list[StoredIds] = []
        for base in bases[max(bisect_right(bases, from_offset) - 1, 0) :]:
            found += [
                StoredIds(self.partition, view.base_offset, view.appended_ms, view.dedup_ids, view.producer)
                for view in self._views(base, max(from_offset, base), mark)
                if view.next_offset > from_offset and (view.dedup_ids is not None or view.producer is not None)
            ]
        return found

    def newest_ids(self, *, ids_max: int | None, since_ms: int) -> tuple[int, list[StoredIds]]:
        """The durable end, and the ids of the newest batches, oldest first: `ids_max` ids, or back to `since_ms`."""
        mark = self.durable()
        found: list[StoredIds] = []
        ids = 0
        for base in reversed(self._segments(mark)):
            for each in self._found_back(base, mark, before=mark.next_offset):
                if isinstance(each, Damage):
                    continue
                view = each.view
                if view.appended_ms < since_ms or (ids_max is not None and ids >= ids_max):
                    return mark.next_offset, found[::-1]
                if view.dedup_ids is not None or view.producer is not None:
                    found.append(
                        StoredIds(self.partition, view.base_offset, view.appended_ms, view.dedup_ids, view.producer)
                    )
                    ids += len(view.dedup_ids or ())
        return mark.next_offset, found[::-1]

    # Finding things ------------------------------------------------------------------------------------------------

    def _views(self, base: int, offset: int, mark: Watermark, *, stop: int | None = None) -> Iterator[BatchView]:
        """Whole batches of a segment, from the one that holds `offset` on; damage is passed over."""
        limit = self._limit(base, mark)
        bases = self._segments(mark)
        number = bisect_right(bases, base)
        offsets_end = bases[number] if number < len(bases) else mark.next_offset
        expected, position = self._locate(base, offset, limit, offsets_end)
        path = self._path(base)
        with self._storage.handles.using(path) as fd:
            for each in self._walk(fd, path).batches(position, limit=limit, expected=expected, offsets_end=offsets_end):
                if isinstance(each, Found) and each.view.next_offset > offset:
                    if stop is not None and each.view.base_offset >= stop:
                        return
                    yield each.view

    def _locate(self, base: int, offset: int, limit: int, offsets_end: int) -> tuple[int, int]:
        """Offset and position of a batch at or before `offset`."""
        place = self._places.get(offset)
        if place is not None and place[0] == base:
            return place[2], place[1]
        entry = self._index(base, limit=limit, offsets_end=offsets_end).floor(offset)
        if entry is None or entry.position >= limit:
            return base, 0
        return entry.offset, entry.position

    def _remember(self, offset: int, base: int, position: int, batch_offset: int) -> None:
        with self._places_lock:
            self._places[offset] = (base, position, batch_offset)
            self._places.move_to_end(offset)
            while len(self._places) > _PLACES_MAX:
                self._places.popitem(last=False)

    def _index_of(self, bases: list[int], number: int, mark: Watermark) -> SegmentIndex:
        offsets_end = bases[number + 1] if number + 1 < len(bases) else mark.next_offset
        return self._index(bases[number], limit=self._limit(bases[number], mark), offsets_end=offsets_end)

    def _index(self, base: int, *, limit: int, offsets_end: int) -> SegmentIndex:
        """The readers' index of a segment, complete up to the byte `limit`. Shared, and apart from the appender's."""
        path = os.path.join(self._folder, index_name(base))
        index = self._storage.index(path)
        if index is None:
            index = SegmentIndex()
            self._storage.keep_index(path, index)
        if limit - index.covered_bytes > INTERVAL_BYTES or not len(index):
            with self._index_lock:
                self._load_index(index, base)
                self._complete_index(index, base, limit=limit, offsets_end=offsets_end)
        return index

    def _load_index(self, index: SegmentIndex, base: int) -> None:
        path = os.path.join(self._folder, index_name(base))
        try:
            with self._storage.handles.using(path) as fd:
                size = self._files.size(fd)
                if size > index.file_bytes:
                    index.load(self._files.read(fd, size - index.file_bytes, index.file_bytes))
        except FileNotFoundError:
            return
        except OSError:
            logger.warning("%s could not be read", path, exc_info=True)

    def _complete_index(self, index: SegmentIndex, base: int, *, limit: int, offsets_end: int) -> None:
        """Walk from the last entry to `limit` and add what is missing."""
        if limit - index.covered_bytes <= INTERVAL_BYTES and (len(index) or not limit):
            return
        last = index.last()
        if last is None or last.position >= limit:
            last = IndexEntry(base, 0, self._latest_before(base))
        latest = last.max_before
        path = self._path(base)
        with self._storage.handles.using(path) as fd:
            walk = self._walk(fd, path)
            for each in walk.batches(last.position, limit=limit, expected=last.offset, offsets_end=offsets_end):
                if isinstance(each, Found):
                    index.add(IndexEntry(each.view.base_offset, each.position, latest))
                    latest = max(latest, each.view.max_timestamp_ms)
        index.covered_bytes = max(index.covered_bytes, limit)

    def _latest_before(self, base: int) -> int:
        """The largest timestamp before a segment whose own index is lost: that of the nearest index before it, and on
        from there.
        """
        earlier = [each for each in self._list_bases() if each < base]
        start = len(earlier) - 1
        while start > 0 and not self._files.exists(os.path.join(self._folder, index_name(earlier[start]))):
            start -= 1
        latest = TIMESTAMP_MIN
        for number in range(max(start, 0), len(earlier)):
            index = SegmentIndex()
            self._load_index(index, earlier[number])
            last = index.last() or IndexEntry(earlier[number], 0, latest)
            latest = max(latest, last.max_before)
            path = self._path(earlier[number])
            end = earlier[number + 1] if number + 1 < len(earlier) else base
            with self._storage.handles.using(path) as fd:
                limit = self._files.size(fd)
                for each in self._walk(fd, path).batches(
                    last.position, limit=limit, expected=last.offset, offsets_end=end
                ):
                    if isinstance(each, Found):
                        latest = max(latest, each.view.max_timestamp_ms)
        return latest

    def _segments(self, mark: Watermark) -> list[int]:
        """Base offsets of all segments up to the watermark's."""
        bases = self._read_bases
        if not bases or bases[-1] != mark.segment:
            bases = [base for base in self._list_bases() if base <= mark.segment]
            if not bases or bases[-1] != mark.segment:
                raise LogUnavailable(f"{self._path(mark.segment)} is missing", hint="Restore the file from a backup.")
            self._read_bases = bases
        return bases

    def _list_bases(self) -> list[int]:
        try:
            names = self._files.names(self._folder)
        except FileNotFoundError as error:
            raise StreamReplaced(self._stream) from error
        return sorted(base for name in names if (base := base_of(name)) is not None)

    def _limit(self, base: int, mark: Watermark) -> int:
        return mark.position if base == mark.segment else self._sealed_bytes(base)

    def _sealed_bytes(self, base: int) -> int:
        with self._storage.handles.using(self._path(base)) as fd:
            return self._files.size(fd)

    def _recovered(self) -> Watermark:
        """The watermark after recovery, for a reader who found none."""
        try:
            self.begin()
            mark = self._mark
        finally:
            self.end()
        if mark is None:
            raise LogUnavailable(f"{self._mark_path} can't be read.")
        return mark

    def _acquire_mark(self) -> Handle:
        try:
            return self._storage.handles.acquire(self._mark_path)
        except FileNotFoundError:
            pass
        if not self._files.exists(self._folder):
            raise StreamReplaced(self._stream)
        self._files.close(self._files.open(self._mark_path, create=True))
        return self._storage.handles.acquire(self._mark_path)

    def _walk(self, fd: int, path: str) -> SegmentWalk:
        return SegmentWalk(self._files, fd, path, partition=self.partition, salt=self._salt)

    def _path(self, base: int) -> str:
        return os.path.join(self._folder, segment_name(base))


def storage_error(error: OSError, doing: str, *, unknown: bool = False) -> LogError:
    """What an OSError means to the sender. `unknown`: the records may have been stored, so never StorageFull."""
    if error.errno in _FULL and not unknown:
        return StorageFull(f"The disk is full ({doing}).")
    return LogUnavailable(f"The storage failed {doing}: {error.strerror or error}.")
