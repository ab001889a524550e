"""Bad input of all kinds: refused in bounded time and memory, with words that help."""

import asyncio
import json
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.test import Client

from broker_adapter import bounded_bodies, queries
from broker_adapter.models import Stream
from config.asgi import application

pytestmark = pytest.mark.django_db(transaction=True)
PATH = "/api/v1/w/acme/streams/orders/records"
MIB = 1024 * 1024


class Sender:
    """A request that is sent piece by piece."""

    def __init__(self, path: str = PATH, **headers: str) -> None:
        given = {"host": "localhost", "content-type": "application/json"} | headers
        scope = {
            "type": "http", "method": "POST", "path": path, "query_string": b"", "http_version": "1.1",
            "headers": [(name.lower().encode(), value.encode()) for name, value in given.items()],
        }  # fmt: skip
        self.talk = ApplicationCommunicator(application, scope)

    async def send(self, body: bytes, *, more: bool = True) -> None:
        await self.talk.send_input({"type": "http.request", "body": body, "more_body": more})

    async def answer(self) -> tuple[int, Any]:
        begin = await self.talk.receive_output(10)
        body = b""
        while True:
            message = await self.talk.receive_output(10)
            body += message.get("body", b"")
            if not message.get("more_body"):
                return begin["status"], json.loads(body) if body[:1] == b"{" else body


@pytest.fixture
def key(orders: Stream, make_key: Callable) -> dict[str, str]:
    return {"authorization": make_key("append", "read")[1]}


@pytest.mark.parametrize("path", [PATH, "/api/v1/w/acme/streams", "/sign-in", PATH.replace("records", "imports")])
async def test_a_body_without_end_is_stopped_at_its_limit_wherever_it_goes(
    key: dict[str, str], path: str, settings: Any
) -> None:
    settings.APPEND_BYTES_MAX = settings.IMPORT_BYTES_MAX = 4 * MIB
    sender = Sender(path, **key)
    piece = b" " * MIB
    tracemalloc.start()
    for _ in range(64):
        await sender.send(piece)
        await asyncio.sleep(0)
    status, answer = await sender.answer()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (status, answer["error"]["code"]) == (413, "too_large")
    assert peak < 40 * MIB


@pytest.mark.parametrize("path", [PATH, "/api/v1/w/acme/streams"])
async def test_a_sender_that_stops_in_the_middle_is_let_go(
    key: dict[str, str], path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounded_bodies, "BODY_PAUSE_S", 0.05)
    sender = Sender(path, **key)
    await sender.send(b'{"type":')
    status, answer = await sender.answer()
    assert (status, answer["error"]["code"]) == (408, "too_slow")


async def test_a_sender_that_drips_is_let_go_though_it_never_pauses(
    key: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounded_bodies, "BODY_S", 0.3)
    sender = Sender(**key)

    async def drip() -> None:
        for _ in range(200):
            await sender.send(b" ")
            await asyncio.sleep(0.02)

    task = asyncio.create_task(drip())
    status, answer = await sender.answer()
    task.cancel()
    assert (status, answer["error"]["code"]) == (408, "too_slow")


async def test_a_sender_that_goes_away_in_the_middle_stores_nothing(key: dict[str, str], orders: Stream) -> None:
    sender = Sender(**key)
    await sender.send(b'{"type":"A","data":1}\n')
    await sender.talk.send_input({"type": "http.disconnect"})
    assert await sender.talk.receive_nothing(0.2)
    assert await sync_to_async(lambda: queries.overview(orders).records)() == 0


async def test_a_body_within_its_limit_passes_in_pieces(key: dict[str, str], orders: Stream) -> None:
    sender = Sender(**key)
    for piece in (b'{"type":"A"', b',"data":', b"1}"):
        await sender.send(piece)
    await sender.send(b"", more=False)
    status, answer = await sender.answer()
    assert (status, answer["stored"]) == (201, 1)


EVENT = "application/cloudevents+json"
DEEP = b"[" * 200_000 + b"]" * 200_000


@pytest.mark.parametrize(
    ("body", "query", "kind"),
    [
        (b'{"type":"A","data":' + DEEP + b"}", "", "application/json"),
        (DEEP, "", "application/json"),
        (DEEP, "?type=A", "application/json"),
        (b'{"type":"A","data":1', "", "application/json"),
        (b'{"type":"A","data":1}garbage', "", "application/json"),
        (b'{"type":"A","data":"\xc3"}', "", "application/json"),
        (b'{"type":"A","data":"\xed\xa0\x80"}', "", "application/json"),
        (b'{"type":"A","data":NaN}', "", "application/json"),
        (b'{"type":"A","data":-Infinity}', "", "application/json"),
        (b'{"type":"A","data":1e999999999999}', "?type=A&key=/nothing", "application/json"),
        (b'{"type":"A","type":"B"', "", "application/json"),
        (b'{"type":"A","data":"\x00"}', "", "application/json"),
        (b"\x00\x01\x02", "", "application/json"),
        (b"\xff\xfe{\x00}\x00", "", "application/json"),
        (b"{}\n" * 10, "", "application/x-ndjson"),
        (
            b'{"specversion":"1.0","id":"' + b"x" * 5000 + b'","source":"s","type":"A"}',
            "",
            "application/cloudevents+json",
        ),
        (b'[{"specversion":"1.0"},' + DEEP + b"]", "", "application/cloudevents-batch+json"),
        (b'{"type":"' + b"A" * 500 + b'","data":1}', "", "application/json"),
        (b'{"type":"A","key":"' + b"k" * 5000 + b'","data":1}', "", "application/json"),
    ],
    ids=range(19),
)
def test_what_cannot_be_read_is_refused_with_words_and_stores_nothing(
    key: dict[str, str], orders: Stream, body: bytes, query: str, kind: str
) -> None:
    answer = Client().post(PATH + query, body, content_type=kind, headers={"Authorization": key["authorization"]})
    assert answer.status_code in (400, 413, 422), answer.content
    error = answer.json()["error"]
    assert error["message"]
    assert error["hint"]
    assert len(answer.content) < 64 * 1024, "the answer doesn't repeat what was sent"
    assert queries.overview(orders).records == 0


def test_of_two_equal_names_in_an_envelope_the_last_wins_and_data_keeps_both(
    key: dict[str, str], orders: Stream
) -> None:
    """RFC 8259 leaves duplicates to the receiver: here it is the same for the schema's validator and for readers."""
    headers = {"Authorization": key["authorization"]}
    body = b'{"type":"A","type":"B","data":{"n":1,"n":2}}'
    assert Client().post(PATH, body, content_type="application/json", headers=headers).status_code == 201
    raw = Client().get(PATH, headers=headers).content
    assert b'"type":"B"' in raw
    assert b'{"n":1,"n":2}' in raw


@pytest.mark.parametrize("path", ["", "/imports", "/export", "/groups", "/dead-letters", "/records"])
def test_names_that_are_none_are_not_found(key: dict[str, str], path: str) -> None:
    headers = {"Authorization": key["authorization"]}
    for name in ("a%00b", "x" * 500, "..", "%2e%2e", "Orders", "orders%0a"):
        answer = Client().get(f"/api/v1/w/acme/streams/{name}{path}", headers=headers)
        assert answer.status_code in (404, 405), (name, path, answer.content)
