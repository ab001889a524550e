"""The engine for tests and demos: the same batches, in lists.

Nothing survives the process; "durable" means in memory.
"""

from __future__ import annotations

import threading
import uuid
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace

from broker_adapter.log.appending import StoredIds
from broker_adapter.log.batch import BatchView, Body, encode_sparse, read_header, seal
from broker_adapter.log.committer import wall_clock_ms
from broker_adapter.log.compaction import NewestOffsets, rewritten
from broker_adapter.log.engine import EngineLimits, Maintenance, PartitionDescription, StreamSettings
from broker_adapter.log.errors import StorageFull, StreamExists, StreamNotFound
from broker_adapter.log.reading import PartitionRead
from broker_adapter.log.streams import OpenStream, PartitionLog, StreamEngine, check_settings, check_stream


class MemoryUse:
    """Bytes held by all streams of an engine."""

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self._bytes = 0
        self._lock = threading.Lock()

    def take(self, size: int) -> None:
        with self._lock:
            if self._bytes + size > self._bytes_max:
                raise StorageFull(f"The memory engine holds {self._bytes_max:,} bytes and no more.")
            self._bytes += size

    def give_back(self, size: int) -> None:
        with self._lock:
            self._bytes -= size


class MemoryPartition:
    """A partition as a list of sealed batches."""

    def __init__(self, *, stream: str, partition: int, use: MemoryUse) -> None:
        self.stream = stream
        self.partition = partition
        self.deleted = False
        self.bytes = 0
        self._use = use
        self._kept: tuple[list[int], list[BatchView]] = ([], [])
        self._end = 0
        self._chain = bytes(32)
        self._lock = threading.Lock()

    def begin(self) -> int:
        self._lock.acquire()
        if self.deleted:
            raise StreamNotFound(self.stream)
        return self._end

    def end(self) -> None:
        self._lock.release()

    def write(self, bodies: list[Body], *, appended_ms: int) -> list[int]:
        size = sum(body.batch_bytes for body in bodies)
        self._use.take(size)
        self.bytes += size
        bases: list[int] = []
        starts, views = self._kept
        for body in bodies:
            base = self._end
            header, self._chain = seal(
                body, base_offset=base, appended_ms=appended_ms, previous_chain=self._chain, salt=0
            )
            data = header + body.data
            views.append(BatchView(data, 0, read_header(data), partition=self.partition))
            starts.append(base)
            self._end = base + body.count
            bases.append(base)
        return bases

    def maintain(self, settings: StreamSettings, *, now_ms: int) -> Maintenance:
        """Retention by batches, all but the newest; compaction of all of them."""
        with self._lock:
            before = self.bytes
            done = Maintenance(bytes_before=before)
            views = list(self._kept[1])
            while len(views) > 1 and self._is_expired(views[0], settings, now_ms=now_ms):
                done += Maintenance(records_expired=views[0].count)
                self._drop(views.pop(0))
            if settings.compaction and views:
                kept = self._compacted(views, tombstones_before_ms=now_ms - settings.tombstone_retention_ms)
                done += Maintenance(records_compacted=sum(v.count for v in views) - sum(v.count for v in kept))
                for view in views:
                    self._drop(view)
                self.bytes += sum(view.batch_bytes for view in kept)
                views = kept
            self._kept = [view.base_offset for view in views], views
            self._use.give_back(before - self.bytes)
            return replace(done, bytes_after=self.bytes)

    def _is_expired(self, view: BatchView, settings: StreamSettings, *, now_ms: int) -> bool:
        if settings.retention_bytes is not None and self.bytes > settings.retention_bytes:
            return True
        return settings.retention_ms is not None and view.appended_ms < now_ms - settings.retention_ms

    def _drop(self, view: BatchView) -> None:
        self.bytes -= view.batch_bytes

    def _compacted(self, views: list[BatchView], *, tombstones_before_ms: int) -> list[BatchView]:
        newest = NewestOffsets()
        if not all(map(newest.add, views)):
            return views
        base, chain = views[0].base_offset, bytes(32)
        kept: list[BatchView] = []
        for each in rewritten(views, newest, base_offset=base, tombstones_before_ms=tombstones_before_ms):
            header, chain = seal(
                each.body, base_offset=each.base_offset, appended_ms=each.appended_ms, previous_chain=chain, salt=0
            )
            data = header + each.body.data
            kept.append(BatchView(data, 0, read_header(data), partition=self.partition))
            base = each.next_offset
        if base < self._end:
            body = encode_sparse(None, offsets=(), base_offset=base, next_offset=self._end)
            header, _ = seal(body, base_offset=base, appended_ms=0, previous_chain=chain, salt=0)
            data = header + body.data
            kept.append(BatchView(data, 0, read_header(data), partition=self.partition))
        return kept

    def end_offset(self) -> int:
        return self._end

    def earliest_offset(self) -> int:
        bases = self._kept[0]
        return bases[0] if bases else 0

    def describe(self) -> PartitionDescription:
        views = [view for view in self._kept[1] if view.count]
        first = min((view.min_timestamp_ms for view in views[:1]), default=None)
        last = max((view.max_timestamp_ms for view in views), default=None)
        return PartitionDescription(self.partition, self.earliest_offset(), self._end, self.bytes, first, last)

    def read(self, offset: int, *, records_max: int, bytes_max: int, must: bool) -> PartitionRead:
        read = PartitionRead(partition=self.partition, next_offset=offset, end=self._end, must=must)
        for view in self._iterate(offset):
            if view.base_offset >= read.end or not read.take(view, records_max=records_max, bytes_max=bytes_max):
                break
        return read

    def read_back(self, offset: int, *, records_max: int, bytes_max: int, must: bool) -> PartitionRead:
        read = PartitionRead(partition=self.partition, next_offset=offset, end=self.earliest_offset(), must=must)
        bases, views = self._lists()
        for number in range(bisect_right(bases, offset - 1) - 1, -1, -1):
            if not read.take_back(views[number], records_max=records_max, bytes_max=bytes_max):
                break
        return read

    def key_ends(self, keys: Collection[bytes]) -> dict[bytes, int]:
        ends = dict.fromkeys(keys, 0)
        left = set(keys)
        for view in reversed(self._kept[1]):
            if not left:
                break
            for offset, key in zip(reversed(view.offsets), reversed(view.keys), strict=True):
                if key in left:
                    ends[key] = offset + 1
                    left.remove(key)
        return ends

    def at_time(self, timestamp_ms: int) -> int:
        for view in self._from(0):
            if view.count and view.max_timestamp_ms >= timestamp_ms:
                place = next((at for at, each in enumerate(view.timestamps_ms) if each >= timestamp_ms), None)
                if place is not None:
                    return view.offsets[place]
        return self._end

    def stored_ids(self, from_offset: int) -> list[StoredIds]:
        return [
            StoredIds(self.partition, view.offsets, view.appended_ms, view.dedup_ids, view.producer)
            for view in self._from(from_offset)
            if view.dedup_ids is not None or view.producer is not None
        ]

    def newest_ids(self, *, ids_max: int | None, since_ms: int) -> tuple[int, list[StoredIds]]:
        return self._end, self.stored_ids(0)

    def _from(self, offset: int) -> list[BatchView]:
        bases, views = self._lists()
        return views[max(bisect_right(bases, offset) - 1, 0) :]

    def _iterate(self, offset: int) -> Iterator[BatchView]:
        bases, views = self._lists()
        for number in range(max(bisect_right(bases, offset) - 1, 0), len(views)):
            yield views[number]

    def _lists(self) -> tuple[list[int], list[BatchView]]:
        """Those of one moment: maintenance replaces both at once, `write` makes both longer."""
        return self._kept


