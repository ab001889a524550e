"""Streams, and the durable half of traffic counting.

Records are not here: they are in the commit log, under ``Stream.log_name``.
"""

import uuid
from typing import Any, ClassVar

from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone
from django.utils.functional import cached_property

from broker_adapter.rules import StreamRules, rules_from
from workspaces.errors import Invalid
from workspaces.models import Person, Workspace

STREAM_NAME = r"[a-z][a-z0-9._-]{0,99}"
NAME_RULE = (
    "A name begins with a letter a-z and goes on with a-z, 0-9, dot, dash and underscore; at most 100 characters."
)


RESERVED_PREFIX = "factstorm."


def refuse_reserved(name: str) -> None:
    """Streams under ``factstorm.`` are written by Factstorm alone; everybody may read them. Raises Invalid."""
    if name.startswith(RESERVED_PREFIX):
        raise Invalid(
            f"{name} is written by Factstorm alone.",
            hint="Choose a name without factstorm. at its front.",
            place="name",
        )


class Stream(models.Model):
    """A named, partitioned, append-only sequence of records.

    ``settings`` holds its rules (broker_adapter.rules). Name and partitions don't change: positions and keys depend on
    them. ``dead_letters_of``: this stream keeps what that one refused.
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
    dead_letters_of = models.OneToOneField(
        "self", on_delete=models.CASCADE, null=True, blank=True, related_name="dead_letters"
    )

    class Meta:
        ordering: ClassVar[list[Any]] = ["name"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["workspace", "name"], name="one_stream_a_name_and_workspace")
        ]

    def __str__(self) -> str:
        return self.name

    @cached_property
    def rules(self) -> StreamRules:
        """What it takes and how long it keeps it."""
        return rules_from(self.settings)

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
    flagged = models.PositiveBigIntegerField(default=0)
    last_seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["stream", "type"], name="one_traffic_row_a_stream_and_type")
        ]


class DeadLetterOutcome(models.Model):
    """What became of a dead letter. The letter itself stays in the log until retention takes it; so does this row.

    ``stream`` is the stream of dead letters. ``kind``: redriven (then ``placed`` says where: "partition:offset") or
    discarded.
    """

    REDRIVEN, DISCARDED = "redriven", "discarded"

    id = models.BigAutoField(primary_key=True)
    stream = models.ForeignKey(Stream, on_delete=models.CASCADE, related_name="outcomes")
    partition = models.PositiveSmallIntegerField()
    offset = models.PositiveBigIntegerField()
    kind = models.CharField(max_length=10)
    placed = models.CharField(max_length=40, blank=True)
    at = models.DateTimeField(default=timezone.now)
    by_name = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["stream", "partition", "offset"], name="one_outcome_a_dead_letter")
        ]


class MaintenanceLease(models.Model):
    """Which process looks after the streams (retention, compaction, lag samples): one row, taken for a while."""

    name = models.CharField(max_length=40, primary_key=True)
    holder = models.CharField(max_length=80)
    until = models.DateTimeField()


class StreamViews(models.Model):
    """What a person has saved to look at in a stream: ``{name: {"from", "type", "q"}}``."""

    id = models.BigAutoField(primary_key=True)
    stream = models.ForeignKey(Stream, on_delete=models.CASCADE, related_name="saved_views")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    views = models.JSONField(default=dict)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["stream", "person"], name="one_row_of_views_a_stream_and_person")
        ]


GROUP_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}"
GROUP_NAME_RULE = "A group's name is letters, digits, dot, dash and underscore; at most 100 characters, no mark first."


class ConsumerGroup(models.Model):
    """Readers that share a stream's partitions. Its state is here, in transactions, so any process serves any member.

    ``generation`` grows with each new assignment; what a member of an earlier one commits is refused. ``epoch``: the
    incarnation of the log that the committed offsets are of. ``reset_generation``: the last one that a reset made; who
    knows an earlier one reads on from the committed offsets, not from where it is.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    stream = models.ForeignKey(Stream, on_delete=models.CASCADE, related_name="groups")
    name = models.CharField(max_length=100, validators=[RegexValidator(rf"^{GROUP_NAME}\Z", GROUP_NAME_RULE)])
    epoch = models.UUIDField()
    generation = models.PositiveIntegerField(default=0)
    reset_generation = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    created_by_name = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering: ClassVar[list[Any]] = ["name"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["stream", "name"], name="one_group_a_name_and_stream")
        ]


class GroupMember(models.Model):
    """One reader of a group, as long as it is heard of: until ``expires_at``, which heartbeats put off."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    group = models.ForeignKey(ConsumerGroup, on_delete=models.CASCADE, related_name="members")
    client = models.CharField(max_length=100, blank=True)
    actor_name = models.CharField(max_length=80, blank=True)
    session_timeout_ms = models.PositiveIntegerField()
    joined_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[Any]] = ["joined_at", "id"]


class GroupPartition(models.Model):
    """Who reads a partition, and up to where the group is done with it. One row each: a partition has one owner."""

    id = models.BigAutoField(primary_key=True)
    group = models.ForeignKey(ConsumerGroup, on_delete=models.CASCADE, related_name="partitions")
    partition = models.PositiveSmallIntegerField()
    owner = models.ForeignKey(GroupMember, on_delete=models.SET_NULL, null=True, blank=True, related_name="owned")
    committed_offset = models.PositiveBigIntegerField()
    committed_at = models.DateTimeField(null=True, blank=True)
    committed_by = models.CharField(max_length=180, blank=True)

    class Meta:
        ordering: ClassVar[list[Any]] = ["partition"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["group", "partition"], name="one_row_a_group_and_partition")
        ]


class LagSample(models.Model):
    """How far a group was behind at one moment, all partitions together; for its trend."""

    id = models.BigAutoField(primary_key=True)
    group = models.ForeignKey(ConsumerGroup, on_delete=models.CASCADE, related_name="samples")
    at = models.DateTimeField()
    records = models.PositiveBigIntegerField()
    seconds = models.FloatField()

    class Meta:
        indexes: ClassVar[list[Any]] = [models.Index(fields=["group", "at"], name="lag_by_group_and_time")]
