"""The built-in engine: streams in folders.

    <root>/streams/<escaped name>/stream.json     epoch, seed, partitions, settings, and a checksum
    <root>/streams/<escaped name>/p0000/          see partition.py
    <root>/deleted/                               streams on their way out

Several processes may have one root open. A stream's folder is made elsewhere and renamed into place, so that it is
there whole or not at all; a deleted one is renamed away first.
"""

from __future__ import annotations

import errno
import hashlib
import json
import logging
import os
import re
import secrets
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import asdict, fields
from functools import partial
from typing import Any, TypeVar
from urllib.parse import unquote

import google_crc32c

from broker_adapter.log.backing_up import (
    BackedUp,
    BackupWriter,
    Progress,
    check_backup,
    copy_files,
    read_manifest,
    renew_epoch,
)
from broker_adapter.log.committer import wall_clock_ms
from broker_adapter.log.engine import EngineLimits, Maintenance, StreamSettings
from broker_adapter.log.errors import CorruptStream, LogUnavailable, PositionError, StreamExists, StreamNotFound
from broker_adapter.log.file_memory import FileMemory
from broker_adapter.log.files import Files, HandleCache, create_file
from broker_adapter.log.keeper import Keeper
from broker_adapter.log.keeping import PartitionKeeper
from broker_adapter.log.partition import FilePartition
from broker_adapter.log.remembered import remembered_fault
from broker_adapter.log.storage import Storage, StreamReplaced, storage_error
from broker_adapter.log.streams import OpenStream, PartitionLog, StreamEngine, check_settings, check_stream
from broker_adapter.log.verifying import PartitionVerifier, Problem, Verification

logger = logging.getLogger(__name__)
_T = TypeVar("_T")

FORMAT = 1
_SAFE = re.compile(rb"[A-Za-z0-9_-]")
_FOLDER_CHARS_MAX = 200
_HASHED = "~"
_STALE_S = 3600.0


def folder_name(stream: str) -> str:
    """A folder's name for a stream's: letters, digits, `_` and `-` stay, other bytes of the UTF-8 become %XX, and a
    name that grows too long by that is hashed.
    """
    safe = "".join(chr(byte) if _SAFE.match(bytes([byte])) else f"%{byte:02X}" for byte in stream.encode())
    if len(safe) <= _FOLDER_CHARS_MAX:
        return safe
    return _HASHED + hashlib.sha256(stream.encode()).hexdigest()


