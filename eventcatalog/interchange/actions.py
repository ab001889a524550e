"""Imports as things that are made, applied and kept: check, write, notify is the importer's; here is their frame."""

import logging
import threading
import time

from django.db import connections, transaction
from django.utils import timezone

from eventcatalog.interchange.formats.errors import InterchangeError
from eventcatalog.interchange.formats.model import Catalogue
from eventcatalog.interchange.formats.reading import read_anything
from eventcatalog.interchange.importing import Importer
from eventcatalog.interchange.models import CatalogImport, ImportState
from workspaces.access import Access, Permission
from workspaces.errors import Conflict, Invalid

log = logging.getLogger(__name__)
UPLOAD_BYTES_MAX = 16 * 1024 * 1024
KEPT_WHOLE_MAX = 20  # older imports keep their report alone
KEPT_MAX = 500
IN_BACKGROUND_FROM_STEPS = 40
SAVE_PROGRESS_SECONDS = 0.5


def check_import(access: Access, content: bytes, *, name: str = "") -> CatalogImport:
    """Read what was brought and say what applying it would do; nothing of the catalog changes. Raises Invalid."""
    access.require(Permission.CATALOG_WRITE)
    if not content.strip():
        raise Invalid("There is nothing in it.", hint="Choose a file, or paste a document.", place="file")
    if len(content) > UPLOAD_BYTES_MAX:
        raise Invalid(f"At most {UPLOAD_BYTES_MAX // 1024 // 1024} MB are taken at once.", place="file")
    try:
        catalogue = read_anything(content, name=name.replace("\\", "/").rpartition("/")[2][:150])
    except InterchangeError as error:
        where = f" ({error.place})" if error.place else ""
        raise Invalid(f"{error.message}{where}", hint=error.hint, place="file", where=error.place) from error
    steps = Importer(access, catalogue, dry=True).run()
    made = CatalogImport.objects.create(
        workspace=access.workspace,
        created_by_kind=access.actor.kind[:8],
        created_by_id=access.actor.id[:64],
        created_by_name=access.actor.name[:80],
        name=name[:200],
        format=catalogue.format[:40],
        title=catalogue.title[:200],
        catalogue=catalogue.as_json(),
        lost=catalogue.lost,
        steps=[each.as_json() for each in steps],
        total=len(steps),
    )
    _forget_old(access)
    return made


def _forget_old(access: Access) -> None:
    """What was brought is kept of the newest imports only, their reports of more."""
    rows = CatalogImport.objects.filter(workspace=access.workspace).order_by("-pk").values_list("pk", flat=True)
    CatalogImport.objects.filter(pk__in=list(rows[KEPT_WHOLE_MAX : KEPT_WHOLE_MAX + 50])).update(catalogue={})
    CatalogImport.objects.filter(pk__in=list(rows[KEPT_MAX : KEPT_MAX + 50])).delete()


def apply_import(access: Access, row: CatalogImport) -> CatalogImport:
    """Do it. Long ones run on in the background, with progress. One that broke off may be applied again.

    Raises Conflict while it is running, when it is done, or when what was brought is no longer kept.
    """
    access.require(Permission.CATALOG_WRITE)
    with transaction.atomic():
        fresh = CatalogImport.objects.select_for_update().get(pk=row.pk, workspace=access.workspace)
        _require_appliable(fresh)
        fresh.state, fresh.started_at, fresh.done, fresh.error = ImportState.APPLYING, timezone.now(), 0, ""
        fresh.save()
    if fresh.total > IN_BACKGROUND_FROM_STEPS:
        threading.Thread(target=_run_alone, args=(access, fresh), name=f"import-{fresh.pk}", daemon=True).start()
    else:
        _run(access, fresh)
    return fresh


def _require_appliable(row: CatalogImport) -> None:
    if row.state == ImportState.APPLIED:
        raise Conflict("This import was applied already.", hint="Bring the document again to import it again.")
    silent = row.started_at is not None and (timezone.now() - row.started_at).total_seconds() > 3600
    if row.state == ImportState.APPLYING and not silent:
        raise Conflict("This import is being applied.", hint="Wait until it is done.")
    if not row.catalogue:
        raise Conflict("What this import brought is no longer kept.", hint="Bring the document again.")


def _run_alone(access: Access, row: CatalogImport) -> None:
    """In a thread of its own."""
    try:
        _run(access, row)
    finally:
        connections.close_all()


def _run(access: Access, row: CatalogImport) -> None:
    saved = time.monotonic()

    def progress(done: int, total: int) -> None:
        nonlocal saved
        if time.monotonic() - saved > SAVE_PROGRESS_SECONDS:
            saved = time.monotonic()
            CatalogImport.objects.filter(pk=row.pk).update(done=done, total=total, started_at=timezone.now())

    try:
        steps = Importer(access, Catalogue.from_json(row.catalogue), dry=False, progress=progress).run()
        row.report, row.state, row.done = [each.as_json() for each in steps], ImportState.APPLIED, len(steps)
    except Exception:
        log.exception("import %s broke off", row.pk)
        row.state = ImportState.FAILED
        row.error = "Something went wrong in the server. What was done stays; apply it again to go on."
    row.finished_at = timezone.now()
    row.save(update_fields=["report", "state", "done", "error", "finished_at"])
