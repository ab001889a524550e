"""Domains, bounded contexts, teams, services, message types, their schema versions, and who says what to whom.

A schema version is immutable: once written it is neither changed nor deleted on its own (it goes only with its type),
because records name it. Its ``id`` is unique in the deployment and its ``ordinal`` counts 1, 2, 3 within the type, so
that a registry API can hand out both. Every row belongs to a workspace, and is fetched through it.
"""

import re
import uuid
from typing import Any, ClassVar, NoReturn

from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone

from workspaces.models import Workspace

TYPE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,199}")
TYPE_NAME_HINT = "Start with a letter; then letters, digits, '.', '_' and '-', 200 characters at most."


class Signed(models.Model):
    """Who made a row, and when; the actor is kept as text because people, guests and keys may go."""

    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by_kind = models.CharField(max_length=8, blank=True)
    created_by_id = models.CharField(max_length=64, blank=True)
    created_by_name = models.CharField(max_length=80, blank=True)

    class Meta:
        abstract = True


class MessageKind(models.TextChoices):
    """What a message is: something that happened, something we want to happen, or a question."""

    EVENT = "event", "Event"
    COMMAND = "command", "Command"
    QUERY = "query", "Query"


class Pattern(models.TextChoices):
    """How a message travels between those who send and those who take it; PATTERNS_OF_KIND says which kind has which.

    publish_subscribe: any number of listeners, whom the producer neither knows nor waits for.
    point_to_point: one handler; the sender waits until the command is accepted.
    queued: one handler, which takes the command from a stream when it can; the sender goes on.
    request_reply: one answerer; the asker waits for the answer.
    scatter_gather: several answerers; the asker waits for their answers together.
    """

    PUBLISH_SUBSCRIBE = "publish_subscribe", "Publish/subscribe"
    POINT_TO_POINT = "point_to_point", "Point to point"
    QUEUED = "queued", "Queued"
    REQUEST_REPLY = "request_reply", "Request/reply"
    SCATTER_GATHER = "scatter_gather", "Scatter/gather"


PATTERNS_OF_KIND: dict[str, tuple[str, ...]] = {  # the first is what a kind has unless somebody says otherwise
    MessageKind.EVENT: (Pattern.PUBLISH_SUBSCRIBE,),
    MessageKind.COMMAND: (Pattern.POINT_TO_POINT, Pattern.QUEUED),
    MessageKind.QUERY: (Pattern.REQUEST_REPLY, Pattern.SCATTER_GATHER),
}
WAITING = frozenset({Pattern.POINT_TO_POINT, Pattern.REQUEST_REPLY, Pattern.SCATTER_GATHER})  # the sender waits


class TypeState(models.TextChoices):
    """Where a type is in its life; records of every state are validated and taken."""

    DRAFT = "draft", "Draft"
    ACTIVE = "active", "Active"
    DEPRECATED = "deprecated", "Deprecated"


class CompatibilityMode(models.TextChoices):
    """What a new schema version must not break, against the latest version or (transitive) against every one."""

    NONE = "none", "None"
    BACKWARD = "backward", "Backward"
    BACKWARD_TRANSITIVE = "backward_transitive", "Backward, all versions"
    FORWARD = "forward", "Forward"
    FORWARD_TRANSITIVE = "forward_transitive", "Forward, all versions"
    FULL = "full", "Full"
    FULL_TRANSITIVE = "full_transitive", "Full, all versions"


class Policy(models.TextChoices):
    """How undeclared properties of an open schema count when versions are compared.

    strict: somebody may have sent anything under a name that isn't declared, since the old schema takes it (a fact).
    lenient: nobody has (an assumption); then an optional property may be added to an open schema.
    """

    STRICT = "strict", "Strict"
    LENIENT = "lenient", "Lenient"


class ParticipationRole(models.TextChoices):
    """What a service has to do with a type: events are produced and consumed, commands handled, queries asked."""

    PRODUCES = "produces", "Produces"
    CONSUMES = "consumes", "Consumes"
    HANDLES = "handles", "Handles"
    ASKS = "asks", "Asks"


class Team(models.Model):
    """Those who own services, domains and types."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="teams")
    slug = models.SlugField(max_length=80)
    name = models.CharField(max_length=80)
    summary = models.TextField(blank=True, max_length=2000)
    contact = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["workspace", "slug"], name="one_team_a_slug")]

    def __str__(self) -> str:
        return self.name


class Domain(Signed):
    """A part of the business."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="domains")
    slug = models.SlugField(max_length=80)
    name = models.CharField(max_length=80)
    summary = models.TextField(blank=True, max_length=2000)
    owner = models.ForeignKey(Team, on_delete=models.SET_NULL, null=True, blank=True, related_name="domains")

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["workspace", "slug"], name="one_domain_a_slug")]

    def __str__(self) -> str:
        return self.name


