"""The asynchronous client: the same as factstorm.client, awaited.

async with AsyncClient("https://facts.example.org", workspace="shop", key="...") as client:
    orders = client.stream("orders")
    await orders.append(Event("OrderPlaced", {"order_id": "o-1"}, key="o-1"))
    async for record in orders.tail(start="earliest"):
        ...
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from types import TracebackType
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from factstorm.async_batching import AsyncBatcher
from factstorm.async_group import AsyncGroup
from factstorm.errors import FactstormError, Unreachable
from factstorm.gathering import Batching
from factstorm.group_protocol import GroupOptions
from factstorm.http_protocol import (
    Encoder,
    Request,
    answer_of,
    append_request,
    appended_from,
    base_path,
    page_from,
    page_request,
)
from factstorm.records import Appended, Batch, Event, Gap, Page, Record
from factstorm.retrying import Retry, is_worth_it
from factstorm.tail_protocol import FRAME_BYTES_MAX, SUBPROTOCOL, TailOptions, TailState, tail_address


class AsyncClient:
    """One workspace of one server; the arguments are those of `factstorm.Client`. Belongs to one event loop."""

    def __init__(
        self,
        url: str,
        *,
        workspace: str,
        key: str,
        source: str | None = None,
        with_ids: bool = True,
        retry: Retry | None = None,
        timeout_s: float = 60.0,
    ) -> None:
        self.url = url.rstrip("/")
        self.workspace = workspace
        self.encoder = Encoder(source=source, with_ids=with_ids)
        self._key = key
        self._retry = retry or Retry()
        self._timeout_s = timeout_s
        self._http = httpx.AsyncClient(
            base_url=self.url, headers={"Authorization": f"Bearer {key}"}, timeout=timeout_s, trust_env=False
        )

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Let go of the connections. Batchers are to be closed before."""
        await self._http.aclose()

    def stream(self, name: str) -> AsyncStream:
        """A stream; whether it exists shows when it is used."""
        return AsyncStream(self, name)

    async def streams(self) -> list[dict[str, Any]]:
        """The streams that the key may read, as the API describes them."""
        answer = await self.call(Request("GET", f"{base_path(self.workspace)}/streams"))
        found: list[dict[str, Any]] = answer["streams"]
        return found

    async def call(self, request: Request) -> Any:
        """Send it, again where that helps. The JSON of the answer. Raises ApiError, Unreachable."""
        waits = self._retry.waits()
        for attempt in range(1, self._retry.attempts + 1):
            try:
                return await self._send(request)
            except FactstormError as error:
                if attempt == self._retry.attempts or not is_worth_it(error, repeatable=request.repeatable):
                    raise
                await asyncio.sleep(self._retry.wait_before_next(error, next(waits)))
        raise ValueError("Retry.attempts is at least 1")

    async def _send(self, request: Request) -> Any:
        headers = {} if request.body is None else {"Content-Type": request.content_type}
        try:
            answer = await self._http.request(
                request.method, request.path, params=dict(request.query), content=request.body, headers=headers
            )
        except httpx.TransportError as error:
            unsure = not isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
            raise Unreachable(f"{self.url} did not answer: {error!r}", unsure=unsure) from error
        return answer_of(answer.status_code, answer.headers, answer.content)

    async def open_socket(self, address: str, subprotocol: str) -> ClientConnection:
        """A websocket of this server. Raises Unreachable."""
        try:
            return await connect(
                address,
                additional_headers={"Authorization": f"Bearer {self._key}"},
                subprotocols=[subprotocol],  # type: ignore[list-item]
                compression=None,
                max_size=FRAME_BYTES_MAX,
                open_timeout=self._timeout_s,
                proxy=None,
            )
        except (OSError, InvalidHandshake, ConnectionClosed) as error:
            raise Unreachable(f"{self.url} takes no websocket: {error!r}", unsure=False) from error

    @property
    def retry(self) -> Retry:
        """How this client tries again."""
        return self._retry


