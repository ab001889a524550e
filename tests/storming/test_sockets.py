"""What the board's socket promises, over a real database and real threads."""

import asyncio
import uuid
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client

from storming import actions, rooms
from storming.hub import current_hub
from storming.limits import SessionLimits
from storming.models import Board, Operation, Snapshot
from storming.state import BoardState
from tests.cast import Cast
from tests.storming.clients import note
from workspaces.actions import change_role, enter_as_guest, remove_member

pytestmark = pytest.mark.django_db(transaction=True)


@sync_to_async
def stored(board: Board) -> tuple[int, dict[str, Any]]:
    """The number of operations and the elements, read afresh."""
    state = BoardState.load(board.pk)
    assert Operation.objects.filter(board=board).count() == state.document.seq
    return state.document.seq, state.document.elements


@sync_to_async
def guest_session(cast: Cast, board: Board, role: str = "participant") -> tuple[Any, Any]:
    link, token = actions.share_board(cast.access(cast.alice), board_id=board.pk, role=role)
    session = SessionStore()
    enter_as_guest(session, token=token, name="Gus")
    session.save()
    return session, link


# Writing


async def test_an_operation_is_acknowledged_after_it_is_stored_and_reaches_the_others(
    connect: Any, cast: Cast, board: Board
) -> None:
    alice, bob = await connect(cast.alice, board), await connect(cast.bob, board)
    assert (await alice.hello())["snapshot"] == {"elements": {}, "authors": {}}
    await bob.hello()
    [result] = await alice.write({"a": note(text="Order Placed")})
    assert result == {"n": 1, "seq": 1}
    assert await Operation.objects.filter(board=board, seq=1).aexists()
    await bob.until_seq(1)
    assert bob.elements["a"]["text"] == "Order Placed"
    assert bob.elements["a"]["created_by"] == str(cast.alice.pk)
    assert alice.elements == bob.elements


async def test_one_hears_the_operations_before_their_acknowledgement(connect: Any, cast: Cast, board: Board) -> None:
    alice = await connect(cast.alice, board)
    await alice.hello()
    await alice.write({"a": note()}, {"a": {"x": 5}})
    names = [frame["t"] for frame in alice.heard if frame["t"] in ("ops", "ack")]
    assert names == ["ops", "ack"]
    assert alice.elements["a"]["x"] == 5


async def test_operations_of_several_sockets_share_one_transaction_and_one_frame(
    connect: Any, cast: Cast, board: Board, monkeypatch: Any
) -> None:
    monkeypatch.setattr(rooms, "COALESCE_SECONDS", 0.3)
    people = [await connect(cast.alice, board) for _ in range(5)]
    for person in people:
        await person.hello()
    for number, person in enumerate(people):
        await person.send({f"n{number}": note(number)})
    frame = await people[0].until("ops")
    assert [operation["seq"] for operation in frame["ops"]] == [1, 2, 3, 4, 5]


async def test_a_resent_operation_is_acknowledged_with_its_first_number_and_not_stored_twice(
    connect: Any, cast: Cast, board: Board
) -> None:
    alice = await connect(cast.alice, board)
    await alice.hello()
    await alice.write({"a": note(1)}, {"a": {"x": 2}})
    await alice.drop()
    again = await connect(cast.alice, board, client_id=alice.client_id)
    assert (await again.hello())["acked"] == 2
    results = await again.write({"a": note(1)}, {"a": {"x": 2}}, {"a": {"x": 3}})
    assert [result["seq"] for result in results] == [1, 2, 3]
    assert (await stored(board))[0] == 3


async def test_the_same_operation_twice_in_one_frame_is_stored_once(connect: Any, cast: Cast, board: Board) -> None:
    alice = await connect(cast.alice, board)
    await alice.hello()
    operation = {"n": 1, "patch": {"elements": {"a": note()}}}
    await alice.say(t="ops", ops=[operation, operation])
    ack = await alice.until("ack")
    assert ack["results"] == [{"n": 1, "seq": 1}, {"n": 1, "seq": 1}]
    assert (await stored(board))[0] == 1


