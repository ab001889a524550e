"""What this floor hangs into the floors below: the home, global search, guest links and a type's page."""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from eventcatalog.models import MessageType
from storming import queries
from storming.models import BoardFormat, TypeLink
from workspaces import search, slots
from workspaces.access import Access, Permission

NOTES_PER_BOARD_MAX = 3
PANEL_ROWS = 5
SEARCHED_BOARDS_MAX = 20


def find_boards(access: Access, text: str, limit: int) -> Sequence[search.Hit]:
    """Boards by name."""
    if not access.can(Permission.BOARD_VIEW):
        return []
    slug = access.workspace.slug
    rows = access.workspace.boards.filter(archived_at=None, name__icontains=text).only("id", "name", "format")
    return [
        search.Hit("Boards", row.name, queries.board_url(slug, row.pk), BoardFormat(row.format).label, "boards")
        for row in rows[:limit]
    ]


def find_notes(access: Access, text: str, limit: int) -> Sequence[search.Hit]:
    """Notes by their text, a few a board."""
    if not access.can(Permission.BOARD_VIEW):
        return []
    slug, hits = access.workspace.slug, []
    rows = access.workspace.boards.filter(archived_at=None, notes_text__icontains=text)
    for row in rows.only("id", "name", "notes_text")[:SEARCHED_BOARDS_MAX]:
        for element_id, words in queries.notes_matching(row, text, count=NOTES_PER_BOARD_MAX):
            url = queries.board_url(slug, row.pk, element_id=element_id)
            hits.append(search.Hit("Notes", words[:120], url, row.name, "event"))
        if len(hits) >= limit:
            break
    return hits[:limit]


def boards_card(access: Access) -> slots.Card | None:
    """How many boards there are."""
    if not access.can(Permission.BOARD_VIEW):
        return None
    rows = access.workspace.boards.filter(archived_at=None)
    today = rows.filter(edited_at__gte=timezone.now() - timedelta(days=1)).count()
    note = f"{today} changed today" if today else ""
    return slots.Card("Boards", str(rows.count()), _list_url(access), icon="boards", note=note, order=10)


def recent_boards(access: Access) -> slots.Panel | None:
    """The boards that were written on last."""
    if not access.can(Permission.BOARD_VIEW):
        return None
    rows = queries.boards(access)[:PANEL_ROWS]
    slug = access.workspace.slug
    shown = [
        slots.Row(
            row.name, queries.board_url(slug, row.pk), hint=f"{row.notes_count} notes", at=row.edited_at, icon="boards"
        )
        for row in rows
    ]
    return slots.Panel("Recent boards", shown, url=_list_url(access), order=10)


def first_board(access: Access) -> slots.Step | None:
    """The first of the first steps."""
    if not access.can(Permission.BOARD_VIEW):
        return None
    done = access.workspace.boards.filter(notes_count__gt=0).exists()
    text = "Put orange notes on a board: what happens in your business, in the past tense."
    return slots.Step("Storm your first events", text, _list_url(access), done, order=10)


def first_promotion(access: Access) -> slots.Step | None:
    """A note that became a type."""
    if not access.can(Permission.CATALOG_WRITE):
        return None
    done = TypeLink.objects.filter(board__workspace=access.workspace).exists()
    text = "Select an orange note and promote it: it becomes an event type with a schema."
    return slots.Step("Promote a note", text, _list_url(access), done, order=20)


def places_of_boards(access: Access, board_ids: Collection[UUID]) -> Mapping[UUID, slots.Place]:
    """Where guest links lead."""
    slug = access.workspace.slug
    rows = queries.names_of(access, board_ids)
    return {board_id: slots.Place(name, queries.board_url(slug, board_id)) for board_id, name in rows}


def boards_on_type_page(request: HttpRequest, access: Access, message_type: MessageType) -> str:
    """The boards a type appears on, as HTML: one row a board, leading to the note."""
    slug = access.workspace.slug
    rows: dict[UUID, dict[str, Any]] = {}
    for link in queries.boards_of_type(access, message_type):
        url = queries.board_url(slug, link.board_id, element_id=link.element_id)
        row = rows.setdefault(link.board_id, {"board": link.board, "url": url, "notes": 0})
        row["notes"] += 1
    return render_to_string("storming/type_boards.html", {"rows": list(rows.values())}, request=request)


def _list_url(access: Access) -> str:
    return reverse("storming:boards", kwargs={"workspace": access.workspace.slug})
