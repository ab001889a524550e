"""From an append to its parts and back: what both engines do before and after records are stored.

    append ──Intake.prepare──▶ PendingAppend ──▶ Part (partition 0) ──▶ stored(base_offset) ─┐
                 │                         └──▶ Part (partition 3) ──▶ failed(error)  ───────┴▶ Appended, or raise
                 └ duplicates: known place, or "wherever that part over there ends up"

A dedup id is first *pending* (its part is queued), then in the window (its part is durable). An append that meets a
pending id waits for that part and shares its fate: no duplicate is acknowledged before the original is durable. All
moves between the two happen under the intake's lock.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from itertools import count as counting
from itertools import repeat
from queue import SimpleQueue
from typing import TYPE_CHECKING, NamedTuple, Protocol

from broker_adapter.log import partitioner
from broker_adapter.log.batch import Body, ProducedBy, encode_body
from broker_adapter.log.dedup import DedupWindow, partition_and_offset, place, without_none
from broker_adapter.log.engine import StreamSettings
from broker_adapter.log.errors import BatchTooLarge, InvalidAppend, LogError, RecordTooLarge
from broker_adapter.log.producers import ProducerTable
from broker_adapter.log.records import PRODUCER_ID_BYTES_MAX, UNKNOWN_OFFSET, Appended, Expected, NewRecords, Producer
from broker_adapter.log.remembered import RememberedIds, RememberedProducer, RememberedProducers

if TYPE_CHECKING:
    from broker_adapter.log.committer import PartitionQueue


class StoredIds(NamedTuple):
    """What recognises the records of one stored batch: its dedup ids, its producer, or both."""

    partition: int
    offsets: Sequence[int]
    appended_ms: int
    ids: Sequence[bytes | None] | None
    producer: ProducedBy | None = None


class Memory(Protocol):
    """Where an engine keeps what recognises retries: its log, and what it writes down now and then."""

    def ids(
        self, *, ids_max: int, since_ms: int
    ) -> tuple[Iterable[tuple[int, Sequence[bytes], Sequence[int]]], list[int], list[StoredIds]]:
        """What was written down, and what followed in the log, oldest first, with the next offset of each partition
        that this covers.
        """

    def written_ids(self) -> RememberedIds | None:
        """What was written down."""

    def producers(self, partition: int, *, since_ms: int) -> tuple[Iterable[RememberedProducer], list[StoredIds]]:
        """What was written down of a partition's producers, and what followed in the log, oldest first."""


class Part:
    """The records of one append that go to one partition: stored as one batch, or not at all.

    `indexes[i]` is where record i stood in the append. `known` maps records that another process turned out to have
    stored first to their place; they aren't in `body`. `body` is None if nothing is left to store.
    """

    __slots__ = ("append", "base_offset", "body", "generation", "indexes", "known", "partition", "records", "waiters")

    def __init__(self, append: PendingAppend, partition: int, indexes: Sequence[int], records: NewRecords) -> None:
        self.append = append
        self.partition = partition
        self.indexes = indexes
        self.records = records
        self.body: Body | None = encode_body(records, self._produced_by(indexes))
        self.base_offset = -1
        self.known: dict[int, int] = {}
        self.waiters: list[PendingAppend] = []
        self.generation = 0

    def drop(self, known: dict[int, int]) -> None:
        """Don't store these records after all; they are at `known`."""
        self.known.update(known)
        left = self.left()
        by = self._produced_by([self.indexes[local] for local in left])
        self.body = encode_body(partitioner.taken(self.records, left), by) if left else None

    def left(self) -> Sequence[int]:
        """Which of the part's records are in `body`."""
        if not self.known:
            return range(len(self.indexes))
        return [local for local in range(len(self.indexes)) if local not in self.known]

    @property
    def expected(self) -> Expected | None:
        return self.append.expected

    @property
    def producer(self) -> Producer | None:
        return self.append.producer

    def _produced_by(self, indexes: Sequence[int]) -> ProducedBy | None:
        producer, span = self.append.producer, self.append.count
        if producer is None:
            return None
        return ProducedBy(
            producer.id, producer.epoch, producer.sequence, span, None if len(indexes) == span else indexes
        )

    def place_of(self, local: int) -> tuple[int, int, bool]:
        """Partition, offset and whether it is a duplicate, once stored."""
        if not self.known:
            return self.partition, self.base_offset + local, False
        if local in self.known:
            where = self.known[local]
            return (self.partition, UNKNOWN_OFFSET, True) if where < 0 else (*partition_and_offset(where), True)
        return self.partition, self.base_offset + local - sum(1 for each in self.known if each < local), False


