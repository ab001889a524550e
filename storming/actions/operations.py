"""Storing operations: the one way in which a board changes.

Theory. Everything happens in one transaction that holds the board's row: read what other processes have stored since
(so that checks see the newest elements), answer what is in the log already, check, number, insert. A sending is known
by ``(client_id, client_seq)``; the unique constraint makes doubles impossible, and ``client_seq`` above the client's
newest is known not to be one without asking. Acknowledgement and broadcast are the caller's, after this returns.
What of an operation is private (storming.workshop.drafts) becomes drafts, and never gets into the log.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from storming.document import patches, rights
from storming.document.errors import Refusal
from storming.errors import EpochChanged
from storming.models import Board, DraftSending, Operation, TypeLink
from storming.state import BoardState, Entry
from storming.workshop.drafts import Changes, Parted, Parting
from workspaces.access import Actor
from workspaces.errors import NotFound

UNDO_LOOKS_BACK = 20_000  # operations of others that an undo is held against, the newest first
Patch = dict[str, dict[str, Any]]  # element id: {property: value}


@dataclass(slots=True)
class Incoming:
    """An operation as sent: the client's number, ``{id: {property: value}}``, and which of its own it takes back."""

    n: int
    patch: Patch
    undo_of: int | None = None


@dataclass(slots=True)
class Batch:
    """Operations of one client. ``by_server`` may set what only the server sets, whatever the workshop's rules are."""

    actor: Actor
    client_id: str
    operations: Sequence[Incoming]
    may_edit: bool = True
    facilitates: bool = True
    by_server: bool = False


@dataclass(slots=True)
class Result:
    """What became of one operation: its number in the log, or why not and the present values of what it touched.

    ``private``: it changed drafts of the sender alone, and has no number. An accepted undo may have a ``restore`` as
    well, for what it had to leave alone. ``deleted`` names elements that it changed although somebody had deleted them.
    """

    n: int
    seq: int | None = None
    refused: Refusal | None = None
    restore: Patch | None = None
    deleted: list[str] = field(default_factory=list)
    private: bool = False

    def as_json(self) -> dict[str, Any]:
        """The shape of docs/board-protocol.md."""
        shown: dict[str, Any] = {"n": self.n}
        if self.seq is not None:
            shown["seq"] = self.seq
        if self.refused is not None:
            shown["refused"] = self.refused.as_json()
        if self.restore is not None:
            shown["restore"] = {"elements": self.restore}
        if self.deleted:
            shown["deleted"] = self.deleted
        if self.private:
            shown["private"] = True
        return shown


@dataclass(slots=True)
class Outcome:
    """Everything the state has learnt (others' operations too, in order), results parallel to the batches, and what
    has changed of people's drafts.
    """

    entries: list[Entry]
    results: list[list[Result]]
    drafts: Changes = field(default_factory=dict)


def apply_operations(state: BoardState, batches: Sequence[Batch]) -> Outcome:
    """Store what may be stored and bring ``state`` up to date.

    Raises NotFound when the board is gone and EpochChanged when its history was replaced; after any exception the
    state must be thrown away.
    """
    with transaction.atomic():
        board = _locked(state)
        entries = state.catch_up(board.seq)
        writing = _Writing(state, board)
        results = [writing.batch(batch) for batch in batches]
        _store(board, writing)
    return Outcome(entries + writing.entries, results, writing.parting.changes)


def _locked(state: BoardState) -> Board:
    rows = Board.objects.select_for_update().only("id", "seq", "epoch", "archived_at", "workshop")
    board = rows.filter(pk=state.board_id).first()
    if board is None:
        raise NotFound
    if board.epoch != state.epoch:
        raise EpochChanged
    return board


def _store(board: Board, writing: "_Writing") -> None:
    writing.parting.store()
    DraftSending.objects.bulk_create(writing.sendings, ignore_conflicts=True)
    if not writing.rows:
        return
    Operation.objects.bulk_create(writing.rows, batch_size=500)
    Board.objects.filter(pk=board.pk).update(seq=writing.rows[-1].seq, edited_at=writing.now)
    for element_id, live in writing.link_life.items():
        TypeLink.objects.filter(board_id=board.pk, element_id=element_id).update(live=live)


