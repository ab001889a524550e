"""The outbox: facts that are decided but not yet in the log."""

import uuid
from typing import ClassVar

from django.db import models
from django.utils import timezone

from workspaces.models import Workspace


class OutboxFact(models.Model):
    """Written in the transaction of the change it tells of; deleted in the one that saw it stored in the log."""

    id = models.BigAutoField(primary_key=True)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="outbox_facts")
    event_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=100)
    payload = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        app_label = "eventcatalog"
        ordering: ClassVar = ["id"]
