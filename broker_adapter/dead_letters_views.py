"""The page of a stream's dead letters; its script reads them from the API (static/streams/dead-letters.js)."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from broker_adapter import queries, traffic
from broker_adapter.rules import Validation
from broker_adapter.views import header_context
from workspaces.access import Access, Permission, page


@page(Permission.STREAM_READ)
@require_GET
def dead_letters(request: HttpRequest, access: Access, stream: str) -> HttpResponse:
    """What the stream refused and kept."""
    found = queries.overview(queries.find_stream(access.workspace, stream))
    slug = access.workspace.slug
    may_append = access.can(Permission.STREAM_APPEND, stream=stream)
    context = header_context(access, found)
    letters = context["letters"]
    context |= {
        "quarantines": found.stream.rules.validation is Validation.QUARANTINE,
        "may_append": may_append,
        "data": {
            "letters": f"/api/v1/w/{slug}/streams/{stream}/dead-letters",
            "page": reverse("broker_adapter:stream", kwargs={"workspace": slug, "stream": stream}),
            "types": traffic.types_of_stream(access.workspace.pk, letters.name) if letters else [],
            "may_append": may_append,
        },
    }
    return render(request, "broker_adapter/dead_letters.html", context)
