"""Dot voting: a budget each, secret until it is closed, then on the notes and in a ranked list."""

import json
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.test import Client

from storming.actions.boards import write_as_server
from storming.models import Ballot, Board
from storming.state import BoardState
from storming.workshop import votes
from tests.cast import Cast
from tests.storming.clients import note
from workspaces.errors import Conflict, Forbidden, Invalid, NotFound

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def filled(cast: Cast, board: Board) -> Board:
    """Three notes: a and b are hotspots, c an event."""
    patch = {
        "a": note(0, 0, kind="hotspot", text="Declined twice?"),
        "b": note(200, 0, kind="hotspot", text="Who refunds?"),
        "c": note(400, 0, text="Order placed"),
    }
    write_as_server(BoardState.load(board.pk), cast.access(cast.alice).actor, patch)
    return board


def test_dots_are_counted_when_the_vote_is_closed(cast: Cast, filled: Board) -> None:
    fay, bob, alice = (cast.access(person) for person in (cast.fay, cast.bob, cast.alice))
    votes.open_vote(fay, board_id=filled.pk, title="What hurts?", budget=4, per_note_max=3)
    assert votes.cast_ballot(bob, board_id=filled.pk, dots={"a": 3, "b": 1})["left"] == 0
    assert votes.cast_ballot(bob, board_id=filled.pk, dots={"a": 2, "b": 1})["left"] == 1, "one's mind may change"
    shown = votes.close_vote(fay, board_id=filled.pk) if votes.cast_ballot(
        alice, board_id=filled.pk, dots={"b": 3}
    ) else {}  # fmt: skip
    assert shown["vote"] is None
    assert shown["votes"][0]["results"] == {"b": 4, "a": 2}
    assert shown["votes"][0]["voters"] == 2
    round_id = shown["votes"][0]["id"]
    ranked = votes.ranking(bob, board_id=filled.pk, round_id=round_id)
    assert [(line.text, line.dots) for line in ranked] == [("Who refunds?", 4), ("Declined twice?", 2)]
    assert not Ballot.objects.exists(), "nobody can find out later who gave what"


def test_nobody_learns_of_anothers_ballot_before(cast: Cast, filled: Board) -> None:
    votes.open_vote(cast.access(cast.fay), board_id=filled.pk)
    votes.cast_ballot(cast.access(cast.bob), board_id=filled.pk, dots={"a": 3})
    fay = Client()
    fay.force_login(cast.fay)
    base = f"/api/v1/w/{cast.workspace.slug}/boards/{filled.pk}/workshop"
    shown = fay.get(base).json()
    assert shown["vote"]["voters"] == 1
    assert shown["vote"]["results"] is None
    assert fay.get(f"{base}/votes/ballot").json()["dots"] == {}
    assert fay.get(f"{base}/votes/{shown['vote']['id']}").status_code == 404, "no ranking while it is open"


async def test_no_frame_tells_what_was_voted(connect: Any, cast: Cast, filled: Board) -> None:
    fay = await connect(cast.fay, filled)
    await fay.hello()
    bob = await sync_to_async(cast.access)(cast.bob)
    await sync_to_async(votes.open_vote)(await sync_to_async(cast.access)(cast.fay), board_id=filled.pk)
    await fay.until("workshop")
    await sync_to_async(votes.cast_ballot)(bob, board_id=filled.pk, dots={"a": 2})
    frame = await fay.until("workshop")
    assert frame["workshop"]["vote"]["voters"] == 1
    assert '"a": 2' not in json.dumps(fay.heard)


def test_budget_and_limits_hold(cast: Cast, filled: Board) -> None:
    fay, bob = cast.access(cast.fay), cast.access(cast.bob)
    with pytest.raises(Conflict):
        votes.cast_ballot(bob, board_id=filled.pk, dots={"a": 1})
    votes.open_vote(fay, board_id=filled.pk, budget=3, per_note_max=2, kinds=["hotspot"])
    with pytest.raises(Conflict):
        votes.open_vote(fay, board_id=filled.pk)
    for dots in ({"a": 2, "b": 2}, {"a": 3}, {"c": 1}, {"nothing": 1}, {"a": -1}):
        with pytest.raises(Invalid):
            votes.cast_ballot(bob, board_id=filled.pk, dots=dots)
    with pytest.raises(Invalid):
        votes.open_vote(fay, board_id=filled.pk, budget=0)


def test_who_may_vote_and_who_may_open(cast: Cast, filled: Board) -> None:
    with pytest.raises(Forbidden):
        votes.open_vote(cast.access(cast.bob), board_id=filled.pk)
    votes.open_vote(cast.access(cast.fay), board_id=filled.pk)
    with pytest.raises(Forbidden):
        votes.cast_ballot(cast.access(cast.vera), board_id=filled.pk, dots={"a": 1})
    with pytest.raises(NotFound):
        votes.cast_ballot(cast.access(cast.charlie, cast.elsewhere), board_id=filled.pk, dots={"a": 1})
    with pytest.raises(Forbidden):
        votes.close_vote(cast.access(cast.bob), board_id=filled.pk)


def test_dots_on_a_note_that_was_thrown_away_do_not_count(cast: Cast, filled: Board) -> None:
    fay = cast.access(cast.fay)
    votes.open_vote(fay, board_id=filled.pk)
    votes.cast_ballot(fay, board_id=filled.pk, dots={"a": 1, "b": 1})
    write_as_server(BoardState.load(filled.pk), fay.actor, {"a": {"deleted": True}})
    assert votes.close_vote(fay, board_id=filled.pk)["votes"][0]["results"] == {"b": 1}
