"""The log against a plain list: appends of all kinds by two processes, reads both ways, rolls, retention, compaction,
altered settings, failing operations, crashes at any change to the disk and power cuts that forget, restarts.

`FACTSTORM_MODEL_EXAMPLES` raises how many histories are tried.
"""

import contextlib
import errno
import os
import random

import hypothesis.strategies as st
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from broker_adapter.log import errors
from broker_adapter.log.engine import StreamSettings
from broker_adapter.log.file_engine import FileEngine
from broker_adapter.log.keeper import Keeper
from broker_adapter.log.partitioner import partition_of
from broker_adapter.log.position import Position
from broker_adapter.log.records import TOMBSTONE_HEADER, UNKNOWN_OFFSET, Expected, NewRecords, Producer, Record
from tests.log.disk import SimulatedDisk

EXAMPLES = int(os.environ.get("FACTSTORM_MODEL_EXAMPLES", "20"))
STEPS = int(os.environ.get("FACTSTORM_MODEL_STEPS", "30"))
S = "shop/orders"
PARTITIONS = 2
TOMBSTONE = ((TOMBSTONE_HEADER, b"1"),)
KEYS = [b"a", b"b", b"c", b"d", None]


class InlineKeeper(Keeper):
    """Does at once what would be done in the background: histories can be replayed."""

    ROLLED_PAUSE_S = PASSED_PAUSE_S = 0.0

    def soon(self, do) -> None:
        with contextlib.suppress(errors.LogError, OSError):
            do()


