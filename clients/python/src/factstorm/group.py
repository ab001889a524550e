"""A member of a consumer group, for threads: see `Stream.group`."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from types import TracebackType
from typing import TYPE_CHECKING

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from factstorm.errors import CommitRefused, FactstormError, Unreachable
from factstorm.group_protocol import SUBPROTOCOL, GroupBatch, GroupOptions, GroupState, group_address
from factstorm.records import Record

if TYPE_CHECKING:
    from factstorm.client import Stream


class Group:
    """Iterate over it for records, or over `batches()` for records with what to commit.

    A batch is committed when the next one is asked for: whatever it was, a crash before that brings it again. With
    `auto_commit=False` nothing is committed but by `commit(batch)`. The group hears that this member is alive from a
    thread, however long a batch takes. Lost connections are joined again, for as long as it takes.
    """

    def __init__(self, stream: Stream, options: GroupOptions) -> None:
        self._stream = stream
        self._options = options
        self._state = GroupState(options)
        self._socket: ClientConnection | None = None
        self._closed = threading.Event()

    def __enter__(self) -> Group:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @property
    def partitions(self) -> tuple[int, ...]:
        """Those that are this member's at the moment."""
        return tuple(self._state.partitions)

    @property
    def generation(self) -> int:
        """Grows with every new dealing of partitions."""
        return self._state.generation

    def close(self) -> None:
        """Leave: others take over at once. From any thread."""
        self._closed.set()
        socket, self._socket = self._socket, None
        if socket is not None:
            socket.close()

    def __iter__(self) -> Iterator[Record]:
        for batch in self.batches():
            yield from batch.records

    def batches(self, *, idle_s: float | None = None) -> Iterator[GroupBatch]:
        """Batches of this member's partitions. `idle_s`: end, and leave, when so long nothing came (None: never)."""
        retry = self._stream.client.retry
        waits = retry.waits()
        address = group_address(
            self._stream.client.url, self._stream.client.workspace, self._stream.name, self._options.group
        )
        while not self._closed.is_set():
            try:
                with self._stream.client.open_socket(address, SUBPROTOCOL) as socket:
                    self._socket = socket
                    socket.send(self._state.join())
                    threading.Thread(target=self._stay, args=(socket,), daemon=True).start()
                    for batch in self._of_connection(socket, idle_s):
                        waits = retry.waits()
                        yield batch
                return
            except Unreachable:
                self._closed.wait(next(waits))
            except ConnectionClosed as error:
                told = self._told(error)
                if not isinstance(told, Unreachable):
                    raise told from error
                self._closed.wait(next(waits))
            finally:
                self._socket = None

    def commit(self, batch: GroupBatch) -> None:
        """Everything up to the end of the batch is dealt with. Returns when the group knows.

        Raises CommitRefused: another member has these partitions by now, or somebody reset them.
        """
        socket = self._socket
        made = self._state.commit(batch, awaited=True)
        if made is None or socket is None:
            raise CommitRefused("stale_generation", "These partitions are no longer this member's.")
        ref, frame = made
        try:
            socket.send(frame)
            while not self._state.is_answered(ref):
                self._state.take(socket.recv())
        except ConnectionClosed as error:
            raise Unreachable("The connection was lost before the commit was answered.", unsure=True) from error

    def _of_connection(self, socket: ClientConnection, idle_s: float | None) -> Iterator[GroupBatch]:
        while not self._closed.is_set():
            while not self._state.batches:
                try:
                    self._state.take(socket.recv(idle_s))
                except TimeoutError:
                    return
                except ConnectionClosed:
                    if self._closed.is_set():
                        return
                    raise
            batch = self._state.batches.popleft()
            yield batch
            if self._closed.is_set():
                return
            if self._options.auto_commit and (made := self._state.commit(batch, awaited=False)):
                socket.send(made[1])
            if (credit := self._state.dealt_with(batch)) is not None:
                socket.send(credit)

    def _stay(self, socket: ClientConnection) -> None:
        """Say that we are here, while this connection is the one."""
        while not self._closed.wait(self._options.session_timeout_s / 3):
            if self._socket is not socket:
                return
            try:
                socket.send('{"t":"ping"}')
            except ConnectionClosed:
                return

    def _told(self, error: ConnectionClosed) -> FactstormError:
        received = error.rcvd
        return self._state.closed(
            None if received is None else received.code, "" if received is None else received.reason
        )