async def test_numbers_that_come_out_of_order_are_all_stored(connect: Any, cast: Cast, board: Board) -> None:
    alice = await connect(cast.alice, board)
    await alice.hello()
    for n in (3, 1, 2):
        await alice.say(t="ops", ops=[{"n": n, "patch": {"elements": {f"n{n}": note()}}}])
        await alice.until("ack")
    assert sorted((await stored(board))[1]) == ["n1", "n2", "n3"]


async def test_a_refusal_carries_its_reason_and_the_present_values(connect: Any, cast: Cast, board: Board) -> None:
    alice = await connect(cast.alice, board)
    await alice.hello()
    await alice.write({"a": note(1, text="first")})
    [refused, accepted] = await alice.write({"a": {"x": "left", "text": "second"}}, {"a": {"y": 7}})
    assert refused["refused"]["code"] == "bad_value"
    assert refused["refused"]["place"] == "patch.elements.a.x"
    assert refused["restore"] == {"elements": {"a": {"x": 1, "text": "first"}}}
    assert accepted["seq"] == 2


async def test_a_late_edit_of_a_deleted_note_is_kept_and_reported(connect: Any, cast: Cast, board: Board) -> None:
    alice = await connect(cast.alice, board)
    await alice.hello()
    await alice.write({"a": note()}, {"a": {"deleted": True}})
    [late] = await alice.write({"a": {"text": "from the train"}})
    assert late == {"n": 3, "seq": 3, "deleted": ["a"]}
    assert (await stored(board))[1]["a"]["text"] == "from the train"


async def test_undo_leaves_alone_what_somebody_else_wrote(connect: Any, cast: Cast, board: Board) -> None:
    alice, bob = await connect(cast.alice, board), await connect(cast.bob, board)
    await alice.hello()
    await bob.hello()
    await alice.write({"a": note(0, text="Placed")})
    await alice.write({"a": {"x": 50, "text": "Order placed"}})
    await bob.until_seq(2)
    await bob.write({"a": {"text": "Order Placed"}})
    [undone] = await alice.write({"a": {"x": 0, "text": "Placed"}}, undo_of=2)
    assert undone["restore"] == {"elements": {"a": {"text": "Order Placed"}}}
    [refused] = await alice.write({"a": {"deleted": True}}, undo_of=1)
    assert refused["refused"]["code"] == "superseded"
    _, elements = await stored(board)
    assert (elements["a"]["x"], elements["a"]["text"]) == (0, "Order Placed")


async def test_a_board_holds_no_more_than_its_limit(connect: Any, cast: Cast, board: Board, settings: Any) -> None:
    settings.BOARD_ELEMENTS_MAX = 2
    alice = await connect(cast.alice, board)
    await alice.hello()
    results = await alice.write({"a": note()}, {"b": note()}, {"c": note()}, {"a": {"deleted": True}}, {"d": note()})
    assert [result.get("refused", {}).get("code") for result in results] == [None, None, "board_full", None, None]


# Coming back


async def test_who_comes_back_gets_only_what_they_missed(connect: Any, cast: Cast, board: Board) -> None:
    alice, bob = await connect(cast.alice, board), await connect(cast.bob, board)
    await alice.hello()
    await bob.hello()
    await alice.write({"a": note()})
    await bob.until_seq(1)
    await bob.drop()
    await alice.write({"a": {"x": 9}}, {"b": note()})
    back = await connect(cast.bob, board, client_id=bob.client_id)
    back.elements, back.seq = bob.elements, bob.seq
    welcome = await back.hello(epoch=bob.epoch, since=1)
    assert "snapshot" not in welcome
    assert [operation["seq"] for operation in welcome["ops"]] == [2, 3]
    assert back.elements == (await stored(board))[1]


async def test_who_missed_too_much_gets_a_snapshot(connect: Any, cast: Cast, board: Board, monkeypatch: Any) -> None:
    monkeypatch.setattr(rooms, "RESUME_OPERATIONS_MAX", 2)
    alice = await connect(cast.alice, board)
    await alice.hello()
    await alice.write({"a": note()}, {"a": {"x": 1}}, {"a": {"x": 2}})
    back = await connect(cast.bob, board)
    welcome = await back.hello(epoch=alice.epoch, since=0)
    assert welcome["seq"] == 3 and welcome["snapshot"]["elements"]["a"]["x"] == 2


