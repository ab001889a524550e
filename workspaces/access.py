"""Who may do what: the one piece of code that answers, for pages, API and sockets alike.

Rules. Anonymous: a page sends to sign in, the API answers 401, whether or not the thing exists. Somebody outside the
workspace: NotFound, the same as for a thing that does not exist. A member without the permission: Forbidden, in plain
words. A guest sees one board and nothing else; a key sees what its scopes and streams say.
"""

import base64
import binascii
import functools
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any, Concatenate, ParamSpec
from urllib.parse import quote

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from workspaces.errors import Forbidden, NotFound, NotSignedIn
from workspaces.models import ApiKey, Guest, Membership, Person, Role, Scope, Workspace, colour_for, digest

P = ParamSpec("P")
GUESTS_IN_SESSION = "guests"  # session key: {board_id: guest_id}
LAST_USED_EVERY = timedelta(minutes=1)


class Permission(StrEnum):
    """One thing that may be done in a workspace."""

    WORKSPACE_VIEW = "workspace.view"
    WORKSPACE_MANAGE = "workspace.manage"
    BOARD_VIEW = "board.view"
    BOARD_EDIT = "board.edit"
    BOARD_MANAGE = "board.manage"
    CATALOG_VIEW = "catalog.view"
    CATALOG_PROPOSE = "catalog.propose"
    CATALOG_WRITE = "catalog.write"
    STREAM_READ = "stream.read"
    STREAM_APPEND = "stream.append"
    STREAM_MANAGE = "stream.manage"


_SEES = frozenset({Permission.WORKSPACE_VIEW, Permission.BOARD_VIEW, Permission.CATALOG_VIEW, Permission.STREAM_READ})
_TAKES_PART = _SEES | {Permission.BOARD_EDIT, Permission.STREAM_APPEND, Permission.CATALOG_PROPOSE}
_FACILITATES = _TAKES_PART | {Permission.BOARD_MANAGE, Permission.CATALOG_WRITE, Permission.STREAM_MANAGE}
ROLE_PERMISSIONS: dict[str, frozenset[Permission]] = {
    Role.VIEWER: _SEES,
    Role.PARTICIPANT: _TAKES_PART,
    Role.FACILITATOR: _FACILITATES,
    Role.OWNER: _FACILITATES | {Permission.WORKSPACE_MANAGE},
}
SCOPE_PERMISSIONS: dict[str, frozenset[Permission]] = {
    Scope.APPEND: frozenset({Permission.STREAM_APPEND}),
    Scope.READ: frozenset({Permission.STREAM_READ, Permission.CATALOG_VIEW}),
    Scope.CATALOG_WRITE: frozenset({Permission.CATALOG_VIEW, Permission.CATALOG_PROPOSE, Permission.CATALOG_WRITE}),
}
_GUEST_PERMISSIONS: dict[str, frozenset[Permission]] = {
    Role.VIEWER: frozenset({Permission.BOARD_VIEW}),
    Role.PARTICIPANT: frozenset({Permission.BOARD_VIEW, Permission.BOARD_EDIT}),
    Role.FACILITATOR: frozenset({Permission.BOARD_VIEW, Permission.BOARD_EDIT}),
}
_STREAM_PERMISSIONS = {Permission.STREAM_READ, Permission.STREAM_APPEND, Permission.STREAM_MANAGE}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it, as shown and stored: ``kind`` is person, guest or service; ``id`` is unique within its kind."""

    kind: str
    id: str
    name: str
    colour: str

    @staticmethod
    def of(kind: str, identity: object, name: str) -> "Actor":
        """An actor with the colour that belongs to its id."""
        return Actor(kind, str(identity), name, colour_for(str(identity)))


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is asking, before any workspace is looked at. All empty: anonymous."""

    person: Person | None = None
    guest_ids: dict[str, str] = field(default_factory=dict)
    api_key: ApiKey | None = None
    bad_key: bool = False

    @property
    def is_anonymous(self) -> bool:
        """Nobody we know; a guest is somebody."""
        return self.person is None and self.api_key is None and not self.guest_ids


