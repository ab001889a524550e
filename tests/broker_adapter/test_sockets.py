import asyncio
import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from asgiref.sync import sync_to_async
from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator
from django.test import Client

from broker_adapter import sockets
from broker_adapter.actions import append_records, create_stream, delete_stream
from broker_adapter.envelopes import Events
from broker_adapter.hub import hub
from broker_adapter.models import Stream
from config.asgi import application
from tests.cast import PASSWORD, Cast
from workspaces.access import system_access
from workspaces.actions import revoke_api_key

pytestmark = [pytest.mark.django_db(transaction=True)]
PATH = "/ws/v1/w/acme/streams/orders/tail"


class Watcher:
    """A socket, with frames as dicts."""

    def __init__(self, *headers: tuple[bytes, bytes], path: str = PATH) -> None:
        self.socket = WebsocketCommunicator(application, path, headers=list(headers))
        self.position = ""

    async def __aenter__(self) -> "Watcher":
        connected, _ = await self.socket.connect()
        assert connected
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.socket.disconnect()

    async def say(self, **frame: Any) -> None:
        await self.socket.send_to(json.dumps(frame))

    async def subscribe(self, start: str = "earliest", credit: int = 1_000, **more: Any) -> dict[str, Any]:
        await self.say(t="subscribe", **{"from": start}, credit=credit, **more)
        return await self.hear("subscribed")

    async def hear(self, kind: str) -> dict[str, Any]:
        frame = json.loads(await self.socket.receive_from(timeout=10))
        assert frame["t"] == kind, frame
        self.position = frame.get("position", self.position)
        return frame

    async def records(self, count: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while len(found) < count:
            frame = json.loads(await self.socket.receive_from(timeout=10))
            if frame["t"] == "records":
                found += frame["records"]
                self.position = frame["position"]
            else:
                assert frame["t"] == "caught_up", frame
        return found

    async def closed_with(self) -> int:
        while True:
            message = await self.socket.receive_output(timeout=10)
            if message["type"] == "websocket.close":
                return message["code"]


@pytest.fixture
def reader(orders: Stream, make_key: Callable) -> tuple[bytes, bytes]:
    return b"authorization", make_key("read")[1].encode()


def append(stream: Stream, *payloads: object, kind: str = "Counted", keys: list[bytes | None] | None = None) -> None:
    raw = [each if isinstance(each, bytes) else json.dumps(each).encode() for each in payloads]
    access = system_access(stream.workspace)
    append_records(access, stream=stream.name, events=Events([kind] * len(raw), raw, keys=keys))


aappend = sync_to_async(append)


def data(records: list[dict[str, Any]]) -> list[Any]:
    return [record["data"] for record in records]


async def test_a_tail_brings_what_is_stored_then_says_so_then_brings_what_comes(orders: Stream, reader: Any) -> None:
    await aappend(orders, 1, 2)
    async with Watcher(reader) as watcher:
        await watcher.subscribe(sub=7)
        assert data((await watcher.hear("records"))["records"]) == [1, 2]
        assert (await watcher.hear("caught_up"))["sub"] == 7
        await aappend(orders, 3)
        assert data((await watcher.hear("records"))["records"]) == [3]


async def test_a_payload_arrives_byte_for_byte(orders: Stream, reader: Any) -> None:
    payload = '{"a" : 1.50,\n "ü":"\\u0041", "big":123456789012345678901234567890}'.encode()
    await aappend(orders, payload)
    async with Watcher(reader) as watcher:
        await watcher.subscribe()
        frame = await watcher.socket.receive_from()
        records = msgspec.json.decode(
            bytes(msgspec.json.decode(frame, type=dict[str, msgspec.Raw])["records"]), type=list[dict[str, msgspec.Raw]]
        )
        assert bytes(records[0]["data"]) == payload


async def test_a_tail_from_latest_brings_only_what_comes(orders: Stream, reader: Any) -> None:
    await aappend(orders, 1)
    async with Watcher(reader) as watcher:
        await watcher.subscribe("latest")
        await watcher.hear("caught_up")
        await aappend(orders, 2)
        assert data(await watcher.records(1)) == [2]


async def test_nothing_is_sent_without_credit_and_no_more_than_it(orders: Stream, reader: Any) -> None:
    await aappend(orders, *range(10))
    async with Watcher(reader) as watcher:
        await watcher.subscribe(credit=0)
        assert await watcher.socket.receive_nothing()
        await watcher.say(t="credit", n=3)
        assert data((await watcher.hear("records"))["records"]) == [0, 1, 2]
        assert await watcher.socket.receive_nothing()
        await watcher.say(t="credit", n=4, position=watcher.position)
        assert data((await watcher.hear("records"))["records"]) == [3, 4, 5, 6]


async def test_a_filter_lets_only_its_types_through_and_the_others_cost_no_credit(orders: Stream, reader: Any) -> None:
    for number in range(6):
        await aappend(orders, number, kind="Even" if number % 2 == 0 else "Odd")
    async with Watcher(reader) as watcher:
        await watcher.subscribe(credit=2, types=["Odd"])
        assert data((await watcher.hear("records"))["records"]) == [1, 3]
        await watcher.say(t="credit", n=5)
        assert data(await watcher.records(1)) == [5]


async def test_reconnecting_from_the_last_position_loses_nothing_and_doubles_nothing(cast: Cast, reader: Any) -> None:
    stream = await sync_to_async(create_stream)(system_access(cast.workspace), name="many", partitions=3)
    seen: list[int] = []
    position = "earliest"
    for round_number in range(10):
        numbers = range(round_number * 20, round_number * 20 + 20)
        await aappend(stream, *numbers, keys=[f"k{number % 7}".encode() for number in numbers])
        async with Watcher(reader, path="/ws/v1/w/acme/streams/many/tail") as watcher:
            await watcher.subscribe(position, credit=13)
            seen += data(await watcher.records(13))
            position = watcher.position
    async with Watcher(reader, path="/ws/v1/w/acme/streams/many/tail") as watcher:
        await watcher.subscribe(position)
        seen += data(await watcher.records(200 - 130))
    assert sorted(seen) == list(range(200))


async def test_subscribing_again_moves_the_tail_elsewhere(orders: Stream, reader: Any) -> None:
    await aappend(orders, *range(5))
    async with Watcher(reader) as watcher:
        await watcher.subscribe("latest", sub=1)
        await watcher.hear("caught_up")
        await watcher.subscribe("offset:0:3", sub=2)
        frame = await watcher.hear("records")
        assert (frame["sub"], data(frame["records"])) == (2, [3, 4])


async def test_a_position_of_a_stream_made_anew_cannot_be_resumed_and_says_where_to_start(
    cast: Cast, orders: Stream, reader: Any
) -> None:
    await aappend(orders, 1)
    async with Watcher(reader) as watcher:
        await watcher.subscribe()
        await watcher.records(1)
        old = watcher.position

    def anew() -> Stream:
        access = system_access(cast.workspace)
        delete_stream(access, stream="orders", confirmation="orders")
        return create_stream(access, name="orders")

    await aappend(await sync_to_async(anew)(), "new")
    async with Watcher(reader) as watcher:
        await watcher.subscribe(old)
        frame = await watcher.hear("cannot_resume")
        assert frame["epoch"]
        await watcher.subscribe(frame["earliest"])
        assert data(await watcher.records(1)) == ["new"]


async def test_a_socket_that_never_reads_costs_bounded_memory_and_gets_everything_later(
    orders: Stream, reader: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from broker_adapter import tail_protocol

    monkeypatch.setattr(tail_protocol.Window, "__init__", _window_with_bytes(tail_protocol.Window.__init__, 100_000))
    payload = b'"' + b"x" * 10_000 + b'"'
    async with Watcher(reader) as watcher:
        await watcher.subscribe("earliest", credit=100_000)
        await watcher.hear("caught_up")
        for _ in range(30):
            await aappend(orders, *[payload] * 10)
        await asyncio.sleep(0.2)
        waiting = watcher.socket.output_queue
        in_flight = sum(len(message["text"]) for message in list(waiting._queue))
        assert 0 < in_flight < 100_000 + 600_000
        got = 0
        while got < 300:
            frame = await watcher.hear("records")
            got += len(frame["records"])
            await watcher.say(t="credit", n=len(frame["records"]), position=frame["position"])
        assert got == 300


def _window_with_bytes(init: Callable[..., None], bytes_max: int) -> Callable[..., None]:
    def patched(self: Any, credit_max: int, **more: Any) -> None:
        init(self, credit_max, bytes_max=bytes_max, **more)

    return patched


async def test_a_hundred_tails_at_one_place_share_one_read(
    orders: Stream, reader: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from broker_adapter import hub as hub_module

    reads: list[object] = []
    original = hub_module.read_chunk
    monkeypatch.setattr(hub_module, "read_chunk", lambda *where: reads.append(where) or original(*where))
    await aappend(orders, *range(10))
    watchers = [Watcher(reader) for _ in range(20)]
    for watcher in watchers:
        await watcher.__aenter__()
        await watcher.subscribe()
        assert data(await watcher.records(10)) == list(range(10))
    with_records = [where for where in reads if where[1].offsets == (0,)]
    assert len(with_records) == 1
    for watcher in watchers:
        await watcher.__aexit__()


async def test_strangers_and_the_unknown_get_4404_the_anonymous_4401_and_keys_without_scope_4403(
    cast: Cast, orders: Stream, reader: Any, make_key: Callable
) -> None:
    @database_sync_to_async
    def cookie(name: str) -> tuple[bytes, bytes]:
        client = Client()
        client.login(email=f"{name}@example.org", password=PASSWORD)
        return b"cookie", f"factstorm_session={client.cookies['factstorm_session'].value}".encode()

    appends_only = (b"authorization", (await sync_to_async(make_key)("append"))[1].encode())
    elsewhere = (b"authorization", (await sync_to_async(make_key)("read", streams=["other"]))[1].encode())
    for header, path, code in [
        (await cookie("charlie"), PATH, 4404),
        (reader, PATH.replace("orders", "nope"), 4404),
        (reader, PATH.replace("acme", "elsewhere"), 4404),
        (elsewhere, PATH, 4404),
        (appends_only, PATH, 4403),
        ((b"x", b"y"), PATH, 4401),
    ]:
        async with Watcher(header, path=path) as watcher:
            assert await watcher.closed_with() == code
    async with Watcher(await cookie("vera")) as watcher:
        await watcher.subscribe()


async def test_a_revoked_key_is_shown_out_at_the_next_check(
    cast: Cast, orders: Stream, make_key: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "RECHECK_S", 0.01)
    key, authorization = await sync_to_async(make_key)("read")
    async with Watcher((b"authorization", authorization.encode())) as watcher:
        await watcher.subscribe()
        access = await sync_to_async(cast.access)(cast.alice)
        await sync_to_async(revoke_api_key)(access, key_id=key.id)
        assert await watcher.closed_with() == 4401


async def test_a_frame_that_is_none_ends_the_socket_with_4400(reader: Any) -> None:
    async with Watcher(reader) as watcher:
        await watcher.socket.send_to("{nonsense")
        assert (await watcher.hear("error"))["code"] == "bad_frame"
        assert await watcher.closed_with() == 4400


async def test_a_start_that_is_none_is_told_and_the_socket_stays(reader: Any) -> None:
    async with Watcher(reader) as watcher:
        await watcher.say(t="subscribe", **{"from": "time:noon"})
        assert (await watcher.hear("error"))["code"] == "invalid_position"
        await watcher.say(t="ping")
        await watcher.hear("pong")


async def test_a_server_takes_only_so_many_tails(reader: Any, settings: Any) -> None:
    settings.TAILS_PER_PROCESS_MAX = 1
    async with Watcher(reader) as first:
        await first.subscribe()
        async with Watcher(reader) as second:
            assert await second.closed_with() == 4429


async def test_the_hub_s_tail_gives_slices_in_order(orders: Stream) -> None:
    from broker_adapter.engine_holder import engine

    await aappend(orders, 1, 2)
    tail = hub.tail(orders.log_name, engine().earliest(orders.log_name))
    first = await anext(tail)
    assert [record.payload for record in first.records()] == [b"1", b"2"]
    await aappend(orders, 3)
    assert [record.payload for record in (await anext(tail)).records()] == [b"3"]
    await tail.aclose()


async def test_a_doorbell_of_another_process_wakes_tails_through_the_channel_layer(
    orders: Stream, settings: Any
) -> None:
    from broker_adapter.hub import Hub

    settings.REDIS_URL = "redis://stands-for-several-processes"  # the layer itself is the in-memory one of the tests
    here, elsewhere = Hub(), Hub()
    async with here.listen(orders.log_name) as bell:
        bell.clear()
        elsewhere.ring(orders.log_name)
        assert await bell.wait(5)


async def test_a_bell_tells_a_ring_from_the_end_of_patience() -> None:
    from broker_adapter.hub import Bell

    bell = Bell()
    assert not await bell.wait(0.01)
    bell.ring()
    assert await bell.wait(0.01)
    bell.clear()
    asyncio.get_running_loop().call_later(0.01, bell.ring)
    assert await bell.wait(5)


async def test_the_end_of_a_stream_is_known_until_it_rings(orders: Stream) -> None:
    from broker_adapter.engine_holder import engine
    from broker_adapter.hub import Hub

    here, name = Hub(), orders.log_name
    await aappend(orders, 1)
    start = engine().earliest(name)
    async with here.listen(name) as bell:
        assert not bell.is_at_end(start)
        chunk = await here.chunk(name, start)
        assert chunk is not None
        assert bell.is_at_end(chunk.position)
        assert not bell.is_at_end(start)
        bell.clear()
        await aappend(orders, 2)
        assert await bell.wait(5)
        assert not bell.is_at_end(chunk.position)
        assert (await here.chunk(name, chunk.position)).text.count('"data":2') == 1
