"""The two validators: the fast one that decides (jsonschema-rs), and the second one that must agree (jsonschema).

Both assert formats, fetch nothing, and match patterns with the linear-time engine (regexes.py). Where they could
differ, tests/schemas/test_two_validators.py holds them together.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

import jsonschema_rs
from jsonschema import FormatChecker, exceptions, validators
from referencing import Registry
from referencing.exceptions import NoSuchResource

from eventcatalog.schemas import regexes
from eventcatalog.schemas.iris import is_iri, is_iri_reference
from eventcatalog.schemas.types import Draft, ParsedSchema

_FAST: dict[Draft, type[jsonschema_rs.Validator]] = {
    Draft.DRAFT4: jsonschema_rs.Draft4Validator,
    Draft.DRAFT6: jsonschema_rs.Draft6Validator,
    Draft.DRAFT7: jsonschema_rs.Draft7Validator,
    Draft.DRAFT201909: jsonschema_rs.Draft201909Validator,
    Draft.DRAFT202012: jsonschema_rs.Draft202012Validator,
}

_UNIQUE = jsonschema_rs.Draft202012Validator({"uniqueItems": True}, offline=True)


def _refuse(uri: str) -> Any:
    """The retriever of both validators: nothing is fetched, ever."""
    raise NoSuchResource(ref=uri)  # type: ignore[call-arg]


def compile_fast(parsed: ParsedSchema) -> jsonschema_rs.Validator:
    """The validator of the hot path. Raises ValueError or ReferencingError for a schema that wasn't parsed."""
    return _FAST[parsed.draft](parsed.document, validate_formats=True, offline=True, pattern_options=regexes.OPTIONS)


def compile_second(parsed: ParsedSchema) -> Callable[[Any], bool]:
    """The second opinion, ~50 times slower: a function from a document to whether it is taken."""
    kind = second_class(parsed.draft)
    registry = Registry(retrieve=_refuse)  # type: ignore[call-arg]
    validator = kind(parsed.document, format_checker=_formats(parsed.draft), registry=registry)
    return lambda document: bool(validator.is_valid(document))


@lru_cache(maxsize=8)
def _formats(draft: Draft) -> FormatChecker:
    """The dialect's formats as jsonschema checks them, with IRIs as we do."""
    checker = FormatChecker(())
    checker.checkers = dict(second_class(draft).FORMAT_CHECKER.checkers)
    if draft not in (Draft.DRAFT4, Draft.DRAFT6):
        checker.checks("iri")(lambda value: not isinstance(value, str) or is_iri(value))
        checker.checks("iri-reference")(lambda value: not isinstance(value, str) or is_iri_reference(value))
    return checker


@lru_cache(maxsize=8)
def second_class(draft: Draft) -> Any:
    """The class of the second validator for a dialect, with nothing in it that takes more than linear time."""
    base = {
        Draft.DRAFT4: validators.Draft4Validator,
        Draft.DRAFT6: validators.Draft6Validator,
        Draft.DRAFT7: validators.Draft7Validator,
        Draft.DRAFT201909: validators.Draft201909Validator,
        Draft.DRAFT202012: validators.Draft202012Validator,
    }[draft]
    linear = {"pattern": _pattern, "patternProperties": _pattern_properties, "additionalProperties": _additional,
              "uniqueItems": _unique_items}  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return validators.extend(base, validators=linear)


def _pattern(validator: Any, pattern: str, instance: Any, schema: Any) -> Iterator[Any]:
    if isinstance(instance, str) and not regexes.found(pattern, instance):
        yield exceptions.ValidationError(f"{instance[:80]!r} does not match {pattern[:80]!r}")


def _pattern_properties(validator: Any, patterns: Mapping[str, Any], instance: Any, schema: Any) -> Iterator[Any]:
    if not isinstance(instance, dict):
        return
    for pattern, inner in patterns.items():
        for name, value in instance.items():
            if regexes.found(pattern, name):
                yield from validator.descend(value, inner, path=name, schema_path=pattern)


def _additional(validator: Any, inner: Any, instance: Any, schema: Any) -> Iterator[Any]:
    if not isinstance(instance, dict):
        return
    declared, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    for name, value in instance.items():
        if name not in declared and not any(regexes.found(pattern, name) for pattern in patterns):
            if inner is False:
                yield exceptions.ValidationError(f"{name[:80]!r} is not declared", path=[name])
            else:
                yield from validator.descend(value, inner, path=name)


def _unique_items(validator: Any, wanted: bool, instance: Any, schema: Any) -> Iterator[Any]:
    """Taken from the fast validator: jsonschema compares every item with every other, which can take minutes."""
    if wanted and isinstance(instance, list) and not _UNIQUE.is_valid(instance):
        yield exceptions.ValidationError("has items that are the same")
