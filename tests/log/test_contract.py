"""The promises of broker_adapter/log/engine.py, one test each, for every engine."""

import asyncio
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest

from broker_adapter.log import errors
from broker_adapter.log.engine import Engine, Maintenance, StreamSettings, open_engine
from broker_adapter.log.partitioner import partition_of
from broker_adapter.log.position import Position
from broker_adapter.log.records import TOMBSTONE_HEADER, UNKNOWN_OFFSET, Expected, NewRecords, Producer, Record

S = "0b1e/orders"


def read_all(engine: Engine, stream: str = S, position: Position | None = None, **bounds: int) -> list[Record]:
    position = position or engine.earliest(stream)
    bounds = {"records_max": 1000, "bytes_max": 1 << 20} | bounds
    found: list[Record] = []
    while True:
        slice_ = engine.read(stream, position, **bounds)
        found += slice_.records()
        position = slice_.position
        if slice_.caught_up:
            return found


def payloads(records: list[Record]) -> list[bytes]:
    return [record.payload for record in records]


# Streams


def test_a_new_stream_is_empty(engine: Engine) -> None:
    engine.create(S, partitions=3)
    about = engine.describe(S)
    assert [(each.earliest_offset, each.next_offset) for each in about.partitions] == [(0, 0)] * 3
    assert about.records == 0
    assert about.partitions[0].first_timestamp_ms is None
    empty = engine.read(S, engine.earliest(S), records_max=10, bytes_max=1000)
    assert (empty.batches, empty.caught_up, empty.gaps) == ((), True, ())


def test_a_stream_exists_until_it_is_deleted(engine: Engine) -> None:
    engine.create(S)
    engine.create("other")
    assert engine.exists(S)
    assert engine.streams() == [S, "other"]
    with pytest.raises(errors.StreamExists):
        engine.create(S)
    engine.delete(S)
    assert not engine.exists(S)
    assert engine.streams() == ["other"]
    for call in (engine.delete, engine.describe, engine.latest):
        with pytest.raises(errors.StreamNotFound):
            call(S)
    with pytest.raises(errors.StreamNotFound):
        engine.append(S, NewRecords([b"x"]))


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b/c", "späti.%2F", ".", "..", "Ünï" * 40, "a b", "~x"])
def test_any_printable_name_is_a_stream_of_its_own(engine: Engine, name: str) -> None:
    engine.create(name)
    engine.append(name, NewRecords([b"x"]))
    assert engine.streams() == [name]
    assert payloads(read_all(engine, name)) == [b"x"]


@pytest.mark.parametrize("name", ["", "a\0b", "a\nb", "x" * 201])
def test_other_names_are_refused(engine: Engine, name: str) -> None:
    with pytest.raises(errors.InvalidStream):
        engine.create(name)


@pytest.mark.parametrize("partitions", [0, -1, 257])
def test_a_stream_has_1_to_256_partitions(engine: Engine, partitions: int) -> None:
    with pytest.raises(errors.InvalidStream):
        engine.create(S, partitions=partitions)


def test_a_stream_created_anew_has_nothing_of_the_old_one(engine: Engine) -> None:
    engine.create(S)
    engine.append(S, NewRecords([b"old"], dedup_ids=[b"1"]))
    position, epoch = engine.latest(S), engine.describe(S).epoch
    engine.delete(S)
    engine.create(S)
    assert engine.describe(S).epoch != epoch
    assert engine.append(S, NewRecords([b"new"], dedup_ids=[b"1"])).duplicates == (False,)
    assert payloads(read_all(engine)) == [b"new"]
    with pytest.raises(errors.PositionGone) as raised:
        engine.read(S, position, records_max=1, bytes_max=1)
    assert payloads(read_all(engine, position=Position.decode(raised.value.earliest))) == [b"new"]


# Appending


def test_records_come_back_as_they_were_sent(engine: Engine) -> None:
    engine.create(S)
    headers = [(("type", b"Order Placed"), ("ce-id", b"\x00\xff")), (), (("type", b""),)]
    engine.append(
        S,
        NewRecords(
            [b"\x00\xff", b"", b"{}"],
            keys=[b"k", None, b""],
            headers=headers,
            timestamps_ms=[5, 3, 4],
            dedup_ids=[None, b"2", None],
        ),
    )
    assert read_all(engine) == [
        Record(0, 0, 5, b"k", headers[0], b"\x00\xff"),
        Record(0, 1, 3, None, (), b""),
        Record(0, 2, 4, b"", headers[2], b"{}"),
    ]


def test_offsets_are_dense_and_places_are_true(engine: Engine) -> None:
    engine.create(S, partitions=4)
    placed = {}
    for batch in range(20):
        sent = [b"%d-%d" % (batch, number) for number in range(25)]
        result = engine.append(S, NewRecords(sent, keys=[b"key-%d" % (number % 7) for number in range(25)]))
        assert list(result.duplicates) == [False] * 25
        placed |= {(p, o): each for p, o, each in zip(result.partitions, result.offsets, sent, strict=True)}
    found = read_all(engine)
    assert {(record.partition, record.offset): record.payload for record in found} == placed
    for number in range(4):
        offsets = [record.offset for record in found if record.partition == number]
        assert offsets == list(range(len(offsets)))


