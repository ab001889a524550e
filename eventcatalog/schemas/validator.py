"""Holding payloads against a schema: a quick yes by jsonschema-rs, a worded no by jsonschema.

A payload is strict JSON in UTF-8 (RFC 8259): no NaN, no Infinity, at most DEPTH_MAX levels, so that whoever reads it
later can parse it with an ordinary parser. Duplicate names are taken and the last one counts, as for nearly every
parser: refusing them would cost the hot path a second pass; the bytes are kept as they came. Formats are asserted
(date-time, date, time, duration, uuid, email, uri, ipv4, hostname, ...): a format that nobody checks is a comment.

The fast validator decides. Words come from the second one, which is ~50 times slower, so its work is bounded: a payload
above WORDED_BYTES_MAX and what follows WORDED_MAX refusals in a batch get the fast validator's first fault only. Where
it refuses and the other finds nothing to say, its own words are shown, so the two can't disagree about a verdict.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from itertools import islice
from typing import Any

import jsonschema_rs
import orjson
from jsonschema.protocols import Validator as JsonschemaValidator

from eventcatalog.schemas import strict_json
from eventcatalog.schemas.engine import compile_fast, second_validator
from eventcatalog.schemas.errors import Fault
from eventcatalog.schemas.pointers import pointer_to
from eventcatalog.schemas.tree import type_words
from eventcatalog.schemas.types import ParsedSchema

FAULTS_MAX = 10
DEPTH_MAX = 200
WORDS_MAX = 240
WORDED_BYTES_MAX = 128 * 1024
WORDED_MAX = 100
NESTING_MAX = 12


def compile_validator(parsed: ParsedSchema) -> Validator:
    """A validator for a parsed schema; make one a schema version and keep it."""
    return Validator(parsed)


class Validator:
    """One schema, compiled. Safe to share among threads."""

    def __init__(self, parsed: ParsedSchema) -> None:
        self.parsed = parsed
        self._rust = compile_fast(parsed)
        self._is_valid: Callable[[Any], bool] = self._rust.is_valid

    def accepts(self, payload: bytes) -> bool:
        """Whether these bytes are JSON that the schema takes."""
        try:
            document = orjson.loads(payload)
            return self._is_valid(document) and not _too_deep(payload, document)
        except ValueError:
            return False

    def takes(self, document: Any) -> bool:
        """Whether the schema takes a document that has been parsed already."""
        return self._is_valid(document)

    def faults(self, payloads: Sequence[bytes]) -> list[list[Fault] | None]:
        """For each payload None, or what is wrong with it. All good is the quick way out."""
        if not payloads:
            return []
        try:
            # short payloads can't be deep: no need to look
            shallow = max(map(len, payloads)) < 2 * DEPTH_MAX or not any(map(_may_be_deep, payloads))
            if shallow and all(map(self._is_valid, map(orjson.loads, payloads))):
                return [None] * len(payloads)
        except ValueError:
            pass  # one of them is no JSON: look at each
        answers: list[list[Fault] | None] = []
        refused = 0
        for payload in payloads:
            if self.accepts(payload):
                answers.append(None)
            else:
                refused += 1
                answers.append(self.explain(payload, briefly=refused > WORDED_MAX))
        return answers

    def explain(self, payload: bytes, *, briefly: bool = False) -> list[Fault]:
        """What is wrong with a payload, the most telling first, at most FAULTS_MAX; empty if nothing is.

        briefly: only the first fault that comes along.
        """
        try:
            document = orjson.loads(payload)
        except orjson.JSONDecodeError:
            return [_no_json(payload)]
        if _too_deep(payload, document):
            return [strict_json.too_deep(DEPTH_MAX).fault]
        return self.explain_document(document, briefly=briefly or len(payload) > WORDED_BYTES_MAX)

    def explain_document(self, document: Any, *, briefly: bool = False) -> list[Fault]:
        """The same for a document that has been parsed already."""
        if self._is_valid(document):
            return []
        if briefly:
            return self._first(document)
        try:
            faults = _unique(
                fault for error in _leaves(self._worded.iter_errors(document)) for fault in _faults_of(error)
            )
        except (RecursionError, ValueError):
            faults = []
        return faults or self._first(document)

    def _first(self, document: Any) -> list[Fault]:
        """The fast validator's first fault, by its own words."""
        try:
            self._rust.validate(document)
        except jsonschema_rs.ValidationError as error:
            return [_rust_fault(error)]
        return []

    @cached_property
    def _worded(self) -> JsonschemaValidator:
        worded: JsonschemaValidator = second_validator(self.parsed)
        return worded


