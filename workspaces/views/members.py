"""Members, their roles, invitations and joining."""

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from workspaces import actions
from workspaces.access import Access, Permission, page
from workspaces.addresses import public_url
from workspaces.errors import FactstormError
from workspaces.forms import ROLE_HINTS, InviteForm
from workspaces.models import Membership, Person, Role


@page(Permission.WORKSPACE_VIEW)
@never_cache
def members(request: HttpRequest, access: Access) -> HttpResponse:
    """Who is in; owners may invite, change and remove."""
    return _members(request, access)


def _members(
    request: HttpRequest, access: Access, *, form: InviteForm | None = None, link: str = "", status: int = 200
) -> HttpResponse:
    manages = access.can(Permission.WORKSPACE_MANAGE)
    invitations = access.workspace.invitations.select_related("created_by") if manages else []
    context = {
        "members": access.workspace.memberships.select_related("person"),
        "invitations": [each for each in invitations if each.is_live],
        "roles": [(role, label, ROLE_HINTS[Role(role)]) for role, label in Role.choices],
        "form": form or InviteForm(),
        "link": link,
        "manages": manages,
    }
    return render(request, "workspaces/members.html", context, status=status)


@page(Permission.WORKSPACE_MANAGE)
@require_POST
@never_cache
def invite(request: HttpRequest, access: Access) -> HttpResponse:
    """Makes a link and shows it, once: it is stored as a digest only."""
    form = InviteForm(request.POST)
    if not form.is_valid():
        return _members(request, access, form=form, status=422)
    try:
        _, token = actions.invite(access, role=form.cleaned_data["role"], days=form.cleaned_data["days"])
    except FactstormError as error:
        form.refuse(error)
        return _members(request, access, form=form, status=error.http_status)
    link = public_url(request, reverse("workspaces:join", kwargs={"token": token}))
    return _members(request, access, link=link)


@page(Permission.WORKSPACE_MANAGE)
@require_POST
def revoke_invitation(request: HttpRequest, access: Access, invitation_id: uuid.UUID) -> HttpResponse:
    """The link stops working."""
    actions.revoke_invitation(access, invitation_id=invitation_id)
    messages.success(request, "The invitation link no longer works.")
    return redirect("workspaces:members", workspace=access.workspace.slug)


@page(Permission.WORKSPACE_MANAGE)
@require_POST
def change_role(request: HttpRequest, access: Access, membership_id: int) -> HttpResponse:
    """Another role for a member."""
    try:
        actions.change_role(access, membership_id=membership_id, role=request.POST.get("role", ""))
        messages.success(request, "The role is changed.")
    except FactstormError as error:
        if error.http_status == 404:
            raise
        messages.error(request, f"{error.message} {error.hint}")
    return redirect("workspaces:members", workspace=access.workspace.slug)


@page(Permission.WORKSPACE_VIEW)
@require_POST
def remove_member(request: HttpRequest, access: Access, membership_id: int) -> HttpResponse:
    """Takes a member out; anybody may take out themselves."""
    leaving = Membership.objects.filter(pk=membership_id, workspace=access.workspace, person=access.person).exists()
    try:
        actions.remove_member(access, membership_id=membership_id)
    except FactstormError as error:
        if error.http_status in (403, 404):
            raise
        messages.error(request, f"{error.message} {error.hint}")
        return redirect("workspaces:members", workspace=access.workspace.slug)
    if leaving:
        messages.success(request, f"You have left {access.workspace.name}.")
        return redirect("workspaces:workspaces")
    messages.success(request, "The member is removed and has no access any more.")
    return redirect("workspaces:members", workspace=access.workspace.slug)


@never_cache
def join(request: HttpRequest, token: str) -> HttpResponse:
    """The page behind an invitation link. Joining takes a press of the button: a link preview must not join."""
    invitation = actions.find_invitation(token)
    person = request.user if isinstance(request.user, Person) else None
    if person is not None and request.method == "POST":
        workspace = actions.accept_invitation(person, token=token)
        messages.success(request, f"Welcome to {workspace.name}.")
        return redirect("workspaces:workspace-home", workspace=workspace.slug)
    inside = person is not None and invitation.workspace.memberships.filter(person=person).exists()
    context = {"invitation": invitation, "inside": inside, "hint": ROLE_HINTS[Role(invitation.role)]}
    return render(request, "workspaces/join.html", context)