class AsyncStream:
    """A stream of the workspace; what `factstorm.client.Stream` does, awaited."""

    def __init__(self, client: AsyncClient, name: str) -> None:
        self.client = client
        self.name = name
        self._base = base_path(client.workspace)

    async def append(self, event: Event) -> Appended:
        """Store one event. Returns when it is on the server's disk."""
        return await self.append_many([event])

    async def append_many(self, events: Sequence[Event], *, partial: bool = False) -> Appended:
        """Store the events in one request: all of them, or none (`partial`: the good ones; see `Appended.refused`)."""
        return await self.append_lines([self.client.encoder.line(event) for event in events], partial=partial)

    async def append_lines(self, lines: Sequence[tuple[bytes, bool]], *, partial: bool = False) -> Appended:
        """The same for events that `client.encoder.line` has encoded."""
        request = append_request(self._base, self.name, lines, partial=partial)
        return appended_from(await self.client.call(request), count=len(lines))

    def batcher(
        self, batching: Batching | None = None, *, on_failure: Callable[[Event, Exception], None] | None = None
    ) -> AsyncBatcher:
        """Gathers events of many `add` calls into few requests. Use it in `async with`."""
        return AsyncBatcher(self, batching or Batching(), on_failure=on_failure)

    async def page(
        self, *, start: str = "earliest", limit: int = 1_000, types: Sequence[str] = (), wait_s: int = 0
    ) -> Page:
        """One answer of records from `start` on. Raises PositionGone."""
        request = page_request(self._base, self.name, start=start, limit=limit, types=types, wait_s=wait_s)
        return page_from(await self.client.call(request))

    async def read(
        self, *, start: str = "earliest", types: Sequence[str] = (), page_records: int = 1_000
    ) -> AsyncIterator[Record]:
        """All records from `start` to the end as it then is."""
        while True:
            page = await self.page(start=start, limit=page_records, types=types)
            for record in page.records:
                yield record
            if page.caught_up or page.next == start:
                return
            start = page.next

    def tail(
        self,
        *,
        start: str = "latest",
        types: Sequence[str] = (),
        window: int = 5_000,
        on_gap: Callable[[Sequence[Gap]], None] | None = None,
    ) -> AsyncTail:
        """Records as they come, for ever, through any interruption. `window` bounds what is on its way."""
        return AsyncTail(self, TailOptions(start, tuple(types), window, on_gap))

    def group(
        self,
        name: str,
        *,
        client: str = "",
        start: str = "earliest",
        session_timeout_s: float = 30.0,
        window: int = 2_000,
        auto_commit: bool = True,
    ) -> AsyncGroup:
        """Join a consumer group: its members share the stream's partitions, and it remembers how far it is done.

        `client` names this member where people look; `start` counts where the group is new. A member that is silent for
        `session_timeout_s` is put out. Joins when it is first iterated over.
        """
        return AsyncGroup(self, GroupOptions(name, client, start, session_timeout_s, window, auto_commit))


class AsyncTail:
    """What `factstorm.client.Tail` does, with `async for`. Cancelling the task that iterates ends it."""

    def __init__(self, stream: AsyncStream, options: TailOptions) -> None:
        self._stream = stream
        self._state = TailState(options)
        self._socket: ClientConnection | None = None
        self._closed = False

    async def __aenter__(self) -> AsyncTail:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def position(self) -> str:
        """After the last batch that was dealt with; what `start` was until the server has answered."""
        return self._state.position

    @property
    def caught_up(self) -> bool:
        """Whether all that was stored had been received when the server last said so."""
        return self._state.caught_up

    async def close(self) -> None:
        """End the iteration."""
        self._closed = True
        await self._hang_up()

    async def __aiter__(self) -> AsyncIterator[Record]:
        async for batch in self.batches():
            for record in batch.records:
                yield record

    async def batches(self, *, idle_s: float | None = None) -> AsyncIterator[Batch]:
        """Batches of records. `idle_s`: end when so long nothing came (None: never)."""
        client = self._stream.client
        waits = client.retry.waits()
        address = tail_address(client.url, client.workspace, self._stream.name)
        while not self._closed:
            try:
                socket = self._socket = await client.open_socket(address, SUBPROTOCOL)
                await socket.send(self._state.subscribe())
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
                await self._hang_up()

    async def _of_connection(self, socket: ClientConnection, idle_s: float | None) -> AsyncIterator[Batch]:
        while not self._closed:
            try:
                async with asyncio.timeout(idle_s):
                    batch = self._state.take(await socket.recv())
            except TimeoutError:
                return
            except ConnectionClosed:
                if self._closed:
                    return
                raise
            if batch is None:
                continue
            yield batch
            answer = self._state.done(batch)
            if answer is not None:
                await socket.send(answer)

    def _told(self, error: ConnectionClosed) -> FactstormError:
        received = error.rcvd
        return self._state.closed(
            None if received is None else received.code, "" if received is None else received.reason
        )

    async def _hang_up(self) -> None:
        socket, self._socket = self._socket, None
        if socket is not None:
            await socket.close()