def test_records_with_one_key_stay_in_one_partition_in_order(engine: Engine) -> None:
    engine.create(S, partitions=5)
    for batch in range(10):
        engine.append(S, NewRecords([b"%d" % batch] * 8, keys=[b"k%d" % number for number in range(8)]))
    found = read_all(engine)
    for key in {record.key for record in found}:
        mine = [record for record in found if record.key == key]
        assert len({record.partition for record in mine}) == 1
        assert payloads(mine) == [b"%d" % batch for batch in range(10)]
    assert len({record.partition for record in found}) > 1


def test_a_batch_without_keys_stays_together_and_batches_take_turns(engine: Engine) -> None:
    engine.create(S, partitions=3)
    results = [engine.append(S, NewRecords([b"a", b"b", b"c"])) for _ in range(6)]
    assert all(len(set(result.partitions)) == 1 for result in results)
    assert Counter(result.partitions[0] for result in results) == {0: 2, 1: 2, 2: 2}


def test_records_without_timestamps_have_the_time_of_append(engine: Engine) -> None:
    engine.create(S)
    engine.append(S, NewRecords([b"a", b"b"]))
    first, second = read_all(engine)
    assert first.timestamp_ms == second.timestamp_ms == engine.describe(S).partitions[0].last_timestamp_ms > 1.7e12


def test_an_empty_append_is_answered_at_once(engine: Engine) -> None:
    engine.create(S)
    assert engine.append(S, NewRecords([])).offsets == ()
    assert engine.append_soon(S, NewRecords([])).result(5).offsets == ()
    assert engine.describe(S).records == 0


def test_columns_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="keys"):
        NewRecords([b"a", b"b"], keys=[b"k"])


def test_a_record_larger_than_the_limit_is_named_and_nothing_is_stored(engine: Engine) -> None:
    engine.create(S, settings=StreamSettings(record_bytes_max=100))
    with pytest.raises(errors.RecordTooLarge) as raised:
        engine.append(S, NewRecords([b"x" * 100, b"x" * 101]))
    assert raised.value.fields["index"] == 1
    assert engine.describe(S).records == 0
    engine.append(S, NewRecords([b"x" * 100]))


def test_a_batch_larger_than_the_limit_is_refused(engine: Engine) -> None:
    engine.create(S, settings=StreamSettings(record_bytes_max=1000, batch_bytes_max=70_000))
    with pytest.raises(errors.BatchTooLarge):
        engine.append(S, NewRecords([b"x" * 1000] * 71))
    with pytest.raises(errors.BatchTooLarge):
        engine.append(S, NewRecords([b""], headers=[(("h", b"x" * 70_000),)]))
    engine.append(S, NewRecords([b"x" * 1000] * 50))
    assert engine.describe(S).records == 50


def test_a_number_out_of_range_is_refused_and_the_next_append_works(engine: Engine) -> None:
    engine.create(S)
    for bad in (1 << 63, -(1 << 63) - 1):
        with pytest.raises(ValueError, match="range"):
            engine.append(S, NewRecords([b"a"], timestamps_ms=[bad], dedup_ids=[b"1"]))
    assert engine.append(S, NewRecords([b"a"], dedup_ids=[b"1"])).duplicates == (False,)


def test_concurrent_publishers_lose_nothing_and_keep_their_order(engine: Engine) -> None:
    engine.create(S, partitions=2)

    def publish(publisher: int) -> None:
        for number in range(50):
            engine.append(S, NewRecords([b"%d" % number] * 3, keys=[b"%d" % publisher] * 3))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(publish, range(8)))
    found = read_all(engine)
    assert len(found) == 8 * 50 * 3
    for publisher in range(8):
        mine = [int(record.payload) for record in found if record.key == b"%d" % publisher]
        assert mine == [number for number in range(50) for _ in range(3)]


def test_append_soon_completes_when_the_records_can_be_read(engine: Engine) -> None:
    engine.create(S, partitions=2)

    async def publish() -> None:
        futures = [engine.append_soon(S, NewRecords([b"%d" % n], keys=[b"k"])) for n in range(200)]
        results = await asyncio.gather(*map(asyncio.wrap_future, futures))
        assert [result.offsets[0] for result in results] == list(range(200))

    asyncio.run(publish())
    assert payloads(read_all(engine)) == [b"%d" % n for n in range(200)]


def test_waiting_and_queued_publishers_share_one_queue(engine: Engine) -> None:
    engine.create(S, partitions=3)

    def publish(publisher: int) -> None:
        futures = []
        for number in range(40):
            records = NewRecords([b"x"] * 4, keys=[b"%d-%d" % (publisher, each) for each in range(4)])
            if (publisher + number) % 2:
                futures.append(engine.append_soon(S, records))
            else:
                engine.append(S, records)
        for future in futures:
            future.result(30)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(publish, range(6)))
    assert engine.describe(S).records == 6 * 40 * 4


# Duplicates


def test_an_id_sent_again_is_answered_with_the_first_place(engine: Engine) -> None:
    engine.create(S, partitions=3)
    ids = [b"id-%d" % number for number in range(10)]
    first = engine.append(S, NewRecords([b"x"] * 10, dedup_ids=ids))
    again = engine.append(S, NewRecords([b"y"] * 11, dedup_ids=[*ids, b"new"]))
    assert list(again.partitions)[:10] == list(first.partitions)
    assert list(again.offsets)[:10] == list(first.offsets)
    assert list(again.duplicates) == [True] * 10 + [False]
    assert payloads(read_all(engine)).count(b"y") == 1


