"""Global search: each floor registers a source in ``AppConfig.ready``, one endpoint merges what they find.

A source is ``(access, text, limit) -> list[Hit]``: at most ``limit`` hits, best first, only of what ``access`` may see.
It gets stripped text of 1 to ``TEXT_CHARACTERS_MAX`` characters. One that fails is logged and left out: what the others
found is worth showing.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from workspaces.access import Access, Permission

log = logging.getLogger(__name__)
TEXT_CHARACTERS_MAX = 200
HITS_PER_SOURCE_MAX = 8


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing found. ``group`` is its heading ("Boards"), ``icon`` a name of static/icons/icons.svg."""

    group: str
    title: str
    url: str
    subtitle: str = ""
    icon: str = "arrow-right"


Source = Callable[[Access, str, int], Sequence[Hit]]
_sources: list[Source] = []


def register(source: Source) -> None:
    """Add a source; the order of registration is the order of groups."""
    if source not in _sources:
        _sources.append(source)


def search(access: Access, text: str, *, limit: int = HITS_PER_SOURCE_MAX) -> list[dict[str, Any]]:
    """``[{"group", "items": [{"title", "subtitle", "url", "icon"}]}]``; nothing for blank text."""
    text = text.strip()[:TEXT_CHARACTERS_MAX]
    if not text:
        return []
    groups: dict[str, list[dict[str, str]]] = {}
    for source in [*_sources, _members]:
        for hit in _ask(source, access, text, limit):
            item = {"title": hit.title, "subtitle": hit.subtitle, "url": hit.url, "icon": hit.icon}
            groups.setdefault(hit.group, []).append(item)
    return [{"group": group, "items": items} for group, items in groups.items()]


def _ask(source: Source, access: Access, text: str, limit: int) -> Sequence[Hit]:
    try:
        return source(access, text, limit)[:limit]
    except Exception:
        log.exception("search source %s failed", source.__qualname__)
        return []


def _members(access: Access, text: str, limit: int) -> Sequence[Hit]:
    """The ground floor's own source: people of the workspace."""
    if not access.can(Permission.WORKSPACE_VIEW):
        return []
    from django.urls import reverse

    url = reverse("workspaces:members", kwargs={"workspace": access.workspace.slug})
    found = access.workspace.memberships.select_related("person").filter(person__name__icontains=text)[:limit]
    return [Hit("People", each.person.name, url, each.get_role_display(), "person") for each in found]
