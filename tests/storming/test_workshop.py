"""Phases, rights, locks, timer, pen: what a workshop sets, and that the server holds everybody to it."""

import json
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.test import Client

from storming.document.notation import NOTE_KINDS
from storming.document.phases import PHASES, phases_of
from storming.models import Board
from storming.workshop import actions
from storming.workshop.actions import Changes
from tests.cast import Cast
from tests.storming.clients import note
from workspaces.errors import Forbidden, Invalid, NotFound

pytestmark = pytest.mark.django_db(transaction=True)
LANE = {"kind": "swimlane", "x": 0, "y": 0, "w": 1000, "h": 400, "text": "Payments"}


def url(cast: Cast, board: Board, rest: str = "workshop") -> str:
    return f"/api/v1/w/{cast.workspace.slug}/boards/{board.pk}/{rest}"


def signed_in(person: Any) -> Client:
    client = Client()
    client.force_login(person)
    return client


def put(client: Client, address: str, **body: Any) -> Any:
    return client.put(address, json.dumps(body), content_type="application/json")


async def change(access: Any, board: Board, **changes: Any) -> dict[str, Any]:
    return await sync_to_async(actions.change_workshop)(access, board_id=board.pk, changes=Changes(**changes))


def code_of(results: list[dict[str, Any]]) -> str:
    return str(results[0].get("refused", {}).get("code", ""))


@pytest.mark.parametrize("board_format", ["big_picture", "process", "design"])
def test_every_format_has_phases_with_a_guide_and_a_palette(board_format: str) -> None:
    for key in phases_of(board_format):
        phase = PHASES[key]
        assert len(phase.guide) > 80
        assert phase.kinds
        assert set(phase.kinds) <= set(NOTE_KINDS)


def test_a_phase_sets_palette_privacy_rights_and_timer_in_one_step(cast: Cast, board: Board) -> None:
    shown = actions.enter_phase(cast.access(cast.fay), board_id=board.pk, phase="chaos")
    assert (shown["phase"], shown["silent"], shown["palette"]) == ("chaos", True, ["domain_event"])
    assert shown["timer"] == {"length": 1200, "ends_at": None, "left": 1200}
    shown = actions.enter_phase(cast.access(cast.fay), board_id=board.pk, phase="pivotal")
    assert (shown["silent"], shown["one_pen"], shown["lanes"]) == (False, True, True)
    shown = actions.enter_phase(cast.access(cast.fay), board_id=board.pk, phase=None)
    assert (shown["phase"], shown["palette"], shown["one_pen"], shown["timer"]) == (None, None, False, None)


def test_facilitators_reorder_and_skip_phases(cast: Cast, board: Board) -> None:
    order = ["timeline", "chaos", "opportunities"]
    shown = actions.change_workshop(cast.access(cast.fay), board_id=board.pk, changes=Changes(phases=order))
    assert shown["phases"] == order
    with pytest.raises(Invalid):
        actions.change_workshop(cast.access(cast.fay), board_id=board.pk, changes=Changes(phases=["chaos", "chaos"]))
    shown = actions.change_workshop(cast.access(cast.fay), board_id=board.pk, changes=Changes(format="design"))
    assert shown["phases"] == phases_of("design"), "another format begins with its own phases"


def test_participants_set_nothing_and_strangers_see_nothing(cast: Cast, board: Board) -> None:
    with pytest.raises(Forbidden):
        actions.enter_phase(cast.access(cast.bob), board_id=board.pk, phase="chaos")
    paths = {
        "workshop/phase": {"phase": "chaos"}, "workshop/timer": {"action": "start", "seconds": 60},
        "workshop/spotlight": {"ids": []}, "workshop/pen": {"actor_id": None},
    }  # fmt: skip
    for path, body in paths.items():
        assert put(signed_in(cast.bob), url(cast, board, path), **body).status_code == 403, path
        assert put(signed_in(cast.charlie), url(cast, board, path), **body).status_code == 404, path
        assert put(Client(), url(cast, board, path), **body).status_code == 401, path
        assert put(signed_in(cast.fay), url(cast, board, path), **body).status_code == 200, path
    assert signed_in(cast.vera).get(url(cast, board)).json()["format"] == "big_picture"
    assert signed_in(cast.charlie).get(url(cast, board)).status_code == 404