def test_an_id_twice_in_one_batch_is_stored_once(engine: Engine) -> None:
    engine.create(S, partitions=2)
    result = engine.append(S, NewRecords([b"a", b"b", b"c", b"d"], dedup_ids=[b"1", None, b"1", b"1"]))
    assert list(result.duplicates) == [False, False, True, True]
    assert result.offsets[2] == result.offsets[0]
    assert result.partitions[2] == result.partitions[0]
    assert sorted(payloads(read_all(engine))) == [b"a", b"b"]


def test_an_id_is_a_duplicate_even_under_another_key(engine: Engine) -> None:
    engine.create(S, partitions=8)
    first = engine.append(S, NewRecords([b"a"], keys=[b"one"], dedup_ids=[b"1"]))
    for number in range(20):
        again = engine.append(S, NewRecords([b"a"], keys=[b"%d" % number], dedup_ids=[b"1"]))
        assert (again.partitions[0], again.offsets[0]) == (first.partitions[0], first.offsets[0])
        assert again.duplicates[0]


def test_an_id_sent_by_many_at_once_is_stored_once(engine: Engine) -> None:
    engine.create(S, partitions=4)
    barrier = threading.Barrier(8)

    def publish(publisher: int) -> list[tuple[tuple[int, int], bool]]:
        found = []
        for number in range(30):
            barrier.wait()
            records = NewRecords(
                [b"x"] * 2, keys=[b"%d" % publisher] * 2, dedup_ids=[b"%d-a" % number, b"%d-b" % number]
            )
            result = engine.append(S, records) if publisher % 2 else engine.append_soon(S, records).result(30)
            found += zip(zip(result.partitions, result.offsets, strict=True), result.duplicates, strict=True)
        return found

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(publish, range(8)))
    for answers in zip(*results, strict=True):
        assert len({place for place, _ in answers}) == 1
        assert [duplicate for _, duplicate in answers].count(False) == 1
    assert engine.describe(S).records == 60


def test_ids_beyond_the_window_are_forgotten(engine: Engine) -> None:
    engine.create(S, settings=StreamSettings(dedup_ids_max=10))
    for number in range(30):
        engine.append(S, NewRecords([b"x"], dedup_ids=[b"%d" % number]))
    results = [engine.append(S, NewRecords([b"x"], dedup_ids=[b"%d" % number])) for number in range(29, 19, -1)]
    assert [result.duplicates for result in results] == [(True,)] * 10
    assert engine.append(S, NewRecords([b"x"], dedup_ids=[b"0"])).duplicates == (False,)


# Reading


def test_a_read_keeps_to_both_bounds_and_goes_on_where_it_ended(engine: Engine) -> None:
    engine.create(S, partitions=3)
    for number in range(30):
        engine.append(S, NewRecords([b"%03d-%02d" % (number, each) for each in range(17)]))
    whole = read_all(engine)
    assert len(whole) == 510
    for records_max in (1, 2, 7, 16, 17, 18, 100, 509, 510):
        position, found, last = engine.earliest(S), [], False
        while not last:
            slice_ = engine.read(S, position, records_max=records_max, bytes_max=1 << 20)
            assert slice_.count <= records_max
            position, last = slice_.position, slice_.caught_up
            found += slice_.records()
        assert sorted(found) == sorted(whole)
        for number in range(3):
            offsets = [record.offset for record in found if record.partition == number]
            assert all(b == a + 1 for a, b in pairwise(offsets))
    for bytes_max in (1, 50, 500, 5000):
        position = engine.earliest(S)
        slice_ = engine.read(S, position, records_max=1000, bytes_max=bytes_max)
        assert slice_.count == 1 or sum(view.stored_bytes for view in slice_.batches) <= bytes_max
        assert sorted(read_all(engine, bytes_max=bytes_max, records_max=1000)) == sorted(whole)


def test_a_record_larger_than_the_bound_is_still_read(engine: Engine) -> None:
    engine.create(S)
    engine.append(S, NewRecords([b"x" * 5000, b"y" * 5000]))
    slice_ = engine.read(S, engine.earliest(S), records_max=10, bytes_max=10)
    assert payloads(list(slice_.records())) == [b"x" * 5000]
    assert not slice_.caught_up


def test_no_partition_starves_behind_a_busy_one(engine: Engine) -> None:
    engine.create(S, partitions=4)
    for _ in range(4):
        engine.append(S, NewRecords([b"x"] * 1000))
    slice_ = engine.read(S, engine.earliest(S), records_max=100, bytes_max=1 << 20)
    assert Counter(record.partition for record in slice_.records()) == {0: 25, 1: 25, 2: 25, 3: 25}
    position, seen = engine.earliest(S), set()
    for _ in range(40):
        slice_ = engine.read(S, position, records_max=1, bytes_max=1 << 20)
        seen |= {record.partition for record in slice_.records()}
        position = slice_.position
    assert seen == {0, 1, 2, 3}


def test_a_position_survives_its_token_and_resumes_exactly(engine: Engine) -> None:
    engine.create(S, partitions=2)
    for number in range(10):
        engine.append(S, NewRecords([b"%d" % number] * 5))
    slice_ = engine.read(S, engine.earliest(S), records_max=23, bytes_max=1 << 20)
    rest = read_all(engine, position=Position.decode(slice_.position.encode()))
    assert sorted([*slice_.records(), *rest]) == sorted(read_all(engine))


