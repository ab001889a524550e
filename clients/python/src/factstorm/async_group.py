"""A member of a consumer group, for event loops: see `AsyncStream.group`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from types import TracebackType
from typing import TYPE_CHECKING

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from factstorm.errors import CommitRefused, FactstormError, Unreachable
from factstorm.group_protocol import SUBPROTOCOL, GroupBatch, GroupOptions, GroupState, group_address
from factstorm.records import Record

if TYPE_CHECKING:
    from factstorm.async_client import AsyncStream


class AsyncGroup:
    """What `factstorm.group.Group` does, with `async for`. The sign of life is a task: don't block the event loop."""

    def __init__(self, stream: AsyncStream, options: GroupOptions) -> None:
        self._stream = stream
        self._options = options
        self._state = GroupState(options)
        self._socket: ClientConnection | None = None
        self._closed = False

    async def __aenter__(self) -> AsyncGroup:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def partitions(self) -> tuple[int, ...]:
        """Those that are this member's at the moment."""
        return tuple(self._state.partitions)

    @property
    def generation(self) -> int:
        """Grows with every new dealing of partitions."""
        return self._state.generation

    async def close(self) -> None:
        """Leave: others take over at once."""
        self._closed = True
        await self._hang_up()

    async def __aiter__(self) -> AsyncIterator[Record]:
        async for batch in self.batches():
            for record in batch.records:
                yield record

    async def batches(self, *, idle_s: float | None = None) -> AsyncIterator[GroupBatch]:
        """Batches of this member's partitions. `idle_s`: end, and leave, when so long nothing came (None: never)."""
        client = self._stream.client
        waits = client.retry.waits()
        address = group_address(client.url, client.workspace, self._stream.name, self._options.group)
        while not self._closed:
            staying: asyncio.Task[None] | None = None
            try:
                socket = self._socket = await client.open_socket(address, SUBPROTOCOL)
                await socket.send(self._state.join())
                staying = asyncio.create_task(self._stay(socket))
                async for batch in self._of_connection(socket, idle_s):
                    waits = client.retry.waits()
                    yield batch
                return
            except Unreachable:
                await asyncio.sleep(next(waits))
            except ConnectionClosed as error:
                told = self._told(error)
                if not isinstance(told, Unreachable):
                    raise told from error
                await asyncio.sleep(next(waits))
            finally:
                if staying is not None:
                    staying.cancel()
                await self._hang_up()

    async def commit(self, batch: GroupBatch) -> None:
        """Everything up to the end of the batch is dealt with. Returns when the group knows. Raises CommitRefused."""
        socket = self._socket
        made = self._state.commit(batch, awaited=True)
        if made is None or socket is None:
            raise CommitRefused("stale_generation", "These partitions are no longer this member's.")
        ref, frame = made
        try:
            await socket.send(frame)
            while not self._state.is_answered(ref):
                self._state.take(await socket.recv())
        except ConnectionClosed as error:
            raise Unreachable("The connection was lost before the commit was answered.", unsure=True) from error

    async def _of_connection(self, socket: ClientConnection, idle_s: float | None) -> AsyncIterator[GroupBatch]:
        while not self._closed:
            while not self._state.batches:
                try:
                    async with asyncio.timeout(idle_s):
                        self._state.take(await socket.recv())
                except TimeoutError:
                    return
                except ConnectionClosed:
                    if self._closed:
                        return
                    raise
            batch = self._state.batches.popleft()
            yield batch
            if self._closed:
                return
            if self._options.auto_commit and (made := self._state.commit(batch, awaited=False)):
                await socket.send(made[1])
            if (credit := self._state.dealt_with(batch)) is not None:
                await socket.send(credit)

    async def _stay(self, socket: ClientConnection) -> None:
        try:
            while True:
                await asyncio.sleep(self._options.session_timeout_s / 3)
                await socket.send('{"t":"ping"}')
        except ConnectionClosed:
            pass

    def _told(self, error: ConnectionClosed) -> FactstormError:
        received = error.rcvd
        return self._state.closed(
            None if received is None else received.code, "" if received is None else received.reason
        )

    async def _hang_up(self) -> None:
        socket, self._socket = self._socket, None
        if socket is not None:
            await socket.close()
