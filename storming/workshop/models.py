"""What of a workshop must not lie in the board's log: drafts, which only their author may see, and secret ballots.

The log goes to every browser, and into snapshots, thumbnails, search and history. So what is private never gets into
it: it lies here until it is revealed (drafts become operations) or counted (ballots become a round's results).
"""

import uuid
from typing import ClassVar

from django.db import models
from django.utils import timezone


class Draft(models.Model):
    """A note that its author alone sees: in their tray (no place yet), or on the wall during a silent storm."""

    id = models.BigAutoField(primary_key=True)
    board = models.ForeignKey("storming.Board", on_delete=models.CASCADE, related_name="drafts", db_index=False)
    element_id = models.CharField(max_length=64)
    actor_kind = models.CharField(max_length=8)
    actor_id = models.CharField(max_length=64)
    actor_name = models.CharField(max_length=80)
    properties = models.JSONField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["board", "actor_id", "element_id"], name="one_draft_an_author_and_element")
        ]


class DraftSending(models.Model):
    """An operation that changed drafts alone, and so is not in the log: resending it must change nothing."""

    id = models.BigAutoField(primary_key=True)
    board = models.ForeignKey("storming.Board", on_delete=models.CASCADE, related_name="+", db_index=False)
    client_id = models.UUIDField()
    client_seq = models.PositiveBigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["board", "client_id", "client_seq"], name="one_draft_a_sending")
        ]


class VotingRound(models.Model):
    """A vote. ``results`` is ``{element id: dots}``, empty until it is closed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    board = models.ForeignKey("storming.Board", on_delete=models.CASCADE, related_name="voting_rounds")
    title = models.CharField(max_length=120)
    budget = models.PositiveSmallIntegerField()
    per_note_max = models.PositiveSmallIntegerField()
    kinds = models.JSONField(default=list)
    opened_at = models.DateTimeField(default=timezone.now)
    opened_by_name = models.CharField(max_length=80, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    voters = models.PositiveIntegerField(default=0)
    results = models.JSONField(default=dict)

    class Meta:
        ordering: ClassVar = ["-opened_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["board"], condition=models.Q(closed_at=None), name="one_open_vote_a_board")
        ]


class Ballot(models.Model):
    """How many dots somebody put on an element. Shown to nobody else; deleted when the round is closed."""

    id = models.BigAutoField(primary_key=True)
    round = models.ForeignKey(VotingRound, on_delete=models.CASCADE, related_name="ballots", db_index=False)
    actor_id = models.CharField(max_length=64)
    element_id = models.CharField(max_length=64)
    dots = models.PositiveSmallIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["round", "actor_id", "element_id"], name="one_ballot_a_voter_and_element")
        ]