class PendingAppend:
    """One append on its way: either somebody waits at `inbox`, or `future` is told."""

    __slots__ = (
        "_awaited",
        "_elsewhere",
        "_error",
        "_lock",
        "_on_done",
        "count",
        "expected",
        "future",
        "inbox",
        "parts",
        "producer",
        "settled",
    )

    def __init__(self, records: NewRecords, *, soon: bool, on_done: Callable[[], None]) -> None:
        self.count = len(records)
        self.expected = records.expected
        self.producer = records.producer
        self.parts: list[Part] = []
        self.future: Future[Appended] | None = None
        self.inbox: SimpleQueue[PartitionQueue | None] | None = None
        if soon:
            self.future = Future()
            self.future.set_running_or_notify_cancel()
        else:
            self.inbox = SimpleQueue()
        self.settled = True  # nothing to wait for from the start
        self._on_done = on_done
        self._lock = threading.Lock()
        self._awaited = 0
        self._error: BaseException | None = None
        self._elsewhere: list[tuple[int, int | tuple[Part, int]]] = []

    def expect(self, elsewhere: Iterable[tuple[int, int | tuple[Part, int]]]) -> None:
        """Set what is waited for: the own parts, and the parts that hold first records of duplicates."""
        self._elsewhere = list(elsewhere)
        others = {id(each[0]): each[0] for _, each in self._elsewhere if isinstance(each, tuple)}
        foreign = [part for part in others.values() if part.append is not self]
        for part in foreign:
            part.waiters.append(self)
        self._awaited = len(self.parts) + len(foreign)
        self.settled = self._awaited == 0

    def part_done(self, error: BaseException | None = None) -> None:
        with self._lock:
            self._awaited -= 1
            self._error = self._error or error
            if self._awaited:
                return
        self.deliver()

    def deliver(self) -> None:
        if self.inbox is not None:
            self.inbox.put(None)
        elif self.future is not None:
            if self._error is not None:
                self.future.set_exception(self._error)
            else:
                self.future.set_result(self.result())
        self._on_done()

    def result(self) -> Appended:
        """The places of all records, or the error of the first part that failed."""
        if self._error is not None:
            raise self._error
        if len(self.parts) == 1 and not self._elsewhere and not self.parts[0].known:
            part = self.parts[0]
            offsets = range(part.base_offset, part.base_offset + self.count)
            return Appended((part.partition,) * self.count, offsets, (False,) * self.count)
        return self._collected()

    def _collected(self) -> Appended:
        partitions, offsets, duplicates = [0] * self.count, [0] * self.count, [False] * self.count
        for part in self.parts:
            for local, index in enumerate(part.indexes):
                partitions[index], offsets[index], duplicates[index] = part.place_of(local)
        for index, where in self._elsewhere:
            if isinstance(where, int):
                partitions[index], offsets[index] = partition_and_offset(where)
            else:
                partitions[index], offsets[index], _ = where[0].place_of(where[1])
            duplicates[index] = True
        return Appended(tuple(partitions), tuple(offsets), tuple(duplicates))


