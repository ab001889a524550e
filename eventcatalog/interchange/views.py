"""The Import page: bring something, see what it would do, do it, read the report."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from eventcatalog.interchange import actions
from eventcatalog.interchange.api import find_import
from eventcatalog.interchange.models import CatalogImport, ImportState
from workspaces.access import Access, Permission, page
from workspaces.errors import FactstormError

HISTORY_SHOWN_MAX = 20
STEPS_SHOWN_MAX = 400
KINDS = (("message", "Messages"), ("service", "Services"), ("domain", "Domains"), ("context", "Bounded contexts"),
         ("team", "Teams"), ("participation", "Who sends and receives"))  # fmt: skip
ORDER = ("refused", "new", "changed", "unchanged")
OUTCOME_WORDS = {"new": "New", "changed": "Changed", "unchanged": "Unchanged", "refused": "Refused"}


@page(Permission.CATALOG_WRITE)
@require_http_methods(["GET", "HEAD", "POST"])
def imports(request: HttpRequest, access: Access) -> HttpResponse:
    """Bring a file or a text; below it, what was imported before."""
    error: FactstormError | None = None
    if request.method == "POST":
        content, name = _brought(request)
        try:
            made = actions.check_import(access, content, name=name)
            return redirect("interchange:import", workspace=access.workspace.slug, number=made.pk)
        except FactstormError as refusal:
            error = refusal
    rows = access.workspace.catalog_imports.defer("catalogue")[:HISTORY_SHOWN_MAX]
    context = {
        "rows": [(each, each.counts()) for each in rows],
        "error": error,
        "pasted": request.POST.get("text", "")[:200_000],
        "nav": "imports",
        "bytes_max": actions.UPLOAD_BYTES_MAX,
    }
    return render(request, "interchange/imports.html", context, status=422 if error else 200)


def _brought(request: HttpRequest) -> tuple[bytes, str]:
    """The file, or else the text."""
    file = request.FILES.get("file")
    if file is not None:
        return file.read(actions.UPLOAD_BYTES_MAX + 1), file.name or ""
    return request.POST.get("text", "").encode(), ""


@page(Permission.CATALOG_WRITE)
@require_safe
def show(request: HttpRequest, access: Access, number: int) -> HttpResponse:
    """What an import would do, or did. With ``X-Part: import`` only the moving part."""
    row = find_import(access, number)
    template = (
        "interchange/parts/import.html" if request.headers.get("X-Part") == "import" else "interchange/import.html"
    )
    return render(request, template, _context(row))


def _context(row: CatalogImport) -> dict[str, Any]:
    steps = sorted(row.shown_steps, key=lambda step: ORDER.index(step["outcome"]))
    groups = []
    for kind, label in KINDS:
        found = [each for each in steps if each["kind"] == kind]
        if found:
            groups.append({"kind": kind, "label": label, "steps": found[:STEPS_SHOWN_MAX],
                           "hidden": max(0, len(found) - STEPS_SHOWN_MAX), "count": len(found)})  # fmt: skip
    counts = row.counts()
    return {
        "row": row,
        "groups": groups,
        "counts": [(each, OUTCOME_WORDS[each], counts[each]) for each in ("new", "changed", "unchanged", "refused")],
        "running": row.state == ImportState.APPLYING,
        "percent": round(100 * row.done / row.total) if row.total else 0,
        "may_apply": row.state in (ImportState.CHECKED, ImportState.FAILED)
        and row.would_change
        and bool(row.catalogue),
        "nav": "imports",
    }


@page(Permission.CATALOG_WRITE)
@require_POST
def application(request: HttpRequest, access: Access, number: int) -> HttpResponse:
    """Do it."""
    row = find_import(access, number)
    try:
        row = actions.apply_import(access, row)
    except FactstormError as error:
        messages.error(request, f"{error.message} {error.hint}".strip())
    else:
        if row.state == ImportState.APPLIED:
            messages.success(request, "Imported")
    return redirect("interchange:import", workspace=access.workspace.slug, number=number)
