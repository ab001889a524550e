"""Looking keys up in one partition: the map of the segment being appended to, then the files of the sealed ones.

Bounded: maps of MAPS_MAX partitions an engine (each no larger than a segment's keys), FOUND_MAX answers a partition.
With the partition's lock held, but for `prepare`.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Collection

from broker_adapter.log.files import create_file
from broker_adapter.log.index import IndexEntry
from broker_adapter.log.keys import DamagedKeys, KeysFile, key_digest, newest_of, pack_keys
from broker_adapter.log.partition_files import PartitionFiles, Segments
from broker_adapter.log.segment import Found
from broker_adapter.log.watermark import TIMESTAMP_MIN

logger = logging.getLogger(__name__)

FOUND_MAX = 10_000
_CHUNK_BYTES = 64 * 1024


class PartitionKeys:
    """See the module."""

    def __init__(self, own: PartitionFiles) -> None:
        self._own = own
        self._found: OrderedDict[bytes, int] = OrderedDict()
        self._found_of = (-1, -1)
        self.used = False

    def ends(self, keys: Collection[bytes], segments: Segments) -> dict[bytes, int]:
        """The offset after the newest record of each key, 0 if there is none."""
        self.used = True
        newest = self._newest(segments)
        sealed_as_of = (segments.mark.layout, segments.mark.segment)
        if self._found_of != sealed_as_of:
            self._found.clear()
            self._found_of = sealed_as_of
        ends: dict[bytes, int] = {}
        for key in keys:
            digest = key_digest(key, salt=self._own.salt)
            end = newest.get(digest)
            ends[key] = self._sealed_end(digest, segments) if end is None else end
        return ends

    def _newest(self, segments: Segments) -> dict[bytes, int]:
        """Of the segment being appended to, up to the durable end."""
        mark, base = segments.mark, segments.bases[-1]
        known = self._own.storage.key_map(self._own.folder)
        if known.base != base or known.learned_to > mark.next_offset:
            known.base, known.learned_to, known.position, known.ends = base, base, 0, {}
        if known.learned_to < mark.next_offset:
            start = IndexEntry(known.learned_to, known.position, TIMESTAMP_MIN)
            found = self._own.found(segments, len(segments) - 1, start=start, chunk_bytes=_CHUNK_BYTES)
            views = (each.view for each in found if isinstance(each, Found))
            known.ends |= newest_of(views, salt=self._own.salt)
            known.learned_to, known.position = mark.next_offset, mark.position
        return known.ends

    def _sealed_end(self, digest: bytes, segments: Segments) -> int:
        end = self._found.get(digest)
        if end is not None:
            self._found.move_to_end(digest)
            return end
        end = 0
        for number in range(len(segments) - 2, -1, -1):
            found = self._find(digest, segments, number)
            if found is not None:
                end = found
                break
        self._found[digest] = end
        while len(self._found) > FOUND_MAX:
            self._found.popitem(last=False)
        return end

    def _find(self, digest: bytes, segments: Segments, number: int) -> int | None:
        segment, end = segments.files[number], segments.end_of(number)
        path = self._own.path(segment.keys_name)
        try:
            with self._own.storage.handles.using(path) as fd:
                return KeysFile(self._own.files, fd, base=segment.base, end=end).find(digest)
        except FileNotFoundError:
            pass
        except DamagedKeys as error:
            logger.warning("%s: %s; making it again", path, error)
        return self._make(segments, number).get(digest)

    def _make(self, segments: Segments, number: int) -> dict[bytes, int]:
        """The keys of a sealed segment, and their file; that it can't be written costs time, never an answer."""
        segment, end = segments.files[number], segments.end_of(number)
        ends = newest_of(self._own.views(segments, number, segment.base), salt=self._own.salt)
        path = self._own.path(segment.keys_name)
        try:
            self._own.storage.handles.discard(path)
            create_file(self._own.files, path, pack_keys(ends, base=segment.base, end=end))
        except OSError:
            logger.warning("%s could not be written", path, exc_info=True)
        return ends

    def prepare(self, segments: Segments) -> None:
        """Make what is missing, before somebody waits for it. Raises OSError."""
        for number in range(len(segments) - 1):
            if not self._own.files.exists(self._own.path(segments.files[number].keys_name)):
                self._make(segments, number)
