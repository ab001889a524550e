"""Places on the catalog's pages that upper floors fill; they register in ``AppConfig.ready``.

    slots.register(slots.TYPE_BOARDS, function)      function(request, access, message_type) -> HTML (safe) or ""

The catalog never hears of boards; it only leaves room for them. A function that fails is logged and left out.
"""

import logging
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

from workspaces.access import Access

log = logging.getLogger(__name__)

TYPE_BOARDS = "type.boards"  # the Boards tab of a type's page
TYPE_HEADER = "type.header"  # beside the title, small
TYPE_ASIDE = "type.aside"  # the column beside the schema
TYPE_LIVE = "type.live"  # the Live tab, below the catalog's own
PLACES = (TYPE_BOARDS, TYPE_HEADER, TYPE_ASIDE, TYPE_LIVE)

Filler = Callable[[HttpRequest, Access, Any], str]
_fillers: dict[str, list[Filler]] = {place: [] for place in PLACES}


def register(place: str, filler: Filler) -> None:
    """Fill a place; several may. Raises KeyError for a place that isn't there."""
    if filler not in _fillers[place]:
        _fillers[place].append(filler)


def is_filled(place: str) -> bool:
    """Whether anybody fills it in this deployment."""
    return bool(_fillers[place])


def render(place: str, request: HttpRequest, access: Access, subject: Any) -> SafeString:
    """What all fillers say, one after the other; plain strings are escaped."""
    parts = [_ask(filler, request, access, subject) for filler in _fillers[place]]
    return mark_safe("".join(conditional_escape(part) for part in parts if part))  # noqa: S308 - parts are escaped


def _ask(filler: Filler, request: HttpRequest, access: Access, subject: Any) -> str:
    try:
        return filler(request, access, subject)
    except Exception:
        log.exception("the filler %s failed", getattr(filler, "__qualname__", filler))
        return ""
