"""Where somebody lands: the workspaces they belong to and each one's home."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache

from workspaces import actions, slots
from workspaces.access import Access, Permission, access_to, page, principal_from_request
from workspaces.errors import FactstormError, NotFound
from workspaces.forms import WorkspaceForm
from workspaces.models import Membership, Person
from workspaces.search import search as search_all


def home(request: HttpRequest) -> HttpResponse:
    """Straight to the workspace visited last, or to the list."""
    if not isinstance(request.user, Person):
        return redirect("workspaces:sign-in")
    memberships = request.user.memberships.select_related("workspace")
    last = memberships.exclude(last_visited_at=None).order_by("-last_visited_at").first() or memberships.first()
    if last is None:
        return redirect("workspaces:workspaces")
    return redirect("workspaces:workspace-home", workspace=last.workspace.slug)


@page(Permission.WORKSPACE_VIEW)
def workspace_home(request: HttpRequest, access: Access) -> HttpResponse:
    """What is going on here, and the first steps while there are some left."""
    _note_visit(access)
    steps = slots.steps_for(access)
    context = {
        "cards": slots.cards_for(access),
        "panels": slots.panels_for(access),
        "steps": steps if any(not step.done for step in steps) else [],
        "steps_done": sum(step.done for step in steps),
        "member_count": access.workspace.memberships.count(),
        "members": access.workspace.memberships.select_related("person")[:6],
    }
    return render(request, "workspaces/workspace_home.html", context)


def _note_visit(access: Access) -> None:
    if access.person is not None:
        mine = Membership.objects.filter(workspace=access.workspace, person=access.person)
        mine.update(last_visited_at=timezone.now())


@login_required
@never_cache
def workspaces(request: HttpRequest) -> HttpResponse:
    """All of somebody's workspaces, and making another."""
    if not isinstance(request.user, Person):
        raise NotFound
    form = WorkspaceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.create_workspace(request.user, name=form.cleaned_data["name"])
        except FactstormError as error:
            form.refuse(error)
        else:
            return redirect("workspaces:workspace-home", workspace=made.slug)
    return render(request, "workspaces/workspaces.html", {"form": form}, status=422 if form.errors else 200)


@page(Permission.WORKSPACE_MANAGE)
@never_cache
def workspace_settings(request: HttpRequest, access: Access) -> HttpResponse:
    """The workspace's name."""
    form = WorkspaceForm(request.POST or None, initial={"name": access.workspace.name})
    if request.method == "POST" and form.is_valid():
        try:
            actions.rename_workspace(access, name=form.cleaned_data["name"])
        except FactstormError as error:
            form.refuse(error)
        else:
            messages.success(request, "The workspace is renamed.")
            return redirect("workspaces:workspace-settings", workspace=access.workspace.slug)
    return render(request, "workspaces/workspace_settings.html", {"form": form}, status=422 if form.errors else 200)


def search(request: HttpRequest, workspace: str) -> HttpResponse:
    """``{"groups": [{"group", "items": [...]}]}`` for ?q=; refusals as JSON, for the palette to show."""
    request.META["HTTP_ACCEPT"] = "application/json"
    access = access_to(principal=principal_from_request(request), workspace_slug=workspace)
    response = JsonResponse({"groups": search_all(access, request.GET.get("q", ""))})
    response["Cache-Control"] = "private, no-store"
    return response
