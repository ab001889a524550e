"""What the map knows beyond types and services: streams in use, reactions, people who answer, what traffic showed.

*Declared* is what somebody said: StreamUse, Reaction, Steward (and Participation). *Observed* is what stored records
show: Observation, counted from their headers by eventcatalog.observing, derived, and rebuilt from the log at any time.
The search index (SearchDocument, SearchPosting) is derived too; eventcatalog.search keeps it.
"""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from eventcatalog.models import Domain, MessageType, Service, Signed, Team
from workspaces.models import Person, Workspace


class StreamRole(models.TextChoices):
    """What a service does with a stream."""

    APPENDS = "appends", "Appends"
    READS = "reads", "Reads"


class StreamUse(Signed):
    """A service appends to or reads a stream. By name: a stream may be planned before it is there."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="stream_uses")
    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="stream_uses")
    stream_name = models.CharField(max_length=100)
    role = models.CharField(max_length=8, choices=StreamRole.choices)

    class Meta:
        ordering: ClassVar = ["stream_name", "role", "service__name"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["service", "stream_name", "role"], name="one_stream_use_a_role")
        ]


class Reaction(Signed):
    """In a service, one message leads to another: whenever ``trigger``, then ``result``. A policy of the business."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="reactions")
    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="reactions")
    trigger = models.ForeignKey(MessageType, on_delete=models.CASCADE, related_name="leads_to")
    result = models.ForeignKey(MessageType, on_delete=models.CASCADE, related_name="caused_by")
    policy = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering: ClassVar = ["service__name", "trigger__name", "result__name"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["service", "trigger", "result"], name="one_reaction_a_service")
        ]


class Steward(models.Model):
    """A person who answers for a service, a domain, a type or (as a member) a team. Exactly one of the four."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="stewards")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="stewardships")
    service = models.ForeignKey(Service, on_delete=models.CASCADE, null=True, related_name="stewards")
    domain = models.ForeignKey(Domain, on_delete=models.CASCADE, null=True, related_name="stewards")
    message_type = models.ForeignKey(MessageType, on_delete=models.CASCADE, null=True, related_name="stewards")
    team = models.ForeignKey(Team, on_delete=models.CASCADE, null=True, related_name="members")

    SUBJECTS = ("service", "domain", "message_type", "team")

    class Meta:
        ordering: ClassVar = ["person__name"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["person", "service"], name="one_steward_a_service"),
            models.UniqueConstraint(fields=["person", "domain"], name="one_steward_a_domain"),
            models.UniqueConstraint(fields=["person", "message_type"], name="one_steward_a_type"),
            models.UniqueConstraint(fields=["person", "team"], name="one_steward_a_team"),
            models.CheckConstraint(
                name="a_steward_answers_for_one_thing",
                condition=Q(service__isnull=False, domain=None, message_type=None, team=None)
                | Q(service=None, domain__isnull=False, message_type=None, team=None)
                | Q(service=None, domain=None, message_type__isnull=False, team=None)
                | Q(service=None, domain=None, message_type=None, team__isnull=False),
            ),
        ]


class Observation(models.Model):
    """Records of one type and version that one source has appended to one stream, up to the stream's cursor."""

    id = models.BigAutoField(primary_key=True)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="observations")
    stream_name = models.CharField(max_length=100)
    type_name = models.CharField(max_length=200)
    source = models.CharField(max_length=200)
    version = models.CharField(max_length=32, blank=True)
    records = models.PositiveBigIntegerField(default=0)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["workspace", "stream_name", "type_name", "source", "version"], name="one_observation_a_source"
            )
        ]
        indexes: ClassVar = [models.Index(fields=["workspace", "type_name"], name="observation_by_type")]


class ObservationCursor(models.Model):
    """How far a stream has been looked through; moves in the transaction that counts, so nothing counts twice."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    stream_name = models.CharField(max_length=100)
    position = models.TextField()
    skipped = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "stream_name"], name="one_observation_cursor_a_stream")
        ]


class SearchDocument(models.Model):
    """One thing that can be found. ``key`` is its row's primary key as text; ``text`` is what excerpts are cut from."""

    id = models.BigAutoField(primary_key=True)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=12)
    key = models.CharField(max_length=40)
    name = models.CharField(max_length=200)
    title = models.CharField(max_length=200, blank=True)
    text = models.TextField(blank=True)
    rank = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "kind", "key"], name="one_search_document_a_thing")
        ]


class SearchPosting(models.Model):
    """A word of a document, and how much it says there (1 to 100)."""

    id = models.BigAutoField(primary_key=True)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    document = models.ForeignKey(SearchDocument, on_delete=models.CASCADE, related_name="postings")
    word = models.CharField(max_length=40)
    weight = models.PositiveSmallIntegerField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["workspace", "word", "document", "weight"], name="posting_by_word")]


class SearchState(models.Model):
    """Which making of the index a workspace has; another number than eventcatalog.search.MAKING means: rebuild."""

    workspace = models.OneToOneField(Workspace, on_delete=models.CASCADE, primary_key=True, related_name="+")
    making = models.PositiveIntegerField(default=0)
