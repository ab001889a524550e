"""The synchronous client against a real server."""

import threading
import time
from itertools import islice

import pytest

from factstorm import (
    AppendsFailed,
    Batching,
    Client,
    Event,
    Forbidden,
    InvalidRecords,
    NotFound,
    NotSignedIn,
    Place,
    PositionGone,
    RecordRefused,
    Retry,
    StreamNotFound,
    TailEnded,
)

QUICK = Retry(attempts=300, first_s=0.05, most_s=0.3)


@pytest.fixture
def client(shop):
    with Client(**shop.arguments(retry=QUICK)) as made:
        yield made


def counted(*numbers: int) -> list[Event]:
    return [Event("Counted", {"n": n}, key=f"k{n % 5}") for n in numbers]


def test_what_is_appended_is_read_with_its_envelope(client):
    orders = client.stream("orders")
    event = Event("Counted", b'{"n":  1.0e0}', key="k", subject="s", time="2026-11-25T10:00:00Z", id="a", source="/x")
    done = orders.append(event)
    assert done.stored == 1
    assert isinstance(done.places[0], Place)
    record = next(each for each in orders.read() if each.id == "a")
    assert record.place == (done.places[0].partition, done.places[0].offset)
    assert (record.type, record.version, record.data, record.key) == ("Counted", "1.0.0", {"n": 1.0}, "k")
    assert (record.subject, record.source, record.time) == ("s", "/x", "2026-11-25T10:00:00Z")
    assert record.stored_at.tzinfo is not None
    assert orders.page(start=done.position).records == ()


def test_the_same_source_and_id_is_stored_once(client):
    orders = client.stream("orders")
    event = Event("Counted", {"n": 2}, id="once", source="/twice")
    first, second = orders.append(event), orders.append(event)
    assert second.stored == 0
    assert second.places[0].duplicate
    assert second.places[0].offset == first.places[0].offset


def test_a_payload_with_line_breaks_is_kept_byte_for_byte(client, shop):
    orders = client.stream("orders")
    payload = b'{\n  "n": 3\n}'
    done = orders.append(Event("Counted", payload, id="lines"))
    read = client._http.get(
        f"/api/v1/w/{shop.workspace}/streams/orders/records",
        params={"from": f"offset:{done.places[0].partition}:{done.places[0].offset}"},
    )
    assert payload in read.content


def test_a_bad_record_says_which_where_and_why_and_nothing_is_stored(client):
    orders = client.stream("orders")
    before = sum(1 for _ in orders.read())
    with pytest.raises(InvalidRecords) as caught:
        orders.append_many([Event("Counted", {"n": 1}), Event("Counted", {"n": "one"})])
    error = caught.value
    assert (error.status, error.code, error.refused) == (422, "invalid_records", 1)
    [refused] = error.records
    assert (refused.index, refused.type) == (1, "Counted")
    assert refused.faults[0].pointer == "/n"
    assert refused.faults[0].schema_version == "1.0.0"
    assert "/n" in str(error)
    assert sum(1 for _ in orders.read()) == before


def test_partial_stores_the_good_ones(client):
    done = client.stream("orders").append_many(
        [Event("Counted", {"n": "no"}), Event("Counted", {"n": 5})], partial=True
    )
    assert done.places[0] is None
    assert done.places[1] is not None
    assert [each.index for each in done.refused] == [0]


def test_refusals_have_types(shop, client):
    with Client(**shop.arguments(key="fs_nobody")) as stranger, pytest.raises(NotSignedIn):
        stranger.stream("orders").append(Event("Counted", {"n": 1}))
    with Client(**shop.arguments(key=shop.reader)) as reader, pytest.raises(Forbidden):
        reader.stream("orders").append(Event("Counted", {"n": 1}))
    with pytest.raises(StreamNotFound):
        client.stream("nowhere").append(Event("Counted", {"n": 1}))
    with Client(**shop.arguments(workspace="elsewhere")) as other, pytest.raises(NotFound):
        other.stream("orders").page()


def test_a_batcher_gathers_keeps_order_and_tells_each_event_its_place(client):
    stream = client.stream("batched")
    with stream.batcher(Batching(records_max=50, linger_s=0.5)) as batcher:
        futures = [batcher.add(Event("Counted", {"n": n}, key="same")) for n in range(220)]
    places = [future.result(timeout=0) for future in futures]
    assert [place.offset for place in places] == sorted(place.offset for place in places)
    assert [record.data["n"] for record in stream.read()] == list(range(220))


