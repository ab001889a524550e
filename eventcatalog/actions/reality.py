"""Check against reality: start a replay of stored records through a schema, cancel it."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from broker_adapter import queries as streams
from broker_adapter.models import TypeTraffic
from eventcatalog import evolution
from eventcatalog.actions.types import own
from eventcatalog.history import signature
from eventcatalog.library.resolve import fetch_from
from eventcatalog.models import MessageType
from eventcatalog.reality import workers
from eventcatalog.reality.models import RealityCheck, RealityState
from workspaces.access import Access, Permission
from workspaces.errors import Invalid, LimitReached, NotFound

RECORDS_MAX = 5_000_000
AT_ONCE_MAX = 3
KEPT_PER_TYPE = 20


def check_against_reality(
    access: Access, message_type: MessageType, *, schema: str | dict[str, Any] | bool, records: int = 10_000
) -> RealityCheck:
    """Start replaying the type's last ``records`` stored records (0: all) through a schema; it runs beside the request.

    Only streams that the asker may read are looked at. Raises InvalidSchema, Invalid, LimitReached.
    """
    access.require(Permission.CATALOG_VIEW)
    access.require(Permission.STREAM_READ)
    own(access, message_type)
    if not 0 <= records <= RECORDS_MAX:
        raise Invalid(f"records goes from 1 to {RECORDS_MAX:,}, or 0 for all.", place="records")
    parsed = evolution.read(schema, fetch=fetch_from(access.workspace))
    names = _stream_names(access, message_type)
    with transaction.atomic():
        _make_room(access, message_type)
        row = RealityCheck.objects.create(
            workspace=access.workspace,
            message_type=message_type,
            schema_text=parsed.text,
            meaning=parsed.bundled_text or parsed.text,
            stream_names=names,
            records_wanted=records,
            **signature(access),
        )
        transaction.on_commit(lambda: _start(row))
    return row


def cancel_check(access: Access, row: RealityCheck) -> RealityCheck:
    """Ask it to stop; what it found so far stays. Saying it twice is saying it once."""
    access.require(Permission.CATALOG_VIEW)
    if row.workspace_id != access.workspace.pk:
        raise NotFound
    waiting = RealityCheck.objects.filter(pk=row.pk, state=RealityState.WAITING)
    if not waiting.update(state=RealityState.CANCELLED, is_cancel_asked=True, finished_at=timezone.now()):
        RealityCheck.objects.filter(pk=row.pk, state=RealityState.RUNNING).update(is_cancel_asked=True)
    row.refresh_from_db()
    return row


def find_check(access: Access, check_id: Any) -> RealityCheck:
    """The replay, as far as it is. One whose worker is gone is marked as failed. Raises NotFound."""
    found = access.workspace.reality_checks.select_related("message_type").filter(pk=check_id).first()
    if found is None:
        raise NotFound
    if any(not access.can(Permission.STREAM_READ, stream=name) for name in found.stream_names):
        raise NotFound  # it shows records of streams that the asker may not read
    if found.is_silent:
        found.state, found.finished_at = RealityState.FAILED, timezone.now()
        found.stopped_because = "The server stopped while it ran. Start it again."
        found.save(update_fields=["state", "finished_at", "stopped_because"])
    return found


def _stream_names(access: Access, message_type: MessageType) -> list[str]:
    """Streams that have seen the type, by their counts; all that may be read, where nothing was counted yet."""
    readable = [
        each.name
        for each in streams.streams_of(access.workspace)
        if access.can(Permission.STREAM_READ, stream=each.name)
    ]
    seen = TypeTraffic.objects.filter(stream__workspace=access.workspace, type=message_type.name, total__gt=0)
    known = set(seen.values_list("stream__name", flat=True)) | {message_type.stream_name}
    return [name for name in readable if name in known] or readable


def _make_room(access: Access, message_type: MessageType) -> None:
    going = access.workspace.reality_checks.filter(state__in=[RealityState.WAITING, RealityState.RUNNING])
    if sum(not each.is_silent for each in going) >= AT_ONCE_MAX:
        raise LimitReached(
            f"{AT_ONCE_MAX} checks against reality run in this workspace already.", hint="Wait, or cancel one."
        )
    kept = message_type.reality_checks.order_by("-created_at").values_list("pk", flat=True)[: KEPT_PER_TYPE - 1]
    message_type.reality_checks.exclude(pk__in=list(kept)).delete()


def _start(row: RealityCheck) -> None:
    if not workers.start(row.pk):
        RealityCheck.objects.filter(pk=row.pk).update(
            state=RealityState.FAILED,
            finished_at=timezone.now(),
            stopped_because="Too many checks wait. Try again later.",
        )
