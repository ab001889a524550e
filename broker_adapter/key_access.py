"""Access of API callers. A key's access is remembered for a few seconds, so that a busy service costs no queries.

Revocation in this process takes effect at once (workspaces.key_revocations), elsewhere within REMEMBER_S. People's
access (session) is never remembered.
"""

import threading
import time
from typing import Any

from asgiref.sync import sync_to_async
from django.http import HttpRequest
from rest_framework.authentication import CSRFCheck

from workspaces.access import Access, Permission, Principal, access_to, principal_from_request, principal_from_scope
from workspaces.errors import Forbidden
from workspaces.key_revocations import on_key_revoked
from workspaces.models import digest

REMEMBER_S = 3.0
REMEMBER_MAX = 10_000
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
_remembered: dict[tuple[str, str], tuple[float, Access]] = {}
_lock = threading.Lock()


async def access_for(request: HttpRequest, workspace: str, *, need: Permission, stream: str | None = None) -> Access:
    """The caller's access once ``need`` is granted; a session's unsafe request needs the CSRF token too.

    Raises NotSignedIn, NotFound, Forbidden.
    """
    known = _known(request.headers.get("Authorization", ""), workspace)
    if known is not None:
        known.require(need, stream=stream)
        return known
    return await _ask(request, workspace, need, stream)


def _known(authorization: str, workspace: str) -> Access | None:
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer":
        return None
    found = _remembered.get((digest(token.strip()), workspace))
    return found[1] if found is not None and found[0] > time.monotonic() else None


async def access_by_key(scope: Any, workspace: str, *, need: Permission, stream: str | None = None) -> Access:
    """The same for an ASGI scope that carries a bearer key. Raises NotSignedIn, NotFound, Forbidden."""
    headers = dict(scope.get("headers", ()))
    known = _known(headers.get(b"authorization", b"").decode("latin1"), workspace)
    if known is not None:
        known.require(need, stream=stream)
        return known
    return await _ask_scope(scope, workspace, need, stream)


@sync_to_async
def _ask_scope(scope: Any, workspace: str, need: Permission, stream: str | None) -> Access:
    principal = principal_from_scope({"headers": scope["headers"]})
    return _remember(principal, access_to(principal=principal, workspace_slug=workspace, need=need, stream=stream))


@sync_to_async
def _ask(request: HttpRequest, workspace: str, need: Permission, stream: str | None) -> Access:
    principal = principal_from_request(request)
    access = access_to(principal=principal, workspace_slug=workspace, need=need, stream=stream)
    if principal.api_key is None:
        _check_csrf(request)
        return access
    return _remember(principal, access)


def _remember(principal: Principal, access: Access) -> Access:
    if principal.api_key is not None:
        with _lock:
            if len(_remembered) >= REMEMBER_MAX:
                _remembered.clear()
            key = (principal.api_key.token_digest, access.workspace.slug)
            _remembered[key] = (time.monotonic() + REMEMBER_S, access)
    return access


def _check_csrf(request: Any) -> None:
    if request.method in SAFE_METHODS:
        return
    request.csrf_processing_done = False  # the view is exempt, for keys; sessions are checked here
    check = CSRFCheck(lambda _: None)  # type: ignore[arg-type,return-value]
    check.process_request(request)
    reason = check.process_view(request, None, (), {})  # type: ignore[arg-type]
    if reason:
        raise Forbidden(
            f"The CSRF check failed: {reason}.",
            hint="Reload the page, send X-CSRFToken, or use an API key.",
            code="csrf",
        )


def forget_key(key_id: object) -> None:
    """The key was revoked."""
    with _lock:
        for kept in [kept for kept, (_, access) in _remembered.items() if access.actor.id == str(key_id)]:
            del _remembered[kept]


on_key_revoked(forget_key)