def test_a_lingering_event_goes_out_by_itself(client):
    with client.stream("orders").batcher(Batching(linger_s=0.02)) as batcher:
        assert isinstance(batcher.add(Event("Counted", {"n": 1})).result(timeout=30), Place)


def test_a_batcher_stores_the_good_ones_and_names_the_bad(client):
    stream = client.stream("orders")
    with pytest.raises(AppendsFailed) as caught, stream.batcher() as batcher:
        good, bad = batcher.add(Event("Counted", {"n": 1})), batcher.add(Event("Counted", {}))
    assert isinstance(good.result(timeout=0), Place)
    assert caught.value.count == 1
    with pytest.raises(RecordRefused) as refused:
        bad.result(timeout=0)
    assert refused.value.record.faults[0].keyword == "required"
    told = []
    with stream.batcher(on_failure=lambda event, error: told.append((event.data, type(error)))) as batcher:
        batcher.add(Event("Counted", {"n": None}))
    assert told == [({"n": None}, RecordRefused)]


def test_a_tail_brings_what_is_there_and_what_comes(client):
    stream = client.stream("tailed")
    stream.append_many(counted(*range(30)))
    with stream.tail(start="earliest", window=8) as tail:
        records = iter(tail)
        seen = [record.data["n"] for record in islice(records, 30)]
        threading.Thread(target=lambda: stream.append_many(counted(*range(30, 40)))).start()
        seen += [record.data["n"] for record in islice(records, 10)]
    assert sorted(seen) == list(range(40))


def test_a_tail_goes_on_from_its_position(client):
    stream = client.stream("tailed")
    stream.append_many([Event("Counted", {"n": n}) for n in range(100)])
    total = [record.place for record in stream.read()]
    first, position = [], "earliest"
    with stream.tail(start="earliest", window=10) as tail:
        for batch in tail.batches():
            if len(first) > 40:
                break
            first += [record.place for record in batch.records]
            position = batch.position
    rest = [record.place for batch in stream.tail(start=position).batches(idle_s=1) for record in batch.records]
    assert sorted(first + rest) == sorted(total)
    assert len(set(first + rest)) == len(first + rest)


def test_large_records_do_not_stop_a_tail_for_want_of_acknowledged_bytes(client):
    stream = client.stream("large")
    for n in range(6):
        stream.append_many([Event("Counted", {"n": n, "padding": "x" * 900_000}) for _ in range(4)])
    seen = [record.data["n"] for batch in stream.tail(start="earliest").batches(idle_s=5) for record in batch.records]
    assert len(seen) == 24


def test_a_type_filter_leaves_others_out(client):
    with pytest.raises(StopIteration):
        next(iter(client.stream("tailed").tail(start="earliest", types=["Other"]).batches(idle_s=0.5)))


def test_a_tail_that_may_not_be_says_so(shop, client):
    with Client(**shop.arguments(key="fs_nobody")) as stranger, pytest.raises(NotSignedIn):
        next(iter(stranger.stream("orders").tail()))
    with pytest.raises(TailEnded) as caught:
        next(iter(client.stream("nowhere").tail()))
    assert caught.value.close_code == 4404
    with pytest.raises(TailEnded):
        next(iter(client.stream("orders").tail(start="the day before")))


def test_a_position_of_another_stream_is_gone(client):
    position = client.stream("orders").append(Event("Counted", {"n": 1})).position
    with pytest.raises(PositionGone) as caught:
        client.stream("tailed").page(start=position)
    assert client.stream("tailed").page(start=caught.value.earliest, limit=1).records
    with pytest.raises(PositionGone):
        next(iter(client.stream("tailed").tail(start=position)))


def test_a_server_killed_in_the_middle_loses_and_doubles_nothing_for_writer_and_tail(shop, client):
    stream = client.stream("killed")
    seen: list[int] = []
    tail = stream.tail(start="earliest", window=200)

    def watch() -> None:
        for record in tail:
            seen.append(record.data["n"])
            if len(seen) >= 2_000:
                return

    watcher = threading.Thread(target=watch)
    watcher.start()
    with stream.batcher(Batching(records_max=20)) as batcher:
        for n in range(2_000):
            batcher.add(Event("Counted", {"n": n}))
            if n in (500, 1_300):
                time.sleep(0.2)
                shop.server.kill()
                shop.server.start()
    watcher.join(60)
    tail.close()
    assert sorted(record.data["n"] for record in stream.read()) == list(range(2_000))
    assert sorted(seen) == list(range(2_000))