class LogAgainstList(RuleBasedStateMachine):
    """`model[partition]` is what must be readable, by offset; `maybe` the payloads of appends whose end nobody was
    told.
    """

    def __init__(self) -> None:
        super().__init__()
        self.disk = SimulatedDisk()
        self.now_ms = 1_800_000_000_000
        self.number = 0
        self.model: list[dict[int, Record]] = [{} for _ in range(PARTITIONS)]
        self.ends = [0] * PARTITIONS
        self.earliest = [0] * PARTITIONS
        self.maybe: dict[bytes, tuple[NewRecords, int]] = {}
        self.sent: list[tuple[NewRecords, list[tuple[int, int]]]] = []
        self.sequence = 0
        self.settings = StreamSettings(segment_bytes=1200)
        self.unsettled = False
        self.kept = False  # maintenance may have worked since the last look

    @initialize()
    def begin(self) -> None:
        self.engines = [self.opened(), self.opened()]
        self.engines[0].create(S, partitions=PARTITIONS, settings=self.settings)

    def opened(self) -> FileEngine:
        return FileEngine("/log", files=self.disk, now_ms=lambda: self.now_ms, keeper=InlineKeeper())

    # Appends

    def made(self, shape: list[int], *, kind: str) -> NewRecords:
        keys = [KEYS[each % len(KEYS)] for each in shape]
        payloads, ids = [], []
        for each in shape:
            self.number += 1
            payloads.append(b"%d." % self.number + b"x" * (each * 7 % 90))
            ids.append(b"id-%d" % self.number)
        headers = [TOMBSTONE if each > 90 else () for each in shape]
        records = NewRecords(payloads, keys=keys, headers=headers)
        if kind == "ids":
            records.dedup_ids = ids
        elif kind == "producer":
            records.producer = Producer(b"loader", self.sequence)
            self.sequence += len(shape)
        return records

    @rule(
        shape=st.lists(st.integers(0, 99), min_size=1, max_size=6),
        kind=st.sampled_from(["plain", "ids", "producer"]),
        who=st.integers(0, 1),
    )
    def append(self, shape, kind, who) -> None:
        self.send(self.made(shape, kind=kind), who)

    def send(self, records: NewRecords, who: int) -> None:
        try:
            result = self.engines[who].append(S, records)
        except errors.LogUnavailable:
            for index, payload in enumerate(records.payloads):
                self.maybe[payload] = (records, index)
            self.unsettled = True
        except errors.StorageFull:
            if records.producer or PARTITIONS > 1:  # some of its parts may be stored
                for index, payload in enumerate(records.payloads):
                    self.maybe[payload] = (records, index)
            self.unsettled = True
        else:
            places = list(zip(result.partitions, result.offsets, strict=True))
            assert not any(result.duplicates)
            for index, (partition, offset) in enumerate(places):
                self.adopt(partition, offset, records, index)
            self.sent.append((records, places))

    def adopt(self, partition: int, offset: int, records: NewRecords, index: int) -> None:
        assert offset not in self.model[partition]
        key = None if records.keys is None else records.keys[index]
        headers = () if records.headers is None else records.headers[index]
        self.model[partition][offset] = Record(partition, offset, self.now_ms, key, headers, records.payloads[index])
        self.ends[partition] = max(self.ends[partition], offset + 1)

    @precondition(lambda self: self.sent and not self.unsettled)
    @rule(at=st.integers(0, 10**6), who=st.integers(0, 1))
    def send_again(self, at, who) -> None:
        """A retry of what was acknowledged is told its first place, and stores nothing."""
        recognised = [each for each in self.sent if each[0].dedup_ids or each[0].producer]
        if not recognised:
            return
        records, places = recognised[at % len(recognised)]
        try:
            result = self.engines[who].append(S, records)
        except (errors.LogUnavailable, errors.StorageFull):
            self.unsettled = True
            return
        assert all(result.duplicates)
        for place, partition, offset in zip(places, result.partitions, result.offsets, strict=True):
            assert (partition, offset) == place or (records.producer and offset == UNKNOWN_OFFSET)

    @precondition(lambda self: not self.unsettled)
    @rule(key=st.sampled_from([b"a", b"b", b"zz"]), off=st.sampled_from([0, 0, 0, 1, -1]), who=st.integers(0, 1))
    def append_if(self, key, off, who) -> None:
        partition = partition_of(key, partitions=PARTITIONS)
        actual = max((o + 1 for o, each in self.model[partition].items() if each.key == key), default=0)
        self.number += 1
        records = NewRecords([b"%d.if" % self.number], keys=[key], expected=Expected(max(actual + off, 0), key=key))
        if max(actual + off, 0) == actual:
            self.send(records, who)
            return
        try:
            self.engines[who].append(S, records)
        except errors.PositionConflict as conflict:
            assert conflict.actual == actual
        except (errors.LogUnavailable, errors.StorageFull):
            self.unsettled = True
        else:
            raise AssertionError("stored although somebody was there first")

    @precondition(lambda self: not self.unsettled)
    @rule(partition=st.integers(0, PARTITIONS - 1), off=st.sampled_from([0, 0, 1, -1]), who=st.integers(0, 1))
    def append_if_next(self, partition, off, who) -> None:
        expected = self.ends[partition] + off
        self.number += 1
        records = NewRecords([b"%d.next" % self.number], expected=Expected(expected, partition=partition))
        if not off:
            self.send(records, who)
            return
        try:
            self.engines[who].append(S, records)
        except errors.PositionConflict as conflict:
            assert conflict.actual == self.ends[partition]
        except (errors.LogUnavailable, errors.StorageFull):
            self.unsettled = True
        else:
            raise AssertionError("stored although the end was elsewhere")

    # Keeping

    @rule(
        compaction=st.booleans(),
        retention=st.sampled_from([None, None, 3000]),
        segment_bytes=st.sampled_from([700, 1200, 5000]),
        who=st.integers(0, 1),
    )
    def alter(self, compaction, retention, segment_bytes, who) -> None:
        changed = StreamSettings(
            segment_bytes=segment_bytes,
            compaction=compaction,
            retention_bytes=retention,
            tombstone_retention_ms=1000,
        )
        try:
            self.engines[who].alter(S, changed)
        except (errors.LogError, OSError):
            self.unsettled = True
        else:
            assert self.engines[1 - who].describe(S).settings == changed
        self.settings = changed

    @rule(now=st.booleans(), later=st.sampled_from([0, 2000]), who=st.integers(0, 1))
    def maintain(self, now, later, who) -> None:
        self.now_ms += later
        self.kept = True
        try:
            self.engines[who].maintain(S, now=now)
        except (errors.LogError, OSError):
            self.unsettled = True
        if not self.unsettled:
            self.look()

    # Trouble

    @rule(
        operation=st.sampled_from(["write", "sync", "rename", "truncate", "remove", "sync_folder", "open"]),
        error=st.sampled_from([errno.EIO, errno.ENOSPC]),
        written=st.integers(0, 300),
    )
    def fail(self, operation, error, written) -> None:
        self.disk.fail(operation, error, written=written)

    @rule(seed=st.integers(0, 2**32), changes=st.integers(0, 25), what=st.sampled_from(["append", "maintain", "none"]))
    def power_cut(self, seed, changes, what) -> None:
        """In the middle of something, after any change to the disk; what wasn't synced is forgotten in part."""
        self.disk.power_off_after(changes)
        if what == "append":
            self.send(self.made([seed % 100, seed % 77], kind="ids"), 0)
        elif what == "maintain":
            self.kept = True
            with contextlib.suppress(errors.LogError, OSError):
                self.engines[0].maintain(S, now=True)
        self.disk.crash(random.Random(seed))
        self.engines = [self.opened(), self.opened()]
        self.settle()

    @rule(who=st.integers(0, 1))
    def restart(self, who) -> None:
        self.engines[who].close()
        self.engines[who] = self.opened()

    @precondition(lambda self: self.unsettled)
    @rule()
    def settle(self) -> None:
        """The trouble is over: the next append proves what there is, and from then on it stays."""
        self.disk.forgive()
        for engine in self.engines:
            about = engine.describe(S)
            engine.alter(S, about.settings)
            self.settings = about.settings
        self.unsettled = False
        self.look()
        self.maybe.clear()

    # Looking

    def look(self) -> None:
        """Read all, adopt what may have been stored, forget what maintenance was to take away."""
        engine = self.engines[0]
        about = engine.describe(S)
        found = read_all(engine, engine.earliest(S), 7)
        for record in found:
            if record.offset not in self.model[record.partition]:
                assert record.payload in self.maybe, f"{record} came from nowhere"
                records, index = self.maybe.pop(record.payload)
                self.adopt(record.partition, record.offset, records, index)
        there = {(record.partition, record.offset) for record in found}
        for partition, records in enumerate(self.model):
            first = about.partitions[partition].earliest_offset
            newest = {each.key: offset for offset, each in sorted(records.items())}
            for offset, each in list(records.items()):
                if (partition, offset) in there:
                    continue
                gone = offset < first or (
                    each.key is not None and (newest[each.key] > offset or each.headers == TOMBSTONE)
                )
                assert self.kept and gone, f"{each} was acknowledged and is gone"
                del records[offset]
            self.ends[partition] = about.partitions[partition].next_offset
        self.kept = False

    @invariant()
    def what_is_read_is_what_was_stored(self) -> None:
        if self.unsettled or not hasattr(self, "engines"):
            return
        for engine in self.engines:
            for size in (3, 1000):
                found = read_all(engine, engine.earliest(S), size)
                assert stored(found) == self.expected()
                assert list(map(offset_of, found)) == sorted(map(offset_of, found))
            assert stored(read_all_back(engine, 4)) == self.expected()

    def expected(self) -> dict[tuple[int, int], tuple]:
        return {(p, o): (r.key, r.headers, r.payload) for p, held in enumerate(self.model) for o, r in held.items()}

    def teardown(self) -> None:
        if not hasattr(self, "engines"):
            return
        self.settle()
        found = self.engines[1].verify(S)
        assert found.problems == []
        self.kept = True
        self.engines[0].maintain(S, now=True)
        self.look()
        assert self.engines[0].verify(S).problems == []
        self.what_is_read_is_what_was_stored()


