"""People, workspaces, memberships, invitations, guest links and API keys.

Secrets (invitation, guest and key tokens) are stored as SHA-256 digests only: they are long random strings, so a slow
hash would add nothing. A short prefix is kept for people to recognise a key by.
"""

import hashlib
import secrets
import uuid
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.text import slugify

COLOURS = ("#C2410C", "#0F766E", "#1D4ED8", "#7E22CE", "#BE185D", "#4D7C0F", "#B45309", "#0369A1", "#6D28D9", "#A21CAF")


def colour_for(identity: str) -> str:
    """A person's colour: stable, from a fixed set that is readable on white and on dark."""
    return COLOURS[hashlib.sha256(identity.encode()).digest()[0] % len(COLOURS)]


def digest(token: str) -> str:
    """SHA-256 of a secret, in hex: what is stored in its place."""
    return hashlib.sha256(token.encode()).hexdigest()


def new_token() -> str:
    """192 random bits, URL-safe."""
    return secrets.token_urlsafe(24)


class PersonManager(BaseUserManager["Person"]):
    """Creates people; e-mail addresses are compared without regard to case."""

    def create_user(self, email: str, name: str, password: str | None = None, **extra: Any) -> "Person":
        """A person with a usable password when one is given."""
        person = self.model(email=email.strip().lower(), name=name.strip(), **extra)
        person.set_password(password)
        person.save(using=self._db)
        return person

    def create_superuser(self, email: str, name: str, password: str, **extra: Any) -> "Person":
        """For ``manage.py createsuperuser``; Factstorm itself gives site-wide rights to nobody."""
        return self.create_user(email, name, password, **extra)

    def get_by_natural_key(self, email: str | None) -> "Person":
        """Sign-in by e-mail address, whatever its case."""
        return self.get(email=(email or "").strip().lower())


class Person(AbstractBaseUser):
    """Somebody with an account."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(max_length=254, unique=True)
    name = models.CharField(max_length=80)
    created_at = models.DateTimeField(default=timezone.now)
    is_active = models.BooleanField(default=True)

    objects: ClassVar[PersonManager] = PersonManager()
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def colour(self) -> str:
        """Hex colour of this person's cursor and avatar."""
        return colour_for(str(self.id))


class Role(models.TextChoices):
    """What a member may do; workspaces.access maps roles to permissions."""

    OWNER = "owner", "Owner"
    FACILITATOR = "facilitator", "Facilitator"
    PARTICIPANT = "participant", "Participant"
    VIEWER = "viewer", "Viewer"


class Workspace(models.Model):
    """One team's boards, catalog and streams; nothing crosses its walls."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=80)
    created_at = models.DateTimeField(default=timezone.now)
    is_demo = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name

    @staticmethod
    def free_slug(name: str) -> str:
        """A slug made of the name that no workspace has yet."""
        base = slugify(name)[:50] or "workspace"
        if not Workspace.objects.filter(slug=base).exists():
            return base
        return f"{base}-{secrets.token_hex(3)}"


class Membership(models.Model):
    """A person's role in a workspace."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="memberships")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=12, choices=Role.choices)
    joined_at = models.DateTimeField(default=timezone.now)
    last_visited_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = [Lower("person__name")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "person"], name="one_membership_a_person_and_workspace")
        ]


class Invitation(models.Model):
    """A link that makes whoever opens it a member, until it expires, is revoked or is used up."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="invitations")
    token_digest = models.CharField(max_length=64, unique=True)
    role = models.CharField(max_length=12, choices=Role.choices)
    created_by = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    uses_left = models.PositiveIntegerField(default=50)
    used_count = models.PositiveIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["-created_at"]

    @property
    def is_live(self) -> bool:
        """Whether it still lets people in."""
        return self.revoked_at is None and self.expires_at > timezone.now() and self.uses_left > 0


class GuestLink(models.Model):
    """A link to one board for people without an account. ``board_id`` is opaque here: boards live two floors up."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="guest_links")
    board_id = models.UUIDField(db_index=True)
    token_digest = models.CharField(max_length=64, unique=True)
    role = models.CharField(max_length=12, choices=Role.choices)
    label = models.CharField(max_length=120, blank=True)
    created_by = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-created_at"]

    @property
    def is_live(self) -> bool:
        """Whether it still lets people in."""
        return self.revoked_at is None and self.expires_at > timezone.now()


class Guest(models.Model):
    """Somebody who came by a guest link: a name, nothing else. Known by a secret in the session."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    link = models.ForeignKey(GuestLink, on_delete=models.CASCADE, related_name="guests")
    name = models.CharField(max_length=80)
    created_at = models.DateTimeField(default=timezone.now)


class Scope(models.TextChoices):
    """What an API key may do."""

    APPEND = "append", "Append records"
    READ = "read", "Read records"
    CATALOG_WRITE = "catalog:write", "Read and write the catalog"


class ApiKey(models.Model):
    """A service's key: ``fs_<prefix>_<secret>``, shown once, stored as a digest."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=12)
    token_digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    stream_names = models.JSONField(null=True, blank=True, help_text="null: every stream of the workspace")
    created_by = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-created_at"]