async def test_a_large_board_and_large_operations_come_in_frames_of_bounded_size(
    connect: Any, cast: Cast, board: Board
) -> None:
    alice, bob = await connect(cast.alice, board), await connect(cast.bob, board)
    await alice.hello()
    await bob.hello()
    for step in range(6):
        patch = {f"n{step}-{number}": note(number, text="x" * 1_900) for number in range(200)}
        [result] = await alice.write(patch)
        assert result["seq"] == step + 1
    await alice.write(*({f"t{number}": note(number, text="e" * 1_900)} for number in range(200)))
    await bob.until_seq(206)
    late = await connect(cast.vera, board)
    welcome = await late.hello()
    assert welcome["parts"] >= 5
    back = await connect(cast.vera, board)
    assert (await back.hello(epoch=alice.epoch, since=0))["seq"] < 206
    await back.until_seq(206)
    assert alice.elements == bob.elements == late.elements == back.elements == (await stored(board))[1]


async def test_another_epoch_or_a_future_seq_is_reset_and_nothing_is_taken_until_the_next_hello(
    connect: Any, cast: Cast, board: Board
) -> None:
    alice = await connect(cast.alice, board)
    assert await alice.hello(epoch=str(uuid.uuid4()), since=3) == {"t": "reset", "epoch": str(board.epoch)}
    await alice.send({"a": note()})
    assert (await alice.hello(epoch=str(board.epoch), since=7))["t"] == "reset"
    assert (await alice.hello())["seq"] == 0
    assert (await stored(board))[0] == 0


async def test_a_replaced_history_resets_the_sockets_that_are_open(connect: Any, cast: Cast, board: Board) -> None:
    alice = await connect(cast.alice, board)
    await alice.hello()
    epoch = uuid.uuid4()
    await Board.objects.filter(pk=board.pk).aupdate(epoch=epoch)
    await alice.send({"a": note()})
    assert await alice.until("reset") == {"t": "reset", "epoch": str(epoch)}
    assert (await alice.hello())["epoch"] == str(epoch)
    assert (await stored(board))[0] == 0


async def test_a_slow_socket_catches_up_from_the_database(
    connect: Any, cast: Cast, board: Board, monkeypatch: Any
) -> None:
    monkeypatch.setattr(rooms, "RING_FRAMES_MAX", 2)
    monkeypatch.setattr(rooms, "CATCH_UP_CHUNK", 3)
    alice, bob = await connect(cast.alice, board), await connect(cast.bob, board)
    await alice.hello()
    await bob.hello()
    room = current_hub().rooms[board.pk]
    slow = next(session for session in room.sessions.values() if session.access.actor.name == "Bob")
    held, send = asyncio.Event(), slow._send

    async def hold(text: str) -> None:
        await held.wait()
        await send(text)

    slow._send = hold
    for number in range(12):
        await alice.write({f"n{number}": note(number)})
    assert len(room._ring) == 2
    held.set()
    await bob.until_seq(12)
    assert bob.elements == alice.elements


async def test_what_another_process_stores_arrives_by_the_doorbell_and_without_it(
    connect: Any, cast: Cast, board: Board
) -> None:
    alice = await connect(cast.alice, board)
    await alice.hello()

    @sync_to_async
    def write_elsewhere(element_id: str) -> None:
        actions.write_as_server(BoardState.load(board.pk), cast.access(cast.bob).actor, {element_id: note()})

    await write_elsewhere("a")
    await alice.until_seq(1)
    listeners = set(actions.boards.doorbell.listeners)
    actions.boards.doorbell.listeners.clear()
    await write_elsewhere("b")
    actions.boards.doorbell.listeners.update(listeners)
    await current_hub().look()
    await alice.until_seq(2)
    assert sorted(alice.elements) == ["a", "b"]
    [result] = await alice.write({"b": {"x": 4}})
    assert result["seq"] == 3


async def test_a_board_is_loaded_from_a_snapshot_and_the_operations_after_it(
    connect: Any, cast: Cast, board: Board
) -> None:
    alice = await connect(cast.alice, board)
    await alice.hello()
    for _ in range(3):
        await alice.write(*({"a": note(step)} for step in range(200)))
    for _ in range(200):
        if await Snapshot.objects.filter(board=board).aexists():
            break
        await asyncio.sleep(0.02)
    snapshot = await Snapshot.objects.aget(board=board)
    assert 500 <= snapshot.seq <= 600
    assert await stored(board) == (600, alice.elements)
    await Snapshot.objects.all().adelete()
    assert await stored(board) == (600, alice.elements)


