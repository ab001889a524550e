"""Code that was made of a version once: versions never change, so neither does this until the generator does."""

from typing import ClassVar

from django.db import models
from django.utils import timezone


class GeneratedCode(models.Model):
    """One version in one form. ``error`` instead of a text: this schema can't be said in that form."""

    version = models.ForeignKey("eventcatalog.SchemaVersion", on_delete=models.CASCADE, related_name="generated_code")
    form = models.CharField(max_length=16)
    generator = models.CharField(max_length=40)
    text = models.TextField(blank=True)
    error = models.TextField(blank=True)
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["version", "form"], name="one_code_a_form")]

    def __str__(self) -> str:
        return f"{self.version_id} {self.form}"
