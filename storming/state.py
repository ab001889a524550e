"""A board's log read into memory: the document and what is needed to go on from it.

State lives as long as its room (or one action). It may be thrown away at any time; ``load`` makes it again from the
newest snapshot and the operations after it.
"""

import uuid
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Max

from storming.document.document import Document
from storming.document.elements import Element, Limits
from storming.document.notation import class_of
from storming.models import Board, DraftSending, Operation, Snapshot
from workspaces.errors import NotFound

OPERATIONS_PER_READ = 1_000
KNOWN_CLIENTS_MAX = 10_000
SNAPSHOT_EVERY = 500


@dataclass(frozen=True, slots=True)
class Entry:
    """One numbered operation, as everybody gets it. ``patch`` is ``{"elements": {...}}``."""

    seq: int
    actor_id: str
    actor_name: str
    client_id: str
    n: int
    at: datetime
    patch: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        """The shape of docs/board-protocol.md."""
        return {
            "seq": self.seq,
            "actor": {"id": self.actor_id, "name": self.actor_name},
            "client_id": self.client_id,
            "n": self.n,
            "at": self.at,
            "patch": self.patch,
        }


class BoardState:
    """The document of one board, up to ``document.seq``. Not thread-safe."""

    def __init__(self, board_id: uuid.UUID, epoch: uuid.UUID, document: Document, snapshot_seq: int) -> None:
        self.board_id = board_id
        self.epoch = epoch
        self.document = document
        self.snapshot_seq = snapshot_seq
        self.type_ids: dict[str, str] = {}  # element id: type id
        self._newest: dict[str, int] = {}  # client id: highest client_seq in the log or among drafts
        self._locked: set[str] = set()  # areas that are, or once were, locked
        self._note_types(document.elements)

    @classmethod
    def load(cls, board_id: uuid.UUID) -> "BoardState":
        """From the newest readable snapshot and the operations after it. Raises NotFound."""
        board = Board.objects.only("epoch", "seq").filter(pk=board_id).first()
        if board is None:
            raise NotFound
        document, snapshot_seq = document_before(board_id, board.seq)
        state = cls(board_id, board.epoch, document, snapshot_seq)
        state.catch_up(board.seq)
        return state

    def catch_up(self, seq: int) -> list[Entry]:
        """Apply the operations that others have stored, up to ``seq``, and give them."""
        missed: list[Entry] = []
        while self.document.seq < seq:
            entries = operations_after(self.board_id, self.document.seq, count=OPERATIONS_PER_READ, until=seq)
            if not entries:
                raise RuntimeError(f"board {self.board_id}: operation {self.document.seq + 1} is missing")
            for entry in entries:
                self.take(entry)
            missed += entries
        return missed

    def take(self, entry: Entry) -> None:
        """Apply the next operation."""
        self.document.apply(entry.seq, entry.patch["elements"], author=(entry.actor_id, entry.actor_name))
        self._note_types(entry.patch["elements"])
        self.note_sending(entry.client_id, entry.n)

    def note_sending(self, client_id: str, n: int) -> None:
        """This client's operation ``n`` is stored."""
        newest = self._newest.get(client_id)
        if newest is not None and n > newest:
            self._newest[client_id] = n

    def look_again(self, client_id: str) -> None:
        """Somebody comes back: another process may have stored drafts of theirs."""
        self._newest.pop(client_id, None)

    def locked_areas(self) -> dict[str, Element]:
        """Lanes, frames and other areas that are locked now."""
        elements = self.document.elements
        found = {key: elements[key] for key in self._locked}
        return {key: area for key, area in found.items() if area.get("locked") and not area.get("deleted")}

    def newest_of(self, client_ids: Iterable[str]) -> dict[str, int]:
        """The highest client_seq in the log per client, 0 for none. Up to date when the document is."""
        wanted = set(client_ids)
        unknown = [client_id for client_id in wanted if client_id not in self._newest]
        if unknown:
            if len(self._newest) > KNOWN_CLIENTS_MAX:
                self._newest = {key: value for key, value in self._newest.items() if key in wanted}
            operations = Operation.objects.filter(board_id=self.board_id, client_id__in=unknown)
            drafts = DraftSending.objects.filter(board_id=self.board_id, client_id__in=unknown)
            self._newest |= dict.fromkeys(unknown, 0)
            for sent in (operations, drafts):
                found = sent.order_by().values_list("client_id").annotate(Max("client_seq"))
                self._newest |= {str(key): max(highest, self._newest[str(key)]) for key, highest in found}
        return {client_id: self._newest[client_id] for client_id in wanted}

    def linked_type_ids(self) -> set[str]:
        """Ids of the message types that live notes name."""
        elements = self.document.elements
        return {type_id for element_id, type_id in self.type_ids.items() if not elements[element_id].get("deleted")}

    def _note_types(self, patch: dict[str, dict[str, Any]]) -> None:
        for element_id, properties in patch.items():
            if "locked" in properties and class_of(self.document.elements[element_id].get("kind", "")) == "area":
                self._locked.add(element_id)
            if "type_id" not in properties:
                continue
            if properties["type_id"]:
                self.type_ids[element_id] = properties["type_id"]
            else:
                self.type_ids.pop(element_id, None)

    def save_snapshot(self) -> None:
        """Keep the present elements, so that the next load is short."""
        if self.snapshot_seq == self.document.seq:
            return
        keep_snapshot(self.board_id, self.document)
        self.snapshot_seq = self.document.seq

    @property
    def snapshot_is_due(self) -> bool:
        """Whether enough has happened since the last snapshot."""
        return self.document.seq - self.snapshot_seq >= SNAPSHOT_EVERY


def operations_after(board_id: uuid.UUID, seq: int, *, count: int, until: int | None = None) -> list[Entry]:
    """At most ``count`` operations numbered above ``seq``, in order and without gaps."""
    found = Operation.objects.filter(board_id=board_id, seq__gt=seq)
    if until is not None:
        found = found.filter(seq__lte=until)
    fields = ("seq", "actor_id", "actor_name", "client_id", "client_seq", "at", "patch")
    rows: Any = found.order_by("seq").values_list(*fields)[:count]
    return [Entry(number, actor, name, str(client), n, at, patch) for number, actor, name, client, n, at, patch in rows]


def keep_snapshot(board_id: uuid.UUID, document: Document) -> None:
    """Store the document, unless its seq has a snapshot."""
    data = zlib.compress(document.encode(), 6)
    Snapshot.objects.get_or_create(board_id=board_id, seq=document.seq, defaults={"elements": data})


def board_limits() -> Limits:
    """The document's limits, as the settings say."""
    live_max = settings.BOARD_ELEMENTS_MAX
    return Limits(live_elements_max=live_max, all_elements_max=5 * live_max)


def document_before(board_id: uuid.UUID, seq: int) -> tuple[Document, int]:
    """The newest snapshot that is not past ``seq`` as a document, and its seq; an empty one when there is none."""
    snapshot = Snapshot.objects.filter(board_id=board_id, seq__lte=seq).order_by("-seq").first()
    if snapshot is None:
        return Document(limits=board_limits()), 0
    data = zlib.decompress(bytes(snapshot.elements))
    return Document.decode(data, seq=snapshot.seq, limits=board_limits()), snapshot.seq
