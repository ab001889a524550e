"""What a start costs, counted in bytes read, and what thousands of streams hold open: neither grows with the log."""

import pytest

from broker_adapter.log.engine import EngineLimits, StreamSettings
from broker_adapter.log.file_engine import FileEngine
from broker_adapter.log.records import Expected, NewRecords, Producer
from tests.log.disk import SimulatedDisk
from tests.log.test_contract import S
from tests.log.test_model import InlineKeeper

NOW_MS = 1_800_000_000_000
SEGMENT_BYTES = 20_000


def opened(disk: SimulatedDisk, **limits: int) -> FileEngine:
    return FileEngine("/log", EngineLimits(**limits), files=disk, now_ms=lambda: NOW_MS, keeper=InlineKeeper())


def bytes_read_by_a_start(batches: int, *, torn: bool) -> int:
    """A log of so many batches, one in fifty with ids and numbers; then a process starts and appends with both."""
    disk = SimulatedDisk()
    engine = opened(disk)
    engine.create(S, settings=StreamSettings(segment_bytes=SEGMENT_BYTES))
    for number in range(batches):
        marked = number % 50 == 0
        engine.append(
            S,
            NewRecords(
                [b"x" * 20] * 20,
                keys=[b"%d" % number] * 20,
                dedup_ids=[b"%d-%d" % (number, each) for each in range(20)] if marked else None,
                producer=Producer(b"p", number) if marked else None,
            ),
        )
    if torn:
        path = next(each for each in sorted(disk.files(), reverse=True) if each.endswith(".log"))
        fd = disk.open(path)
        disk.write(fd, [b"torn" * 100], disk.size(fd))
    engine.close()
    disk.bytes_read = 0
    engine = opened(disk)
    assert engine.append(S, NewRecords([b"y"], dedup_ids=[b"0-0"])).duplicates == (batches > 0,)
    engine.append(S, NewRecords([b"y"], producer=Producer(b"q", 0)))
    engine.read(S, engine.latest(S), records_max=10, bytes_max=1000)
    engine.close()
    return disk.bytes_read


@pytest.mark.parametrize("torn", [False, True])
def test_a_start_reads_the_tail_after_what_was_written_down_however_long_the_log(torn: bool) -> None:
    small, large = (bytes_read_by_a_start(batches, torn=torn) for batches in (100, 2000))
    print(f"bytes read: {small:,} after 100 batches, {large:,} after 2,000")
    assert large < 8 * SEGMENT_BYTES + 2000 // 50 * 20 * 40  # a few looks at one segment, and the window itself


def test_a_condition_on_a_key_reads_no_more_of_a_long_log_than_of_a_short_one() -> None:
    read: list[int] = []
    for batches in (200, 2000):
        disk = SimulatedDisk()
        engine = opened(disk)
        engine.create(S, settings=StreamSettings(segment_bytes=SEGMENT_BYTES))
        for number in range(batches):
            engine.append(S, NewRecords([b"x" * 20] * 20, keys=[b"%d-%d" % (number, each) for each in range(20)]))
        engine.append(S, NewRecords([b"first"], expected=Expected(0, key=b"first")))  # builds what it needs, once
        disk.bytes_read = 0
        for number in range(5):
            engine.append(
                S, NewRecords([b"x"], keys=[b"new-%d" % number], expected=Expected(0, key=b"new-%d" % number))
            )
        read.append(disk.bytes_read // 5)
        engine.close()
    print(f"bytes read for a key: {read}")
    assert read[1] < 10 * 2000 * 20 * 20 // SEGMENT_BYTES * 512  # a block a segment, not the segments


def test_three_thousand_streams_keep_to_the_bound_of_open_files() -> None:
    disk = SimulatedDisk()
    engine = opened(disk, handles_max=64)
    for number in range(3000):
        engine.create(f"s{number}")
        engine.append(f"s{number}", NewRecords([b"x"], dedup_ids=[b"1"], producer=Producer(b"p", 0)))
    assert disk.opened_most <= 64 + 8  # and what is being written just now
    for number in range(0, 3000, 37):
        assert engine.read(f"s{number}", engine.earliest(f"s{number}"), records_max=1, bytes_max=1).count == 1
        assert engine.maintain(f"s{number}").problems == ()
    assert len(engine._storage.handles) <= 64
    assert len(engine._storage.indexes) <= engine._storage.indexes_max
    assert len(engine.streams()) == 3000
    engine.close()
