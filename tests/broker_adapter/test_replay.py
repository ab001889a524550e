"""Replay: the order of records, their pace, and steering over the socket."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator

from broker_adapter import ranges, replay_protocol, replay_sockets
from broker_adapter.actions import append_records, create_stream
from broker_adapter.envelopes import Events
from broker_adapter.models import Stream
from broker_adapter.replay import Merger, Pace, Speed
from broker_adapter.tail_protocol import BadFrame
from config.asgi import application
from tests.cast import Cast

GOLDEN: dict[str, Any] = json.loads((Path(__file__).parent.parent / "golden" / "replay_protocol.json").read_text())
PATH = "/ws/v1/w/acme/streams/many/replay"
BEGAN_MS = 1_700_000_000_000
NAMES = {"speed": "ChangeSpeed"}


@pytest.mark.parametrize("frame", GOLDEN["client"], ids=json.dumps)
def test_golden_frames_of_the_client_are_read(frame: dict[str, Any]) -> None:
    read = replay_protocol.read_frame(json.dumps(frame))
    assert type(read).__name__ == NAMES.get(frame["t"], frame["t"].capitalize())


@pytest.mark.parametrize("frame", GOLDEN["client_refused"], ids=json.dumps)
def test_frames_that_are_none_are_refused(frame: object) -> None:
    with pytest.raises(BadFrame):
        replay_protocol.read_frame(json.dumps(frame))


@pytest.mark.parametrize("name", sorted(set(GOLDEN["server"]) - {"records"}))
def test_golden_frames_of_the_server_are_written(name: str) -> None:
    frame = GOLDEN["server"][name]
    values = {key: value for key, value in frame.items() if key != "t"}
    assert json.loads(getattr(replay_protocol, name)(**values)) == frame


def test_the_golden_records_frame_is_written() -> None:
    frame = GOLDEN["server"]["records"]
    inner = ",".join(json.dumps(record) for record in frame["records"])
    assert json.loads(replay_protocol.records(sub=1, records_json=inner, position="AQAB")) == frame


# Pace -----------------------------------------------------------------------------------------------------------------


def given_at(pace: Pace, timestamps_ms: list[int]) -> list[float]:
    """When each record is given, by a clock that only moves while waiting."""
    now_s, moments = 100.0, []
    for timestamp_ms in timestamps_ms:
        now_s += pace.wait_s(timestamp_ms, now_s)
        pace.given(now_s)
        moments.append(round(now_s - 100.0, 6))
    return moments


@pytest.mark.parametrize(
    ("speed", "moments"),
    [
        ("max", [0, 0, 0, 0]),
        ("1x", [0, 1, 1, 3]),
        ("10x", [0, 0.1, 0.1, 0.3]),
        ("2/s", [0, 0.5, 1, 1.5]),
    ],
)
def test_records_are_given_when_they_are_due(speed: str, moments: list[float]) -> None:
    pace = Pace(Speed.parse(speed), idle_s_max=60, now_s=100.0)
    assert given_at(pace, [BEGAN_MS, BEGAN_MS + 1000, BEGAN_MS + 1000, BEGAN_MS + 3000]) == moments


def test_a_long_silence_is_cut_short_and_the_rest_keeps_its_distances() -> None:
    pace = Pace(Speed.parse("1x"), idle_s_max=2, now_s=100.0)
    day_ms = 24 * 3_600_000
    assert given_at(pace, [BEGAN_MS, BEGAN_MS + day_ms, BEGAN_MS + day_ms + 500]) == [0, 2, 2.5]


def test_after_a_pause_or_another_speed_the_next_record_is_due_at_once() -> None:
    pace = Pace(Speed.parse("1x"), idle_s_max=60, now_s=0.0)
    assert pace.wait_s(BEGAN_MS, 0.0) == 0
    assert pace.wait_s(BEGAN_MS + 5000, 1.0) == 4
    pace.restart(1.0, Speed.parse("10x"))
    assert pace.wait_s(BEGAN_MS + 5000, 1.0) == 0
    assert pace.wait_s(BEGAN_MS + 7000, 1.0) == pytest.approx(0.2)


@pytest.mark.parametrize("text", ["", "fast", "-1x", "0/s", "1e3x", "10", "x", "999999999x"])
def test_speeds_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="speed"):
        Speed.parse(text)


# The socket -----------------------------------------------------------------------------------------------------------

database = pytest.mark.django_db(transaction=True)


@pytest.fixture
def many(cast: Cast) -> Stream:
    """Sixty records over three partitions, a second apart, with their own timestamps."""
    stream = create_stream(cast.access(cast.alice), name="many", partitions=3)
    numbers = range(60)
    keys: list[bytes | None] = [f"k{n}".encode() for n in numbers]
    kinds = ["Even" if n % 2 == 0 else "Odd" for n in numbers]
    events = Events(kinds, [str(n).encode() for n in numbers], keys=keys)
    events.timestamps_ms = [BEGAN_MS + 1000 * n for n in numbers]
    append_records(cast.access(cast.bob), stream="many", events=events)
    return stream


class Viewer:
    def __init__(self, key: str, path: str = PATH) -> None:
        self.socket = WebsocketCommunicator(application, path, headers=[(b"authorization", key.encode())])
        self.seen: list[int] = []
        self.position = ""

    async def __aenter__(self) -> "Viewer":
        connected, _ = await self.socket.connect()
        assert connected
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.socket.disconnect()

    async def say(self, **frame: Any) -> None:
        await self.socket.send_to(json.dumps(frame))

    async def replay(self, **more: Any) -> dict[str, Any]:
        given = {"credit": 1_000, "speed": "max", "from": "earliest"} | more
        await self.say(t="replay", **given)
        return await self.hear("replaying")

    async def hear(self, *kinds: str) -> dict[str, Any]:
        while True:
            frame = json.loads(await self.socket.receive_from(timeout=10))
            if frame["t"] == "records":
                self.seen += [record["data"] for record in frame["records"]]
                self.position = frame["position"]
            if frame["t"] in kinds:
                return frame

    async def closed_with(self) -> int:
        while True:
            message = await self.socket.receive_output(timeout=10)
            if message["type"] == "websocket.close":
                return int(message["code"])


@pytest.fixture
def key(many: Stream, make_key: Callable) -> str:
    return make_key("read")[1]


@database
def test_records_of_all_partitions_come_in_order_of_time(many: Stream) -> None:
    whole = ranges.resolve_range(many, "", "")
    merger = Merger(whole, lambda wanted, most: ranges.read_range(many, wanted, records_max=2))
    taken = []
    while (found := merger.take()) is not None:
        taken.append(found.timestamp_ms)
    assert taken == [BEGAN_MS + 1000 * n for n in range(60)]
    assert merger.position == whole.end


@database
async def test_a_range_is_replayed_in_order_of_time_and_then_it_is_finished(key: str) -> None:
    async with Viewer(key) as viewer:
        begun = await viewer.replay(sub=3)
        assert (begun["sub"], begun["records"]) == (3, 60)
        ended = await viewer.hear("finished")
        assert viewer.seen == list(range(60))
        assert ended["position"] == begun["to"]


@database
async def test_a_part_is_replayed_by_time_and_type(key: str) -> None:
    async with Viewer(key) as viewer:
        await viewer.replay(**{"from": "time:2023-11-14T22:13:30Z"}, to="time:2023-11-14T22:13:40Z", types=["Odd"])
        await viewer.hear("finished")
        assert viewer.seen == [11, 13, 15, 17, 19]


@database
async def test_pausing_stepping_and_going_on_lose_nothing(key: str) -> None:
    async with Viewer(key) as viewer:
        await viewer.replay(paused=True)
        assert await viewer.socket.receive_nothing(timeout=0.2)
        await viewer.say(t="step", n=3)
        while len(viewer.seen) < 3:
            await viewer.hear("records")
        assert await viewer.socket.receive_nothing(timeout=0.2) or viewer.seen == [0, 1, 2]
        await viewer.say(t="step")
        while len(viewer.seen) < 4:
            await viewer.hear("records")
        await viewer.say(t="speed", speed="1000x")
        assert (await viewer.hear("state"))["paused"] is True
        await viewer.say(t="resume")
        assert (await viewer.hear("state"))["paused"] is False
        await viewer.hear("finished")
        assert viewer.seen == list(range(60))


@database
async def test_a_replay_left_at_a_position_is_taken_up_there_without_loss(key: str) -> None:
    async with Viewer(key) as viewer:
        await viewer.replay(paused=True)
        await viewer.say(t="step", n=25)
        while len(viewer.seen) < 25:
            await viewer.hear("records")
        position, seen = viewer.position, viewer.seen
    async with Viewer(key) as viewer:
        await viewer.replay(**{"from": position})
        await viewer.hear("finished")
        assert seen + viewer.seen == list(range(60))


@database
async def test_nothing_is_given_without_credit(key: str) -> None:
    async with Viewer(key) as viewer:
        await viewer.replay(credit=10)
        await viewer.hear("records")
        assert len(viewer.seen) == 10
        assert await viewer.socket.receive_nothing(timeout=0.2)
        await viewer.say(t="credit", n=50, position=viewer.position)
        await viewer.hear("finished")
        assert viewer.seen == list(range(60))


@database
async def test_records_at_a_speed_come_one_after_the_other(key: str) -> None:
    async with Viewer(key) as viewer:
        await viewer.replay(speed="200/s")
        first = await viewer.hear("records")
        assert len(first["records"]) < 60
        await viewer.hear("finished")
        assert viewer.seen == list(range(60))


@database
async def test_another_replay_on_the_same_socket_replaces_the_first(key: str) -> None:
    async with Viewer(key) as viewer:
        await viewer.replay(speed="1x", sub=1)
        await viewer.replay(sub=2, **{"from": "time:2023-11-14T22:14:15Z"})
        viewer.seen.clear()
        assert (await viewer.hear("finished"))["sub"] == 2
        assert viewer.seen == [55, 56, 57, 58, 59]


@database
async def test_what_makes_no_sense_is_refused(key: str, make_key: Callable) -> None:
    async with Viewer(key) as viewer:
        await viewer.say(t="pause")
        assert (await viewer.hear("error"))["code"] == "no_replay"
        await viewer.say(t="replay", **{"from": "noon"})
        assert (await viewer.hear("error"))["code"] == "invalid_position"
        await viewer.say(t="rewind")
        assert await viewer.closed_with() == 4400
    async with Viewer(key, PATH.replace("many", "nope")) as viewer:
        assert await viewer.closed_with() == 4404
    appends = await sync_to_async(make_key)("append")
    async with Viewer(appends[1]) as viewer:
        assert await viewer.closed_with() == 4403


@database
async def test_a_replay_that_is_never_read_gets_no_more_than_it_granted(key: str) -> None:
    """Whatever credit is granted, bytes that nobody has acknowledged are bounded: then the server waits."""
    async with Viewer(key) as viewer:
        await viewer.say(t="replay", speed="max", credit=1_000_000, **{"from": "earliest"})
        await viewer.hear("replaying")
        socket = next(iter(replay_sockets._open_replays))
        assert socket.window.credit <= 100_000
        socket.window.bytes_max = 1
        await viewer.hear("finished")
        await viewer.say(t="replay", speed="max", credit=1_000, sub=2, **{"from": "earliest"})
        await viewer.hear("replaying")
        assert await viewer.socket.receive_nothing(timeout=0.3)
