"""History: moments, who did what, versions, copies of a moment, deleting and coming back."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from storming import actions, queries
from storming.actions import write_as_server
from storming.models import Board, Snapshot
from storming.past import queries as past
from storming.state import BoardState
from tests.cast import Cast
from workspaces.errors import NotFound


def client_of(person: Any) -> Client:
    client = Client()
    client.force_login(person)
    return client


def api(cast: Cast, board: Board, rest: str = "") -> str:
    return f"/api/v1/w/{cast.workspace.slug}/boards/{board.pk}{rest}"


def write(cast: Cast, board: Board, *patches: dict[str, Any], person: Any = None) -> None:
    state = BoardState.load(board.pk)
    for patch in patches:
        write_as_server(state, cast.access(person or cast.alice).actor, patch)
    board.refresh_from_db()


def note(x: float = 0, **more: Any) -> dict[str, Any]:
    return {"kind": "domain_event", "x": x, "y": 0, **more}


def test_the_board_can_be_read_as_it_was_after_any_operation(cast: Cast, board: Board) -> None:
    write(cast, board, {"a": note()}, {"a": {"x": 5}}, {"b": note(9)}, {"a": {"deleted": True}})
    access = cast.access(cast.bob)
    assert past.elements_at(access, board, 0) == {}
    assert past.elements_at(access, board, 2)["a"]["x"] == 5
    assert set(past.elements_at(access, board, 3)) == {"a", "b"}
    assert past.elements_at(access, board, 4) == queries.visible_elements(access, board)
    with pytest.raises(NotFound):
        past.elements_at(access, board, 5)


def test_replaying_the_pages_of_operations_gives_the_board(cast: Cast, board: Board) -> None:
    write(
        cast,
        board,
        *({f"n{number}": note(number)} for number in range(7)),
        {"n0": {"w": 3}},
        {"n0": {"w": None, "y": 3}},
    )
    access, seen, after = cast.access(cast.bob), 0, 0
    elements: dict[str, Any] = {}
    while page := past.operations(access, board, after=after, count=3):
        assert len(page) <= 3
        for entry in page:
            seen += 1
            for key, part in entry.patch["elements"].items():
                elements[key] = {**elements.get(key, {}), **part}
                elements[key] = {name: value for name, value in elements[key].items() if value is not None}
        after = page[-1].seq
    assert (seen, elements) == (board.seq, queries.visible_elements(access, board))


def test_a_moment_is_read_from_the_snapshot_before_it_however_long_the_log(
    cast: Cast, board: Board, monkeypatch: Any
) -> None:
    monkeypatch.setattr(past, "SNAPSHOT_EVERY", 5)
    monkeypatch.setattr(past, "OPERATIONS_PER_READ", 4)
    write(cast, board, {"a": note()}, *({"a": {"x": number}} for number in range(1, 40)))
    assert not Snapshot.objects.exists()
    reads: list[int] = []
    real = past.operations_after
    monkeypatch.setattr(past, "operations_after", lambda *a, **o: reads.append(1) or real(*a, **o))
    assert past.elements_at(cast.access(cast.bob), board, 40)["a"]["x"] == 39
    assert len(reads) == 10
    assert Snapshot.objects.count() == 3  # what was lost is there again
    reads.clear()
    assert past.elements_at(cast.access(cast.bob), board, 38)["a"]["x"] == 37
    assert len(reads) <= 3


def test_the_past_at_a_glance_says_who_did_how_much(cast: Cast, board: Board) -> None:
    write(cast, board, {"a": note()}, {"a": {"x": 5}})
    write(cast, board, {"b": note()}, person=cast.bob)
    found = client_of(cast.vera).get(api(cast, board, "/past")).json()
    assert found["seq"] == 3
    assert [(person["name"], person["operations"]) for person in found["people"]] == [("Alice", 2), ("Bob", 1)]
    assert [mark["seq"] for mark in found["marks"]] == [1, 2, 3]


def test_the_marks_of_a_long_past_are_bounded(cast: Cast, board: Board, monkeypatch: Any) -> None:
    monkeypatch.setattr(past, "MARKS", 4)
    write(cast, board, {"a": note()}, *({"a": {"x": number}} for number in range(1, 30)))
    marks = past.outline(cast.access(cast.bob), board).marks
    assert [mark.seq for mark in marks] == [1, 11, 20, 30]


def test_one_notes_history_names_who_changed_it_and_nothing_of_others(cast: Cast, board: Board) -> None:
    write(cast, board, {"a": note(text="One"), "b": note(text="Two")}, {"b": {"x": 1}})
    write(cast, board, {"a": {"text": "Uno"}}, person=cast.bob)
    found = client_of(cast.bob).get(api(cast, board, "/notes/a/history")).json()["operations"]
    assert [(deed["actor"]["name"], list(deed["patch"]["elements"])) for deed in found] == [
        ("Bob", ["a"]),
        ("Alice", ["a"]),
    ]


def test_a_moment_can_be_asked_for_some_elements(cast: Cast, board: Board) -> None:
    write(cast, board, {"a": note(), "b": note()})
    found = client_of(cast.bob).get(api(cast, board, "/moments/1?ids=a,zz")).json()
    assert set(found["elements"]) == {"a"}


def test_versions_have_names_and_whoever_named_one_or_facilitates_forgets_it(cast: Cast, board: Board) -> None:
    write(cast, board, {"a": note()}, {"a": {"x": 5}})
    bob = client_of(cast.bob)
    body = {"name": " Before  lunch ", "seq": 1}
    made = bob.post(api(cast, board, "/versions"), json.dumps(body), content_type="application/json")
    assert (made.status_code, made.json()["name"], made.json()["by"]) == (201, "Before lunch", "Bob")
    address = api(cast, board, f"/versions/{made.json()['id']}")
    renamed = bob.patch(address, json.dumps({"name": "Lunch"}), content_type="application/json").json()
    assert (renamed["name"], renamed["seq"]) == ("Lunch", 1)
    assert client_of(cast.vera).delete(address).status_code == 403
    assert client_of(cast.fay).delete(address).status_code == 204
    assert bob.get(api(cast, board, "/versions")).json() == {"versions": []}
    late = bob.post(api(cast, board, "/versions"), json.dumps({"name": "X", "seq": 9}), content_type="application/json")
    assert late.status_code == 422


@pytest.mark.parametrize("rest", ["/past", "/operations", "/moments/0", "/versions", "/notes/a/history"])
def test_a_stranger_sees_nothing_of_the_past(cast: Cast, board: Board, rest: str) -> None:
    assert client_of(cast.charlie).get(api(cast, board, rest)).status_code == 404


def test_a_copy_can_be_of_another_moment(cast: Cast, board: Board) -> None:
    write(cast, board, {"a": note(), "b": note()}, {"a": {"deleted": True}})
    fay = client_of(cast.fay)
    body = {"seq": 1, "name": "Past"}
    made = fay.post(api(cast, board, "/copies"), json.dumps(body), content_type="application/json")
    copy = Board.objects.get(pk=made.json()["id"])
    assert (copy.name, copy.notes_count) == ("Past", 2)


def test_a_deleted_board_is_nowhere_and_comes_back_whole(cast: Cast, board: Board) -> None:
    write(cast, board, {"a": note(text="One")})
    fay = client_of(cast.fay)
    assert client_of(cast.bob).delete(api(cast, board)).status_code == 403
    assert fay.delete(api(cast, board)).status_code == 204
    assert fay.get(api(cast, board)).status_code == 404
    assert fay.get(f"/w/{cast.workspace.slug}/boards/{board.pk}/").status_code == 404
    assert fay.get(f"/api/v1/w/{cast.workspace.slug}/boards").json()["count"] == 0
    assert fay.post(api(cast, board, "/undeletion")).json()["id"] == str(board.pk)
    assert queries.visible_elements(cast.access(cast.bob), board)["a"]["text"] == "One"


def test_a_deleted_board_is_swept_away_when_its_time_is_over(cast: Cast, board: Board) -> None:
    old = Board.objects.create(workspace=cast.workspace, name="Old", deleted_at=timezone.now() - timedelta(days=31))
    fresh = Board.objects.create(workspace=cast.workspace, name="F", deleted_at=timezone.now() - timedelta(days=29))
    actions.delete_board(cast.access(cast.fay), board_id=board.pk)
    left = set(Board.everything.values_list("pk", flat=True))
    assert old.pk not in left and {fresh.pk, board.pk} <= left


def test_only_a_deleted_board_of_this_workspace_is_destroyed(cast: Cast, board: Board) -> None:
    with pytest.raises(NotFound):
        actions.destroy_board(cast.access(cast.fay), board_id=board.pk)
    theirs = Board.objects.create(workspace=cast.elsewhere, name="Theirs", deleted_at=timezone.now())
    with pytest.raises(NotFound):
        actions.destroy_board(cast.access(cast.fay), board_id=theirs.pk)
    actions.delete_board(cast.access(cast.fay), board_id=board.pk)
    actions.destroy_board(cast.access(cast.fay), board_id=board.pk)
    assert not Board.everything.filter(pk=board.pk).exists()
