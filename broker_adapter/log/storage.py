"""What all partitions of a file engine share: the file layer, open handles, indexes in memory, and the words for
failures.
"""

from __future__ import annotations

import errno
import os
import threading
from collections import OrderedDict
from dataclasses import dataclass, field

from broker_adapter.log.errors import LogError, LogUnavailable, StorageFull, StreamNotFound
from broker_adapter.log.files import Files, HandleCache
from broker_adapter.log.index import SegmentIndex

_FULL = (errno.ENOSPC, errno.EDQUOT)


class StreamReplaced(StreamNotFound):
    """The files belong to another incarnation of the stream, or are gone: open it anew."""


@dataclass(slots=True)
class KeyMap:
    """The keys of the segment being appended to: {digest: offset after the newest record}, up to the offset
    `learned_to`, which is at byte `position`.
    """

    base: int = -1
    learned_to: int = 0
    position: int = 0
    ends: dict[bytes, int] = field(default_factory=dict)


@dataclass(slots=True)
class Storage:
    """What all partitions of an engine share."""

    files: Files
    handles: HandleCache
    indexes_max: int = 256
    indexes: OrderedDict[str, SegmentIndex] = field(default_factory=OrderedDict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    append_locks: dict[str, threading.Lock] = field(default_factory=dict)
    key_maps: OrderedDict[str, KeyMap] = field(default_factory=OrderedDict)
    key_maps_max: int = 64

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

    def key_map(self, folder: str) -> KeyMap:
        """That of a partition; the longest unused one is given up."""
        with self.lock:
            found = self.key_maps.setdefault(folder, KeyMap())
            self.key_maps.move_to_end(folder)
            while len(self.key_maps) > self.key_maps_max:
                self.key_maps.popitem(last=False)
            return found

    def forget(self, path: str) -> None:
        """Close the file and forget its index, or those of all files below a folder."""
        self.handles.discard(path)
        with self.lock:
            for each in [each for each in self.indexes if each == path or each.startswith(path + os.sep)]:
                del self.indexes[each]
            for each in [each for each in self.key_maps if each == path or each.startswith(path + os.sep)]:
                del self.key_maps[each]


def storage_error(error: OSError, doing: str, *, unknown: bool = False) -> LogError:
    """What an OSError means to the sender. `unknown`: the records may have been stored, so never StorageFull."""
    if error.errno in _FULL and not unknown:
        return StorageFull(f"The disk is full ({doing}).")
    return LogUnavailable(f"The storage failed {doing}: {error.strerror or error}.")
