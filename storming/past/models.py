"""Versions: moments of a board that somebody gave a name."""

import uuid
from typing import ClassVar

from django.db import models
from django.utils import timezone


class BoardVersion(models.Model):
    """A named moment: the board after operation ``seq``. Nothing is copied; the log has it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    board = models.ForeignKey("storming.Board", on_delete=models.CASCADE, related_name="versions")
    seq = models.PositiveBigIntegerField()
    name = models.CharField(max_length=120)
    at = models.DateTimeField(default=timezone.now)
    by_id = models.CharField(max_length=64, blank=True)
    by_name = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering: ClassVar = ["-seq", "-at"]
