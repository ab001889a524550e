"""Who changed what, when and why: one row a change, written in the change's own transaction.

The same is a fact of the workspace's log (eventcatalog.facts); the rows serve the pages of single things.
"""

from dataclasses import dataclass
from typing import Any

from django.db import models

from eventcatalog.facts import outbox
from eventcatalog.models import ChangeRecord, MessageType
from eventcatalog.search import index
from workspaces.access import Access

SUMMARY_MAX = 2000


@dataclass(frozen=True, slots=True)
class Change:
    """``verb`` is past tense and stable (registered, published, updated, ...); ``summary`` is a sentence's rest."""

    verb: str
    summary: str
    why: str = ""
    detail: dict[str, Any] | None = None


def signature(access: Access) -> dict[str, str]:
    """The ``created_by_*`` columns of a Signed row."""
    actor = access.actor
    return {
        "created_by_kind": actor.kind[:8],
        "created_by_id": actor.id[:64],
        "created_by_name": actor.name[:80],
    }


def record(access: Access, subject: models.Model, change: Change) -> ChangeRecord:
    """Write the row, put the fact into the outbox, and let searching find the subject as it is now.

    ``subject`` is a catalog row with a name.
    """
    actor = access.actor
    written = ChangeRecord.objects.create(
        workspace=access.workspace,
        actor_kind=actor.kind[:8],
        actor_id=actor.id[:64],
        actor_name=actor.name[:80],
        verb=change.verb,
        subject_kind=str(subject._meta.model_name)[:16],
        subject_id=str(subject.pk),
        subject_name=str(subject)[:200],
        message_type=subject if isinstance(subject, MessageType) else None,
        summary=change.summary[:SUMMARY_MAX],
        why=change.why[:5000],
        detail=change.detail or {},
    )
    outbox.put(written, subject)
    index.refresh(subject, gone=change.verb == "deleted")
    return written