def test_a_tail_sees_what_is_appended_after_latest(engine: Engine) -> None:
    engine.create(S, partitions=2)
    engine.append(S, NewRecords([b"before"]))
    position = engine.latest(S)
    assert engine.read(S, position, records_max=10, bytes_max=1000).caught_up
    engine.append(S, NewRecords([b"after"]))
    assert payloads(read_all(engine, position=position)) == [b"after"]


def test_a_position_can_be_made_of_offsets(engine: Engine) -> None:
    engine.create(S, partitions=2)
    engine.append(S, NewRecords([b"a", b"b", b"c"]))
    assert payloads(read_all(engine, position=engine.position_at(S, {0: 1}))) == [b"b", b"c"]
    for wrong in ({2: 0}, {-1: 0}, {0: -1}):
        with pytest.raises(errors.PositionError):
            engine.position_at(S, wrong)
    with pytest.raises(errors.PositionError):
        engine.read(S, engine.position_at(S, {0: 4}), records_max=1, bytes_max=1)


@pytest.mark.parametrize("token", ["", "x", "%%%", "A" * 9000, "ä", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"])
def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(errors.PositionError):
        Position.decode(token)


def test_a_token_changed_in_any_place_is_refused(engine: Engine) -> None:
    engine.create(S, partitions=3)
    token = engine.position_at(S, {0: 1, 1: 300, 2: 1 << 40}).encode()
    for at in range(len(token)):
        other = token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]
        try:
            assert Position.decode(other) == Position.decode(token)  # only unused bits of the last character
            assert at == len(token) - 1
        except errors.PositionError:
            pass


def test_reading_from_a_time_begins_with_the_first_record_not_before_it(engine: Engine) -> None:
    engine.create(S)
    for number in range(50):
        engine.append(
            S,
            NewRecords(
                [b"%d" % each for each in range(5)], timestamps_ms=[number * 100 + each * 10 for each in range(5)]
            ),
        )
    for wanted, expected in ((-5, 0), (0, 0), (1, 10), (40, 40), (41, 100), (2500, 2500), (2515, 2520), (4940, 4940)):
        found = read_all(engine, position=engine.at_time(S, wanted))
        assert found[0].timestamp_ms == expected
    assert engine.at_time(S, 4941) == engine.latest(S)


def test_late_records_do_not_hide_those_after_them(engine: Engine) -> None:
    engine.create(S)
    for timestamp in (100, 500, 200, 600, 50):
        engine.append(S, NewRecords([b"%d" % timestamp], timestamps_ms=[timestamp]))
    assert payloads(read_all(engine, position=engine.at_time(S, 150)))[0] == b"500"
    assert payloads(read_all(engine, position=engine.at_time(S, 550)))[0] == b"600"
    assert engine.describe(S).partitions[0].last_timestamp_ms == 600


def test_traffic_can_be_counted_without_touching_payloads(engine: Engine) -> None:
    engine.create(S)
    placed, paid = (("type", b"OrderPlaced"), ("v", b"1")), (("v", b"1"), ("type", b"OrderPaid"))
    engine.append(S, NewRecords([b""] * 6, headers=[placed, paid, placed, (), placed, (("v", b"2"),)]))
    (view,) = engine.read(S, engine.earliest(S), records_max=10, bytes_max=1000).batches
    assert view.count_by_header("type") == {b"OrderPlaced": 3, b"OrderPaid": 1, None: 2}
    assert view.count_by_header("nothing") == {None: 6}
    assert list(view.header_values("v")) == [b"1", b"1", b"1", None, b"1", b"2"]
    assert len(view.header_table) == 4
    (part,) = engine.read(S, engine.position_at(S, {0: 2}), records_max=2, bytes_max=1000).batches
    assert part.count_by_header("type") == {b"OrderPlaced": 1, None: 1}
    assert list(part.offsets) == [2, 3]
    assert part.headers[0] == placed


# Growth


def test_growth_is_rung_after_each_commit_until_stopped(engine: Engine) -> None:
    engine.create(S)
    heard: list[tuple[str, int]] = []
    stop = engine.on_growth(lambda stream: heard.append((stream, engine.describe(stream).records)))
    engine.append(S, NewRecords([b"a", b"b"]))
    assert heard == [(S, 2)]
    stop()
    stop()
    engine.append(S, NewRecords([b"c"]))
    assert len(heard) == 1


def test_a_callback_that_fails_harms_nobody(engine: Engine) -> None:
    engine.create(S)
    heard: list[str] = []
    engine.on_growth(lambda stream: 1 / 0)
    engine.on_growth(heard.append)
    engine.append(S, NewRecords([b"a"]))
    assert heard == [S]


def test_watching_does_not_ring_for_what_was_rung_already(engine: Engine) -> None:
    engine.create(S)
    heard: list[str] = []
    engine.on_growth(heard.append)
    stop = engine.watch(S)
    engine.append(S, NewRecords([b"a"]))
    engine.poll_growth()
    assert heard == [S]
    stop()
    stop()


# Settings


def test_settings_can_be_altered_and_are_described(engine: Engine) -> None:
    engine.create(S)
    assert engine.describe(S).settings == StreamSettings()
    changed = StreamSettings(
        retention_ms=60_000, retention_bytes=1 << 20, compaction=True, tombstone_retention_ms=5, record_bytes_max=10
    )
    engine.alter(S, changed)
    assert engine.describe(S).settings == changed
    with pytest.raises(errors.RecordTooLarge):
        engine.append(S, NewRecords([b"x" * 11]))
    engine.alter(S, StreamSettings())
    assert engine.append(S, NewRecords([b"x" * 11])).offsets[0] == 0


def test_settings_that_contradict_themselves_are_refused(engine: Engine) -> None:
    engine.create(S)
    for wrong in (
        StreamSettings(retention_ms=0),
        StreamSettings(retention_bytes=-1),
        StreamSettings(tombstone_retention_ms=-1),
        StreamSettings(producers_max=0),
    ):
        with pytest.raises(errors.InvalidStream):
            engine.alter(S, wrong)
        with pytest.raises(errors.InvalidStream):
            engine.create("other", settings=wrong)
    with pytest.raises(errors.StreamNotFound):
        engine.alter("other", StreamSettings())


# Conditions


def test_an_append_that_expects_a_partitions_next_offset_is_stored_only_there(engine: Engine) -> None:
    engine.create(S, partitions=3)
    for expected in (0, 2):
        result = engine.append(S, NewRecords([b"a", b"b"], expected=Expected(expected, partition=1)))
        assert (list(result.partitions), list(result.offsets)) == ([1, 1], [expected, expected + 1])
    for wrong in (0, 3, 5):
        with pytest.raises(errors.PositionConflict) as raised:
            engine.append(S, NewRecords([b"c"], expected=Expected(wrong, partition=1)))
        assert (raised.value.expected, raised.value.actual, raised.value.partition) == (wrong, 4, 1)
    assert engine.describe(S).records == 4


def test_an_append_that_expects_a_keys_newest_record_is_refused_if_somebody_was_there_first(engine: Engine) -> None:
    engine.create(S, partitions=2)
    engine.append(S, NewRecords([b"x"] * 6, keys=[b"k%d" % n for n in range(6)]))
    first = engine.append(S, NewRecords([b"new"], keys=[b"mine"], expected=Expected(0, key=b"mine")))
    with pytest.raises(errors.PositionConflict) as raised:
        engine.append(S, NewRecords([b"late"], keys=[b"mine"], expected=Expected(0, key=b"mine")))
    assert raised.value.actual == first.offsets[0] + 1
    engine.append(S, NewRecords([b"x"] * 6, keys=[b"k%d" % n for n in range(6)]))  # of other keys: no matter
    engine.append(S, NewRecords([b"2", b"3"], keys=[b"mine"] * 2, expected=Expected(raised.value.actual, key=b"mine")))
    assert [record.payload for record in read_all(engine) if record.key == b"mine"] == [b"new", b"2", b"3"]
    engine.append(S, NewRecords([b"4"], keys=[b"mine"]))  # without a condition
    ours = [record for record in read_all(engine) if record.key == b"mine"]
    with pytest.raises(errors.PositionConflict) as raised:
        engine.append(S, NewRecords([b"5"], keys=[b"mine"], expected=Expected(ours[-2].offset + 1, key=b"mine")))
    assert raised.value.actual == ours[-1].offset + 1


def test_conditions_that_contradict_the_records_are_refused(engine: Engine) -> None:
    engine.create(S, partitions=8)
    for expected in (Expected(0, partition=8), Expected(0, partition=-1), Expected(0, key=b"other")):
        with pytest.raises(errors.InvalidAppend):
            engine.append(S, NewRecords([b"x"], keys=[b"key"], expected=expected))
    with pytest.raises(ValueError, match="partition or of a key"):
        Expected(0)
    assert engine.append(S, NewRecords([b"x"], expected=Expected(0, key=b"key"))).offsets[0] == 0  # no key: put there


def test_of_many_who_expect_the_same_one_is_stored(engine: Engine) -> None:
    engine.create(S, partitions=2)

    def publish(publisher: int) -> int:
        won = 0
        for number in range(25):
            expected = Expected(number, partition=1) if publisher % 2 else Expected(number, key=b"k1")
            records = NewRecords([b"%d" % publisher], keys=[b"k1"], expected=expected)
            try:
                engine.append(S, records) if publisher < 4 else engine.append_soon(S, records).result(30)
            except errors.PositionConflict:
                while engine.describe(S).partitions[1].next_offset <= number:
                    pass
            else:
                won += 1
        return won

    assert partition_of(b"k1", partitions=2) == 1
    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(publish, range(6))) == 25
    assert engine.describe(S).records == 25


