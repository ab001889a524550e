"""The demo's boards: tidy, in the notation's grammar, and made of every kind of note."""

import itertools

import pytest

from storming.demo.catalog import TYPES
from storming.demo.layout import CELL, Wall, boxes, elements
from storming.demo.walls import OPENING_A_DEPOT, ORDER_TO_DOORSTEP
from storming.document.elements import check_patch
from storming.document.notation import NOTE_KINDS, promotes_to

WALLS = [ORDER_TO_DOORSTEP, OPENING_A_DEPOT]
FOLLOWS = {  # what an arrow may lead to: the picture that explains everything
    "actor": {"command"},
    "read_model": {"actor", "command"},
    "command": {"aggregate", "system"},
    "aggregate": {"domain_event"},
    "system": {"domain_event"},
    "domain_event": {"policy", "read_model"},
    "policy": {"command"},
}


@pytest.mark.parametrize("wall", WALLS, ids=lambda wall: wall.name)
def test_no_note_covers_another(wall: Wall) -> None:
    for one, other in itertools.combinations(boxes(wall), 2):
        apart = one[3] <= other[1] or other[3] <= one[1] or one[4] <= other[2] or other[4] <= one[2]
        assert apart, (one[0], other[0])


@pytest.mark.parametrize("wall", WALLS, ids=lambda wall: wall.name)
def test_a_wall_is_one_patch_that_a_board_takes(wall: Wall) -> None:
    check_patch({}, elements(wall), live_count=0)
    assert elements(wall) == elements(wall)


def test_events_stand_on_the_grid_and_in_lanes() -> None:
    patch = elements(ORDER_TO_DOORSTEP)
    lanes = [each for each in patch.values() if each["kind"] == "swimlane"]
    assert [lane["text"] for lane in lanes] == ["Customer", "Payments", "Warehouse", "Delivery"]
    for each in patch.values():
        if each["kind"] == "domain_event":
            assert each["x"] % (CELL / 2) == 0
            assert any(lane["y"] < each["y"] and each["y"] + 140 < lane["y"] + lane["h"] for lane in lanes)


def test_every_kind_of_note_is_on_the_wall_and_there_are_more_than_sixty() -> None:
    kinds = [each["kind"] for each in elements(ORDER_TO_DOORSTEP).values() if each["kind"] in NOTE_KINDS]
    assert set(kinds) == set(NOTE_KINDS)
    assert len(kinds) > 60


def test_arrows_keep_to_the_grammar_and_mostly_lead_to_the_right() -> None:
    cells = {cell.key: cell for cell in ORDER_TO_DOORSTEP.cells()}
    backwards = 0
    for start, end in ORDER_TO_DOORSTEP.arrows():
        assert cells[end].kind in FOLLOWS[cells[start].kind], f"{start} > {end}"
        backwards += cells[end].column < cells[start].column - 1
    assert backwards <= 1


def test_promoted_notes_name_types_of_their_kind_and_enough_of_them_are_events() -> None:
    kinds = {each.name: each.kind for each in TYPES}
    named = [cell for cell in ORDER_TO_DOORSTEP.cells() if cell.type]
    for cell in named:
        assert kinds[cell.type] == promotes_to(cell.kind)
    assert sum(cell.kind == "domain_event" for cell in named) >= 12
    assert len({cell.type for cell in named}) == len(named)
