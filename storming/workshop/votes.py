"""Dot voting: a budget each, secret until it is closed, then counted onto the notes.

While a round is open, a ballot is told to its voter alone; everybody else hears how many have voted. Closing counts
the dots on elements that are still there, and forgets who gave them.
"""

import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from storming import doorbell, queries
from storming.document.notation import NOTE_KINDS
from storming.models import Ballot, Board, VotingRound
from storming.state import BoardState
from storming.workshop import state
from storming.workshop.read_state import elements_now
from workspaces.access import Access, Permission
from workspaces.errors import Conflict, Invalid, NotFound

BUDGET_MAX = 100
ROUNDS_MAX = 100


@dataclass(frozen=True, slots=True)
class Ranked:
    """One line of a round's result."""

    element_id: str
    dots: int
    text: str
    kind: str


def open_vote(
    access: Access,
    *,
    board_id: uuid.UUID,
    title: str = "",
    budget: int = 5,
    per_note_max: int = 3,
    kinds: Sequence[str] = (),
) -> dict[str, Any]:
    """Begin a round; ``kinds``: which notes may get dots (none: all). Raises Invalid, Conflict when one is open."""
    access.require(Permission.BOARD_MANAGE, board_id=board_id)
    if not 1 <= budget <= BUDGET_MAX:
        raise Invalid(f"Everybody has 1 to {BUDGET_MAX} dots.", place="budget")
    if not 1 <= per_note_max <= budget:
        raise Invalid("A note takes at least one dot, and not more than a person has.", place="per_note_max")
    if any(kind not in NOTE_KINDS for kind in kinds):
        raise Invalid("There is no such kind of note.", place="kinds")
    with _locked(access, board_id) as board:
        if VotingRound.objects.filter(board=board, closed_at=None).exists():
            raise Conflict("A vote is open already.", hint="Close it first.", code="vote_open")
        if VotingRound.objects.filter(board=board).count() >= ROUNDS_MAX:
            raise Invalid(f"A board has at most {ROUNDS_MAX} votes.")
        VotingRound.objects.create(
            board=board,
            title=" ".join(title.split())[:120] or "What matters most?",
            budget=budget,
            per_note_max=per_note_max,
            kinds=list(kinds),
            opened_by_name=access.actor.name[:80],
        )
        _changed(board)
    return state.load(board_id)


def cast_ballot(access: Access, *, board_id: uuid.UUID, dots: Mapping[str, int]) -> dict[str, Any]:
    """Replace one's own ballot, ``{element id: dots}``. Raises Conflict when no vote is open, Invalid (place dots)."""
    access.require(Permission.BOARD_EDIT, board_id=board_id)
    with _locked(access, board_id) as board:
        round = VotingRound.objects.filter(board=board, closed_at=None).first()
        if round is None:
            raise Conflict("No vote is open.", hint="A facilitator opens the next one.", code="no_vote")
        wanted = {key: count for key, count in dots.items() if count}
        _check(round, wanted, elements_now(board.pk))
        mine = Ballot.objects.filter(round=round, actor_id=access.actor.id)
        mine.delete()
        rows = [
            Ballot(round=round, actor_id=access.actor.id, element_id=key, dots=count) for key, count in wanted.items()
        ]
        Ballot.objects.bulk_create(rows)
        voters = Ballot.objects.filter(round=round).values("actor_id").distinct().count()
        if voters != round.voters:
            round.voters = voters
            round.save(update_fields=["voters"])
            _changed(board)
    return own_ballot(access, board_id=board_id)


def own_ballot(access: Access, *, board_id: uuid.UUID) -> dict[str, Any]:
    """``{"round", "dots": {element id: dots}, "left"}`` of the open round; of nobody but the asker."""
    queries.board_of(access, board_id)
    round = VotingRound.objects.filter(board_id=board_id, closed_at=None).first()
    if round is None:
        return {"round": None, "dots": {}, "left": 0}
    rows = Ballot.objects.filter(round=round, actor_id=access.actor.id)
    dots = dict(rows.values_list("element_id", "dots"))
    return {"round": str(round.pk), "dots": dots, "left": round.budget - sum(dots.values())}


def close_vote(access: Access, *, board_id: uuid.UUID) -> dict[str, Any]:
    """Count, and show everybody. Raises Conflict when no vote is open."""
    access.require(Permission.BOARD_MANAGE, board_id=board_id)
    with _locked(access, board_id) as board:
        round = VotingRound.objects.filter(board=board, closed_at=None).first()
        if round is None:
            raise Conflict("No vote is open.", code="no_vote")
        live = dict(BoardState.load(board.pk).document.live())
        counted: Counter[str] = Counter()
        for element_id, dots in Ballot.objects.filter(round=round).values_list("element_id", "dots"):
            if element_id in live:
                counted[element_id] += dots
        round.results = dict(counted.most_common())
        round.closed_at = timezone.now()
        round.save(update_fields=["results", "closed_at"])
        Ballot.objects.filter(round=round).delete()
        _changed(board)
    return state.load(board_id)


def ranking(access: Access, *, board_id: uuid.UUID, round_id: uuid.UUID) -> list[Ranked]:
    """A closed round's result, most dots first; equal ones in reading order of their text. Raises NotFound."""
    board = queries.board_of(access, board_id)
    round = VotingRound.objects.filter(board_id=board_id, pk=round_id).exclude(closed_at=None).first()
    if round is None:
        raise NotFound
    elements = queries.visible_elements(access, board)
    lines = [
        Ranked(key, dots, " ".join(str(elements[key].get("text") or "").split()), str(elements[key].get("kind")))
        for key, dots in round.results.items()
        if key in elements
    ]
    return sorted(lines, key=lambda line: (-line.dots, line.text, line.element_id))


def _check(round: VotingRound, dots: Mapping[str, int], elements: Mapping[str, Mapping[str, Any]]) -> None:
    if any(count < 0 for count in dots.values()) or sum(dots.values()) > round.budget:
        raise Invalid(f"You have {round.budget} dots.", place="dots", hint="Take some back first.")
    for element_id, count in dots.items():
        element = elements.get(element_id)
        if element is None or element.get("deleted") or element.get("kind") not in NOTE_KINDS:
            raise Invalid("There is no such note.", place=f"dots.{element_id[:64]}")
        if round.kinds and element["kind"] not in round.kinds:
            raise Invalid("This vote is about other notes.", place=f"dots.{element_id[:64]}")
        if count > round.per_note_max:
            raise Invalid(f"A note takes at most {round.per_note_max} of your dots.", place=f"dots.{element_id[:64]}")


@contextmanager
def _locked(access: Access, board_id: uuid.UUID) -> Iterator[Board]:
    """The board under its row lock, in a transaction."""
    queries.board_of(access, board_id)
    with transaction.atomic():
        rows = Board.objects.select_for_update().only("id", "workshop", "workshop_version", "archived_at", "format")
        board = rows.get(pk=board_id)
        if board.is_archived:
            raise Conflict("The board is archived.", hint="Restore it to go on.", code="archived")
        yield board


def _changed(board: Board) -> None:
    board.workshop_version += 1
    board.save(update_fields=["workshop_version"])
    doorbell.ring_after_commit(board.pk, doorbell.WORKSHOP)
