"""A check against reality as a page that can be linked to."""

import uuid

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from eventcatalog.actions import reality
from workspaces.access import Access, Permission, page


@page(Permission.CATALOG_VIEW)
@require_safe
def reality_check(request: HttpRequest, access: Access, check: uuid.UUID) -> HttpResponse:
    """What a replay found; it fills itself in while the replay runs."""
    found = reality.find_check(access, check)
    return render(request, "eventcatalog/reality_check.html", {"check": found, "type": found.message_type})
