"""Disks that fail: nothing unacknowledged is believed, nothing acknowledged is lost, and the log recovers."""

import errno
import threading
from pathlib import Path

import pytest

from broker_adapter.log import errors
from broker_adapter.log.engine import StreamSettings
from broker_adapter.log.file_engine import FileEngine
from broker_adapter.log.records import NewRecords
from tests.log.faults import FaultyFiles
from tests.log.test_contract import S, payloads, read_all


@pytest.fixture
def files() -> FaultyFiles:
    return FaultyFiles()


@pytest.fixture
def engine(tmp_path: Path, files: FaultyFiles):
    opened = FileEngine(str(tmp_path), files=files)
    opened.create(S, settings=StreamSettings(segment_bytes=2000))
    opened.append(S, NewRecords([b"before"], dedup_ids=[b"0"]))
    yield opened
    opened.close()


def reread(tmp_path: Path) -> list[bytes]:
    other = FileEngine(str(tmp_path))
    found = payloads(read_all(other))
    other.close()
    return found


def test_a_failed_sync_acknowledges_nothing_and_serves_nothing(engine, files, tmp_path) -> None:
    files.fail("sync", errno.EIO)
    with pytest.raises(errors.LogUnavailable):
        engine.append(S, NewRecords([b"lost"]))
    assert payloads(read_all(engine)) == reread(tmp_path) == [b"before"]
    assert engine.append(S, NewRecords([b"after"])).offsets[0] == 1
    assert payloads(read_all(engine)) == reread(tmp_path) == [b"before", b"after"]


def test_after_a_failed_sync_the_file_is_opened_anew_before_anything_is_acknowledged(engine, files, tmp_path) -> None:
    opened: list[str] = []
    real_open = files.open
    files.open = lambda path, create=False: (opened.append(path), real_open(path, create=create))[1]
    files.fail("sync", errno.EIO)
    files.fail("truncate", errno.EIO)  # nor can it be cut back
    with pytest.raises(errors.LogUnavailable):
        engine.append(S, NewRecords([b"maybe"]))
    assert any(path.endswith(".log") for path in opened)
    files.fail("sync", errno.EIO)  # proving it fails too
    with pytest.raises(errors.LogUnavailable):
        engine.append(S, NewRecords([b"no"]))
    assert payloads(read_all(engine)) == [b"before"]
    files.calls.clear()
    result = engine.append(S, NewRecords([b"after"]))
    found = payloads(read_all(engine))
    assert found == reread(tmp_path) == [b"before", b"maybe", b"after"]  # proved: written again and synced
    assert found[result.offsets[0]] == b"after"
    assert files.calls.count("sync") == 2


@pytest.mark.parametrize("written", [0, 1, 50, 95])
def test_a_full_disk_is_said_plainly_and_appends_work_again_when_there_is_space(
    engine, files, tmp_path, written
) -> None:
    for _ in range(3):
        files.fail("write", errno.ENOSPC, written=written)
        with pytest.raises(errors.StorageFull):
            engine.append(S, NewRecords([b"too much"], dedup_ids=[b"1"]))
        assert payloads(read_all(engine)) == reread(tmp_path) == [b"before"]
    result = engine.append(S, NewRecords([b"fits"], dedup_ids=[b"1"]))
    assert (result.offsets[0], result.duplicates[0]) == (1, False)
    assert reread(tmp_path) == [b"before", b"fits"]


def test_a_full_disk_does_not_stop_the_next_start(engine, files, tmp_path) -> None:
    files.fail("write", errno.ENOSPC, written=40)
    files.fail("truncate", errno.ENOSPC)
    with pytest.raises(errors.StorageFull):
        engine.append(S, NewRecords([b"too much"]))
    files.fail("write", errno.ENOSPC, times=2)  # no space to keep the torn tail aside either
    with pytest.raises(errors.StorageFull):
        engine.append(S, NewRecords([b"still too much"]))
    assert payloads(read_all(engine)) == reread(tmp_path) == [b"before"]
    while files.armed:
        files._planned_for("write")
    assert engine.append(S, NewRecords([b"after"])).offsets[0] == 1
    assert reread(tmp_path) == [b"before", b"after"]


