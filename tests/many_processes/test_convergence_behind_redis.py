"""Seeded random clients of one board, spread over two server processes behind Redis: all end equal to the server.

They disconnect, sleep, come back at the other process, send twice and out of order, and one process is killed on the
way. Every acknowledged edit is in the log, and none is there twice. ``CONVERGENCE_SEEDS=300`` runs so many seeds.
"""

import asyncio
import json
import os
import random
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.e2e.server import Server
from tests.many_processes.conftest import Place

SEEDS = int(os.environ.get("CONVERGENCE_SEEDS", "4"))
CLIENTS, ROUNDS = 5, 40
PATIENCE_SECONDS = 30.0
LOG = """
from storming.models import Operation
from storming.state import BoardState
out["elements"] = BoardState.load("{board}").document.elements
rows = Operation.objects.filter(board_id="{board}").values_list("client_id", "client_seq")
out["sendings"] = [[str(client), n] for client, n in rows]
"""


class Wanderer:
    """A client that keeps its edits until they are acknowledged, and doesn't mind which process it talks to."""

    def __init__(self, servers: list[Server], place: Place, chance: random.Random) -> None:
        self.servers, self.place, self.chance = servers, place, chance
        self.client_id = str(uuid.UUID(int=chance.getrandbits(128), version=4))
        self.elements: dict[str, dict[str, Any]] = {}
        self.outbox: dict[int, dict[str, Any]] = {}
        self.acknowledged: set[int] = set()
        self.drafts: dict[str, dict[str, Any]] = {}
        self.workshop: dict[str, Any] = {}
        self.epoch: str | None = None
        self.seq = self.n = 0
        self.socket: ClientConnection | None = None
        self.reading: asyncio.Task[None] | None = None

    def edit(self) -> None:
        self.n += 1
        key = f"e{self.chance.randrange(10)}"
        birth = {"kind": "domain_event", "x": self.chance.randrange(500), "y": 0, "text": f"{self.client_id} {self.n}"}
        change = self.chance.choice([birth, birth, {**birth, "deleted": True}])
        self.outbox[self.n] = {"n": self.n, "patch": {"elements": {key: change}}}

    async def go_online(self) -> None:
        """At any process that is up."""
        await self.go_offline()
        server = self.chance.choice([each for each in self.servers if each.is_running])
        headers = {"Cookie": f"factstorm_session={self.place.cookie}"}
        address = f"{server.socket_url}{self.place.board_path}"
        self.socket = await connect(address, additional_headers=headers, max_size=None, proxy=None)
        resumes = self.epoch is not None and self.chance.random() < 0.8
        hello = {"t": "hello", "v": 1, "client_id": self.client_id}
        await self._say({**hello, "epoch": self.epoch if resumes else None, "since": self.seq if resumes else None})
        self.reading = asyncio.create_task(self._read(self.socket))

    async def go_offline(self) -> None:
        if self.socket is not None:
            await self.socket.close()
        if self.reading is not None:
            await self.reading
        self.socket = self.reading = None

    async def send(self) -> None:
        """What waits, perhaps twice, perhaps out of order."""
        frames = [list(self.outbox.values())[at : at + 3] for at in range(0, len(self.outbox), 3)]
        if frames and self.chance.random() < 0.3:
            frames.append(self.chance.choice(frames))
        if self.chance.random() < 0.2:
            self.chance.shuffle(frames)
        for frame in frames:
            await self._say({"t": "ops", "ops": frame})

    async def settle(self) -> None:
        """Online, with everything acknowledged."""
        while self.outbox:
            await self.go_online()
            await self.send()
            for _ in range(200):
                if not self.outbox or self.reading is None or self.reading.done():
                    break
                await asyncio.sleep(0.02)

    async def _say(self, frame: dict[str, Any]) -> None:
        if self.socket is not None:
            try:
                await self.socket.send(json.dumps(frame))
            except ConnectionClosed:
                self.socket = None

    async def _read(self, socket: ClientConnection) -> None:
        try:
            async for text in socket:
                self._take(json.loads(text))
        except ConnectionClosed:
            pass

    def _take(self, frame: dict[str, Any]) -> None:
        if frame["t"] == "welcome":
            self.epoch = frame["epoch"]
            if "snapshot" in frame:
                self.elements, self.seq = frame["snapshot"]["elements"], frame["seq"]
        for operation in frame.get("ops", []):
            assert operation["seq"] == self.seq + 1, f"after {self.seq} came {operation['seq']}"
            self.seq = operation["seq"]
            for key, properties in operation["patch"]["elements"].items():
                merged = {**self.elements.get(key, {}), **properties}
                self.elements[key] = {name: value for name, value in merged.items() if value is not None}
        self.workshop = frame.get("workshop", self.workshop)
        if frame.get("all"):
            self.drafts = {}
        self.drafts = {key: draft for key, draft in (self.drafts | frame.get("drafts", {})).items() if draft}
        for result in frame.get("results", []):
            assert "seq" in result or "private" in result, result
            self.outbox.pop(result["n"], None)
            self.acknowledged.add(result["n"])


