"""One partition of the file engine: appending to it; reading, recovery and keeping are next door.

Appending, under the thread lock and the watermark's flock: catch up with other processes, write, fdatasync, move the
watermark. Only then is it acknowledged, and only up to the watermark does anybody read. What lies behind the watermark
is proved first (recovery.py).

After a failed sync the file is closed, opened again and cut back to the durable end; until that works every append
tries it first and is refused if it fails.
"""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Callable, Collection

from broker_adapter.log.batch import Body, seal
from broker_adapter.log.errors import LogError, LogUnavailable
from broker_adapter.log.files import Files, Handle, create_file
from broker_adapter.log.index import ENTRY_BYTES, INTERVAL_BYTES, IndexEntry, SegmentIndex
from broker_adapter.log.partition_files import PartitionFiles
from broker_adapter.log.partition_keys import PartitionKeys
from broker_adapter.log.partition_reader import PartitionReader
from broker_adapter.log.recovery import Recovery
from broker_adapter.log.segment import SegmentFile
from broker_adapter.log.storage import Storage, StreamReplaced, storage_error
from broker_adapter.log.watermark import (
    TIMESTAMP_MIN,
    Watermark,
    first_watermark_file,
    read_slots,
    write_watermark,
)

logger = logging.getLogger(__name__)

