"""Copies of streams that are whole though appends go on, and bringing them back.

    <target>/backup.json                    what it is, when, of which streams; size and crc32c of every file
    <target>/streams/<folder>/...           as in the log itself

A copy ends, partition by partition, at the durable end that was when its turn came: everything acknowledged before the
backup began is in it. Maintenance waits meanwhile, so that no segment goes. The target gets its name when all is
synced: it is there whole or not at all.

Restoring checks every file against the list before anything is put into place. A restored stream has a new epoch: who
had read on past the backup is told that its position is gone, instead of missing what is appended at those offsets
anew. `keep_epoch` is for moving a log to another machine, where nothing was read after the backup.
"""

from __future__ import annotations

import json
import os
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import google_crc32c

from broker_adapter.log.errors import InvalidBackup
from broker_adapter.log.files import Files, create_file, locked_file
from broker_adapter.log.remembered import pack_ids, pack_producers, read_ids, read_producers
from broker_adapter.log.start import UNKNOWN_CHAIN, pack_start, read_start
from broker_adapter.log.watermark import first_watermark_file, read_watermark

if TYPE_CHECKING:
    from broker_adapter.log.partition import FilePartition

FORMAT = 1
MANIFEST = "backup.json"
_CHUNK_BYTES = 4 * 1024 * 1024
Progress = Callable[[str, int], None]  # a file's name, its bytes


@dataclass(frozen=True, slots=True)
class BackedUp:
    """What was copied."""

    streams: int
    files: int
    bytes: int


class BackupWriter:
    """One backup on its way. `finish` gives it its name; without that, `abandon`."""

    def __init__(self, files: Files, target: str, *, progress: Progress | None = None) -> None:
        """Raises InvalidBackup if something is there already."""
        self._files = files
        self._target = os.path.abspath(target)
        if files.exists(self._target):
            raise InvalidBackup(f"{self._target} is there already.", hint="Choose a new folder for each backup.")
        self._folder = f"{self._target}.new-{os.getpid()}-{time.monotonic_ns()}"
        self._progress = progress or (lambda _name, _size: None)
        self._listed: dict[str, dict[str, int]] = {}
        self._streams: list[str] = []
        files.make_folder(os.path.join(self._folder, "streams"))

    def add(self, stream: str, folder: str, *, partitions: Sequence[FilePartition]) -> None:
        """Copy a stream. Raises LogError, OSError."""
        place = os.path.join("streams", os.path.basename(folder))
        self._files.make_folder(os.path.join(self._folder, place))
        with ExitStack() as locks:
            for partition in partitions:
                locks.enter_context(locked_file(self._files, partition.own.path("keeper.lock")))
            if self._files.exists(os.path.join(folder, "dedup")):  # before the ends: it must not know more than they
                self._copy(os.path.join(folder, "dedup"), os.path.join(place, "dedup"), None)
            for partition in partitions:
                self._add_partition(partition, os.path.join(place, os.path.basename(partition.own.folder)))
        self._copy(os.path.join(folder, "stream.json"), os.path.join(place, "stream.json"), None)
        self._files.sync_folder(os.path.join(self._folder, place))
        self._streams.append(stream)

    def _add_partition(self, partition: FilePartition, place: str) -> None:
        own = partition.own
        self._files.make_folder(os.path.join(self._folder, place))
        try:
            partition.begin()
            mark = partition.mark
            for name in ("producers", "start", "cleaned"):
                if self._files.exists(own.path(name)):
                    self._copy(own.path(name), os.path.join(place, name), None)
        finally:
            partition.end()  # appends go on
        for segment in own.segments(mark).files:
            self._copy(own.path(segment.name), os.path.join(place, segment.name), own.limit(segment, mark))
        self._put(os.path.join(place, "watermark"), first_watermark_file(mark))
        self._files.sync_folder(os.path.join(self._folder, place))

    def _copy(self, source: str, name: str, size: int | None) -> None:
        target = os.path.join(self._folder, name)
        read, write = self._files.open(source), self._files.open(target, create=True)
        try:
            size = self._files.size(read) if size is None else size
            position, crc = 0, 0
            while position < size:
                data = self._files.read(read, min(_CHUNK_BYTES, size - position), position)
                if not data:
                    raise InvalidBackup(f"{source} became shorter while it was copied.")
                self._files.write(write, [data], position)
                crc = google_crc32c.extend(crc, data)
                position += len(data)
            self._files.sync(write)
        finally:
            self._files.close(read)
            self._files.close(write)
        self._list(name, size, crc)

    def _put(self, name: str, data: bytes) -> None:
        create_file(self._files, os.path.join(self._folder, name), data)
        self._list(name, len(data), google_crc32c.value(data))

    def _list(self, name: str, size: int, crc: int) -> None:
        self._listed[name] = {"bytes": size, "crc32c": crc}
        self._progress(name, size)

    def finish(self) -> BackedUp:
        about = {
            "format": FORMAT,
            "made_ms": time.time_ns() // 1_000_000,
            "streams": self._streams,
            "files": self._listed,
        }
        create_file(self._files, os.path.join(self._folder, MANIFEST), json.dumps(about, indent=1).encode())
        self._files.sync_folder(os.path.join(self._folder, "streams"))
        self._files.sync_folder(self._folder)
        self._files.rename(self._folder, self._target)
        self._files.sync_folder(os.path.dirname(self._target))
        return BackedUp(len(self._streams), len(self._listed), sum(each["bytes"] for each in self._listed.values()))

    def abandon(self) -> None:
        """Remove what was written. Idempotent."""
        if self._files.exists(self._folder):
            self._files.remove_tree(self._folder)


