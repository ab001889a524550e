"""The batcher: many `add` calls become few requests, sent by a thread, one after the other, so order is kept."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from types import TracebackType
from typing import TYPE_CHECKING

from factstorm.errors import AppendsFailed, FactstormError
from factstorm.gathering import Batching, Gathered
from factstorm.records import Event, Place

if TYPE_CHECKING:
    from factstorm.client import Stream

ERRORS_KEPT_MAX = 100
Promise = tuple[Event, "Future[Place]"]


class Batcher:
    """`add` gives a future of the event's place. Good events are stored even if others of their batch are refused.

    `flush` and leaving the `with` block wait for all, and raise AppendsFailed for what was not stored, unless
    `on_failure(event, error)` was given to hear of it. Thread-safe.
    """

    def __init__(
        self, stream: Stream, batching: Batching, *, on_failure: Callable[[Event, Exception], None] | None = None
    ) -> None:
        self._stream = stream
        self._batching = batching
        self._on_failure = on_failure
        self._changed = threading.Condition()
        self._queue: deque[Gathered[Promise]] = deque()
        self._pending = 0
        self._pending_bytes = 0
        self._hurry = False
        self._closed = False
        self._failed = 0
        self._errors: list[Exception] = []
        self._thread = threading.Thread(target=self._work, name=f"factstorm-{stream.name}", daemon=True)
        self._thread.start()

    def __enter__(self) -> Batcher:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close(raises=kind is None)

    def add(self, event: Event) -> Future[Place]:
        """Queue the event; waits while too much is pending. The future raises RecordRefused or what the append raised.

        Raises TypeError or ValueError for data that JSON can't say, RuntimeError when closed.
        """
        line = self._stream.client.encoder.line(event)
        size = len(line[0]) + 1
        future: Future[Place] = Future()
        with self._changed:
            self._changed.wait_for(lambda: self._closed or not self._pending or self._has_room(size))
            if self._closed:
                raise RuntimeError("The batcher is closed.")
            if not self._queue or self._queue[-1].is_full(self._batching):
                self._queue.append(Gathered(time.monotonic() + self._batching.linger_s))
                self._changed.notify_all()
            self._queue[-1].add(line, event.type, (event, future))
            self._pending += 1
            self._pending_bytes += size
            if self._queue[-1].is_full(self._batching):
                self._changed.notify_all()
        return future

    def flush(self) -> None:
        """Send what is there and wait until all is settled. Raises AppendsFailed."""
        with self._changed:
            self._hurry = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: not self._pending)
            self._hurry = False
        self._raise_failures()

    def close(self, *, raises: bool = True) -> None:
        """Flush, and end the thread. Raises AppendsFailed, unless told not to."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join()
        if raises:
            self._raise_failures()

    def _has_room(self, size: int) -> bool:
        return self._pending_bytes + size <= self._batching.pending_bytes_max

    def _raise_failures(self) -> None:
        with self._changed:
            count, errors = self._failed, self._errors
            self._failed, self._errors = 0, []
        if count:
            raise AppendsFailed(count, errors)

    def _work(self) -> None:
        while (gathered := self._next()) is not None:
            outcomes: list[Place | FactstormError]
            try:
                outcomes = gathered.outcomes(self._stream.append_lines(gathered.lines, partial=True))
            except FactstormError as error:
                outcomes = [error] * len(gathered.lines)
            except Exception as error:  # a fault of ours must not leave anybody waiting
                outcomes = [FactstormError(f"The batch failed: {error!r}")] * len(gathered.lines)
            self._settle(gathered, outcomes)

    def _next(self) -> Gathered[Promise] | None:
        """The next request's events, once they are due; None: closed, and all is sent."""
        with self._changed:
            while True:
                if not self._queue:
                    if self._closed:
                        return None
                    self._changed.wait()
                    continue
                first = self._queue[0]
                left_s = first.due_at - time.monotonic()
                if first.is_full(self._batching) or left_s <= 0 or self._hurry or self._closed:
                    return self._queue.popleft()
                self._changed.wait(left_s)

    def _settle(self, gathered: Gathered[Promise], outcomes: list[Place | FactstormError]) -> None:
        for (event, future), outcome in zip(gathered.promises, outcomes, strict=True):
            if isinstance(outcome, Place):
                future.set_result(outcome)
                continue
            future.set_exception(outcome)
            if self._on_failure is not None:
                self._on_failure(event, outcome)
            else:
                self._failed += 1
                if len(self._errors) < ERRORS_KEPT_MAX:
                    self._errors.append(outcome)
        with self._changed:
            self._pending -= len(outcomes)
            self._pending_bytes -= gathered.size
            self._changed.notify_all()
