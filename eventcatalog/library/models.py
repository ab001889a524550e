"""Components (shared definitions), their immutable versions, and references from one stored schema to another.

A reference row is written with the version whose schema holds it, and like that version never changes. Its target is
kept by name, as it is written; it always existed when the row was made, and versions don't go away by themselves.
"""

import uuid
from typing import Any, ClassVar, NoReturn

from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone

from eventcatalog.models import TYPE_NAME, TYPE_NAME_HINT, SchemaVersion, SchemaVersionQuerySet, Signed
from workspaces.models import Workspace


class Component(Signed):
    """A definition that schemas share: ``factstorm://components/<name>/<version>``."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="components")
    name = models.CharField(max_length=200, validators=[RegexValidator(rf"^{TYPE_NAME.pattern}\Z", TYPE_NAME_HINT)])
    title = models.CharField(max_length=200, blank=True)
    description = models.TextField(blank=True, max_length=20_000)
    updated_at = models.DateTimeField(default=timezone.now)
    latest = models.ForeignKey(
        "ComponentVersion",
        on_delete=models.DO_NOTHING,
        null=True,
        editable=False,
        related_name="+",
        db_constraint=False,
    )

    class Meta:
        app_label = "eventcatalog"
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["workspace", "name"], name="one_component_a_name")]

    def __str__(self) -> str:
        return self.name

    @property
    def version(self) -> str:
        """The latest version's number."""
        return self.latest.version if self.latest else ""


class ComponentVersion(Signed):
    """One immutable schema of a component. ``bundled_text`` as in SchemaVersion."""

    id = models.BigAutoField(primary_key=True)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="component_versions")
    component = models.ForeignKey(Component, on_delete=models.CASCADE, related_name="versions")
    ordinal = models.PositiveIntegerField()
    version = models.CharField(max_length=32)
    schema_text = models.TextField()
    bundled_text = models.TextField(blank=True)
    fingerprint = models.CharField(max_length=64)
    draft = models.CharField(max_length=20)
    example = models.JSONField(null=True, blank=True)
    notes = models.TextField(blank=True, max_length=5000)
    changes = models.JSONField(default=list, blank=True)

    objects: ClassVar[Any] = SchemaVersionQuerySet.as_manager()

    class Meta:
        app_label = "eventcatalog"
        ordering: ClassVar = ["component", "-ordinal"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["component", "ordinal"], name="one_component_version_an_ordinal"),
            models.UniqueConstraint(fields=["component", "version"], name="one_component_version_a_number"),
        ]

    def __str__(self) -> str:
        return self.version

    def save(self, *args: Any, **options: Any) -> None:
        """Insert only. Raises TypeError for a row that is stored already."""
        if not self._state.adding:
            raise TypeError("A component's version is immutable; publish a new one.")
        options["force_insert"] = True
        super().save(*args, **options)

    def delete(self, *args: Any, **options: Any) -> NoReturn:
        """Never by itself: schemas refer to it."""
        raise TypeError("A component's version is immutable; publish a new one.")

    @property
    def meaning(self) -> str:
        """The schema's text with all that it refers to."""
        return self.bundled_text or self.schema_text


class SchemaReference(models.Model):
    """A stored schema refers to another: ``version`` or ``component_version`` holds the ``$ref`` at ``pointer``."""

    id = models.BigAutoField(primary_key=True)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="schema_references")
    version = models.ForeignKey(SchemaVersion, on_delete=models.CASCADE, null=True, related_name="references")
    component_version = models.ForeignKey(
        ComponentVersion, on_delete=models.CASCADE, null=True, related_name="references"
    )
    pointer = models.TextField()
    target_kind = models.CharField(max_length=10)  # types, components
    target_name = models.CharField(max_length=200)
    target_version = models.CharField(max_length=32)

    class Meta:
        app_label = "eventcatalog"
        ordering: ClassVar = ["id"]
        indexes: ClassVar = [
            models.Index(fields=["workspace", "target_kind", "target_name"], name="reference_by_target"),
        ]
