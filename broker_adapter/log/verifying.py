"""Checking every byte of a stream's files: checksums, structure, the chain, offsets, indexes, watermark, what is
derived.

What is checked is what was durable when the check began; appends may go on meanwhile. A *problem* is a byte that isn't
what was written, or a file that is missing. A *note* is worth knowing and no fault: a torn tail kept aside, say.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from broker_adapter.log.errors import CorruptBatch, LogError
from broker_adapter.log.index import ENTRY_BYTES, SegmentIndex
from broker_adapter.log.keys import DamagedKeys, KeysFile
from broker_adapter.log.partition import FilePartition
from broker_adapter.log.partition_files import Segments
from broker_adapter.log.remembered import remembered_fault
from broker_adapter.log.segment import Damage, Found, SegmentFile, segment_file
from broker_adapter.log.start import UNKNOWN_CHAIN, read_start
from broker_adapter.log.watermark import watermark_faults

_LOOKS = 3  # a watermark that is just being written can look damaged


@dataclass(frozen=True, slots=True)
class Problem:
    """`file` within the stream's folder; `position`: bytes from its beginning, None if it is about the whole file."""

    file: str
    position: int | None
    what: str

    def __str__(self) -> str:
        return (
            f"{self.file}: {self.what}" if self.position is None else f"{self.file} byte {self.position}: {self.what}"
        )


@dataclass(slots=True)
class Verification:
    """What was found in one stream."""

    stream: str
    segments: int = 0
    batches: int = 0
    records: int = 0
    bytes: int = 0
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        return not self.problems