class MemoryEngine(StreamEngine):
    """The engine behind `memory:`."""

    _needs_watcher = False  # there are no other processes

    def __init__(self, limits: EngineLimits | None = None, *, now_ms: Callable[[], int] = wall_clock_ms) -> None:
        super().__init__(limits or EngineLimits(), now_ms=now_ms)
        self._use = MemoryUse(self.limits.memory_bytes_max)
        self._streams: dict[str, OpenStream] = {}

    def create(self, stream: str, *, partitions: int = 1, settings: StreamSettings | None = None) -> None:
        self._check_open()
        settings = settings or StreamSettings()
        check_stream(stream, partitions=partitions, settings=settings)
        with self._lock:
            if stream in self._streams:
                raise StreamExists(stream)
            logs: list[PartitionLog] = [
                MemoryPartition(stream=stream, partition=each, use=self._use) for each in range(partitions)
            ]
            self._streams[stream] = self._assemble(stream, epoch=uuid.uuid4(), settings=settings, partitions=logs)

    def delete(self, stream: str) -> None:
        self._check_open()
        with self._lock:
            opened = self._streams.pop(stream, None)
        if opened is None:
            raise StreamNotFound(stream)
        self._forget(opened)

    def alter(self, stream: str, settings: StreamSettings) -> None:
        self._check_open()
        check_settings(settings)
        opened = self._opened(stream)
        opened.settings = settings
        opened.intake.use(settings)

    def maintain(self, stream: str, *, now: bool = False) -> Maintenance:
        self._check_open()
        opened = self._opened(stream)
        done = Maintenance()
        for partition in opened.partitions:
            if isinstance(partition, MemoryPartition):
                done += partition.maintain(opened.settings, now_ms=self._now_ms())
        return done

    def exists(self, stream: str) -> bool:
        self._check_open()
        return stream in self._streams

    def streams(self) -> list[str]:
        self._check_open()
        return sorted(self._streams)

    def _opened(self, stream: str) -> OpenStream:
        opened = self._streams.get(stream)
        if opened is None:
            raise StreamNotFound(stream)
        return opened

    def _forget(self, opened: OpenStream) -> None:
        for partition in opened.partitions:
            if isinstance(partition, MemoryPartition):
                partition.begin()
                partition.deleted = True
                partition.end()
                self._use.give_back(partition.bytes)

    def _release(self) -> None:
        with self._lock:
            self._streams.clear()
