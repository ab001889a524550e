"""From the catalog's database to the workspace's log, exactly once.

A fact is written to the outbox in the same transaction as the change it tells of: either both are there or neither is.
After commit it is delivered: appended to ``factstorm.catalog`` under its event id, then deleted from the outbox. A
crash in between leaves it in both; the next delivery finds its id among the stream's last records and only deletes it
(the log's own dedup window would find it too, while it lasts). One delivery a workspace runs at a time, under a lock on
the catalog's revision row, so order in the log is order of the outbox. What a failing log leaves behind is delivered
with the next change, when somebody looks at the audit trail, or by the next round of maintenance.
"""

import logging
import uuid
from typing import Any

import orjson
from django.db import transaction
from django.db.models import Count, Min
from django.utils import timezone

from broker_adapter.actions.streams import open_stream
from broker_adapter.engine_holder import engine
from broker_adapter.errors import log_errors
from broker_adapter.hub import hub
from broker_adapter.log.records import NewRecords
from broker_adapter.models import Stream
from broker_adapter.queries import describe_if_forgotten, forget_stream
from eventcatalog.facts.models import OutboxFact
from eventcatalog.facts.types import STREAM, fact_types, name_of, validator_of
from eventcatalog.models import CatalogRevision, ChangeRecord, MessageType
from workspaces.models import Workspace

log = logging.getLogger(__name__)

DELIVERED_AT_ONCE_MAX = 200
WORKSPACES_AT_ONCE_MAX = 1_000
LAST_RECORDS_LOOKED_AT = 2 * DELIVERED_AT_ONCE_MAX
DESCRIPTION = "What changed in the catalog: who, what and why. Written by Factstorm; read it like any stream."


def put(change: ChangeRecord, subject: Any) -> None:
    """Put the fact of a change into the outbox, in the change's transaction, and deliver it after commit."""
    of_a_type = isinstance(subject, MessageType)
    name = name_of(change.verb, of_a_type=of_a_type)
    payload: dict[str, Any] = {
        "change": change.pk,
        "at": change.at.isoformat(),
        "by": {"kind": change.actor_kind, "id": change.actor_id, "name": change.actor_name},
        "verb": change.verb,
        "subject": {"kind": change.subject_kind, "id": change.subject_id, "name": change.subject_name},
        "summary": change.summary,
        "why": change.why,
        "detail": change.detail,
    }
    if of_a_type and not name.endswith("CatalogChanged"):
        payload["type"] = _type(subject)
    text = orjson.dumps(payload, default=str).decode()
    OutboxFact.objects.create(workspace_id=change.workspace_id, name=name, payload=text)
    workspace_id = change.workspace_id
    transaction.on_commit(lambda: deliver_quietly(workspace_id))


def _type(each: MessageType) -> dict[str, Any]:
    return {
        "id": str(each.pk),
        "name": each.name,
        "kind": each.kind,
        "version": each.version,
        "state": each.state,
        "domain": each.domain.slug if each.domain else None,
        "context": each.context.slug if each.context else None,
        "owner": each.owner.slug if each.owner else None,
    }


def deliver_quietly(workspace_id: uuid.UUID) -> None:
    """Deliver; a log that can't be written is left for the next time: the change itself is done."""
    try:
        while deliver(workspace_id) == DELIVERED_AT_ONCE_MAX:
            pass
    except Exception:
        log.warning("catalog facts of %s wait in the outbox", workspace_id, exc_info=True)


def deliver_waiting() -> str:
    """A chore of maintenance: deliver what waits anywhere; in a sentence what became of it, "" where nothing waited.

    At most WORKSPACES_AT_ONCE_MAX workspaces, those with the oldest facts first.
    """
    waiting = OutboxFact.objects.values("workspace_id").annotate(oldest=Min("id"), facts=Count("id"))
    rows = list(waiting.order_by("oldest").values_list("workspace_id", "facts")[:WORKSPACES_AT_ONCE_MAX])
    if not rows:
        return ""
    for workspace_id, _ in rows:
        deliver_quietly(workspace_id)
    left = OutboxFact.objects.filter(workspace_id__in=[workspace_id for workspace_id, _ in rows]).count()
    delivered = max(sum(facts for _, facts in rows) - left, 0)
    words = f"{delivered:,} catalog facts that waited were delivered."
    return f"{words} {left:,} still wait; the log of this process says why." if left else words


def deliver(workspace_id: uuid.UUID) -> int:
    """Append what waits, at most DELIVERED_AT_ONCE_MAX facts; how many left the outbox. Raises StreamError."""
    if not OutboxFact.objects.filter(workspace_id=workspace_id).exists():
        return 0
    stream = _stream(workspace_id)
    with transaction.atomic():
        CatalogRevision.objects.get_or_create(workspace_id=workspace_id)
        CatalogRevision.objects.select_for_update().get(workspace_id=workspace_id)
        waiting = list(OutboxFact.objects.filter(workspace_id=workspace_id)[:DELIVERED_AT_ONCE_MAX])
        stored = _ids_at_the_end(stream) if waiting else set()
        fresh = [each for each in waiting if str(each.event_id).encode() not in stored]
        if fresh:
            _append(stream, fresh)
        OutboxFact.objects.filter(pk__in=[each.pk for each in waiting]).delete()
    if waiting:
        hub.ring(stream.log_name)
    return len(waiting)


def _append(stream: Stream, facts: list[OutboxFact]) -> None:
    """Each is checked by its type's schema, like any record. One that doesn't fit is our mistake: logged, and stored
    without a version.
    """
    headers = []
    for each in facts:
        faults = validator_of(each.name).explain(each.payload.encode())
        if faults:
            log.error("the fact %s does not fit %s: %s", each.event_id, each.name, faults[0].message)
        headers.append(
            (
                ("type", each.name.encode()),
                *((("version", fact_types()[each.name].version.encode()),) if not faults else ()),
                ("ce-id", str(each.event_id).encode()),
                ("ce-source", b"/factstorm/catalog"),
                ("ce-time", each.created_at.isoformat().encode()),
            )
        )
    payloads = [each.payload.encode() for each in facts]
    ids = [each.event_id.bytes for each in facts]
    with log_errors(stream.name):
        engine().append(stream.log_name, NewRecords(payloads, None, headers, None, ids))


def _ids_at_the_end(stream: Stream) -> set[bytes | None]:
    with log_errors(stream.name):
        latest = engine().latest(stream.log_name)
        found = engine().read_back(
            stream.log_name, latest, records_max=LAST_RECORDS_LOOKED_AT, bytes_max=16 * 1024 * 1024
        )
    return {each for batch in found.batches for each in batch.header_values("ce-id")}


def catalog_stream(workspace: Workspace) -> Stream | None:
    """The stream, where anything was ever recorded."""
    return Stream.objects.filter(workspace=workspace, name=STREAM).first()


def _stream(workspace_id: uuid.UUID) -> Stream:
    found = Stream.objects.select_related("workspace").filter(workspace_id=workspace_id, name=STREAM).first()
    if found is None:
        row = Stream(
            workspace_id=workspace_id,
            name=STREAM,
            description=DESCRIPTION,
            created_by_name="Factstorm",
            created_at=timezone.now(),
        )
        found = open_stream(row)
        forget_stream(workspace_id, STREAM)
    describe_if_forgotten(found)
    return found
