"""Writes of a workshop: check, write under the board's row lock, then ring once it is committed.

What everybody follows (phases, rights, timer, spotlight) needs BOARD_MANAGE; who holds the pen may hand it on.
"""

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from storming import doorbell, queries
from storming.actions.operations import Batch, Incoming, apply_operations
from storming.document.notation import FORMATS, NOTE_KINDS, size_of
from storming.document.phases import PHASES, phases_of
from storming.errors import NoteRefused
from storming.models import Board, Draft
from storming.state import BoardState
from storming.workshop import state
from storming.workshop.drafts import is_placed
from workspaces.access import Access, Actor, Permission
from workspaces.errors import Conflict, Forbidden, Invalid

TIMER_SECONDS_MAX = 8 * 3600
SPOTLIGHT_MAX = 200
REVEALED_AT_ONCE = 100  # elements in one operation
GAP = 28
COLUMNS = 6


@dataclass(slots=True)
class Changes:
    """What a facilitator sets by hand; None stays as it is."""

    format: str | None = None
    phases: Sequence[str] | None = None
    silent: bool | None = None
    frozen: bool | None = None
    one_pen: bool | None = None
    palette: Sequence[str] | None = None
    all_kinds: bool = False


def change_workshop(access: Access, *, board_id: uuid.UUID, changes: Changes) -> dict[str, Any]:
    """Set format, order of phases, privacy and rights. Leaving silence reveals. Raises Invalid (with place)."""
    with _changing(access, board_id) as board:
        if changes.format is not None:
            _set_format(board, changes.format)
        if changes.phases is not None:
            board.workshop["phases"] = _phases(changes.phases)
        for name in ("frozen", "one_pen"):
            if getattr(changes, name) is not None:
                board.workshop[name] = getattr(changes, name)
        if changes.one_pen is False:
            board.workshop["pen"] = None
        if changes.palette is not None or changes.all_kinds:
            board.workshop["palette"] = None if changes.all_kinds else _kinds(changes.palette or ())
        if changes.silent is not None:
            _set_silent(board, changes.silent)
    return state.load(board_id)


def enter_phase(access: Access, *, board_id: uuid.UUID, phase: str | None) -> dict[str, Any]:
    """Palette, privacy, rights and timer as the phase says, in one step; None ends the workshop's rules.

    Private notes are revealed when the phase that follows is not silent. Raises Invalid (place phase).
    """
    if phase is not None and phase not in PHASES:
        raise Invalid("There is no such phase.", place="phase", hint=f"One of {', '.join(PHASES)}.")
    with _changing(access, board_id) as board:
        chosen = PHASES[phase] if phase is not None else None
        _set_silent(board, bool(chosen and chosen.silent))
        board.workshop |= {
            "phase": phase,
            "palette": list(chosen.kinds) if chosen else None,
            "lanes": chosen.lanes if chosen else True,
            "one_pen": bool(chosen and chosen.one_pen),
            "frozen": False,
            "pen": None,
            "spotlight": None,
            "timer": {"length": chosen.minutes * 60, "ends_at": None, "left": chosen.minutes * 60} if chosen else None,
        }
    return state.load(board_id)


def reveal(access: Access, *, board_id: uuid.UUID) -> dict[str, Any]:
    """Everybody's private notes are on the wall, all at once; from now on what is written is seen."""
    with _changing(access, board_id) as board:
        _set_silent(board, False)
    return state.load(board_id)


def set_timer(access: Access, *, board_id: uuid.UUID, action: str, seconds: int = 0) -> dict[str, Any]:
    """``start`` (``seconds``, or as long as before), ``pause``, ``resume``, ``add``, ``stop``. Raises Invalid."""
    if not 0 <= seconds <= TIMER_SECONDS_MAX:
        raise Invalid(f"A timer runs for at most {TIMER_SECONDS_MAX // 3600} hours.", place="seconds")
    with _changing(access, board_id) as board:
        board.workshop["timer"] = _timer(board.workshop.get("timer"), action, seconds)
    return state.load(board_id)