def test_a_retry_of_a_conditional_append_is_answered_and_no_conflict(engine: Engine) -> None:
    engine.create(S, partitions=2)
    records = NewRecords([b"a", b"b"], dedup_ids=[b"1", b"2"], expected=Expected(0, partition=0))
    first = engine.append(S, records)
    again = engine.append(S, records)
    assert (list(again.offsets), list(again.duplicates)) == (list(first.offsets), [True, True])
    with pytest.raises(errors.PositionConflict):
        engine.append(S, NewRecords([b"b", b"c"], dedup_ids=[b"2", b"3"], expected=Expected(0, partition=0)))
    assert engine.describe(S).records == 2


# Producers


def test_a_producers_retry_is_recognised_whatever_the_dedup_window(engine: Engine) -> None:
    engine.create(S, partitions=4, settings=StreamSettings(dedup_ids_max=0, dedup_window_ms=0))
    sent = [
        NewRecords(
            [b"%d-%d" % (batch, each) for each in range(10)],
            keys=[b"k%d" % (each % 7) if each % 3 else None for each in range(10)],
            producer=Producer(b"loader", batch * 10),
        )
        for batch in range(30)
    ]
    placed = [engine.append(S, records) for records in sent]
    assert not any(any(each.duplicates) for each in placed)
    for number, records in enumerate(sent):
        again = engine.append(S, records)
        assert all(again.duplicates)
        assert list(again.partitions) == list(placed[number].partitions)
        if number >= 22:  # where the newest appends went is known
            assert list(again.offsets) == list(placed[number].offsets)
    assert engine.describe(S).records == 300


