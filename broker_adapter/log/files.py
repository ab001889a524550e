"""The thin layer between the log and the file system.

Everything the log does to files goes through one `Files` object, so that tests can put one underneath that fails, cuts
writes short, or forgets what wasn't synced. Methods raise OSError as the system does; they never retry a failed sync.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

_BUFFERS_MAX = 1000  # a call; Linux takes 1,024
_JOIN_BELOW_BYTES = 256 * 1024


class Files:
    """The real file system."""

    def open(self, path: str, *, create: bool = False) -> int:
        return os.open(path, os.O_RDWR | os.O_CLOEXEC | (os.O_CREAT if create else 0), 0o640)

    def close(self, fd: int) -> None:
        os.close(fd)

    def read(self, fd: int, size: int, position: int) -> bytes:
        """`size` bytes, fewer only at the end of the file."""
        data = os.pread(fd, size, position)
        if len(data) in (0, size):
            return data
        parts = [data]
        read = len(data)
        while read < size and (more := os.pread(fd, size - read, position + read)):
            parts.append(more)
            read += len(more)
        return b"".join(parts)

    def write(self, fd: int, buffers: Sequence[bytes], position: int) -> None:
        """All of it, or OSError; how much was written then is unknown."""
        total = sum(map(len, buffers))
        if total < _JOIN_BELOW_BYTES:
            self._write_all(fd, [b"".join(buffers)], position)
            return
        for first in range(0, len(buffers), _BUFFERS_MAX):
            some = buffers[first : first + _BUFFERS_MAX]
            self._write_all(fd, some, position)
            position += sum(map(len, some))

    def _write_all(self, fd: int, buffers: Sequence[bytes], position: int) -> None:
        total = sum(map(len, buffers))
        written = os.pwritev(fd, buffers, position)
        if written == total:
            return
        rest = memoryview(b"".join(buffers))[written:]
        while rest:
            written = os.pwrite(fd, rest, position + total - len(rest))
            rest = rest[written:]

    def sync(self, fd: int) -> None:
        """On disk: the data, and of the metadata what is needed to read it."""
        os.fdatasync(fd)

    def truncate(self, fd: int, size: int) -> None:
        os.ftruncate(fd, size)

    def size(self, fd: int) -> int:
        return os.fstat(fd).st_size

    def is_linked(self, fd: int) -> bool:
        """False once the file was deleted."""
        return os.fstat(fd).st_nlink > 0

    def lock(self, fd: int) -> None:
        """Exclusive among all processes; freed by the system if this one dies."""
        fcntl.flock(fd, fcntl.LOCK_EX)

    def try_lock(self, fd: int) -> bool:
        """Exclusive among all processes, or False if somebody has it."""
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def unlock(self, fd: int) -> None:
        fcntl.flock(fd, fcntl.LOCK_UN)

    def rename(self, source: str, target: str) -> None:
        os.rename(source, target)

    def remove(self, path: str) -> None:
        os.remove(path)

    def remove_tree(self, path: str) -> None:
        shutil.rmtree(path)

    def make_folder(self, path: str) -> None:
        os.makedirs(path, mode=0o750, exist_ok=True)

    def exists(self, path: str) -> bool:
        return os.path.exists(path)

    def is_folder(self, path: str) -> bool:
        return os.path.isdir(path)

    def modified_s(self, path: str) -> float:
        """When it was last written to, seconds since 1970."""
        return os.stat(path).st_mtime

    def names(self, folder: str) -> list[str]:
        return sorted(os.listdir(folder))

    def path_size(self, path: str) -> int:
        return os.stat(path).st_size

    def sync_folder(self, path: str) -> None:
        fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


def create_file(files: Files, path: str, data: bytes) -> None:
    """A new file that is there whole or not at all, even across a crash. Replaces one of that name."""
    temporary = f"{path}.new-{os.getpid()}-{threading.get_ident()}-{time.monotonic_ns()}"
    fd = files.open(temporary, create=True)
    try:
        try:
            files.write(fd, [data], 0)
            files.sync(fd)
        finally:
            files.close(fd)
        files.rename(temporary, path)
    except OSError:
        if files.exists(temporary):
            files.remove(temporary)
        raise
    files.sync_folder(os.path.dirname(path))


@contextmanager
def locked_file(files: Files, path: str, *, wait: bool = True) -> Iterator[bool]:
    """Hold a lock file, made if it isn't there; yields False if somebody else has it and `wait` is off."""
    fd = files.open(path, create=True)
    try:
        if not wait and not files.try_lock(fd):
            yield False
            return
        if wait:
            files.lock(fd)
        yield True
    finally:
        files.close(fd)  # lets go of the lock


class Handle:
    """An open file, how many use it, and whether it is to be closed after the last of them."""

    __slots__ = ("discarded", "fd", "pins")

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self.pins = 0
        self.discarded = False


class HandleCache:
    """Open files by path: at most `handles_max` that nobody uses at the moment; the longest unused is closed first."""

    def __init__(self, files: Files, handles_max: int) -> None:
        self._files = files
        self._handles_max = handles_max
        self._handles: OrderedDict[str, Handle] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._handles)

    def acquire(self, path: str) -> Handle:
        """An open handle that stays open until `release`. Raises FileNotFoundError."""
        with self._lock:
            handle = self._handles.get(path)
            if handle is None:
                handle = self._handles[path] = Handle(self._files.open(path))
            else:
                self._handles.move_to_end(path)
            handle.pins += 1
            if len(self._handles) > self._handles_max:
                self._close_unused()
            return handle

    def release(self, handle: Handle) -> None:
        with self._lock:
            handle.pins -= 1
            if handle.discarded and not handle.pins:
                self._files.close(handle.fd)

    @contextmanager
    def using(self, path: str) -> Iterator[int]:
        handle = self.acquire(path)
        try:
            yield handle.fd
        finally:
            self.release(handle)

    def discard(self, prefix: str) -> None:
        """Close this file, or all below this folder, as soon as nobody uses them."""
        with self._lock:
            for path in [each for each in self._handles if each == prefix or each.startswith(prefix + os.sep)]:
                handle = self._handles.pop(path)
                handle.discarded = True
                if not handle.pins:
                    self._files.close(handle.fd)

    def close(self) -> None:
        with self._lock:
            for handle in self._handles.values():
                handle.discarded = True
                if not handle.pins:
                    self._files.close(handle.fd)
            self._handles.clear()

    def _close_unused(self) -> None:
        for path in [path for path, handle in self._handles.items() if not handle.pins]:
            self._files.close(self._handles.pop(path).fd)
            if len(self._handles) <= self._handles_max:
                return