def set_spotlight(access: Access, *, board_id: uuid.UUID, ids: Sequence[str]) -> dict[str, Any]:
    """Everybody sees these elements lit and the others dimmed; none ends it."""
    if len(ids) > SPOTLIGHT_MAX:
        raise Invalid(f"At most {SPOTLIGHT_MAX} elements can be lit.", place="ids")
    with _changing(access, board_id) as board:
        board.workshop["spotlight"] = {"ids": list(ids), "by": access.actor.name} if ids else None
    return state.load(board_id)


def summon(access: Access, *, board_id: uuid.UUID, view: Sequence[float]) -> dict[str, Any]:
    """Bring everybody's screen to this part of the wall: ``[x, y, w, h]`` in board units."""
    if len(view) != 4 or view[2] <= 0 or view[3] <= 0:
        raise Invalid("A view is x, y, width and height.", place="view")
    with _changing(access, board_id) as board:
        before = board.workshop.get("summons") or {"number": 0}
        board.workshop["summons"] = {
            "number": before["number"] + 1,
            "view": list(view),
            "by": access.actor.name,
            "at": timezone.now().isoformat(),
        }
    return state.load(board_id)


def hand_over_pen(access: Access, *, board_id: uuid.UUID, actor_id: str | None, name: str = "") -> dict[str, Any]:
    """From now on this person may change notes, and of the participants nobody else. None: the facilitators alone.

    Facilitators may, and who holds the pen. Raises Forbidden.
    """
    access.require(Permission.BOARD_EDIT, board_id=board_id)
    with _changing(access, board_id, need=Permission.BOARD_EDIT) as board:
        held = (board.workshop.get("pen") or {}).get("id")
        manages = access.can(Permission.BOARD_MANAGE, board_id=board_id)
        if not manages and not (board.workshop.get("one_pen") and held == access.actor.id):
            raise Forbidden("Only facilitators, and who holds the pen, hand it over.")
        board.workshop["one_pen"] = True
        board.workshop["pen"] = {"id": actor_id[:64], "name": name.strip()[:80] or "Somebody"} if actor_id else None
    return state.load(board_id)


@contextmanager
def _changing(access: Access, board_id: uuid.UUID, need: Permission = Permission.BOARD_MANAGE) -> Iterator[Board]:
    """The board under its row lock; its workshop is stored, and everybody told, afterwards."""
    access.require(need, board_id=board_id)
    queries.board_of(access, board_id)
    with transaction.atomic():
        board = Board.objects.select_for_update().defer("thumbnail", "notes_text").get(pk=board_id)
        if board.is_archived:
            raise Conflict("The board is archived.", hint="Restore it to go on.", code="archived")
        yield board
        store(board)


def store(board: Board) -> None:
    """Keep the workshop's state, and ring after the commit. The caller holds the board's row."""
    board.workshop_version += 1
    board.save(update_fields=["workshop", "workshop_version", "format"])
    doorbell.ring_after_commit(board.pk, doorbell.WORKSHOP)


def _set_format(board: Board, board_format: str) -> None:
    if board_format not in FORMATS:
        raise Invalid("There is no such format.", place="format")
    if board_format != board.format:
        board.format = board_format
        board.workshop["phases"] = phases_of(board_format)


def _phases(keys: Sequence[str]) -> list[str]:
    unknown = [key for key in keys if key not in PHASES]
    if unknown or len(set(keys)) != len(keys) or not keys:
        raise Invalid("Phases are named once each.", place="phases", hint=f"Of {', '.join(PHASES)}.")
    return list(keys)


def _kinds(kinds: Sequence[str]) -> list[str]:
    unknown = [kind for kind in kinds if kind not in NOTE_KINDS]
    if unknown or not kinds:
        raise Invalid("A palette has kinds of notes.", place="palette", hint=f"Of {', '.join(NOTE_KINDS)}.")
    return [kind for kind in NOTE_KINDS if kind in kinds]


