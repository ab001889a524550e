"""Workspaces, their members and invitations."""

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from workspaces.access import Access, Permission
from workspaces.errors import Conflict, Invalid, LimitReached, NotFound
from workspaces.models import Invitation, Membership, Person, Role, Workspace, digest, new_token

INVITATION_DAYS_MAX = 90


def create_workspace(person: Person, *, name: str, is_demo: bool = False) -> Workspace:
    """A workspace whose first owner is ``person``. Raises Invalid, LimitReached."""
    name = name.strip()
    if not name:
        raise Invalid("A workspace needs a name.", place="name")
    owned = Membership.objects.filter(person=person, role=Role.OWNER).count()
    if owned >= settings.WORKSPACES_PER_PERSON_MAX:
        raise LimitReached(f"You own {owned} workspaces, the most one person may own.")
    with transaction.atomic():
        workspace = Workspace.objects.create(name=name[:80], slug=Workspace.free_slug(name), is_demo=is_demo)
        Membership.objects.create(workspace=workspace, person=person, role=Role.OWNER)
    return workspace


def rename_workspace(access: Access, *, name: str) -> None:
    """Change the name; the address stays, so links keep working."""
    access.require(Permission.WORKSPACE_MANAGE)
    if not name.strip():
        raise Invalid("A workspace needs a name.", place="name")
    Workspace.objects.filter(pk=access.workspace.pk).update(name=name.strip()[:80])


def invite(access: Access, *, role: str, days: int = 14, uses: int = 50) -> tuple[Invitation, str]:
    """An invitation and its token, which is not stored: show it now."""
    access.require(Permission.WORKSPACE_MANAGE)
    if role not in Role.values:
        raise Invalid("There is no such role.", place="role")
    if not 1 <= days <= INVITATION_DAYS_MAX or not 1 <= uses <= 1000:
        raise Invalid(f"An invitation lasts 1 to {INVITATION_DAYS_MAX} days, for 1 to 1,000 people.", place="days")
    token = new_token()
    invitation = Invitation.objects.create(
        workspace=access.workspace,
        token_digest=digest(token),
        role=role,
        created_by=access.person,
        expires_at=timezone.now() + timedelta(days=days),
        uses_left=uses,
    )
    return invitation, token


def find_invitation(token: str) -> Invitation:
    """The live invitation behind a link. Raises NotFound for unknown, expired, revoked and used-up ones alike."""
    found = Invitation.objects.select_related("workspace").filter(token_digest=digest(token)).first()
    if found is None or not found.is_live:
        raise NotFound
    return found


def accept_invitation(person: Person, *, token: str) -> Workspace:
    """Make ``person`` a member; somebody who is one already keeps the role they have."""
    with transaction.atomic():
        invitation = find_invitation(token)
        _, joined = Membership.objects.get_or_create(
            workspace=invitation.workspace, person=person, defaults={"role": invitation.role}
        )
        if joined:
            Invitation.objects.filter(pk=invitation.pk).update(
                uses_left=F("uses_left") - 1, used_count=F("used_count") + 1
            )
    return invitation.workspace


def revoke_invitation(access: Access, *, invitation_id: uuid.UUID | str) -> None:
    """End an invitation; those who came by it stay."""
    access.require(Permission.WORKSPACE_MANAGE)
    changed = access.workspace.invitations.filter(pk=invitation_id, revoked_at=None).update(revoked_at=timezone.now())
    if not changed:
        raise NotFound


def change_role(access: Access, *, membership_id: int, role: str) -> None:
    """Give a member another role; a workspace always keeps an owner."""
    access.require(Permission.WORKSPACE_MANAGE)
    if role not in Role.values:
        raise Invalid("There is no such role.", place="role")
    with transaction.atomic():
        membership = _member(access, membership_id)
        if role != Role.OWNER:
            _keep_an_owner(access, membership)
        membership.role = role
        membership.save(update_fields=["role"])


def remove_member(access: Access, *, membership_id: int) -> None:
    """Take somebody out; a person may also leave by themselves."""
    with transaction.atomic():
        membership = _member(access, membership_id)
        if access.person is None or membership.person_id != access.person.pk:
            access.require(Permission.WORKSPACE_MANAGE)
        _keep_an_owner(access, membership)
        membership.delete()


def _member(access: Access, membership_id: int) -> Membership:
    found = access.workspace.memberships.select_for_update().filter(pk=membership_id).first()
    if found is None:
        raise NotFound
    return found


def _keep_an_owner(access: Access, membership: Membership) -> None:
    others = access.workspace.memberships.filter(role=Role.OWNER).exclude(pk=membership.pk)
    if membership.role == Role.OWNER and not others.exists():
        raise Conflict("A workspace needs an owner.", hint="Make somebody else an owner first.", code="last_owner")
