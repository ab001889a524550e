"""A workshop's state as stored with its board, and as everybody is shown it.

``Board.workshop`` holds only what differs from this (``{}``: no workshop has been held):

    phases     [key]   the rail, in this board's order; what was skipped is not in it
    phase      key | None
    silent     bool    what is written is private until the reveal
    frozen     bool    only facilitators may change anything
    one_pen    bool    of the participants, only ``pen`` may change notes
    pen        {"id", "name"} | None
    palette    [kind] | None (all of the format's)
    lanes      bool    the palette offers lanes
    timer      {"length", "ends_at": ISO | None, "left"} | None; seconds; ends_at while it runs, left while it rests
    spotlight  {"ids", "by"} | None
    summons    {"number", "view": [x, y, w, h], "by", "at"} | None

``Board.workshop_version`` grows with each change, also of votes. Lifetime: the board's.
"""

import uuid
from typing import Any

from django.utils import timezone

from storming.document.phases import phases_of
from storming.models import Board, VotingRound

ROUNDS_SHOWN = 12


def present(board: Board) -> dict[str, Any]:
    """The whole state, with what is not stored filled in."""
    state: dict[str, Any] = {
        "phases": phases_of(board.format),
        "phase": None,
        "silent": False,
        "frozen": False,
        "one_pen": False,
        "pen": None,
        "palette": None,
        "lanes": True,
        "timer": None,
        "spotlight": None,
        "summons": None,
    }
    return {**state, **board.workshop}


def load(board_id: uuid.UUID) -> dict[str, Any]:
    """The state as everybody is shown it. Raises Board.DoesNotExist."""
    return shown(Board.objects.only("format", "workshop", "workshop_version").get(pk=board_id))


def shown(board: Board) -> dict[str, Any]:
    """The state with the votes, the version and the server's time, by which clients set their timers."""
    rounds = list(VotingRound.objects.filter(board_id=board.pk)[:ROUNDS_SHOWN])
    open_round = next((each for each in rounds if each.closed_at is None), None)
    return {
        **present(board),
        "format": board.format,
        "version": board.workshop_version,
        "vote": shown_round(open_round) if open_round else None,
        "votes": [shown_round(each) for each in rounds if each.closed_at is not None],
        "now": timezone.now().isoformat(),
    }


def shown_round(round: VotingRound) -> dict[str, Any]:
    """A round as everybody sees it: while it is open, how many have voted but never what."""
    return {
        "id": str(round.pk),
        "title": round.title,
        "budget": round.budget,
        "per_note_max": round.per_note_max,
        "kinds": round.kinds,
        "opened_at": round.opened_at.isoformat(),
        "opened_by": round.opened_by_name,
        "closed_at": round.closed_at.isoformat() if round.closed_at else None,
        "voters": round.voters,
        "results": round.results if round.closed_at else None,
    }
