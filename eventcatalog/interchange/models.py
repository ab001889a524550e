"""Imports: what was brought, what it would do, what it did. Kept as their own history."""

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from workspaces.models import Workspace


class ImportState(models.TextChoices):
    """Where an import is: looked through, being applied, done, or broken off."""

    CHECKED = "checked", "Checked"
    APPLYING = "applying", "Applying"
    APPLIED = "applied", "Applied"
    FAILED = "failed", "Broken off"


class CatalogImport(models.Model):
    """One import. ``catalogue`` is the neutral form of what was brought, emptied when the import is old.

    ``steps`` is the dry run, ``report`` what applying did: lists of eventcatalog.interchange.importing.Step as JSON.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="catalog_imports")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by_kind = models.CharField(max_length=8, blank=True)
    created_by_id = models.CharField(max_length=64, blank=True)
    created_by_name = models.CharField(max_length=80, blank=True)
    name = models.CharField(max_length=200, blank=True)
    format = models.CharField(max_length=40)
    title = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=8, choices=ImportState.choices, default=ImportState.CHECKED)
    catalogue = models.JSONField(default=dict)
    lost = models.JSONField(default=list)
    steps = models.JSONField(default=list)
    report = models.JSONField(default=list)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)

    class Meta:
        ordering: ClassVar = ["-pk"]
        indexes: ClassVar = [models.Index(fields=["workspace", "-id"], name="import_by_workspace")]

    def __str__(self) -> str:
        return self.name or self.title or f"Import {self.pk}"

    @property
    def shown_steps(self) -> list[dict[str, Any]]:
        """What it did, or before that what it would do."""
        return self.report or self.steps

    def counts(self) -> dict[str, int]:
        """How many steps of each outcome."""
        found = dict.fromkeys(("new", "changed", "unchanged", "refused"), 0)
        for step in self.shown_steps:
            found[step["outcome"]] += 1
        return found

    @property
    def would_change(self) -> bool:
        """Whether applying does anything."""
        return any(step["outcome"] in ("new", "changed") for step in self.steps)
