"""Streams, and the durable half of traffic counting.

Records are not here: they are in the commit log, under ``Stream.log_name``.
"""

import uuid
from typing import Any, ClassVar

from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone

from workspaces.models import Person, Workspace

STREAM_NAME = r"[a-z][a-z0-9._-]{0,99}"
NAME_RULE = (
    "A name begins with a letter a-z and goes on with a-z, 0-9, dot, dash and underscore; at most 100 characters."
)


class Stream(models.Model):
    """A named, partitioned, append-only sequence of records.

    ``settings`` holds what later floors of settings need (retention, validation policy, ...); today it may carry
    ``record_bytes_max``. Name and partitions don't change: positions and keys depend on them.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="streams")
    name = models.CharField(max_length=100, validators=[RegexValidator(rf"^{STREAM_NAME}\Z", NAME_RULE)])
    description = models.CharField(max_length=500, blank=True)
    partitions = models.PositiveSmallIntegerField(default=1)
    settings = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    created_by_name = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering: ClassVar[list[Any]] = ["name"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["workspace", "name"], name="one_stream_a_name_and_workspace")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def log_name(self) -> str:
        """The stream's name in the commit log, unique in the deployment."""
        return log_name(self.workspace_id, self.name)


def log_name(workspace_id: uuid.UUID, name: str) -> str:
    """What a workspace's stream is called in the commit log."""
    return f"{workspace_id}/{name}"


class TrafficCursor(models.Model):
    """How far a stream has been counted: totals and position change in one transaction, so nothing counts twice."""

    stream = models.OneToOneField(Stream, on_delete=models.CASCADE, related_name="traffic_cursor", primary_key=True)
    position = models.TextField()
    updated_at = models.DateTimeField(default=timezone.now)


class TypeTraffic(models.Model):
    """What a stream has seen of one message type, up to the stream's TrafficCursor."""

    id = models.BigAutoField(primary_key=True)
    stream = models.ForeignKey(Stream, on_delete=models.CASCADE, related_name="traffic")
    type = models.CharField(max_length=200)
    total = models.PositiveBigIntegerField(default=0)
    rejected = models.PositiveBigIntegerField(default=0)
    last_seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["stream", "type"], name="one_traffic_row_a_stream_and_type")
        ]
