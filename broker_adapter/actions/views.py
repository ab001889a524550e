"""Saved views of a stream: what a person wants to look at again. Theirs alone."""

from collections.abc import Mapping
from typing import Any

from broker_adapter import queries
from broker_adapter.models import StreamViews
from workspaces.access import Access, Permission
from workspaces.errors import Forbidden, Invalid

VIEWS_MAX = 50
NAME_CHARS_MAX, VALUE_CHARS_MAX = 60, 500
FIELDS = ("from", "type", "q")


def save_views(access: Access, *, stream: str, views: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """All of a person's views of the stream, replacing those before. Raises Invalid, Forbidden (a key has none)."""
    access.require(Permission.STREAM_READ, stream=stream)
    if access.person is None:
        raise Forbidden("Views belong to people.")
    found = queries.find_stream(access.workspace, stream)
    kept = {_name(name): _view(view) for name, view in views.items()}
    if len(kept) > VIEWS_MAX:
        raise Invalid(f"There are at most {VIEWS_MAX} views of a stream.", place="views")
    StreamViews.objects.update_or_create(stream=found, person=access.person, defaults={"views": kept})
    return kept


def _name(name: str) -> str:
    if not 0 < len(name.strip()) <= NAME_CHARS_MAX:
        raise Invalid(f"A view's name has 1 to {NAME_CHARS_MAX} characters.", place="views")
    return name.strip()


def _view(view: Any) -> dict[str, str]:
    if not isinstance(view, dict) or any(not isinstance(view.get(name, ""), str) for name in FIELDS):
        raise Invalid("A view says from, type and q, each a text.", place="views")
    return {name: view.get(name, "")[:VALUE_CHARS_MAX] for name in FIELDS}
