"""Lanes, frames, contexts, groups, tags, links and the legend: what the server takes, and from whom."""

from typing import Any

import pytest
from asgiref.sync import sync_to_async

from storming import actions
from storming.document.document import Document
from storming.document.errors import Refusal
from storming.hub import current_hub
from storming.models import Board
from tests.cast import Cast

FRAME = {"kind": "frame", "x": 0, "y": 0, "w": 400, "h": 300, "text": "Checkout"}
NOTE = {"kind": "domain_event", "x": 10, "y": 10}


def refused(elements: dict[str, Any], before: dict[str, Any] | None = None) -> Refusal:
    document = Document(before or {})
    with pytest.raises(Refusal) as caught:
        document.check(elements)
    return caught.value


@pytest.mark.parametrize("kind", ["swimlane", "frame"])
async def test_a_participant_writes_notes_but_not_lanes_and_frames(
    connect: Any, cast: Cast, board: Board, kind: str
) -> None:
    fay, bob = await connect(cast.fay, board), await connect(cast.bob, board)
    await fay.hello()
    await bob.hello()
    await fay.write({"area": {**FRAME, "kind": kind}})
    made, moved, removed, note = await bob.write(
        {"mine": {**FRAME, "kind": kind}}, {"area": {"x": 50}}, {"area": {"deleted": True}}, {"n": NOTE}
    )
    assert {made["refused"]["code"], moved["refused"]["code"], removed["refused"]["code"]} == {"facilitators_only"}
    assert moved["restore"]["elements"] == {"area": {"x": 0}}
    assert "seq" in note


async def test_the_welcome_says_who_facilitates(connect: Any, cast: Cast, board: Board) -> None:
    fay, bob = await connect(cast.fay, board), await connect(cast.bob, board)
    assert (await fay.hello())["you"]["facilitates"] is True
    assert (await bob.hello())["you"]["facilitates"] is False


async def test_a_participant_draws_bounded_contexts(connect: Any, cast: Cast, board: Board) -> None:
    bob = await connect(cast.bob, board)
    await bob.hello()
    [result] = await bob.write({"c": {**FRAME, "kind": "context"}})
    assert "seq" in result


async def test_a_new_name_is_told_to_everybody_on_the_board(connect: Any, cast: Cast, board: Board) -> None:
    bob = await connect(cast.bob, board)
    await bob.hello()
    access = await sync_to_async(cast.access)(cast.fay)
    await sync_to_async(actions.rename_board)(access, board_id=board.pk, name="Orders and returns")
    await current_hub().look()
    assert (await bob.until("board"))["board"] == {"name": "Orders and returns"}


def test_notes_and_areas_carry_groups_tags_and_links() -> None:
    extras = {"group": "g1", "tags": ["risk", "later"], "links": [{"url": "https://example.org/story/7"}]}
    Document({}).check({"n": {**NOTE, **extras}, "a": {**FRAME, **extras}})


@pytest.mark.parametrize(
    "part",
    [
        {"tags": [""]}, {"tags": ["x" * 81]}, {"tags": "risk"}, {"tags": [7]},
        {"links": [{"url": "javascript:alert(1)"}]},
        {"links": [{"url": "https://a b"}]}, {"links": [{"url": "//example.org"}]}, {"group": ""}, {"entries": {}},
    ],
)  # fmt: skip
def test_odd_tags_links_and_groups_are_refused_with_their_place(part: dict[str, Any]) -> None:
    [name] = part
    refusal = refused({"n": {**NOTE, **part}})
    assert refusal.code in ("bad_value", "unknown_property")
    assert refusal.place == f"patch.elements.n.{name}"


def test_a_board_has_one_legend() -> None:
    entries = {"hotspot": {"label": "Pain", "colour": "#ff0000"}, "vote": {"hidden": True}}
    Document({}).check({"legend": {"kind": "legend", "entries": entries}})
    assert refused({"other": {"kind": "legend", "entries": entries}}).code == "bad_id"


@pytest.mark.parametrize(
    "entries",
    [
        [], {"dog": {}}, {"hotspot": {"label": ""}}, {"hotspot": {"colour": "red"}}, {"vote": {"hidden": False}},
        {"vote": {"size": 3}},
    ],
)  # fmt: skip
def test_a_legend_of_something_else_is_refused(entries: Any) -> None:
    assert refused({"legend": {"kind": "legend", "entries": entries}}).place == "patch.elements.legend.entries"


async def test_the_legend_is_the_facilitators(connect: Any, cast: Cast, board: Board) -> None:
    bob = await connect(cast.bob, board)
    await bob.hello()
    [result] = await bob.write({"legend": {"kind": "legend", "entries": {}}})
    assert result["refused"]["code"] == "facilitators_only"
