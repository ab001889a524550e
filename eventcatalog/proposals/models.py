"""A proposal and what was said about it.

    open -> approved -> published
    open | approved -> rejected | withdrawn -> open (reopened)

Changing the schema of an approved proposal opens it again: what was approved is what is published. ``proved_against``
names the version that the stored assessment held the schema against; when a newer one is there the proposal is *stale*
and is proved anew before anybody decides on it.
"""

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from eventcatalog.models import MessageType, Signed
from workspaces.models import Workspace


class ProposalKind(models.TextChoices):
    """What it proposes."""

    TYPE = "type", "New type"
    VERSION = "version", "New version"


class ProposalState(models.TextChoices):
    """Where it is in its life."""

    OPEN = "open", "Waiting for review"
    APPROVED = "approved", "Approved"
    PUBLISHED = "published", "Published"
    REJECTED = "rejected", "Rejected"
    WITHDRAWN = "withdrawn", "Withdrawn"


class Proposal(Signed):
    """``number`` counts 1, 2, 3 in the workspace. ``words`` (of a new type): kind, title, description, context, ..."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="proposals")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=8, choices=ProposalKind.choices)
    message_type = models.ForeignKey(
        MessageType, on_delete=models.CASCADE, null=True, blank=True, related_name="proposals"
    )
    type_name = models.CharField(max_length=200)
    words = models.JSONField(default=dict, blank=True)
    schema_text = models.TextField()
    notes = models.TextField(blank=True, max_length=5000)
    why = models.TextField(blank=True, max_length=5000)
    version = models.CharField(max_length=32, blank=True)
    policy = models.CharField(max_length=8, blank=True)
    example = models.JSONField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=ProposalState.choices, default=ProposalState.OPEN)
    assessment = models.JSONField(default=dict, blank=True)
    proved_against = models.CharField(max_length=32, blank=True)
    proved_at = models.DateTimeField(default=timezone.now)
    decided_by_name = models.CharField(max_length=80, blank=True)
    published_version = models.CharField(max_length=32, blank=True)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        app_label = "eventcatalog"
        ordering: ClassVar = ["-number"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["workspace", "number"], name="one_proposal_a_number")]
        indexes: ClassVar = [models.Index(fields=["workspace", "state", "-number"], name="proposal_by_state")]

    def __str__(self) -> str:
        return f"#{self.number} {self.type_name}"

    @property
    def is_live(self) -> bool:
        """Whether something can still become of it."""
        return self.state in (ProposalState.OPEN, ProposalState.APPROVED)

    @property
    def is_stale(self) -> bool:
        """A newer version was published since it was proved."""
        return self.is_live and self.message_type is not None and self.proved_against != self.message_type.version

    @property
    def is_compatible(self) -> bool:
        """Whether it could be published as it is, by the last proof."""
        return bool(self.assessment.get("compatible")) and not self.assessment.get("is_same")

    @property
    def title(self) -> str:
        """In a line."""
        if self.kind == ProposalKind.TYPE:
            return f"New {self.words.get('kind', 'event')} {self.type_name}"
        return f"{self.type_name} {self.version or self.assessment.get('proposed', '')}".strip()


class Remark(Signed):
    """Something said or done about a proposal. ``verb``: proposed, commented, changed, approved, rejected, ..."""

    proposal = models.ForeignKey(Proposal, on_delete=models.CASCADE, related_name="remarks")
    verb = models.CharField(max_length=16)
    text = models.TextField(blank=True, max_length=5000)
    detail = models.JSONField(default=dict, blank=True)

    class Meta:
        app_label = "eventcatalog"
        ordering: ClassVar = ["id"]

    def as_json(self) -> dict[str, Any]:
        """What the API says."""
        return {
            "at": self.created_at,
            "by": {"kind": self.created_by_kind, "name": self.created_by_name},
            "verb": self.verb,
            "text": self.text,
            "detail": self.detail,
        }
