"""Group commit: concurrent publishers of one partition share one write and one sync.

Each partition has a queue of parts and at most one *leader*, whoever commits. A publisher that waits for its append
leads if nobody does: it takes everything queued (up to group_bytes_max), commits it, and passes the lead on to whoever
owns the next part in the queue: a waiting publisher, through its inbox, or the pool for parts queued by append_soon.
While a leader waits for the disk (without the GIL) the next group gathers. An idle partition has no thread.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Collection
from queue import Empty, SimpleQueue
from typing import Protocol

from broker_adapter.log.appending import Intake, Part, PendingAppend, StoredIds
from broker_adapter.log.batch import Body
from broker_adapter.log.errors import LogError, LogUnavailable, Overloaded, PositionConflict


class PartitionWriter(Protocol):
    """The storing side of a partition. Between `begin` and `end` no other thread or process appends to it."""

    partition: int

    def begin(self) -> int:
        """Lock, catch up with other processes, mend what a dead one left. Returns the next offset. Raises LogError."""

    def write(self, bodies: list[Body], *, appended_ms: int) -> list[int]:
        """Store and sync; the base offset of each. Raises LogError, and then nothing is acknowledged."""

    def end(self) -> None: ...

    def stored_ids(self, from_offset: int) -> list[StoredIds]:
        """What recognises the records of all batches from an offset on, oldest first."""

    def key_ends(self, keys: Collection[bytes]) -> dict[bytes, int]:
        """The offset after the newest record of each key, 0 if there is none. Between `begin` and `end` only."""


class Budget:
    """Bytes on their way, bounded. One append larger than the bound is let through when nothing else is queued."""

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self._used = 0
        self._free = threading.Condition()

    def take(self, size: int, *, wait_s: float) -> None:
        """Raises Overloaded if there is no room within `wait_s` seconds."""
        with self._free:
            if self._used and self._used + size > self._bytes_max:
                fits = lambda: not self._used or self._used + size <= self._bytes_max  # noqa: E731
                if not wait_s or not self._free.wait_for(fits, wait_s):
                    raise Overloaded(
                        f"{self._used:,} bytes are waiting to be stored; the queue takes {self._bytes_max:,}.",
                        queue_bytes=self._used,
                        queue_bytes_max=self._bytes_max,
                    )
            self._used += size

    def give_back(self, size: int) -> None:
        with self._free:
            self._used -= size
            self._free.notify_all()

    def wait_until_empty(self, wait_s: float) -> bool:
        with self._free:
            return self._free.wait_for(lambda: not self._used, wait_s)


class CommitterPool:
    """At most `threads_max` threads that lead partitions; started on demand, gone after ten idle seconds."""

    IDLE_S = 10.0

    def __init__(self, threads_max: int) -> None:
        self._threads_max = threads_max
        self._ready: SimpleQueue[PartitionQueue | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._threads = 0
        self._idle = 0

    def submit(self, queue: PartitionQueue) -> None:
        with self._lock:
            self._ready.put(queue)
            start = self._idle < self._ready.qsize() and self._threads < self._threads_max
            self._threads += start
        if start:
            threading.Thread(target=self._work, name="log-committer", daemon=True).start()

    def close(self) -> None:
        """Send the threads home; what is queued has to be done by now."""
        with self._lock:
            for _ in range(self._threads):
                self._ready.put(None)

    def _work(self) -> None:
        while True:
            with self._lock:
                self._idle += 1
            try:
                queue = self._ready.get(timeout=self.IDLE_S)
            except Empty:
                queue = None
            with self._lock:
                self._idle -= 1
                if queue is None and self._ready.empty():
                    self._threads -= 1
                    return
            if queue is not None:
                queue.lead()


class PartitionQueue:
    """The parts waiting for one partition."""

    def __init__(
        self,
        *,
        writer: PartitionWriter,
        intake: Intake,
        pool: CommitterPool,
        group_bytes_max: int,
        on_commit: Callable[[int, int], None],
        on_failure: Callable[[BaseException], None],
        now_ms: Callable[[], int],
    ) -> None:
        self._writer = writer
        self._intake = intake
        self._pool = pool
        self._group_bytes_max = group_bytes_max
        self._on_commit = on_commit
        self._on_failure = on_failure
        self._now_ms = now_ms
        self._lock = threading.Lock()
        self._parts: deque[Part] = deque()
        self._led = False

    def put(self, part: Part) -> bool:
        """Queue the part; True if the caller has to call `lead` (or have the pool do so)."""
        with self._lock:
            self._parts.append(part)
            leads = not self._led
            self._led = True
            return leads

    def lead(self) -> None:
        """Commit one group, then pass the lead on, or lay it down."""
        try:
            group = self._next_group()
            if group:
                self._commit(group)
        finally:
            self._pass_on()

    def _pass_on(self) -> None:
        with self._lock:
            if not self._parts:
                self._led = False
                return
            inbox = self._parts[0].append.inbox
        if inbox is not None:
            inbox.put(self)
        else:
            self._pool.submit(self)

    def _next_group(self) -> list[Part]:
        group: list[Part] = []
        size = 0
        with self._lock:
            while self._parts and len(group) < 4096:
                body = self._parts[0].body
                size += 0 if body is None else body.batch_bytes
                if group and size > self._group_bytes_max:
                    break
                group.append(self._parts.popleft())
        return group

    def _commit(self, group: list[Part]) -> None:
        partition = self._writer.partition
        appended_ms = self._now_ms()
        refused: list[tuple[Part, LogError]] = []
        try:
            try:
                next_offset = self._writer.begin()
                self._learn(next_offset)
                if any(part.expected is not None or part.producer is not None for part in group):
                    group, refused = self._decided(group, next_offset, appended_ms)
                else:
                    for part in group:
                        self._intake.recheck(part)
                bodies = [part.body for part in group if part.body is not None]
                bases = self._writer.write(bodies, appended_ms=appended_ms) if bodies else []
            except BaseException:
                self._intake.forget_producers(partition)
                raise
            finally:
                self._writer.end()
        except LogError as error:
            self._fail(group, refused, error)
            return
        except BaseException as error:
            self._fail(group, refused, LogUnavailable(f"Storing failed: {error!r}"))
            if not isinstance(error, Exception):
                raise
            return
        for part, refusal in refused:
            self._intake.failed(part, refusal)
        places = iter(bases)
        for part in group:
            base_offset = next(places) if part.body is not None else -1
            self._intake.stored(part, base_offset=base_offset, appended_ms=appended_ms)
        if bases:
            next_offset = bases[-1] + bodies[-1].count
            self._intake.own(partition, next_offset=next_offset)
            self._on_commit(partition, next_offset)

    def _learn(self, next_offset: int) -> None:
        self._intake.catch_up(self._writer.partition, self._writer.stored_ids, next_offset=next_offset)

    def _decided(
        self, group: list[Part], next_offset: int, appended_ms: int
    ) -> tuple[list[Part], list[tuple[Part, LogError]]]:
        """Which parts are stored (or are duplicates), each decided as if those before it were stored, and which not."""
        intake, partition = self._intake, self._writer.partition
        if any(part.producer is not None for part in group):
            intake.learn_producers(partition, self._writer.stored_ids, next_offset=next_offset)
        wanted = {part.expected.key for part in group if part.expected is not None and part.expected.key is not None}
        key_ends = self._writer.key_ends(wanted) if wanted else {}
        kept: list[Part] = []
        refused: list[tuple[Part, LogError]] = []
        for part in group:
            try:
                intake.recheck(part)
                intake.recognise(part, appended_ms=appended_ms)
                if part.body is not None:
                    self._check_expected(part, next_offset, key_ends)
            except LogError as error:
                refused.append((part, error))
                continue
            kept.append(part)
            if part.body is not None:
                intake.note_producer(part, base_offset=next_offset, appended_ms=appended_ms)
                if key_ends and part.records.keys is not None:
                    keys = [part.records.keys[local] for local in part.left()]
                    ends = {key: next_offset + at + 1 for at, key in enumerate(keys) if key in key_ends}
                    key_ends.update(ends)  # type: ignore[arg-type]
                next_offset += part.body.count
        return kept, refused

    def _check_expected(self, part: Part, next_offset: int, key_ends: dict[bytes, int]) -> None:
        expected = part.expected
        if expected is None:
            return
        actual = next_offset if expected.key is None else key_ends[expected.key]
        if actual != expected.next_offset:
            raise PositionConflict(
                expected=expected.next_offset, actual=actual, partition=self._writer.partition, key=expected.key
            )

    def _fail(self, group: list[Part], refused: list[tuple[Part, LogError]], error: BaseException) -> None:
        """Everybody is told; also whoever was refused, by what may not have come to be stored."""
        self._on_failure(error)
        group = [*group, *(part for part, _ in refused)]
        for part in group:
            self._intake.failed(part, error)


def commit_and_wait(append: PendingAppend, queues: list[PartitionQueue]) -> None:
    """Queue the parts of a waiting publisher's append, lead where nobody does, return when all is settled."""
    inbox = append.inbox
    if inbox is None:
        raise ValueError("this append has a future; nobody waits for it")
    for queue in [queues[part.partition] for part in append.parts if queues[part.partition].put(part)]:
        queue.lead()
    while (lead := inbox.get()) is not None:
        lead.lead()


def commit_soon(append: PendingAppend, queues: list[PartitionQueue], pool: CommitterPool | None) -> None:
    """Queue the parts of an append that has a future; where nobody leads the pool does, or without one this thread."""
    for queue in [queues[part.partition] for part in append.parts if queues[part.partition].put(part)]:
        if pool is None:
            queue.lead()
        else:
            pool.submit(queue)


def wall_clock_ms() -> int:
    """Milliseconds since 1970 UTC."""
    return time.time_ns() // 1_000_000
