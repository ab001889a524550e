"""Ranges, export and import."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import AsyncClient, Client

from broker_adapter import queries, ranges
from broker_adapter.actions import append_records, create_stream, update_stream
from broker_adapter.envelopes import Events
from broker_adapter.models import Stream
from tests.cast import PASSWORD, Cast

pytestmark = pytest.mark.django_db(transaction=True)
API = "/api/v1/w/acme/streams"


@pytest.fixture
def many(cast: Cast) -> Stream:
    """A hundred numbered records over three partitions."""
    stream = create_stream(cast.access(cast.alice), name="many", partitions=3)
    fill(cast, 0, 100)
    return stream


def fill(cast: Cast, first: int, count: int) -> None:
    numbers = range(first, first + count)
    keys: list[bytes | None] = [f"k{n}".encode() for n in numbers]
    kinds = ["Even" if n % 2 == 0 else "Odd" for n in numbers]
    events = Events(kinds, [json.dumps({"n": n}).encode() for n in numbers], keys=keys)
    append_records(cast.access(cast.bob), stream="many", events=events)


@pytest.fixture
def key(make_key: Callable) -> dict[str, str]:
    return {"Authorization": make_key("append", "read")[1]}


def get(path: str, key: dict[str, str]) -> Any:
    answer = Client().get(f"{API}/{path}", headers=key)
    assert answer.status_code == 200, answer.content
    return answer.json()


def numbers(records: list[dict[str, Any]]) -> list[int]:
    return [record["data"]["n"] for record in records]


async def export(path: str, key: dict[str, str]) -> tuple[Any, bytes]:
    answer = await AsyncClient().get(f"{API}/{path}", headers=key)
    assert answer.status_code == 200, answer.content
    return answer, b"".join([piece async for piece in answer.streaming_content])


# Ranges ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("limit", [7, 1000])
def test_a_range_read_in_either_direction_gives_the_same_records_and_comes_to_an_end(
    cast: Cast, many: Stream, key: dict[str, str], order: str, limit: int
) -> None:
    end = queries.resolve_position(many, "latest").encode()
    fill(cast, 100, 20)  # later, so not in it
    start = queries.resolve_position(many, "earliest").moved(partition=1, offset=10).encode()
    here, stop = (start, end) if order == "asc" else (end, start)
    found: list[dict[str, Any]] = []
    for _ in range(200):
        answer = get(f"many/records?from={here}&to={stop}&order={order}&limit={limit}", key)
        found += answer["records"]
        here = answer["next"]
        if answer["caught_up"]:
            break
    assert answer["caught_up"]
    assert len(found) == 90
    offsets: dict[int, list[int]] = {0: [], 1: [], 2: []}
    for record in found:
        offsets[record["partition"]].append(int(record["offset"]))
    for partition, own in offsets.items():
        assert own == sorted(own, reverse=order == "desc"), partition
    assert min(offsets[1]) == 10


def test_the_newest_records_come_first_when_asked_for(many: Stream, key: dict[str, str]) -> None:
    answer = get("many/records?order=desc&limit=3", key)
    assert len(answer["records"]) == 3
    assert not answer["caught_up"]
    lines = Client().get(f"{API}/many/records?order=desc&limit=100", headers=key | {"Accept": "application/x-ndjson"})
    assert len(lines.content.splitlines()) == 100


@pytest.mark.parametrize(
    ("query", "status"),
    [("order=up", 422), ("to=noon", 400), ("from=time:2999-01-01T00:00:00Z&to=earliest", 200), ("to=earliest", 200)],
)
def test_ranges_that_are_none_are_refused_and_empty_ones_are_empty(
    many: Stream, key: dict[str, str], query: str, status: int
) -> None:
    answer = Client().get(f"{API}/many/records?{query}", headers=key)
    assert answer.status_code == status, answer.content
    if status == 200:
        assert (answer.json()["records"], answer.json()["caught_up"]) == ([], True)


def test_density_counts_records_by_time(many: Stream) -> None:
    described = queries.describe(many).partitions
    first = min(each.first_timestamp_ms or 0 for each in described)
    last = max(each.last_timestamp_ms or 0 for each in described)
    assert sum(ranges.density(many, first, last + 1, 10)) == 100
    assert ranges.density(many, last + 1, last + 1000, 4) == [0, 0, 0, 0]


# Export ---------------------------------------------------------------------------------------------------------------


async def test_an_export_is_taken_up_again_behind_the_last_whole_line(many: Stream, key: dict[str, str]) -> None:
    answer, body = await export("many/export", key)
    lines = body.splitlines()
    assert (len(lines), answer.headers["Factstorm-Records"]) == (100, "100")
    half = lines[:37]
    last: dict[int, str] = {}
    for line in half:
        record = json.loads(line)
        last[record["partition"]] = record["offset"]
    places = ",".join(f"{partition}:{offset}" for partition, offset in last.items())
    end = answer.headers["Factstorm-Range-To"]
    _, rest = await export(f"many/export?to={end}&after={places}", key)
    assert sorted(half + rest.splitlines()) == sorted(lines)
    _, none = await export(f"many/export?to={end}&after=0:999,1:999,2:999", key)
    assert none == b""


async def test_an_export_may_be_cloudevents_and_of_some_types(many: Stream, key: dict[str, str]) -> None:
    answer, body = await export("many/export?format=cloudevents&types=Odd", key)
    events = json.loads(body)
    assert len(events) == 50
    assert {event["type"] for event in events} == {"Odd"}
    assert events[0]["factstormplace"]
    assert answer.headers["Content-Type"] == "application/cloudevents-batch+json"
    _, empty = await export("many/export?format=cloudevents&types=Nope", key)
    assert json.loads(empty) == []


@pytest.mark.parametrize("query", ["format=xml", "after=x", "after=9:1", "to=noon"])
def test_an_export_that_makes_no_sense_is_refused(many: Stream, key: dict[str, str], query: str) -> None:
    answer = Client().get(f"{API}/many/export?{query}", headers=key)
    assert answer.status_code in (400, 422)
    assert answer.json()["error"]["message"]


# Import ---------------------------------------------------------------------------------------------------------------


def bring(body: bytes, key: dict[str, str], query: str = "", kind: str = "application/x-ndjson") -> Any:
    answer = Client().post(f"{API}/copy/imports{query}", body, content_type=kind, headers=key)
    return answer.status_code, answer.json()


@pytest.fixture
def copy(cast: Cast) -> Stream:
    return create_stream(cast.access(cast.alice), name="copy", settings={"compaction": True})


@pytest.mark.parametrize("shape", ["ndjson", "cloudevents"])
async def test_what_was_exported_is_imported_once_with_keys_types_and_data(
    many: Stream, copy: Stream, key: dict[str, str], shape: str
) -> None:
    from asgiref.sync import sync_to_async

    _, body = await export(f"many/export?format={shape}", key)
    kind = "application/x-ndjson" if shape == "ndjson" else "application/cloudevents-batch+json"
    call = sync_to_async(bring)
    status, dry = await call(body, key, "?dry_run=true", kind)
    assert (status, dry["dry_run"], dry["read"], dry["stored"]) == (200, True, 100, 100)
    assert await sync_to_async(lambda: queries.overview(copy).records)() == 0
    _, report = await call(body, key, "", kind)
    assert (report["read"], report["stored"], report["refused"], report["stopped"]) == (100, 100, 0, "")
    _, again = await call(body, key, "", kind)
    assert (again["stored"], again["duplicates"]) == (0, 100)
    records = await sync_to_async(get)("copy/records?limit=1000", key)
    assert sorted(numbers(records["records"])) == list(range(100))
    assert {(r["key"], r["data"]["n"]) for r in records["records"]} == {(f"k{n}", n) for n in range(100)}


def test_lines_that_cannot_be_taken_are_reported_with_their_number_and_the_others_are_stored(
    copy: Stream, key: dict[str, str]
) -> None:
    lines = [
        b'{"type":"A","data":1}',
        b"",
        b"{nonsense",
        b'{"partition":0,"offset":"7","timestamp":"2026-11-24T12:00:00.000Z","type":"A","key":"k","data":2}',
        b'{"partition":0,"offset":"8","timestamp":"noon","type":"A","data":3}',
        b'{"partition":0,"offset":"9","timestamp":"2026-11-24T12:00:00.000Z","type":"P","content_type":"image/png",'
        b'"data_base64":"AP8=","attributes":{"traceparent":"00-ab"}}',
        b'{"partition":0,"offset":"10","timestamp":"2026-11-24T12:00:00.000Z","type":"A","key":"k","tombstone":true}',
    ]
    status, report = bring(b"\n".join(lines), key, "?timestamps=keep")
    assert status == 200
    assert (report["read"], report["stored"], report["refused"]) == (6, 4, 2)
    assert [row["line"] for row in report["records"]] == [2, 4]
    first, second, photo, end = get("copy/records", key)["records"]
    assert (first["data"], second["data"], second["timestamp"]) == (1, 2, "2026-11-24T12:00:00.000Z")
    assert (photo["data_base64"], photo["attributes"]["traceparent"]) == ("AP8=", "00-ab")
    assert end["tombstone"] is True


def test_an_import_keeps_what_is_refused_where_the_stream_quarantines(
    cast: Cast, copy: Stream, key: dict[str, str]
) -> None:
    update_stream(cast.access(cast.alice), stream="copy", settings={"validation": "quarantine"})
    _, report = bring(b'{"type":"A","data":1}\n{nonsense', key)
    assert (report["stored"], report["refused"]) == (1, 1)
    assert get("copy/dead-letters", key)["open"] == 1


@pytest.mark.parametrize(
    ("body", "kind", "query", "status"),
    [
        (b"{}", "text/csv", "", 415),
        (b"{", "application/json", "", 400),
        (b"[]", "application/json", "?timestamps=old", 422),
        (b"", "application/x-ndjson", "", 200),
    ],
)
def test_imports_that_make_no_sense_are_refused(
    copy: Stream, key: dict[str, str], body: bytes, kind: str, query: str, status: int
) -> None:
    found, answer = bring(body, key, query, kind)
    assert found == status, answer


def test_who_may_not_append_imports_nothing_and_sessions_need_their_csrf_token(
    cast: Cast, copy: Stream, make_key: Callable
) -> None:
    status, _ = bring(b"{}", {"Authorization": make_key("read")[1]})
    assert status == 403
    client = Client(enforce_csrf_checks=True)
    assert client.login(email="bob@example.org", password=PASSWORD)
    assert client.post(f"{API}/copy/imports", b"{}", content_type="application/x-ndjson").status_code == 403
    charlie = Client()
    assert charlie.login(email="charlie@example.org", password=PASSWORD)
    assert charlie.post(f"{API}/copy/imports", b"{}", content_type="application/x-ndjson").status_code == 404
    assert charlie.get(f"{API}/copy/export").status_code == 404


def test_an_import_is_bounded(copy: Stream, key: dict[str, str], settings: Any) -> None:
    settings.IMPORT_BYTES_MAX = 10
    status, answer = bring(b'{"type":"A","data":1}', key)
    assert (status, answer["error"]["code"]) == (413, "too_large")
