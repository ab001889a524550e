"""Reads of a board's past: what it was at a moment, what was done, by whom.

Everything is bounded. A moment is the newest snapshot before it and the operations since; snapshots come every
SNAPSHOT_EVERY operations, so that is a read of at most a few hundred. Where snapshots were lost, a long replay leaves
new ones behind.
"""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from django.db.models import Count, Max, Min

from storming import queries
from storming.document.elements import Elements
from storming.models import Board, Operation
from storming.past.models import BoardVersion
from storming.state import OPERATIONS_PER_READ, SNAPSHOT_EVERY, Entry, document_before, keep_snapshot, operations_after
from workspaces.access import Access
from workspaces.errors import NotFound

MARKS = 240
PAGE_MAX = 2_000
PAGE_BYTES_MAX = 1_000_000
PEOPLE_MAX = 200
DEEDS_MAX = 100
LOOKS_BACK = 50_000  # operations that the history of one element is looked for in, the newest first


@dataclass(frozen=True, slots=True)
class Mark:
    """One of at most MARKS moments spread evenly over the log: who was at work, and when."""

    seq: int
    at: datetime
    actor_id: str
    actor_name: str


@dataclass(frozen=True, slots=True)
class Outline:
    """A board's past at a glance. ``people`` are ``{id, name, operations, first_seq, last_seq}``, the busiest first."""

    seq: int
    marks: list[Mark]
    people: list[dict[str, Any]]
    versions: list[BoardVersion]


def elements_at(access: Access | None, board: Board, seq: int) -> Elements:
    """The board after operation ``seq``, deleted elements included. Raises NotFound for a seq it never had."""
    if not 0 <= seq <= board.seq:
        raise NotFound
    document, kept = document_before(board.pk, seq)
    while document.seq < seq:
        entries = operations_after(board.pk, document.seq, count=OPERATIONS_PER_READ, until=seq)
        if not entries:
            raise RuntimeError(f"board {board.pk}: operation {document.seq + 1} is missing")
        for entry in entries:
            document.apply(entry.seq, entry.patch["elements"])
        if document.seq - kept >= 2 * SNAPSHOT_EVERY:  # the one that should have been here is lost
            keep_snapshot(board.pk, document)
            kept = document.seq
    return queries.visible_elements(access, board, elements=document.elements)


def outline(access: Access, board: Board) -> Outline:
    """What the scrubber shows."""
    wanted = sorted({1 + round(step * (board.seq - 1) / (MARKS - 1)) for step in range(MARKS)}) if board.seq else []
    rows = Operation.objects.filter(board=board, seq__in=wanted).order_by("seq")
    marks = [Mark(*row) for row in rows.values_list("seq", "at", "actor_id", "actor_name")]
    counted = Operation.objects.filter(board=board).order_by().values("actor_id")
    people: Any = counted.annotate(
        name=Max("actor_name"), operations=Count("id"), first_seq=Min("seq"), last_seq=Max("seq")
    ).order_by("-operations")[:PEOPLE_MAX]
    shown = [{"id": row["actor_id"], **{key: row[key] for key in _PERSON}} for row in people]
    return Outline(board.seq, marks, shown, list(board.versions.all()[:200]))


_PERSON = ("name", "operations", "first_seq", "last_seq")


def operations(access: Access, board: Board, *, after: int, count: int) -> list[Entry]:
    """The next operations: at most ``count``, PAGE_MAX and PAGE_BYTES_MAX of patches, but one at least."""
    entries = operations_after(board.pk, after, count=min(count, PAGE_MAX))
    size, fitting = 0, 0
    for entry in entries:
        size += len(msgspec.json.encode(entry.patch))
        if fitting and size > PAGE_BYTES_MAX:
            break
        fitting += 1
    return queries.visible_operations(access, board, entries[:fitting])


def deeds_on(access: Access, board: Board, element_id: str) -> list[Entry]:
    """What was done to one element, the newest first; patches are cut down to it. At most DEEDS_MAX."""
    rows = Operation.objects.filter(
        board=board, seq__gt=board.seq - LOOKS_BACK, patch__elements__has_key=element_id
    ).order_by("-seq")
    fields = ("seq", "actor_id", "actor_name", "client_id", "client_seq", "at", "patch")
    found: Any = rows.values_list(*fields)[:DEEDS_MAX]
    entries = [
        Entry(seq, actor, name, str(client), n, at, {"elements": {element_id: patch["elements"][element_id]}})
        for seq, actor, name, client, n, at, patch in found
    ]
    return queries.visible_operations(access, board, entries)


def only(elements: Elements, ids: Collection[str]) -> Elements:
    """Those of them; all when none is asked for."""
    return {key: elements[key] for key in ids if key in elements} if ids else elements


def version_of(access: Access, board: Board, version_id: uuid.UUID) -> BoardVersion:
    """A version of this board. Raises NotFound."""
    found = BoardVersion.objects.filter(board=board, pk=version_id).first()
    if found is None:
        raise NotFound
    return found
