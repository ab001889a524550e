"""The frame in which diagrams of Markdown texts are drawn: a sandbox with a content security policy of its own.

Mermaid writes styles into what it draws; no page of ours allows that. The frame does, and in exchange is nobody: no
origin, no cookies, no network but our scripts. See docs/decisions, "Diagrams are drawn in a frame".
"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from workspaces.access import Access, Permission, page
from workspaces.import_map import script_hash

POLICY = (
    "default-src 'none'; script-src 'self' '{script}'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox allow-scripts"
)


@xframe_options_sameorigin
@page(Permission.CATALOG_VIEW)
@require_safe
def frame(request: HttpRequest, access: Access) -> HttpResponse:
    """An empty document with the drawing program."""
    response = render(request, "eventcatalog/diagram_frame.html")
    response["Content-Security-Policy"] = POLICY.format(script=script_hash())
    return response
