"""Pulses: the traffic of the types a board names, and of no other; nothing of it is an operation."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from storming import actions, pulses
from storming.models import Board
from storming.state import BoardState
from tests.cast import Cast
from tests.storming.clients import note


@dataclass(frozen=True)
class Counted:
    total: int

    def as_json(self) -> dict[str, Any]:
        return {"total": self.total, "rejected": 0, "last_seen": None, "rate": 1.5}


class Source:
    """Stands in for broker_adapter.traffic."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[dict[str, Counted]] = asyncio.Queue()

    async def watch(self, workspace_id: uuid.UUID) -> AsyncIterator[Mapping[str, Counted]]:
        while True:
            yield await self.queue.get()


@pytest.mark.django_db(transaction=True)
async def test_a_promoted_note_pulses_with_its_types_traffic_and_the_board_does_not_grow(
    connect: Any, cast: Cast, board: Board, monkeypatch: Any
) -> None:
    source = Source()
    monkeypatch.setattr(pulses, "watch_traffic", source.watch)
    bob = await connect(cast.bob, board)
    await bob.hello()
    await bob.write({"e": note(text="Order Placed")})

    @sync_to_async
    def promote() -> str:
        new = actions.NewType(name="order.placed", schema={"type": "object"})
        return str(actions.promote_note(cast.access(cast.fay), board_id=board.pk, element_id="e", new=new).pk)

    type_id = await promote()
    shown = (await bob.until("types"))["types"][type_id]
    assert (shown["name"], shown["title"], shown["version"], shown["kind"]) == (
        "order.placed", "Order Placed", "1.0.0", "event",
    )  # fmt: skip
    assert shown["url"].startswith(f"/w/{cast.workspace.slug}/")
    source.queue.put_nowait({"order.placed": Counted(10), "order.paid": Counted(7)})
    source.queue.put_nowait({"order.placed": Counted(13)})
    first, second = (await bob.until("pulses"))["traffic"], None
    if first[type_id]["total"] == 10:
        assert first == {type_id: {"n": 0, "total": 10, "rejected": 0, "last_seen": None, "rate": 1.5}}
        second = (await bob.until("pulses"))["traffic"]
    assert (second or first)[type_id]["n"] == 3
    late = await connect(cast.vera, board)
    welcome = await late.hello()
    assert welcome["traffic"][type_id]["total"] == 13
    assert welcome["types"].keys() == {type_id}
    assert (await sync_to_async(BoardState.load)(board.pk)).document.seq == 2


async def test_a_source_that_fails_is_asked_again(monkeypatch: Any) -> None:
    monkeypatch.setattr(pulses, "AGAIN_SECONDS", 0)
    tries, offered = [], asyncio.Queue()

    async def watch(workspace_id: uuid.UUID) -> AsyncIterator[Mapping[str, Counted]]:
        tries.append(workspace_id)
        if len(tries) == 1:
            raise OSError("gone")
        yield {"a": Counted(1)}
        await asyncio.sleep(60)

    feed = pulses.PulseFeed(uuid.uuid4(), offered.put_nowait, watch)
    feed.show({"a": "id-of-a"})
    assert '"id-of-a":{"n":0' in await asyncio.wait_for(offered.get(), 10)
    feed.stop()
