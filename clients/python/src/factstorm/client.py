"""The synchronous client.

with Client("https://facts.example.org", workspace="shop", key="...") as client:
    orders = client.stream("orders")
    orders.append(Event("OrderPlaced", {"order_id": "o-1"}, key="o-1"))
    for record in orders.tail(start="earliest"):
        ...

Thread-safe, but for one tail: that belongs to one thread at a time.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Any

import httpx
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import ClientConnection, connect

from factstorm.batching import Batcher
from factstorm.errors import FactstormError, Unreachable
from factstorm.gathering import Batching
from factstorm.group import Group
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


class Client:
    """One workspace of one server. `source` names this writer in its events; by default one of its own each time.

    `with_ids=False` sends events without ids unless they bring their own: less work for the server, but then an append
    that nobody answered is not sent again, since it may have been stored.
    """

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
        self._http = httpx.Client(
            base_url=self.url, headers={"Authorization": f"Bearer {key}"}, timeout=timeout_s, trust_env=False
        )

    def __enter__(self) -> Client:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connections. Batchers are to be closed before."""
        self._http.close()

    def stream(self, name: str) -> Stream:
        """A stream; whether it exists shows when it is used."""
        return Stream(self, name)

    def streams(self) -> list[dict[str, Any]]:
        """The streams that the key may read, as the API describes them."""
        found: list[dict[str, Any]] = self.call(Request("GET", f"{base_path(self.workspace)}/streams"))["streams"]
        return found

    def call(self, request: Request) -> Any:
        """Send it, again where that helps. The JSON of the answer. Raises ApiError, Unreachable."""
        waits = self._retry.waits()
        for attempt in range(1, self._retry.attempts + 1):
            try:
                return self._send(request)
            except FactstormError as error:
                if attempt == self._retry.attempts or not is_worth_it(error, repeatable=request.repeatable):
                    raise
                time.sleep(self._retry.wait_before_next(error, next(waits)))
        raise ValueError("Retry.attempts is at least 1")

    def _send(self, request: Request) -> Any:
        headers = {} if request.body is None else {"Content-Type": request.content_type}
        try:
            answer = self._http.request(
                request.method, request.path, params=dict(request.query), content=request.body, headers=headers
            )
        except httpx.TransportError as error:
            unsure = not isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
            raise Unreachable(f"{self.url} did not answer: {error!r}", unsure=unsure) from error
        return answer_of(answer.status_code, answer.headers, answer.content)

    @contextlib.contextmanager
    def open_socket(self, address: str, subprotocol: str) -> Iterator[ClientConnection]:
        """A websocket of this server. Raises Unreachable."""
        with contextlib.ExitStack() as open_sockets:
            try:
                socket = open_sockets.enter_context(
                    connect(
                        address,
                        additional_headers={"Authorization": f"Bearer {self._key}"},
                        subprotocols=[subprotocol],  # type: ignore[list-item]
                        compression=None,
                        max_size=FRAME_BYTES_MAX,
                        open_timeout=self._timeout_s,
                        proxy=None,
                    )
                )
            except (OSError, InvalidHandshake, ConnectionClosed) as error:
                raise Unreachable(f"{self.url} takes no websocket: {error!r}", unsure=False) from error
            yield socket

    @property
    def retry(self) -> Retry:
        """How this client tries again."""
        return self._retry


