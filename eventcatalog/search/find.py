"""Asks the index: what is found, how well it fits, why, and what was perhaps meant.

Every word of the question must be found, as a whole word or as the beginning of one. A word that is in no document is
taken for a slip of the keyboard: the nearest words of the workspace's vocabulary stand in for it (rapidfuzz), and the
answer says so. A document's score is the sum over the words of what each says there, whole words for more than
beginnings, plus a little for what kind of thing it is.
"""

import threading
import uuid
from collections import OrderedDict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from django.db import connection
from django.db.models import Max, Q, QuerySet
from rapidfuzz import fuzz, process

from eventcatalog import notify
from eventcatalog.map_models import SearchDocument, SearchPosting
from eventcatalog.search import index
from eventcatalog.search.words import asked_words, spans_of
from workspaces.models import Workspace

WORDS_MAX = 8
MATCHES_A_WORD_MAX = 20_000
WHOLE_WORD = 1.35
FUZZY_SCORE_MIN = 76.0
FUZZY_WORDS_MAX = 4
FUZZY_LETTERS_MIN = 4
EXCERPT_CHARACTERS = 150
VOCABULARIES_REMEMBERED_MAX = 20
HEADINGS_ASKED_MAX = 500
Heading = tuple[int, str, str, str]  # rank, name, kind, key


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a text; ``match``: it is what was asked for."""

    text: str
    match: bool


@dataclass(frozen=True, slots=True)
class Found:
    """One thing. ``key`` is its primary key as text; ``score`` only ranks."""

    kind: str
    key: str
    name: str
    title: str
    score: float
    name_pieces: list[Piece]
    excerpt: list[Piece]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a question found. ``instead``: word -> the words that were looked for in its place."""

    total: int
    hits: list[Found]
    instead: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ranked:
    """Documents by id with their scores, the best first, and the words to mark; the ids of those that are types."""

    scores: dict[int, float]
    words: list[str]
    instead: dict[str, list[str]]
    types: dict[int, str] = field(default_factory=dict)


_vocabularies: "OrderedDict[uuid.UUID, tuple[int, list[str]]]" = OrderedDict()
_remembered_headings: "OrderedDict[uuid.UUID, tuple[int, dict[int, Heading]]]" = OrderedDict()
_lock = threading.Lock()


def search(workspace: Workspace, text: str, *, kinds: Iterable[str] = (), limit: int = 20, start: int = 0) -> Answer:
    """The best ``limit`` hits from ``start`` on. ``kinds``: of those in ``index.KINDS``; none: all."""
    ranked = rank(workspace, text)
    documents = SearchDocument.objects.filter(workspace=workspace)
    wanted = tuple(kinds)
    order = list(ranked.scores)
    if wanted:
        allowed = set(documents.filter(kind__in=wanted).values_list("pk", flat=True)) if order else set()
        order = [pk for pk in order if pk in allowed]
    shown = order[start : start + limit]
    rows = documents.in_bulk(shown)
    hits = [_found(rows[pk], ranked.scores[pk], ranked.words) for pk in shown if pk in rows]
    return Answer(len(order), hits, ranked.instead)


@dataclass(frozen=True, slots=True)
class RankedTypes:
    """Ids of types as text, the best first; the words to mark, and what stood in for what."""

    ids: list[str]
    words: list[str]
    instead: dict[str, list[str]]


def ranked_types(workspace: Workspace, text: str) -> RankedTypes:
    """Every type that has all the words."""
    ranked = rank(workspace, text)
    return RankedTypes([ranked.types[pk] for pk in ranked.scores if pk in ranked.types], ranked.words, ranked.instead)


def excerpts(workspace: Workspace, ids: Iterable[uuid.UUID], words: list[str]) -> dict[uuid.UUID, Found]:
    """Type's id -> the hit with its excerpt. One query."""
    keys = [str(pk) for pk in ids]
    rows = SearchDocument.objects.filter(workspace=workspace, kind="type", key__in=keys)
    return {uuid.UUID(row.key): _found(row, 0.0, words) for row in rows}


def rank(workspace: Workspace, text: str) -> Ranked:
    """Every document that has all the words. One query a word, two more for a slip, one for the ranks."""
    index.ensure(workspace)
    asked = asked_words(text, WORDS_MAX)
    scores: dict[int, float] | None = None
    marked: list[str] = []
    instead: dict[str, list[str]] = {}
    for word in asked:
        found = _matches(workspace, [word])
        marked.append(word)
        if not found:
            near = _near(workspace, word)
            instead[word] = near
            found = {pk: score * 0.7 for pk, score in _matches(workspace, near).items()} if near else {}
            marked += near
        scores = found if scores is None else {pk: scores[pk] + found[pk] for pk in scores.keys() & found.keys()}
        if not scores:
            return Ranked({}, marked, {word: near for word, near in instead.items() if near})
    if not scores:
        return Ranked({}, marked, {})
    types: dict[int, str] = {}
    order = []
    for pk, (level, name, kind, key) in _headings(workspace, scores).items():
        order.append((-(scores[pk] + level), len(name), name, pk))
        if kind == "type":
            types[pk] = key
    order.sort()
    best = {pk: scores[pk] for *_, pk in order}
    return Ranked(best, marked, {word: near for word, near in instead.items() if near}, types)


