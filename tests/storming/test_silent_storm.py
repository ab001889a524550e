"""A silent storm: what one writes reaches nobody else's browser by any way until the reveal, and then everybody's.

Bob writes SECRET during the silence; Fay, who facilitates, and everything that leaves the server are searched for it.
"""

import json
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.test import Client

from storming import actions as boards
from storming import queries, shown_elsewhere
from storming.actions.derived import refresh_derived
from storming.models import Board, Draft, Operation, Snapshot
from storming.state import BoardState
from storming.workshop import actions
from tests.cast import Cast
from tests.storming.clients import BoardClient, note

pytestmark = pytest.mark.django_db(transaction=True)
SECRET = "Zebra Refunded"


async def access(cast: Cast, person: Any) -> Any:
    return await sync_to_async(cast.access)(person)


async def silence(cast: Cast, board: Board) -> None:
    await sync_to_async(actions.enter_phase)(await access(cast, cast.fay), board_id=board.pk, phase="chaos")


async def reveal(cast: Cast, board: Board) -> dict[str, Any]:
    revealed: dict[str, Any] = await sync_to_async(actions.reveal)(await access(cast, cast.fay), board_id=board.pk)
    return revealed


async def quiet(client: BoardClient) -> str:
    """Everything this client has heard so far, as text, after a round trip."""
    await client.say(t="ping")
    await client.until("pong")
    return json.dumps(client.heard)


@pytest.fixture
async def storm(connect: Any, cast: Cast, board: Board) -> tuple[BoardClient, BoardClient]:
    """(Bob, who has written his secret; Fay, who was there all the time)."""
    bob, fay = await connect(cast.bob, board), await connect(cast.fay, board)
    await bob.hello()
    await fay.hello()
    await silence(cast, board)
    await bob.until("workshop")
    results = await bob.write({"s": note(10, 20, text=SECRET)}, {"s": {"x": 30}})
    assert results == [{"n": 1, "private": True}, {"n": 2, "private": True}]
    return bob, fay


async def test_the_author_has_it_on_every_screen_of_theirs(
    storm: tuple[BoardClient, BoardClient], connect: Any, cast: Cast, board: Board
) -> None:
    bob, _ = storm
    frames = [frame["drafts"] for frame in bob.heard if frame["t"] == "drafts"]
    assert frames[-1]["s"]["text"] == SECRET
    assert frames[-1]["s"]["x"] == 30
    phone = await connect(cast.bob, board)
    assert (await phone.hello())["drafts"]["s"]["text"] == SECRET


async def test_no_frame_of_anybody_elses_holds_it(
    storm: tuple[BoardClient, BoardClient], connect: Any, cast: Cast, board: Board
) -> None:
    bob, fay = storm
    assert SECRET not in await quiet(fay)
    late = await connect(cast.alice, board)
    await late.hello()
    assert SECRET not in await quiet(late)
    back = await connect(cast.fay, board)
    await back.hello(epoch=fay.epoch, since=0)
    assert SECRET not in await quiet(back), "nor when it resumes from the beginning"
    assert fay.seq == 0, "not even that something was written"
    assert bob.seq == 0


async def test_presence_says_nothing_of_where_one_writes(storm: tuple[BoardClient, BoardClient]) -> None:
    bob, fay = storm
    await bob.say(t="presence", cursor=[1, 2], selection=["s"], editing="s", drag={"s": [5, 6]}, view=[0, 0, 9, 9])
    await bob.say(t="ping")
    await bob.until("pong")
    while True:
        people = (await fay.until("presence"))["people"].values()
        mine = [person for person in people if person and person["name"] == "Bob" and person["view"]]
        if mine:
            break
    assert (mine[0]["cursor"], mine[0]["selection"], mine[0]["editing"], mine[0]["drag"]) == (None, [], None, None)


async def test_neither_log_nor_snapshot_nor_anything_derived_holds_it(
    storm: tuple[BoardClient, BoardClient], cast: Cast, board: Board
) -> None:
    def everything() -> str:
        state = BoardState.load(board.pk)
        state.save_snapshot()
        refresh_derived(state)
        board.refresh_from_db()
        fay = cast.access(cast.fay)
        copy = boards.duplicate_board(fay, board_id=board.pk)
        client = Client()
        client.force_login(cast.fay)
        base = f"/api/v1/w/{cast.workspace.slug}/boards/{board.pk}"
        pages = [client.get(f"{base}{path}").content.decode() for path in
                 ("", "/elements", "/workshop", "/hints", "/duplicates", "/hotspots.csv", "/hotspots.md")]  # fmt: skip
        pages.append(client.get(f"/w/{cast.workspace.slug}/boards/{board.pk}/").content.decode())
        pages.append(client.get(f"/w/{cast.workspace.slug}/boards/").content.decode())
        pages.append(client.get(f"/w/{cast.workspace.slug}/search/", {"q": "Zebra"}).content.decode())
        hits = [*shown_elsewhere.find_notes(fay, "Zebra", 10), *shown_elsewhere.find_boards(fay, "Zebra", 10)]
        assert not hits
        kept = [board.thumbnail, board.notes_text, str(board.people), str(board.workshop), str(board.notes_count)]
        kept += [str(state.document.elements), str(queries.visible_elements(fay, board))]
        kept += [str(BoardState.load(copy.pk).document.elements), *map(str, Operation.objects.values_list("patch"))]
        kept += [str(bytes(each.elements)) for each in Snapshot.objects.all()]
        return "\n".join([*pages, *kept])

    assert SECRET not in (await sync_to_async(everything)()).replace("&quot;", '"')


