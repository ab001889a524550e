"""SIGTERM: whoever is on a board or a tail is told to move, and goes on at the next process."""

import contextlib
import json
import signal
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from tests.e2e.conftest import PEOPLE
from tests.e2e.server import Server
from tests.many_processes.conftest import SESSION, Place
from tests.many_processes.wire import append, at_the_board, hear, tail

pytestmark = pytest.mark.e2e


def test_who_is_there_is_told_to_move_and_finds_everything_at_the_next_process() -> None:
    with Server.running() as server, contextlib.ExitStack() as open_sockets:
        place = Place(**server.prepare(PEOPLE + SESSION))
        board = open_sockets.enter_context(at_the_board(place, server))
        follower = open_sockets.enter_context(tail(place, server))
        patch = {"elements": {"note1": {"kind": "domain_event", "text": "Said Before", "x": 0, "y": 0}}}
        board.send(json.dumps({"t": "ops", "ops": [{"n": 1, "patch": patch}]}))
        hear(board, "ack")
        stored = append(server, place, {"n": 1})
        assert stored.status_code == 201
        assert len(stored.headers["X-Request-Id"]) == 32
        seen = hear(follower, "records")
        server.send(signal.SIGTERM)
        assert closed_with(board) == 4012
        assert closed_with(follower) == 4012
        server.stop()
        server.start()
        with at_the_board(place, server), tail(place, server, since=seen["position"]) as again:
            assert append(server, place, {"n": 2}).status_code == 201
            assert [each["data"]["n"] for each in hear(again, "records")["records"]] == [2]
        assert not server.complaints()


def closed_with(socket: Any) -> int | None:
    try:
        while True:
            socket.recv(20)
    except ConnectionClosed as end:
        return end.rcvd.code if end.rcvd else None
