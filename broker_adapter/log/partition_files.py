"""The files of one partition, to be found, walked and indexed: what appending, reading and keeping stand on.

    <partition folder>/
        watermark                                durable end; the lock among processes
        start                                    where the kept records begin (start.py); missing: at the first segment
        00000000000000000000.log                 batches as they were appended; .index and .keys beside it are derived
        00000000000000000000-<end>.000001.log    batches as compaction rewrote them, for all segments in that range
        00000000000000000000.log.torn-*          what a crash had left behind the durable end, kept as evidence

Knows nothing of locks and of what is durable: the caller says up to where.
"""

from __future__ import annotations

import hashlib
import logging
import os
import threading
from bisect import bisect_right
from collections.abc import Iterator, Sequence

import google_crc32c

from broker_adapter.log.batch import BatchView
from broker_adapter.log.errors import LogUnavailable
from broker_adapter.log.index import ENTRY_BYTES, INTERVAL_BYTES, IndexEntry, SegmentIndex, pack_entry
from broker_adapter.log.segment import CHUNK_BYTES, Damage, Found, SegmentFile, SegmentWalk, segment_file, standing
from broker_adapter.log.start import Start, read_start
from broker_adapter.log.storage import Storage, StreamReplaced
from broker_adapter.log.watermark import TIMESTAMP_MIN, Watermark

logger = logging.getLogger(__name__)


class Segments:
    """The segments of a partition in order, as of one watermark. `earliest`: the first offset that is kept."""

    __slots__ = ("bases", "earliest", "files", "mark")

    def __init__(self, files: Sequence[SegmentFile], mark: Watermark, bases: Sequence[int] | None = None) -> None:
        self.files = files
        self.mark = mark
        self.bases = [each.base for each in files] if bases is None else bases
        self.earliest = self.bases[0]

    def __len__(self) -> int:
        return len(self.files)

    def number_of(self, offset: int) -> int:
        """Which segment holds an offset; the first if it lies before all."""
        return max(bisect_right(self.bases, offset) - 1, 0)

    def end_of(self, number: int) -> int:
        """The offset before which a segment ends."""
        return self.bases[number + 1] if number + 1 < len(self.bases) else self.mark.next_offset

    def at(self, mark: Watermark) -> Segments:
        """The same segments under a later watermark."""
        return self if mark is self.mark else Segments(self.files, mark, self.bases)


