"""The fast validator's errors in words for people, each at the place that has to be mended.

Of a failed anyOf or oneOf the errors of the branch that the writer seems to have meant are told, not "none of 17
variants fits": that branch whose types and constants fit best (an "action" or "type" tells variants apart), then the
one with the fewest errors.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import islice
from typing import Any

from eventcatalog.schemas.errors import Fault
from eventcatalog.schemas.pointers import pointer_to

FAULTS_MAX = 10
WORDS_MAX = 240
VALUE_WORDS_MAX = 80
NESTING_MAX = 12
ERRORS_MAX = 40

_CONSTANTS = ("const", "enum")
_COMBINED = ("anyOf", "oneOf")

_LIMITS = {
    "minimum": "{value} is less than {limit}, the least that is taken.",
    "maximum": "{value} is more than {limit}, the most that is taken.",
    "exclusiveMinimum": "{value} is not more than {limit}.",
    "exclusiveMaximum": "{value} is not less than {limit}.",
    "minLength": "The text has {size} characters; at least {limit} are needed.",
    "maxLength": "The text has {size} characters; at most {limit} are taken.",
    "minItems": "The list has {size} items; at least {limit} are needed.",
    "maxItems": "The list has {size} items; at most {limit} are taken.",
    "minProperties": "The object has {size} properties; at least {limit} are needed.",
    "maxProperties": "The object has {size} properties; at most {limit} are taken.",
}
_EXAMPLES = {
    "date-time": "2026-03-01T09:30:00Z",
    "date": "2026-03-01",
    "time": "09:30:00Z",
    "duration": "PT15M",
    "uuid": "0190f3c2-7a1e-7cc3-9d1c-0b5e4f3a2b1c",
    "email": "ann@example.org",
    "uri": "https://example.org/orders/42",
    "ipv4": "192.0.2.7",
    "hostname": "example.org",
}


def faults_from(errors: Iterable[Any]) -> list[Fault]:
    """Faults for the errors of one document: the outermost first, none twice, at most FAULTS_MAX."""
    leaves = [leaf for error in islice(errors, ERRORS_MAX) for leaf in _meant(error, NESTING_MAX)]
    leaves.sort(key=lambda error: len(error.instance_path))
    return list(dict.fromkeys(fault for error in leaves for fault in _faults_of(error)))[:FAULTS_MAX]


# Which branch was meant -----------------------------------------------------------------------------------


def _branches(error: Any) -> list[list[Any]]:
    """The errors of a failed anyOf or oneOf by branch; none for any other error, or if several branches fit."""
    if error.kind.name not in _COMBINED:
        return []
    return [branch for branch in error.kind.context if branch]


def _meant(error: Any, nesting: int) -> list[Any]:
    branches = _branches(error)
    if not branches or nesting == 0 or len(branches) < len(error.kind.context):
        return [error]
    depth = len(error.instance_path)
    if all(any(_is_about_the_whole(inner, depth) for inner in branch) for branch in branches):
        return [error]  # no branch wants such a value: then all of them are told
    best = min(branches, key=lambda branch: _misfit(branch, depth, nesting))
    return [leaf for inner in best[:ERRORS_MAX] for leaf in _meant(inner, nesting - 1)]


def _is_about_the_whole(error: Any, depth: int) -> bool:
    return error.kind.name in ("type", *_CONSTANTS) and len(error.instance_path) <= depth


def _is_telling(error: Any, depth: int) -> bool:
    """Whether an error says that another variant was meant: a wrong type, or a constant just below."""
    below = error.kind.name in _CONSTANTS and len(error.instance_path) == depth + 1
    return below or _is_about_the_whole(error, depth)


def _misfit(branch: list[Any], depth: int, nesting: int) -> tuple[int, int]:
    """How little a branch fits: its wrong types and constants at the top, then all its errors."""
    telling, count = 0, 0
    for error in branch[:ERRORS_MAX]:
        inner = _branches(error)
        if inner and nesting > 0 and len(error.instance_path) == depth:
            best = min(_misfit(each, depth, nesting - 1) for each in inner)
            telling, count = telling + best[0], count + best[1]
        else:
            telling += _is_telling(error, depth)
            count += 1
    return telling, count


# Words ----------------------------------------------------------------------------------------------------


def _faults_of(error: Any) -> list[Fault]:
    place, name = list(error.instance_path), error.kind.name
    if name == "required":
        missing = error.kind.property
        hint = f"Add {json.dumps(missing, ensure_ascii=False)}."
        return [Fault(pointer_to([*place, missing]), f"The property {missing!r} is missing.", "required", hint)]
    if name in ("additionalProperties", "unevaluatedProperties"):
        hint = "Remove it, or publish a version of the schema that has it."
        return [Fault(pointer_to([*place, each]), f"The property {each!r} is not declared.", name, hint)
                for each in error.kind.unexpected[:FAULTS_MAX]]  # fmt: skip
    if name == "falseSchema":
        return [Fault(pointer_to(place), f"Nothing may be here, but {short(error.instance)} is.", "false",
                      "Leave it out.")]  # fmt: skip
    if name == "propertyNames":
        words = f"A property has a name that is not taken: {_words(error.kind.error)}"
        return [Fault(pointer_to(place), words, name)]
    return [Fault(pointer_to(place), _words(error), name, _hint(error))]


def _words(error: Any) -> str:
    kind, value = error.kind, error.instance
    match kind.name:
        case "type":
            return f"{short(value)} is {_a(type_name(value))}, not {' or '.join(map(_a, kind.types))}."
        case "enum":
            return f"{short(value)} is none of {short(kind.options)}."
        case "const":
            return f"{short(value)} is not {short(kind.expected_value)}."
        case "format":
            return f"{short(value)} is no {kind.format}."
        case "pattern":
            return f"{short(value)} does not match {kind.pattern}."
        case "multipleOf":
            return f"{short(value)} is not a multiple of {kind.multiple_of}."
        case "uniqueItems":
            return "The list holds the same item more than once."
        case "contains":
            return "The list holds too few (or too many) items of the kind that it must hold."
        case "not":
            return f"{short(value)} is of a kind that is not taken here."
        case "anyOf" | "oneOf":
            return _of_variants(error)
    return _of_limits(error)


def _of_limits(error: Any) -> str:
    value, template = error.instance, _LIMITS.get(error.kind.name)
    if template is None:
        return bounded(str(error.message))
    size = len(value) if isinstance(value, str | list | dict) else 0
    return template.format(value=short(value), limit=error.kind.limit, size=size)


def _of_variants(error: Any) -> str:
    branches = _branches(error)
    if len(branches) < len(error.kind.context):
        return f"{short(error.instance)} fits several of the variants, and must fit exactly one."
    wanted: dict[str, None] = {}
    for inner in (inner for branch in branches for inner in branch[:1]):
        if inner.kind.name == "type":
            wanted.update(dict.fromkeys(map(_a, inner.kind.types)))
        elif inner.kind.name == "const":
            wanted[short(inner.kind.expected_value)] = None
        elif inner.kind.name == "enum":
            wanted.update(dict.fromkeys(short(option) for option in inner.kind.options[:FAULTS_MAX]))
        else:
            return f"{short(error.instance)} fits none of the {len(branches)} variants."
    return bounded(f"{short(error.instance)} is none of these: {', '.join(wanted)}")


def _hint(error: Any) -> str:
    kind = error.kind
    if kind.name == "format" and kind.format in _EXAMPLES:
        return f"Such as {_EXAMPLES[kind.format]}."
    if kind.name == "type" and {"number", "integer"} & set(kind.types) and isinstance(error.instance, str):
        return "Leave the quotes out."
    return ""


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


def bounded(message: str) -> str:
    """The message as a sentence of at most WORDS_MAX characters."""
    return (message if len(message) <= WORDS_MAX else message[: WORDS_MAX - 1] + "…").rstrip(".") + "."


def short(value: Any) -> str:
    """A value as JSON of at most VALUE_WORDS_MAX characters."""
    if isinstance(value, dict | list) and len(value) > VALUE_WORDS_MAX:
        return f"{_a(type_name(value))} of {len(value):,}"
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= VALUE_WORDS_MAX else text[: VALUE_WORDS_MAX - 1] + "…"


def _a(name: str) -> str:
    return name if name == "null" else ("an " if name[0] in "aeiou" else "a ") + name