async def test_others_can_neither_read_nor_change_nor_guess_it(
    storm: tuple[BoardClient, BoardClient], cast: Cast, board: Board
) -> None:
    _, fay = storm
    [known] = await fay.write({"s": {"x": 99}})
    [unknown] = await fay.write({"nothing": {"x": 99}})
    assert known["refused"]["code"] == unknown["refused"]["code"] == "kind_missing"
    assert SECRET not in json.dumps(fay.heard)
    draft = await Draft.objects.aget(board=board)
    assert draft.properties["x"] == 30


async def test_the_reveal_shows_all_notes_at_once_signed_by_their_authors(
    storm: tuple[BoardClient, BoardClient], connect: Any, cast: Cast, board: Board
) -> None:
    bob, fay = storm
    await fay.write({"f": note(400, 20, text="Order placed")}, {"empty": note(600, 20, text="  ")})
    await bob.write({"tray": {"kind": "domain_event", "text": "Parcel packed"}})
    shown = await reveal(cast, board)
    assert shown["silent"] is False
    await fay.until_seq(2)
    assert fay.elements["s"]["text"] == SECRET
    assert fay.elements["s"]["created_by"] == str(cast.bob.pk)
    assert fay.elements["f"]["created_by"] == str(cast.fay.pk)
    assert fay.elements["tray"]["y"] > 100, "what had no place lies below the rest"
    assert "empty" not in fay.elements
    assert not await Draft.objects.filter(board=board).aexists()
    authors = {row.actor_name async for row in Operation.objects.filter(board=board)}
    assert authors == {"Bob", "Fay"}


async def test_going_on_to_an_open_phase_reveals(
    storm: tuple[BoardClient, BoardClient], cast: Cast, board: Board
) -> None:
    bob, fay = storm
    await sync_to_async(actions.enter_phase)(await access(cast, cast.fay), board_id=board.pk, phase="timeline")
    await fay.until_seq(1)
    assert fay.elements["s"]["text"] == SECRET
    assert "seq" in (await bob.write({"s": {"x": 77}}))[0], "and then it is a note like any other"


async def test_resending_a_private_operation_after_the_reveal_changes_nothing(
    storm: tuple[BoardClient, BoardClient], connect: Any, cast: Cast, board: Board
) -> None:
    bob, fay = storm
    await reveal(cast, board)
    await fay.until_seq(1)
    await fay.write({"s": {"x": 500}})
    again = await connect(cast.bob, board, client_id=bob.client_id)
    welcome = await again.hello()
    assert welcome["acked"] == 2
    results = await again.write({"s": note(10, 20, text=SECRET)}, {"s": {"x": 30}})
    assert [result.get("private") for result in results] == [True, True]
    assert again.elements["s"]["x"] == 500


async def test_notes_wait_in_the_tray_until_their_author_places_them(connect: Any, cast: Cast, board: Board) -> None:
    bob, fay = await connect(cast.bob, board), await connect(cast.fay, board)
    await bob.hello()
    await fay.hello()
    [kept] = await bob.write({"t": {"kind": "domain_event", "text": "Parcel packed"}})
    assert kept == {"n": 1, "private": True}
    assert "Parcel" not in await quiet(fay)
    [placed] = await bob.write({"t": {"x": 100, "y": 200}})
    await fay.until_seq(placed["seq"])
    assert fay.elements["t"]["text"] == "Parcel packed"
    assert fay.elements["t"]["created_by"] == str(cast.bob.pk)
    assert [frame["drafts"] for frame in bob.heard if frame["t"] == "drafts"][-1] == {"t": None}
    assert not await Draft.objects.filter(board=board).aexists()


async def test_a_draft_can_be_thrown_away_and_brought_back(storm: tuple[BoardClient, BoardClient], cast: Cast,
                                                           board: Board) -> None:  # fmt: skip
    bob, _ = storm
    await bob.write({"s": {"deleted": True}})
    await bob.write({"s": {"deleted": None}}, undo_of=3)
    await bob.write({"s": {"deleted": True}})
    await reveal(cast, board)
    assert not await Operation.objects.filter(board=board).aexists()


async def test_drafts_are_checked_and_bounded(storm: tuple[BoardClient, BoardClient]) -> None:
    bob, _ = storm
    [refused] = await bob.write({"s": {"x": "left"}})
    assert refused["refused"]["code"] == "bad_value"
    [refused] = await bob.write({"s": {"created_by": "me"}})
    assert refused["refused"]["code"] == "server_only"
    many = [{f"m{n}": note(n, 0)} for n in range(500)]
    for start in range(0, 500, 100):
        await bob.write(*many[start : start + 100])
    assert [result["refused"]["code"] for result in bob.results.values() if "refused" in result][-1] == "board_full"


async def test_a_note_meant_for_the_wall_by_somebody_who_was_away_becomes_private_in_the_silence(
    storm: tuple[BoardClient, BoardClient], connect: Any, cast: Cast, board: Board
) -> None:
    _, fay = storm
    late = await connect(cast.bob, board)
    await late.hello()
    [result] = await late.write({"late": note(0, 0, text="Written offline")})
    assert result["private"]
    assert "offline" not in await quiet(fay)