class Intake:
    """Checks, dedups, splits and encodes the appends of one stream.

    `memory` brings back what recognises the newest stored batches: the window of ids once, before the first append that
    carries ids, a partition's producers before the first append to it that carries numbers. `generation` grows when
    another process's ids are learned: parts prepared before that are looked at again by `recheck`. Producers' tables
    are one a partition, looked into and changed under that partition's lock only (`recognise`).
    """

    def __init__(
        self,
        *,
        partitions: int,
        settings: StreamSettings,
        memory: Memory,
        now_ms: Callable[[], int],
    ) -> None:
        self._partitions = partitions
        self._settings = settings
        self._producers: list[ProducerTable | None] = [None] * partitions
        self._producers_to: list[int] = [0] * partitions
        self._memory = memory
        self._stale = False
        self._now_ms = now_ms
        self._turns = counting()
        self._lock = threading.Lock()
        self._window: DedupWindow | None = None
        self._pending: dict[bytes, tuple[Part, int]] = {}
        self._learned_to: list[int] = [0] * partitions
        self._generation = 0

    def use(self, settings: StreamSettings) -> None:
        """The stream was altered."""
        with self._lock:
            self._settings = settings
            if self._window is not None:
                self._window.resize(ids_max=settings.dedup_ids_max, window_ms=settings.dedup_window_ms)
        for table in self._producers:
            if table is not None:
                table.resize(producers_max=settings.producers_max, window_ms=settings.producer_window_ms)

    def layout_changed(self) -> None:
        """Records may have gone from the log, or will: learn by what was written down of them, too."""
        self._stale = True

    def dump_ids(self) -> RememberedIds:
        """The whole window, to be written down; loaded first if it isn't yet."""
        with self._lock:
            window = self._loaded()
            window.expire(now_ms=self._now_ms())
            return RememberedIds(list(self._learned_to), window.dump())

    def dump_producers(self, partition: int, *, next_offset: int) -> RememberedProducers:
        """The producers of a partition, right up to `next_offset`; under its lock, after `learn_producers`."""
        table = self._producers[partition]
        return RememberedProducers(next_offset, [] if table is None else table.dump())

    def take_over(self, remembered: RememberedIds) -> None:
        """Learn what was written down, by this or another process."""
        with self._lock:
            self._stale = False
            if self._window is not None:
                self._window.restore(remembered.batches)
                self._learned_to = list(map(max, self._learned_to, remembered.offsets))
                self._generation += 1

    def check(self, records: NewRecords) -> int:
        """Payload and key bytes of the records. Raises RecordTooLarge, BatchTooLarge."""
        sizes: Sequence[int] = list(map(len, records.payloads))
        if records.keys is not None:
            sizes = [size + len(key or b"") for size, key in zip(sizes, records.keys, strict=True)]
        if sizes and max(sizes) > self._settings.record_bytes_max:
            index = next(at for at, size in enumerate(sizes) if size > self._settings.record_bytes_max)
            raise RecordTooLarge(
                index=index, record_bytes=sizes[index], record_bytes_max=self._settings.record_bytes_max
            )
        total = sum(sizes)
        if total > self._settings.batch_bytes_max:
            raise BatchTooLarge(batch_bytes=total, batch_bytes_max=self._settings.batch_bytes_max)
        if records.producer is not None:
            check_producer(records.producer, count=len(records))
        return total

    def prepare(self, records: NewRecords, *, soon: bool, on_done: Callable[[], None]) -> PendingAppend:
        """The append with its parts encoded and its ids reserved: from here each part must be stored or failed.

        `on_done` is called once, when the append is settled; not if this raises. An append that is `settled` from the
        start (empty, or known duplicates only) is delivered by the caller.
        """
        append = PendingAppend(records, soon=soon, on_done=on_done)
        if not len(records):
            return append
        ids = records.dedup_ids
        if ids is None or not (present := without_none(ids)):
            self._make_parts(append, records, range(len(records)))
            append.expect(())
            return append
        with self._lock:
            self._make_parts_deduped(append, records, ids, present)
        return append

    def stored(self, part: Part, *, base_offset: int, appended_ms: int) -> None:
        """The part is durable: its ids move to the window, and everybody waiting for it is told."""
        part.base_offset = base_offset
        if part.records.dedup_ids is not None:
            ids = partitioner.taken(part.records, part.left()).dedup_ids
            with self._lock:
                self._release(part)
                if ids and self._window is not None:
                    offsets = range(base_offset, base_offset + len(ids))
                    self._window.add(ids, partition=part.partition, offsets=offsets, appended_ms=appended_ms)
        self._tell(part, None)

    def failed(self, part: Part, error: BaseException) -> None:
        if part.records.dedup_ids is not None:
            with self._lock:
                self._release(part)
        self._tell(part, error)

    def recognise(self, part: Part, *, appended_ms: int) -> None:
        """Drop the records whose producer's numbers are stored already. Under the partition's lock, after
        `learn_producers`. Raises ProducerFenced, SequenceForgotten.
        """
        producer, table = part.producer, self._producers[part.partition]
        if producer is None or table is None:
            return
        sequences = [producer.sequence + index for index in part.indexes]
        known = table.recognise(producer.id, epoch=producer.epoch, sequences=sequences, now_ms=appended_ms)
        if known:
            partition = part.partition
            part.drop(
                {
                    local: UNKNOWN_OFFSET if offset < 0 else place(partition=partition, offset=offset)
                    for local, offset in known.items()
                    if local not in part.known
                }
            )

    def note_producer(self, part: Part, *, base_offset: int, appended_ms: int) -> None:
        """What is left of the part is about to be stored at `base_offset`."""
        producer, table = part.producer, self._producers[part.partition]
        if producer is not None and table is not None:
            left = part.left()
            indexes = None if len(left) == part.append.count else [part.indexes[local] for local in left]
            by = ProducedBy(producer.id, producer.epoch, producer.sequence, part.append.count, indexes)
            offsets = range(base_offset, base_offset + len(left))
            table.add(by, offsets=offsets, appended_ms=appended_ms)

    def forget_producers(self, partition: int) -> None:
        """What was noted may not have been stored: learn it anew from what is."""
        self._producers[partition] = None

    def learn_producers(self, partition: int, stored: Callable[[int], list[StoredIds]], *, next_offset: int) -> None:
        """Be up to date with what other processes stored before `next_offset`; under the partition's lock."""
        table = self._producers[partition]
        if table is None:
            settings = self._settings
            table = ProducerTable(producers_max=settings.producers_max, window_ms=settings.producer_window_ms)
            since_ms = self._now_ms() - settings.producer_window_ms
            producers, batches = self._memory.producers(partition, since_ms=since_ms)
            table.restore(producers)
            self._producers[partition] = table
        elif self._producers_to[partition] < next_offset:
            batches = stored(self._producers_to[partition])
        else:
            return
        for batch in batches:
            if batch.producer is not None:
                table.add(batch.producer, offsets=batch.offsets, appended_ms=batch.appended_ms)
        self._producers_to[partition] = next_offset

    def own(self, partition: int, *, next_offset: int) -> None:
        """The ids of everything before `next_offset` have been told (by `stored`, `note_producer`)."""
        self._learned_to[partition] = max(next_offset, self._learned_to[partition])
        self._producers_to[partition] = max(next_offset, self._producers_to[partition])

    def behind(self, partition: int, *, next_offset: int) -> int | None:
        """From which offset on ids have to be learned, because another process stored them; None: nothing to do."""
        if self._stale:
            self._stale = False
            self._producers = [None] * self._partitions
            remembered = self._memory.written_ids()
            if remembered is not None:
                self.take_over(remembered)
        if self._window is None or self._learned_to[partition] >= next_offset:
            return None
        return self._learned_to[partition]

    def catch_up(self, partition: int, stored: Callable[[int], list[StoredIds]], *, next_offset: int) -> None:
        """Know the ids and producers of everything before `next_offset`, as far as any are known; under the partition's
        lock.
        """
        behind = self.behind(partition, next_offset=next_offset)
        if behind is not None:
            self.learn(partition, stored(behind), next_offset=next_offset)
        if self._producers[partition] is not None:
            self.learn_producers(partition, stored, next_offset=next_offset)

    def learn(self, partition: int, batches: Iterable[StoredIds], *, next_offset: int) -> None:
        with self._lock:
            if self._window is not None:
                _add_all(self._window, batches)
            self._learned_to[partition] = next_offset
            self._generation += 1

    def recheck(self, part: Part) -> None:
        """Drop the records that another process stored since the part was prepared."""
        ids = part.records.dedup_ids
        if ids is None or part.generation == self._generation:
            return
        with self._lock:
            part.generation = self._generation
            window = self._window
            if window is None or window.knows_none_of(without_none(ids)):
                return
            places = ((local, window.get(each)) for local, each in enumerate(ids) if each is not None)
            part.drop({local: where for local, where in places if where is not None})

    # With the lock held

    def _make_parts_deduped(
        self, append: PendingAppend, records: NewRecords, ids: Sequence[bytes | None], present: list[bytes]
    ) -> None:
        window = self._loaded()
        window.expire(now_ms=self._now_ms())
        fresh: Sequence[int] = range(len(records))
        elsewhere: list[tuple[int, int | tuple[Part, int]]] = []
        repeated: list[tuple[int, bytes]] = []
        if not (
            window.knows_none_of(present)
            and self._pending.keys().isdisjoint(present)
            and len(set(present)) == len(present)
        ):
            fresh, elsewhere, repeated = self._sort_out(ids, window)
        if fresh:
            self._make_parts(append, records, fresh)
        for part in append.parts:
            part.generation = self._generation
            reserved = dict(zip(part.records.dedup_ids or (), zip(repeat(part), counting()), strict=False))
            reserved.pop(None, None)
            self._pending.update(reserved)  # type: ignore[arg-type]
        elsewhere += [(index, self._pending[each]) for index, each in repeated]
        append.expect(elsewhere)

    def _sort_out(
        self, ids: Sequence[bytes | None], window: DedupWindow
    ) -> tuple[list[int], list[tuple[int, int | tuple[Part, int]]], list[tuple[int, bytes]]]:
        """Indexes of new records; duplicates and their places; duplicates of another record of this very append."""
        fresh: list[int] = []
        elsewhere: list[tuple[int, int | tuple[Part, int]]] = []
        repeated: list[tuple[int, bytes]] = []
        seen: set[bytes] = set()
        for index, each in enumerate(ids):
            if each is None:
                fresh.append(index)
            elif (where := window.get(each)) is not None:
                elsewhere.append((index, where))
            elif each in self._pending:
                elsewhere.append((index, self._pending[each]))
            elif each in seen:
                repeated.append((index, each))
            else:
                seen.add(each)
                fresh.append(index)
        return fresh, elsewhere, repeated

    def _make_parts(self, append: PendingAppend, records: NewRecords, fresh: Sequence[int]) -> None:
        new = partitioner.taken(records, fresh)
        if records.expected is not None:
            own = partitioner.expected_partition(records.expected, new.keys, partitions=self._partitions)
            groups: dict[int, Sequence[int]] = {own: range(len(fresh))}
        else:
            producer = records.producer
            turn = next(self._turns) if producer is None else partitioner.partition_of(producer.id, partitions=1 << 32)
            groups = partitioner.split(new, partitions=self._partitions, turn=turn)
        for partition, indexes in groups.items():
            back = indexes if len(fresh) == len(records) else [fresh[index] for index in indexes]
            append.parts.append(Part(append, partition, back, partitioner.taken(new, indexes)))
        stored_bytes = sum(part.body.batch_bytes for part in append.parts if part.body is not None)
        if stored_bytes > self._settings.batch_bytes_max:
            raise BatchTooLarge(batch_bytes=stored_bytes, batch_bytes_max=self._settings.batch_bytes_max)

    def _loaded(self) -> DedupWindow:
        if self._window is None:
            settings = self._settings
            window = DedupWindow(ids_max=settings.dedup_ids_max, window_ms=settings.dedup_window_ms)
            remembered, self._learned_to, batches = self._memory.ids(
                ids_max=settings.dedup_ids_max, since_ms=self._now_ms() - settings.dedup_window_ms
            )
            window.restore(remembered)
            _add_all(window, batches)
            self._window = window
        return self._window

    def _release(self, part: Part) -> None:
        for each in part.records.dedup_ids or ():
            if each is not None:
                self._pending.pop(each, None)

    def _tell(self, part: Part, error: BaseException | None) -> None:
        if isinstance(error, LogError):
            error.__traceback__ = None  # many senders may raise it
        waiters, part.waiters = part.waiters, []
        part.append.part_done(error)
        for waiter in waiters:
            waiter.part_done(error)


def _add_all(window: DedupWindow, batches: Iterable[StoredIds]) -> None:
    for batch in batches:
        if batch.ids is not None:
            window.add(batch.ids, partition=batch.partition, offsets=batch.offsets, appended_ms=batch.appended_ms)


def check_producer(producer: Producer, *, count: int) -> None:
    """Raises InvalidAppend for an id or a number that the format can't hold."""
    if not 1 <= len(producer.id) <= PRODUCER_ID_BYTES_MAX:
        raise InvalidAppend(f"A producer's id has 1 to {PRODUCER_ID_BYTES_MAX} bytes, not {len(producer.id)}.")
    if not 0 <= producer.epoch < 1 << 32:
        raise InvalidAppend(f"A producer's epoch is 0 to {(1 << 32) - 1}, not {producer.epoch}.")
    if not 0 <= producer.sequence <= (1 << 63) - 1 - count:
        raise InvalidAppend(f"A producer's numbers end at {(1 << 63) - 1}; this append begins at {producer.sequence}.")
