"""What this floor hangs into the ground floor's pages: search, a card and a first step on the home, names for keys."""

from collections.abc import Sequence

from django.urls import reverse

from broker_adapter import traffic
from broker_adapter.models import RESERVED_PREFIX, Stream, TypeTraffic
from workspaces import search, slots
from workspaces.access import Access, Permission


def register() -> None:
    """Called once, when the app is ready."""
    search.register(find_streams)
    slots.cards.register(card)
    slots.steps.register(step)
    slots.stream_names.register(stream_names)


def find_streams(access: Access, text: str, limit: int) -> Sequence[search.Hit]:
    """Streams whose name or description contains the text."""
    if not access.can(Permission.STREAM_READ):
        return []
    of = Stream.objects.filter(workspace=access.workspace)
    found = (of.filter(name__icontains=text) | of.filter(description__icontains=text))[:limit]
    return [
        search.Hit("Streams", each.name, _address(access, each.name), subtitle=each.description, icon="streams")
        for each in found
    ]


def _address(access: Access, name: str) -> str:
    return reverse("broker_adapter:stream", kwargs={"workspace": access.workspace.slug, "stream": name})


def card(access: Access) -> slots.Card | None:
    """How many streams, and how busy they are."""
    if not access.can(Permission.STREAM_READ):
        return None
    everything = traffic.stream_traffic(access.workspace.pk)
    seen = [each for name, each in everything.items() if not name.startswith(RESERVED_PREFIX)]
    total, rate = sum(each.total for each in seen), sum(each.rate for each in seen)
    note = f"{rate:,.1f} records a second" if rate else f"{total:,} records so far"
    url = reverse("broker_adapter:streams", kwargs={"workspace": access.workspace.slug})
    own = Stream.objects.filter(workspace=access.workspace, dead_letters_of=None)
    count = own.exclude(name__startswith=RESERVED_PREFIX).count()
    return slots.Card("Streams", f"{count:,}", url, icon="streams", note=note, order=30)


def step(access: Access) -> slots.Step | None:
    """Append the first record."""
    if not access.can(Permission.STREAM_APPEND):
        return None
    seen = TypeTraffic.objects.filter(stream__workspace=access.workspace, total__gt=0)
    done = seen.exclude(stream__name__startswith=RESERVED_PREFIX).exists()
    url = reverse("broker_adapter:streams", kwargs={"workspace": access.workspace.slug})
    return slots.Step("Append a record", "A service sends an event; everybody sees it live.", url, done, order=40)


def stream_names(access: Access) -> Sequence[str]:
    """All names, for limiting an API key."""
    return list(Stream.objects.filter(workspace=access.workspace).values_list("name", flat=True))