class BoundedContext(Signed):
    """A part of a domain in which words mean one thing."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="contexts")
    domain = models.ForeignKey(Domain, on_delete=models.RESTRICT, related_name="contexts")
    slug = models.SlugField(max_length=80)
    name = models.CharField(max_length=80)
    summary = models.TextField(blank=True, max_length=2000)

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["workspace", "slug"], name="one_context_a_slug")]

    def __str__(self) -> str:
        return self.name


class Service(Signed):
    """A program that produces, consumes, handles or asks."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="services")
    slug = models.SlugField(max_length=80)
    name = models.CharField(max_length=80)
    summary = models.TextField(blank=True, max_length=2000)
    owner = models.ForeignKey(Team, on_delete=models.SET_NULL, null=True, blank=True, related_name="services")
    context = models.ForeignKey(
        BoundedContext, on_delete=models.SET_NULL, null=True, blank=True, related_name="services"
    )
    sources = models.JSONField(default=list, blank=True)  # CloudEvents sources its records carry, besides its slug

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["workspace", "slug"], name="one_service_a_slug")]

    def __str__(self) -> str:
        return self.name


class MessageType(Signed):
    """An event, command or query: a name that records carry, and a line of schema versions.

    ``domain`` is always the context's domain when there is a context, so that one index serves both filters.
    ``search_text`` is what searching looks in: name, title, description, tags and field names, case-folded.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="message_types")
    kind = models.CharField(max_length=8, choices=MessageKind.choices)
    name = models.CharField(max_length=200, validators=[RegexValidator(rf"^{TYPE_NAME.pattern}\Z", TYPE_NAME_HINT)])
    title = models.CharField(max_length=200, blank=True)
    description = models.TextField(blank=True, max_length=20_000)
    domain = models.ForeignKey(Domain, on_delete=models.RESTRICT, null=True, blank=True, related_name="types")
    context = models.ForeignKey(BoundedContext, on_delete=models.RESTRICT, null=True, blank=True, related_name="types")
    owner = models.ForeignKey(Team, on_delete=models.SET_NULL, null=True, blank=True, related_name="types")
    compatibility = models.CharField(
        max_length=20, choices=CompatibilityMode.choices, default=CompatibilityMode.BACKWARD
    )
    policy = models.CharField(max_length=8, choices=Policy.choices, default=Policy.STRICT)
    pattern = models.CharField(max_length=20, choices=Pattern.choices, blank=True)
    state = models.CharField(max_length=12, choices=TypeState.choices, default=TypeState.ACTIVE)
    deprecated_at = models.DateTimeField(null=True, blank=True)
    sunset_at = models.DateTimeField(null=True, blank=True)
    deprecation_reason = models.TextField(blank=True, max_length=2000)
    successor = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    tags = models.JSONField(default=list, blank=True)
    stream_name = models.CharField(max_length=120, null=True, blank=True)  # noqa: DJ001 - null: no stream chosen yet
    search_text = models.TextField(blank=True, editable=False)
    field_names = models.JSONField(default=list, blank=True, editable=False)  # of the latest schema, at every depth
    updated_at = models.DateTimeField(default=timezone.now)
    latest = models.ForeignKey(
        "SchemaVersion", on_delete=models.DO_NOTHING, null=True, editable=False, related_name="+", db_constraint=False
    )

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["workspace", "name"], name="one_type_a_name")]
        indexes: ClassVar = [
            models.Index(fields=["workspace", "kind", "name"], name="type_by_kind"),
            models.Index(fields=["workspace", "state", "name"], name="type_by_state"),
            models.Index(fields=["workspace", "-updated_at"], name="type_by_update"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def version(self) -> str:
        """The latest version's number, or an empty text before there is one."""
        return self.latest.version if self.latest else ""

    @property
    def label(self) -> str:
        """What people read: the title, or the name."""
        return self.title or self.name

    @property
    def is_waited_for(self) -> bool:
        """Whether its sender waits for its receiver: what ties services at runtime."""
        return self.pattern in WAITING

    def save(self, *args: Any, **options: Any) -> None:
        """A type without a pattern gets its kind's usual one."""
        if not self.pattern:
            self.pattern = PATTERNS_OF_KIND[self.kind][0]
        super().save(*args, **options)


class SchemaVersionQuerySet(models.QuerySet["SchemaVersion"]):
    """Reads and inserts only."""

    def update(self, **fields: Any) -> NoReturn:
        """Never: records name this version."""
        raise TypeError("A schema version is immutable; publish a new one.")

    def bulk_update(self, *args: Any, **options: Any) -> NoReturn:
        """Never: records name these versions."""
        raise TypeError("A schema version is immutable; publish a new one.")

    def delete(self) -> NoReturn:
        """Never by itself: a version goes only with its type."""
        raise TypeError("A schema version is immutable; deprecate its type instead.")