def _timer(timer: dict[str, Any] | None, action: str, seconds: int) -> dict[str, Any] | None:
    now = timezone.now()
    timer = timer or {"length": seconds, "ends_at": None, "left": seconds}
    left = _left(timer, now)
    match action:
        case "start":
            length = seconds or timer["length"]
            if not length:
                raise Invalid("Say how long.", place="seconds")
            return _running(length, length, now)
        case "resume":
            return _running(timer["length"], left or timer["length"], now)
        case "pause":
            return {"length": timer["length"], "ends_at": None, "left": left}
        case "add":
            longer = min(left + (seconds or 60), TIMER_SECONDS_MAX)
            if timer["ends_at"] is None:
                return {"length": timer["length"], "ends_at": None, "left": longer}
            return _running(timer["length"], longer, now)
        case "stop":
            return None
    raise Invalid("A timer can start, pause, resume, add and stop.", place="action")


def _running(length: int, left: float, now: datetime) -> dict[str, Any]:
    return {"length": length, "ends_at": (now + timedelta(seconds=left)).isoformat(), "left": left}


def _left(timer: dict[str, Any], now: datetime) -> float:
    if timer["ends_at"] is None:
        return float(timer["left"])
    return max(0.0, (datetime.fromisoformat(timer["ends_at"]) - now).total_seconds())


# The reveal.


@dataclass(slots=True)
class _Author:
    actor: Actor
    notes: dict[str, dict[str, Any]] = field(default_factory=dict)


def _set_silent(board: Board, silent: bool) -> None:
    """Silence ends with the reveal: one transaction, each author's notes signed by them."""
    was = board.workshop.get("silent", False)
    board.workshop["silent"] = silent
    if not was or silent:
        return
    board.save(update_fields=["workshop"])
    current = BoardState.load(board.pk)
    batches = [
        Batch(
            author.actor, str(uuid.uuid4()), [Incoming(n, patch) for n, patch in enumerate(patches, 1)], by_server=True
        )
        for author, patches in _revealed(board.pk, current)
    ]
    for results in apply_operations(current, batches).results if batches else ():
        for result in results:
            if result.refused is not None:
                raise NoteRefused(result.refused.message, hint=result.refused.hint, code=result.refused.code)
    Draft.objects.filter(board=board).delete()
    doorbell.ring_after_commit(board.pk)


def _revealed(board_id: uuid.UUID, current: BoardState) -> Iterator[tuple[_Author, list[dict[str, Any]]]]:
    """Each author with their notes as patches of bounded size; empty ones are dropped, those in a tray find a place."""
    authors: dict[str, _Author] = {}
    for draft in Draft.objects.filter(board_id=board_id):
        if draft.properties.get("deleted") or not str(draft.properties.get("text") or "").strip():
            continue
        who = Actor.of(draft.actor_kind, draft.actor_id, draft.actor_name)
        known = draft.element_id in current.document.elements
        key = uuid.uuid4().hex if known else draft.element_id
        authors.setdefault(draft.actor_id, _Author(who)).notes[key] = dict(draft.properties)
    _lay_out([author.notes for author in authors.values()], current)
    for author in authors.values():
        items = list(author.notes.items())
        yield author, [dict(items[at : at + REVEALED_AT_ONCE]) for at in range(0, len(items), REVEALED_AT_ONCE)]


def _lay_out(groups: list[dict[str, dict[str, Any]]], current: BoardState) -> None:
    """Notes from trays go below everything else, a block for each author."""
    everything = [element for _, element in current.document.live() if "y" in element]
    everything += [note for notes in groups for note in notes.values() if is_placed(note)]
    left = min((element["x"] for element in everything), default=0)
    top = max((element["y"] + size_of(element)[1] for element in everything), default=0) + 2 * GAP
    for notes in groups:
        waiting = [note for note in notes.values() if not is_placed(note)]
        at = left
        for place, note in enumerate(waiting):
            w, _ = size_of(note)
            if place and place % COLUMNS == 0:
                at, top = left, top + 140 + GAP
            note["x"], note["y"] = at, top
            at += w + GAP
        if waiting:
            top += 140 + 2 * GAP
