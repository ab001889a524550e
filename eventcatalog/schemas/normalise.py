"""One text for all schemas that are the same but for the order of names and the spaces between.

Deliberately shallow: keys sorted, no spaces, numbers written one way (1.0 is 1), and the lists that are sets by
meaning ("required", "type", "enum") sorted. Nothing is rewritten that a reader would miss: words count too, for a new
description is a new version.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

_SETS = ("required", "type", "enum")
_DATA = ("enum", "const", "default", "example", "examples")
_NAMED = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "dependencies")


def canonical_text(schema: Any) -> str:
    """The canonical JSON of a schema (a dict or a bool)."""
    return _dumps(_canonical(schema))


def fingerprint(schema: Any) -> str:
    """sha256 of the canonical text, 64 hex digits."""
    return hashlib.sha256(canonical_text(schema).encode()).hexdigest()


def _canonical(value: Any, *, names: bool = False) -> Any:
    """`names`: the keys of this object are property names, not keywords."""
    if isinstance(value, list):
        return [_canonical(item) for item in value]
    if not isinstance(value, dict):
        return _number(value)
    if names:
        return {key: _sorted_set("required", item) if isinstance(item, list) else _canonical(item)
                for key, item in value.items()}  # fmt: skip
    return {key: _keyword(key, item) for key, item in value.items()}


def _keyword(key: str, value: Any) -> Any:
    if key in _DATA or key == "required" or key == "type":
        return _sorted_set(key, _data(value))
    return _canonical(value, names=key in _NAMED)


def _sorted_set(key: str, value: Any) -> Any:
    if key not in _SETS or not isinstance(value, list):
        return value
    return sorted(value, key=_dumps)


def _data(value: Any) -> Any:
    if isinstance(value, list):
        return [_data(item) for item in value]
    if isinstance(value, dict):
        return {key: _data(item) for key, item in value.items()}
    return _number(value)


def _number(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 2**53 else value


def _dumps(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
