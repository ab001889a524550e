"""Two who write as fast as they can and remember what they were told: one on the board's socket, one over HTTP.

Both do what a good client does after a loss: connect again and send again, under the same numbers and ids, whatever was
not acknowledged.
"""

import contextlib
import json
import time
import uuid
from typing import Any

import httpx
from websockets.sync.client import ClientConnection, connect

from tests.e2e.server import Server

PATIENCE_SECONDS = 20.0


class Stormer:
    """Writes notes by the board protocol. ``sent`` and ``acknowledged`` are by the client's own number."""

    def __init__(self, server: Server, *, path: str, cookie: str) -> None:
        self.address = f"{server.socket_url}{path}"
        self.cookie = cookie
        self.client_id = str(uuid.uuid4())
        self.sent: dict[int, dict[str, Any]] = {}
        self.acknowledged: dict[int, int] = {}
        self._socket: ClientConnection | None = None
        self._open = contextlib.ExitStack()

    def join(self) -> dict[str, Any]:
        """Connect, and send again what was not acknowledged; the welcome."""
        headers = {"Cookie": f"factstorm_session={self.cookie}"}
        self._open.close()
        self._socket = self._open.enter_context(
            connect(self.address, additional_headers=headers, proxy=None, max_size=None)
        )
        self._say({"t": "hello", "v": 1, "client_id": self.client_id, "epoch": None, "since": None})
        while (frame := self._hear())["t"] != "welcome":
            pass
        for n in [n for n in self.sent if n not in self.acknowledged]:
            self._send(n)
        return frame

    def write(self, text: str) -> None:
        """One more note."""
        n = len(self.sent) + 1
        place = {"x": 200 * (n % 40), "y": 200 * (n // 40)}
        self.sent[n] = {"elements": {uuid.uuid4().hex: {"kind": "domain_event", "text": text, **place}}}
        self._send(n)

    def listen(self, *, seconds: float) -> None:
        """Take acknowledgements in, until all are in or time is up."""
        ends = time.monotonic() + seconds
        while len(self.acknowledged) < len(self.sent) and time.monotonic() < ends:
            with contextlib.suppress(TimeoutError):
                frame = self._hear(timeout=0.05)
                for result in frame["results"] if frame["t"] == "ack" else ():
                    assert "seq" in result, result
                    self.acknowledged[result["n"]] = result["seq"]

    def close(self) -> None:
        """Hang up."""
        self._open.close()

    def _send(self, n: int) -> None:
        self._say({"t": "ops", "ops": [{"n": n, "patch": self.sent[n]}]})

    def _say(self, frame: dict[str, Any]) -> None:
        assert self._socket is not None
        self._socket.send(json.dumps(frame))

    def _hear(self, timeout: float = PATIENCE_SECONDS) -> dict[str, Any]:
        assert self._socket is not None
        return dict(json.loads(self._socket.recv(timeout)))


class Sender:
    """Appends batches of CloudEvents. ``positions``: where each acknowledged id was stored; ``counts``: its payload."""

    def __init__(self, server: Server, *, number: int, workspace: str, key: str, batch: int = 10) -> None:
        self.server, self.number, self.batch = server, number, batch
        self.base = f"{server.url}/api/v1/w/{workspace}/"
        self.headers = {"Authorization": f"Bearer {key}"}
        self.counts: dict[str, int] = {}
        self.positions: dict[str, tuple[int, str]] = {}
        self.unsure: list[dict[str, Any]] = []

    def send_until_gone(self) -> None:
        """Append until the server is gone; what nobody answered for comes first."""
        with self._client() as client, contextlib.suppress(httpx.TransportError):
            while True:
                self._append(client, self.unsure or self._batch())

    def resend(self) -> None:
        """Only what nobody has answered for."""
        with self._client() as client:
            if self.unsure:
                self._append(client, self.unsure)

    def everything(self) -> list[dict[str, Any]]:
        """All records of the stream."""
        records: list[dict[str, Any]] = []
        position = "earliest"
        with self._client() as client:
            while True:
                page = client.get("streams/orders/records", params={"from": position, "limit": 1000}).json()
                records += page["records"]
                position = page["next"]
                if page["caught_up"] and not page["records"]:
                    return records

    def _client(self) -> httpx.Client:
        return httpx.Client(base_url=self.base, headers=self.headers, timeout=PATIENCE_SECONDS, trust_env=False)

    def _batch(self) -> list[dict[str, Any]]:
        batch = []
        for _ in range(self.batch):
            event_id, count = str(uuid.uuid4()), len(self.counts)
            self.counts[event_id] = count
            event = {"specversion": "1.0", "id": event_id, "source": f"/sender/{self.number}", "type": "counted"}
            batch.append({**event, "partitionkey": f"{self.number}-{count % 7}", "data": {"n": count}})
        return batch

    def _append(self, client: httpx.Client, batch: list[dict[str, Any]]) -> None:
        self.unsure = batch
        headers = {"Content-Type": "application/cloudevents-batch+json"}
        answer = client.post("streams/orders/records", content=json.dumps(batch), headers=headers)
        assert answer.status_code in (200, 201), answer.text
        for event, place in zip(batch, answer.json()["positions"], strict=True):
            self.positions[event["id"]] = (place["partition"], place["offset"])
        self.unsure = []
