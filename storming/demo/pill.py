"""The demo workspace's own corner of the top bar: the simulator's switch, and the four hints."""

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse

from storming.demo import switch, walls
from storming.demo.models import DemoState
from workspaces.access import Access, Permission

PACES = ((1.0, "Calm"), (5.0, "Steady"), (25.0, "Busy"), (100.0, "Rush"))  # events per second
TOUR_TYPE, TOUR_STREAM = "order.placed", "orders"


def in_topbar(request: HttpRequest, access: Access) -> str:
    """The switch with its script; empty in every other workspace, and for guests."""
    if not access.workspace.is_demo or access.board_id is not None:
        return ""
    found = DemoState.objects.filter(workspace=access.workspace).first()
    if found is None:
        return ""
    slug = access.workspace.slug
    view = request.resolver_match.view_name if request.resolver_match else ""
    context = {
        "state": switch.shown(found),
        "paces": [(rate, name, rate == found.rate) for rate, name in PACES],
        "may_turn": access.can(Permission.STREAM_APPEND),
        "simulator_url": reverse("storming-api:demo-simulator", kwargs={"workspace": slug}),
        "view": view,
        "places": _places(access),
    }
    return render_to_string("storming/demo/pill.html", context, request=request)


def _places(access: Access) -> dict[str, str]:
    """Where the hints lead: ``{"board", "type", "stream"}``, those that are there."""
    slug = access.workspace.slug
    board = access.workspace.boards.filter(name=walls.ORDER_TO_DOORSTEP.name, archived_at=None).first()
    wanted = {
        "board": ("storming:board", {"board_id": board.pk}) if board else None,
        "type": ("eventcatalog:type", {"name": TOUR_TYPE}),
        "stream": ("broker_adapter:stream", {"stream": TOUR_STREAM}),
    }
    found = {}
    for name, place in wanted.items():
        if place is None:
            continue
        try:
            found[name] = reverse(place[0], kwargs={"workspace": slug, **place[1]})
        except NoReverseMatch:
            continue
    return found
