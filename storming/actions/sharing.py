"""Guest links to a board: made and revoked on the ground floor; here the board is checked and its room told."""

import uuid

from storming import doorbell, queries
from workspaces.access import Access, Permission
from workspaces.actions import revoke_guest_link as revoke_link
from workspaces.actions import share_board as share
from workspaces.errors import NotFound
from workspaces.models import GuestLink


def share_board(
    access: Access, *, board_id: uuid.UUID, role: str, days: int = 7, label: str = ""
) -> tuple[GuestLink, str]:
    """A guest link and its token, which is shown now or never. Raises Invalid (place role or days), NotFound."""
    board = queries.board_of(access, board_id)
    return share(access, board_id=board.pk, role=role, days=days, label=label.strip())


def revoke_guest_link(access: Access, *, board_id: uuid.UUID, link_id: uuid.UUID) -> None:
    """End a link of this board; guests who came by it are sent out at once."""
    access.require(Permission.BOARD_MANAGE, board_id=board_id)
    if not access.workspace.guest_links.filter(pk=link_id, board_id=board_id).exists():
        raise NotFound
    revoke_link(access, link_id=link_id)
    doorbell.ring_after_commit(board_id, doorbell.ACCESS)
