"""Backups that are whole though appends go on, and streams brought back from them."""

import threading
from pathlib import Path

import pytest

from broker_adapter.log import errors
from broker_adapter.log.engine import StreamSettings
from broker_adapter.log.file_engine import FileEngine
from broker_adapter.log.records import NewRecords, Producer
from tests.log.test_contract import S, read_all

SETTINGS = StreamSettings(segment_bytes=2000, compaction=True)


def some(number: int) -> NewRecords:
    return NewRecords(
        [b"%06d" % number + b"." * 100] * 2,
        keys=[b"k%d" % (number % 9), b"j%d" % (number % 5)],
        dedup_ids=[b"%d-a" % number, b"%d-b" % number],
        producer=Producer(b"p", number * 2),
    )


def test_a_backup_taken_while_appends_go_on_has_all_that_was_acknowledged_before(tmp_path: Path) -> None:
    engine = FileEngine(str(tmp_path / "log"))
    engine.create(S, partitions=2, settings=SETTINGS)
    stop, number = threading.Event(), [0]

    def publish() -> None:
        while not stop.is_set():
            engine.append(S, some(number[0]))
            number[0] += 1

    publisher = threading.Thread(target=publish)
    publisher.start()
    while number[0] < 30:
        pass
    before = read_all(engine)
    done = engine.backup([S], str(tmp_path / "backup"))
    stop.set()
    publisher.join()
    assert done.streams == 1
    whole = read_all(engine)
    other = FileEngine(str(tmp_path / "other"))
    assert other.restore(str(tmp_path / "backup")) == [S]
    restored = read_all(other)
    assert set(before) <= set(restored) <= set(whole)
    assert other.verify(S).problems == []
    for each in (engine, other):
        each.close()


def test_a_restored_stream_goes_on_where_it_was_and_knows_what_it_knew(tmp_path: Path) -> None:
    engine = FileEngine(str(tmp_path / "log"))
    engine.create(S, partitions=2, settings=SETTINGS)
    placed = [engine.append(S, some(number)) for number in range(40)]
    engine.maintain(S, now=True)
    at = engine.latest(S)
    left = read_all(engine)
    engine.backup([S], str(tmp_path / "backup"))
    engine.delete(S)
    assert engine.restore(str(tmp_path / "backup")) == [S]
    assert read_all(engine) == left
    assert engine.verify(S).problems == []
    for number in (0, 20, 39):  # their records may be gone: they are known all the same
        again = engine.append(S, some(number))
        assert all(again.duplicates)
        assert list(again.offsets) == list(placed[number].offsets)
    with pytest.raises(errors.PositionGone):  # who had read past the backup must not miss what comes there now
        engine.read(S, at, records_max=1, bytes_max=1)
    assert not any(engine.append(S, some(40)).duplicates)
    engine.maintain(S, now=True)
    assert engine.verify(S).problems == []
    engine.close()


def test_positions_stay_valid_where_a_log_is_moved(tmp_path: Path) -> None:
    engine = FileEngine(str(tmp_path / "log"))
    engine.create(S)
    engine.append(S, some(1))
    position = engine.latest(S)
    engine.backup([S], str(tmp_path / "backup"))
    engine.close()
    moved = FileEngine(str(tmp_path / "moved"))
    moved.restore(str(tmp_path / "backup"), keep_epoch=True)
    assert moved.read(S, position, records_max=1, bytes_max=1).caught_up
    moved.close()


def test_a_backup_that_was_changed_is_refused_and_nothing_is_put_into_place(tmp_path: Path) -> None:
    engine = FileEngine(str(tmp_path / "log"))
    for name in ("one", S):
        engine.create(name, settings=SETTINGS)
        for number in range(10):
            engine.append(name, some(number))
    engine.backup(engine.streams(), str(tmp_path / "backup"))
    other = FileEngine(str(tmp_path / "other"))
    for path in sorted((tmp_path / "backup").rglob("*")):
        if path.is_dir() or path.name == "backup.json":
            continue
        good = path.read_bytes()
        for bad in (None, good + b"x", good[:-1] + bytes([good[-1] ^ 1]) if good else b"x"):
            path.unlink() if bad is None else path.write_bytes(bad)
            with pytest.raises(errors.InvalidBackup):
                other.restore(str(tmp_path / "backup"))
            assert other.streams() == []
        path.write_bytes(good)
    assert sorted(other.restore(str(tmp_path / "backup"))) == sorted(["one", S])
    with pytest.raises(errors.StreamExists):
        other.restore(str(tmp_path / "backup"), streams=[S])
    for bad in ("{}", "", "[]"):
        (tmp_path / "backup" / "backup.json").write_text(bad)
        with pytest.raises(errors.InvalidBackup):
            other.restore(str(tmp_path / "backup"))
    with pytest.raises(errors.InvalidBackup):
        engine.backup([S], str(tmp_path / "backup"))  # is there already
    for each in (engine, other):
        each.close()


def test_a_backup_that_fails_leaves_nothing(tmp_path: Path) -> None:
    engine = FileEngine(str(tmp_path / "log"))
    engine.create(S)
    with pytest.raises(errors.StreamNotFound):
        engine.backup([S, "missing"], str(tmp_path / "backup"))
    assert [path.name for path in tmp_path.iterdir()] == ["log"]
    engine.close()
