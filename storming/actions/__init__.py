"""Writes of the boards' floor: one verb a function, check, write, then notify."""

from storming.actions.boards import (
    archive_board,
    create_board,
    delete_board,
    destroy_board,
    duplicate_board,
    rename_board,
    restore_board,
    undelete_board,
    write_as_server,
)
from storming.actions.derived import refresh_derived
from storming.actions.operations import Batch, Incoming, Outcome, Result, apply_operations
from storming.actions.promotion import NewType, link_note_to_type, promote_note, unlink_note
from storming.actions.sharing import revoke_guest_link, share_board

__all__ = [
    "Batch",
    "Incoming",
    "NewType",
    "Outcome",
    "Result",
    "apply_operations",
    "archive_board",
    "create_board",
    "delete_board",
    "destroy_board",
    "duplicate_board",
    "link_note_to_type",
    "promote_note",
    "refresh_derived",
    "rename_board",
    "restore_board",
    "revoke_guest_link",
    "share_board",
    "undelete_board",
    "unlink_note",
    "write_as_server",
]