def offset_of(record: Record) -> tuple[int, int]:
    return record.partition, record.offset


def stored(records: list[Record]) -> dict[tuple[int, int], tuple]:
    found = {(each.partition, each.offset): (each.key, each.headers, each.payload) for each in records}
    assert len(found) == len(records)
    return found


def read_all(engine: FileEngine, position: Position, records_max: int) -> list[Record]:
    found: list[Record] = []
    while True:
        slice_ = engine.read(S, position, records_max=records_max, bytes_max=1 << 20)
        assert not slice_.gaps
        found += slice_.records()
        position = slice_.position
        if slice_.caught_up:
            return sorted(found)


def read_all_back(engine: FileEngine, records_max: int) -> list[Record]:
    found: list[Record] = []
    position = engine.latest(S)
    while True:
        slice_ = engine.read_back(S, position, records_max=records_max, bytes_max=1 << 20)
        assert not slice_.gaps
        found += slice_.records_back()
        position = slice_.position
        if slice_.caught_up:
            return found


HISTORIES = settings(
    max_examples=EXAMPLES,
    stateful_step_count=STEPS,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
    derandomize="FACTSTORM_MODEL_EXAMPLES" not in os.environ,
    report_multiple_bugs=False,
    phases=(Phase.generate, Phase.shrink) if os.environ.get("FACTSTORM_MODEL_SHRINK") else (Phase.generate,),
)


def test_the_log_is_what_a_plain_list_would_be() -> None:
    run_state_machine_as_test(LogAgainstList, settings=HISTORIES)
