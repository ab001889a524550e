"""Guest links: one board, a name, no account."""

import uuid
from datetime import timedelta

from django.contrib.sessions.backends.base import SessionBase
from django.utils import timezone

from workspaces.access import GUESTS_IN_SESSION, Access, Permission
from workspaces.errors import Invalid, LimitReached, NotFound
from workspaces.models import Guest, GuestLink, Role, digest, new_token

GUEST_ROLES = (Role.VIEWER, Role.PARTICIPANT)
GUEST_LINK_DAYS_MAX = 90
GUESTS_PER_LINK_MAX = 1000


def share_board(
    access: Access, *, board_id: uuid.UUID, role: str, days: int = 7, label: str = ""
) -> tuple[GuestLink, str]:
    """A guest link and its token, which is not stored: show it now. The caller has checked that the board is here."""
    access.require(Permission.BOARD_MANAGE, board_id=board_id)
    if role not in GUEST_ROLES:
        raise Invalid("Guests can be participants or viewers.", place="role")
    if not 1 <= days <= GUEST_LINK_DAYS_MAX:
        raise Invalid(f"A guest link lasts 1 to {GUEST_LINK_DAYS_MAX} days.", place="days")
    token = new_token()
    link = GuestLink.objects.create(
        workspace=access.workspace,
        board_id=board_id,
        token_digest=digest(token),
        role=role,
        label=label[:120],
        created_by=access.person,
        expires_at=timezone.now() + timedelta(days=days),
    )
    return link, token


def find_guest_link(token: str) -> GuestLink:
    """The live link behind a token. Raises NotFound for unknown, expired and revoked ones alike."""
    found = GuestLink.objects.select_related("workspace").filter(token_digest=digest(token)).first()
    if found is None or not found.is_live:
        raise NotFound
    return found


def enter_as_guest(session: SessionBase, *, token: str, name: str) -> Guest:
    """Give this session's holder a name on the link's board."""
    link = find_guest_link(token)
    name = name.strip()
    if not name or len(name) > 80:
        raise Invalid("Please say your name, in at most 80 characters.", place="name")
    if link.guests.count() >= GUESTS_PER_LINK_MAX:
        raise LimitReached(f"{GUESTS_PER_LINK_MAX} guests have used this link.", hint="Ask for a new one.")
    guest = Guest.objects.create(link=link, name=name)
    session[GUESTS_IN_SESSION] = {**session.get(GUESTS_IN_SESSION, {}), str(link.board_id): str(guest.id)}
    return guest


def revoke_guest_link(access: Access, *, link_id: uuid.UUID | str) -> None:
    """End a link and everybody's access by it."""
    access.require(Permission.BOARD_MANAGE)
    changed = access.workspace.guest_links.filter(pk=link_id, revoked_at=None).update(revoked_at=timezone.now())
    if not changed:
        raise NotFound
