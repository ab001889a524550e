"""Guest links: the overview for those who share, the door for those who come."""

import uuid

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from workspaces import actions, slots
from workspaces.access import GUESTS_IN_SESSION, Access, Permission, page, system_access
from workspaces.errors import FactstormError, NotFound
from workspaces.forms import NameForm
from workspaces.models import GuestLink, Person


@page(Permission.BOARD_MANAGE)
@never_cache
def guest_links(request: HttpRequest, access: Access) -> HttpResponse:
    """Every live link of the workspace, with the board it opens."""
    found = access.workspace.guest_links.filter(revoked_at=None).select_related("created_by")
    live = [link for link in found.annotate(guest_count=Count("guests")) if link.is_live]
    places = slots.places_of_boards(access, {link.board_id for link in live})
    rows = [{"link": link, "place": places.get(link.board_id)} for link in live]
    return render(request, "workspaces/guest_links.html", {"rows": rows})


@page(Permission.BOARD_MANAGE)
@require_POST
def revoke_guest_link(request: HttpRequest, access: Access, link_id: uuid.UUID) -> HttpResponse:
    """The link stops working, and everybody who came by it is out."""
    actions.revoke_guest_link(access, link_id=link_id)
    messages.success(request, "The guest link no longer works.")
    return redirect("workspaces:guest-links", workspace=access.workspace.slug)


@never_cache
def guest(request: HttpRequest, token: str) -> HttpResponse:
    """Asks for a name, then opens the board. Members of the workspace go straight in."""
    link = actions.find_guest_link(token)
    place = slots.places_of_boards(system_access(link.workspace), {link.board_id}).get(link.board_id)
    if place is None:
        raise NotFound
    if _is_known(request, link):
        return redirect(place.url)
    form = NameForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.enter_as_guest(request.session, token=token, name=form.cleaned_data["name"])
        except FactstormError as error:
            form.refuse(error)
        else:
            return redirect(place.url)
    context = {"form": form, "link": link, "place": place}
    return render(request, "workspaces/guest.html", context, status=422 if form.errors else 200)


def _is_known(request: HttpRequest, link: GuestLink) -> bool:
    """A member, or a guest of this very link already."""
    person = request.user
    if isinstance(person, Person) and link.workspace.memberships.filter(person=person).exists():
        return True
    guest_id = request.session.get(GUESTS_IN_SESSION, {}).get(str(link.board_id))
    return guest_id is not None and link.guests.filter(pk=guest_id).exists()