class PartitionVerifier:
    """Checks one partition, adding to `found`. `prefix` goes before the names of files."""

    def __init__(self, partition: FilePartition, found: Verification) -> None:
        self._partition = partition
        self._own = partition.own
        self._files = partition.own.files
        self._found = found
        self._prefix = f"p{partition.partition:04d}/"

    def verify(self) -> None:
        """Raises OSError, LogError only if the partition can't be looked at at all."""
        self._verify_watermark()
        try:
            segments = self._own.segments(self._partition.durable())
        except LogError as error:
            self._problem("watermark", None, error.message)
            return
        chain = self._first_chain(segments)
        latest = -(1 << 63)
        for number, segment in enumerate(segments.files):
            chain, latest = self._verify_segment(segments, number, chain, latest)
            if number + 1 < len(segments) or segment.base == segments.mark.segment:
                self._found.segments += 1
        self._verify_derived(segments)

    def _problem(self, name: str, position: int | None, what: str) -> None:
        self._found.problems.append(Problem(self._prefix + name, position, what))

    def _verify_watermark(self) -> None:
        faults: list[tuple[int, str]] = []
        for _ in range(_LOOKS):
            try:
                fd = self._files.open(self._own.mark_path)
            except FileNotFoundError:
                faults = [(0, "missing; made again from the newest segments")]
                break
            try:
                faults = watermark_faults(self._files, fd)
            finally:
                self._files.close(fd)
            if not faults:
                return
            time.sleep(0.02)
        for position, what in faults:
            self._problem("watermark", position, what)

    def _first_chain(self, segments: Segments) -> bytes | None:
        start = self._own.start()
        if start.damaged:
            self._problem("start", 0, "checksum mismatch; the first link of the chain can't be checked")
        return start.chain if start.offset == segments.earliest and start.chain != UNKNOWN_CHAIN else None

    # Segments

    def _verify_segment(
        self, segments: Segments, number: int, chain: bytes | None, latest: int
    ) -> tuple[bytes | None, int]:
        """The chain value and the largest timestamp after the segment."""
        segment, mark = segments.files[number], segments.mark
        offset = segment.base
        places: dict[int, tuple[int, int]] = {}
        damaged = False
        last: Found | None = None
        for each in self._own.found(segments, number):
            if isinstance(each, Damage):
                self._problem(segment.name, each.position, each.reason)
                damaged, chain = True, None
                continue
            view, last = each.view, each
            if not self._verify_batch(segment, each, chain):
                damaged = True
            places[each.position] = (view.base_offset, latest)
            latest = max(latest, view.max_timestamp_ms) if view.count else latest
            chain = view.chain if view.anchor is None else view.anchor.chain
            if view.anchor is not None and view.anchor.chain == UNKNOWN_CHAIN:
                chain = None
            offset = view.next_offset
        if not damaged and offset != segments.end_of(number):
            limit = self._own.limit(segment, mark)
            what = f"records {offset} to {segments.end_of(number) - 1} are missing from the end"
            self._problem(segment.name, limit, what)
            chain = None
        self._verify_end(segments, number, last, damaged)
        self._verify_index(segment, places)
        return chain, latest

    def _verify_batch(self, segment: SegmentFile, each: Found, chain: bytes | None) -> bool:
        view = each.view
        self._found.batches += 1
        self._found.records += view.count
        self._found.bytes += view.batch_bytes
        try:
            view.check()
        except CorruptBatch as error:
            self._problem(segment.name, each.position, error.reason)
            return False
        if chain is not None and not view.follows(chain):
            self._problem(segment.name, each.position, "the chain is broken: this batch was written after another one")
            return False
        return True

    def _verify_end(self, segments: Segments, number: int, last: Found | None, damaged: bool) -> None:
        segment, mark = segments.files[number], segments.mark
        if segment.base != mark.segment:
            if segment.end is not None and (last is None or last.view.anchor is None) and not damaged:
                self._problem(segment.name, None, "the rewritten segment has no end")
            return
        size = self._files.path_size(self._own.path(segment.name))
        if size < mark.position:
            self._problem(segment.name, size, f"{mark.position - size} durable bytes are missing")
        elif size > mark.position:
            self._found.notes.append(
                f"{self._prefix}{segment.name}: {size - mark.position} bytes behind the durable end; the next append "
                "proves or cuts them off"
            )
        if last is not None and not damaged and last.view.chain != mark.chain:
            self._problem("watermark", None, "its chain isn't that of the last batch")

    # What is derived

    def _verify_index(self, segment: SegmentFile, places: dict[int, tuple[int, int]]) -> None:
        path = self._own.path(segment.index_name)
        if not self._files.exists(path):
            return
        fd = self._files.open(path)
        try:
            data = self._files.read(fd, self._files.size(fd), 0)
        finally:
            self._files.close(fd)
        index = SegmentIndex()
        index.load(data)
        if index.file_bytes != len(data):
            self._problem(segment.index_name, index.file_bytes, "no such entry can be; made again from the segment")
        for number, entry in enumerate(index.entries()):
            place = places.get(entry.position)
            if place is None and places and entry.position > max(places):
                continue  # written since the check began
            if place is None or place[0] != entry.offset or entry.max_before < place[1]:
                self._problem(segment.index_name, number * ENTRY_BYTES, "the entry doesn't point to a batch")

    def _verify_keys(self, segments: Segments, name: str) -> None:
        named = {each.keys_name: number for number, each in enumerate(segments.files)}
        if name not in named:
            return
        number = named[name]
        fd = self._files.open(self._own.path(name))
        try:
            KeysFile(self._files, fd, base=segments.bases[number], end=segments.end_of(number)).check()
        except DamagedKeys as error:
            self._problem(name, 0, f"{error}; made again from the segment")
        finally:
            self._files.close(fd)

    def _verify_derived(self, segments: Segments) -> None:
        epoch = self._own.epoch
        standing = set(segments.files)
        for name in self._files.names(self._own.folder):
            path = self._own.path(name)
            segment = segment_file(name)
            if segment is not None and segment not in standing and segment.base < segments.mark.segment:
                self._found.notes.append(f"{self._prefix}{name}: not counted any more, maintenance removes it")
            elif ".torn-" in name:
                self._found.notes.append(f"{self._prefix}{name}: a torn tail, kept as evidence")
            elif ".new-" in name:
                self._found.notes.append(f"{self._prefix}{name}: not finished, maintenance removes it")
            elif name.endswith(".keys"):
                self._verify_keys(segments, name)
            elif name == "producers" and (fault := remembered_fault(self._files, path, epoch=epoch)):
                self._problem(name, 0, f"{fault}; made again from the log")
            elif name == "cleaned" and read_start(self._files, path, epoch=epoch, first_chain=UNKNOWN_CHAIN).damaged:
                self._problem(name, 0, "checksum mismatch; compaction begins anew")
