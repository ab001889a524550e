"""Writes about a board's past: naming a moment, renaming and forgetting the name."""

import uuid

from storming import queries
from storming.models import Board
from storming.past.models import BoardVersion
from storming.past.queries import version_of
from workspaces.access import Access, Permission
from workspaces.errors import Invalid, LimitReached

VERSIONS_MAX = 200
NAME_CHARS_MAX = 120


def name_version(access: Access, *, board_id: uuid.UUID, name: str, seq: int | None = None) -> BoardVersion:
    """Give the board as it was after ``seq`` (None: as it is now) a name. Raises Invalid (place), LimitReached."""
    access.require(Permission.BOARD_EDIT, board_id=board_id)
    board = queries.board_of(access, board_id)
    moment = board.seq if seq is None else seq
    if not 0 <= moment <= board.seq:
        raise Invalid(f"The board has the operations 1 to {board.seq}.", place="seq")
    if board.versions.count() >= VERSIONS_MAX:
        raise LimitReached(f"A board has at most {VERSIONS_MAX} named versions.", hint="Forget some first.")
    actor = access.actor
    return board.versions.create(seq=moment, name=_name(name), by_id=actor.id, by_name=actor.name[:80])


def rename_version(access: Access, *, board_id: uuid.UUID, version_id: uuid.UUID, name: str) -> BoardVersion:
    """Another name. Raises Invalid (place name), NotFound."""
    version = _version(access, board_id, version_id)
    version.name = _name(name)
    version.save(update_fields=["name"])
    return version


def forget_version(access: Access, *, board_id: uuid.UUID, version_id: uuid.UUID) -> None:
    """The name goes; the moment stays in the log."""
    _version(access, board_id, version_id).delete()


def _version(access: Access, board_id: uuid.UUID, version_id: uuid.UUID) -> BoardVersion:
    access.require(Permission.BOARD_EDIT, board_id=board_id)
    board: Board = queries.board_of(access, board_id)
    version = version_of(access, board, version_id)
    if version.by_id != access.actor.id:
        access.require(Permission.BOARD_MANAGE, board_id=board_id)
    return version


def _name(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > NAME_CHARS_MAX:
        raise Invalid(f"A version needs a name of at most {NAME_CHARS_MAX} characters.", place="name")
    return name