class PartitionFiles:
    """See the module. Thread-safe."""

    def __init__(
        self, folder: str, *, stream: str, partition: int, epoch: bytes, seed: bytes, storage: Storage
    ) -> None:
        self.folder = folder
        self.stream = stream
        self.partition = partition
        self.epoch = epoch
        self.storage = storage
        self.files = storage.files
        own_seed = seed + partition.to_bytes(4, "little")
        self.salt: int = google_crc32c.value(own_seed)
        self.first_chain = hashlib.sha256(own_seed).digest()
        self.mark_path = os.path.join(folder, "watermark")
        self._index_lock = threading.Lock()
        self._known: Segments | None = None
        self._sizes: dict[SegmentFile, int] = {}

    def path(self, name: str) -> str:
        return os.path.join(self.folder, name)

    # Finding segments

    def start(self) -> Start:
        """Where the kept records begin."""
        return read_start(self.files, self.path("start"), epoch=self.epoch, first_chain=self.first_chain)

    def list(self) -> list[SegmentFile]:
        """All segments that count, in order. Raises StreamReplaced if the folder is gone."""
        try:
            names = self.files.names(self.folder)
        except FileNotFoundError as error:
            raise StreamReplaced(self.stream) from error
        found = [each for name in names if (each := segment_file(name)) is not None]
        return standing(found, start=self.start().offset)

    def segments(self, mark: Watermark) -> Segments:
        """The segments up to the watermark's. Raises LogUnavailable if that is missing."""
        known = self._known
        if known is not None and known.mark.segment == mark.segment and known.mark.layout == mark.layout:
            return known.at(mark)
        files = [each for each in self.list() if each.base <= mark.segment]
        if not files or files[-1] != SegmentFile(mark.segment):
            path = self.path(SegmentFile(mark.segment).name)
            raise LogUnavailable(f"{path} is missing", hint="Restore the file from a backup.")
        if known is not None:
            for gone in set(known.files).difference(files):
                self.forget(gone)
        self._known = found = Segments(files, mark)
        self._sizes = {}
        return found

    def look_again(self) -> None:
        """Something changed that the watermark doesn't tell."""
        self._known = None

    def forget(self, segment: SegmentFile) -> None:
        """Let go of the handles and the index of a file that is gone."""
        for name in (segment.name, segment.index_name, segment.keys_name):
            self.storage.forget(self.path(name))

    def limit(self, segment: SegmentFile, mark: Watermark) -> int:
        """How many bytes of a segment are durable."""
        if segment.base == mark.segment:
            return mark.position
        size = self._sizes.get(segment)
        if size is None:
            size = self._sizes[segment] = self.files.path_size(self.path(segment.name))
        return size

    # Walking

    def walk(self, fd: int, segment: SegmentFile) -> SegmentWalk:
        return SegmentWalk(self.files, fd, self.path(segment.name), partition=self.partition, salt=self.salt)

    def found(
        self, segments: Segments, number: int, *, start: IndexEntry | None = None, chunk_bytes: int = CHUNK_BYTES
    ) -> Iterator[Found | Damage]:
        """What a segment holds, from its beginning or an index entry on."""
        segment = segments.files[number]
        offset, position = (segment.base, 0) if start is None else (start.offset, start.position)
        with self.storage.handles.using(self.path(segment.name)) as fd:
            yield from self.walk(fd, segment).batches(
                position,
                limit=self.limit(segment, segments.mark),
                expected=offset,
                offsets_end=segments.end_of(number),
                chunk_bytes=chunk_bytes,
            )

    def views(self, segments: Segments, number: int, offset: int) -> Iterator[BatchView]:
        """Whole batches of a segment, from the one that holds `offset` on; damage is passed over."""
        for each in self.found(segments, number, start=self.entry_before(segments, number, offset)):
            if isinstance(each, Found) and each.view.next_offset > offset:
                yield each.view

    def views_from(self, segments: Segments, offset: int) -> Iterator[BatchView]:
        """Whole batches from an offset on, over all segments."""
        for number in range(segments.number_of(offset), len(segments)):
            yield from self.views(segments, number, max(offset, segments.bases[number]))

    def found_back(self, segments: Segments, number: int, *, before: int) -> Iterator[Found | Damage]:
        """What a segment holds that begins before an offset, newest first; damage where it lies."""
        segment = segments.files[number]
        starts = [each for each in self.index_of(segments, number).entries() if each.offset < before]
        if not starts or starts[0].position:
            starts.insert(0, IndexEntry(segment.base, 0, TIMESTAMP_MIN))
        stops = [*(each.position for each in starts[1:]), self.limit(segment, segments.mark)]
        with self.storage.handles.using(self.path(segment.name)) as fd:
            for start, stop in zip(reversed(starts), reversed(stops), strict=True):
                run = self.walk(fd, segment).batches(
                    start.position, limit=stop, expected=start.offset, offsets_end=segments.end_of(number)
                )
                for each in reversed(list(run)):
                    if isinstance(each, Damage) or each.view.base_offset < before:
                        yield each

    # Indexes

    def entry_before(self, segments: Segments, number: int, offset: int) -> IndexEntry | None:
        """Where to begin walking to find an offset; None: at the beginning of the segment."""
        entry = self.index_of(segments, number).floor(offset)
        if entry is None or entry.position >= self.limit(segments.files[number], segments.mark):
            return None
        return entry

    def index_of(self, segments: Segments, number: int) -> SegmentIndex:
        """The readers' index of a segment, complete. Shared, and apart from the appender's."""
        segment = segments.files[number]
        limit = self.limit(segment, segments.mark)
        path = self.path(segment.index_name)
        index = self.storage.index(path)
        if index is None:
            index = SegmentIndex()
            self.storage.keep_index(path, index)
        if limit - index.covered_bytes > INTERVAL_BYTES or not len(index):
            with self._index_lock:
                self.load_index(index, segment)
                self.complete_index(index, segment, limit=limit, offsets_end=segments.end_of(number))
        return index

    def load_index(self, index: SegmentIndex, segment: SegmentFile) -> None:
        path = self.path(segment.index_name)
        try:
            with self.storage.handles.using(path) as fd:
                size = self.files.size(fd)
                if size > index.file_bytes:
                    index.load(self.files.read(fd, size - index.file_bytes, index.file_bytes))
        except FileNotFoundError:
            return
        except OSError:
            logger.warning("%s could not be read", path, exc_info=True)

    def complete_index(self, index: SegmentIndex, segment: SegmentFile, *, limit: int, offsets_end: int) -> None:
        """Walk from the last entry to `limit` and add what is missing."""
        if limit - index.covered_bytes <= INTERVAL_BYTES and (len(index) or not limit):
            return
        last = index.last()
        if last is None or last.position >= limit:
            last = IndexEntry(segment.base, 0, self._latest_before(segment.base))
        latest = last.max_before
        with self.storage.handles.using(self.path(segment.name)) as fd:
            walk = self.walk(fd, segment)
            for each in walk.batches(last.position, limit=limit, expected=last.offset, offsets_end=offsets_end):
                if isinstance(each, Found):
                    index.add(IndexEntry(each.view.base_offset, each.position, latest))
                    latest = max(latest, each.view.max_timestamp_ms)
        index.covered_bytes = max(index.covered_bytes, limit)

    def _latest_before(self, base: int) -> int:
        """The largest timestamp before a segment whose own index is lost: that of the nearest index before it, and on
        from there.
        """
        earlier = [each for each in self.list() if each.base < base]
        first = len(earlier) - 1
        while first > 0 and not self.files.exists(self.path(earlier[first].index_name)):
            first -= 1
        latest = TIMESTAMP_MIN
        for number in range(max(first, 0), len(earlier)):
            index = SegmentIndex()
            self.load_index(index, earlier[number])
            last = index.last() or IndexEntry(earlier[number].base, 0, latest)
            latest = max(latest, last.max_before)
            end = earlier[number + 1].base if number + 1 < len(earlier) else base
            with self.storage.handles.using(self.path(earlier[number].name)) as fd:
                limit = self.files.size(fd)
                walk = self.walk(fd, earlier[number])
                for each in walk.batches(last.position, limit=limit, expected=last.offset, offsets_end=end):
                    if isinstance(each, Found):
                        latest = max(latest, each.view.max_timestamp_ms)
        return latest

    def write_index(self, segment: SegmentFile, entries: Sequence[IndexEntry], at: int) -> bool:
        """Losing this costs a rebuild, never a record: failures are logged."""
        path = self.path(segment.index_name)
        try:
            if not self.files.exists(path):
                self.storage.handles.discard(path)
                self.files.close(self.files.open(path, create=True))
            with self.storage.handles.using(path) as fd:
                self.files.write(fd, [b"".join(map(pack_entry, entries))], at)
        except OSError:
            logger.warning("%s could not be written", path, exc_info=True)
            return False
        return True


__all__ = ["ENTRY_BYTES", "PartitionFiles", "Segments"]
