"""The ground floor's own first steps on a workspace's home; the other floors add theirs through workspaces.slots."""

from django.urls import reverse

from workspaces.access import Access, Permission
from workspaces.slots import Step


def invite_your_team(access: Access) -> Step | None:
    """Done when somebody else is in."""
    if not access.can(Permission.WORKSPACE_MANAGE):
        return None
    url = reverse("workspaces:members", kwargs={"workspace": access.workspace.slug}) + "#invite"
    text = "A link makes whoever you send it to a member."
    return Step("Invite your team", text, url, access.workspace.memberships.count() > 1, order=40)


def let_a_service_in(access: Access) -> Step | None:
    """Done when there is a live API key."""
    if not access.can(Permission.WORKSPACE_MANAGE):
        return None
    url = reverse("workspaces:keys", kwargs={"workspace": access.workspace.slug})
    done = access.workspace.api_keys.filter(revoked_at=None).exists()
    return Step("Make an API key", "Services append and read records with it.", url, done, order=60)
