"""Holding payloads against a schema: a quick yes by jsonschema-rs, a worded no by jsonschema.

A payload is strict JSON in UTF-8 (RFC 8259): no NaN, no Infinity, at most DEPTH_MAX levels. Duplicate names are taken,
the last one counts, as every parser on the way will see it: refusing them would cost the hot path a second parse; the
bytes are kept as they came. Formats are asserted (date-time, date, time, duration, uuid, email, uri, ipv4, ipv6,
hostname): a format that nobody checks is a comment. The rust validator decides; where it refuses and jsonschema finds
no words, its own words are shown, so the two can never disagree about a verdict.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Any

import jsonschema
import orjson
from jsonschema.protocols import Validator as JsonschemaValidator

from eventcatalog.schemas.engine import compile_fast, second_validator
from eventcatalog.schemas.errors import Fault
from eventcatalog.schemas.pointers import pointer_to
from eventcatalog.schemas.types import ParsedSchema

FAULTS_MAX = 10
DEPTH_MAX = 256
WORDS_MAX = 240


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
            return self._is_valid(orjson.loads(payload))
        except ValueError:
            return False

    def takes(self, document: Any) -> bool:
        """Whether the schema takes a document that has been parsed already."""
        return self._is_valid(document)

    def faults(self, payloads: Sequence[bytes]) -> list[list[Fault] | None]:
        """For each payload None, or what is wrong with it. All good is the quick way out."""
        try:
            if all(map(self._is_valid, map(orjson.loads, payloads))):
                return [None] * len(payloads)
        except ValueError:
            pass  # one of them is no JSON: look at each
        return [None if self.accepts(payload) else self.explain(payload) for payload in payloads]

    def explain(self, payload: bytes) -> list[Fault]:
        """What is wrong with a payload, the most telling first, at most FAULTS_MAX; empty if nothing is."""
        try:
            document = orjson.loads(payload)
        except orjson.JSONDecodeError as error:
            return [_no_json(payload, error)]
        return self.explain_document(document)

    def explain_document(self, document: Any) -> list[Fault]:
        """The same for a document that has been parsed already."""
        if self._is_valid(document):
            return []
        try:
            faults = _unique(
                fault for error in _leaves(self._worded.iter_errors(document)) for fault in _faults_of(error)
            )
        except (RecursionError, ValueError):
            faults = []
        return faults or _unique(_rust_fault(error) for error in self._rust.iter_errors(document))

    @cached_property
    def _worded(self) -> JsonschemaValidator:
        worded: JsonschemaValidator = second_validator(self.parsed)
        return worded


# Words ----------------------------------------------------------------------------------------------------


def _no_json(payload: bytes, error: orjson.JSONDecodeError) -> Fault:
    try:
        payload.decode()
    except UnicodeDecodeError as bad:
        return Fault("", f"This is not UTF-8: byte {bad.start} can't be read.", "json", "Send JSON text in UTF-8.")
    if "recursion" in str(error) or "nest" in str(error).lower():
        return Fault("", "The payload is nested too deep.", "json", "Flatten it.")
    where = f"line {error.lineno}, column {error.colno}"
    return Fault("", f"This is not JSON, at {where}: {error.msg}.", "json", "NaN, Infinity and comments are no JSON.")


def _leaves(errors: Iterable[Any]) -> list[Any]:
    """Errors to show: of a failed anyOf/oneOf the branch that came closest, else the error itself; best first."""
    chosen = []
    for error in errors:
        while error.context:
            nearest = jsonschema.exceptions.best_match([error])
            if nearest is None or nearest is error:
                break
            error = nearest
        chosen.append(error)
        if len(chosen) >= FAULTS_MAX * 4:
            break
    return sorted(chosen, key=lambda error: (len(error.absolute_path), str(list(error.absolute_path))))


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
        hint = "Remove it, or publish a version of the schema that has it."
        return [Fault(pointer_to(place), f"The property {str(place[-1])!r} is not declared.", error.validator, hint)]
    message = _words(error)
    return [Fault(pointer_to(place), message, str(error.validator), _hint(error))]


def _words(error: Any) -> str:
    value, wanted = error.instance, error.validator_value
    if error.validator == "type":
        names = wanted if isinstance(wanted, list) else [wanted]
        return f"{_short(value)} is {_a(type_name(value))}, not {' or '.join(_a(str(name)) for name in names)}."
    if error.validator == "enum":
        return f"{_short(value)} is none of {_short(wanted)}."
    if error.validator == "const":
        return f"{_short(value)} is not {_short(wanted)}."
    if error.validator == "format":
        return f"{_short(value)} is no {wanted}."
    return str(error.message)[:WORDS_MAX].rstrip(".") + "."


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
    keyword = str(getattr(error.kind, "name", "")) or "schema"
    return Fault(pointer_to(error.instance_path), str(error.message)[:WORDS_MAX], keyword)


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
