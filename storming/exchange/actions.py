"""Putting what was read onto a board."""

import uuid
from typing import Any

from django.db import transaction

from storming import doorbell, queries
from storming.actions.boards import in_pieces
from storming.actions.operations import Batch, Incoming, apply_operations
from storming.document.notation import ARRANGED_KINDS
from storming.errors import NoteRefused
from storming.state import BoardState
from workspaces.access import Access, Permission
from workspaces.errors import Conflict


def import_elements(access: Access, *, board_id: uuid.UUID, elements: dict[str, dict[str, Any]]) -> list[int]:
    """Write them with new ids, as operations of this person; their numbers. All or nothing.

    Lanes, frames and the legend come along for facilitators only. Raises Conflict (archived), NoteRefused.
    """
    access.require(Permission.BOARD_EDIT, board_id=board_id)
    board = queries.board_of(access, board_id)
    if board.is_archived:
        raise Conflict("The board is archived.", hint="Restore it to go on.", code="archived")
    arranges = access.can(Permission.BOARD_MANAGE, board_id=board_id)
    kept = {key: each for key, each in elements.items() if arranges or each["kind"] not in ARRANGED_KINDS}
    fresh = with_new_ids(kept)
    with transaction.atomic():
        state = BoardState.load(board.pk)
        if state.document.elements.get("legend"):
            fresh.pop("legend", None)
        operations = [Incoming(n, patch) for n, patch in enumerate(in_pieces(fresh), start=1)]
        batch = Batch(access.actor, str(uuid.uuid4()), operations, facilitates=arranges)
        [results] = apply_operations(state, [batch]).results
        for result in results:
            if (refusal := result.refused) is not None:
                raise NoteRefused(refusal.message, hint=refusal.hint, code=refusal.code, place=refusal.place)
        doorbell.ring_after_commit(board.pk)
    if not results:
        raise NoteRefused("There was nothing to write.", code="empty_patch")
    return [result.seq for result in results if result.seq is not None]


def with_new_ids(elements: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The same elements under ids that no board has yet; arrows and groups follow."""
    ids = {key: "legend" if each["kind"] == "legend" else str(uuid.uuid4()) for key, each in elements.items()}
    groups = {each["group"]: str(uuid.uuid4()) for each in elements.values() if "group" in each}
    fresh: dict[str, dict[str, Any]] = {}
    for key, element in elements.items():
        copy = dict(element)
        for end in ("from", "to"):
            if end in copy:
                copy[end] = ids[copy[end]]
        if "group" in copy:
            copy["group"] = groups[copy["group"]]
        fresh[ids[key]] = copy
    return fresh
