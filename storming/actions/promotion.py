"""Promotion: a note becomes a message type, or is linked to one that exists.

The note's ``type_id`` is set by an operation like any other, signed by who did it; type, link and operation are one
transaction.
"""

import uuid
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from eventcatalog.actions import register_type
from eventcatalog.models import MessageType
from storming import queries
from storming.actions.boards import write_as_server
from storming.document.notation import NOTE_KINDS, promotes_to
from storming.errors import AlreadyPromoted
from storming.models import Board, TypeLink
from storming.state import BoardState
from workspaces.access import Access, Permission
from workspaces.errors import Conflict, Invalid, NotFound


@dataclass(frozen=True, slots=True)
class NewType:
    """What the person says of the type; its kind is the note's. ``schema`` is JSON text or a document."""

    name: str
    schema: str | dict[str, Any] | bool
    title: str = ""
    description: str = ""
    context: str | None = None
    domain: str | None = None
    owner: str | None = None
    stream_name: str | None = None
    tags: tuple[str, ...] = ()
    example: Any = None
    notes: str = ""


def promote_note(access: Access, *, board_id: uuid.UUID, element_id: str, new: NewType) -> MessageType:
    """Register the type that the note names, as version 1.0.0, and link the note to it.

    Raises NotFound, Forbidden, Invalid, AlreadyPromoted, Conflict (the note was deleted), and what register_type does.
    """
    access.require(Permission.CATALOG_WRITE)
    board = _writable(access, board_id)
    with transaction.atomic():
        state, element = _locked_note(board, element_id)
        message_type = register_type(
            access,
            kind=_kind_of(element),
            name=new.name,
            schema=new.schema,
            title=new.title or " ".join(element.get("text", "").split())[:200],
            description=new.description,
            context=new.context or None,
            domain=new.domain or None,
            owner=new.owner or None,
            stream_name=new.stream_name,
            tags=new.tags,
            example=new.example,
            notes=new.notes,
        )
        _link(access, state, element_id, message_type)
    return message_type


def link_note_to_type(access: Access, *, board_id: uuid.UUID, element_id: str, type_id: uuid.UUID) -> MessageType:
    """Let a note name a type of the catalog. Raises NotFound, Forbidden, Invalid (kinds differ), AlreadyPromoted."""
    access.require(Permission.CATALOG_VIEW)
    board = _writable(access, board_id)
    message_type = access.workspace.message_types.filter(pk=type_id).first()
    if message_type is None:
        raise NotFound
    with transaction.atomic():
        state, element = _locked_note(board, element_id)
        kind = _kind_of(element)
        if message_type.kind != kind:
            raise Invalid(
                f"{message_type.name} is a {message_type.kind}, and this note stands for a {kind}.",
                hint="Change the note's kind first, or choose another type.",
                place="type_id",
            )
        _link(access, state, element_id, message_type)
    return message_type


def unlink_note(access: Access, *, board_id: uuid.UUID, element_id: str) -> None:
    """The note no longer names a type; the type stays in the catalog. Raises NotFound when it named none."""
    board = _writable(access, board_id)
    with transaction.atomic():
        Board.objects.select_for_update().get(pk=board.pk)
        state = BoardState.load(board.pk)
        if element_id not in state.type_ids:
            raise NotFound
        write_as_server(state, access.actor, {element_id: {"type_id": None}})
        TypeLink.objects.filter(board=board, element_id=element_id).delete()


def _writable(access: Access, board_id: uuid.UUID) -> Board:
    access.require(Permission.BOARD_EDIT, board_id=board_id)
    return queries.board_of(access, board_id)


def _locked_note(board: Board, element_id: str) -> tuple[BoardState, dict[str, Any]]:
    """The state under the board's row lock, and a live note that names no type yet."""
    Board.objects.select_for_update().get(pk=board.pk)
    state = BoardState.load(board.pk)
    element = state.document.elements.get(element_id)
    if element is None:
        raise NotFound
    if element.get("deleted"):
        raise Conflict("Somebody has deleted this note.", hint="Bring it back first.", code="note_deleted")
    if element.get("type_id"):
        raise AlreadyPromoted(
            "This note names a message type already.", hint="Unlink it first.", type_id=element["type_id"]
        )
    return state, element


def _kind_of(element: dict[str, Any]) -> str:
    kind = promotes_to(element["kind"])
    if kind is None:
        label = NOTE_KINDS[element["kind"]].label if element["kind"] in NOTE_KINDS else element["kind"]
        raise Invalid(
            f"A {label.lower()} does not become a message type.",
            hint="Domain events, commands and read models do.",
            code="not_promotable",
        )
    return kind


def _link(access: Access, state: BoardState, element_id: str, message_type: MessageType) -> None:
    write_as_server(state, access.actor, {element_id: {"type_id": str(message_type.pk)}})
    actor = access.actor
    TypeLink.objects.update_or_create(
        board_id=state.board_id,
        element_id=element_id,
        defaults={
            "message_type": message_type,
            "live": True,
            "linked_by_kind": actor.kind,
            "linked_by_id": actor.id,
            "linked_by_name": actor.name[:80],
        },
    )