# Words ----------------------------------------------------------------------------------------------------


def _may_be_deep(payload: bytes) -> bool:
    """Whether there are brackets enough for too deep a nesting."""
    return len(payload) >= 2 * DEPTH_MAX and payload.count(b"{") + payload.count(b"[") > DEPTH_MAX


def _too_deep(payload: bytes, document: Any) -> bool:
    return _may_be_deep(payload) and strict_json.depth_exceeds(document, DEPTH_MAX)


def _no_json(payload: bytes) -> Fault:
    try:
        strict_json.loads(payload, depth_max=DEPTH_MAX)
    except strict_json.JSONFault as error:
        return error.fault
    return Fault("", "This is not JSON.", "json")


def _leaves(errors: Iterable[Any]) -> list[Any]:
    """Errors to show: of a failed anyOf or oneOf those of the branch that was meant, else itself; outermost first."""
    chosen = [leaf for error in islice(errors, FAULTS_MAX * 4) for leaf in _meant(error, NESTING_MAX)]
    return sorted(chosen, key=lambda error: (len(error.absolute_path), str(list(error.absolute_path))))


def _meant(error: Any, nesting: int) -> list[Any]:
    """The errors of the branch that the writer seems to have meant, and of the branches inside it.

    That is the branch whose types and constants fit best (an "action" or "type" tells variants apart), then the one
    with the fewest errors.
    """
    if not error.context or error.validator not in ("anyOf", "oneOf") or nesting == 0:
        return [error]
    branches = _branches(error)
    if _all_of_another_type(branches):
        return [error]
    best = min(branches, key=lambda branch: _misfit(branch, nesting))
    return [leaf for inner in best[: FAULTS_MAX * 4] for leaf in _meant(inner, nesting - 1)]


def _branches(error: Any) -> list[list[Any]]:
    """The errors of a failed anyOf or oneOf by branch."""
    branches: dict[int, list[Any]] = {}
    for inner in error.context:
        branches.setdefault(inner.schema_path[0], []).append(inner)
    return list(branches.values())


def _misfit(branch: list[Any], nesting: int) -> tuple[int, int]:
    """How little a branch fits: its wrong types and constants at the top, then all its errors."""
    telling, count = 0, 0
    for error in branch[: FAULTS_MAX * 4]:
        if error.context and error.validator in ("anyOf", "oneOf") and nesting > 0 and not error.path:
            inner = min(_misfit(each, nesting - 1) for each in _branches(error))
            telling, count = telling + inner[0], count + inner[1]
        else:
            telling += error.validator in ("type", "const", "enum") and len(error.path) <= 1
            count += 1
    return telling, count


def _all_of_another_type(branches: list[list[Any]]) -> bool:
    """Whether no branch wants a value of this type or one of these constants: then all of them are told."""
    return all(
        any(inner.validator in ("type", "const", "enum") and not inner.path for inner in branch)
        for branch in branches
    )


def _faults_of(error: Any) -> list[Fault]:
    place = list(error.absolute_path)
    if error.validator == "required" and isinstance(error.instance, dict):
        named = [name for name in error.validator_value if isinstance(name, str)]
        missing = [name for name in named if name not in error.instance]
        said = [name for name in missing if error.message.startswith(repr(name))] or missing[:1]
        return [
            Fault(pointer_to([*place, name]), f"The property {name!r} is missing.", "required", f"Add {name!r}.")
            for name in said
        ]
    if error.validator == "additionalProperties" and place:
        return [_undeclared(place, error.validator)]
    if error.validator is None:
        return [Fault(pointer_to(place), f"Nothing may be here, but {_short(error.instance)} is.", "false",
                      "Leave it out.")]  # fmt: skip
    return [Fault(pointer_to(place), _words(error), str(error.validator), _hint(error))]


