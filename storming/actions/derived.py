"""What is derived from a board's elements for lists and search: thumbnail, text of the notes, who wrote lately."""

from typing import Any

from storming import queries
from storming.document import thumbnail
from storming.document.notation import NOTE_KINDS
from storming.document.timeline import in_order
from storming.models import Board, Operation
from storming.state import BoardState

TEXT_CHARS_MAX = 1_000_000
PEOPLE_MAX = 6
PEOPLE_OPERATIONS = 200


def refresh_derived(state: BoardState) -> None:
    """Bring the board's derived columns to ``state``, unless they are there already."""
    seq = state.document.seq
    stale = Board.objects.filter(pk=state.board_id, epoch=state.epoch).exclude(derived_seq=seq)
    board = stale.defer("thumbnail", "notes_text").first()
    if board is None:
        return
    elements = queries.visible_elements(None, board, elements=state.document.elements)
    stale.update(
        derived_seq=seq,
        thumbnail=thumbnail.draw(elements),
        notes_text=_notes_text(elements),
        notes_count=sum(1 for each in elements.values() if not each.get("deleted") and each["kind"] in NOTE_KINDS),
        people=_people(state),
    )


def _notes_text(elements: dict[str, dict[str, Any]]) -> str:
    """One line a note, its id and its text with a tab between, in reading order."""
    lines = (f"{key}\t{' '.join(elements[key].get('text', '').split())}" for key in in_order(elements))
    return "\n".join(line for line in lines if not line.endswith("\t"))[:TEXT_CHARS_MAX]


def _people(state: BoardState) -> list[dict[str, str]]:
    """Those who wrote last, the latest first: ``[{"id", "name"}]``."""
    rows = Operation.objects.filter(board_id=state.board_id).exclude(actor_kind="service").order_by("-seq")
    latest: dict[str, str] = {}
    for actor_id, name in rows.values_list("actor_id", "actor_name")[:PEOPLE_OPERATIONS]:
        latest.setdefault(actor_id, name)
    return [{"id": actor_id, "name": name} for actor_id, name in latest.items()][:PEOPLE_MAX]
