"""What the file engine promises beyond the contract: restarts, damage, and files that come and go."""

import json
import random
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from broker_adapter.log import errors
from broker_adapter.log.engine import EngineLimits, StreamSettings
from broker_adapter.log.file_engine import FileEngine, folder_name
from broker_adapter.log.records import Expected, NewRecords, Producer
from tests.log.test_contract import S, payloads, read_all

SMALL = StreamSettings(segment_bytes=4096)
Reopen = Callable[[], FileEngine]


def partition_folder(tmp_path: Path, number: int = 0) -> Path:
    return tmp_path / "log" / "streams" / folder_name(S) / f"p{number:04d}"


def segments(tmp_path: Path) -> list[Path]:
    return sorted(partition_folder(tmp_path).glob("*.log"))


def fill(engine: FileEngine, batches: int, *, size: int = 100, settings: StreamSettings = SMALL) -> list[bytes]:
    """Batches of three records each, timestamps rising by 10."""
    engine.create(S, settings=settings)
    sent = []
    for number in range(batches):
        some = [b"%06d" % (number * 3 + each) + b"." * size for each in range(3)]
        engine.append(S, NewRecords(some, timestamps_ms=[(number * 3 + each) * 10 for each in range(3)]))
        sent += some
    return sent


def flip(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 0x10
    path.write_bytes(data)


# Restarts


def test_everything_is_there_after_a_restart(reopened: Reopen, tmp_path: Path) -> None:
    sent = fill(reopened(), 60)
    assert len(segments(tmp_path)) > 3
    for _ in range(3):
        engine = reopened()
        assert payloads(read_all(engine)) == sent
        result = engine.append(S, NewRecords([b"more"]))
        assert result.offsets[0] == len(sent)
        sent.append(b"more")
    about = reopened().describe(S).partitions[0]
    assert about.next_offset == len(sent)
    assert about.bytes == sum(path.stat().st_size for path in segments(tmp_path))
    assert about.first_timestamp_ms == 0


def test_segments_are_named_by_their_first_offset(reopened: Reopen, tmp_path: Path) -> None:
    engine = reopened()
    fill(engine, 60)
    for path in segments(tmp_path):
        first = engine.read(S, engine.position_at(S, {0: int(path.stem)}), records_max=1, bytes_max=1)
        assert first.batches[0].base_offset == int(path.stem)
        assert first.batches[0].file == path.name


def test_every_offset_and_time_can_be_sought_across_segments(reopened: Reopen) -> None:
    sent = fill(reopened(), 60)
    engine = reopened()
    for offset in range(len(sent)):
        slice_ = engine.read(S, engine.position_at(S, {0: offset}), records_max=1, bytes_max=1)
        assert payloads(list(slice_.records())) == [sent[offset]]
        assert engine.at_time(S, offset * 10).offsets == (offset,)
        assert engine.at_time(S, offset * 10 + 1).offsets == (offset + 1,)


def test_the_dedup_window_survives_a_restart(reopened: Reopen) -> None:
    engine = reopened()
    engine.create(S, partitions=3, settings=StreamSettings(segment_bytes=2000, dedup_ids_max=50))
    places = {}
    for number in range(100):
        result = engine.append(S, NewRecords([b"x"], dedup_ids=[b"%d" % number]))
        places[number] = (result.partitions[0], result.offsets[0])
    engine = reopened()
    for number in range(99, 49, -1):
        again = engine.append(S, NewRecords([b"x"], dedup_ids=[b"%d" % number]))
        assert again.duplicates == (True,)
        assert (again.partitions[0], again.offsets[0]) == places[number]


def test_an_id_older_than_the_window_is_new(tmp_path: Path) -> None:
    clock = [1_000_000]
    engine = FileEngine(str(tmp_path), now_ms=lambda: clock[0])
    engine.create(S, settings=StreamSettings(dedup_window_ms=1000))
    engine.append(S, NewRecords([b"x"], dedup_ids=[b"1"]))
    clock[0] += 1000
    assert engine.append(S, NewRecords([b"x"], dedup_ids=[b"1"])).duplicates[0]
    clock[0] += 1
    assert not engine.append(S, NewRecords([b"x"], dedup_ids=[b"1"])).duplicates[0]
    engine.close()


def test_producers_are_known_after_a_restart_and_in_other_processes(reopened: Reopen, tmp_path: Path) -> None:
    engine = reopened()
    engine.create(S, partitions=2, settings=SMALL)
    sent = [
        NewRecords([b"x" * 99] * 9, keys=[b"%d" % each for each in range(9)], producer=Producer(b"p", number * 9))
        for number in range(30)
    ]
    placed = [engine.append(S, records) for records in sent]
    for again in (reopened(), FileEngine(str(tmp_path / "log"))):
        for number in (29, 25, 0):
            answer = again.append(S, sent[number])
            assert all(answer.duplicates)
            if number > 22:
                assert list(answer.offsets) == list(placed[number].offsets)
        again.append(S, NewRecords([b"new"], producer=Producer(b"p", 1000)))
        assert reopened().append(S, NewRecords([b"new"], producer=Producer(b"p", 1000))).duplicates == (True,)
        again.close()
    assert reopened().describe(S).records == 271


def test_two_processes_see_each_others_keys_and_producers(tmp_path: Path) -> None:
    one, two = FileEngine(str(tmp_path)), FileEngine(str(tmp_path))
    one.create(S, settings=SMALL)
    end = 0
    for number in range(40):
        engine, other = (one, two) if number % 2 else (two, one)
        records = NewRecords([b"x" * 100] * 2, keys=[b"k", b"j"], expected=Expected(end, key=b"k"))
        end = engine.append(S, records).offsets[0] + 1
        with pytest.raises(errors.PositionConflict):
            other.append(S, records)
        bulk = NewRecords([b"y"], producer=Producer(b"p", number))
        assert engine.append(S, bulk).duplicates == (False,)
        assert other.append(S, bulk).duplicates == (True,)
    for engine in (one, two):
        engine.close()


def test_a_producer_is_known_though_another_process_stored_its_append_and_this_one_others(tmp_path: Path) -> None:
    one, two = FileEngine(str(tmp_path)), FileEngine(str(tmp_path))
    one.create(S)
    two.append(S, NewRecords([b"a"], producer=Producer(b"p", 0)))
    one.append(S, NewRecords([b"b"], producer=Producer(b"p", 1)))
    two.append(S, NewRecords([b"plain"]))
    assert two.append(S, NewRecords([b"b"], producer=Producer(b"p", 1))).duplicates == (True,)
    for engine in (one, two):
        engine.close()


def test_settings_altered_by_another_process_are_noticed(tmp_path: Path) -> None:
    one, two = FileEngine(str(tmp_path)), FileEngine(str(tmp_path))
    one.create(S)
    two.append(S, NewRecords([b"x" * 50]))
    one.alter(S, StreamSettings(record_bytes_max=10, retention_ms=99))
    assert two.describe(S).settings.retention_ms == 99
    with pytest.raises(errors.RecordTooLarge):
        two.append(S, NewRecords([b"x" * 50]))
    two.alter(S, StreamSettings())
    assert one.describe(S).settings == FileEngine(str(tmp_path)).describe(S).settings == StreamSettings()
    one.append(S, NewRecords([b"x" * 50]))
    for engine in (one, two):
        engine.close()


def test_reading_backwards_passes_over_damage_and_names_it(reopened: Reopen, tmp_path: Path) -> None:
    sent = fill(reopened(), 40, size=20)
    reopened().close()
    path = segments(tmp_path)[1]
    flip(path, path.stat().st_size // 2)
    engine = reopened()
    forwards = engine.read(S, engine.earliest(S), records_max=1000, bytes_max=1 << 20)
    back = engine.read_back(S, engine.latest(S), records_max=1000, bytes_max=1 << 20)
    assert sorted(back.records_back()) == list(forwards.records())
    assert back.gaps == forwards.gaps
    assert back.count == len(sent) - 3


# Torn tails


def test_a_tail_torn_at_any_byte_is_cut_and_kept_aside(reopened: Reopen, tmp_path: Path) -> None:
    """A crash in the middle of a write, before the watermark moved: simulated by putting the old watermark back."""
    engine = reopened()
    sent = fill(engine, 3, size=5, settings=StreamSettings())
    engine.close()
    (path,) = segments(tmp_path)
    mark = partition_folder(tmp_path) / "watermark"
    before, mark_before = path.read_bytes(), mark.read_bytes()
    reopened().append(S, NewRecords([b"torn", b"batch"]))
    reopened().close()
    whole = path.read_bytes()
    for size in range(len(before) + 1, len(whole)):
        path.write_bytes(whole[:size])
        mark.write_bytes(mark_before)
        engine = reopened()
        assert payloads(read_all(engine)) == sent, size  # not served, even before anybody appends
        assert engine.append(S, NewRecords([b"next"])).offsets[0] == len(sent)
        assert payloads(read_all(engine)) == [*sent, b"next"]
        engine.close()
        (aside,) = partition_folder(tmp_path).glob("*.torn-*")
        assert aside.read_bytes() == whole[len(before) : size]
        aside.unlink()
    path.write_bytes(whole)
    mark.write_bytes(mark_before)
    engine = reopened()
    assert payloads(read_all(engine)) == sent  # past the watermark: not durable as far as a reader knows
    assert engine.append(S, NewRecords([b"next"])).offsets[0] == len(sent) + 2
    assert payloads(read_all(engine)) == [*sent, b"torn", b"batch", b"next"]  # a whole batch is proved and kept


def test_ids_in_a_tail_that_was_kept_are_known(reopened: Reopen, tmp_path: Path) -> None:
    engine = reopened()
    fill(engine, 1)
    engine.close()
    mark = partition_folder(tmp_path) / "watermark"
    mark_before = mark.read_bytes()
    reopened().append(S, NewRecords([b"x"], dedup_ids=[b"1"]))
    reopened().close()
    mark.write_bytes(mark_before)
    assert reopened().append(S, NewRecords([b"x"], dedup_ids=[b"1"])).duplicates[0]


def test_a_segment_opened_just_before_a_crash_is_gone_on_with(reopened: Reopen, tmp_path: Path) -> None:
    engine = reopened()
    fill(engine, 11)  # just past the segment's size: the next append opens another
    engine.close()
    mark = partition_folder(tmp_path) / "watermark"
    count, mark_before = len(segments(tmp_path)), mark.read_bytes()
    engine = reopened()
    while len(segments(tmp_path)) == count:
        mark_before = mark.read_bytes()
        engine.append(S, NewRecords([b"x" * 500, b"y"]))
    sent = payloads(read_all(engine))
    engine.close()
    newest = segments(tmp_path)[-1]
    whole = newest.read_bytes()
    for tail, kept in ((b"", 2), (whole[:100], 2), (whole, 0)):
        newest.write_bytes(tail)
        mark.write_bytes(mark_before)
        engine = reopened()
        engine.append(S, NewRecords([b"z"]))
        assert payloads(read_all(engine)) == [*sent[: len(sent) - kept], b"z"]
        engine.close()


# Damage


def test_a_flipped_bit_is_found_named_and_not_served_and_the_rest_is_readable(reopened: Reopen, tmp_path: Path) -> None:
    sent = fill(reopened(), 40, size=20)
    reopened().close()
    chosen = random.Random(7)
    paths = segments(tmp_path)
    for path in (paths[0], paths[len(paths) // 2], paths[-1]):
        good = path.read_bytes()
        for at in {0, 4, 8, 16, 24, 28, 56, 88, len(good) - 1, *(chosen.randrange(len(good)) for _ in range(25))}:
            flip(path, at)
            engine = reopened()
            slice_ = engine.read(S, engine.earliest(S), records_max=1000, bytes_max=1 << 20)
            (gap,) = slice_.gaps
            found = {record.offset: record.payload for record in slice_.records()}
            missing = set(range(gap.first_offset, gap.next_offset))
            assert found == {offset: payload for offset, payload in enumerate(sent) if offset not in missing}
            assert len(missing) == 3
            assert gap.file == path.name
            assert gap.position <= at < gap.position + 3 * 30 + 150
            assert slice_.caught_up
            path.write_bytes(good)


def test_damage_does_not_stop_appends_and_times_are_still_found(reopened: Reopen, tmp_path: Path) -> None:
    sent = fill(reopened(), 40, size=20)
    reopened().close()
    flip(segments(tmp_path)[-1], 100)
    flip(segments(tmp_path)[0], 100)
    engine = reopened()
    assert engine.append(S, NewRecords([b"more"])).offsets[0] == len(sent)
    assert engine.at_time(S, 0).offsets == (3,)  # the first batch is the damaged one
    assert engine.at_time(S, 55).offsets == (6,)
    assert engine.describe(S).records == len(sent) + 1
    for offset in range(len(sent)):
        slice_ = engine.read(S, engine.position_at(S, {0: offset}), records_max=1, bytes_max=1)
        assert next(slice_.records()).payload in sent


def test_bytes_in_a_payload_never_pass_for_a_batch(reopened: Reopen, tmp_path: Path) -> None:
    engine = reopened()
    fill(engine, 2, size=5, settings=StreamSettings())
    (path,) = segments(tmp_path)
    engine.append(S, NewRecords([path.read_bytes() * 2]))  # whole batches of this very format
    engine.append(S, NewRecords([b"after"]))
    engine.close()
    good = path.read_bytes()
    flip(path, good.index(b"FSB", 300) + 60)  # the header of the batch that holds them
    engine = reopened()
    slice_ = engine.read(S, engine.earliest(S), records_max=100, bytes_max=1 << 20)
    offsets = [record.offset for record in slice_.records()]
    assert offsets == [0, 1, 2, 3, 4, 5, 7]
    assert [(gap.first_offset, gap.next_offset) for gap in slice_.gaps] == [(6, 7)]


def test_a_lost_watermark_is_made_again(reopened: Reopen, tmp_path: Path) -> None:
    engine = reopened()
    sent = fill(engine, 60)
    ids = engine.append(S, NewRecords([b"id"], dedup_ids=[b"1"])).offsets[0]
    sent.append(b"id")
    engine.close()
    mark = partition_folder(tmp_path) / "watermark"
    good = mark.read_bytes()
    for bad in (None, b"", b"\xff" * 256, good[:50], bytes(256)):
        mark.unlink() if bad is None else mark.write_bytes(bad)
        assert payloads(read_all(reopened())) == sent
        mark.unlink() if bad is None else mark.write_bytes(bad)
        engine = reopened()
        assert engine.append(S, NewRecords([b"id"], dedup_ids=[b"1"])).offsets[0] == ids
        assert engine.append(S, NewRecords([b"more"])).offsets[0] == len(sent)
        sent.append(b"more")
        assert payloads(read_all(reopened())) == sent
        assert reopened().at_time(S, 555).offsets == (56,)


def test_one_damaged_slot_of_the_watermark_costs_no_record(reopened: Reopen, tmp_path: Path) -> None:
    engine = reopened()
    sent = fill(engine, 5)
    engine.close()
    mark = partition_folder(tmp_path) / "watermark"
    good = mark.read_bytes()
    for at in (*range(0, 92, 7), *range(128, 220, 7)):
        flip(mark, at)
        engine = reopened()
        engine.append(S, NewRecords([b"more"]))
        sent.append(b"more")
        assert payloads(read_all(engine)) == sent
    assert good != mark.read_bytes()


@pytest.mark.parametrize("harm", ["lost", "flipped", "cut", "foreign"])
def test_an_index_lost_or_damaged_is_made_again(reopened: Reopen, tmp_path: Path, harm: str) -> None:
    settings = StreamSettings(segment_bytes=400_000)
    engine = reopened()
    sent = fill(engine, 200, size=3000, settings=settings)
    engine.close()
    indexes = sorted(partition_folder(tmp_path).glob("*.index"))
    assert len(indexes) >= 4
    assert all(path.stat().st_size > 64 for path in indexes[:-1])
    for path in indexes:
        if harm == "lost":
            path.unlink()
        elif harm == "flipped":
            flip(path, random.Random(3).randrange(path.stat().st_size))
        elif harm == "cut":
            path.write_bytes(path.read_bytes()[:45])
        else:
            path.write_bytes(b"\0" * 640)
    engine = reopened()
    for offset in (*range(0, 600, 41), 599):
        slice_ = engine.read(S, engine.position_at(S, {0: offset}), records_max=1, bytes_max=1)
        assert payloads(list(slice_.records())) == [sent[offset]]
        assert engine.at_time(S, offset * 10).offsets == (offset,)
    assert engine.append(S, NewRecords([b"more"], timestamps_ms=[9999])).offsets[0] == 600
    assert reopened().at_time(S, 9000).offsets == (600,)


def test_records_lost_from_a_durable_end_are_reported_and_their_offsets_never_used_again(
    reopened: Reopen, tmp_path: Path
) -> None:
    engine = reopened()
    sent = fill(engine, 5)
    engine.close()
    path = segments(tmp_path)[-1]
    path.write_bytes(path.read_bytes()[:-10])
    engine = reopened()
    slice_ = engine.read(S, engine.earliest(S), records_max=100, bytes_max=1 << 20)
    assert [(gap.first_offset, gap.next_offset) for gap in slice_.gaps] == [(12, 15)]
    assert engine.append(S, NewRecords([b"more"])).offsets[0] == 15
    slice_ = reopened().read(S, slice_.position, records_max=9, bytes_max=999)
    assert payloads(list(slice_.records())) == [b"more"]
    engine = reopened()
    slice_ = engine.read(S, engine.earliest(S), records_max=100, bytes_max=1 << 20)
    assert payloads(list(slice_.records())) == [*sent[:12], b"more"]
    assert [(gap.first_offset, gap.next_offset) for gap in slice_.gaps] == [(12, 15)]


def test_a_damaged_description_is_reported(reopened: Reopen, tmp_path: Path) -> None:
    engine = reopened()
    fill(engine, 1)
    engine.close()
    path = partition_folder(tmp_path).parent / "stream.json"
    good = path.read_text()
    for bad in (good.replace('"partitions": 1', '"partitions": 2'), good[:-9], "", "[]", "null"):
        path.write_text(bad)
        with pytest.raises(errors.CorruptStream):
            reopened().describe(S)
    about = json.loads(good)
    assert about["partitions"] == 1
    path.write_text(good)
    assert reopened().describe(S).records == 3


# Several engines on one folder (as several processes would be)


def test_two_engines_append_to_one_partition_and_read_each_other(tmp_path: Path) -> None:
    one, two = FileEngine(str(tmp_path)), FileEngine(str(tmp_path))
    one.create(S, settings=SMALL)
    for number in range(100):
        engine = (one, two)[number // 3 % 2]
        assert engine.append(S, NewRecords([b"%d" % number + b"." * 100])).offsets[0] == number
    assert payloads(read_all(one)) == payloads(read_all(two)) == [b"%d" % n + b"." * 100 for n in range(100)]
    for engine in (one, two):
        engine.close()


def test_an_id_stored_by_another_process_is_a_duplicate_here(tmp_path: Path) -> None:
    one, two = FileEngine(str(tmp_path)), FileEngine(str(tmp_path))
    one.create(S, partitions=3)
    for engine in (one, two):
        engine.append(S, NewRecords([b"x"], dedup_ids=[b"start"]))
    for number in range(20):
        engine, other = (one, two) if number % 2 else (two, one)
        first = engine.append(S, NewRecords([b"x"] * 3, dedup_ids=[b"%d" % number, b"%da" % number, b"%db" % number]))
        assert not any(first.duplicates)
        again = other.append(
            S, NewRecords([b"y"] * 4, dedup_ids=[b"%d" % number, b"%dc" % number, b"%da" % number, b"%db" % number])
        )
        assert list(again.duplicates) == [True, False, True, True]
        assert [again.offsets[at] for at in (0, 2, 3)] == list(first.offsets)
        assert [again.partitions[at] for at in (0, 2, 3)] == list(first.partitions)
        assert not any(other.append(S, NewRecords([b"z"], dedup_ids=[b"%dd" % number])).duplicates)
    assert one.describe(S).records == two.describe(S).records == 1 + 20 * 5
    offsets: dict[int, list[int]] = {}
    for record in read_all(one):
        offsets.setdefault(record.partition, []).append(record.offset)
    assert all(each == list(range(len(each))) for each in offsets.values())
    for engine in (one, two):
        engine.close()


def test_a_watched_stream_rings_for_another_process(tmp_path: Path) -> None:
    one, two = FileEngine(str(tmp_path)), FileEngine(str(tmp_path), EngineLimits(watch_interval_s=0.01))
    one.create(S)
    rung = threading.Event()
    heard: list[str] = []
    two.on_growth(lambda stream: (heard.append(stream), rung.set()))
    stop = two.watch(S)
    one.append(S, NewRecords([b"x"]))
    assert rung.wait(20)
    assert heard == [S]
    stop()
    one.append(S, NewRecords([b"x"]))
    two.poll_growth()
    assert heard == [S]
    for engine in (one, two):
        engine.close()


def test_a_stream_deleted_or_replaced_by_another_process_is_noticed(tmp_path: Path) -> None:
    one, two = FileEngine(str(tmp_path)), FileEngine(str(tmp_path))
    one.create(S, partitions=2)
    two.append(S, NewRecords([b"old"], dedup_ids=[b"1"]))
    position = two.latest(S)
    one.delete(S)
    with pytest.raises(errors.StreamNotFound):
        two.append(S, NewRecords([b"lost"]))
    with pytest.raises(errors.StreamNotFound):
        two.latest(S)
    one.create(S, partitions=1)
    assert not two.append(S, NewRecords([b"new"], dedup_ids=[b"1"])).duplicates[0]
    assert payloads(read_all(one)) == payloads(read_all(two)) == [b"new"]
    with pytest.raises(errors.PositionGone):
        two.read(S, position, records_max=1, bytes_max=1)
    one.delete(S)
    one.create(S, partitions=1)
    assert isinstance(two.append_soon(S, NewRecords([b"lost"])).exception(10), errors.StreamNotFound)
    assert two.append_soon(S, NewRecords([b"newer"])).result(10).offsets[0] == 0
    assert not list((tmp_path / "deleted").iterdir())
    for engine in (one, two):
        engine.close()


def test_open_files_stay_bounded_with_many_streams(tmp_path: Path) -> None:
    engine = FileEngine(str(tmp_path), EngineLimits(handles_max=20))
    for number in range(40):
        engine.create(f"s{number}", partitions=2, settings=StreamSettings(segment_bytes=300))
        for _ in range(4):
            engine.append(f"s{number}", NewRecords([b"x" * 200] * 2))
    for number in range(40):
        assert len(read_all(engine, f"s{number}")) == 8
    assert len(engine._storage.handles) <= 20
    assert len(list(Path("/proc/self/fd").iterdir())) < 100
    engine.close()


def test_committer_threads_go_no_further_than_their_bound(tmp_path: Path) -> None:
    before = {thread.ident for thread in threading.enumerate()}
    engine = FileEngine(str(tmp_path), EngineLimits(committers_max=3))
    for number in range(30):
        engine.create(f"s{number}", partitions=2)
    futures = [engine.append_soon(f"s{n % 30}", NewRecords([b"x"])) for n in range(600)]
    for future in futures:
        future.result(30)
    assert sum(thread.name == "log-committer" and thread.ident not in before for thread in threading.enumerate()) <= 3
    engine.close()
