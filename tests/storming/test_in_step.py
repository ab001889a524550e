"""A promoted note stays in step with its type: differences both ways, with the catalog's compatibility answer."""

import json
from typing import Any

import pytest
from django.test import Client

from eventcatalog.actions import TypeChanges, update_type
from storming import actions
from storming.actions.boards import write_as_server
from storming.document.fields import differences, fields_of, type_of, with_fields
from storming.models import Board
from storming.state import BoardState
from storming.workshop import in_step
from tests.cast import Cast
from tests.storming.clients import note
from workspaces.errors import Forbidden, NotFound

pytestmark = pytest.mark.django_db
SCHEMA = {
    "type": "object",
    "properties": {"orderId": {"type": "string", "format": "uuid"}, "total": {"type": "number", "minimum": 0}},
    "required": ["orderId"],
}
ORDER = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
FIELDS = [{"name": "orderId", "type": "uuid", "required": True}, {"name": "total", "type": "number"}]


@pytest.fixture
def promoted(cast: Cast, board: Board) -> Board:
    """Note "a" names order.placed 1.0.0, and says the same."""
    alice = cast.access(cast.alice)
    write_as_server(BoardState.load(board.pk), alice.actor, {"a": note(0, 0, text="Order placed", fields=FIELDS)})
    new = actions.NewType(name="order.placed", schema=SCHEMA, example={"orderId": ORDER, "total": 4.5})
    actions.promote_note(alice, board_id=board.pk, element_id="a", new=new)
    return board


def change(cast: Cast, board: Board, **properties: Any) -> None:
    write_as_server(BoardState.load(board.pk), cast.access(cast.alice).actor, {"a": properties})


def compared(cast: Cast, board: Board) -> dict[str, Any]:
    return in_step.compare(cast.access(cast.fay), board_id=board.pk, element_id="a")


def test_after_promotion_both_say_the_same(cast: Cast, promoted: Board) -> None:
    assert compared(cast, promoted) == {
        "name": "order.placed", "version": "1.0.0", "differences": [], "verdict": None, "may_publish": True,
    }  # fmt: skip


def test_a_compatible_change_of_the_note_becomes_a_version(cast: Cast, promoted: Board) -> None:
    change(cast, promoted, text="Order received", fields=[*FIELDS, {"name": "note", "type": "text"}])
    found = compared(cast, promoted)
    assert found["differences"] == [
        "The note says “Order received”, the type “Order placed”.", "“note” (text) is on the note only.",
    ]  # fmt: skip
    assert found["verdict"]["compatible"] is False, "strictly, somebody may have sent it undeclared"
    lenient = TypeChanges(policy="lenient")
    update_type(cast.access(cast.fay), cast.workspace.message_types.get(), lenient)
    assert "version 1.1.0" in compared(cast, promoted)["verdict"]["words"]
    in_step.take_from_note(cast.access(cast.fay), board_id=promoted.pk, element_id="a")
    after = compared(cast, promoted)
    assert (after["differences"], after["version"]) == ([], "1.1.0")
    assert cast.workspace.message_types.get().title == "Order received"


def test_a_breaking_change_is_answered_before_and_refused_with_a_document(cast: Cast, promoted: Board) -> None:
    change(cast, promoted, fields=[{**FIELDS[0]}, {"name": "total", "type": "number", "required": True}])
    found = compared(cast, promoted)
    assert found["differences"] == ["“total” is required on the note only."]
    assert found["verdict"]["compatible"] is False
    client = Client()
    client.force_login(cast.fay)
    url = f"/api/v1/w/{cast.workspace.slug}/boards/{promoted.pk}/notes/a/in-step"
    answer = client.post(url, json.dumps({"take": "note"}), content_type="application/json")
    assert answer.status_code == 409
    assert answer.json()["error"]["counterexample"]
    assert client.get(url).json()["version"] == "1.0.0"


def test_the_note_takes_what_the_type_says(cast: Cast, promoted: Board) -> None:
    change(cast, promoted, text="Something else", fields=[{"name": "other", "type": "text"}])
    in_step.take_from_type(cast.access(cast.bob), board_id=promoted.pk, element_id="a")
    element = BoardState.load(promoted.pk).document.elements["a"]
    assert element["text"] == "Order placed"
    assert element["fields"] == [
        {"name": "orderId", "type": "uuid", "example": ORDER, "required": True},
        {"name": "total", "type": "number", "example": "4.5"},
    ]
    assert compared(cast, promoted)["differences"] == []


def test_who_may_do_it(cast: Cast, promoted: Board) -> None:
    with pytest.raises(Forbidden):
        in_step.take_from_note(cast.access(cast.bob), board_id=promoted.pk, element_id="a")
    with pytest.raises(Forbidden):
        in_step.take_from_type(cast.access(cast.vera), board_id=promoted.pk, element_id="a")
    with pytest.raises(NotFound):
        in_step.compare(cast.access(cast.charlie, cast.elsewhere), board_id=promoted.pk, element_id="a")
    with pytest.raises(NotFound):
        in_step.compare(cast.access(cast.fay), board_id=promoted.pk, element_id="nothing")


def test_what_says_more_than_a_field_can_is_left_as_it_is() -> None:
    assert type_of({"type": "number", "minimum": 0}) is None
    assert type_of({"type": "string", "format": "date", "description": "When"}) == "date"
    after = with_fields(SCHEMA, [{"name": "total", "type": "text"}, {"name": "at", "type": "date", "required": True}])
    assert after["properties"] == {
        "total": {"type": "number", "minimum": 0},
        "at": {"type": "string", "format": "date"},
    }
    assert after["required"] == ["at"]
    assert differences(None, SCHEMA, text="Order placed", title="Order placed").lines == []
    assert fields_of(True) == []