class SchemaVersion(Signed):
    """One immutable schema of a type. ``schema_text`` is as given, to the byte; ``fingerprint`` is of what it means.

    ``bundled_text`` is the same with everything inside that it refers to in the catalog, "" where it refers to nothing.
    """

    id = models.BigAutoField(primary_key=True)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="schema_versions")
    message_type = models.ForeignKey(MessageType, on_delete=models.CASCADE, related_name="versions")
    ordinal = models.PositiveIntegerField()
    major = models.PositiveIntegerField()
    minor = models.PositiveIntegerField()
    patch = models.PositiveIntegerField()
    version = models.CharField(max_length=32)
    schema_text = models.TextField()
    bundled_text = models.TextField(blank=True)
    fingerprint = models.CharField(max_length=64)
    draft = models.CharField(max_length=20)
    example = models.JSONField(null=True, blank=True)
    notes = models.TextField(blank=True, max_length=5000)
    changes = models.JSONField(default=list, blank=True)

    objects: ClassVar[Any] = SchemaVersionQuerySet.as_manager()
    number_warning = ""  # set by publish_version for its caller, not stored here: the history keeps it

    class Meta:
        ordering: ClassVar = ["message_type", "-ordinal"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["message_type", "ordinal"], name="one_version_an_ordinal"),
            models.UniqueConstraint(fields=["message_type", "version"], name="one_version_a_number"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["message_type", "-major", "-minor", "-patch"], name="version_by_number"),
            models.Index(fields=["workspace", "fingerprint"], name="version_by_fingerprint"),
        ]

    def __str__(self) -> str:
        return self.version

    def save(self, *args: Any, **options: Any) -> None:
        """Insert only. Raises TypeError for a row that is stored already."""
        if not self._state.adding:
            raise TypeError("A schema version is immutable; publish a new one.")
        options["force_insert"] = True
        super().save(*args, **options)

    def delete(self, *args: Any, **options: Any) -> NoReturn:
        """Never by itself: a version goes only with its type."""
        raise TypeError("A schema version is immutable; deprecate its type instead.")

    @property
    def meaning(self) -> str:
        """The schema's text with all that it refers to: what validates, what is compared."""
        return self.bundled_text or self.schema_text

    @property
    def semver(self) -> tuple[int, int, int]:
        """(major, minor, patch), for comparing."""
        return self.major, self.minor, self.patch


class Participation(Signed):
    """A service produces, consumes, handles or asks a type."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="participations")
    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="participations")
    message_type = models.ForeignKey(MessageType, on_delete=models.CASCADE, related_name="participations")
    role = models.CharField(max_length=8, choices=ParticipationRole.choices)

    class Meta:
        ordering: ClassVar = ["role", "service__name"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["message_type", "service", "role"], name="one_participation_a_role")
        ]


class ChangeRecord(models.Model):
    """Who changed what, when and why. Written in the change's own transaction, never changed after."""

    id = models.BigAutoField(primary_key=True)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="catalog_changes")
    at = models.DateTimeField(default=timezone.now)
    actor_kind = models.CharField(max_length=8)
    actor_id = models.CharField(max_length=64)
    actor_name = models.CharField(max_length=80)
    verb = models.CharField(max_length=32)
    subject_kind = models.CharField(max_length=16)
    subject_id = models.CharField(max_length=64)
    subject_name = models.CharField(max_length=200)
    message_type = models.ForeignKey(
        MessageType, on_delete=models.SET_NULL, null=True, blank=True, related_name="history"
    )
    summary = models.TextField(max_length=2000)
    why = models.TextField(blank=True, max_length=5000)
    detail = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(fields=["workspace", "-id"], name="change_by_workspace"),
            models.Index(fields=["message_type", "-id"], name="change_by_type"),
        ]


class CatalogRevision(models.Model):
    """Counts a workspace's catalog changes, so that caches of other processes see cheaply that they are stale."""

    workspace = models.OneToOneField(
        Workspace, on_delete=models.CASCADE, primary_key=True, related_name="catalog_revision"
    )
    number = models.PositiveBigIntegerField(default=0)


import eventcatalog.facts.models  # noqa: E402
import eventcatalog.library.models  # noqa: E402 - Django looks for models here
import eventcatalog.proposals.models  # noqa: E402
import eventcatalog.reality.models  # noqa: E402
import eventcatalog.words.models  # noqa: E402, F401
from eventcatalog import map_models  # noqa: E402, F401 - the rest of the app's models; they build on those above
from eventcatalog.code import models as _code_models  # noqa: E402, F401 - likewise
from eventcatalog.interchange import models as _interchange_models  # noqa: E402, F401 - likewise
from eventcatalog.registry import models as _registry_models  # noqa: E402, F401 - they refer to the types above
