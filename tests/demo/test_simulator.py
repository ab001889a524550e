"""The simulator against a server that answers as the tests want."""

import json
import random
from typing import Any

import httpx
import pytest

from storming.demo import simulator as simulating
from storming.demo.simulator import Refused, Simulator


class Desk:
    """A server. ``down`` makes it unreachable, ``wanted`` is the page's switch."""

    def __init__(self) -> None:
        self.down = False
        self.wanted = True
        self.batches: list[tuple[str, list[dict[str, Any]]]] = []
        self.refuse_with = 0
        self.lose_answers = False

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if self.down:
            raise httpx.ConnectError("away", request=request)
        if self.refuse_with:
            return httpx.Response(self.refuse_with, json={"error": {"code": "not_found"}})
        if request.url.path.endswith("/heartbeat"):
            return httpx.Response(200, json={"state": "running", "wanted": self.wanted, "rate": 50.0})
        assert request.headers["Authorization"] == "Bearer fs_key"
        assert request.url.params["partial"] == "true"
        events = json.loads(request.content)
        self.batches.append((request.url.path, events))
        if self.lose_answers:
            raise httpx.ReadError("cut off", request=request)
        return httpx.Response(201, json={"stored": len(events), "positions": []})

    @property
    def ids(self) -> list[str]:
        return [event["id"] for _, events in self.batches for event in events]


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def simulator(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Simulator:
    monkeypatch.setattr(simulating.time, "monotonic", lambda: 0.0)
    client = httpx.Client(
        base_url="http://desk", transport=httpx.MockTransport(desk), headers={"Authorization": "Bearer fs_key"}
    )
    return Simulator(client, workspace="demo", dice=random.Random(7), say=lambda _: None)


def run(simulator: Simulator, *, start: float, seconds: float) -> None:
    for tick in range(int(seconds * 5)):
        simulator.step(start + tick / 5)


def test_events_are_cloudevents_keyed_by_their_order(simulator: Simulator, desk: Desk) -> None:
    run(simulator, start=0, seconds=20)
    assert len(desk.ids) == len(set(desk.ids)) > 300
    for path, events in desk.batches:
        assert path.startswith("/api/v1/w/demo/streams/")
        for event in events:
            assert event["specversion"] == "1.0"
            assert event["partitionkey"] == event["subject"]
    assert simulator.counts.stored == len(desk.ids)


def test_it_is_silent_while_the_page_has_it_stopped(simulator: Simulator, desk: Desk) -> None:
    desk.wanted = False
    run(simulator, start=0, seconds=20)
    assert desk.batches == []
    desk.wanted = True
    run(simulator, start=20, seconds=20)
    assert desk.batches


def test_a_batch_without_an_answer_is_sent_again_with_the_same_ids(simulator: Simulator, desk: Desk) -> None:
    run(simulator, start=0, seconds=5)
    desk.lose_answers = True
    with pytest.raises(httpx.HTTPError):
        run(simulator, start=5, seconds=20)
    lost = desk.batches[-1]
    desk.lose_answers = False
    simulator.step(12)
    assert lost in desk.batches[len(desk.batches) - 3 :] or desk.batches.count(lost) == 2


def test_it_waits_longer_and_longer_while_the_server_is_away_and_goes_on_when_it_is_back(
    simulator: Simulator, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 8:
            desk.down = False

    monkeypatch.setattr(simulating.time, "sleep", sleep)
    desk.down = True
    simulator.run(until=lambda: len(slept) == 10)
    assert slept == [*simulating.BACK_OFF_SECONDS, 30.0, 30.0, simulating.TICK_SECONDS, simulating.TICK_SECONDS]


def test_a_wrong_key_is_said_and_not_tried_again(simulator: Simulator, desk: Desk) -> None:
    desk.refuse_with = 401
    with pytest.raises(Refused):
        simulator.run()