class _Writing:
    """One transaction's work on the document."""

    def __init__(self, state: BoardState, board: Board) -> None:
        self.state = state
        self.archived = board.is_archived
        self.rules = rights.Rules.of(board.workshop)
        self.now: datetime = timezone.now()
        self.parting = Parting(state.board_id, silent=bool(board.workshop.get("silent")), now=self.now)
        self.sendings: list[DraftSending] = []
        self._private_here: set[tuple[str, int]] = set()
        self.rows: list[Operation] = []
        self.entries: list[Entry] = []
        self.link_life: dict[str, bool] = {}
        self._here: dict[tuple[str, int], Entry] = {}

    def batch(self, batch: Batch) -> list[Result]:
        stored = self._stored_before(batch)
        return [self._one(batch, operation, stored) for operation in batch.operations]

    def _stored_before(self, batch: Batch) -> dict[int, int | None]:
        """``{client_seq: seq}`` of those that are stored already; None: it changed drafts alone."""
        newest = self.state.newest_of([batch.client_id])[batch.client_id]
        suspects = [operation.n for operation in batch.operations if operation.n <= newest]
        if not suspects:
            return {}
        sent = {"board_id": self.state.board_id, "client_id": batch.client_id, "client_seq__in": suspects}
        private = DraftSending.objects.filter(**sent).values_list("client_seq", flat=True)
        public = Operation.objects.filter(**sent).values_list("client_seq", "seq")
        return {**dict.fromkeys(private), **dict(public)}

    def _one(self, batch: Batch, operation: Incoming, stored: dict[int, int | None]) -> Result:
        here = self._here.get((batch.client_id, operation.n))
        if here is not None:
            return Result(operation.n, seq=here.seq)
        if operation.n in stored or (batch.client_id, operation.n) in self._private_here:
            seq = stored.get(operation.n)
            return Result(operation.n, seq=seq, private=seq is None)
        try:
            return self._number(batch, operation)
        except Refusal as refusal:
            return Result(operation.n, refused=refusal, restore=self._touched(operation.patch))

    def _touched(self, patch: Patch) -> Patch:
        return self.state.document.touched({key: props for key, props in patch.items() if isinstance(props, dict)})

    def _number(self, batch: Batch, operation: Incoming) -> Result:
        self._allow(batch)
        parted = Parted(operation.patch)
        if not batch.by_server:
            parted = self.parting.of(batch.actor, operation.patch, self.state.document.elements)
        if parted.private and not parted.public:
            self.parting.write(batch.actor, parted.private)
            self._note_private(batch, operation)
            return Result(operation.n, private=True)
        result, entry = self._public(batch, operation, parted.public)
        if parted.private:
            self.parting.write(batch.actor, parted.private)
        self._take(batch.actor, entry)
        if parted.placed:
            self.parting.release(batch.actor, parted.placed)
        return result

    def _public(self, batch: Batch, operation: Incoming, patch: Patch) -> tuple[Result, Entry]:
        """What will be stored, once all of it is known to be allowed. Raises Refusal."""
        document, restore = self.state.document, None
        if operation.undo_of is not None:
            patch, restore = self._undo(batch, operation, patch)
        document.check(patch, by_server=batch.by_server)
        if not batch.by_server:
            rights.check(document.elements, patch, rules=self.rules, actor_id=batch.actor.id,
                         facilitates=batch.facilitates, locked_areas=self.state.locked_areas())  # fmt: skip
        deleted = [
            key
            for key, part in patch.items()
            if document.elements.get(key, {}).get("deleted") and "deleted" not in part
        ]
        self._stamp(batch.actor, patch)
        entry = Entry(
            document.seq + 1, batch.actor.id, batch.actor.name, batch.client_id, operation.n, self.now,
            {"elements": patch},
        )  # fmt: skip
        return Result(operation.n, seq=entry.seq, restore=restore, deleted=deleted), entry

    def _note_private(self, batch: Batch, operation: Incoming) -> None:
        client = uuid.UUID(batch.client_id)
        self._private_here.add((batch.client_id, operation.n))
        self.sendings.append(DraftSending(board_id=self.state.board_id, client_id=client, client_seq=operation.n))
        self.state.note_sending(batch.client_id, operation.n)

    def _allow(self, batch: Batch) -> None:
        if not batch.may_edit:
            raise Refusal("forbidden", "You may look at this board, but not change it.")
        if self.archived:
            raise Refusal("archived", "The board is archived.", hint="Restore it to go on.")

    def _undo(self, batch: Batch, operation: Incoming, patch: Patch) -> tuple[Patch, Patch | None]:
        """What of the undo may be done, and the present values of what may not."""
        original = self._place_of_own(batch, operation.undo_of or 0)
        if original is None:
            raise Refusal("undo_unknown", "There is no such operation of yours to take back.")
        allowed = patches.sparing(patch, self._later_by_others(batch.actor, original))
        if not allowed:
            raise Refusal("superseded", "Somebody has changed it since; their work stays.")
        left = {
            key: {name: value for name, value in part.items() if name not in allowed.get(key, {})}
            for key, part in patch.items()
        }
        left = {key: part for key, part in left.items() if part}
        return allowed, self.state.document.touched(left) if left else None

    def _place_of_own(self, batch: Batch, n: int) -> int | None:
        here = self._here.get((batch.client_id, n))
        if here is not None:
            return here.seq
        rows = Operation.objects.filter(board_id=self.state.board_id, client_id=batch.client_id, client_seq=n)
        return rows.filter(actor_id=batch.actor.id).values_list("seq", flat=True).first()

    def _later_by_others(self, actor: Actor, seq: int) -> list[Patch]:
        rows = Operation.objects.filter(board_id=self.state.board_id, seq__gt=seq).exclude(actor_id=actor.id)
        stored = rows.order_by("-seq").values_list("patch", flat=True)[:UNDO_LOOKS_BACK]
        here = [entry.patch for entry in self.entries if entry.seq > seq and entry.actor_id != actor.id]
        return [patch["elements"] for patch in [*stored, *here]]

    def _stamp(self, actor: Actor, patch: Patch) -> None:
        for element_id, properties in patch.items():
            if element_id not in self.state.document.elements:
                properties.setdefault("created_by", actor.id)
                properties.setdefault("created_at", self.now.isoformat(timespec="milliseconds"))

    def _take(self, actor: Actor, entry: Entry) -> None:
        self.state.take(entry)
        self.entries.append(entry)
        self._here[entry.client_id, entry.n] = entry
        for element_id, properties in entry.patch["elements"].items():
            if "deleted" in properties and element_id in self.state.type_ids:
                self.link_life[element_id] = not properties["deleted"]
        self.rows.append(
            Operation(
                board_id=self.state.board_id,
                seq=entry.seq,
                actor_kind=actor.kind,
                actor_id=actor.id,
                actor_name=actor.name,
                client_id=uuid.UUID(entry.client_id),
                client_seq=entry.n,
                at=entry.at,
                patch=entry.patch,
            )
        )