def read_manifest(files: Files, source: str) -> dict[str, Any]:
    """The list of a backup. Raises InvalidBackup."""
    path = os.path.join(source, MANIFEST)
    try:
        about = json.loads(_whole(files, path))
        if about["format"] != FORMAT:
            raise InvalidBackup(f"{path} has format {about['format']}; this version reads {FORMAT}.")
        return {"streams": list(about["streams"]), "files": dict(about["files"])}
    except FileNotFoundError as error:
        raise InvalidBackup(f"{source} is no backup: it has no {MANIFEST}.") from error
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidBackup(f"{path} doesn't parse.") from error


def check_backup(files: Files, source: str, names: Sequence[str], listed: dict[str, dict[str, int]]) -> None:
    """Every byte of these files. Raises InvalidBackup, which names the file that isn't what was written."""
    for name in names:
        path = os.path.join(source, name)
        try:
            fd = files.open(path)
        except FileNotFoundError as error:
            raise InvalidBackup(f"{path} is missing.") from error
        try:
            size, position, crc = files.size(fd), 0, 0
            while position < size:
                data = files.read(fd, _CHUNK_BYTES, position)
                crc = google_crc32c.extend(crc, data)
                position += len(data)
        finally:
            files.close(fd)
        if (size, crc) != (listed[name]["bytes"], listed[name]["crc32c"]):
            raise InvalidBackup(f"{path} isn't what was written: restore from another backup.")


def copy_files(files: Files, source: str, names: Sequence[str], target: str, *, below: str) -> None:
    """Files of a backup, synced; what stands in their names after `below` is their place in `target`."""
    folders = {target}
    for name in names:
        path = os.path.join(target, name.removeprefix(below))
        folders.add(os.path.dirname(path))
        files.make_folder(os.path.dirname(path))
        read, write = files.open(os.path.join(source, name)), files.open(path, create=True)
        try:
            position = 0
            while data := files.read(read, _CHUNK_BYTES, position):
                files.write(write, [data], position)
                position += len(data)
            files.sync(write)
        finally:
            files.close(read)
            files.close(write)
    for folder in sorted(folders, reverse=True):
        files.sync_folder(folder)


def renew_epoch(files: Files, folder: str, *, partitions: int, old: bytes, new: uuid.UUID) -> None:
    """Make a copied stream one of a new epoch, all but its stream.json."""
    ids = read_ids(files, os.path.join(folder, "dedup"), epoch=old)
    if ids is not None:
        create_file(files, os.path.join(folder, "dedup"), pack_ids(ids, epoch=new.bytes))
    for number in range(partitions):
        own = os.path.join(folder, f"p{number:04d}")
        fd = files.open(os.path.join(own, "watermark"))
        try:
            mark = read_watermark(files, fd)
        finally:
            files.close(fd)
        if mark is None:
            raise InvalidBackup(f"{own}/watermark is damaged.")
        create_file(files, os.path.join(own, "watermark"), first_watermark_file(mark._replace(epoch=new.bytes)))
        for name in ("start", "cleaned"):
            path = os.path.join(own, name)
            if files.exists(path):
                start = read_start(files, path, epoch=old, first_chain=UNKNOWN_CHAIN)
                create_file(files, path, pack_start(start, epoch=new.bytes))
        producers = read_producers(files, os.path.join(own, "producers"), epoch=old)
        if producers is not None:
            create_file(files, os.path.join(own, "producers"), pack_producers(producers, epoch=new.bytes))


def _whole(files: Files, path: str) -> bytes:
    fd = files.open(path)
    try:
        return files.read(fd, files.size(fd), 0)
    finally:
        files.close(fd)
