"""Promotion over the API: a note becomes a type, in one transaction, signed by who did it."""

import uuid
from typing import Any

import pytest
from django.test import Client

from eventcatalog.models import MessageType
from storming import actions
from storming.models import Board, Operation, TypeLink
from storming.queries import boards_of_type
from storming.state import BoardState
from tests.cast import Cast
from tests.storming.clients import note
from tests.storming.test_pages import client_of, guest_client
from workspaces.search import search
from workspaces.slots import cards_for, panels_for

SCHEMA = {"type": "object", "required": ["order_id"], "properties": {"order_id": {"type": "string"}}}


@pytest.fixture
def wall(cast: Cast, board: Board) -> Board:
    """A board with an event "e", a command "c" and a hotspot "h"."""
    state = BoardState.load(board.pk)
    notes = {"e": note(text="Order Placed"), "c": note(kind="command", text="Place Order"), "h": note(kind="hotspot")}
    actions.write_as_server(state, cast.access(cast.bob).actor, notes)
    return board


def url(cast: Cast, board: Board, rest: str) -> str:
    return f"/api/v1/w/{cast.workspace.slug}/boards/{board.pk}{rest}"


def promote(client: Client, cast: Cast, board: Board, element_id: str = "e", **fields: Any) -> Any:
    body = {"name": "order.placed", "schema": SCHEMA, **fields}
    return client.post(url(cast, board, f"/notes/{element_id}/promotion"), body, "application/json")


def test_a_note_becomes_a_type_and_the_operation_says_who_did_it(cast: Cast, wall: Board) -> None:
    answer = promote(client_of(cast.fay), cast, wall)
    assert answer.status_code == 201, answer.content
    made = MessageType.objects.get()
    assert (made.kind, made.title, made.version) == ("event", "Order Placed", "1.0.0")
    assert answer.json()["id"] == str(made.pk) and answer.json()["version"] == "1.0.0"
    last = Operation.objects.latest("seq")
    assert last.patch == {"elements": {"e": {"type_id": str(made.pk)}}}
    assert last.actor_name == "Fay"
    assert BoardState.load(wall.pk).document.elements["e"]["type_id"] == str(made.pk)


def test_a_command_note_becomes_a_command(cast: Cast, wall: Board) -> None:
    assert promote(client_of(cast.fay), cast, wall, "c", name="order.place").json()["kind"] == "command"


@pytest.mark.parametrize(("element_id", "status", "code"), [("h", 422, "not_promotable"), ("gone", 404, "not_found")])
def test_only_events_commands_and_read_models_that_are_there_can_be_promoted(
    cast: Cast, wall: Board, element_id: str, status: int, code: str
) -> None:
    answer = promote(client_of(cast.fay), cast, wall, element_id)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def test_a_note_is_promoted_once(cast: Cast, wall: Board) -> None:
    first = promote(client_of(cast.fay), cast, wall).json()
    again = promote(client_of(cast.fay), cast, wall, name="another.name")
    assert again.status_code == 409
    assert again.json()["error"]["type_id"] == first["id"]
    assert MessageType.objects.count() == 1


def test_a_refused_type_leaves_the_board_as_it_was(cast: Cast, wall: Board) -> None:
    answer = promote(client_of(cast.fay), cast, wall, schema={"type": "no such type"})
    assert answer.status_code == 422
    wall.refresh_from_db()
    assert (wall.seq, MessageType.objects.count(), TypeLink.objects.count()) == (1, 0, 0)


def test_a_deleted_note_is_not_promoted(cast: Cast, wall: Board) -> None:
    actions.write_as_server(BoardState.load(wall.pk), cast.access(cast.bob).actor, {"e": {"deleted": True}})
    assert promote(client_of(cast.fay), cast, wall).json()["error"]["code"] == "note_deleted"


