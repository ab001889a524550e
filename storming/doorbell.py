"""The doorbell: says that a board has grown, or that somebody's access or the workshop has changed, never what. At most
once is fine.

Rooms of this process are told directly, those of other processes through the channel layer (group ``board.<id>``).
Whoever hears it reads the database; whoever misses it polls.
"""

import uuid
from collections.abc import Callable

from django.conf import settings
from django.db import transaction

from workspaces.ear import ring_from_thread

GREW, ACCESS, NAMED, WORKSHOP = "board.grew", "board.access", "board.named", "board.workshop"
Listener = Callable[[uuid.UUID, str], None]
listeners: set[Listener] = set()


def group_name(board_id: uuid.UUID | str) -> str:
    """The channel-layer group of a board."""
    return f"board.{board_id}"


def ring_after_commit(board_id: uuid.UUID, what: str = GREW) -> None:
    """Ring once the running transaction is committed."""
    transaction.on_commit(lambda: ring(board_id, what))


def ring(board_id: uuid.UUID, what: str = GREW) -> None:
    """Tell every process's room, from synchronous code."""
    for listener in list(listeners):
        listener(board_id, what)
    if settings.REDIS_URL:
        ring_from_thread(group_name(board_id), {"type": what, "board": str(board_id)})
