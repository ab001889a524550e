"""The boards' pages: who sees what, and what the forms do."""

import json
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from storming import actions
from storming.models import Board
from storming.state import BoardState
from tests.cast import Cast
from workspaces.actions import enter_as_guest


def client_of(person: Any) -> Client:
    client = Client()
    client.force_login(person)
    return client


def without_token(answer: Any) -> str:
    """The page without the form token, which is masked anew each time."""
    return re.sub(r'value="[A-Za-z0-9]{64}"', "", answer.content.decode())


def boards_url(cast: Cast) -> str:
    return reverse("storming:boards", kwargs={"workspace": cast.workspace.slug})


def board_url(cast: Cast, board: Board) -> str:
    return reverse("storming:board", kwargs={"workspace": cast.workspace.slug, "board_id": board.pk})


def guest_client(cast: Cast, board: Board, *, role: str = "participant") -> tuple[Client, Any]:
    link, token = actions.share_board(cast.access(cast.alice), board_id=board.pk, role=role)
    client = Client()
    session = client.session
    enter_as_guest(session, token=token, name="Gus")
    session.save()
    client.cookies["factstorm_session"] = session.session_key
    return client, link


def test_a_facilitator_makes_a_board_with_an_example(cast: Cast) -> None:
    answer = client_of(cast.fay).post(
        boards_url(cast), {"name": " Order  fulfilment ", "format": "process", "starter": "example"}
    )
    board = Board.objects.get()
    assert answer.url == board_url(cast, board)
    assert board.name == "Order fulfilment"
    assert board.notes_count == 8
    assert "<rect" in board.thumbnail
    assert board.created_by_name == "Fay"


@pytest.mark.parametrize("board_format", ["big_picture", "process", "design"])
def test_a_board_starts_from_its_formats_template(cast: Cast, board_format: str) -> None:
    client_of(cast.fay).post(boards_url(cast), {"name": "X", "format": board_format, "starter": "template"})
    kinds = [element["kind"] for element in BoardState.load(Board.objects.get().pk).document.elements.values()]
    assert "frame" in kinds


def test_a_board_starts_from_another_board(cast: Cast) -> None:
    source = actions.create_board(cast.access(cast.fay), name="First", format="process", starter="example")
    form = {"name": "Second", "format": "big_picture", "starter": "board", "source": str(source.pk)}
    client_of(cast.fay).post(boards_url(cast), form)
    second = Board.objects.get(name="Second")
    assert (second.notes_count, second.format) == (source.notes_count, "process")


def test_another_board_has_to_be_one_of_this_workspace(cast: Cast) -> None:
    theirs = Board.objects.create(workspace=cast.elsewhere, name="Secret")
    Board.objects.create(workspace=cast.workspace, name="Ours")
    form = {"name": "X", "format": "process", "starter": "board", "source": str(theirs.pk)}
    answer = client_of(cast.fay).post(boards_url(cast), form)
    assert answer.status_code == 422
    assert not Board.objects.filter(name="X").exists()


def test_a_board_without_a_name_is_refused_at_its_field(cast: Cast) -> None:
    answer = client_of(cast.fay).post(boards_url(cast), {"name": " ", "format": "process", "starter": "empty"})
    assert answer.status_code == 422
    assert not Board.objects.exists()


def test_a_participant_sees_boards_but_makes_none(cast: Cast, board: Board) -> None:
    bob = client_of(cast.bob)
    page = bob.get(boards_url(cast))
    assert "Orders" in page.content.decode()
    assert "new-board" not in page.content.decode()
    assert bob.post(boards_url(cast), {"name": "X", "format": "process", "starter": "empty"}).status_code == 403


def test_a_stranger_gets_the_same_404_for_a_board_that_exists_and_one_that_does_not(cast: Cast, board: Board) -> None:
    charlie = client_of(cast.charlie)
    there = charlie.get(board_url(cast, board))
    missing = charlie.get(board_url(cast, Board(workspace=cast.workspace)))
    assert there.status_code == missing.status_code == 404
    assert without_token(there) == without_token(missing)


def test_a_board_of_another_workspace_is_not_found_through_this_one(cast: Cast) -> None:
    theirs = Board.objects.create(workspace=cast.elsewhere, name="Secret")
    assert client_of(cast.alice).get(board_url(cast, theirs)).status_code == 404


def test_a_guest_opens_their_board_and_neither_the_list_nor_another_board(cast: Cast, board: Board) -> None:
    other = Board.objects.create(workspace=cast.workspace, name="Other")
    gus, _ = guest_client(cast, board)
    assert gus.get(board_url(cast, board)).status_code == 200
    assert gus.get(boards_url(cast)).status_code == 404
    assert gus.get(board_url(cast, other)).status_code == 404