def test_a_participant_may_not_promote_and_a_guest_or_stranger_learns_nothing(cast: Cast, wall: Board) -> None:
    assert promote(client_of(cast.bob), cast, wall).status_code == 403
    assert promote(guest_client(cast, wall)[0], cast, wall).status_code == 404
    assert promote(client_of(cast.charlie), cast, wall).status_code == 404
    assert promote(Client(), cast, wall).status_code == 401
    assert not MessageType.objects.exists()


def test_a_participant_links_a_note_to_a_type_of_the_same_kind(cast: Cast, wall: Board) -> None:
    fay, bob = client_of(cast.fay), client_of(cast.bob)
    type_id = promote(fay, cast, wall).json()["id"]
    wrong = bob.post(url(cast, wall, "/notes/c/link"), {"type_id": type_id}, "application/json")
    assert wrong.status_code == 422
    assert bob.delete(url(cast, wall, "/notes/e/link")).status_code == 204
    assert not TypeLink.objects.exists()
    assert bob.post(url(cast, wall, "/notes/e/link"), {"type_id": type_id}, "application/json").status_code == 201
    missing = bob.post(url(cast, wall, "/notes/e/link"), {"type_id": str(uuid.uuid4())}, "application/json")
    assert missing.status_code == 404


def test_a_type_knows_the_boards_it_appears_on_while_its_notes_live(cast: Cast, wall: Board) -> None:
    access = cast.access(cast.fay)
    promote(client_of(cast.fay), cast, wall)
    made = MessageType.objects.get()
    assert [link.board for link in boards_of_type(access, made)] == [wall]
    state = BoardState.load(wall.pk)
    actions.write_as_server(state, access.actor, {"e": {"deleted": True}})
    assert boards_of_type(access, made) == []
    actions.write_as_server(state, access.actor, {"e": {"deleted": None}})
    assert len(boards_of_type(access, made)) == 1


def test_a_copy_of_a_board_has_its_live_notes_and_their_types(cast: Cast, wall: Board) -> None:
    access = cast.access(cast.fay)
    promote(client_of(cast.fay), cast, wall)
    actions.write_as_server(BoardState.load(wall.pk), access.actor, {"h": {"deleted": True}})
    copy = actions.duplicate_board(access, board_id=wall.pk)
    source, copied = BoardState.load(wall.pk).document, BoardState.load(copy.pk).document
    assert copied.elements == dict(source.live())
    assert copied.elements["e"]["created_by"] == str(cast.bob.pk)
    assert len(boards_of_type(access, MessageType.objects.get())) == 2


def test_the_elements_of_a_board_can_be_read_over_http(cast: Cast, wall: Board) -> None:
    answer = client_of(cast.vera).get(url(cast, wall, "/elements")).json()
    assert answer["seq"] == 1
    assert answer["elements"]["e"]["text"] == "Order Placed"
    assert answer["authors"] == {str(cast.bob.pk): "Bob"}


def test_an_archived_board_is_read_only(cast: Cast, wall: Board) -> None:
    fay = client_of(cast.fay)
    assert fay.patch(url(cast, wall, ""), {"archived": True}, "application/json").json()["archived_at"]
    assert promote(fay, cast, wall).json()["error"]["code"] == "archived"
    assert (
        fay.patch(url(cast, wall, ""), {"archived": False, "name": "Back"}, "application/json").json()["name"] == "Back"
    )
    assert promote(fay, cast, wall).status_code == 201


def test_search_and_home_show_boards_and_lead_to_notes(cast: Cast) -> None:
    access = cast.access(cast.vera)
    made = actions.create_board(cast.access(cast.fay), name="Shop floor", starter="example")
    groups = {group["group"]: group["items"] for group in search(access, "payment received")}
    assert groups["Notes"][0]["url"].endswith(f"/boards/{made.pk}/#note=paid")
    assert [item["title"] for item in search(access, "shop fl")[0]["items"]] == ["Shop floor"]
    assert next(card for card in cards_for(access) if card.title == "Boards").value == "1"
    assert panels_for(access)[0].rows[0].title == "Shop floor"
