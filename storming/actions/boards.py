"""Boards: create, rename, archive, restore, duplicate."""

import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import msgspec
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from storming import doorbell, queries, starters
from storming.actions.derived import refresh_derived
from storming.actions.operations import Batch, Incoming, Patch, apply_operations
from storming.document.document import packed
from storming.document.notation import CONNECTOR, FORMATS, REACTION, REMARK
from storming.errors import NoteRefused
from storming.models import Board, TypeLink
from storming.past.queries import elements_at
from storming.state import BoardState
from workspaces.access import Access, Actor, Permission
from workspaces.errors import Invalid, LimitReached, NotFound

NAME_CHARS_MAX = 120
COPY_BYTES_MAX = 200_000


def create_board(
    access: Access, *, name: str, format: str = "big_picture", starter: str = "empty", source: uuid.UUID | None = None
) -> Board:
    """A board: empty, with the format's example or template, or (``source``) with what is on another board.

    Raises Invalid (place name, format or starter), LimitReached, NotFound (the source).
    """
    access.require(Permission.BOARD_MANAGE)
    if source is not None:
        return duplicate_board(access, board_id=source, name=name)
    if format not in FORMATS:
        raise Invalid("There is no such format.", place="format")
    if starter not in starters.STARTERS:
        raise Invalid("There is no such template.", place="starter")
    name = _name(name)
    with transaction.atomic():
        board = _new(access, name, format)
        patch = starters.patch_of(starter, format)
        state = BoardState.load(board.pk)
        if patch:
            write_as_server(state, access.actor, patch)
        refresh_derived(state)
    board.refresh_from_db()
    return board


def rename_board(access: Access, *, board_id: uuid.UUID, name: str) -> Board:
    """Another name; the address stays. Raises Invalid (place name)."""
    access.require(Permission.BOARD_MANAGE, board_id=board_id)
    board = queries.board_of(access, board_id)
    board.name = _name(name)
    with transaction.atomic():
        board.save(update_fields=["name"])
        doorbell.ring_after_commit(board.pk, doorbell.NAMED)
    return board


def archive_board(access: Access, *, board_id: uuid.UUID) -> Board:
    """Out of the list and read-only, nothing is lost; whoever is on it is told."""
    return _archive(access, board_id, archive=True)


def restore_board(access: Access, *, board_id: uuid.UUID) -> Board:
    """Back into the list, and writable again."""
    return _archive(access, board_id, archive=False)


def delete_board(access: Access, *, board_id: uuid.UUID) -> Board:
    """Out of sight for everybody; it can be brought back for DELETED_KEPT_DAYS, then it is gone for good.

    Boards of the workspace whose time is over are swept away here.
    """
    access.require(Permission.BOARD_MANAGE, board_id=board_id)
    board = queries.board_of(access, board_id)
    board.deleted_at, board.deleted_by_name = timezone.now(), access.actor.name[:80]
    with transaction.atomic():
        board.save(update_fields=["deleted_at", "deleted_by_name"])
        over = timezone.now() - timedelta(days=settings.BOARDS_DELETED_KEPT_DAYS)
        Board.everything.filter(workspace=access.workspace, deleted_at__lt=over).delete()
        doorbell.ring_after_commit(board.pk, doorbell.ACCESS)
    return board


def undelete_board(access: Access, *, board_id: uuid.UUID) -> Board:
    """Back where it was: in the list or in the archive. Raises NotFound."""
    access.require(Permission.BOARD_MANAGE, board_id=board_id)
    board = queries.deleted_boards(access).filter(pk=board_id).first()
    if board is None:
        raise NotFound
    board.deleted_at, board.deleted_by_name = None, ""
    board.save(update_fields=["deleted_at", "deleted_by_name"])
    return board


def destroy_board(access: Access, *, board_id: uuid.UUID) -> None:
    """A deleted board is gone for good, with its history. Raises NotFound."""
    access.require(Permission.BOARD_MANAGE, board_id=board_id)
    board = queries.deleted_boards(access).filter(pk=board_id).first()
    if board is None:
        raise NotFound
    board.delete()