@dataclass(frozen=True, slots=True)
class Access:
    """What one actor may do in one workspace."""

    workspace: Workspace
    actor: Actor
    permissions: frozenset[Permission]
    role: str = ""
    person: Person | None = None
    board_id: uuid.UUID | None = None
    stream_names: frozenset[str] | None = None

    def can(
        self, permission: Permission, *, board_id: uuid.UUID | str | None = None, stream: str | None = None
    ) -> bool:
        """Whether this is allowed, on that board or stream when one is named."""
        return permission in self.permissions and self._reaches(permission, board_id, stream)

    def require(
        self, permission: Permission, *, board_id: uuid.UUID | str | None = None, stream: str | None = None
    ) -> None:
        """Raise NotFound for what the actor must not learn of, Forbidden for what it may see but not do."""
        if not self._reaches(permission, board_id, stream):
            raise NotFound
        if permission in self.permissions:
            return
        if self.board_id is not None and permission not in (Permission.BOARD_EDIT, Permission.BOARD_MANAGE):
            raise NotFound
        raise Forbidden(_refusal(self, permission), permission=str(permission))

    def _reaches(self, permission: Permission, board_id: uuid.UUID | str | None, stream: str | None) -> bool:
        if self.board_id is not None and (board_id is None or str(board_id) != str(self.board_id)):
            return False
        limited = self.stream_names is not None and permission in _STREAM_PERMISSIONS
        return not (limited and stream is not None and stream not in (self.stream_names or ()))


def _refusal(access: Access, permission: Permission) -> str:
    if access.actor.kind == "service":
        return f"This API key lacks a scope for {permission}."
    return f"A {access.role or 'guest'} may not do this ({permission})."


def principal_from_request(request: HttpRequest) -> Principal:
    """Session, guest session, or ``Authorization: Bearer <key>`` / Basic with the key as password. Cached."""
    cached: Principal | None = getattr(request, "_principal", None)
    if cached is None:
        user = getattr(request, "user", None)
        session = getattr(request, "session", None)
        cached = _principal(request.headers.get("Authorization", ""), user, session)
        request._principal = cached  # type: ignore[attr-defined]
    return cached


def principal_from_scope(scope: Any) -> Principal:
    """The same for a websocket's scope (after AuthMiddlewareStack)."""
    headers = {name.lower(): value for name, value in scope.get("headers", [])}
    return _principal(headers.get(b"authorization", b"").decode("latin1"), scope.get("user"), scope.get("session"))


def _principal(authorization: str, user: Any, session: Any) -> Principal:
    if authorization:
        key = _key_from(authorization)
        return Principal(api_key=key, bad_key=key is None)
    person = user if user is not None and user.is_authenticated else None
    guest_ids = dict(session.get(GUESTS_IN_SESSION, {})) if session is not None else {}
    return Principal(person=person, guest_ids=guest_ids)


def _key_from(authorization: str) -> ApiKey | None:
    scheme, _, rest = authorization.partition(" ")
    token = rest.strip()
    if scheme.lower() == "basic":
        try:
            name, _, password = base64.b64decode(token, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        token = password or name
    elif scheme.lower() != "bearer":
        return None
    key = ApiKey.objects.select_related("workspace").filter(token_digest=digest(token), revoked_at=None).first()
    if key is not None:
        _note_use(key)
    return key


def _note_use(key: ApiKey) -> None:
    """Last-used time, written at most once a minute so that appends don't pay for it."""
    now = timezone.now()
    if key.last_used_at is None or now - key.last_used_at > LAST_USED_EVERY:
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)


def access_to(
    *,
    principal: Principal,
    workspace_slug: str,
    need: Permission = Permission.WORKSPACE_VIEW,
    board_id: uuid.UUID | str | None = None,
    stream: str | None = None,
) -> Access:
    """The asker's access, once ``need`` is granted.

    Raises NotSignedIn for the anonymous, NotFound for strangers, Forbidden for members without the permission.
    """
    if principal.is_anonymous:
        raise NotSignedIn
    access = _as_service(principal, workspace_slug) or _as_member(principal, workspace_slug)
    access = access or _as_guest(principal, workspace_slug, board_id)
    if access is None:
        raise NotFound
    access.require(need, board_id=board_id, stream=stream)
    return access


