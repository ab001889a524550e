"""One replay: what was asked, how far it is, what it found. Kept for its link; the oldest of a type go."""

import uuid
from datetime import timedelta
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from eventcatalog.models import MessageType, Signed
from workspaces.models import Workspace

SILENT_AFTER = timedelta(seconds=30)


class RealityState(models.TextChoices):
    """Where a replay is."""

    WAITING = "waiting", "Waiting"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    CANCELLED = "cancelled", "Cancelled"
    FAILED = "failed", "Failed"


class RealityCheck(Signed):
    """``records_wanted`` 0: all. ``records_seen``: records of any type that were passed by, out of ``records_there``.

    ``reasons``: [{keyword, pointer, message, count}], the commonest first, array places as ``*``. ``samples``: up to
    three refused records, each of another reason where there are several. ``sources`` and ``versions``: whose they are.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="reality_checks")
    message_type = models.ForeignKey(MessageType, on_delete=models.CASCADE, related_name="reality_checks")
    schema_text = models.TextField()
    meaning = models.TextField()
    stream_names = models.JSONField(default=list)
    records_wanted = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=RealityState.choices, default=RealityState.WAITING)
    is_cancel_asked = models.BooleanField(default=False)
    records_there = models.PositiveBigIntegerField(default=0)
    records_seen = models.PositiveBigIntegerField(default=0)
    records_checked = models.PositiveBigIntegerField(default=0)
    records_failed = models.PositiveBigIntegerField(default=0)
    reasons = models.JSONField(default=list)
    samples = models.JSONField(default=list)
    sources = models.JSONField(default=list)
    versions = models.JSONField(default=list)
    stopped_because = models.CharField(max_length=300, blank=True)
    started_at = models.DateTimeField(null=True)
    heard_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "eventcatalog"
        ordering: ClassVar = ["-created_at"]
        indexes: ClassVar = [models.Index(fields=["workspace", "state"], name="reality_by_state")]

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come."""
        return self.state not in (RealityState.WAITING, RealityState.RUNNING)

    @property
    def is_silent(self) -> bool:
        """Its worker has not been heard for long: the process is gone."""
        return not self.is_over and timezone.now() - self.heard_at > SILENT_AFTER

    @property
    def progress(self) -> float:
        """0 to 1: of the records wanted, or of those that are there, whichever is further."""
        if self.is_over:
            return 1.0
        seen = self.records_seen / self.records_there if self.records_there else 0.0
        wanted = self.records_checked / self.records_wanted if self.records_wanted else 0.0
        return round(min(1.0, max(seen, wanted)), 4)

    def as_json(self) -> dict[str, Any]:
        """What the API says."""
        return {
            "id": str(self.pk),
            "type": self.message_type.name,
            "state": self.state,
            "progress": self.progress,
            "streams": self.stream_names,
            "records_wanted": self.records_wanted,
            "records_there": self.records_there,
            "records_seen": self.records_seen,
            "records_checked": self.records_checked,
            "records_failed": self.records_failed,
            "reasons": self.reasons,
            "samples": self.samples,
            "sources": self.sources,
            "versions": self.versions,
            "stopped_because": self.stopped_because,
            "created_at": self.created_at,
            "created_by": {"kind": self.created_by_kind, "name": self.created_by_name},
            "finished_at": self.finished_at,
        }
