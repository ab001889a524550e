"""Seeded random clients with disconnects, resent and reordered frames and a server that starts anew: all end equal.

A client here keeps what it has not seen acknowledged and sends it again after each reconnection, as the browser's
outbox does. At the end everybody's elements are the server's, every acknowledged operation is in the log, none twice.
With silences in between, what was written in them is private until the reveal, and then on the wall once.

``CONVERGENCE_SEEDS=300`` runs so many seeds (the nightly run does); CI runs SEEDS.
"""

import asyncio
import os
import random
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from storming import hub as hub_module
from storming.models import Board, Draft, Operation
from storming.state import BoardState
from storming.workshop import actions
from tests.cast import Cast
from tests.storming.clients import BoardClient, note

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 25
SEEDS = int(os.environ.get("CONVERGENCE_SEEDS", "20"))


class Offliner:
    """A person whose network comes and goes."""

    def __init__(self, connect: Any, person: Any, board: Board, chance: random.Random) -> None:
        self.connect, self.person, self.board, self.chance = connect, person, board, chance
        self.outbox: dict[int, dict[str, Any]] = {}
        self.acknowledged: dict[int, int] = {}
        self.private: set[int] = set()
        self.client: BoardClient | None = None
        self.memory: BoardClient | None = None
        self.n = 0

    def edit(self) -> None:
        self.n += 1
        key = f"e{self.chance.randrange(12)}"
        choices: list[dict[str, Any]] = [
            note(self.chance.randrange(500), text=f"{self.person.name} {self.n}"),
            {"x": self.chance.randrange(500)},
            {"deleted": self.chance.choice([True, None])},
        ]
        self.outbox[self.n] = {"n": self.n, "patch": {"elements": {key: self.chance.choice(choices)}}}

    async def go_online(self) -> None:
        client = await self.connect(self.person, self.board, client_id=self.memory.client_id if self.memory else None)
        if self.memory is not None:
            client.elements, client.seq = self.memory.elements, self.memory.seq
        resume = self.memory is not None and self.chance.random() < 0.8
        welcome = await client.hello(
            epoch=self.memory.epoch if self.memory and resume else None,
            since=self.memory.seq if self.memory and resume else None,
        )
        assert welcome["t"] == "welcome"
        self.client = self.memory = client

    async def go_offline(self) -> None:
        if self.client is not None:
            self.note_acks()
            await self.client.drop()
            self.client = None

    async def send(self) -> None:
        """Everything that waits, perhaps twice, perhaps in frames out of order."""
        if self.client is None or not self.outbox:
            return
        waiting = list(self.outbox.values())
        cut = self.chance.randrange(len(waiting) + 1)
        frames = [part for part in (waiting[:cut], waiting[cut:]) if part]
        if self.chance.random() < 0.3:
            frames.append(self.chance.choice(frames))
        if self.chance.random() < 0.2:
            self.chance.shuffle(frames)
        for frame in frames:
            await self.client.say(t="ops", ops=frame)

    def note_acks(self) -> None:
        assert self.client is not None
        for n, result in self.client.results.items():
            self.outbox.pop(n, None)
            if "private" in result:
                self.private.add(n)
            if "seq" in result:
                assert n not in self.private, "what was private is not stored a second time"
                assert self.acknowledged.setdefault(n, result["seq"]) == result["seq"]

    async def settle(self) -> None:
        if self.client is None:
            await self.go_online()
        await self.send()
        assert self.client is not None
        while not self.outbox.keys() <= self.client.results.keys():
            await self.client.next()
        self.note_acks()


async def everybody_agrees(board: Board, people: list[Offliner]) -> None:
    """All settle; the server's elements are everybody's, and what was acknowledged is in the log."""
    for who in people:
        await who.settle()
    await everything_is_stored(board, people)
    state = await sync_to_async(BoardState.load)(board.pk)
    for who in people:
        assert who.client is not None
        await who.client.until_seq(state.document.seq)
        assert who.client.elements == state.document.elements
        stored = {n: seq async for n, seq in _stored(board, who)}
        assert who.acknowledged.items() <= stored.items()
    assert await Operation.objects.filter(board=board).acount() == state.document.seq


@pytest.mark.parametrize("seed", range(SEEDS))
async def test_silences_come_and_go_and_nothing_is_lost_or_doubled(
    connect: Any, cast: Cast, board: Board, seed: int
) -> None:
    chance = random.Random(seed)
    people = [Offliner(connect, person, board, chance) for person in (cast.alice, cast.fay, cast.bob)]
    fay = await sync_to_async(cast.access)(cast.fay)
    written: dict[str, int] = {}
    for turn in range(ROUNDS):
        who = chance.choice(people)
        what = chance.random()
        if what < 0.15:
            await who.go_offline()
        elif what < 0.2:
            for one in people:
                await one.go_offline()
            await hub_module.current_hub().close()
        elif what < 0.35:
            silent = actions.Changes(silent=chance.random() < 0.5)
            await sync_to_async(actions.change_workshop)(fay, board_id=board.pk, changes=silent)
        else:
            who.n += 1
            key = f"{who.person.name}-{turn}"
            written[key] = turn
            patch = {key: note(turn, chance.randrange(500), text=f"written in turn {turn}")}
            who.outbox[who.n] = {"n": who.n, "patch": {"elements": patch}}
            if who.client is None and chance.random() < 0.6:
                await who.go_online()
            await who.send()
    for who in people:
        await who.settle()
    await everything_is_stored(board, people)
    await sync_to_async(actions.reveal)(fay, board_id=board.pk)
    await everybody_agrees(board, people)
    state = await sync_to_async(BoardState.load)(board.pk)
    assert {key: element["x"] for key, element in state.document.elements.items()} == written
    assert not await Draft.objects.filter(board=board).aexists()


@pytest.mark.parametrize("seed", range(SEEDS))
async def test_everybody_ends_with_the_boards_own_elements(connect: Any, cast: Cast, board: Board, seed: int) -> None:
    chance = random.Random(seed)
    people = [Offliner(connect, person, board, chance) for person in (cast.alice, cast.fay, cast.bob)]
    for _ in range(ROUNDS):
        who = chance.choice(people)
        what = chance.random()
        if what < 0.15:
            await who.go_offline()
        elif what < 0.2:
            for one in people:
                await one.go_offline()
            await hub_module.current_hub().close()  # the process ends; what was not committed is gone
        else:
            for _ in range(chance.randrange(1, 4)):
                who.edit()
            if who.client is None and chance.random() < 0.6:
                await who.go_online()
            await who.send()
            if chance.random() < 0.5:
                await asyncio.sleep(0.01)
    await everybody_agrees(board, people)


async def everything_is_stored(board: Board, people: list[Offliner]) -> None:
    """Frames sent twice may still be on their way: a pong follows what came before it, and then the room is idle."""
    for who in people:
        assert who.client is not None
        await who.client.say(t="ping")
        await who.client.until("pong")
    room = hub_module.current_hub().rooms[board.pk]
    while room._inbox or room._busy:
        await asyncio.sleep(0.01)


async def _stored(board: Board, who: Offliner) -> Any:
    assert who.memory is not None
    rows = Operation.objects.filter(board=board, client_id=who.memory.client_id)
    async for row in rows.values_list("client_seq", "seq"):
        yield row
