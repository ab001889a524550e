"""Boards, their operations and snapshots, and the links between notes and message types.

A board *is* the log of its operations; ``Board.seq`` is the number of the last one, and a snapshot is derived and may
be lost. ``thumbnail``, ``notes_text``, ``notes_count`` and ``people`` are derived too (``derived_seq`` says from which
state), so that lists and search need not load documents.
"""

import uuid
from typing import ClassVar

from django.db import models
from django.utils import timezone

from eventcatalog.models import MessageType
from workspaces.models import Workspace


class BoardFormat(models.TextChoices):
    """Which kind of session the board is for."""

    BIG_PICTURE = "big_picture", "Big Picture"
    PROCESS = "process", "Process Modelling"
    DESIGN = "design", "Software Design"


class PresentBoards(models.Manager["Board"]):
    """All that were not deleted: whoever asks for boards means these."""

    def get_queryset(self) -> "models.QuerySet[Board]":
        """Without the deleted ones."""
        return super().get_queryset().filter(deleted_at=None)


class Board(models.Model):
    """One wall. ``epoch`` names its history: it changes when the history is replaced, never by editing.

    A deleted board is hidden from everything but ``Board.everything`` and kept for a while, so that it can come back.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="boards")
    name = models.CharField(max_length=120)
    format = models.CharField(max_length=12, choices=BoardFormat.choices, default=BoardFormat.BIG_PICTURE)
    epoch = models.UUIDField(default=uuid.uuid4, editable=False)
    seq = models.PositiveBigIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by_kind = models.CharField(max_length=8, blank=True)
    created_by_id = models.CharField(max_length=64, blank=True)
    created_by_name = models.CharField(max_length=80, blank=True)
    edited_at = models.DateTimeField(default=timezone.now)
    archived_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True, db_index=True)
    deleted_by_name = models.CharField(max_length=80, blank=True)

    workshop = models.JSONField(default=dict, editable=False)  # see storming.workshop.state
    workshop_version = models.PositiveIntegerField(default=0, editable=False)

    derived_seq = models.PositiveBigIntegerField(default=0, editable=False)
    thumbnail = models.TextField(blank=True, editable=False)
    notes_text = models.TextField(blank=True, editable=False)
    notes_count = models.PositiveIntegerField(default=0, editable=False)
    people = models.JSONField(default=list, editable=False)

    objects = PresentBoards()
    everything: ClassVar[models.Manager["Board"]] = models.Manager()

    class Meta:
        ordering: ClassVar = ["-edited_at"]
        indexes: ClassVar = [models.Index(fields=["workspace", "archived_at", "-edited_at"], name="board_by_edit")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_archived(self) -> bool:
        """Archived boards can be looked at and brought back, but not written on."""
        return self.archived_at is not None


class Operation(models.Model):
    """One numbered change. ``client_id`` and ``client_seq`` are the sender's, and make resending safe."""

    id = models.BigAutoField(primary_key=True)
    board = models.ForeignKey(Board, on_delete=models.CASCADE, related_name="operations", db_index=False)
    seq = models.PositiveBigIntegerField()
    actor_kind = models.CharField(max_length=8)
    actor_id = models.CharField(max_length=64)
    actor_name = models.CharField(max_length=80)
    client_id = models.UUIDField()
    client_seq = models.PositiveBigIntegerField()
    at = models.DateTimeField()
    patch = models.JSONField()

    class Meta:
        ordering: ClassVar = ["seq"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["board", "seq"], name="one_operation_a_seq"),
            models.UniqueConstraint(fields=["board", "client_id", "client_seq"], name="one_operation_a_sending"),
        ]


class Snapshot(models.Model):
    """The whole board after operation ``seq``: zlib-compressed JSON. Derived: may be lost at any time."""

    id = models.BigAutoField(primary_key=True)
    board = models.ForeignKey(Board, on_delete=models.CASCADE, related_name="snapshots", db_index=False)
    seq = models.PositiveBigIntegerField()
    at = models.DateTimeField(default=timezone.now)
    elements = models.BinaryField()

    class Meta:
        ordering: ClassVar = ["-seq"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["board", "seq"], name="one_snapshot_a_seq")]


class TypeLink(models.Model):
    """A note that names a message type. ``live`` follows the note's deletion; the note's ``type_id`` is the truth."""

    id = models.BigAutoField(primary_key=True)
    board = models.ForeignKey(Board, on_delete=models.CASCADE, related_name="type_links", db_index=False)
    element_id = models.CharField(max_length=64)
    message_type = models.ForeignKey(MessageType, on_delete=models.CASCADE, related_name="board_links")
    live = models.BooleanField(default=True)
    linked_at = models.DateTimeField(default=timezone.now)
    linked_by_kind = models.CharField(max_length=8, blank=True)
    linked_by_id = models.CharField(max_length=64, blank=True)
    linked_by_name = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["board", "element_id"], name="one_type_a_note")]


from storming.demo.models import DemoState  # noqa: E402, F401 - Django looks for models here
from storming.past.models import BoardVersion  # noqa: E402, F401 - the same
from storming.workshop.models import Ballot, Draft, DraftSending, VotingRound  # noqa: E402, F401 - the same
