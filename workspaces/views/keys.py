"""API keys of services."""

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from workspaces import actions, slots
from workspaces.access import Access, Permission, page
from workspaces.errors import FactstormError
from workspaces.forms import KeyForm
from workspaces.models import ApiKey, Scope

SCOPE_HINTS = {
    Scope.APPEND: "Send records to streams",
    Scope.READ: "Read and tail streams, look things up in the catalog",
    Scope.CATALOG_WRITE: "Register message types and versions",
}


@page(Permission.WORKSPACE_MANAGE)
@never_cache
def keys(request: HttpRequest, access: Access) -> HttpResponse:
    """All live keys; POST makes one and shows it, once."""
    form = KeyForm(request.POST or None, stream_names=slots.streams_of(access))
    made: ApiKey | None = None
    text = ""
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            made, text = actions.create_api_key(
                access, name=data["name"], scopes=data["scopes"], stream_names=form.chosen_streams()
            )
        except FactstormError as error:
            form.refuse(error)
    context = {
        "keys": access.workspace.api_keys.filter(revoked_at=None).select_related("created_by"),
        "form": form,
        "made": made,
        "text": text,
        "scopes": [(scope, label, SCOPE_HINTS[Scope(scope)]) for scope, label in Scope.choices],
        "chosen_scopes": request.POST.getlist("scopes") if form.errors else [Scope.APPEND.value],
        "chosen_streams": request.POST.getlist("streams"),
        "reach": request.POST.get("reach", "all") if form.errors else "all",
    }
    return render(request, "workspaces/keys.html", context, status=422 if form.errors else 200)


@page(Permission.WORKSPACE_MANAGE)
@require_POST
def revoke_key(request: HttpRequest, access: Access, key_id: uuid.UUID) -> HttpResponse:
    """The key stops working at once."""
    actions.revoke_api_key(access, key_id=key_id)
    messages.success(request, "The key is revoked; services that use it are refused from now on.")
    return redirect("workspaces:keys", workspace=access.workspace.slug)
