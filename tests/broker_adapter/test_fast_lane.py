"""The same request through the fast lane and through Django gives the same answer."""

from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.core.asgi import get_asgi_application

from broker_adapter.fast_lane import AppendLane
from broker_adapter.models import Stream

pytestmark = pytest.mark.django_db(transaction=True)
PATH = "/api/v1/w/acme/streams/orders/records"
CLOUDEVENT = [(b"ce-specversion", b"1.0"), (b"ce-id", b"1"), (b"ce-source", b"/s"), (b"ce-type", b"T")]
EVENT = b'{"type":"OrderPlaced","data":{"order_id":"o-1"}}'


async def post(
    body: bytes, *headers: tuple[bytes, bytes], path: str = PATH, query: bytes = b"", lane: bool = True
) -> Any:
    """``(status, headers, body)``; a body in two pieces, as servers hand it over."""

    async def nobody(scope: Any, receive: Any, send: Any) -> None:
        raise AssertionError("went on to Django")

    application = AppendLane(nobody) if lane else get_asgi_application()
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": path, "raw_path": path.encode(), "query_string": query, "root_path": "",
        "headers": [(b"host", b"testserver"), (b"content-length", b"%d" % len(body)), *headers],
    }  # fmt: skip
    socket = ApplicationCommunicator(application, scope)
    await socket.send_input({"type": "http.request", "body": body[:7], "more_body": True})
    await socket.send_input({"type": "http.request", "body": body[7:], "more_body": False})
    start = await socket.receive_output(10)
    answer = await socket.receive_output(10)
    await socket.wait(10)
    return start["status"], dict(start["headers"]), answer["body"]


@pytest.fixture
def key(orders: Stream, make_key: Callable) -> tuple[bytes, bytes]:
    return b"authorization", make_key("append")[1].encode()


async def test_an_append_through_the_fast_lane_is_stored(orders: Stream, key: Any) -> None:
    status, headers, body = await post(EVENT, key, (b"content-type", b"application/json"))
    assert status == 201
    assert body.startswith(b'{"positions":[{"partition":0,"offset":"0"}]')
    assert headers[b"content-type"] == b"application/json"


@pytest.mark.parametrize(
    ("body", "headers", "query", "status"),
    [
        (EVENT + b"\n{bad", [(b"content-type", b"application/x-ndjson")], b"", 422),
        (EVENT + b"\n{bad", [(b"content-type", b"application/x-ndjson")], b"partial=true", 207),
        (b"", [], b"", 400),
        (EVENT, [(b"content-type", b"text/csv")], b"", 415),
        (EVENT, [(b"content-encoding", b"gzip")], b"", 415),
        (b'{"order_id":1}', [(b"content-type", b"application/json")], b"type=Order%20Placed&key=/order_id", 201),
        (b"<x/>", [(b"content-type", b"text/xml"), *CLOUDEVENT], b"", 201),
    ],
)  # fmt: skip
async def test_both_ways_answer_alike(
    orders: Stream, key: Any, body: bytes, headers: Any, query: bytes, status: int
) -> None:
    import json

    one, _, fast = await post(body, key, *headers, query=query)
    other, _, slow = await post(body, key, *headers, query=query, lane=False)
    assert one == status
    fast_said, slow_said = json.loads(fast), json.loads(slow)
    if any(name == b"ce-id" for name, _ in headers):
        assert (other, slow_said["stored"]) == (200, 0)  # the same event again
        return
    assert other == status
    for said in (fast_said, slow_said):
        said.pop("position", None)
        for place in said.get("positions", ()):
            place.pop("offset")
    assert fast_said == slow_said


async def test_a_body_that_is_too_large_is_refused_before_it_is_read(key: Any, settings: Any) -> None:
    settings.APPEND_BYTES_MAX = 10
    assert (await post(EVENT, key))[0] == 413


async def test_strangers_unknown_streams_and_wrong_keys_are_refused_alike(
    orders: Stream, key: Any, make_key: Callable
) -> None:
    readers = (b"authorization", (await sync_to_async(make_key)("read"))[1].encode())
    assert (await post(EVENT, readers))[0] == 403
    assert (await post(EVENT, key, path=PATH.replace("acme", "elsewhere")))[0] == 404
    assert (await post(EVENT, key, path=PATH.replace("orders", "nope")))[0] == 404
    status, headers, _ = await post(EVENT, (b"authorization", b"Bearer wrong"))
    assert status == 401
    assert headers[b"www-authenticate"].startswith(b"Bearer")


async def test_what_is_no_append_by_key_goes_on_to_django() -> None:
    seen: list[str] = []

    async def django(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["path"])

    lane = AppendLane(django)
    for method, path, headers in [
        ("GET", PATH, [(b"authorization", b"Bearer x"), (b"host", b"testserver")]),
        ("POST", PATH, [(b"host", b"testserver")]),
        ("POST", PATH, [(b"authorization", b"Basic x"), (b"host", b"testserver")]),
        ("POST", "/w/acme/", [(b"authorization", b"Bearer x"), (b"host", b"testserver")]),
        ("POST", PATH, [(b"authorization", b"Bearer x")]),
    ]:
        await lane({"type": "http", "method": method, "path": path, "headers": headers}, None, None)
    assert len(seen) == 5
