"""Retention and compaction in files: crashes in the middle, other processes beside, and what the checks say of it."""

import contextlib
import errno
import shutil
from pathlib import Path

import pytest

from broker_adapter.log import errors
from broker_adapter.log.engine import StreamSettings
from broker_adapter.log.file_engine import FileEngine, folder_name
from broker_adapter.log.records import Expected, NewRecords, Record
from tests.log.faults import FaultyFiles
from tests.log.test_contract import S, read_all, read_all_back

KEEP = StreamSettings(segment_bytes=1500, compaction=True)
NOW_MS = 1_800_000_000_000


def fill(engine: FileEngine, *, settings: StreamSettings = KEEP, batches: int = 60) -> list[Record]:
    """What is left after compaction: of each key the newest, and all without a key."""
    engine.create(S, settings=settings)
    for number in range(batches):
        keys = [b"k%d" % (number * 7 % 10), None if number % 3 else b"j", b"k%d" % (number * 3 % 7)]
        ids = [b"%d-%d" % (number, each) for each in range(3)]
        engine.append(S, NewRecords([each + b"." * 40 for each in ids], keys=keys, dedup_ids=ids))
    return newest(read_all(engine))


def newest(records: list[Record]) -> list[Record]:
    last = {record.key: record.offset for record in records}
    return [record for record in records if record.key is None or last[record.key] == record.offset]


def files_of(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "streams" / folder_name(S) / "p0000").iterdir())


def test_a_compacted_stream_is_sound_and_its_chain_goes_on(tmp_path: Path) -> None:
    engine = FileEngine(str(tmp_path), now_ms=lambda: NOW_MS)
    expected = fill(engine)
    assert engine.verify(S).sound
    engine.maintain(S, now=True)
    found = engine.verify(S)
    assert (found.problems, found.records) == ([], len(expected))
    engine.append(S, NewRecords([b"more"] * 2, keys=[b"k1", b"k2"]))
    expected = newest(read_all(engine))
    engine.maintain(S, now=True)
    found = engine.verify(S)
    assert (found.problems, found.notes) == ([], [])
    assert read_all(engine) == expected
    assert read_all_back(engine) == expected[::-1]
    engine.close()
    engine = FileEngine(str(tmp_path))
    assert read_all(engine) == expected
    assert engine.verify(S).sound
    engine.close()


def test_a_batch_put_in_the_place_of_another_breaks_the_chain(tmp_path: Path) -> None:
    """Somebody who can seal batches (who knows the seed) rewrites one: its checksum holds, the chain doesn't."""
    one, two = FileEngine(str(tmp_path / "one")), FileEngine(str(tmp_path / "two"))
    for engine in (one, two):
        engine.create(S)
    description = tmp_path / "one" / "streams" / folder_name(S) / "stream.json"
    one.close(), two.close()
    for name in ("stream.json", "p0000/watermark"):
        (tmp_path / "two" / "streams" / folder_name(S) / name).write_bytes((description.parent / name).read_bytes())
    one, two = (FileEngine(str(tmp_path / each), now_ms=lambda: NOW_MS) for each in ("one", "two"))
    for engine, middle in ((one, b"true"), (two, b"lies")):
        for payload in (b"first", middle, b"last"):
            engine.append(S, NewRecords([payload]))
    path = description.parent / "p0000" / "00000000000000000000.log"
    genuine, forged = path.read_bytes(), (Path(str(path).replace("/one/", "/two/"))).read_bytes()
    at = genuine.index(b"first") + len(b"first")
    end = genuine.index(b"true") + len(b"true")
    path.write_bytes(genuine[:at] + forged[at:end] + genuine[end:])
    assert [record.payload for record in read_all(one)] == [b"first", b"lies", b"last"]
    (problem,) = one.verify(S).problems
    assert "chain" in problem.what
    assert problem.position == end
    one.close(), two.close()


@pytest.mark.parametrize("settings", [KEEP, StreamSettings(segment_bytes=1500, retention_bytes=5000)])
def test_a_crash_at_any_moment_of_maintenance_loses_nothing_that_was_to_stay(
    tmp_path: Path, settings: StreamSettings
) -> None:
    """The machine goes off after each change to the disk in turn, from the first to the last."""
    engine = FileEngine(str(tmp_path / "before"), now_ms=lambda: NOW_MS)
    compacted = fill(engine, settings=settings, batches=24)
    whole = read_all(engine)
    engine.close()
    step = 0
    while True:
        folder = tmp_path / str(step)
        shutil.copytree(tmp_path / "before", folder)
        files = FaultyFiles()
        engine = FileEngine(str(folder), files=files, now_ms=lambda: NOW_MS)
        files.dies_after = step
        try:
            engine.maintain(S, now=True)
        except (errors.LogError, OSError):
            done = False
        else:
            done = files.dies_after >= 0
        files.dies_after = None
        engine.close()
        engine = FileEngine(str(folder), now_ms=lambda: NOW_MS)
        left = read_all(engine)
        assert engine.verify(S).problems == []
        if settings.compaction:
            assert set(compacted) <= set(left) <= set(whole)
        else:
            assert left == whole[len(whole) - len(left) :]
        again = engine.append(S, NewRecords([whole[-1].payload], keys=[b"x"], dedup_ids=[b"23-2"]))
        assert (again.duplicates[0], again.offsets[0]) == (True, whole[-1].offset)
        engine.maintain(S, now=True)
        after = read_all(engine)
        if settings.compaction:
            assert after == compacted
        else:
            assert sum(len(record.payload) for record in after) < 5000
        assert [name for name in files_of(folder) if ".new-" in name] == [] or not done
        assert engine.verify(S).problems == []
        assert engine.append(S, NewRecords([b"x"], dedup_ids=[b"0-0"])).duplicates == (True,)
        engine.close()
        step += 1
        if done:
            break
    assert step > 10