def test_the_boards_page_tells_its_scripts_what_they_may(cast: Cast, board: Board) -> None:
    def config(client: Client) -> Any:
        html = client.get(board_url(cast, board)).content.decode()
        return json.loads(re.search(r'id="board-config" type="application/json">(.*?)</script>', html).group(1))

    fay = config(client_of(cast.fay))
    assert fay["can_edit"] and fay["can_manage"] and fay["can_promote"]
    assert fay["socket_url"] == f"/ws/v1/w/{cast.workspace.slug}/boards/{board.pk}/"
    vera = config(client_of(cast.vera))
    assert not vera["can_edit"] and not vera["share_url"]
    gus = config(guest_client(cast, board)[0])
    assert gus["can_edit"] and not gus["boards_url"] and not gus["can_promote"] and gus["me"]["name"] == "Gus"


def test_archiving_takes_a_board_off_the_list_and_can_be_undone(cast: Cast, board: Board) -> None:
    fay, here = client_of(cast.fay), {"workspace": cast.workspace.slug, "board_id": board.pk}
    page = fay.post(reverse("storming:archive", kwargs=here), follow=True).content.decode()
    assert "board-card" not in page and 'data-name="Orders"' in page
    assert "Orders" in fay.get(boards_url(cast) + "?archived").content.decode()
    assert "board-card" in fay.post(reverse("storming:restore", kwargs=here), follow=True).content.decode()


def test_renaming_keeps_the_address(cast: Cast, board: Board) -> None:
    fay = client_of(cast.fay)
    fay.post(board_url(cast, board) + "name/", {"name": "Returns"})
    board.refresh_from_db()
    assert board.name == "Returns"
    assert fay.get(board_url(cast, board)).status_code == 200


def test_search_finds_boards_by_name_and_by_the_text_of_their_notes(cast: Cast) -> None:
    access = cast.access(cast.fay)
    actions.create_board(access, name="Shop", starter="example")
    actions.create_board(access, name="Warehouse")
    fay = client_of(cast.fay)
    by_note = fay.get(boards_url(cast) + "?q=payment+received").content.decode()
    assert "Shop" in by_note and "Warehouse" not in by_note
    by_name = fay.get(boards_url(cast) + "?q=ware").content.decode()
    assert "Warehouse" in by_name and ">Shop<" not in by_name


def test_a_guest_link_is_shown_once_with_its_qr_code_and_can_be_revoked(cast: Cast, board: Board) -> None:
    fay = client_of(cast.fay)
    url = reverse("storming:share", kwargs={"workspace": cast.workspace.slug, "board_id": board.pk})
    made = fay.post(url, {"role": "participant", "days": "7", "label": "Tuesday"}).content.decode()
    token_url = re.search(r'value="(http[^"]+/guest/[^"]+)"', made).group(1)
    assert "<svg" in made and "<path" in made
    later = fay.get(url).content.decode()
    assert "Tuesday" in later and token_url not in later
    assert Client().get(token_url).status_code == 200
    link = cast.workspace.guest_links.get()
    fay.post(f"{url}{link.pk}/revocation/")
    assert Client().get(token_url).status_code == 404


def test_the_list_costs_the_same_number_of_queries_for_one_board_and_for_twenty(
    cast: Cast, django_assert_max_num_queries: Any
) -> None:
    access = cast.access(cast.fay)
    fay = client_of(cast.fay)
    fay.get(boards_url(cast))
    for number in range(20):
        actions.create_board(access, name=f"Board {number}", starter="example")
    with django_assert_max_num_queries(9):
        assert fay.get(boards_url(cast)).status_code == 200


def test_a_board_is_deleted_from_the_list_and_brought_back_from_there(cast: Cast, board: Board) -> None:
    fay = client_of(cast.fay)
    gone = fay.post(reverse("storming:delete", args=[cast.workspace.slug, board.pk]), follow=True).content.decode()
    assert 'id="undo-archiving"' in gone and 'data-name="Orders"' in gone and "board-card__name" not in gone
    assert "Orders" in fay.get(boards_url(cast) + "?deleted").content.decode()
    assert "Orders" not in client_of(cast.bob).get(boards_url(cast) + "?deleted").content.decode()
    fay.post(reverse("storming:undelete", args=[cast.workspace.slug, board.pk]))
    assert Board.objects.filter(pk=board.pk).exists()


def test_only_what_was_deleted_can_be_deleted_for_good(cast: Cast, board: Board) -> None:
    fay = client_of(cast.fay)
    address = reverse("storming:destroy", args=[cast.workspace.slug, board.pk])
    assert fay.post(address).status_code == 404
    fay.post(reverse("storming:delete", args=[cast.workspace.slug, board.pk]))
    assert fay.post(address).status_code == 302
    assert not Board.everything.exists()
