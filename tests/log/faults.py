"""A file layer that fails on demand."""

import errno
import threading
from collections.abc import Callable, Sequence

from broker_adapter.log.files import Files


class FaultyFiles(Files):
    """`fail(operation, error)` makes the next call of that operation fail; `short_by` bytes are written before it does.

    `when` narrows it to calls with a matching first argument (a file descriptor or path).
    """

    def __init__(self) -> None:
        self._planned: list[tuple[str, int, int | None]] = []
        self._lock = threading.Lock()
        self.calls: list[str] = []
        self.dies_after: int | None = None  # so many more changes are made; then all fail, as if the machine were off

    def fail(self, operation: str, error: int, *, times: int = 1, written: int | None = None) -> None:
        self._planned += [(operation, error, written)] * times

    @property
    def armed(self) -> bool:
        return bool(self._planned)

    def _planned_for(self, operation: str) -> tuple[int, int | None] | None:
        with self._lock:
            if self.dies_after is not None:
                self.dies_after -= 1
                if self.dies_after < 0:
                    return errno.EIO, None
            self.calls.append(operation)
            for at, (name, error, written) in enumerate(self._planned):
                if name == operation:
                    del self._planned[at]
                    return error, written
        return None

    def _maybe(self, operation: str) -> None:
        planned = self._planned_for(operation)
        if planned is not None:
            raise OSError(planned[0], errno.errorcode[planned[0]])

    def write(self, fd: int, buffers: Sequence[bytes], position: int) -> None:
        planned = self._planned_for("write")
        if planned is not None:
            if planned[1]:
                super().write(fd, [b"".join(buffers)[: planned[1]]], position)
            raise OSError(planned[0], errno.errorcode[planned[0]])
        super().write(fd, buffers, position)

    def sync(self, fd: int) -> None:
        self._maybe("sync")
        super().sync(fd)

    def truncate(self, fd: int, size: int) -> None:
        self._maybe("truncate")
        super().truncate(fd, size)

    def rename(self, source: str, target: str) -> None:
        self._maybe("rename")
        super().rename(source, target)

    def remove(self, path: str) -> None:
        self._maybe("remove")
        super().remove(path)

    def sync_folder(self, path: str) -> None:
        self._maybe("sync_folder")
        super().sync_folder(path)


Plan = Callable[[FaultyFiles], None]
