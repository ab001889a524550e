"""Pages of the boards' floor."""

import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.safestring import mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from eventcatalog.models import BoundedContext
from storming import actions, qr, queries
from storming.api import guest_url
from storming.document.phases import PHASES
from storming.document.said import EMOJI
from storming.forms import NewBoardForm, RenameForm, ShareForm
from storming.models import Board, BoardFormat
from workspaces.access import Access, Permission, page
from workspaces.errors import FactstormError

BOARDS_PER_PAGE = 48
_NOT_OF_THE_FORM = (403, 404)
ELEMENT = "ELEMENT"  # stands in addresses where the page puts a note's id


@page(Permission.BOARD_VIEW)
@never_cache
def boards(request: HttpRequest, access: Access) -> HttpResponse:
    """Every board of the workspace, and the dialog that makes one."""
    search, archived = request.GET.get("q", "").strip()[:200], "archived" in request.GET
    form = NewBoardForm(request.POST or None, boards=queries.names_to_start_from(access, search=search))
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.create_board(access, **form.cleaned_data)
        except FactstormError as error:
            _refuse(form, error)
        else:
            return redirect("storming:board", workspace=access.workspace.slug, board_id=made.pk)
    deleted = "deleted" in request.GET and access.can(Permission.BOARD_MANAGE)
    rows = queries.deleted_boards(access) if deleted else queries.boards(access, search=search, archived=archived)
    found = Paginator(rows, BOARDS_PER_PAGE)
    shown = found.get_page(request.GET.get("page"))
    context = {
        "page": shown,
        "cards": [_card(board) for board in shown],
        "form": form,
        "formats": _formats(),
        "search": search,
        "archived": archived,
        "deleted": deleted,
        "kept_days": settings.BOARDS_DELETED_KEPT_DAYS,
        "undo_board": _undoable(request, access),
        "can_manage": access.can(Permission.BOARD_MANAGE),
    }
    return render(request, "storming/boards.html", context, status=422 if form.errors else 200)


@page(Permission.BOARD_VIEW)
@never_cache
def board(request: HttpRequest, access: Access, board_id: uuid.UUID) -> HttpResponse:
    """The wall; guests come here too, and nowhere else."""
    found = queries.board_of(access, board_id)
    context = {"board": found, "workspace": access.workspace, "access": access, "board_config": config(access, found)}
    return render(request, "storming/board.html", context)


@page(Permission.BOARD_VIEW)
@never_cache
def tray(request: HttpRequest, access: Access, board_id: uuid.UUID) -> HttpResponse:
    """One box for the phone: notes into one's own tray, dots, a hand."""
    found = queries.board_of(access, board_id)
    context = {"board": found, "workspace": access.workspace, "access": access, "board_config": config(access, found)}
    return render(request, "storming/tray.html", context)


@page(Permission.BOARD_MANAGE)
@require_POST
def rename(request: HttpRequest, access: Access, board_id: uuid.UUID) -> HttpResponse:
    """Another name; a refusal is told as a message."""
    form = RenameForm(request.POST)
    try:
        actions.rename_board(access, board_id=board_id, name=form.data.get("name", ""))
    except FactstormError as error:
        if error.http_status in _NOT_OF_THE_FORM:
            raise
        messages.error(request, error.message)
    return _to_list(access)


@page(Permission.BOARD_MANAGE)
@require_POST
def archive(request: HttpRequest, access: Access, board_id: uuid.UUID) -> HttpResponse:
    """Into the archive; the list offers to take that back."""
    actions.archive_board(access, board_id=board_id)
    return redirect(f"{_list_url(access)}?archiving={board_id}")


@page(Permission.BOARD_MANAGE)
@require_POST
def restore(request: HttpRequest, access: Access, board_id: uuid.UUID) -> HttpResponse:
    """Out of the archive."""
    restored = actions.restore_board(access, board_id=board_id)
    messages.success(request, f"“{restored.name}” is back.")
    return _to_list(access)


@page(Permission.BOARD_MANAGE)
@require_POST
def delete(request: HttpRequest, access: Access, board_id: uuid.UUID) -> HttpResponse:
    """Deleted; the list offers to take that back."""
    actions.delete_board(access, board_id=board_id)
    return redirect(f"{_list_url(access)}?deleting={board_id}")


@page(Permission.BOARD_MANAGE)
@require_POST
def undelete(request: HttpRequest, access: Access, board_id: uuid.UUID) -> HttpResponse:
    """Back where it was."""
    back = actions.undelete_board(access, board_id=board_id)
    messages.success(request, f"“{back.name}” is back.")
    return redirect(f"{_list_url(access)}{'?archived' if back.is_archived else ''}")


@page(Permission.BOARD_MANAGE)
@require_POST
def destroy(request: HttpRequest, access: Access, board_id: uuid.UUID) -> HttpResponse:
    """Gone for good."""
    actions.destroy_board(access, board_id=board_id)
    messages.success(request, "The board is gone for good.")
    return redirect(f"{_list_url(access)}?deleted")


@page(Permission.BOARD_MANAGE)
@require_POST
def duplicate(request: HttpRequest, access: Access, board_id: uuid.UUID) -> HttpResponse:
    """A copy, listed first."""
    copy = actions.duplicate_board(access, board_id=board_id)
    messages.success(request, f"“{copy.name}” is made.")
    return _to_list(access)


