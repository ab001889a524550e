"""Regular expressions, by the engine that takes linear time: no look-around, no back-references.

A pattern of a schema runs over every payload that anybody sends; one that can take exponential time is a way to stop
the server. So both validators match through here, and a pattern this engine can't take is refused with its schema.
"""

from __future__ import annotations

import re
from functools import lru_cache

import jsonschema_rs

OPTIONS = jsonschema_rs.RegexOptions()

_FORBIDDEN = (
    (re.compile(r"\(\?<?[=!]"), "looks ahead or behind with (?=...), (?!...), (?<=...) or (?<!...)"),
    (re.compile(r"(?<!\\)(?:\\\\)*\\(?:[1-9]|k<)"), "refers back to a group with \\1 or \\k<name>"),
)


@lru_cache(maxsize=2048)
def matcher(pattern: str) -> jsonschema_rs.Validator:
    """A validator that takes the strings in which `pattern` is found. Raises ValueError for a bad pattern."""
    schema = {"type": "string", "pattern": pattern}
    return jsonschema_rs.Draft202012Validator(schema, pattern_options=OPTIONS, offline=True)


def found(pattern: str, text: str) -> bool:
    """Whether `pattern` (ECMA-262, not anchored) is found in `text`, in time linear in its length."""
    return bool(matcher(pattern).is_valid(text))


def trouble_with(pattern: str) -> str | None:
    """Why the engine can't take a pattern, in words that follow "The pattern"; None if it can."""
    try:
        matcher(pattern)
    except ValueError:
        return next((words for shape, words in _FORBIDDEN if shape.search(pattern)), "is no valid regular expression")
    return None
