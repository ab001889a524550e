"""Search across floors, the slots of the home page, and the guests' door."""

import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.cast import Cast
from workspaces import actions, search, slots
from workspaces.access import Access
from workspaces.models import Guest, GuestLink, Role

BOARD = uuid.UUID("00000000-0000-4000-8000-00000000b0a7")


@pytest.fixture
def board(monkeypatch: pytest.MonkeyPatch) -> uuid.UUID:
    """A board that another floor knows."""

    def places(access: Access, ids: object) -> dict[uuid.UUID, slots.Place]:
        return {BOARD: slots.Place("Orders wall", f"/w/{access.workspace.slug}/boards/{BOARD}/")}

    monkeypatch.setattr(slots.board_places, "functions", [places])
    return BOARD


def share(cast: Cast, board: uuid.UUID) -> tuple[GuestLink, str]:
    return actions.share_board(cast.access(cast.alice), board_id=board, role=Role.PARTICIPANT, days=1)


def signed_in(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def ask(client: Client, cast: Cast, text: str):
    return client.get(reverse("workspaces:search", kwargs={"workspace": cast.workspace.slug}), {"q": text})


def test_search_merges_what_the_floors_find_in_their_order(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    boards = [search.Hit("Boards", "Alpha wall", "/a", "changed today", "boards")]
    types = [search.Hit("Messages", "AlphaSent", "/b", icon="event")]
    monkeypatch.setattr(search, "_sources", [lambda a, t, n: boards, lambda a, t, n: types])
    groups = ask(signed_in(cast.bob), cast, "al").json()["groups"]
    assert [group["group"] for group in groups] == ["Boards", "Messages", "People"]
    assert groups[0]["items"] == [{"title": "Alpha wall", "subtitle": "changed today", "url": "/a", "icon": "boards"}]
    assert groups[2]["items"][0]["title"] == "Alice"


def test_one_failing_source_does_not_hide_the_others(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(access: Access, text: str, limit: int) -> list[search.Hit]:
        raise RuntimeError("index is gone")

    monkeypatch.setattr(search, "_sources", [broken])
    assert ask(signed_in(cast.bob), cast, "alice").json()["groups"][0]["group"] == "People"


def test_sources_get_the_askers_access_stripped_text_and_are_cut_at_the_limit(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, str]] = []

    def greedy(access: Access, text: str, limit: int) -> list[search.Hit]:
        asked.append((access.actor.name, text))
        return [search.Hit("Boards", str(n), "/") for n in range(limit + 50)]

    monkeypatch.setattr(search, "_sources", [greedy])
    groups = ask(signed_in(cast.vera), cast, "  zz  ").json()["groups"]
    assert asked == [("Vera", "zz")]
    assert len(groups[0]["items"]) == search.HITS_PER_SOURCE_MAX


def test_search_refuses_charlie_and_the_anonymous_in_json_and_finds_nothing_for_nothing(cast: Cast) -> None:
    stranger = ask(signed_in(cast.charlie), cast, "alice")
    assert stranger.status_code == 404 and stranger.json()["error"]["code"] == "not_found"
    assert ask(Client(), cast, "alice").status_code == 401
    assert ask(signed_in(cast.bob), cast, "   ").json() == {"groups": []}


def test_home_shows_cards_and_panels_in_order_and_steps_until_all_are_done(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        slots.cards,
        "functions",
        [
            lambda access: slots.Card("Streams", "7", "/s", "streams", order=30),
            lambda access: slots.Card("Boards", "12", "/b", "boards", order=10),
            lambda access: None,
        ],
    )
    empty = slots.Panel("Empty panel", [])
    monkeypatch.setattr(
        slots.panels, "functions", [lambda a: empty, lambda a: slots.Panel("Recent", [slots.Row("Wall", "/w")])]
    )
    done = False
    monkeypatch.setattr(slots.steps, "functions", [lambda access: slots.Step("Storm", "words", "/x", done)])
    home = reverse("workspaces:workspace-home", kwargs={"workspace": cast.workspace.slug})
    bob = signed_in(cast.bob)
    content = bob.get(home).content.decode()
    assert content.index("Boards</span>") < content.index("Streams</span>")
    assert "Recent" in content and "Empty panel" not in content and "First steps" in content
    done = True
    assert "First steps" not in bob.get(home).content.decode()


def test_a_guest_gives_a_name_and_lands_on_the_board(cast: Cast, board: uuid.UUID) -> None:
    link, token = share(cast, board)
    gus = Client()
    door = gus.get(f"/guest/{token}/")
    assert b"Orders wall" in door.content
    entered = gus.post(f"/guest/{token}/", {"name": "Gus"})
    assert entered.headers["Location"] == f"/w/acme/boards/{board}/"
    assert Guest.objects.get(link=link).name == "Gus"
    assert gus.get(f"/guest/{token}/").status_code == 302, "coming back asks for no second name"


def test_a_guest_without_a_name_is_asked_again(cast: Cast, board: uuid.UUID) -> None:
    _, token = share(cast, board)
    assert Client().post(f"/guest/{token}/", {"name": " "}).status_code == 422
    assert not Guest.objects.exists()


def test_a_guest_sees_nothing_of_the_workspace_but_the_board(cast: Cast, board: uuid.UUID) -> None:
    _, token = share(cast, board)
    gus = Client()
    gus.post(f"/guest/{token}/", {"name": "Gus"})
    for name in ("workspace-home", "members", "keys", "guest-links"):
        assert gus.get(reverse(f"workspaces:{name}", kwargs={"workspace": "acme"})).status_code == 404
    assert ask(gus, cast, "alice").status_code == 404


def test_members_go_straight_to_the_board(cast: Cast, board: uuid.UUID) -> None:
    _, token = share(cast, board)
    assert signed_in(cast.bob).get(f"/guest/{token}/").status_code == 302
    assert not Guest.objects.exists()


def test_expired_revoked_unknown_and_boardless_links_are_the_same_404(
    cast: Cast, board: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    expired, old = share(cast, board)
    GuestLink.objects.filter(pk=expired.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    revoked, gone = share(cast, board)
    revoke = reverse("workspaces:guest-revocation", kwargs={"workspace": "acme", "link_id": revoked.pk})
    assert signed_in(cast.bob).post(revoke).status_code == 403
    assert signed_in(cast.fay).post(revoke).status_code == 302
    _, orphan = share(cast, board)
    assert [Client().get(f"/guest/{token}/").status_code for token in (old, gone, "never-was")] == [404, 404, 404]
    monkeypatch.setattr(slots.board_places, "functions", [])
    assert Client().get(f"/guest/{orphan}/").status_code == 404


def test_facilitators_see_guest_links_with_their_boards_and_participants_do_not(cast: Cast, board: uuid.UUID) -> None:
    share(cast, board)
    overview = reverse("workspaces:guest-links", kwargs={"workspace": "acme"})
    assert b"Orders wall" in signed_in(cast.fay).get(overview).content
    assert signed_in(cast.bob).get(overview).status_code == 403
    assert signed_in(cast.charlie).get(overview).status_code == 404
