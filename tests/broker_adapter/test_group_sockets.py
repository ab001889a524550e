"""Members of groups over websockets."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator

from broker_adapter import group_protocol, group_sockets
from broker_adapter.actions import append_records, create_stream, groups
from broker_adapter.envelopes import Events
from broker_adapter.models import GroupMember, GroupPartition, Stream
from broker_adapter.tail_protocol import BadFrame
from config.asgi import application
from tests.cast import Cast

GOLDEN: dict[str, Any] = json.loads((Path(__file__).parent.parent / "golden" / "group_protocol.json").read_text())
PATH = "/ws/v1/w/acme/streams/many/groups/billing"


@pytest.mark.parametrize("frame", GOLDEN["client"], ids=json.dumps)
def test_golden_frames_of_the_client_are_read(frame: dict[str, Any]) -> None:
    assert type(group_protocol.read_frame(json.dumps(frame))).__name__.lower() == frame["t"]


@pytest.mark.parametrize("frame", GOLDEN["client_refused"], ids=json.dumps)
def test_frames_that_are_none_are_refused(frame: object) -> None:
    with pytest.raises(BadFrame):
        group_protocol.read_frame(json.dumps(frame))


@pytest.mark.parametrize("name", sorted(set(GOLDEN["server"]) - {"records"}))
def test_golden_frames_of_the_server_are_written(name: str) -> None:
    frame = GOLDEN["server"][name]
    values = {key: value for key, value in frame.items() if key != "t"}
    assert json.loads(getattr(group_protocol, name)(**values)) == frame


def test_the_golden_records_frame_is_written() -> None:
    frame = GOLDEN["server"]["records"]
    inner = ",".join(json.dumps(record) for record in frame["records"])
    written = group_protocol.records(generation=4, seq=1, records_json=inner, offsets=frame["offsets"])
    assert json.loads(written) == frame


class Worker:
    """A member, with frames as dicts."""

    def __init__(self, key: str, path: str = PATH) -> None:
        self.socket = WebsocketCommunicator(application, path, headers=[(b"authorization", key.encode())])
        self.generation = 0
        self.partitions: list[int] = []
        self.seen: list[Any] = []

    async def __aenter__(self) -> "Worker":
        connected, _ = await self.socket.connect()
        assert connected
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.socket.disconnect()

    async def say(self, **frame: Any) -> None:
        await self.socket.send_to(json.dumps(frame))

    async def hear(self, *kinds: str) -> dict[str, Any]:
        """The next frame of these kinds; others are noted."""
        while True:
            frame = json.loads(await self.socket.receive_from(timeout=10))
            if frame["t"] in ("joined", "assigned"):
                self.generation = frame["generation"]
                self.partitions = [each["partition"] for each in frame["partitions"]]
            if frame["t"] == "records":
                self.seen += [record["data"] for record in frame["records"]]
            if frame["t"] in kinds:
                return frame

    async def join(self, **more: Any) -> dict[str, Any]:
        await self.say(t="join", **({"credit": 1_000} | more))
        return await self.hear("joined")

    async def closed_with(self) -> int:
        while True:
            message = await self.socket.receive_output(timeout=10)
            if message["type"] == "websocket.close":
                return int(message["code"])


@pytest.fixture
def many(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Stream:
    monkeypatch.setattr(group_sockets, "LOOK_EVERY_S", 0.05)
    return create_stream(cast.access(cast.alice), name="many", partitions=4)


@pytest.fixture
def key(many: Stream, make_key: Callable) -> str:
    return make_key("read")[1]


@pytest.fixture
def fill(cast: Cast, many: Stream) -> Callable[..., Any]:
    def fill(count: int, first: int = 0) -> None:
        numbers = range(first, first + count)
        keys: list[bytes | None] = [f"k{n}".encode() for n in numbers]
        events = Events(["A"] * count, [str(n).encode() for n in numbers], keys=keys)
        append_records(cast.access(cast.bob), stream="many", events=events)

    return sync_to_async(fill)


pytestmark = pytest.mark.django_db(transaction=True)


async def test_a_member_gets_what_is_stored_then_what_comes_and_commits_it(key: str, fill: Callable[..., Any]) -> None:
    await fill(10)
    async with Worker(key) as worker:
        await worker.join(client="worker-1")
        frame = await worker.hear("records")
        while len(worker.seen) < 10:
            frame = await worker.hear("records")
        await worker.say(t="commit", ref=7, generation=worker.generation, offsets=frame["offsets"])
        assert (await worker.hear("committed"))["ref"] == 7
        await fill(1, first=10)
        await worker.hear("records")
        assert sorted(worker.seen) == list(range(11))
    assert await sync_to_async(lambda: sum(p.committed_offset for p in GroupPartition.objects.all()))() == 10
    assert not await sync_to_async(GroupMember.objects.exists)(), "who closes the socket has left"


async def test_two_members_share_and_who_stays_takes_over_what_was_not_committed(
    key: str, fill: Callable[..., Any]
) -> None:
    async with Worker(key) as one:
        await one.join()
        async with Worker(key) as two:
            await two.join()
            await one.hear("assigned")
            assert one.generation == two.generation
            assert sorted(one.partitions + two.partitions) == [0, 1, 2, 3]
            await fill(40)
            while len(one.seen) + len(two.seen) < 40:
                await (one if len(one.seen) < 20 else two).hear("records")
            assert sorted(one.seen + two.seen) == list(range(40))
        await one.hear("assigned")
        assert sorted(one.partitions) == [0, 1, 2, 3]
        while len(set(one.seen)) < 40:
            await one.hear("records")
        assert sorted(one.seen) == list(range(40)), "its own were not sent twice, those of the other once more"


async def test_nothing_is_sent_without_credit(key: str, fill: Callable[..., Any]) -> None:
    await fill(10)
    async with Worker(key) as worker:
        await worker.join(credit=3)
        await worker.hear("records")
        assert len(worker.seen) == 3
        assert await worker.socket.receive_nothing(timeout=0.2)
        await worker.say(t="credit", n=2, seq=1)
        await worker.hear("records")
        assert len(worker.seen) == 5


async def test_a_commit_that_expects_another_value_or_is_of_another_generation_is_refused(
    key: str, fill: Callable[..., Any]
) -> None:
    await fill(10)
    async with Worker(key) as worker:
        await worker.join(credit=0)
        known = {"generation": worker.generation}
        await worker.say(t="commit", offsets={"0": "1"}, previous={"0": "5"}, **known)
        refused = await worker.hear("refused")
        assert (refused["code"], refused["actual"]) == ("commit_conflict", {"0": "0"})
        await worker.say(t="commit", offsets={"0": "1"}, generation=worker.generation + 5)
        assert (await worker.hear("refused"))["code"] == "stale_generation"


async def test_a_reset_makes_a_member_read_from_there(cast: Cast, key: str, fill: Callable[..., Any]) -> None:
    await fill(10)
    async with Worker(key) as worker:
        await worker.join()
        while len(worker.seen) < 10:
            await worker.hear("records")
        access = await sync_to_async(cast.access)(cast.fay)
        await sync_to_async(groups.reset_group)(access, stream="many", group="billing", to="earliest")
        assert (await worker.hear("assigned"))["restart"] is True
        while len(worker.seen) < 20:
            await worker.hear("records")
        assert sorted(worker.seen) == sorted([*range(10), *range(10)])


async def test_a_member_that_is_put_out_is_told_and_closed(key: str, many: Stream) -> None:
    async with Worker(key) as worker:
        await worker.join()
        await sync_to_async(lambda: groups.GroupMember.objects.all().delete())()
        await worker.say(t="commit", generation=worker.generation, offsets={"0": "0"})
        assert (await worker.hear("error"))["code"] == "member_gone"
        assert await worker.closed_with() == 4410


async def test_leaving_and_joining_again_on_one_socket(key: str, many: Stream) -> None:
    async with Worker(key) as worker:
        first = await worker.join()
        await worker.say(t="leave")
        await worker.hear("left")
        await worker.say(t="ping")
        await worker.hear("pong")
        assert (await worker.join())["member"] != first["member"]


async def test_strangers_bad_frames_and_bad_joins_are_refused(key: str, cast: Cast, make_key: Callable) -> None:
    async with Worker(key, PATH.replace("many", "nope")) as worker:
        assert await worker.closed_with() == 4404
    appends = (await sync_to_async(make_key)("append"))[1]
    async with Worker(appends) as worker:
        assert await worker.closed_with() == 4403
    async with Worker("Bearer nonsense") as worker:
        assert await worker.closed_with() in (4401, 4404)
    async with Worker(key) as worker:
        await worker.say(t="join", session_timeout_ms=1)
        assert (await worker.hear("error"))["code"] == "invalid"
        await worker.say(t="nonsense")
        assert await worker.closed_with() == 4400


async def test_a_member_that_never_reads_is_sent_no_more_than_fits_its_window(
    key: str, fill: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group_sockets, "FRAME_RECORDS", 10)
    await fill(60)
    async with Worker(key) as worker:
        await worker.join(credit=0)
        socket = next(iter(group_sockets._open_members))
        socket.window.bytes_max = 1
        await worker.say(t="credit", n=1_000_000)
        await worker.hear("records")
        assert socket.window.credit <= 100_000
        assert await worker.socket.receive_nothing(timeout=0.3)
        seen = len(worker.seen)
        await worker.say(t="credit", n=0, seq=1)
        while len(worker.seen) == seen:
            await worker.hear("records")
