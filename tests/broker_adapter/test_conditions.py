"""Conditions of an append over HTTP, in the view and in the fast lane alike: If-Position, producers, tombstones."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.test import Client

from broker_adapter.actions import update_stream
from broker_adapter.models import Stream
from config.asgi import application
from tests.cast import PASSWORD, Cast

pytestmark = pytest.mark.django_db(transaction=True)
PATH = "/api/v1/w/acme/streams/orders/records"


async def through_the_fast_lane(cast: Cast, key: str, body: bytes, headers: dict[str, str]) -> tuple[int, Any]:
    given = {"host": "localhost", "authorization": key, "content-type": "application/json"} | headers
    scope = {
        "type": "http", "method": "POST", "path": PATH, "query_string": b"", "http_version": "1.1",
        "headers": [(name.lower().encode(), value.encode()) for name, value in given.items()],
    }  # fmt: skip
    communicator = ApplicationCommunicator(application, scope)
    await communicator.send_input({"type": "http.request", "body": body})
    begin = await communicator.receive_output(10)
    answer = await communicator.receive_output(10)
    return begin["status"], json.loads(answer["body"])


async def through_the_view(cast: Cast, key: str, body: bytes, headers: dict[str, str]) -> tuple[int, Any]:
    def post() -> Any:
        client = Client()
        assert client.login(email="bob@example.org", password=PASSWORD)
        return client.post(PATH, body, content_type="application/json", headers=headers)

    answer = await sync_to_async(post)()
    return answer.status_code, answer.json()


@pytest.fixture(params=[through_the_fast_lane, through_the_view], ids=["fast lane", "view"])
def send(request: pytest.FixtureRequest, cast: Cast, orders: Stream, make_key: Callable) -> Callable[..., Any]:
    key = make_key("append")[1]

    async def send(*events: dict[str, Any], **headers: str) -> tuple[int, Any]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await request.param(cast, key, json.dumps(list(events)).encode(), named)

    return send


@pytest.fixture
def compacted(cast: Cast, orders: Stream) -> Stream:
    return update_stream(cast.access(cast.alice), stream="orders", settings={"compaction": True})


def event(data: object = 1, **more: Any) -> dict[str, Any]:
    return {"type": "A", "data": data} | more


async def test_an_append_with_if_position_is_stored_only_where_it_was_expected(send: Callable[..., Any]) -> None:
    assert (await send(event(), event(), if_position="0:0"))[0] == 201
    status, answer = await send(event(), if_position="0:1")
    assert status == 412
    told = answer["error"]
    assert (told["code"], told["expected"], told["actual"], told["partition"]) == ("position_conflict", "1", "2", 0)
    assert (await send(event(), if_position="0:2"))[0] == 201


async def test_a_keys_newest_record_can_be_expected(send: Callable[..., Any]) -> None:
    assert (await send(event(key="a"), if_position="key:0"))[0] == 201
    await send(event(key="b"))
    status, answer = await send(event(key="a"), if_position="key:0")
    assert (status, answer["error"]["actual"]) == (412, "1")
    assert (await send(event(key="a"), if_position="key:1"))[0] == 201
    status, answer = await send(event(key="a"), event(key="b"), if_position="key:3")
    assert (status, answer["error"]["code"]) == (400, "malformed")


@pytest.mark.parametrize("place", ["", "latest", "0", "0:-1", "x:1", "0:99999999999999999999", "key:"])
async def test_a_place_that_is_none_is_refused_with_a_hint(send: Callable[..., Any], place: str) -> None:
    status, answer = await send(event(), if_position=place)
    assert (status, answer["error"]["code"]) == (400, "malformed")
    assert "0:42" in answer["error"]["hint"]


async def test_a_producers_numbers_are_stored_once(send: Callable[..., Any]) -> None:
    status, first = await send(event(1), event(2), producer_id="shop-1", producer_sequence="0")
    assert (status, first["stored"]) == (201, 2)
    status, again = await send(event(1), event(2), event(3), producer_id="shop-1", producer_sequence="0")
    assert (status, again["stored"], again["duplicates"]) == (201, 1, 2)
    assert [place["offset"] for place in again["positions"]] == ["0", "1", "2"]
    assert (await send(event(), producer_id="shop-1", producer_sequence="0", producer_epoch="1"))[1]["stored"] == 1
    status, answer = await send(event(), producer_id="shop-1", producer_sequence="3")
    assert (status, answer["error"]["code"]) == (409, "producer_fenced")


@pytest.mark.parametrize(
    "headers",
    [
        {"producer_id": "shop"},
        {"producer_sequence": "1"},
        {"producer_id": "shop", "producer_sequence": "-1"},
        {"producer_id": "shop", "producer_sequence": "1", "producer_epoch": "x"},
        {"producer_id": "x" * 300, "producer_sequence": "1"},
    ],
)
async def test_half_a_producer_is_refused(send: Callable[..., Any], headers: dict[str, str]) -> None:
    status, answer = await send(event(), **headers)
    assert (status, answer["error"]["code"]) == (400, "malformed")


async def test_a_tombstone_is_stored_where_the_stream_compacts_and_read_as_one(
    send: Callable[..., Any], compacted: Stream, make_key: Callable
) -> None:
    ended = {"type": "A", "key": "a", "tombstone": True}
    status, answer = await send(event(key="a"), ended)
    assert (status, answer["stored"]) == (201, 2)
    key = await sync_to_async(make_key)("read")
    read = sync_to_async(Client().get)
    records = (await read(PATH, headers={"Authorization": key[1]})).json()["records"]
    assert (records[1]["tombstone"], records[1]["key"], "data" in records[1]) == (True, "a", False)
    as_cloudevents = {"Authorization": key[1], "Accept": "application/cloudevents-batch+json"}
    assert (await read(PATH, headers=as_cloudevents)).json()[1]["tombstone"] == "true"


async def test_a_tombstone_is_refused_elsewhere_and_without_a_key(send: Callable[..., Any]) -> None:
    status, answer = await send({"type": "A", "key": "a", "tombstone": True})
    assert (status, answer["error"]["records"][0]["errors"][0]["keyword"]) == (422, "tombstone")
    for broken in (
        {"type": "A", "tombstone": True},
        {"type": "A", "key": "a", "tombstone": False},
        {"type": "A", "key": "a", "tombstone": True, "data": 1},
    ):
        status, answer = await send(broken)
        assert (status, answer["error"]["code"]) == (422, "invalid_records")


async def test_a_tombstone_may_be_a_cloudevent(
    cast: Cast, compacted: Stream, make_key: Callable, orders: Stream
) -> None:
    key = await sync_to_async(make_key)("append")
    ended = {
        "specversion": "1.0", "id": "1", "source": "/s", "type": "A", "partitionkey": "a", "tombstone": True,
    }  # fmt: skip
    headers = {"content-type": "application/cloudevents+json"}
    status, answer = await through_the_fast_lane(cast, key[1], json.dumps(ended).encode(), headers)
    assert (status, answer["stored"]) == (201, 1)
    ended |= {"id": "2", "data": 1}
    status, _ = await through_the_fast_lane(cast, key[1], json.dumps(ended).encode(), headers)
    assert status == 422


async def test_a_partial_append_has_no_conditions(cast: Cast, orders: Stream, make_key: Callable) -> None:
    key = await sync_to_async(make_key)("append")
    post = sync_to_async(Client().post)
    headers = {"Authorization": key[1], "If-Position": "0:0"}
    answer = await post(PATH + "?partial=true", event(), content_type="application/json", headers=headers)
    assert answer.status_code == 422
