"""Reads of words, and how two versions differ."""

from typing import Any

import orjson
from django.urls import reverse

from eventcatalog import evolution
from eventcatalog.models import MessageType, SchemaVersion
from eventcatalog.schemas.field_history import FieldLife, field_history
from eventcatalog.schemas.line_diff import side_by_side
from eventcatalog.words.models import AboutPage, Example
from workspaces.models import Workspace

VERSIONS_LOOKED_AT_MAX = 200


def difference(old: SchemaVersion, new: SchemaVersion, *, policy: str = "strict") -> dict[str, Any]:
    """From one version to another, whichever is newer: changes in words, what is proved both ways, both texts.

    ``rows`` are eventcatalog.schemas.line_diff.Row.
    """
    stored = [(old.version, old.meaning)]
    parsed = evolution.understood(new.meaning)
    both = evolution.assess(stored, parsed, mode="full", policy=policy)
    return {
        "from": old.version,
        "to": new.version,
        "is_same": both.is_same,
        "changes": list(both.changes),
        "bump": both.bump,
        "bump_reason": both.bump_reason,
        "findings": list(both.findings),
        "counterexamples": evolution.counterexamples(old.meaning, new.meaning, policy=policy),
        "rows": side_by_side(old.schema_text, new.schema_text),
    }


def fields_of(message_type: MessageType) -> list[FieldLife]:
    """When each field came, changed and went; of the newest VERSIONS_LOOKED_AT_MAX versions. One query."""
    rows = SchemaVersion.objects.filter(message_type=message_type).order_by("-ordinal")[:VERSIONS_LOOKED_AT_MAX]
    return field_history([(each.version, orjson.loads(each.meaning)) for each in reversed(rows)])


def examples_of(message_type: MessageType) -> list[Example]:
    """Examples of all versions, the newest version's first; each says whether the newest version still takes it."""
    rows = list(
        Example.objects.filter(version__message_type=message_type)
        .select_related("version")
        .order_by("-version__ordinal", "id")
    )
    latest = message_type.latest
    validator = evolution.compile_text(latest.meaning) if latest and rows else None
    for each in rows:
        each.fits_latest = validator is not None and validator.takes(each.document)  # type: ignore[attr-defined]
    return rows


def example_as_json(each: Example) -> dict[str, Any]:
    """An example with its document."""
    return {
        "id": each.pk,
        "version": each.version.version,
        "name": each.name,
        "note": each.note,
        "document": each.document,
        "created_at": each.created_at,
        "created_by": {"kind": each.created_by_kind, "name": each.created_by_name},
    }


def about(workspace: Workspace, kind: str, subject: str) -> AboutPage | None:
    """The page about a thing, if anybody wrote one."""
    return workspace.about_pages.filter(kind=kind, subject=subject).first()


def about_as_json(each: AboutPage | None) -> dict[str, Any]:
    """A page, or an empty one."""
    if each is None:
        return {"text": "", "links": [], "updated_at": None, "updated_by": ""}
    return {
        "text": each.text,
        "links": each.links,
        "updated_at": each.updated_at,
        "updated_by": each.updated_by_name,
    }


def terms(workspace: Workspace) -> dict[str, str]:
    """The address of each term of the glossary. One query."""
    home = reverse("eventcatalog:glossary", kwargs={"workspace": workspace.slug})
    return {term: f"{home}#{slug}" for term, slug in workspace.glossary.values_list("term", "slug")}
