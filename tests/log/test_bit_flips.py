"""Random single bits and bytes changed in every file of a log: each is detected or harmless, none is served, the rest
can be read, derived files are made again. `FACTSTORM_FLIPS` raises how many are tried.
"""

import copy
import os
import random
from collections import Counter

import pytest

from broker_adapter.log import errors
from broker_adapter.log.engine import StreamSettings
from broker_adapter.log.file_engine import FileEngine
from broker_adapter.log.records import UNKNOWN_OFFSET, Expected, NewRecords, Producer, Record, Slice
from tests.log.disk import SimulatedDisk
from tests.log.test_contract import S
from tests.log.test_model import InlineKeeper

FLIPS = int(os.environ.get("FACTSTORM_FLIPS", "200"))
NOW_MS = 1_800_000_000_000


def opened(disk: SimulatedDisk) -> FileEngine:
    return FileEngine("/log", files=disk, now_ms=lambda: NOW_MS, keeper=InlineKeeper())


def sent(number: int) -> NewRecords:
    return NewRecords(
        [b"%06d" % (number * 3 + each) + b"." * (number % 50) for each in range(3)],
        keys=[b"k%d" % (number * 3 % 20), None, b"u%d" % number],
        headers=[(("type", b"x"), ("n", b"%d" % number)), (), ()],
        dedup_ids=[b"%d-a" % number, b"%d-b" % number, None],
        producer=Producer(b"p", number * 3) if number % 2 else None,
    )


@pytest.fixture(scope="module")
def log() -> tuple[SimulatedDisk, dict[int, Record], dict[int, NewRecords], int]:
    """A log with everything: sealed, rewritten and expired segments, indexes, what is written down, and a tail."""
    disk = SimulatedDisk()
    engine = opened(disk)
    settings = StreamSettings(segment_bytes=2500, compaction=True, retention_bytes=12_000)
    engine.create(S, settings=settings)
    batches = {number: sent(number) for number in range(80)}
    for number in range(60):
        engine.append(S, batches[number])
    engine.maintain(S, now=True)
    for number in range(60, 80):
        engine.append(S, batches[number])
    assert engine.verify(S).problems == []
    records = {record.offset: record for record in read(engine).records()}
    end = engine.describe(S).partitions[0].next_offset
    engine.close()
    names = {path.rsplit("/", 1)[1] for path in disk.files()}
    assert {"stream.json", "dedup", "watermark", "start", "cleaned", "producers"} <= names
    assert any("-" in name for name in names)
    return disk, records, batches, end


def read(engine: FileEngine) -> Slice:
    return engine.read(S, engine.earliest(S), records_max=10_000, bytes_max=1 << 24)


def flipped(disk: SimulatedDisk, rng: random.Random) -> tuple[SimulatedDisk, str]:
    """A copy of the disk with one bit or byte changed in one of its files, and which."""
    other = copy.copy(disk)
    other.__init__()  # type: ignore[misc]
    other.root = copied(disk)
    files = {path: inode for path, inode in other.files().items() if inode.data}
    kinds = sorted({kind(path) for path in files})
    wanted = rng.choice(kinds)
    path = rng.choice(sorted(path for path in files if kind(path) == wanted))
    data = files[path].data
    at = rng.randrange(len(data))
    data[at] ^= 1 << rng.randrange(8) if rng.random() < 0.7 else rng.randrange(1, 256)
    return other, path


def copied(disk: SimulatedDisk):
    fresh = SimulatedDisk()
    for path, inode in disk.files().items():
        fresh.make_folder(path.rsplit("/", 1)[0])
        fd = fresh.open(path, create=True)
        fresh.write(fd, [bytes(inode.data)], 0)
        fresh.sync(fd)
        fresh.close(fd)
    return fresh.root


def kind(path: str) -> str:
    name = path.rsplit("/", 1)[1]
    if name.endswith((".log", ".index", ".keys")):
        return ("rewritten" if "-" in name else "") + name[name.rindex(".") :]
    return name


def check_read(slice_: Slice, records: dict[int, Record], end: int) -> int:
    """Nothing but what was stored is served; what isn't is told as a gap. Returns how many records are missing."""
    found = {record.offset: record for record in slice_.records()}
    for offset, record in found.items():
        assert record == records.get(offset, record)
        assert offset in records or offset >= end
    missing = set(records) - set(found)
    told = {offset for gap in slice_.gaps for offset in range(gap.first_offset, gap.next_offset)}
    assert missing <= told
    return len(missing)


def test_a_changed_bit_or_byte_is_detected_or_harmless_and_never_served(log) -> None:
    disk, records, batches, end = log
    rng = random.Random(int(os.environ.get("FACTSTORM_FLIPS_SEED", "5")))
    outcomes: Counter[tuple[str, str]] = Counter()
    for _ in range(FLIPS):
        other, path = flipped(disk, rng)
        outcome = look_at(other, path, records, batches, end)
        outcomes[(kind(path), outcome)] += 1
    for (what, outcome), count in sorted(outcomes.items()):
        print(f"{what:16} {outcome:10} {count}")
    assert sum(outcomes.values()) == FLIPS


def look_at(disk: SimulatedDisk, path: str, records, batches, end: int) -> str:
    engine = opened(disk)
    try:
        found = engine.verify(S)
    except errors.CorruptStream:
        assert path.endswith("stream.json")
        with pytest.raises(errors.CorruptStream):
            engine.append(S, batches[0])
        return "refused"
    if not path.endswith((".log", "start")):  # what was only derived is as good as new
        assert check_read(read(engine), records, end) == 0
    missing = check_read(read(engine), records, end)
    back = engine.read_back(S, engine.latest(S), records_max=10_000, bytes_max=1 << 24)
    assert check_read(back, records, end) == missing
    assert missing <= 60
    assert found.problems or not missing
    check_appends(engine, batches, records, end)
    missing_after = check_read(read(engine), records, end)
    assert missing_after == missing
    if not path.endswith((".log", "start")):
        engine.maintain(S)
        assert engine.verify(S).problems == [] or path.endswith((".index", "cleaned", "producers", "dedup"))
    engine.close()
    return "detected" if found.problems else "harmless"


def check_appends(engine: FileEngine, batches, records: dict[int, Record], end: int) -> None:
    """Appends work, and what is answered of retries and conditions is true."""
    for number in (79, 61):
        again = engine.append(S, batches[number])
        for place, offset in enumerate(again.offsets):
            if again.duplicates[place] and offset != UNKNOWN_OFFSET and offset in records:
                assert records[offset].payload == batches[number].payloads[place]
    result = engine.append(S, NewRecords([b"after"], keys=[b"after"], expected=Expected(0, key=b"after")))
    assert result.offsets[0] >= end
    with pytest.raises(errors.PositionConflict):
        engine.append(S, NewRecords([b"after"], keys=[b"after"], expected=Expected(0, key=b"after")))
