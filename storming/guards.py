"""Whether somebody may be on a board, asked once at the door and again while they stay."""

import uuid
from importlib import import_module
from types import SimpleNamespace
from typing import Any, cast

from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest

from workspaces.access import GUESTS_IN_SESSION, Access, Permission, Principal, access_to
from workspaces.errors import FactstormError, NotFound
from workspaces.models import Person


def enter_board(principal: Principal, slug: str, board_id: uuid.UUID) -> Access:
    """Access to a board that exists. Raises NotSignedIn, NotFound, Forbidden."""
    access = access_to(principal=principal, workspace_slug=slug, need=Permission.BOARD_VIEW, board_id=board_id)
    if not access.workspace.boards.filter(pk=board_id).exists():
        raise NotFound
    return access


def present_access(principal: Principal, session_key: str | None, slug: str, board_id: uuid.UUID) -> Access | None:
    """The access that the same asker has now, or None: signed out, removed, link revoked or expired."""
    try:
        return enter_board(_present(principal, session_key), slug, board_id)
    except FactstormError:
        return None


def _present(principal: Principal, session_key: str | None) -> Principal:
    """The principal as the session says now; without a session (an API client), as the database says."""
    if session_key is not None:
        store: Any = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
        user = get_user(cast(HttpRequest, SimpleNamespace(session=store)))
        person = user if isinstance(user, Person) and user.is_active else None
        return Principal(person=person, guest_ids=dict(store.get(GUESTS_IN_SESSION, {})))
    if principal.person is not None:
        person = Person.objects.filter(pk=principal.person.pk, is_active=True).first()
        return Principal(person=person, guest_ids=principal.guest_ids)
    return principal
