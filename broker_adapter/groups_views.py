"""The page of a stream's consumer groups; its script keeps it fresh (static/streams/groups.js)."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from broker_adapter import queries
from broker_adapter.views import base_url, header_context
from workspaces.access import Access, Permission, page


@page(Permission.STREAM_READ)
@require_GET
def groups(request: HttpRequest, access: Access, stream: str) -> HttpResponse:
    """Who reads the stream together, and how far each group is."""
    found = queries.overview(queries.find_stream(access.workspace, stream))
    address = f"/api/v1/w/{access.workspace.slug}/streams/{stream}/groups"
    context = header_context(access, found)
    context |= {
        "base": base_url(request),
        "address": address,
        "data": {"groups": address, "may_manage": context["may_manage"], "partitions": found.stream.partitions},
    }
    return render(request, "broker_adapter/groups.html", context)
