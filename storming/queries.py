"""Reads of the boards' floor. Everything is fetched through a workspace."""

import uuid
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.db.models import QuerySet
from django.urls import NoReverseMatch, reverse

from eventcatalog.models import MessageType
from storming.document.elements import Elements
from storming.models import Board, TypeLink
from storming.state import BoardState, Entry
from workspaces.access import Access, Permission
from workspaces.errors import NotFound
from workspaces.models import GuestLink

LIST_FIELDS = ("id", "workspace_id", "name", "format", "seq", "edited_at", "created_at", "created_by_name",
               "archived_at", "thumbnail", "notes_count", "people")  # fmt: skip


def board_of(access: Access, board_id: uuid.UUID) -> Board:
    """A board that this access may see. Raises NotFound, and Forbidden to members who may see no boards."""
    access.require(Permission.BOARD_VIEW, board_id=board_id)
    found = access.workspace.boards.select_related("workspace").defer("notes_text", "thumbnail").filter(pk=board_id)
    board = found.first()
    if board is None:
        raise NotFound
    return board


def boards(access: Access, *, search: str = "", archived: bool = False) -> QuerySet[Board]:
    """The workspace's boards, last edited first; ``search`` looks at names and the text of notes."""
    found = access.workspace.boards.filter(archived_at__isnull=not archived).only(*LIST_FIELDS)
    for word in search.split()[:10]:
        found = found.filter(name__icontains=word) | found.filter(notes_text__icontains=word)
    return found


def deleted_boards(access: Access) -> QuerySet[Board]:
    """The workspace's boards that were deleted and can still come back, the last deleted first."""
    found = Board.everything.filter(workspace=access.workspace, deleted_at__isnull=False)
    return found.order_by("-deleted_at").only(*LIST_FIELDS, "deleted_at", "deleted_by_name")


def visible_elements(access: Access | None, board: Board, *, elements: Elements | None = None) -> Elements:
    """What this person may see of a board, deleted elements included: everything that leaves the server by another
    way than the socket (exports, copies, history, thumbnails, search) comes through here.

    ``access`` None stands for everybody who may see the board: what is kept for all of them, such as a thumbnail.
    ``elements`` are those of another moment; None: of now. The values may be shared: do not change them.
    """
    if elements is None:
        elements = BoardState.load(board.pk).document.elements
    return dict(elements)


def visible_operations(access: Access | None, board: Board, entries: Iterable[Entry]) -> list[Entry]:
    """The operations as this person may see them, in order; one that shows nothing to them has an empty patch.

    Applied in order to nothing they give ``visible_elements``.
    """
    return list(entries)


def guest_links(access: Access, board_id: uuid.UUID) -> list[GuestLink]:
    """The board's links that still let people in, newest first."""
    rows = access.workspace.guest_links.filter(board_id=board_id, revoked_at=None).select_related("created_by")
    return [link for link in rows if link.is_live]


def notes_matching(board: Board, text: str, *, count: int) -> list[tuple[str, str]]:
    """(element id, text) of notes that contain ``text``, in reading order."""
    wanted = text.casefold()
    lines = (line.partition("\t") for line in board.notes_text.splitlines())
    return [(key, words) for key, _, words in lines if wanted in words.casefold()][:count]


def boards_of_type(access: Access, message_type: MessageType) -> list[TypeLink]:
    """Where a type appears: one link a board and note, live notes on boards that are not archived."""
    if not access.can(Permission.BOARD_VIEW):
        return []
    links = TypeLink.objects.filter(message_type=message_type, board__workspace=access.workspace, live=True)
    rows = (
        links.filter(board__archived_at=None, board__deleted_at=None)
        .select_related("board")
        .defer("board__thumbnail", "board__notes_text")
    )
    return list(rows.order_by("-board__edited_at", "element_id"))


def names_of(access: Access, board_ids: Collection[uuid.UUID]) -> Sequence[tuple[uuid.UUID, str]]:
    """Ids and names of those that are boards of this workspace."""
    return list(access.workspace.boards.filter(pk__in=board_ids).values_list("id", "name"))


def names_to_start_from(access: Access, *, search: str = "") -> list[tuple[uuid.UUID, str]]:
    """Ids and names of boards that a new one can be copied from: the last edited of those found, 100 at most."""
    return list(boards(access, search=search).values_list("id", "name")[:100])


def linked_types(workspace_id: uuid.UUID, slug: str, type_ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    """``{type id: {name, title, version, state, url, kind}}`` of those that exist, as a note shows them."""
    rows = MessageType.objects.filter(workspace_id=workspace_id, pk__in=list(type_ids)).select_related("latest")
    return {
        str(row.pk): {
            "name": row.name,
            "title": row.title,
            "version": row.version,
            "state": row.state,
            "url": type_url(slug, row.name),
            "kind": row.kind,
        }
        for row in rows
    }


def board_url(slug: str, board_id: uuid.UUID | str, *, element_id: str = "") -> str:
    """The address of a board, and of a note on it."""
    url = reverse("storming:board", kwargs={"workspace": slug, "board_id": board_id})
    return f"{url}#note={element_id}" if element_id else url


def type_url(slug: str, name: str) -> str:
    """The address of a type's page."""
    try:
        return reverse("eventcatalog:type", kwargs={"workspace": slug, "name": name})
    except NoReverseMatch:
        return f"/w/{slug}/catalog/{name}/"