_LIMITS = {
    "minimum": "{value} is less than {wanted}, the least that is taken.",
    "maximum": "{value} is more than {wanted}, the most that is taken.",
    "exclusiveMinimum": "{value} is not more than {wanted}.",
    "exclusiveMaximum": "{value} is not less than {wanted}.",
    "multipleOf": "{value} is not a multiple of {wanted}.",
    "minLength": "The text has {size} characters; at least {wanted} are needed.",
    "maxLength": "The text has {size} characters; at most {wanted} are taken.",
    "minItems": "The list has {size} items; at least {wanted} are needed.",
    "maxItems": "The list has {size} items; at most {wanted} are taken.",
    "minProperties": "The object has {size} properties; at least {wanted} are needed.",
    "maxProperties": "The object has {size} properties; at most {wanted} are taken.",
    "uniqueItems": "The list holds the same item more than once.",
    "contains": "The list holds too few (or too many) items of the kind that it must hold.",
}


def _words(error: Any) -> str:
    value, wanted = error.instance, error.validator_value
    if error.validator in ("anyOf", "oneOf"):
        return _none_of_the_variants(value, wanted, several=not error.context)
    if error.validator in _LIMITS and not isinstance(wanted, dict | list | str):
        size = len(value) if isinstance(value, str | list | dict) else 0
        return _LIMITS[error.validator].format(value=_short(value), wanted=wanted, size=size)
    if error.validator == "type":
        names = wanted if isinstance(wanted, list) else [wanted]
        return f"{_short(value)} is {_a(type_name(value))}, not {' or '.join(_a(str(name)) for name in names)}."
    if error.validator == "enum":
        return f"{_short(value)} is none of {_short(wanted)}."
    if error.validator == "const":
        return f"{_short(value)} is not {_short(wanted)}."
    if error.validator == "format":
        return f"{_short(value)} is no {wanted}."
    return _bounded(str(error.message))


def _none_of_the_variants(value: Any, variants: list[Any], *, several: bool) -> str:
    if several:
        return f"{_short(value)} fits several of the variants, and must fit exactly one."
    words = [type_words(variant) for variant in variants if isinstance(variant, dict) and "$ref" not in variant]
    if len(words) != len(variants):
        return f"{_short(value)} fits none of the {len(variants)} variants."
    return _bounded(f"{_short(value)} is none of these: {'; '.join(dict.fromkeys(words))}")


def _hint(error: Any) -> str:
    examples = {
        "date-time": "2026-03-01T09:30:00Z",
        "date": "2026-03-01",
        "uuid": "0190f3c2-7a1e-7cc3-9d1c-0b5e4f3a2b1c",
        "email": "ann@example.org",
        "uri": "https://example.org/orders/42",
    }
    if error.validator == "format" and error.validator_value in examples:
        return f"Such as {examples[error.validator_value]}."
    if error.validator == "type" and error.validator_value in ("number", "integer") and isinstance(error.instance, str):
        return "Leave the quotes out."
    return ""


def _rust_fault(error: Any) -> Fault:
    name = str(getattr(error.kind, "name", "")) or "schema"
    place, keyword = list(error.instance_path), str(error.schema_path[-1]) if error.schema_path else name
    if name == "required":
        missing = error.kind.property
        return Fault(pointer_to([*place, missing]), f"The property {missing!r} is missing.", "required",
                     f"Add {missing!r}.")  # fmt: skip
    if name in ("additionalProperties", "unevaluatedProperties"):
        return _undeclared([*place, error.kind.unexpected[0]], name)
    return Fault(pointer_to(place), _bounded(str(error.message)), keyword if keyword.isalpha() else name)


def _undeclared(place: list[Any], keyword: str) -> Fault:
    hint = "Remove it, or publish a version of the schema that has it."
    return Fault(pointer_to(place), f"The property {str(place[-1])!r} is not declared.", keyword, hint)


def _bounded(message: str) -> str:
    return (message if len(message) <= WORDS_MAX else message[: WORDS_MAX - 1] + "…").rstrip(".") + "."


def _unique(faults: Iterable[Fault]) -> list[Fault]:
    return list(dict.fromkeys(faults))[:FAULTS_MAX]


def type_name(value: Any) -> str:
    """The JSON Schema name of a value's type."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    for kind, name in ((int, "integer"), (float, "number"), (str, "string"), (list, "array")):
        if isinstance(value, kind):
            return name
    return "object"


def _a(name: str) -> str:
    return name if name == "null" else ("an " if name[0] in "aeiou" else "a ") + name


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else text[:79] + "…"