# Who may


async def test_a_viewer_sees_everything_and_every_write_is_refused(connect: Any, cast: Cast, board: Board) -> None:
    alice, vera = await connect(cast.alice, board), await connect(cast.vera, board)
    await alice.hello()
    assert (await vera.hello())["you"]["can_edit"] is False
    await alice.write({"a": note()})
    await vera.until_seq(1)
    [result] = await vera.write({"a": {"x": 50}})
    assert result["refused"]["code"] == "forbidden"
    assert result["restore"] == {"elements": {"a": {"x": 0}}}
    assert (await stored(board))[0] == 1


async def test_a_stranger_and_a_missing_board_are_closed_alike(connect: Any, cast: Cast, board: Board) -> None:
    charlie = await connect(cast.charlie, board)
    assert await charlie.until_closed() == 4404
    nowhere = await connect(cast.alice, uuid.uuid4())
    assert await nowhere.until_closed() == 4404
    assert charlie.heard == nowhere.heard
    theirs = await Board.objects.acreate(workspace=cast.elsewhere, name="Secret")
    through = await connect(cast.alice, theirs)
    assert await through.until_closed() == 4404


async def test_the_anonymous_are_told_to_sign_in(connect: Any, cast: Cast, board: Board) -> None:
    nobody = await connect(None, board)
    assert await nobody.until_closed() == 4401


async def test_a_guest_writes_on_their_board_and_finds_no_other(connect: Any, cast: Cast, board: Board) -> None:
    session, _ = await guest_session(cast, board)
    gus = await connect(None, board, session=session)
    welcome = await gus.hello()
    assert (welcome["you"]["name"], welcome["you"]["can_edit"]) == ("Gus", True)
    await gus.write({"a": note()})
    assert (await Operation.objects.aget(board=board)).actor_kind == "guest"
    other = await Board.objects.acreate(workspace=cast.workspace, name="Other")
    lost = await connect(None, other, session=session)
    assert await lost.until_closed() == 4404


async def test_revoking_a_guest_link_sends_its_guests_out_at_once(connect: Any, cast: Cast, board: Board) -> None:
    session, link = await guest_session(cast, board)
    gus = await connect(None, board, session=session)
    await gus.hello()
    await sync_to_async(actions.revoke_guest_link)(
        await sync_to_async(cast.access)(cast.alice), board_id=board.pk, link_id=link.pk
    )
    assert await gus.until_closed() == 4404


async def test_who_is_removed_is_closed_and_who_gets_another_role_is_told(
    connect: Any, cast: Cast, board: Board
) -> None:
    bob, vera = await connect(cast.bob, board), await connect(cast.vera, board)
    await bob.hello()
    await vera.hello()

    @sync_to_async
    def change() -> None:
        access = cast.access(cast.alice)
        members = {member.person_id: member.pk for member in cast.workspace.memberships.all()}
        remove_member(access, membership_id=members[cast.bob.pk])
        change_role(access, membership_id=members[cast.vera.pk], role="participant")

    await change()
    hub = current_hub()
    await hub.check_access(hub.rooms[board.pk])
    assert await bob.until_closed() == 4404
    assert (await vera.until("you"))["you"]["can_edit"] is True
    [result] = await vera.write({"a": note()})
    assert result["seq"] == 1


async def test_signing_out_closes_the_board(connect: Any, cast: Cast, board: Board) -> None:
    @sync_to_async
    def sign_in() -> Any:
        client = Client()
        client.force_login(cast.bob)
        return client.session

    session = await sign_in()
    bob = await connect(cast.bob, board, session=session)
    await bob.hello()
    await sync_to_async(session.delete)(session.session_key)
    hub = current_hub()
    await hub.check_access(hub.rooms[board.pk])
    assert await bob.until_closed() == 4404


async def test_an_archived_board_can_be_read_and_refuses_every_write(connect: Any, cast: Cast, board: Board) -> None:
    bob = await connect(cast.bob, board)
    await bob.hello()
    await sync_to_async(actions.archive_board)(await sync_to_async(cast.access)(cast.alice), board_id=board.pk)
    [result] = await bob.write({"a": note()})
    assert result["refused"]["code"] == "archived"
    await current_hub().look()
    assert (await bob.until("you"))["you"]["can_edit"] is False


