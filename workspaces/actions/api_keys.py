"""API keys for services."""

import secrets
import uuid
from collections.abc import Sequence

from django.conf import settings
from django.utils import timezone

from workspaces.access import Access, Permission
from workspaces.errors import Invalid, LimitReached, NotFound
from workspaces.key_revocations import key_revoked
from workspaces.models import ApiKey, Scope, digest, new_token


def create_api_key(
    access: Access, *, name: str, scopes: Sequence[str], stream_names: Sequence[str] | None = None
) -> tuple[ApiKey, str]:
    """A key and its full text ``fs_<prefix>_<secret>``, which is not stored: show it now.

    ``stream_names`` None means every stream. Raises Invalid with ``place`` name, scopes or streams.
    """
    access.require(Permission.WORKSPACE_MANAGE)
    if not name.strip():
        raise Invalid("Say which service the key is for.", place="name")
    if not scopes or any(scope not in Scope.values for scope in scopes):
        raise Invalid("Choose at least one scope.", place="scopes")
    if stream_names is not None and not stream_names:
        raise Invalid("Choose at least one stream, or allow all.", place="streams")
    if access.workspace.api_keys.filter(revoked_at=None).count() >= settings.KEYS_PER_WORKSPACE_MAX:
        raise LimitReached(f"A workspace has at most {settings.KEYS_PER_WORKSPACE_MAX} live keys.")
    prefix = secrets.token_hex(4)
    text = f"fs_{prefix}_{new_token()}"
    key = ApiKey.objects.create(
        workspace=access.workspace,
        name=name.strip()[:80],
        prefix=prefix,
        token_digest=digest(text),
        scopes=sorted(set(scopes)),
        stream_names=None if stream_names is None else sorted(set(stream_names)),
        created_by=access.person,
    )
    return key, text


def revoke_api_key(access: Access, *, key_id: uuid.UUID | str) -> None:
    """The key stops working at once."""
    access.require(Permission.WORKSPACE_MANAGE)
    changed = access.workspace.api_keys.filter(pk=key_id, revoked_at=None).update(revoked_at=timezone.now())
    if not changed:
        raise NotFound
    key_revoked(key_id)