def test_a_watermark_that_cannot_be_written_leaves_the_outcome_open_but_never_doubles(engine, files, tmp_path) -> None:
    real_write, count = files.write, []

    def write(fd, buffers, position):
        count.append(1)
        if len(count) == 2:  # the segment first, then the watermark
            raise OSError(errno.EIO, "EIO")
        real_write(fd, buffers, position)

    files.write = write
    with pytest.raises(errors.LogUnavailable):
        engine.append(S, NewRecords([b"maybe"], dedup_ids=[b"1"]))
    files.write = real_write
    again = engine.append(S, NewRecords([b"maybe"], dedup_ids=[b"1"]))
    assert (again.offsets[0], again.duplicates[0]) == (1, True)
    assert reread(tmp_path) == [b"before", b"maybe"]


@pytest.mark.parametrize("operation", ["write", "sync", "rename", "sync_folder"])
def test_a_segment_that_cannot_be_opened_refuses_the_append_only(engine, files, tmp_path, operation) -> None:
    sent = [b"before"]
    while (tmp_path / "streams").rglob("*.log").__next__().stat().st_size < 2000:
        sent.append(b"x" * 300)
        engine.append(S, NewRecords([b"x" * 300]))
    files.fail(operation, errno.ENOSPC if operation == "write" else errno.EIO)
    with pytest.raises((errors.StorageFull, errors.LogUnavailable)):
        engine.append(S, NewRecords([b"no"]))
    assert not files.armed
    assert engine.append(S, NewRecords([b"after"])).offsets[0] == len(sent)
    assert payloads(read_all(engine)) == reread(tmp_path) == [*sent, b"after"]
    engine.close()  # what is written down after a full segment is finished then
    assert not list((tmp_path / "streams").rglob("*.new-*"))


@pytest.mark.parametrize("operation", ["write", "sync", "rename", "sync_folder"])
def test_a_stream_that_cannot_be_created_leaves_nothing_behind(engine, files, tmp_path, operation) -> None:
    files.fail(operation, errno.ENOSPC)
    with pytest.raises(errors.StorageFull):
        engine.create("other", partitions=2)
    if operation != "sync_folder":
        assert not engine.exists("other")
    assert engine.streams() == [S]
    engine.create("other", partitions=2)
    assert not list((tmp_path / "creating").iterdir())


def test_all_publishers_of_a_failed_group_are_told_and_all_can_send_again(engine, files, tmp_path) -> None:
    started = threading.Event()
    real_sync = files.sync

    def sync(fd):
        started.wait(10)
        real_sync(fd)

    files.sync = sync
    futures = [engine.append_soon(S, NewRecords([b"%d" % n], dedup_ids=[b"a%d" % n])) for n in range(50)]
    files.sync = real_sync
    files.fail("sync", errno.EIO)
    started.set()
    failed = [n for n, future in enumerate(futures) if future.exception(30) is not None]
    for n in range(50):
        result = engine.append(S, NewRecords([b"%d" % n], dedup_ids=[b"a%d" % n]))
        assert result.duplicates[0] == (n not in failed)
    assert failed
    assert sorted(payloads(read_all(engine))) == sorted([b"before", *(b"%d" % n for n in range(50))])


def test_a_duplicate_of_a_record_that_failed_fails_with_it(engine, files) -> None:
    partition = engine._opened(S).partitions[0]
    partition.begin()
    first = engine.append_soon(S, NewRecords([b"x"], dedup_ids=[b"1"]))
    second = engine.append_soon(S, NewRecords([b"x"], dedup_ids=[b"1"]))
    files.fail("sync", errno.EIO)
    partition.end()
    assert isinstance(first.exception(10), errors.LogUnavailable)
    assert isinstance(second.exception(10), errors.LogUnavailable)
    assert not engine.append(S, NewRecords([b"x"], dedup_ids=[b"1"])).duplicates[0]


def test_an_index_that_cannot_be_written_costs_no_append(engine, files, tmp_path) -> None:
    real_open = files.open

    def no_index(path, *, create=False):
        if path.endswith(".index"):
            raise OSError(errno.EACCES, "EACCES")
        return real_open(path, create=create)

    engine.create("other", settings=StreamSettings(segment_bytes=500))
    files.open = no_index
    for number in range(10):
        assert engine.append("other", NewRecords([b"x" * 200])).offsets[0] == number
    files.open = real_open
    assert len(read_all(engine, "other")) == 10