def _headings(workspace: Workspace, found: Collection[int]) -> dict[int, Heading]:
    """What ranks the documents, of those that are still there. Of many, all of the workspace's are remembered until its
    catalog changes, and those not known yet are asked for: none that is found can be missing.
    """
    if len(found) <= HEADINGS_ASKED_MAX:
        return _read_headings(workspace, found)
    revision = notify.revision_of(workspace.pk)
    with _lock:
        stamp, known = _remembered_headings.get(workspace.pk, (None, {}))
    if stamp != revision:
        known = _read_headings(workspace)
        with _lock:
            _remembered_headings[workspace.pk] = (revision, known)
            while len(_remembered_headings) > VOCABULARIES_REMEMBERED_MAX:
                _remembered_headings.popitem(last=False)
    unknown = [pk for pk in found if pk not in known]
    late = _read_headings(workspace, unknown if len(unknown) <= HEADINGS_ASKED_MAX else None) if unknown else {}
    return {pk: late[pk] if pk in late else known[pk] for pk in found if pk in late or pk in known}


def _read_headings(workspace: Workspace, only: Collection[int] | None = None) -> dict[int, Heading]:
    rows = SearchDocument.objects.filter(workspace=workspace)
    rows = rows if only is None else rows.filter(pk__in=list(only))
    columns = rows.values_list("pk", "rank", "name", "kind", "key")
    return {pk: (level, name, kind, key) for pk, level, name, kind, key in columns}


def _matches(workspace: Workspace, words: Sequence[str]) -> dict[int, float]:
    """Document -> the best that one of the words, or a word that begins with it, says there."""
    wanted = Q()
    for word in words:
        wanted |= _begins_with(word)
    rows: QuerySet = SearchPosting.objects.filter(wanted, workspace=workspace).values("document_id")
    rows = rows.annotate(best=Max("weight"), whole=Max("weight", filter=Q(word__in=list(words))))
    found = rows.values_list("document_id", "best", "whole")[:MATCHES_A_WORD_MAX]
    return {pk: max(float(best), WHOLE_WORD * (whole or 0)) for pk, best, whole in found}


def _begins_with(word: str) -> Q:
    """A range where the index is ordered by bytes (SQLite), a pattern where it has pattern operators (PostgreSQL)."""
    if connection.vendor == "sqlite":
        return Q(word__gte=word, word__lt=word + "\U0010ffff")
    return Q(word__startswith=word)


def _near(workspace: Workspace, word: str) -> list[str]:
    """The nearest words of the vocabulary, the best first."""
    if len(word) < FUZZY_LETTERS_MIN:
        return []
    close = process.extract(
        word, _vocabulary(workspace), scorer=fuzz.ratio, score_cutoff=FUZZY_SCORE_MIN, limit=FUZZY_WORDS_MAX
    )
    best = close[0][1] if close else 0
    return [found for found, score, _ in close if score >= best - 8]


def _vocabulary(workspace: Workspace) -> list[str]:
    """Every word of the workspace, remembered until its catalog changes."""
    revision = notify.revision_of(workspace.pk)
    with _lock:
        known = _vocabularies.get(workspace.pk)
        if known is not None and known[0] == revision:
            return known[1]
    words = list(SearchPosting.objects.filter(workspace=workspace).values_list("word", flat=True).distinct())
    with _lock:
        _vocabularies[workspace.pk] = (revision, words)
        while len(_vocabularies) > VOCABULARIES_REMEMBERED_MAX:
            _vocabularies.popitem(last=False)
    return words


def _found(document: SearchDocument, score: float, words: list[str]) -> Found:
    return Found(
        kind=document.kind,
        key=document.key,
        name=document.name,
        title=document.title,
        score=round(score, 1),
        name_pieces=pieces(document.name, words),
        excerpt=excerpt(document.text, words),
    )


def pieces(text: str, words: list[str]) -> list[Piece]:
    """The text cut into what was asked for and the rest."""
    found: list[Piece] = []
    at = 0
    for start, end in spans_of(text, words):
        if start > at:
            found.append(Piece(text[at:start], False))
        found.append(Piece(text[start:end], True))
        at = end
    if at < len(text):
        found.append(Piece(text[at:], False))
    return found


def excerpt(text: str, words: list[str]) -> list[Piece]:
    """The text around the first match, or its beginning; newlines become spaces."""
    text = " ".join(text.split())
    spans = spans_of(text, words)
    first = spans[0][0] if spans else 0
    start = max(0, first - EXCERPT_CHARACTERS // 3)
    if start:
        start = text.find(" ", start) + 1 or start
    cut = text[start : start + EXCERPT_CHARACTERS]
    if start + EXCERPT_CHARACTERS < len(text):
        cut = cut.rsplit(" ", 1)[0] + "…"
    return pieces(("…" if start else "") + cut, words)
