"""A disk in memory that forgets what wasn't synced, and fails when asked to.

What the log does to files goes through broker_adapter.log.files.Files; here is one that keeps, of every file, what is
durable and what was written since. `crash(rng)` decides for each 512-byte sector written since the last sync, and for
each change to a folder since the last sync of that folder, whether it made it; then everybody's handles are gone.
`fail` and `power_off_after` make operations fail: with an error, after some bytes, or all of them from some moment on.
"""

import errno
import os
import random
import threading
from collections.abc import Sequence

from broker_adapter.log.files import Files

SECTOR_BYTES = 512


class Inode:
    """A file: `data` as processes see it, `durable` as of the last sync, `since` what happened in between."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.durable = b""
        self.since: list[tuple[int, bytes] | int] = []  # a write, or a truncation to so many bytes
        self.links = 0
        self.owner: int | None = None

    def settle(self, rng: random.Random) -> None:
        """Decide what of the unsynced made it."""
        mood = rng.choice(("all", "none", "some", "some"))
        after = bytearray(self.durable)
        for change in self.since:
            if isinstance(change, int):
                if mood == "all" or (mood == "some" and rng.random() < 0.5):
                    del after[change:]
                    after.extend(bytes(change - len(after)))
                continue
            position, data = change
            at = position
            while at < position + len(data):
                end = min((at // SECTOR_BYTES + 1) * SECTOR_BYTES, position + len(data))
                if mood == "all" or (mood == "some" and rng.random() < 0.5):
                    after.extend(bytes(max(end - len(after), 0)))
                    after[at:end] = data[at - position : end - position]
                at = end
        self.data, self.durable, self.since, self.owner = after, bytes(after), [], None


class Folder:
    """A folder: entries as processes see them, and what changed since the last sync; one change, a rename into another
    folder too, happens wholly or not at all.
    """

    def __init__(self) -> None:
        self.entries: dict[str, Inode | Folder] = {}
        self.durable: dict[str, Inode | Folder] = {}
        self.since: list[list[tuple[Folder, str, Inode | Folder | None]]] = []

    def change(self, *changes: "tuple[Folder, str, Inode | Folder | None]") -> None:
        for folder, name, entry in changes:
            _put(folder.entries, name, entry)
        self.since.append(list(changes))

    def sync(self) -> None:
        for change in self.since:
            self._keep(change)
        self.since = []

    def _keep(self, change: "list[tuple[Folder, str, Inode | Folder | None]]") -> None:
        for folder, name, entry in change:
            _put(folder.durable, name, entry)
            if folder is not self:  # renamed out of there: what made it there before is over, too
                folder.since = [each for each in folder.since if all(other != name for _, other, _ in each)]

    def settle(self, rng: random.Random) -> None:
        """Decide which changes made it: of this folder and all below it."""
        mood = rng.choice(("all", "none", "some", "prefix"))
        kept = rng.randrange(len(self.since) + 1)
        for number, change in enumerate(self.since):
            if mood == "all" or (mood == "some" and rng.random() < 0.5) or (mood == "prefix" and number < kept):
                self._keep(change)
        self.since = []
        for entry in {**self.durable, **self.entries}.values():
            if isinstance(entry, Folder):
                entry.settle(rng)

    def come_back(self, rng: random.Random) -> None:
        """What is durable is all there is."""
        self.entries = dict(self.durable)
        for entry in self.entries.values():
            entry.come_back(rng) if isinstance(entry, Folder) else entry.settle(rng)


def _put(entries: "dict[str, Inode | Folder]", name: str, entry: "Inode | Folder | None") -> None:
    if entry is None:
        entries.pop(name, None)
    else:
        entries[name] = entry


class SimulatedDisk(Files):
    """See the module. One for all the engines that share a log."""

    def __init__(self) -> None:
        self.root = Folder()
        self.bytes_read = 0
        self.opened_most = 0
        self._open: dict[int, Inode] = {}
        self._next_fd = 1000
        self._lock = threading.Condition()
        self._planned: list[tuple[str, int, int]] = []
        self._left: int | None = None

    # What tests do to it

    def fail(self, operation: str, error: int, *, written: int = 0) -> None:
        """The next `operation` (write, sync, truncate, rename, remove, sync_folder, open) fails."""
        self._planned.append((operation, error, written))

    def forgive(self) -> None:
        self._planned.clear()
        self._left = None

    def power_off_after(self, changes: int) -> None:
        """So many more operations that change something work; then all fail, until `crash`."""
        self._left = changes

    def crash(self, rng: random.Random) -> None:
        with self._lock:
            self.forgive()
            self._open.clear()
            self.root.settle(rng)
            self.root.come_back(rng)
            for inode in self.files().values():
                inode.links = 1
            self._lock.notify_all()

    def files(self, folder: Folder | None = None, prefix: str = "/") -> dict[str, Inode]:
        """All files by path."""
        found: dict[str, Inode] = {}
        for name, entry in (folder or self.root).entries.items():
            if isinstance(entry, Folder):
                found |= self.files(entry, f"{prefix}{name}/")
            else:
                found[prefix + name] = entry
        return found

    def _may(self, operation: str) -> tuple[int, int] | None:
        if self._left is not None:
            self._left -= 1
            if self._left < 0:
                return errno.EIO, 0
        for at, (name, error, written) in enumerate(self._planned):
            if name == operation:
                del self._planned[at]
                return error, written
        return None

    def _check(self, operation: str) -> None:
        planned = self._may(operation)
        if planned is not None:
            raise OSError(planned[0], os.strerror(planned[0]))

    # Paths

    def _find(self, path: str) -> "Inode | Folder | None":
        here: Inode | Folder = self.root
        for name in filter(None, path.split("/")):
            if not isinstance(here, Folder) or name not in here.entries:
                return None
            here = here.entries[name]
        return here

    def _parent(self, path: str) -> Folder:
        found = self._find(path.rpartition("/")[0])
        if not isinstance(found, Folder):
            raise FileNotFoundError(errno.ENOENT, "no such folder", path)
        return found

    def _inode(self, fd: int) -> Inode:
        inode = self._open.get(fd)
        if inode is None:
            raise OSError(errno.EBADF, "the handle is gone")
        return inode

    # Files

    def open(self, path: str, *, create: bool = False) -> int:
        with self._lock:
            self._check("open") if create else None
            found = self._find(path)
            if found is None:
                if not create:
                    raise FileNotFoundError(errno.ENOENT, "no such file", path)
                found = Inode()
                found.links = 1
                parent = self._parent(path)
                parent.change((parent, path.rpartition("/")[2], found))
            if isinstance(found, Folder):
                raise IsADirectoryError(errno.EISDIR, "a folder", path)
            self._next_fd += 1
            self._open[self._next_fd] = found
            self.opened_most = max(self.opened_most, len(self._open))
            return self._next_fd

    def close(self, fd: int) -> None:
        with self._lock:
            inode = self._open.pop(fd, None)
            if inode is not None and inode.owner == fd:
                inode.owner = None
                self._lock.notify_all()

    def read(self, fd: int, size: int, position: int) -> bytes:
        data = bytes(self._inode(fd).data[position : position + size])
        self.bytes_read += len(data)
        return data

    def write(self, fd: int, buffers: Sequence[bytes], position: int) -> None:
        with self._lock:
            inode, data = self._inode(fd), b"".join(buffers)
            planned = self._may("write")
            if planned is not None:
                data = data[: planned[1]]
            if data:
                inode.data.extend(bytes(max(position + len(data) - len(inode.data), 0)))
                inode.data[position : position + len(data)] = data
                inode.since.append((position, data))
            if planned is not None:
                raise OSError(planned[0], os.strerror(planned[0]))

    def sync(self, fd: int) -> None:
        with self._lock:
            inode = self._inode(fd)
            planned = self._may("sync")
            if planned is not None:
                inode.since = []  # as Linux does: the pages count as clean, and are not on disk
                raise OSError(planned[0], os.strerror(planned[0]))
            inode.durable, inode.since = self._after(inode), []

    @staticmethod
    def _after(inode: Inode) -> bytes:
        """What is on disk once all that counts as dirty is: not what a failed sync forgot."""
        after = bytearray(inode.durable)
        for change in inode.since:
            if isinstance(change, int):
                del after[change:]
                after.extend(bytes(change - len(after)))
            else:
                position, data = change
                after.extend(bytes(max(position + len(data) - len(after), 0)))
                after[position : position + len(data)] = data
        return bytes(after)

    def truncate(self, fd: int, size: int) -> None:
        with self._lock:
            inode = self._inode(fd)
            self._check("truncate")
            del inode.data[size:]
            inode.data.extend(bytes(size - len(inode.data)))
            inode.since.append(size)

    def size(self, fd: int) -> int:
        return len(self._inode(fd).data)

    def is_linked(self, fd: int) -> bool:
        return self._inode(fd).links > 0

    def lock(self, fd: int) -> None:
        with self._lock:
            inode = self._inode(fd)
            self._lock.wait_for(lambda: inode.owner in (None, fd), 30)
            inode.owner = fd

    def try_lock(self, fd: int) -> bool:
        with self._lock:
            inode = self._inode(fd)
            if inode.owner not in (None, fd):
                return False
            inode.owner = fd
            return True

    def unlock(self, fd: int) -> None:
        with self._lock:
            inode = self._inode(fd)
            if inode.owner == fd:
                inode.owner = None
                self._lock.notify_all()

    # Names

    def rename(self, source: str, target: str) -> None:
        with self._lock:
            self._check("rename")
            entry = self._find(source)
            if entry is None:
                raise FileNotFoundError(errno.ENOENT, "no such file", source)
            old, new = self._parent(source), self._parent(target)
            there = self._find(target)
            if isinstance(there, Folder) and there.entries:
                raise OSError(errno.ENOTEMPTY, "not empty", target)
            if isinstance(there, Inode):
                there.links -= 1
            new.change((new, target.rpartition("/")[2], entry), (old, source.rpartition("/")[2], None))

    def remove(self, path: str) -> None:
        with self._lock:
            self._check("remove")
            entry = self._find(path)
            if not isinstance(entry, Inode):
                raise FileNotFoundError(errno.ENOENT, "no such file", path)
            entry.links -= 1
            parent = self._parent(path)
            parent.change((parent, path.rpartition("/")[2], None))

    def remove_tree(self, path: str) -> None:
        with self._lock:
            self._check("remove")
            entry = self._find(path)
            if isinstance(entry, Folder):
                for inode in self.files(entry).values():
                    inode.links -= 1
            parent = self._parent(path)
            parent.change((parent, path.rpartition("/")[2], None))

    def make_folder(self, path: str) -> None:
        with self._lock:
            here = self.root
            for name in path.strip("/").split("/"):
                found = here.entries.get(name)
                if found is None:
                    found = Folder()
                    here.change((here, name, found))
                if not isinstance(found, Folder):
                    raise NotADirectoryError(errno.ENOTDIR, "a file", path)
                here = found

    def exists(self, path: str) -> bool:
        return self._find(path) is not None

    def is_folder(self, path: str) -> bool:
        return isinstance(self._find(path), Folder)

    def modified_s(self, path: str) -> float:
        return 0.0

    def names(self, folder: str) -> list[str]:
        found = self._find(folder)
        if not isinstance(found, Folder):
            raise FileNotFoundError(errno.ENOENT, "no such folder", folder)
        return sorted(found.entries)

    def path_size(self, path: str) -> int:
        found = self._find(path)
        if not isinstance(found, Inode):
            raise FileNotFoundError(errno.ENOENT, "no such file", path)
        return len(found.data)

    def sync_folder(self, path: str) -> None:
        with self._lock:
            self._check("sync_folder")
            found = self._find(path)
            if not isinstance(found, Folder):
                raise FileNotFoundError(errno.ENOENT, "no such folder", path)
            found.sync()
