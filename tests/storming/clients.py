"""A client of the board protocol for tests: says hello, sends, and keeps what it hears."""

import json
import uuid
from typing import Any

from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import AnonymousUser

from storming.models import Board
from storming.socket_urls import websocket_urlpatterns

application = URLRouter(websocket_urlpatterns)
PATIENCE = 10


def note(x: float = 0, y: float = 0, *, kind: str = "domain_event", **properties: Any) -> dict[str, Any]:
    """Properties of a new note."""
    return {"kind": kind, "x": x, "y": y, **properties}


class BoardClient:
    """One socket of one person. ``elements`` is what the operations heard so far make of the snapshot."""

    def __init__(
        self, person: Any, board: Board, *, slug: str, client_id: str | None = None, session: Any = None
    ) -> None:
        self.person, self.board, self.slug = person, board, slug
        self.client_id = client_id or str(uuid.uuid4())
        self.session = session
        self.n = 0
        self.seq = 0
        self.epoch: str | None = None
        self.elements: dict[str, dict[str, Any]] = {}
        self.heard: list[dict[str, Any]] = []
        self.results: dict[int, dict[str, Any]] = {}
        self.closed: int | None = None
        self.parts: list[dict[str, Any]] = []

    async def open(self) -> None:
        path = f"/ws/v1/w/{self.slug}/boards/{self.board.pk if isinstance(self.board, Board) else self.board}/"
        self.wire = WebsocketCommunicator(application, path)
        self.wire.scope["user"] = self.person or AnonymousUser()
        if self.session is not None:
            self.wire.scope["session"] = self.session
        connected, _ = await self.wire.connect(timeout=PATIENCE)
        assert connected

    async def say(self, **frame: Any) -> None:
        await self.wire.send_to(text_data=json.dumps(frame))

    async def hello(self, *, epoch: str | None = None, since: int | None = None) -> dict[str, Any]:
        """The welcome (or reset, or error)."""
        await self.say(t="hello", v=1, client_id=self.client_id, epoch=epoch, since=since)
        return await self.until("welcome", "reset", "error")

    async def send(self, *patches: dict[str, Any], **options: Any) -> list[int]:
        """One frame of operations; their numbers."""
        operations = []
        for patch in patches:
            self.n += 1
            operations.append({"n": self.n, "patch": {"elements": patch}, **options})
        await self.say(t="ops", ops=operations)
        return [operation["n"] for operation in operations]

    async def write(self, *patches: dict[str, Any], **options: Any) -> list[dict[str, Any]]:
        """Send and wait for the results."""
        numbers = await self.send(*patches, **options)
        while not all(n in self.results for n in numbers):
            await self.until("ack")
        return [self.results[n] for n in numbers]

    async def until(self, *names: str) -> dict[str, Any]:
        """The next frame of that name."""
        while True:
            frame = await self.next()
            if frame["t"] in names:
                return frame

    async def until_seq(self, seq: int) -> None:
        """Until the operation numbered ``seq`` has come."""
        while self.seq < seq:
            await self.next()

    async def next(self) -> dict[str, Any]:
        event = await self.wire.receive_output(timeout=PATIENCE)
        if event["type"] == "websocket.close":
            self.closed = event["code"]
            return {"t": "closed", "code": self.closed}
        assert len(event["text"].encode()) < 1_048_576, "servers such as Daphne drop larger frames"
        frame: dict[str, Any] = json.loads(event["text"])
        self.heard.append(frame)
        self._take(frame)
        return frame

    async def until_closed(self) -> int:
        while self.closed is None:
            await self.next()
        return self.closed

    async def drop(self) -> None:
        await self.wire.disconnect(code=self.closed or 1000, timeout=PATIENCE)
        self.closed = self.closed or 1000

    def _take(self, frame: dict[str, Any]) -> None:
        if frame["t"] == "snapshot":
            self.parts.append(frame["elements"])
        if frame["t"] == "welcome":
            self.epoch = frame["epoch"]
            if "snapshot" in frame:
                assert frame["parts"] == len(self.parts)
                self.elements, self.seq = frame["snapshot"]["elements"], frame["seq"]
                for part in self.parts:
                    self.elements |= part
            self.parts = []
        for operation in frame.get("ops", []):
            assert operation["seq"] == self.seq + 1, f"after {self.seq} came {operation['seq']}"
            self.seq = operation["seq"]
            for key, properties in operation["patch"]["elements"].items():
                element = self.elements.setdefault(key, {})
                element.update(properties)
                self.elements[key] = {name: value for name, value in element.items() if value is not None}
        for result in frame.get("results", []) if frame["t"] == "ack" else []:
            self.results[result["n"]] = result