WRITTEN_DOWN_EVERY_BYTES = 8 * 1024 * 1024


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
        self.segment_bytes = segment_bytes
        self._on_layout = on_layout
        self._layout = -1
        self._begun_layout = -1  # as of the last `begin`
        self.own = PartitionFiles(folder, stream=stream, partition=partition, epoch=epoch, seed=seed, storage=storage)
        self._storage = storage
        self._files = storage.files
        self._lock = storage.append_lock(self.own.mark_path)
        self._locked: Handle | None = None
        self._mark: Watermark | None = None  # what this object last knew under the lock
        self._recovery = Recovery(self.own, move_mark=self._move_mark)
        self._reader = PartitionReader(self.own, durable=self.durable)
        self._own_segment = -1
        self._own_index = SegmentIndex()
        self.keys = PartitionKeys(self.own)
        self.rolled = False  # since somebody last looked: a new segment was begun
        self.passed = False  # some megabytes were written
        self.read = self._reader.read
        self.read_back = self._reader.read_back
        self.describe = self._reader.describe
        self.earliest_offset = self._reader.earliest_offset
        self.at_time = self._reader.at_time
        self.stored_ids = self._reader.stored_ids
        self.newest_ids = self._reader.newest_ids

    @staticmethod
    def create(files: Files, folder: str, *, partition: int, epoch: bytes, seed: bytes) -> None:
        """The folder of an empty partition."""
        files.make_folder(folder)
        chain = hashlib.sha256(seed + partition.to_bytes(4, "little")).digest()
        create_file(files, os.path.join(folder, SegmentFile(0).name), b"")
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
                raise StreamReplaced(self.own.stream)
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
            mark = self._recovery.rolled(mark)
            self.rolled = True
        bases: list[int] = []
        buffers: list[bytes] = []
        entries: list[IndexEntry] = []
        if self._own_segment != mark.segment:
            self._own_segment, self._own_index = mark.segment, SegmentIndex()
        position, offset, chain, latest = mark.position, mark.next_offset, mark.chain, mark.max_timestamp_ms
        for body in bodies:
            header, chain = seal(
                body, base_offset=offset, appended_ms=appended_ms, previous_chain=chain, salt=self.own.salt
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
        after = Watermark(self.own.epoch, mark.sequence + 1, mark.segment, position, offset, latest, chain, mark.layout)
        self._store(mark, after, buffers)
        self._add_to_index(after, entries)
        if mark.position // WRITTEN_DOWN_EVERY_BYTES != position // WRITTEN_DOWN_EVERY_BYTES:
            self.passed = True
        return bases

    def _store(self, mark: Watermark, after: Watermark, buffers: list[bytes]) -> None:
        path = self.own.path(SegmentFile(mark.segment).name)
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
            raise storage_error(error, f"moving the watermark of {self.own.folder}", unknown=True) from error

    def _cut_back(self, mark: Watermark) -> None:
        """After a failed write or sync: close, open again, forget what was not acknowledged."""
        path = self.own.path(SegmentFile(mark.segment).name)
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

    def _add_to_index(self, mark: Watermark, entries: list[IndexEntry]) -> None:
        index = self._own_index
        at = index.file_bytes
        added = [entry for entry in entries if index.add(entry)]
        index.covered_bytes = mark.position
        if added and self.own.write_index(SegmentFile(mark.segment), added, at):
            index.file_bytes += ENTRY_BYTES * len(added)

    def _refresh_own_index(self, mark: Watermark) -> None:
        """The appender's index of the newest segment, up to the watermark, in memory and in its file."""
        if self._own_segment != mark.segment:
            self._own_segment, self._own_index = mark.segment, SegmentIndex()
        index, segment = self._own_index, SegmentFile(mark.segment)
        self.own.load_index(index, segment)
        before = index.file_bytes // ENTRY_BYTES
        self.own.complete_index(index, segment, limit=mark.position, offsets_end=mark.next_offset)
        missing = index.entries()[before:]
        if missing and self.own.write_index(segment, missing, index.file_bytes):
            index.file_bytes += ENTRY_BYTES * len(missing)

    @property
    def mark(self) -> Watermark:
        """The durable end; between `begin` and `end`."""
        if self._mark is None:
            raise LogUnavailable("a partition was used without begin")
        return self._mark

    def seal(self) -> bool:
        """Begin a new segment now, unless the present one is empty. Between `begin` and `end`. Raises LogError."""
        mark = self.mark
        if mark.segment == mark.next_offset:
            return False
        try:
            # The layout first: whoever comes after us, should we die between the two, looks for the new segment.
            announced = mark._replace(sequence=mark.sequence + 1, layout=mark.layout + 1)
            self._move_mark(announced)
            self._move_mark(self._recovery.rolled(announced)._replace(sequence=mark.sequence + 2))
        except LogError:
            self._mark = None
            raise
        except OSError as error:
            self._mark = None
            raise storage_error(error, f"moving the watermark of {self.own.folder}") from error
        return True

    def sync_mark(self) -> None:
        """Have the watermark on disk: after a power cut it must not point to a segment that was taken away since.

        Raises LogError.
        """
        try:
            self.begin()
            if self._locked is not None:
                self._files.sync(self._locked.fd)
        except OSError as error:
            raise storage_error(error, f"syncing the watermark of {self.own.folder}", unknown=True) from error
        finally:
            self.end()

    def layout_changed(self) -> None:
        """Have all processes look again at what they knew of the stream. Between `begin` and `end`.

        Raises LogUnavailable.
        """
        mark = self.mark
        try:
            self._move_mark(mark._replace(sequence=mark.sequence + 1, layout=mark.layout + 1))
        except OSError as error:
            self._mark = None
            raise storage_error(error, f"moving the watermark of {self.own.folder}", unknown=True) from error

    def _look_at_layout(self, mark: Watermark) -> None:
        if self._layout != mark.layout:
            first, self._layout = self._layout < 0, mark.layout
            if not first:
                self._on_layout()

    # Catching up, with the locks held ------------------------------------------------------------------------------

    def _caught_up(self, mark_fd: int) -> Watermark:
        mark, damaged = read_slots(self._files, mark_fd)
        known = self._mark
        if mark is None:
            self.own.look_again()
            mark = self._recovery.mark_from_segments()
            self._refresh_own_index(mark)
        elif mark.epoch != self.own.epoch:
            raise StreamReplaced(self.own.stream)
        else:
            self._look_at_layout(mark)
            if known is None or known.sequence != mark.sequence:
                self._refresh_own_index(mark)
        proved = self._recovery.proved(mark)
        if known is None or proved.layout != self._begun_layout or proved.position >= self.segment_bytes:
            proved = self._recovery.entered_next_segments(proved)
            self._begun_layout = proved.layout
        if proved is not mark:
            self._refresh_own_index(proved)
        self._mark = proved
        if damaged:
            logger.error("%s has a damaged slot, writing it anew", self.own.mark_path)
            proved = proved._replace(sequence=proved.sequence + 1)
            self._move_mark(proved)
        return proved

    # Reading -------------------------------------------------------------------------------------------------------

    def durable(self) -> Watermark:
        """The durable end as any process has it. Raises StreamReplaced, LogUnavailable."""
        try:
            handle = self._acquire_mark()
            try:
                if not self._files.is_linked(handle.fd):
                    raise StreamReplaced(self.own.stream)
                mark, damaged = read_slots(self._files, handle.fd)
            finally:
                self._storage.handles.release(handle)
        except OSError as error:
            raise storage_error(error, "reading the watermark") from error
        if mark is None or damaged:
            return self._recovered()
        if mark.epoch != self.own.epoch:
            raise StreamReplaced(self.own.stream)
        self._look_at_layout(mark)
        return mark

    def end_offset(self) -> int:
        return self.durable().next_offset

    def key_ends(self, keys: Collection[bytes]) -> dict[bytes, int]:
        """The offset after the newest record of each key, 0 if there is none; between `begin` and `end`."""
        return self.keys.ends(keys, self.own.segments(self.mark))

    def prepare_keys(self) -> None:
        """After a segment is full, where conditions on keys are asked: make its file of keys. Raises LogError,
        OSError.
        """
        if self.keys.used:
            self.keys.prepare(self.own.segments(self.durable()))

    def _recovered(self) -> Watermark:
        """The watermark after recovery, for a reader who found none."""
        try:
            self.begin()
            mark = self._mark
        finally:
            self.end()
        if mark is None:
            raise LogUnavailable(f"{self.own.mark_path} can't be read.")
        return mark

    def _acquire_mark(self) -> Handle:
        path = self.own.mark_path
        try:
            return self._storage.handles.acquire(path)
        except FileNotFoundError:
            pass
        if not self._files.exists(self.own.folder):
            raise StreamReplaced(self.own.stream)
        self._files.close(self._files.open(path, create=True))
        return self._storage.handles.acquire(path)
