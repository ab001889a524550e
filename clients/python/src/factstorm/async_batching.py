"""The batcher for event loops: many `add` calls become few requests, one after the other, so order is kept."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING

from factstorm.batching import ERRORS_KEPT_MAX
from factstorm.errors import AppendsFailed, FactstormError
from factstorm.gathering import Batching, Gathered
from factstorm.records import Event, Place

if TYPE_CHECKING:
    from factstorm.async_client import AsyncStream

Promise = tuple[Event, "asyncio.Future[Place]"]


class AsyncBatcher:
    """`await add(event)` queues it and gives a future of its place; see `factstorm.batching.Batcher`."""

    def __init__(
        self, stream: AsyncStream, batching: Batching, *, on_failure: Callable[[Event, Exception], None] | None = None
    ) -> None:
        self._stream = stream
        self._batching = batching
        self._on_failure = on_failure
        self._queue: deque[Gathered[Promise]] = deque()
        self._changed = asyncio.Condition()
        self._news = asyncio.Event()
        self._pending = 0
        self._pending_bytes = 0
        self._hurry = False
        self._closed = False
        self._failed = 0
        self._errors: list[Exception] = []
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> AsyncBatcher:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.close(raises=kind is None)

    async def add(self, event: Event) -> asyncio.Future[Place]:
        """Queue the event; waits while too much is pending. Raises TypeError, ValueError, RuntimeError when closed."""
        line = self._stream.client.encoder.line(event)
        size = len(line[0]) + 1
        if self._pending and not self._has_room(size):
            async with self._changed:
                await self._changed.wait_for(lambda: self._closed or not self._pending or self._has_room(size))
        if self._closed:
            raise RuntimeError("The batcher is closed.")
        loop = asyncio.get_running_loop()
        if self._task is None:
            self._task = asyncio.create_task(self._work())
        if not self._queue or self._queue[-1].is_full(self._batching):
            self._queue.append(Gathered(loop.time() + self._batching.linger_s))
            self._news.set()
        future: asyncio.Future[Place] = loop.create_future()
        self._queue[-1].add(line, event.type, (event, future))
        self._pending += 1
        self._pending_bytes += size
        if self._queue[-1].is_full(self._batching):
            self._news.set()
        return future

    async def flush(self) -> None:
        """Send what is there and wait until all is settled. Raises AppendsFailed."""
        self._hurry = True
        self._news.set()
        async with self._changed:
            await self._changed.wait_for(lambda: not self._pending)
        self._hurry = False
        self._raise_failures()

    async def close(self, *, raises: bool = True) -> None:
        """Flush, and end. Raises AppendsFailed, unless told not to."""
        self._closed = True
        self._news.set()
        if self._task is not None:
            await self._task
        if raises:
            self._raise_failures()

    def _has_room(self, size: int) -> bool:
        return self._pending_bytes + size <= self._batching.pending_bytes_max

    def _raise_failures(self) -> None:
        count, errors = self._failed, self._errors
        self._failed, self._errors = 0, []
        if count:
            raise AppendsFailed(count, errors)

    async def _work(self) -> None:
        while (gathered := await self._next()) is not None:
            outcomes: list[Place | FactstormError]
            try:
                outcomes = gathered.outcomes(await self._stream.append_lines(gathered.lines, partial=True))
            except FactstormError as error:
                outcomes = [error] * len(gathered.lines)
            except Exception as error:  # a fault of ours must not leave anybody waiting
                outcomes = [FactstormError(f"The batch failed: {error!r}")] * len(gathered.lines)
            await self._settle(gathered, outcomes)

    async def _next(self) -> Gathered[Promise] | None:
        loop = asyncio.get_running_loop()
        while True:
            self._news.clear()
            if not self._queue:
                if self._closed:
                    return None
                await self._news.wait()
                continue
            first = self._queue[0]
            left_s = first.due_at - loop.time()
            if first.is_full(self._batching) or left_s <= 0 or self._hurry or self._closed:
                return self._queue.popleft()
            try:
                async with asyncio.timeout(left_s):
                    await self._news.wait()
            except TimeoutError:
                pass

    async def _settle(self, gathered: Gathered[Promise], outcomes: list[Place | FactstormError]) -> None:
        for (event, future), outcome in zip(gathered.promises, outcomes, strict=True):
            if isinstance(outcome, Place):
                if not future.done():
                    future.set_result(outcome)
                continue
            if not future.done():
                future.set_exception(outcome)
                future.exception()  # looked at: told by flush or on_failure, even if nobody awaits the future
            if self._on_failure is not None:
                self._on_failure(event, outcome)
            else:
                self._failed += 1
                if len(self._errors) < ERRORS_KEPT_MAX:
                    self._errors.append(outcome)
        async with self._changed:
            self._pending -= len(outcomes)
            self._pending_bytes -= gathered.size
            self._changed.notify_all()
