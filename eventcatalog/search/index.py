"""Keeps the index: one document a thing, one posting a word of it, written in the transaction of the change itself.

``refresh(subject)`` is called with every line of history (eventcatalog.history.record), so whatever is recorded is
found at once, and what is rolled back is not. ``rebuild`` makes a workspace's index anew; a workspace whose index is of
another MAKING (an upgrade) is rebuilt by the first search, or by ``manage.py rebuild_search`` beforehand.
"""

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from django.db import models, transaction

from eventcatalog.library.models import Component
from eventcatalog.map_models import SearchDocument, SearchPosting, SearchState
from eventcatalog.models import BoundedContext, Domain, MessageType, Service, Team
from eventcatalog.proposals.models import Proposal
from eventcatalog.search.words import tails_of, words_of
from eventcatalog.words.models import GlossaryTerm
from workspaces.models import Workspace

MAKING = 3  # count up when words or weights change
WORDS_A_DOCUMENT_MAX = 400
TEXT_CHARACTERS_MAX = 6_000
EXAMPLE_WORDS_MAX = 120
FIELDS_MAX = 300
BATCH = 500
KINDS: dict[type[models.Model], str] = {
    MessageType: "type",
    Service: "service",
    Domain: "domain",
    BoundedContext: "context",
    Team: "team",
    Component: "component",
    Proposal: "proposal",
    GlossaryTerm: "term",
}
WEIGHTS = {"name": 100, "title": 70, "tags": 50, "fields": 40, "summary": 25, "example": 12}
RANK_OF_KIND = {"event": 4, "command": 4, "query": 4, "service": 5, "domain": 3, "context": 2, "team": 1,
                "component": 3, "proposal": 1, "term": 2}  # fmt: skip
TAIL = 0.6  # what the end of a name says, beside the whole of it
Parts = dict[str, str]


def refresh(subject: models.Model, *, gone: bool = False) -> None:
    """Index the thing as it is now, or forget it. Things that nobody searches for are left alone."""
    kind = KINDS.get(type(subject))
    if kind is None:
        return
    workspace_id = subject.workspace_id  # type: ignore[attr-defined]
    if gone:
        SearchDocument.objects.filter(workspace_id=workspace_id, kind=kind, key=str(subject.pk)).delete()
        return
    document, words = _made(subject, kind)
    stored, made = SearchDocument.objects.update_or_create(
        workspace_id=workspace_id,
        kind=kind,
        key=document.key,
        defaults={"name": document.name, "title": document.title, "text": document.text, "rank": document.rank},
    )
    if not made:
        SearchPosting.objects.filter(document=stored).delete()
    SearchPosting.objects.bulk_create(_postings(stored, words))


def ensure(workspace: Workspace) -> None:
    """Rebuild the index where it is of another making. One query when it is not."""
    state = SearchState.objects.filter(workspace=workspace).first()
    if state is None or state.making != MAKING:
        rebuild(workspace)


def rebuild(workspace: Workspace) -> int:
    """The whole index anew, in one transaction; how many documents it has."""
    with transaction.atomic():
        SearchState.objects.select_for_update().get_or_create(workspace=workspace)
        SearchPosting.objects.filter(workspace=workspace).delete()
        SearchDocument.objects.filter(workspace=workspace).delete()
        subjects = _subjects(workspace)
        count = 0
        while batch := list(islice(subjects, BATCH)):
            made = [_made(subject, KINDS[type(subject)]) for subject in batch]
            SearchDocument.objects.bulk_create([document for document, _ in made])
            postings = (each for document, words in made for each in _postings(document, words))
            while part := list(islice(postings, 5_000)):
                SearchPosting.objects.bulk_create(part)
            count += len(made)
        SearchState.objects.filter(workspace=workspace).update(making=MAKING)
    return count


def _subjects(workspace: Workspace) -> Iterator[models.Model]:
    rows: Iterable[models.QuerySet[Any]] = (
        workspace.services.all(),
        workspace.domains.all(),
        workspace.contexts.all(),
        workspace.teams.all(),
        workspace.components.select_related("latest").defer("latest__bundled_text", "latest__changes"),
        workspace.proposals.defer("schema_text", "example"),
        workspace.glossary.all(),
        workspace.message_types.select_related("latest").defer("latest__schema_text", "latest__changes", "search_text"),
    )
    for each in rows:
        yield from each.iterator(chunk_size=BATCH)


def _made(subject: Any, kind: str) -> tuple[SearchDocument, dict[str, int]]:
    parts = _parts(subject)
    text = "\n".join(part for name, part in parts.items() if name not in ("name", "title") and part)
    document = SearchDocument(
        workspace_id=subject.workspace_id,
        kind=kind,
        key=str(subject.pk),
        name=parts["name"],
        title=parts.get("title", ""),
        text=text[:TEXT_CHARACTERS_MAX],
        rank=RANK_OF_KIND[subject.kind if kind == "type" else kind],
    )
    return document, _weighted(parts)


def _parts(subject: Any) -> Parts:
    if isinstance(subject, Component):
        return _component_parts(subject)
    if isinstance(subject, Proposal):
        told = str(subject.words.get("description", ""))
        summary = "\n".join(filter(None, (subject.why, subject.notes, told)))
        return {"name": f"#{subject.number} {subject.title}"[:200], "title": subject.type_name, "summary": summary}
    if isinstance(subject, GlossaryTerm):
        return {"name": subject.term, "summary": subject.definition}
    if not isinstance(subject, MessageType):
        return {"name": subject.name, "summary": subject.summary}
    example = subject.latest.example if subject.latest else None
    return {
        "name": subject.name,
        "title": subject.title,
        "tags": " ".join(subject.tags),
        "fields": " ".join(subject.field_names),
        "summary": subject.description,
        "example": " ".join(islice(_texts(example), EXAMPLE_WORDS_MAX)),
    }


def _component_parts(component: Component) -> Parts:
    schema = json.loads(component.latest.schema_text) if component.latest else {}
    fields = " ".join(islice(_properties(schema), FIELDS_MAX))
    return {"name": component.name, "title": component.title, "fields": fields, "summary": component.description}


def _properties(schema: Any) -> Iterator[str]:
    """Names of properties anywhere in a schema."""
    if isinstance(schema, dict):
        named = schema.get("properties")
        if isinstance(named, dict):
            yield from named
        for inner in schema.values():
            yield from _properties(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from _properties(inner)


def _texts(value: Any) -> Iterator[str]:
    """Texts inside a JSON value; numbers and the like nobody searches for."""
    if isinstance(value, str):
        yield value[:200]
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value[:20]:
            yield from _texts(inner)


def _weighted(parts: Parts) -> dict[str, int]:
    """Word -> how much it says: that of the best part it stands in."""
    found: dict[str, int] = {}
    for name, text in parts.items():
        for word in words_of(text):
            if len(found) >= WORDS_A_DOCUMENT_MAX:
                return found
            found.setdefault(word, WEIGHTS[name])
    for name in ("name", "title"):
        for word in islice(tails_of(parts.get(name, "")), WORDS_A_DOCUMENT_MAX - len(found)):
            found.setdefault(word, round(WEIGHTS[name] * TAIL))
    return found


def _postings(document: SearchDocument, words: dict[str, int]) -> list[SearchPosting]:
    workspace_id = document.workspace_id
    return [
        SearchPosting(workspace_id=workspace_id, document=document, word=word, weight=weight)
        for word, weight in words.items()
    ]