@pytest.mark.parametrize("seed", range(SEEDS))
async def test_clients_of_two_processes_end_equal_to_the_server(servers: list[Server], place: Place, seed: int) -> None:
    chance = random.Random(seed)
    pair = servers[:2]
    clients = [Wanderer(pair, place, chance) for _ in range(CLIENTS)]
    for client in clients:
        await client.go_online()
    for turn in range(ROUNDS):
        if turn == ROUNDS // 2 and seed % 2:
            pair[1].kill()
        if turn == ROUNDS // 2 + 5 and not pair[1].is_running:
            await asyncio.to_thread(pair[1].start)
        client = chance.choice(clients)
        if chance.random() < 0.2:
            await client.go_offline()
            continue
        for _ in range(chance.randrange(1, 4)):
            client.edit()
        if client.socket is None and chance.random() < 0.6:
            await client.go_online()
        await client.send()
        if chance.random() < 0.3:
            await asyncio.sleep(0.01)
    for client in clients:
        await asyncio.wait_for(client.settle(), PATIENCE_SECONDS)
    stored = await asyncio.to_thread(servers[0].prepare, LOG.format(board=place.board))
    sendings = [tuple(each) for each in stored["sendings"]]
    assert len(set(sendings)) == len(sendings), "no edit is stored twice"
    for client in clients:
        if client.socket is None or client.reading is None or client.reading.done():
            await client.go_online()
        for _ in range(500):
            if client.seq == len(sendings):
                break
            await asyncio.sleep(0.02)
        assert client.elements == stored["elements"]
        assert {(client.client_id, n) for n in client.acknowledged} <= set(sendings)
        assert client.acknowledged == set(range(1, client.n + 1))
        await client.go_offline()


SILENCE = """
from storming.models import Board
from storming.workshop import actions
from workspaces.access import system_access
from workspaces.models import Workspace
access = system_access(Workspace.objects.get(slug="{slug}"))
actions.{action}(access, board_id=Board.objects.get().pk{more})
"""


async def test_a_private_note_reaches_its_authors_other_screen_at_another_process_and_the_reveal_all(
    servers: list[Server], place: Place
) -> None:
    chance = random.Random(1)
    here, there = Wanderer(servers[:1], place, chance), Wanderer(servers[1:2], place, chance)
    for client in (here, there):
        await client.go_online()
    silent = SILENCE.format(slug=place.slug, action="enter_phase", more=", phase='chaos'")
    await asyncio.to_thread(servers[2].prepare, silent)
    await until(lambda: all(client.workshop.get("silent") for client in (here, there)))
    note = {"kind": "domain_event", "x": 1, "y": 2, "text": "Parcel lost"}
    await here._say({"t": "ops", "ops": [{"n": 1, "patch": {"elements": {"secret": note}}}]})
    await until(lambda: there.drafts.get("secret", {}).get("text") == "Parcel lost")
    assert (here.seq, there.seq) == (0, 0), "nothing of it is in the log"
    await asyncio.to_thread(servers[2].prepare, SILENCE.format(slug=place.slug, action="reveal", more=""))
    await until(lambda: all("secret" in client.elements and not client.drafts for client in (here, there)))
    for client in (here, there):
        await client.go_offline()


async def until(fits: Callable[[], bool]) -> None:
    for _ in range(1_000):
        if fits():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it did not happen")