def test_a_producers_retry_in_other_batches_stores_what_is_new_only(engine: Engine) -> None:
    engine.create(S, partitions=2)
    keys = [b"k%d" % n for n in range(100)]
    body = [b"%d" % n for n in range(100)]
    for first, last in ((0, 40), (40, 50), (30, 70), (0, 100), (95, 100)):
        engine.append(S, NewRecords(body[first:last], keys=keys[first:last], producer=Producer(b"p", first)))
    assert sorted(payloads(read_all(engine))) == sorted(body)


def test_a_number_left_out_may_come_later(engine: Engine) -> None:
    engine.create(S)
    for first in (0, 20, 10, 20, 0, 10):
        engine.append(S, NewRecords([b"%d" % n for n in range(first, first + 10)], producer=Producer(b"p", first)))
    assert sorted(map(int, payloads(read_all(engine)))) == list(range(30))


def test_a_number_that_nobody_remembers_is_refused_and_not_guessed(engine: Engine) -> None:
    engine.create(S)
    for number in range(0, 400, 2):  # every other number: as many gaps
        engine.append(S, NewRecords([b"x"], producer=Producer(b"p", number)))
    with pytest.raises(errors.SequenceForgotten):
        engine.append(S, NewRecords([b"x"], producer=Producer(b"p", 1)))
    assert not any(engine.append(S, NewRecords([b"x"], producer=Producer(b"p", 399))).duplicates)
    assert not any(engine.append(S, NewRecords([b"x"], producer=Producer(b"q", 1))).duplicates)


def test_a_producer_with_a_higher_epoch_shuts_out_the_one_before(engine: Engine) -> None:
    engine.create(S)
    engine.append(S, NewRecords([b"old"], producer=Producer(b"p", 0, epoch=3)))
    engine.append(S, NewRecords([b"new"], producer=Producer(b"p", 0, epoch=4)))
    with pytest.raises(errors.ProducerFenced):
        engine.append(S, NewRecords([b"zombie"], producer=Producer(b"p", 1, epoch=3)))
    assert engine.append(S, NewRecords([b"new"], producer=Producer(b"p", 0, epoch=4))).duplicates == (True,)
    assert payloads(read_all(engine)) == [b"old", b"new"]


def test_producers_beyond_the_bound_are_forgotten(engine: Engine) -> None:
    engine.create(S, settings=StreamSettings(producers_max=3))
    for each in range(5):
        engine.append(S, NewRecords([b"x"], producer=Producer(b"%d" % each, 0)))
    for each in (4, 3, 2):
        assert engine.append(S, NewRecords([b"x"], producer=Producer(b"%d" % each, 0))).duplicates == (True,)
    assert engine.append(S, NewRecords([b"x"], producer=Producer(b"0", 0))).duplicates == (False,)


def test_a_producer_sending_one_append_many_times_at_once_stores_it_once(engine: Engine) -> None:
    engine.create(S, partitions=2)
    records = [
        NewRecords([b"a", b"b", b"c"], keys=[b"1", b"2", b"5"], producer=Producer(b"p", number * 3))
        for number in range(20)
    ]
    futures = [engine.append_soon(S, each) for each in records for _ in range(3)]
    assert sum(sum(not each for each in future.result(30).duplicates) for future in futures) == 60
    assert engine.describe(S).records == 60


@pytest.mark.parametrize(
    "producer", [Producer(b"", 0), Producer(b"x" * 256, 0), Producer(b"p", -1), Producer(b"p", 0, -1)]
)
def test_a_producer_out_of_range_is_refused(engine: Engine, producer: Producer) -> None:
    engine.create(S)
    with pytest.raises(errors.InvalidAppend):
        engine.append(S, NewRecords([b"x"], producer=producer))


# Reading backwards


def read_all_back(engine: Engine, position: Position | None = None, **bounds: int) -> list[Record]:
    position = position or engine.latest(S)
    bounds = {"records_max": 1000, "bytes_max": 1 << 20} | bounds
    found: list[Record] = []
    while True:
        slice_ = engine.read_back(S, position, **bounds)
        found += slice_.records_back()
        position = slice_.position
        if slice_.caught_up:
            return found


