"""Reading one partition: forwards, backwards, by time, and for what recognises retries.

Everything is read up to the watermark, which `durable` gives. Segments may go or be rewritten meanwhile, by any
process: a file that is gone between looking and opening is looked for once more.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import TypeVar

from broker_adapter.log.appending import StoredIds
from broker_adapter.log.engine import PartitionDescription
from broker_adapter.log.index import INTERVAL_BYTES, IndexEntry
from broker_adapter.log.partition_files import PartitionFiles, Segments
from broker_adapter.log.reading import PartitionRead
from broker_adapter.log.segment import Damage
from broker_adapter.log.watermark import TIMESTAMP_MIN, Watermark

_PLACES_MAX = 64
_MISSING = "records that were stored are missing from the end of the file"
_CHUNK_BYTES_MAX = 4 * 1024 * 1024
_T = TypeVar("_T")


class PartitionReader:
    """See the module. Thread-safe."""

    def __init__(self, files: PartitionFiles, *, durable: Callable[[], Watermark]) -> None:
        self.partition = files.partition
        self._files = files
        self._durable = durable
        self._places_lock = threading.Lock()
        # offset -> segment's file, position and base offset of its batch: where reads ended, to go on there at once
        self._places: OrderedDict[int, tuple[str, int, int]] = OrderedDict()

    def _look(self, use: Callable[[Segments], _T]) -> _T:
        try:
            return use(self._files.segments(self._durable()))
        except FileNotFoundError:
            self._files.look_again()
            return use(self._files.segments(self._durable()))

    def earliest_offset(self) -> int:
        return self._look(lambda segments: segments.earliest)

    def describe(self) -> PartitionDescription:
        def use(segments: Segments) -> PartitionDescription:
            mark = segments.mark
            size = sum(self._files.limit(each, mark) for each in segments.files)
            if segments.earliest == mark.next_offset:
                return PartitionDescription(self.partition, segments.earliest, mark.next_offset, size, None, None)
            views = self._files.views_from(segments, segments.earliest)
            first = next((view.min_timestamp_ms for view in views if view.count), None)
            last = None if mark.max_timestamp_ms == TIMESTAMP_MIN else mark.max_timestamp_ms
            return PartitionDescription(self.partition, segments.earliest, mark.next_offset, size, first, last)

        return self._look(use)

    # Forwards

    def read(self, offset: int, *, records_max: int, bytes_max: int, must: bool) -> PartitionRead:
        """From `offset`, which lies between earliest and end; `must`: at least one record, however large."""

        def use(segments: Segments) -> PartitionRead:
            end = segments.mark.next_offset
            read = PartitionRead(partition=self.partition, next_offset=offset, end=end, must=must)
            number = segments.number_of(offset)
            while read.next_offset < end and read.has_room(records_max, bytes_max):
                if not self._read_segment(segments, number, read, records_max=records_max, bytes_max=bytes_max):
                    break
                if read.next_offset < segments.end_of(number):
                    self._missing_at_end(segments, number, read)
                number += 1
            return read

        return self._look(use)

    def _missing_at_end(self, segments: Segments, number: int, read: PartitionRead) -> None:
        segment = segments.files[number]
        at = self._files.limit(segment, segments.mark)
        read.gap(segments.end_of(number), file=segment.name, position=at, reason=_MISSING)

    def _read_segment(
        self, segments: Segments, number: int, read: PartitionRead, *, records_max: int, bytes_max: int
    ) -> bool:
        """True if it went on to the end of the segment."""
        name = segments.files[number].name
        start = self._begin(segments, number, read.next_offset)
        chunk_bytes = max(min(bytes_max, _CHUNK_BYTES_MAX), INTERVAL_BYTES)
        damage: Damage | None = None
        for each in self._files.found(segments, number, start=start, chunk_bytes=chunk_bytes):
            if isinstance(each, Damage):
                damage = each
                continue
            view = each.view
            if view.next_offset <= read.next_offset:
                damage = None
                continue
            if view.base_offset > read.next_offset:
                at, reason = (start.position if start else 0, "") if damage is None else damage[:2]
                read.gap(view.base_offset, file=name, position=at, reason=reason)
            damage = None
            if not read.take(view, records_max=records_max, bytes_max=bytes_max):
                self._remember(read.next_offset, name, each.position, view.base_offset)
                return False
            self._remember(view.next_offset, name, each.position + view.batch_bytes, view.next_offset)
        end = segments.end_of(number)
        if damage is not None and read.next_offset < end:
            read.gap(end, file=name, position=damage.position, reason=damage.reason)
        return True

    def _begin(self, segments: Segments, number: int, offset: int) -> IndexEntry | None:
        place = self._places.get(offset)
        if place is not None and place[0] == segments.files[number].name:
            return IndexEntry(place[2], place[1], TIMESTAMP_MIN)
        return self._files.entry_before(segments, number, offset)

    def _remember(self, offset: int, name: str, position: int, batch_offset: int) -> None:
        with self._places_lock:
            self._places[offset] = (name, position, batch_offset)
            self._places.move_to_end(offset)
            while len(self._places) > _PLACES_MAX:
                self._places.popitem(last=False)

    # Backwards

    def read_back(self, offset: int, *, records_max: int, bytes_max: int, must: bool) -> PartitionRead:
        """What lies before `offset`, newest first."""

        def use(segments: Segments) -> PartitionRead:
            read = PartitionRead(partition=self.partition, next_offset=offset, end=segments.earliest, must=must)
            for number in range(segments.number_of(offset - 1), -1, -1):
                if not self._read_segment_back(segments, number, read, records_max=records_max, bytes_max=bytes_max):
                    break
            return read

        return self._look(use)

    def _read_segment_back(
        self, segments: Segments, number: int, read: PartitionRead, *, records_max: int, bytes_max: int
    ) -> bool:
        """True if it went on to the beginning of the segment."""
        damage: Damage | None = None
        for each in self._files.found_back(segments, number, before=read.next_offset):
            if isinstance(each, Damage):
                damage = each
                continue
            if each.view.next_offset < read.next_offset:
                self._gap_back(segments, number, read, each.view.next_offset, damage)
            damage = None
            if not read.take_back(each.view, records_max=records_max, bytes_max=bytes_max):
                return False
        if read.next_offset > segments.bases[number]:
            self._gap_back(segments, number, read, segments.bases[number], damage)
        return True

    def _gap_back(
        self, segments: Segments, number: int, read: PartitionRead, first: int, damage: Damage | None
    ) -> None:
        segment = segments.files[number]
        at, reason = (self._files.limit(segment, segments.mark), _MISSING) if damage is None else damage[:2]
        read.gap_back(first, file=segment.name, position=at, reason=reason)

    # By time

    def at_time(self, timestamp_ms: int) -> int:
        """The first offset whose record isn't older than `timestamp_ms`; the end if there is none."""
        return self._look(lambda segments: self._at_time(segments, timestamp_ms))

    def _at_time(self, segments: Segments, timestamp_ms: int) -> int:
        low, high = 0, len(segments) - 1
        while low < high:  # the last segment before which all is older
            middle = (low + high + 1) // 2
            first = self._files.index_of(segments, middle).first()
            if first is not None and first.max_before < timestamp_ms:
                low = middle
            else:
                high = middle - 1
        for number in range(low, len(segments)):
            entry = self._files.index_of(segments, number).before_time(timestamp_ms)
            start = segments.bases[number] if entry is None else entry.offset
            for view in self._files.views(segments, number, start):
                if view.max_timestamp_ms >= timestamp_ms and view.count:
                    place = next((at for at, each in enumerate(view.timestamps_ms) if each >= timestamp_ms), None)
                    if place is not None:
                        return view.offsets[place]
        return segments.mark.next_offset

    # What recognises retries

    def stored_ids(self, from_offset: int) -> list[StoredIds]:
        """What recognises the records of all batches from an offset on, oldest first."""

        def use(segments: Segments) -> list[StoredIds]:
            return [
                StoredIds(self.partition, view.offsets, view.appended_ms, view.dedup_ids, view.producer)
                for view in self._files.views_from(segments, from_offset)
                if view.dedup_ids is not None or view.producer is not None
            ]

        return self._look(use)

    def newest_ids(self, *, ids_max: int | None, since_ms: int) -> tuple[int, list[StoredIds]]:
        """The durable end, and what recognises the newest batches, oldest first: `ids_max` ids, back to `since_ms`."""

        def use(segments: Segments) -> tuple[int, list[StoredIds]]:
            found: list[StoredIds] = []
            ids = 0
            for number in range(len(segments) - 1, -1, -1):
                for each in self._files.found_back(segments, number, before=segments.mark.next_offset):
                    if isinstance(each, Damage):
                        continue
                    view = each.view
                    if view.appended_ms < since_ms or (ids_max is not None and ids >= ids_max):
                        return segments.mark.next_offset, found[::-1]
                    if view.dedup_ids is not None or view.producer is not None:
                        found.append(
                            StoredIds(self.partition, view.offsets, view.appended_ms, view.dedup_ids, view.producer)
                        )
                        ids += len(view.dedup_ids or ())
            return segments.mark.next_offset, found[::-1]

        return self._look(use)
