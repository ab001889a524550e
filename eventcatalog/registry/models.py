"""What the registry keeps beside the catalog: subjects, their numbered versions, schemas with global ids, references.

Rows refer to the catalog's by name, for eventcatalog.models ends by importing this module.
"""

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from eventcatalog.registry import identity
from workspaces.models import Workspace


class RegistryMode(models.TextChoices):
    """Whether a subject takes registrations and deletions."""

    READWRITE = "READWRITE", "Read and write"
    READONLY = "READONLY", "Read only"
    READONLY_OVERRIDE = "READONLY_OVERRIDE", "Read only, whatever subjects say"


class RegistrySettings(models.Model):
    """What holds for subjects that say nothing of their own. Without a row: backward, READWRITE."""

    workspace = models.OneToOneField(
        Workspace, on_delete=models.CASCADE, primary_key=True, related_name="registry_settings"
    )
    compatibility = models.CharField(max_length=20, default="backward")
    mode = models.CharField(max_length=20, choices=RegistryMode.choices, default=RegistryMode.READWRITE)


class RegistrySubject(models.Model):
    """A window onto a type.

    ``message_type`` is null while only a level or mode was set, before the first registration. ``registered``: somebody
    used this name for writing, so it is listed (and the type's own name no longer is, unless that was used as well).
    ``follows_global``: the type takes its level from the registry's. ``seen_ordinal``: the type's versions up to this
    one are enlisted here, or were and are deleted for good.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="registry_subjects")
    name = models.CharField(max_length=300)
    context = models.CharField(max_length=250, default=".")
    message_type = models.ForeignKey(
        "eventcatalog.MessageType", on_delete=models.CASCADE, null=True, related_name="registry_subjects"
    )
    registered = models.BooleanField(default=False)
    follows_global = models.BooleanField(default=False)
    level = models.CharField(max_length=20, blank=True)
    mode = models.CharField(max_length=20, blank=True, choices=RegistryMode.choices)
    seen_ordinal = models.PositiveIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["workspace", "name"], name="one_subject_a_name")]

    def __str__(self) -> str:
        return self.name


class RegistrySchema(models.Model):
    """A schema as a client gave it, with the id that records carry: one row for the same schema in all subjects."""

    id = models.BigAutoField(primary_key=True)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="registry_schemas")
    digest = models.CharField(max_length=64)
    text = models.TextField()
    references = models.JSONField(default=list, blank=True)
    extras = models.JSONField(default=dict, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "digest"], name="one_registry_schema_a_digest")
        ]

    def __str__(self) -> str:
        return f"{self.pk}"

    @property
    def guid(self) -> str:
        """The id that newer clients may use."""
        return identity.guid(self.digest)


class RegistryVersion(models.Model):
    """A subject's version: the catalog's version under the number that the registry's clients know."""

    subject = models.ForeignKey(RegistrySubject, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    schema = models.ForeignKey(RegistrySchema, on_delete=models.CASCADE, related_name="versions")
    schema_version = models.ForeignKey(
        "eventcatalog.SchemaVersion", on_delete=models.CASCADE, related_name="registry_versions"
    )
    registered_at = models.DateTimeField(default=timezone.now)
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["subject", "number"], name="one_version_a_subject")]

    def __str__(self) -> str:
        return f"{self.subject_id} {self.number}"

    @property
    def is_live(self) -> bool:
        """Not deleted, not even softly."""
        return self.deleted_at is None


class RegistryReference(models.Model):
    """A schema refers to a subject's version by a name that it uses in ``$ref``."""

    schema = models.ForeignKey(RegistrySchema, on_delete=models.CASCADE, related_name="refers_to")
    target = models.ForeignKey(RegistryVersion, on_delete=models.CASCADE, related_name="referred_by")
    name = models.CharField(max_length=500)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["schema", "name"], name="one_reference_a_name")]

    def as_json(self) -> dict[str, Any]:
        """As clients send and get it. Wants target.subject joined."""
        return {"name": self.name, "subject": self.target.subject.name, "version": self.target.number}