def test_reading_backwards_gives_the_same_records_newest_first(engine: Engine) -> None:
    engine.create(S, partitions=3)
    for number in range(30):
        engine.append(S, NewRecords([b"%03d-%02d" % (number, each) for each in range(17)]))
    whole = read_all(engine)
    for bounds in (
        {},
        {"records_max": 1},
        {"records_max": 7},
        {"records_max": 100},
        {"bytes_max": 1},
        {"bytes_max": 999},
    ):
        back = read_all_back(engine, **bounds)
        assert sorted(back) == sorted(whole)
        for number in range(3):
            offsets = [record.offset for record in back if record.partition == number]
            assert offsets == sorted(offsets, reverse=True)
    slice_ = engine.read_back(S, engine.latest(S), records_max=6, bytes_max=1 << 20)
    assert slice_.count == 6
    assert {record.offset for record in slice_.records()} == {168, 169}
    assert not slice_.caught_up


def test_reading_backwards_ends_where_reading_forwards_began(engine: Engine) -> None:
    engine.create(S, partitions=2)
    for number in range(10):
        engine.append(S, NewRecords([b"%d" % number] * 5))
    middle = engine.read(S, engine.earliest(S), records_max=23, bytes_max=1 << 20)
    assert sorted(read_all_back(engine, middle.position)) == sorted(middle.records())
    nothing = engine.read_back(S, engine.earliest(S), records_max=1, bytes_max=1)
    assert (nothing.count, nothing.caught_up, nothing.position) == (0, True, engine.earliest(S))
    with pytest.raises(errors.PositionError):
        engine.read_back(S, engine.position_at(S, {0: 99}), records_max=1, bytes_max=1)


# Retention and compaction


def test_records_older_than_the_retention_go_and_positions_there_are_gone(clocked: Engine, clock: list[int]) -> None:
    clocked.create(S, settings=StreamSettings(segment_bytes=500, retention_ms=1000))
    for number in range(10):
        clocked.append(S, NewRecords([b"%d" % number + b"." * 200] * 2))
        clock[0] += 100
    before = clocked.earliest(S)
    assert clocked.maintain(S).records_expired == 0
    clock[0] += 500
    done = clocked.maintain(S)
    assert 0 < done.records_expired < 12
    assert done.bytes_after < done.bytes_before
    left = read_all(clocked)
    assert left[0].offset == done.records_expired == clocked.describe(S).partitions[0].earliest_offset
    assert [record.offset for record in left] == list(range(done.records_expired, 20))
    assert [record.offset for record in read_all_back(clocked)] == [record.offset for record in reversed(left)]
    with pytest.raises(errors.PositionGone) as raised:
        clocked.read(S, before, records_max=1, bytes_max=1)
    assert read_all(clocked, position=Position.decode(raised.value.earliest)) == left
    clock[0] += 5000
    clocked.maintain(S)
    assert clocked.append(S, NewRecords([b"next"])).offsets[0] == 20
    assert [record.offset for record in read_all(clocked)][-1] == 20
    assert len(read_all(clocked)) <= 3


def test_a_stream_beyond_its_size_loses_its_oldest_records(clocked: Engine) -> None:
    clocked.create(S, settings=StreamSettings(segment_bytes=1000, retention_bytes=5000))
    for number in range(40):
        clocked.append(S, NewRecords([b"%03d" % number + b"." * 300]))
    clocked.maintain(S)
    about = clocked.describe(S)
    assert about.bytes <= 5000
    assert about.bytes > 2500
    assert payloads(read_all(clocked))[-1].startswith(b"039")


def test_records_are_kept_for_ever_unless_the_stream_says_otherwise(clocked: Engine, clock: list[int]) -> None:
    clocked.create(S, settings=StreamSettings(segment_bytes=100))
    for _ in range(5):
        clocked.append(S, NewRecords([b"x" * 100], keys=[b"k"]))
    clock[0] += 10**12
    assert clocked.maintain(S, now=True) == Maintenance(
        bytes_before=clocked.describe(S).bytes, bytes_after=clocked.describe(S).bytes
    )
    assert len(read_all(clocked)) == 5


def test_compaction_keeps_the_newest_record_of_each_key_where_it_was(clocked: Engine) -> None:
    clocked.create(S, partitions=2, settings=StreamSettings(segment_bytes=2000, compaction=True))
    kept: dict[bytes | None, Record] = {}
    unkeyed = 0
    for number in range(60):
        keys = [b"k%d" % (number * 7 % 13), None, b"k%d" % (number * 5 % 11)]
        headers = [(("n", b"%d" % number),), (), (("type", b"x"),)]
        clocked.append(
            S, NewRecords([b"%d-%d" % (number, n) + b"." * 50 for n in range(3)], keys=keys, headers=headers)
        )
    whole = read_all(clocked)
    for record in sorted(whole, key=lambda each: each.offset):
        unkeyed += record.key is None
        kept[record.key] = record
    done = clocked.maintain(S, now=True)
    left = read_all(clocked)
    assert {record for record in left if record.key is not None} == {kept[key] for key in kept if key is not None}
    assert sum(record.key is None for record in left) == unkeyed  # without a key: all of them
    assert set(left) <= set(whole)
    assert done.records_compacted == len(whole) - len(left)
    assert read_all(clocked, records_max=3) == left or sorted(read_all(clocked, records_max=3)) == sorted(left)
    assert sorted(read_all_back(clocked, records_max=5)) == sorted(left)
    assert clocked.describe(S).partitions[0].next_offset + clocked.describe(S).partitions[1].next_offset == len(whole)
    for record in whole[::7]:  # any position that was, resumes
        slice_ = clocked.read(
            S, clocked.position_at(S, {record.partition: record.offset}), records_max=10_000, bytes_max=1 << 20
        )
        mine = [each for each in slice_.records() if each.partition == record.partition]
        assert mine == [each for each in left if each.partition == record.partition and each.offset >= record.offset]
    assert clocked.maintain(S, now=True).records_compacted == 0