# Frames


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("{", ""),
        ("[]", ""),
        ('{"t":"dance"}', "$.t"),
        ('{"t":"hello","v":1,"client_id":"me"}', "$.client_id"),
        ('{"t":"ops","ops":[]}', "$.ops"),
        ('{"t":"ops","ops":[{"n":0,"patch":{"elements":{}}}]}', "$.ops[0].n"),
        ('{"t":"ops","ops":[{"n":1,"patch":{"elements":{"a":5}}}]}', "$.ops[0].patch.elements[...]"),
        ('{"t":"presence","cursor":[1]}', "$.cursor"),
    ],
)
async def test_a_bad_frame_is_answered_with_its_place_and_ends_the_socket(
    connect: Any, cast: Cast, board: Board, text: str, place: str
) -> None:
    alice = await connect(cast.alice, board)
    await alice.wire.send_to(text_data=text)
    error = await alice.until("error")
    assert (error["code"], error["place"]) == ("bad_frame", place)
    assert await alice.until_closed() == 4400


async def test_the_first_frame_is_hello_and_its_version_one(connect: Any, cast: Cast, board: Board) -> None:
    eager, futuristic = await connect(cast.alice, board), await connect(cast.alice, board)
    await eager.send({"a": note()})
    assert await eager.until_closed() == 4400
    await futuristic.say(t="hello", v=2, client_id=futuristic.client_id)
    assert await futuristic.until_closed() == 4400


async def test_a_frame_larger_than_a_mebibyte_is_refused(connect: Any, cast: Cast, board: Board) -> None:
    alice = await connect(cast.alice, board)
    await alice.hello()
    await alice.write({"a": note()})
    await alice.send({"a": {"text": "x" * 1_048_576}})
    assert await alice.until_closed() == 4400


async def test_who_sends_far_too_fast_is_sent_away(connect: Any, cast: Cast, board: Board, monkeypatch: Any) -> None:
    alice = await connect(cast.alice, board)
    await alice.hello()
    session = next(iter(current_hub().rooms[board.pk].sessions.values()))
    session.limits = SessionLimits()
    session.limits.frames.level = -10 * session.limits.frames.rate
    await alice.say(t="ping")
    assert (await alice.until("error"))["code"] == "too_fast"
    assert await alice.until_closed() == 4429


async def test_a_ping_is_answered(connect: Any, cast: Cast, board: Board) -> None:
    alice = await connect(cast.alice, board)
    await alice.say(t="ping")
    assert await alice.next() == {"t": "pong"}


# Presence


async def test_movements_within_a_tenth_of_a_second_become_one_frame_and_are_never_stored(
    connect: Any, cast: Cast, board: Board
) -> None:
    alice, bob, vera = [await connect(person, board) for person in (cast.alice, cast.bob, cast.vera)]
    for person in (alice, bob, vera):
        await person.hello()
    you = {person: person.heard[0]["you"]["session"] for person in (alice, bob, vera)}
    while (await vera.until("presence"))["people"].keys() < {you[vera]}:
        pass
    await asyncio.sleep(0.15)
    before = sum(frame["t"] == "presence" for frame in vera.heard)
    for step in range(10):
        await alice.say(t="presence", cursor=[step, step], selection=["a"])
        await bob.say(t="presence", cursor=[-step, 0])
    while True:
        frame = await vera.until("presence")
        if frame["people"].get(you[bob], {}).get("cursor") == [-9, 0]:
            break
    assert frame["people"][you[alice]]["cursor"] == [9, 9]
    assert frame["people"][you[alice]]["selection"] == ["a"]
    assert sum(one["t"] == "presence" for one in vera.heard) - before <= 3
    await alice.drop()
    while frame["people"].get(you[alice], 1) is not None:
        frame = await vera.until("presence")
    assert (await stored(board))[0] == 0


async def test_a_joiner_is_told_who_is_there(connect: Any, cast: Cast, board: Board) -> None:
    alice, bob = await connect(cast.alice, board), await connect(cast.bob, board)
    await alice.hello()
    await alice.say(t="presence", cursor=[3, 4])
    await alice.until("presence")
    people = (await bob.hello())["people"]
    assert [person["name"] for person in people] == ["Alice"]