aaccess_to = sync_to_async(access_to)
aprincipal_from_scope = sync_to_async(principal_from_scope)
aprincipal_from_request = sync_to_async(principal_from_request)


def _as_service(principal: Principal, slug: str) -> Access | None:
    key = principal.api_key
    if key is None or key.workspace.slug != slug:
        return None
    granted = frozenset().union(*(SCOPE_PERMISSIONS.get(scope, frozenset()) for scope in key.scopes))
    return Access(
        workspace=key.workspace,
        actor=Actor.of("service", key.id, key.name),
        permissions=granted,
        stream_names=None if key.stream_names is None else frozenset(key.stream_names),
    )


def _as_member(principal: Principal, slug: str) -> Access | None:
    if principal.person is None:
        return None
    found = Membership.objects.select_related("workspace").filter(person=principal.person, workspace__slug=slug).first()
    if found is None:
        return None
    return access_of_member(found, principal.person)


def access_of_member(membership: Membership, person: Person) -> Access:
    """What a membership's role allows."""
    return Access(
        workspace=membership.workspace,
        actor=Actor.of("person", person.id, person.name),
        permissions=ROLE_PERMISSIONS[membership.role],
        role=membership.role,
        person=person,
    )


def _as_guest(principal: Principal, slug: str, board_id: uuid.UUID | str | None) -> Access | None:
    guest_id = principal.guest_ids.get(str(board_id)) if board_id else None
    if guest_id is None:
        return None
    guest = Guest.objects.select_related("link__workspace").filter(pk=guest_id, link__workspace__slug=slug).first()
    if guest is None or not guest.link.is_live or str(guest.link.board_id) != str(board_id):
        return None
    return Access(
        workspace=guest.link.workspace,
        actor=Actor.of("guest", guest.id, guest.name),
        permissions=_GUEST_PERMISSIONS[guest.link.role],
        role=guest.link.role,
        board_id=guest.link.board_id,
    )


def system_access(workspace: Workspace, name: str = "Factstorm") -> Access:
    """For management commands and the demo: everything, under the name given."""
    return Access(
        workspace=workspace,
        actor=Actor.of("service", f"system:{name}", name),
        permissions=ROLE_PERMISSIONS[Role.OWNER],
        role=Role.OWNER,
    )


PageView = Callable[Concatenate[HttpRequest, Access, P], HttpResponse]


def page(need: Permission = Permission.WORKSPACE_VIEW) -> Callable[[PageView[P]], Callable[..., HttpResponse]]:
    """Guards a synchronous page view ``view(request, access, **kwargs)`` under /w/<slug:workspace>/.

    A ``board_id`` or ``stream`` among the URL's arguments is checked too. The anonymous are sent to sign in.
    """

    def guarded(view: PageView[P]) -> Callable[..., HttpResponse]:
        @functools.wraps(view)
        def wrapper(request: HttpRequest, workspace: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            try:
                access = access_to(
                    principal=principal_from_request(request),
                    workspace_slug=workspace,
                    need=need,
                    board_id=kwargs.get("board_id"),  # type: ignore[arg-type]
                    stream=kwargs.get("stream"),  # type: ignore[arg-type]
                )
            except NotSignedIn:
                target = f"{reverse('workspaces:sign-in')}?next={quote(request.get_full_path())}"
                return HttpResponseRedirect(target)
            request.access = access  # type: ignore[attr-defined]
            return view(request, access, *args, **kwargs)

        return wrapper

    return guarded


def access_for_api(
    request: Any,
    workspace: str,
    *,
    need: Permission,
    board_id: uuid.UUID | str | None = None,
    stream: str | None = None,
) -> Access:
    """For API views (Django's or DRF's request): access_to with the request's principal."""
    plain = getattr(request, "_request", request)
    return access_to(
        principal=principal_from_request(plain), workspace_slug=workspace, need=need, board_id=board_id, stream=stream
    )


aaccess_for_api = sync_to_async(access_for_api)