def duplicate_board(access: Access, *, board_id: uuid.UUID, name: str = "", seq: int | None = None) -> Board:
    """A copy of what is on the board now (or was after operation ``seq``), with its links to types, but without its
    history and guest links. Raises NotFound (board or moment), LimitReached.
    """
    access.require(Permission.BOARD_MANAGE, board_id=board_id)
    source = queries.board_of(access, board_id)
    with transaction.atomic():
        seen = queries.visible_elements(access, source) if seq is None else elements_at(access, source, seq)
        live = {key: element for key, element in seen.items() if not element.get("deleted")}
        links = _links_of(source, live)
        linked = {link.element_id for link in links}
        live = {key: element if key in linked else _unlinked(element) for key, element in live.items()}
        copy = _new(access, _name(name or f"{source.name[: NAME_CHARS_MAX - 7]} (copy)"), source.format)
        state = BoardState.load(copy.pk)
        for patch in in_pieces(live):
            write_as_server(state, access.actor, patch)
        TypeLink.objects.bulk_create([_copy_of(link, copy) for link in links], batch_size=500)
        state.save_snapshot()
        refresh_derived(state)
    copy.refresh_from_db()
    return copy


def write_as_server(state: BoardState, actor: Actor, patch: Patch) -> None:
    """One operation that may set what only the server sets, signed by ``actor``. Raises NoteRefused."""
    batch = Batch(actor, str(uuid.uuid4()), [Incoming(1, patch)], by_server=True)
    [[result]] = apply_operations(state, [batch]).results
    if result.refused is not None:
        refusal = result.refused
        raise NoteRefused(refusal.message, hint=refusal.hint, code=refusal.code, place=refusal.place)
    doorbell.ring_after_commit(state.board_id)


def _new(access: Access, name: str, board_format: str) -> Board:
    boards = access.workspace.boards
    if boards.filter(archived_at=None).count() >= settings.BOARDS_PER_WORKSPACE_MAX:
        raise LimitReached(
            f"A workspace has at most {settings.BOARDS_PER_WORKSPACE_MAX} boards.", hint="Archive some first."
        )
    actor = access.actor
    return boards.create(
        name=name,
        format=board_format,
        created_by_kind=actor.kind,
        created_by_id=actor.id,
        created_by_name=actor.name[:80],
    )


def _archive(access: Access, board_id: uuid.UUID, *, archive: bool) -> Board:
    access.require(Permission.BOARD_MANAGE, board_id=board_id)
    board = queries.board_of(access, board_id)
    board.archived_at = timezone.now() if archive else None
    with transaction.atomic():
        board.save(update_fields=["archived_at"])
        doorbell.ring_after_commit(board.pk, doorbell.ACCESS)
    return board


def _name(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > NAME_CHARS_MAX:
        raise Invalid(f"A board needs a name of at most {NAME_CHARS_MAX} characters.", place="name")
    return name


def in_pieces(live: dict[str, dict[str, Any]]) -> Iterator[Patch]:
    """The elements in operations of bounded size; what hangs on others last, and only where these are there."""
    hanging = {CONNECTOR: ("from", "to"), REMARK: ("on",), REACTION: ("on",)}
    keys = [key for key, element in live.items() if element["kind"] not in hanging]
    for kind, ends in hanging.items():
        some = ((key, element) for key, element in live.items() if element["kind"] == kind)
        keys += [key for key, element in some if all(element[end] in live for end in ends)]
    at = 0
    for group in packed((msgspec.json.encode(live[key]) for key in keys), COPY_BYTES_MAX):
        yield {key: dict(live[key]) for key in keys[at : at + len(group)]}
        at += len(group)


def _links_of(board: Board, live: dict[str, dict[str, Any]]) -> list[TypeLink]:
    """The links that these elements still have."""
    rows = TypeLink.objects.filter(board=board)
    return [row for row in rows if live.get(row.element_id, {}).get("type_id") == str(row.message_type_id)]


def _unlinked(element: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in element.items() if name != "type_id"}


def _copy_of(link: TypeLink, board: Board) -> TypeLink:
    link.pk, link.board, link.live = None, board, True
    return link