async def test_everybodys_page_follows_at_once(connect: Any, cast: Cast, board: Board) -> None:
    bob = await connect(cast.bob, board)
    welcome = await bob.hello()
    assert welcome["workshop"]["phase"] is None
    assert welcome["you"]["facilitates"] is False
    await sync_to_async(actions.enter_phase)(await access(cast, cast.fay), board_id=board.pk, phase="timeline")
    frame = await bob.until("workshop")
    assert frame["workshop"]["phase"] == "timeline"
    assert frame["workshop"]["palette"] == ["domain_event", "hotspot"]


async def access(cast: Cast, person: Any) -> Any:
    return await sync_to_async(cast.access)(person)


async def test_participants_edit_notes_and_facilitators_frames_and_lanes(
    connect: Any, cast: Cast, board: Board
) -> None:
    fay, bob = await connect(cast.fay, board), await connect(cast.bob, board)
    await fay.hello()
    await bob.hello()
    assert "seq" in (await fay.write({"lane": LANE}))[0]
    assert "seq" in (await bob.write({"a": note(10, 10, text="Order placed")}))[0]
    assert code_of(await bob.write({"lane": {"w": 500}})) == "facilitators_only"
    assert code_of(await bob.write({"other": {**LANE, "kind": "frame"}})) == "facilitators_only"
    assert code_of(await bob.write({"a": {"locked": True}})) == "facilitators_only"
    refusal = bob.results[bob.n]["refused"]
    assert refusal["message"]
    assert refusal["place"] == "patch.elements.a.locked"


async def test_what_is_locked_stays_for_everybody_until_it_is_unlocked(connect: Any, cast: Cast, board: Board) -> None:
    fay, bob = await connect(cast.fay, board), await connect(cast.bob, board)
    await fay.hello()
    await bob.hello()
    await fay.write({"a": note(10, 10, text="Order placed"), "lane": LANE, "out": note(3000, 10)})
    await fay.write({"a": {"locked": True}})
    assert code_of(await bob.write({"a": {"x": 50}})) == "locked"
    assert code_of(await fay.write({"a": {"deleted": True}})) == "locked"
    await fay.write({"a": {"locked": None}})
    assert "seq" in (await bob.write({"a": {"x": 50}}))[0]
    await fay.write({"lane": {"locked": True}})
    assert code_of(await bob.write({"a": {"x": 60}})) == "locked", "a locked lane holds what lies in it"
    assert code_of(await bob.write({"out": {"x": 60}})) == "locked", "and takes nothing in"
    assert "Payments" in bob.results[bob.n]["refused"]["message"]
    assert "seq" in (await bob.write({"out": {"x": 3100}}))[0]


async def test_a_frozen_board_is_changed_by_facilitators_alone(connect: Any, cast: Cast, board: Board) -> None:
    fay, bob = await connect(cast.fay, board), await connect(cast.bob, board)
    await fay.hello()
    await bob.hello()
    await change(await access(cast, cast.fay), board, frozen=True)
    assert code_of(await bob.write({"a": note(0, 0)})) == "frozen"
    assert "seq" in (await fay.write({"a": note(0, 0)}))[0]
    await change(await access(cast, cast.fay), board, frozen=False)
    assert "seq" in (await bob.write({"a": {"x": 5}}))[0]


async def test_who_holds_the_pen_writes_and_hands_it_on(connect: Any, cast: Cast, board: Board) -> None:
    bob = await connect(cast.bob, board)
    await bob.hello()
    hand_over = sync_to_async(actions.hand_over_pen)
    await hand_over(await access(cast, cast.fay), board_id=board.pk, actor_id=None)
    assert code_of(await bob.write({"a": note(0, 0)})) == "pen"
    with pytest.raises(Forbidden):
        await hand_over(await access(cast, cast.bob), board_id=board.pk, actor_id=str(cast.bob.pk))
    await hand_over(await access(cast, cast.fay), board_id=board.pk, actor_id=str(cast.bob.pk), name="Bob")
    assert "seq" in (await bob.write({"a": note(0, 0)}))[0]
    await hand_over(await access(cast, cast.bob), board_id=board.pk, actor_id="somebody-else", name="Gus")
    assert code_of(await bob.write({"a": {"x": 4}})) == "pen"
    assert "seq" in (await bob.write({"r": {"kind": "remark", "on": "a", "text": "Why?"}}))[0], "everybody may remark"