class FileEngine(StreamEngine):
    """The engine behind `file:///folder`."""

    def __init__(
        self,
        folder: str,
        limits: EngineLimits | None = None,
        *,
        files: Files | None = None,
        now_ms: Callable[[], int] = wall_clock_ms,
        keeper: Keeper | None = None,
    ) -> None:
        """`folder` is made if it isn't there; `files`, `now_ms` and `keeper` are for tests. Raises LogUnavailable."""
        super().__init__(limits or EngineLimits(), now_ms=now_ms)
        self._files = files or Files()
        self._root = os.path.abspath(folder)
        self._pid = os.getpid()
        self._storage = Storage(self._files, HandleCache(self._files, self.limits.handles_max))
        self._streams: dict[str, OpenStream] = {}
        self._memories: dict[str, FileMemory] = {}
        self._keeper = keeper or Keeper()
        try:
            for each in ("streams", "creating", "deleted"):
                self._files.make_folder(os.path.join(self._root, each))
            self._clean_up()
        except OSError as error:
            raise storage_error(error, f"opening {self._root}") from error

    # Streams come and go

    def create(self, stream: str, *, partitions: int = 1, settings: StreamSettings | None = None) -> None:
        self._check_open()
        settings = settings or StreamSettings()
        check_stream(stream, partitions=partitions, settings=settings)
        if self.exists(stream):
            raise StreamExists(stream)
        away = os.path.join(self._root, "creating", f"{uuid.uuid4()}")
        try:
            self._make(away, stream, partitions=partitions, settings=settings)
            self._files.rename(away, self._folder(stream))
            for folder in (os.path.join(self._root, "streams"), self._root, os.path.dirname(self._root)):
                self._files.sync_folder(folder)
        except OSError as error:
            if self._files.exists(away):
                self._files.remove_tree(away)
            if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
                raise StreamExists(stream) from error
            raise storage_error(error, f"creating {stream!r}") from error

    def _make(self, folder: str, stream: str, *, partitions: int, settings: StreamSettings) -> None:
        epoch, seed = uuid.uuid4(), secrets.token_bytes(32)
        self._files.make_folder(folder)
        for number in range(partitions):
            FilePartition.create(
                self._files, _partition_folder(folder, number), partition=number, epoch=epoch.bytes, seed=seed
            )
        description = {
            "format": FORMAT,
            "stream": stream,
            "epoch": str(epoch),
            "seed": seed.hex(),
            "partitions": partitions,
            "settings": asdict(settings),
        }
        create_file(self._files, os.path.join(folder, "stream.json"), _with_checksum(description))

    def delete(self, stream: str) -> None:
        opened = self._with_stream(stream, lambda opened: opened)
        away = os.path.join(self._root, "deleted", f"{uuid.uuid4()}")
        locked: list[PartitionLog] = []
        try:
            for partition in opened.partitions:  # what is being committed is finished first, in every process
                locked.append(partition)
                partition.begin()
            self._files.rename(self._folder(stream), away)
            self._files.sync_folder(os.path.join(self._root, "streams"))
        except FileNotFoundError as error:
            raise StreamNotFound(stream) from error
        except OSError as error:
            raise storage_error(error, f"deleting {stream!r}") from error
        finally:
            for partition in locked:
                partition.end()
            self._drop(stream)
        try:
            self._files.remove_tree(away)
        except OSError:
            logger.warning("%s could not be removed, the next start tries again", away, exc_info=True)

    def alter(self, stream: str, settings: StreamSettings) -> None:
        check_settings(settings)

        def use(opened: OpenStream) -> None:
            folder = self._folder(stream)
            locked: list[PartitionLog] = []
            try:
                for partition in opened.partitions:
                    locked.append(partition)
                    partition.begin()
                about = self._description(folder) | {"settings": asdict(settings)}
                create_file(self._files, os.path.join(folder, "stream.json"), _with_checksum(about))
                for partition in opened.partitions:
                    if isinstance(partition, FilePartition):
                        partition.layout_changed()
            finally:
                for partition in locked:
                    partition.end()
            self._use_settings(opened, settings)

        self._with_stream(stream, use)

    def _layout_changed(self, stream: str) -> None:
        """Somebody altered the stream, or took records away."""
        opened = self._streams.get(stream)
        if opened is not None:
            opened.intake.layout_changed()
            self._use_settings(opened, _settings(self._description(self._folder(stream))["settings"]))

    def maintain(self, stream: str, *, now: bool = False) -> Maintenance:
        def use(opened: OpenStream) -> Maintenance:
            done = Maintenance()
            memory = self._memories.get(stream)
            if memory is None:  # let go of meanwhile: look again
                raise StreamReplaced(stream)
            for partition in opened.partitions:
                if isinstance(partition, FilePartition):
                    keeper = PartitionKeeper(
                        partition,
                        opened.settings,
                        write_down=partial(memory.write_down, opened.intake, partition),
                        now_ms=self._now_ms(),
                    )
                    done += keeper.keep(now=now)
            return done

        return self._with_stream(stream, use)

    def verify(self, stream: str) -> Verification:
        """Check every byte of the stream; see verifying.py. Raises StreamNotFound, CorruptStream, LogUnavailable."""

        def use(opened: OpenStream) -> Verification:
            found = Verification(stream)
            for partition in opened.partitions:
                if isinstance(partition, FilePartition):
                    PartitionVerifier(partition, found).verify()
            path = os.path.join(self._folder(stream), "dedup")
            if self._files.exists(path) and (fault := remembered_fault(self._files, path, epoch=opened.epoch.bytes)):
                found.problems.append(Problem("dedup", 0, f"{fault}; made again from the log"))
            return found

        return self._with_stream(stream, use)

    def file_partition(self, stream: str, partition: int) -> FilePartition:
        """One partition, to be looked into. Raises StreamNotFound, PositionError."""

        def use(opened: OpenStream) -> FilePartition:
            found = opened.partitions[partition] if 0 <= partition < len(opened.partitions) else None
            if not isinstance(found, FilePartition):
                raise PositionError(f"There is no partition {partition}; they are 0 to {len(opened.partitions) - 1}.")
            return found

        return self._with_stream(stream, use)

    def backup(self, streams: Sequence[str], target: str, *, progress: Progress | None = None) -> BackedUp:
        """Copy streams to a new folder while appends go on; see backing_up.py.

        Raises StreamNotFound, InvalidBackup, LogUnavailable, StorageFull.
        """
        self._check_open()
        try:
            writer = BackupWriter(self._files, target, progress=progress)
            try:
                for stream in streams:
                    self._with_stream(stream, partial(self._back_up, writer))
                return writer.finish()
            except BaseException:
                writer.abandon()
                raise
        except OSError as error:
            raise storage_error(error, f"writing {target}") from error

    def _back_up(self, writer: BackupWriter, opened: OpenStream) -> None:
        partitions = [each for each in opened.partitions if isinstance(each, FilePartition)]
        writer.add(opened.name, self._folder(opened.name), partitions=partitions)

    def restore(self, source: str, *, streams: Sequence[str] | None = None, keep_epoch: bool = False) -> list[str]:
        """Bring back streams of a backup (None: all of them) that aren't there; returns their names.

        Every file is checked first. Raises InvalidBackup, StreamExists, StreamNotFound (not in the backup),
        LogUnavailable, StorageFull.
        """
        self._check_open()
        try:
            about = read_manifest(self._files, source)
            wanted = list(about["streams"] if streams is None else streams)
            for stream in wanted:
                if stream not in about["streams"]:
                    raise StreamNotFound(stream)
                if self.exists(stream):
                    raise StreamExists(stream)
            below = {stream: os.path.join("streams", folder_name(stream)) + os.sep for stream in wanted}
            names = {stream: [name for name in about["files"] if name.startswith(below[stream])] for stream in wanted}
            for stream in wanted:
                check_backup(self._files, source, names[stream], about["files"])
            for stream in wanted:
                away = os.path.join(self._root, "creating", f"{uuid.uuid4()}")
                copy = partial(copy_files, self._files, source, names[stream], away, below=below[stream])
                self._restore(stream, away, copy, keep_epoch=keep_epoch)
        except OSError as error:
            raise storage_error(error, f"restoring from {source}") from error
        return wanted

    def _restore(self, stream: str, away: str, copy: Callable[[], None], *, keep_epoch: bool) -> None:
        try:
            copy()
            if not keep_epoch:
                about, new = self._description(away), uuid.uuid4()
                old = uuid.UUID(about["epoch"]).bytes
                renew_epoch(self._files, away, partitions=about["partitions"], old=old, new=new)
                about["epoch"] = str(new)
                create_file(self._files, os.path.join(away, "stream.json"), _with_checksum(about))
            self._files.rename(away, self._folder(stream))
            self._files.sync_folder(os.path.join(self._root, "streams"))
        except BaseException:
            if self._files.exists(away):
                self._files.remove_tree(away)
            raise

    def _grown(self, stream: str, partition: int, end: int) -> None:
        super()._grown(stream, partition, end)
        opened = self._streams.get(stream)
        if opened is not None:
            log = opened.partitions[partition]
            if isinstance(log, FilePartition) and (log.rolled or log.passed):
                since_s = time.monotonic() - opened.written_down_s
                if since_s >= (self._keeper.ROLLED_PAUSE_S if log.rolled else self._keeper.PASSED_PAUSE_S):
                    log.rolled = log.passed = False
                    opened.written_down_s = time.monotonic()
                    self._keeper.soon(partial(self._write_down, stream, opened, log))

    def _write_down(self, stream: str, opened: OpenStream, partition: FilePartition) -> None:
        """After a segment is full, and every few megabytes: what recognises retries, so that the next start reads no
        more than what came after.
        """
        memory = self._memories.get(stream)
        if memory is not None and not self._closed.is_set():
            memory.write_down(opened.intake, partition)
            partition.prepare_keys()

    def _use_settings(self, opened: OpenStream, settings: StreamSettings) -> None:
        if settings != opened.settings:
            opened.settings = settings
            opened.intake.use(settings)
            for partition in opened.partitions:
                if isinstance(partition, FilePartition):
                    partition.segment_bytes = settings.segment_bytes

    def exists(self, stream: str) -> bool:
        self._check_open()
        return self._files.exists(os.path.join(self._folder(stream), "stream.json"))

    def streams(self) -> list[str]:
        self._check_open()
        found: list[str] = []
        for name in self._files.names(os.path.join(self._root, "streams")):
            if not name.startswith(_HASHED):
                found.append(unquote(name))
                continue
            try:
                found.append(str(self._description(os.path.join(self._root, "streams", name))["stream"]))
            except (CorruptStream, FileNotFoundError):
                logger.exception("%s can't be listed", name)
        return sorted(found)

    # Opening

    def _opened(self, stream: str) -> OpenStream:
        opened = self._streams.get(stream)
        if opened is not None:
            return opened
        with self._lock:
            if stream not in self._streams:
                self._streams[stream] = self._open(stream)
            return self._streams[stream]

    def _open(self, stream: str) -> OpenStream:
        folder = self._folder(stream)
        try:
            about = self._description(folder)
        except FileNotFoundError as error:
            raise StreamNotFound(stream) from error
        except OSError as error:
            raise storage_error(error, f"opening {stream!r}") from error
        epoch, settings = uuid.UUID(about["epoch"]), _settings(about["settings"])
        partitions = [
            FilePartition(
                _partition_folder(folder, number),
                stream=stream,
                partition=number,
                epoch=epoch.bytes,
                seed=bytes.fromhex(about["seed"]),
                segment_bytes=settings.segment_bytes,
                storage=self._storage,
                on_layout=lambda: self._layout_changed(stream),
            )
            for number in range(about["partitions"])
        ]
        memory = FileMemory(self._files, folder, epoch=epoch.bytes, partitions=partitions)
        opened = self._assemble(
            stream, epoch=epoch, settings=settings, partitions=list[PartitionLog](partitions), memory=memory
        )
        self._memories[stream] = memory
        return opened

    def _description(self, folder: str) -> dict[str, Any]:
        """stream.json, checked. Raises CorruptStream, FileNotFoundError."""
        path = os.path.join(folder, "stream.json")
        with self._storage.handles.using(path) as fd:
            data = self._files.read(fd, 1024 * 1024, 0)
        try:
            about = json.loads(data)
            checksum = about.pop("crc32c")
            if checksum != google_crc32c.value(_canonical(about)):
                raise CorruptStream(f"{path} is damaged: checksum mismatch.", file=path)
            if about["format"] != FORMAT:
                raise CorruptStream(f"{path} has format {about['format']}; this version reads {FORMAT}.", file=path)
        except (ValueError, KeyError, AttributeError, TypeError) as error:
            raise CorruptStream(f"{path} is damaged: it doesn't parse.", file=path) from error
        finally:
            self._storage.handles.discard(path)
        return dict(about)

    def _with_stream(self, stream: str, use: Callable[[OpenStream], _T]) -> _T:
        self._check_open()
        try:
            return use(self._opened(stream))
        except (StreamReplaced, FileNotFoundError):
            self._drop(stream)  # and once more, with what is there now
        except OSError as error:
            raise storage_error(error, f"reading {stream!r}") from error
        try:
            return use(self._opened(stream))
        except StreamReplaced as error:
            self._drop(stream)
            raise StreamNotFound(stream) from error
        except OSError as error:
            raise storage_error(error, f"reading {stream!r}") from error

    def _append_failed(self, stream: str, epoch: uuid.UUID, error: BaseException) -> None:
        if isinstance(error, StreamReplaced):
            self._drop(stream, epoch=epoch)

    def _drop(self, stream: str, *, epoch: uuid.UUID | None = None) -> None:
        """Forget what is open of a stream, if it still is that incarnation."""
        with self._lock:
            opened = self._streams.get(stream)
            if opened is not None and epoch not in (None, opened.epoch):
                return
            self._streams.pop(stream, None)
            self._memories.pop(stream, None)
        self._storage.forget(self._folder(stream))

    def _check_open(self) -> None:
        super()._check_open()
        if os.getpid() != self._pid:
            raise LogUnavailable("This engine was opened before the process forked; open one of its own.")

    def _clean_up(self) -> None:
        """Remove what creations and deletions that never finished have left."""
        for place, stale_s in (("deleted", 0.0), ("creating", _STALE_S)):
            folder = os.path.join(self._root, place)
            for name in self._files.names(folder):
                path = os.path.join(folder, name)
                try:
                    if time.time() - self._files.modified_s(path) >= stale_s:
                        self._files.remove_tree(path)
                except OSError:  # another process may be at it
                    logger.debug("%s could not be removed", path, exc_info=True)

    def _release(self) -> None:
        self._keeper.close()
        self._storage.handles.close()

    def _folder(self, stream: str) -> str:
        return os.path.join(self._root, "streams", folder_name(stream))


def _partition_folder(folder: str, number: int) -> str:
    return os.path.join(folder, f"p{number:04d}")


def _settings(stored: dict[str, Any]) -> StreamSettings:
    """Settings this version doesn't know are left alone, those it knows but doesn't find have their defaults."""
    known = {each.name for each in fields(StreamSettings)}
    return StreamSettings(**{name: value for name, value in stored.items() if name in known})


def _canonical(about: dict[str, Any]) -> bytes:
    return json.dumps(about, sort_keys=True, separators=(",", ":")).encode()


def _with_checksum(about: dict[str, Any]) -> bytes:
    return json.dumps({**about, "crc32c": google_crc32c.value(_canonical(about))}, indent=2).encode() + b"\n"