def test_compaction_again_and_again_ends_with_the_newest_records(clocked: Engine) -> None:
    clocked.create(S, settings=StreamSettings(segment_bytes=3000, compaction=True))
    expected: dict[bytes, bytes] = {}
    for turn in range(6):
        for number in range(30):
            key, payload = b"k%d" % (number * (turn + 1) % 17), b"%d-%d" % (turn, number) + b"." * 80
            clocked.append(S, NewRecords([payload], keys=[key]))
            expected[key] = payload
        clocked.maintain(S, now=turn % 2 == 0)
        latest: dict[bytes | None, bytes] = {}
        for record in read_all(clocked):
            latest[record.key] = record.payload
        assert latest == expected
    clocked.maintain(S, now=True)
    assert {record.key: record.payload for record in read_all(clocked)} == expected
    assert len(read_all(clocked)) == len(expected)


def test_a_tombstone_takes_its_key_away_and_goes_itself_after_a_while(clocked: Engine, clock: list[int]) -> None:
    clocked.create(S, settings=StreamSettings(segment_bytes=500, compaction=True, tombstone_retention_ms=1000))
    for number in range(5):
        clocked.append(S, NewRecords([b"%d" % number] * 2, keys=[b"stays", b"goes"]))
    clocked.append(S, NewRecords([b""], keys=[b"goes"], headers=[((TOMBSTONE_HEADER, b""),)]))
    clocked.maintain(S, now=True)
    assert [(record.key, record.payload) for record in read_all(clocked)] == [(b"stays", b"4"), (b"goes", b"")]
    clock[0] += 1001
    clocked.append(S, NewRecords([b"x"], keys=[b"another"]))
    clocked.maintain(S, now=True)
    assert [(record.key, record.payload) for record in read_all(clocked)] == [(b"stays", b"4"), (b"another", b"x")]


def test_retries_are_recognised_though_their_records_are_gone(clocked: Engine, clock: list[int]) -> None:
    settings = StreamSettings(segment_bytes=300, retention_bytes=1, compaction=True, dedup_window_ms=10**9)
    clocked.create(S, settings=settings)
    sent = [
        NewRecords([b"x" * 100], keys=[b"k"], dedup_ids=[b"%d" % n] if n % 2 else None, producer=Producer(b"p", n))
        for n in range(20)
    ]
    placed = [clocked.append(S, each) for each in sent]
    clocked.maintain(S, now=True)
    assert len(read_all(clocked)) <= 1
    for each, first in zip(sent, placed, strict=True):
        again = clocked.append(S, each)
        assert again.duplicates == (True,)
        assert again.offsets[0] in (first.offsets[0], UNKNOWN_OFFSET)


def test_conditions_on_keys_hold_across_compaction(clocked: Engine) -> None:
    clocked.create(S, settings=StreamSettings(segment_bytes=300, compaction=True))
    for number in range(10):
        clocked.append(S, NewRecords([b"x" * 100], keys=[b"k"], expected=Expected(number, key=b"k")))
    clocked.maintain(S, now=True)
    with pytest.raises(errors.PositionConflict):
        clocked.append(S, NewRecords([b"y"], keys=[b"k"], expected=Expected(9, key=b"k")))
    assert clocked.append(S, NewRecords([b"y"], keys=[b"k"], expected=Expected(10, key=b"k"))).offsets[0] == 10


# Limits and the end


@pytest.mark.parametrize("kind", ["memory", "file"])
def test_a_full_queue_refuses_instead_of_growing(kind: str, tmp_path) -> None:
    url = "memory:" if kind == "memory" else f"file://{tmp_path}"
    engine = open_engine(url, queue_bytes_max=1000, append_wait_s=0.01)
    engine.create(S)
    partition = engine._opened(S).partitions[0]
    partition.begin()  # nothing can be stored as long as this lasts
    waiting = engine.append_soon(S, NewRecords([b"x" * 900]))
    with pytest.raises(errors.Overloaded):
        engine.append_soon(S, NewRecords([b"x" * 900]))
    with pytest.raises(errors.Overloaded):
        engine.append(S, NewRecords([b"x" * 900]))
    partition.end()
    assert waiting.result(10).offsets[0] == 0
    assert engine.append(S, NewRecords([b"x" * 5000])).offsets[0] == 1  # larger than the queue, but alone
    assert engine.describe(S).records == 2
    engine.close()


def test_closing_finishes_what_is_queued_and_refuses_the_rest(engine: Engine) -> None:
    engine.create(S)
    futures = [engine.append_soon(S, NewRecords([b"x"])) for _ in range(50)]
    engine.close()
    assert sorted(future.result(0).offsets[0] for future in futures) == list(range(50))
    with pytest.raises(errors.LogUnavailable):
        engine.append(S, NewRecords([b"x"]))
    with pytest.raises(errors.LogUnavailable):
        engine.streams()
    engine.close()


def test_an_unknown_url_is_refused() -> None:
    for url in ("ftp://x", "file:relative", "file://host/path", ""):
        with pytest.raises(errors.LogError):
            open_engine(url)