def test_the_timer_runs_on_the_servers_clock(cast: Cast, board: Board) -> None:
    fay = cast.access(cast.fay)
    running = actions.set_timer(fay, board_id=board.pk, action="start", seconds=300)["timer"]
    assert running["ends_at"] > actions.timezone.now().isoformat()
    resting = actions.set_timer(fay, board_id=board.pk, action="pause")["timer"]
    assert resting["ends_at"] is None
    assert 0 < resting["left"] <= 300
    longer = actions.set_timer(fay, board_id=board.pk, action="add")["timer"]
    assert longer["left"] == resting["left"] + 60
    assert actions.set_timer(fay, board_id=board.pk, action="resume")["timer"]["ends_at"]
    assert actions.set_timer(fay, board_id=board.pk, action="stop")["timer"] is None
    with pytest.raises(Invalid):
        actions.set_timer(fay, board_id=board.pk, action="start", seconds=99_999)


def test_spotlight_and_summons_reach_the_state(cast: Cast, board: Board) -> None:
    fay = cast.access(cast.fay)
    assert actions.set_spotlight(fay, board_id=board.pk, ids=["a"])["spotlight"] == {"ids": ["a"], "by": "Fay"}
    assert actions.set_spotlight(fay, board_id=board.pk, ids=[])["spotlight"] is None
    first = actions.summon(fay, board_id=board.pk, view=[0, 0, 800, 600])["summons"]
    assert actions.summon(fay, board_id=board.pk, view=[0, 0, 800, 600])["summons"]["number"] == first["number"] + 1
    with pytest.raises(Invalid):
        actions.summon(fay, board_id=board.pk, view=[0, 0, 0, 600])
    with pytest.raises(NotFound):
        actions.summon(cast.access(cast.charlie, cast.elsewhere), board_id=board.pk, view=[0, 0, 800, 600])


async def test_remarks_and_reactions_belong_to_who_made_them(connect: Any, cast: Cast, board: Board) -> None:
    fay, bob = await connect(cast.fay, board), await connect(cast.bob, board)
    await fay.hello()
    await bob.hello()
    await fay.write({"a": note(0, 0)}, {"r": {"kind": "remark", "on": "a", "text": "Really?", "mentions": ["x"]}})
    await bob.until_seq(fay.seq)
    assert code_of(await bob.write({"r": {"text": "Never"}})) == "not_yours"
    assert "seq" in (await bob.write({"r": {"resolved": True}}))[0]
    assert code_of(await bob.write({"q": {"kind": "remark", "on": "nowhere", "text": "?"}})) == "unknown_subject"
    assert "seq" in (await bob.write({"e": {"kind": "reaction", "on": "a", "emoji": "👍"}}))[0]
    assert code_of(await fay.write({"e": {"emoji": "🎉"}})) == "not_yours"
    assert code_of(await bob.write({"f": {"kind": "reaction", "on": "a", "emoji": "<b>"}})) == "bad_value"


async def test_a_hand_goes_up_for_everybody(connect: Any, cast: Cast, board: Board) -> None:
    fay, bob = await connect(cast.fay, board), await connect(cast.bob, board)
    await fay.hello()
    await bob.hello()
    await bob.say(t="presence", hand=1_790_000_000, reaction=["👏", 1])
    while True:
        people = (await fay.until("presence"))["people"]
        if any(person and person["hand"] for person in people.values()):
            break
    assert [person["reaction"] for person in people.values() if person and person["hand"]] == [["👏", 1]]


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("tags", ["risk", "later"], ["x" * 81]),
        ("links", [{"url": "https://example.org/a", "title": "A"}], [{"url": "javascript:alert(1)"}]),
        ("fields", [{"name": "orderId", "type": "uuid", "required": True}], [{"name": "a b", "type": "uuid"}]),
        ("owner", "Fay", "   "),
        ("due", "2026-12-24", "24.12.2026"),
        ("state", "doing", "done"),
        ("hushed", ["no_cause"], "no_cause"),
        ("distinct", ["b"], [1]),
    ],
)
async def test_what_is_said_of_a_note_is_checked(
    connect: Any, cast: Cast, board: Board, name: str, good: Any, bad: Any
) -> None:
    bob = await connect(cast.bob, board)
    await bob.hello()
    await bob.write({"a": note(0, 0)})
    assert "seq" in (await bob.write({"a": {name: good}}))[0]
    assert code_of(await bob.write({"a": {name: bad}})) == "bad_value"
    assert bob.elements["a"][name] == good