class Stream:
    """A stream of the workspace."""

    def __init__(self, client: Client, name: str) -> None:
        self.client = client
        self.name = name
        self._base = base_path(client.workspace)

    def append(self, event: Event) -> Appended:
        """Store one event. Returns when it is on the server's disk. Raises what `append_many` does."""
        return self.append_many([event])

    def append_many(self, events: Sequence[Event], *, partial: bool = False) -> Appended:
        """Store the events in one request: all of them, or none (`partial`: the good ones; see `Appended.refused`).

        Raises InvalidRecords, NotSignedIn, Forbidden, NotFound, Malformed, Busy, StorageFull, ServerFailed,
        Unreachable.
        """
        return self.append_lines([self.client.encoder.line(event) for event in events], partial=partial)

    def append_lines(self, lines: Sequence[tuple[bytes, bool]], *, partial: bool = False) -> Appended:
        """The same for events that `client.encoder.line` has encoded."""
        request = append_request(self._base, self.name, lines, partial=partial)
        return appended_from(self.client.call(request), count=len(lines))

    def batcher(
        self, batching: Batching | None = None, *, on_failure: Callable[[Event, Exception], None] | None = None
    ) -> Batcher:
        """Gathers events of many `add` calls into few requests, in a thread of its own. Use it in `with`."""
        return Batcher(self, batching or Batching(), on_failure=on_failure)

    def page(self, *, start: str = "earliest", limit: int = 1_000, types: Sequence[str] = (), wait_s: int = 0) -> Page:
        """One answer of records from `start` on: a position, `earliest`, `latest`, `last:<n>`, `time:<RFC 3339>` or
        `offset:<partition>:<offset>`. `wait_s`: where nothing is there yet, wait so long for it, up to 30.

        Raises PositionGone.
        """
        request = page_request(self._base, self.name, start=start, limit=limit, types=types, wait_s=wait_s)
        return page_from(self.client.call(request))

    def read(
        self, *, start: str = "earliest", types: Sequence[str] = (), page_records: int = 1_000
    ) -> Iterator[Record]:
        """All records from `start` to the end as it then is."""
        while True:
            page = self.page(start=start, limit=page_records, types=types)
            yield from page.records
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
    ) -> Tail:
        """Records as they come, for ever, through any interruption. `window` bounds what is on its way."""
        return Tail(self, TailOptions(start, tuple(types), window, on_gap))

    def group(
        self,
        name: str,
        *,
        client: str = "",
        start: str = "earliest",
        session_timeout_s: float = 30.0,
        window: int = 2_000,
        auto_commit: bool = True,
    ) -> Group:
        """Join a consumer group: its members share the stream's partitions, and it remembers how far it is done.

        `client` names this member where people look; `start` counts where the group is new. A member that is silent for
        `session_timeout_s` is put out. Joins when it is first iterated over.
        """
        return Group(self, GroupOptions(name, client, start, session_timeout_s, window, auto_commit))


class Tail:
    """Iterate over it for records, or over `batches()` for records as they arrived together.

    `position` moves when the next record (or batch) after them is asked for: what was handed out is then dealt with.
    Keep it with your own writes and give it as `start` to go on after a restart. Lost connections are opened again from
    there, for as long as it takes; what can't be mended raises: PositionGone, TailEnded, NotSignedIn.
    """

    def __init__(self, stream: Stream, options: TailOptions) -> None:
        self._stream = stream
        self._state = TailState(options)
        self._socket: ClientConnection | None = None
        self._closed = threading.Event()

    def __enter__(self) -> Tail:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @property
    def position(self) -> str:
        """After the last batch that was dealt with; what `start` was until the server has answered."""
        return self._state.position

    @property
    def caught_up(self) -> bool:
        """Whether all that was stored had been received when the server last said so."""
        return self._state.caught_up

    def close(self) -> None:
        """End the iteration; from any thread."""
        self._closed.set()
        socket, self._socket = self._socket, None
        if socket is not None:
            socket.close()

    def __iter__(self) -> Iterator[Record]:
        for batch in self.batches():
            yield from batch.records

    def batches(self, *, idle_s: float | None = None) -> Iterator[Batch]:
        """Batches of records. `idle_s`: end when so long nothing came (None: never)."""
        client = self._stream.client
        waits = client.retry.waits()
        address = tail_address(client.url, client.workspace, self._stream.name)
        while not self._closed.is_set():
            try:
                with client.open_socket(address, SUBPROTOCOL) as socket:
                    self._socket = socket
                    socket.send(self._state.subscribe())
                    for batch in self._of_connection(socket, idle_s):
                        waits = client.retry.waits()
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

    def _of_connection(self, socket: ClientConnection, idle_s: float | None) -> Iterator[Batch]:
        """Until it is idle, or closed by us. Raises ConnectionClosed when it broke."""
        while not self._closed.is_set():
            try:
                batch = self._state.take(socket.recv(idle_s))
            except TimeoutError:
                return
            except ConnectionClosed:
                if self._closed.is_set():
                    return
                raise
            if batch is None:
                continue
            yield batch
            answer = self._state.done(batch)
            if answer is not None:
                socket.send(answer)

    def _told(self, error: ConnectionClosed) -> FactstormError:
        received = error.rcvd
        return self._state.closed(
            None if received is None else received.code, "" if received is None else received.reason
        )
