"""The search for a counterexample: a document that one schema takes and the other refuses.

Candidates, the most telling first: what the prover subtracts, what the accepting schema calls examples, documents made
from it, and mutations of those (a property gone, another type, a bound passed, one too many). Only what both validators
agree on, twice, is shown to anybody.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from eventcatalog.schemas.containment import difference
from eventcatalog.schemas.engine import compile_fast, compile_second
from eventcatalog.schemas.examples import Maker, from_pattern, variations
from eventcatalog.schemas.keywords import walk
from eventcatalog.schemas.types import Counterexample, ParsedSchema
from eventcatalog.schemas.validator import Validator

CANDIDATES_MAX = 3_000
SEEDS = 24
_ODD: tuple[Any, ...] = (None, "", "a text", 0, -1, 1, 1.5, True, [], {}, 10**9, "x" * 300, [None], {"a": 1})


def find_counterexample(taker: ParsedSchema, refuser: ParsedSchema) -> Counterexample | None:
    """A document that `taker` takes and `refuser` refuses, by both validators; None if none was found."""
    takes, refuses = compile_fast(taker).is_valid, compile_fast(refuser).is_valid
    also_takes, also_refuses = compile_second(taker), compile_second(refuser)
    best: Any = None
    found = False
    for number, document in enumerate(_candidates(taker, refuser)):
        if number >= CANDIDATES_MAX or found:
            break
        if takes(document) and not refuses(document) and also_takes(document) and not also_refuses(document):
            best, found = document, True
    if not found:
        return None
    best = _smaller(
        best, lambda each: takes(each) and not refuses(each) and also_takes(each) and not also_refuses(each)
    )
    return Counterexample(best, tuple(Validator(refuser).explain_document(best)))


def _candidates(taker: ParsedSchema, refuser: ParsedSchema) -> Iterator[Any]:
    schema = taker.document
    good: list[Any] = []
    if isinstance(schema, dict):
        good += [*schema.get("examples", [])][:20] if isinstance(schema.get("examples"), list) else []
        good += variations(schema, seed=1, n=12)
    broken = difference(taker, refuser)
    yield from good
    for document in good[:4]:
        yield from _mutations(document, refuser.document, taker.document)
    if broken is not None:
        for attempt in range(SEEDS):
            maker = Maker(broken, random.Random(attempt), plain=attempt == 0)  # noqa: S311 - a search, no secret
            made = maker.make(broken)
            yield made
            for document in good[:2]:
                if isinstance(made, dict) and isinstance(document, dict):
                    yield document | made
    for document in good[4:]:
        yield from _mutations(document, refuser.document, taker.document)
    yield from _ODD


def _mutations(document: Any, *schemas: Any) -> Iterator[Any]:
    """The document with one place changed in each way that tends to tell schemas apart."""
    telling = _telling_values(schemas)
    names = _names_in(schemas)
    for path in _paths(document):
        value = _get(document, path)
        if path:
            if isinstance(path[-1], str):
                yield _without(document, path)
            for odd in (*telling, *_ODD):
                if odd != value or type(odd) is not type(value):
                    yield _with(document, path, odd)
        if isinstance(value, dict):
            for name in names:
                if name not in value:
                    for odd in ("a text", 1, None, {}, [], 1.5, -1, True, *telling[:20]):
                        yield _with(document, (*path, name), odd)
            for odd in ("a text", 1, None, {}, [], *telling[:20]):
                yield _with(document, (*path, "undeclared"), odd)
        if isinstance(value, list) and value:
            yield _with(document, path, value * 2)
            yield _with(document, path, [*value, *value[:1], *value[:1], *value[:1]])


def _telling_values(schemas: tuple[Any, ...]) -> list[Any]:
    """Enum members, and values on, above and below each bound; at most 120."""
    values: dict[str, Any] = {}
    for schema in schemas:
        for _, node in walk(schema):
            if isinstance(node, dict):
                values.update((repr(value), value) for value in _telling_of(node))
            if len(values) >= 120:
                break
    return list(values.values())[:120]


def _telling_of(node: dict[str, Any]) -> Iterator[Any]:
    if isinstance(node.get("enum"), list):
        yield from node["enum"]
    yield from (node[keyword] for keyword in ("const", "default") if keyword in node)
    for keyword in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"):
        bound = node.get(keyword)
        if isinstance(bound, int | float) and not isinstance(bound, bool):
            yield from (bound, bound - 1, bound + 1, bound - 0.5)
    for keyword in ("minLength", "maxLength"):
        length = node.get(keyword)
        if isinstance(length, int) and 0 <= length < 5_000:
            yield from ("x" * max(size, 0) for size in (length - 1, length, length + 1))


def _names_in(schemas: tuple[Any, ...]) -> list[str]:
    names: dict[str, None] = {}
    for _, node in (found for schema in schemas for found in walk(schema)):
        if isinstance(node, dict) and isinstance(node.get("properties"), dict):
            names.update(dict.fromkeys(node["properties"]))
        if isinstance(node, dict) and isinstance(node.get("patternProperties"), dict):
            made = (from_pattern(pattern, random.Random(0)) for pattern in node["patternProperties"])  # noqa: S311
            names.update(dict.fromkeys(name for name in made if name))
    return list(names)[:80]


Path = tuple[str | int, ...]


def _paths(document: Any, path: Path = ()) -> Iterator[Path]:
    yield path
    if isinstance(document, dict):
        for name, value in document.items():
            yield from _paths(value, (*path, name))
    elif isinstance(document, list):
        for index, value in enumerate(document[:2]):
            yield from _paths(value, (*path, index))


def _get(document: Any, path: Path) -> Any:
    for part in path:
        document = document[part]
    return document


def _with(document: Any, path: Path, value: Any) -> Any:
    if not path:
        return value
    copy = deepcopy(document)
    _get(copy, path[:-1])[path[-1]] = value
    return copy


def _without(document: Any, path: Path) -> Any:
    copy = deepcopy(document)
    del _get(copy, path[:-1])[path[-1]]
    return copy


def _smaller(document: Any, still: Any) -> Any:
    """The document with everything left out that isn't needed to show the point."""
    for _ in range(40):
        for path in _paths(document):
            if path and isinstance(path[-1], str):
                smaller = _without(document, path)
                if still(smaller):
                    document = smaller
                    break
        else:
            return document
    return document