def test_readers_in_other_processes_go_on_through_maintenance(tmp_path: Path) -> None:
    one, two = FileEngine(str(tmp_path)), FileEngine(str(tmp_path))
    expected = fill(one)
    whole = read_all(two)
    position = two.read(S, two.earliest(S), records_max=10, bytes_max=1 << 20).position
    one.maintain(S, now=True)
    rest = read_all(two, position=position)
    assert rest == [record for record in expected if record.offset >= position.offsets[0]]
    assert read_all(two) == expected
    assert len(expected) < len(whole)
    with pytest.raises(errors.PositionConflict):
        two.append(S, NewRecords([b"x"], keys=[b"k1"], expected=Expected(1, key=b"k1")))
    assert two.append(S, NewRecords([b"x"] * 3, dedup_ids=[b"0-0", b"59-2", b"new"])).duplicates == (True, True, False)
    for engine in (one, two):
        assert engine.verify(S).sound
        engine.close()


def test_a_damaged_segment_is_left_as_evidence_and_tombstones_stay(tmp_path: Path) -> None:
    engine = FileEngine(str(tmp_path))
    fill(engine)
    engine.close()
    folder = tmp_path / "streams" / folder_name(S) / "p0000"
    path = sorted(folder.glob("*.log"))[1]
    data = bytearray(path.read_bytes())
    data[200] ^= 1
    path.write_bytes(data)
    engine = FileEngine(str(tmp_path))
    before = engine.read(S, engine.earliest(S), records_max=1000, bytes_max=1 << 20)
    done = engine.maintain(S, now=True)
    assert any(path.name in each for each in done.problems)
    assert path.read_bytes() == data
    after = engine.read(S, engine.earliest(S), records_max=1000, bytes_max=1 << 20)
    assert after.gaps == before.gaps
    assert after.count < before.count
    assert set(newest(list(before.records()))) <= set(after.records())
    engine.close()


def test_two_processes_do_not_keep_one_partition_at_once(tmp_path: Path) -> None:
    engine, other = FileEngine(str(tmp_path)), FileEngine(str(tmp_path))
    expected = fill(engine)
    files, taken = engine._files, []
    real_rename = files.rename

    def rename(source: str, target: str) -> None:
        if target.endswith(".log") and not taken:
            taken.append(other.maintain(S, now=True))
        real_rename(source, target)

    files.rename = rename  # type: ignore[method-assign]
    engine.maintain(S, now=True)
    assert taken[0].bytes_before == 0
    assert read_all(other) == read_all(engine) == expected
    for each in (engine, other):
        each.close()


def test_a_full_disk_stops_maintenance_and_nothing_else(tmp_path: Path) -> None:
    files = FaultyFiles()
    engine = FileEngine(str(tmp_path), files=files)
    expected = fill(engine)
    for _ in range(8):
        files.fail("write", errno.ENOSPC, written=10)
        with contextlib.suppress(errors.StorageFull):
            engine.maintain(S, now=True)
    assert set(expected) <= set(read_all(engine))
    engine.append(S, NewRecords([b"works"], keys=[b"z"]))
    engine.maintain(S, now=True)
    assert {record.key for record in read_all(engine)} >= {record.key for record in expected}
    assert engine.verify(S).sound
    engine.close()


def test_a_process_that_dies_while_sealing_leaves_no_segment_that_others_pass_over(tmp_path: Path) -> None:
    files = FaultyFiles()
    one, two = FileEngine(str(tmp_path), files=files), FileEngine(str(tmp_path))
    fill(one, settings=StreamSettings(segment_bytes=10**6, compaction=True), batches=5)
    two.append(S, NewRecords([b"x"], keys=[b"two"]))
    for step in range(12):
        files.dies_after = step
        with contextlib.suppress(errors.LogError, OSError):
            one.maintain(S, now=True)
        files.dies_after = None
        one.close()
        for number in range(3):
            two.append(S, NewRecords([b"%d-%d" % (step, number)]))
        one = FileEngine(str(tmp_path), files=files)
        assert two.verify(S).problems == one.verify(S).problems == []
        assert [each.payload for each in read_all(one)][-3:] == [b"%d-%d" % (step, number) for number in range(3)]
        assert read_all(one) == read_all(two)
    for each in (one, two):
        each.close()


def test_after_a_power_cut_a_watermark_many_segments_behind_loses_nothing(tmp_path: Path) -> None:
    engine = FileEngine(str(tmp_path))
    engine.create(S, settings=StreamSettings(segment_bytes=300))
    engine.append(S, NewRecords([b"first"]))
    mark = tmp_path / "streams" / folder_name(S) / "p0000" / "watermark"
    old = mark.read_bytes()
    for number in range(20):
        engine.append(S, NewRecords([b"%d" % number + b"." * 200]))
    whole = read_all(engine)
    engine.close()
    mark.write_bytes(old)
    engine = FileEngine(str(tmp_path))
    assert engine.append(S, NewRecords([b"next"])).offsets[0] == len(whole)
    assert read_all(engine)[:-1] == whole
    assert engine.verify(S).problems == []
    engine.close()
