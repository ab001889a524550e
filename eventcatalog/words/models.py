"""Examples of versions, pages about things, terms of the glossary."""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from eventcatalog.models import SchemaVersion, Signed
from workspaces.models import Workspace


class Example(Signed):
    """A document that a version takes, with a name and a word about when it looks like that."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="examples")
    version = models.ForeignKey(SchemaVersion, on_delete=models.CASCADE, related_name="examples")
    name = models.CharField(max_length=120)
    note = models.TextField(blank=True, max_length=2000)
    document = models.JSONField()

    class Meta:
        app_label = "eventcatalog"
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["version", "name"], name="one_example_a_name")]


class AboutPage(Signed):
    """Markdown and links about a type, domain or service; ``subject`` is its name or slug, ``links`` [{label, url}]."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="about_pages")
    kind = models.CharField(max_length=10)  # types, domains, services
    subject = models.CharField(max_length=200)
    text = models.TextField(blank=True, max_length=100_000)
    links = models.JSONField(default=list, blank=True)
    updated_at = models.DateTimeField(default=timezone.now)
    updated_by_name = models.CharField(max_length=80, blank=True)

    class Meta:
        app_label = "eventcatalog"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "kind", "subject"], name="one_page_a_subject")
        ]

    def __str__(self) -> str:
        return self.subject


class GlossaryTerm(Signed):
    """A word of the business and what it means here."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="glossary")
    slug = models.SlugField(max_length=80)
    term = models.CharField(max_length=80)
    definition = models.TextField(max_length=5000)

    class Meta:
        app_label = "eventcatalog"
        ordering: ClassVar = ["term"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["workspace", "slug"], name="one_term_a_slug")]

    def __str__(self) -> str:
        return self.term