@page(Permission.BOARD_MANAGE)
@never_cache
def share(request: HttpRequest, access: Access, board_id: uuid.UUID) -> HttpResponse:
    """Guest links of a board: make one (its address is shown once), see and revoke the others."""
    found = queries.board_of(access, board_id)
    form = ShareForm(request.POST or None)
    fresh: dict[str, Any] | None = None
    if request.method == "POST" and form.is_valid():
        try:
            link, token = actions.share_board(access, board_id=board_id, **form.cleaned_data)
        except FactstormError as error:
            _refuse(form, error)
        else:
            url = guest_url(request, token)
            fresh = {"link": link, "url": url, "qr": mark_safe(qr.svg(url))}  # noqa: S308 - drawn by segno
            form = ShareForm()
    context = {"board": found, "form": form, "fresh": fresh, "links": queries.guest_links(access, board_id)}
    return render(request, "storming/share.html", context, status=422 if form.errors else 200)


@page(Permission.BOARD_MANAGE)
@require_POST
def revoke(request: HttpRequest, access: Access, board_id: uuid.UUID, link_id: uuid.UUID) -> HttpResponse:
    """The link stops working at once."""
    actions.revoke_guest_link(access, board_id=board_id, link_id=link_id)
    messages.success(request, "The guest link no longer works.")
    return redirect("storming:share", workspace=access.workspace.slug, board_id=board_id)


def _refuse(form: NewBoardForm | ShareForm, error: FactstormError) -> None:
    """What a form can mend is shown in it; the rest is a page of its own."""
    if error.http_status in _NOT_OF_THE_FORM:
        raise error
    form.refuse(error)


def config(access: Access, found: Board) -> dict[str, Any]:
    """What the board's scripts need to know; ELEMENT in an address stands for a note's id."""
    slug, guest = access.workspace.slug, access.board_id is not None
    here = {"workspace": slug, "board_id": found.pk}
    note = {**here, "element_id": ELEMENT}
    manages = access.can(Permission.BOARD_MANAGE, board_id=found.pk)
    promotes = access.can(Permission.CATALOG_WRITE)
    return {
        "socket_url": f"/ws/v1/w/{slug}/boards/{found.pk}/",
        "board_id": str(found.pk),
        "board_name": found.name,
        "board_format": found.format,
        "archived": found.is_archived,
        "workspace_slug": slug,
        "can_edit": access.can(Permission.BOARD_EDIT, board_id=found.pk) and not found.is_archived,
        "can_manage": manages,
        "can_promote": promotes,
        "catalog_url": "" if guest else _maybe("eventcatalog:catalog", workspace=slug) or f"/w/{slug}/catalog/",
        "promote_url": reverse("storming-api:promotion", kwargs=note),
        "type_sync_url": reverse("storming-api:in-step", kwargs=note),
        "link_url": reverse("storming-api:link", kwargs=note),
        "infer_url": _maybe("eventcatalog-api:inference", workspace=slug),
        "types_search_url": "" if guest else _maybe("eventcatalog-api:types", workspace=slug),
        "share_url": reverse("storming:share", kwargs=here) if manages else "",
        "rename_url": reverse("storming-api:board", kwargs=here) if manages else "",
        "api_url": reverse("storming-api:board", kwargs=here),
        "boards_url": "" if guest else _list_url(access),
        "me": {"id": access.actor.id, "name": access.actor.name},
        "board_api_url": reverse("storming-api:board", kwargs=here),
        "workshop_url": reverse("storming-api:workshop", kwargs=here),
        "board_url": reverse("storming:board", kwargs=here),
        "tray_url": reverse("storming:tray", kwargs=here),
        "phases": [phase.as_json() for phase in PHASES.values()],
        "emoji": list(EMOJI),
        "contexts": _contexts(access) if promotes else [],
    }


def _contexts(access: Access) -> list[dict[str, str]]:
    """Bounded contexts by slug, which is what promotion takes."""
    rows = BoundedContext.objects.filter(workspace=access.workspace).select_related("domain")
    ordered = rows.order_by("domain__name", "name")
    return [{"id": row.slug, "name": row.name, "domain": row.domain.name} for row in ordered]


def _card(found: Board) -> dict[str, Any]:
    return {"board": found, "drawing": mark_safe(found.thumbnail)}  # noqa: S308 - numbers and constants, see thumbnail.py


def _formats() -> list[dict[str, str]]:
    words = {
        BoardFormat.BIG_PICTURE: "What happens, from end to end. Events, hotspots, people and systems.",
        BoardFormat.PROCESS: "How one process runs. Adds commands, policies and read models.",
        BoardFormat.DESIGN: "What to build. Adds aggregates: the rules that hold.",
    }
    return [{"value": str(value), "label": value.label, "words": text} for value, text in words.items()]


def _undoable(request: HttpRequest, access: Access) -> Board | None:
    """The board that was just archived or deleted."""
    try:
        board_id = uuid.UUID(request.GET.get("archiving") or request.GET.get("deleting", ""))
    except ValueError:
        return None
    if "deleting" in request.GET:
        return queries.deleted_boards(access).filter(pk=board_id).first()
    return (
        access.workspace.boards.filter(pk=board_id).exclude(archived_at=None).only("id", "name", "deleted_at").first()
    )


def _maybe(name: str, **arguments: Any) -> str:
    try:
        return reverse(name, kwargs=arguments)
    except NoReverseMatch:
        return ""


def _list_url(access: Access) -> str:
    return reverse("storming:boards", kwargs={"workspace": access.workspace.slug})


def _to_list(access: Access) -> HttpResponse:
    return redirect(_list_url(access))
