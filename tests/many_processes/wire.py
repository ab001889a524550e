"""A board's socket, a tail and an append, at whichever process one likes."""

import contextlib
import json
import time
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
from websockets.sync.client import ClientConnection, connect

from tests.e2e.clients import PATIENCE_SECONDS
from tests.e2e.server import Server
from tests.many_processes.conftest import Place


@contextlib.contextmanager
def at_the_board(place: Place, server: Server) -> Iterator[ClientConnection]:
    headers = {"Cookie": f"factstorm_session={place.cookie}"}
    with connect(server.socket_url + place.board_path, additional_headers=headers, proxy=None) as socket:
        socket.send(json.dumps({"t": "hello", "v": 1, "client_id": str(uuid.uuid4()), "epoch": None, "since": None}))
        hear(socket, "welcome")
        yield socket


@contextlib.contextmanager
def tail(place: Place, server: Server, *, since: str = "earliest") -> Iterator[ClientConnection]:
    address = f"{server.socket_url}/ws/v1/w/{place.slug}/streams/orders/tail"
    headers = {"Authorization": f"Bearer {place.key}"}
    with connect(address, additional_headers=headers, proxy=None, max_size=None) as socket:
        socket.send(json.dumps({"t": "subscribe", "from": since, "credit": 100_000}))
        hear(socket, "subscribed")
        yield socket


def hear(socket: ClientConnection, kind: str) -> dict[str, Any]:
    """The next frame of a kind; others are passed over."""
    ends = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < ends:
        frame: dict[str, Any] = json.loads(socket.recv(PATIENCE_SECONDS))
        assert frame["t"] != "error", frame
        if frame["t"] == kind:
            return frame
    raise AssertionError(f"no {kind} frame came")


def append(server: Server, place: Place, data: dict[str, Any]) -> httpx.Response:
    return httpx.post(
        f"{server.url}/api/v1/w/{place.slug}/streams/orders/records",
        json={"type": "counted", "data": data},
        headers={"Authorization": f"Bearer {place.key}"},
        timeout=PATIENCE_SECONDS,
        trust_env=False,
    )
