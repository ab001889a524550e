"""The one module that knows jsonschema-rs's canonical schemas (an experimental interface): set containment.

A schema is the set of documents it takes. `covers` answers whether one set holds another, or that it can't say.
Schemas of two dialects are compared in the newest one (dialect.py), where they can be told in it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import jsonschema_rs
import orjson

from eventcatalog.schemas.dialect import in_draft202012
from eventcatalog.schemas.regexes import OPTIONS
from eventcatalog.schemas.types import Answer, Draft, ParsedSchema

# types of the experimental interface vary between releases
_Canonical = Any


def covers(wide: ParsedSchema, narrow: ParsedSchema) -> Answer:
    """Whether `wide` takes every document that `narrow` takes: proved yes, proved no, or unknown."""
    try:
        one, other = _both(wide, narrow)
        answer = str(one.covers(other)).lower().rsplit(".", 1)[-1]
        if answer == "unknown" and _is_empty(other.subtract(one)):
            answer = "yes"
    except Exception:  # whatever an experimental prover trips over, it has proved nothing
        return "unknown"
    return answer if answer in ("yes", "no") else "unknown"  # type: ignore[return-value]


def difference(old: ParsedSchema, new: ParsedSchema) -> Any | None:
    """A schema of the documents that `old` takes and `new` refuses, where the prover can tell; else None."""
    try:
        one, other = _both(old, new)
        return one.subtract(other).to_json_schema()
    except Exception:  # likewise
        return None


def _is_empty(canonical: _Canonical) -> bool:
    return str(canonical.satisfiability()).lower().rsplit(".", 1)[-1] == "no"


def _both(one: ParsedSchema, other: ParsedSchema) -> tuple[_Canonical, _Canonical]:
    if one.draft != other.draft:
        newer = in_draft202012(one), in_draft202012(other)
        if newer[0] is None or newer[1] is None:
            raise ValueError("There is no dialect in which both can be told.")
        one, other = newer[0], newer[1]
    return _canonical(orjson.dumps(one.document), one.draft), _canonical(orjson.dumps(other.document), other.draft)


@lru_cache(maxsize=256)
def _canonical(text: bytes, draft: Draft) -> _Canonical:
    """Keyed by the text: one new version is held against many old ones, and again when it is published."""
    document = orjson.loads(text)
    return jsonschema_rs.canonicalize(document, validate_formats=True, pattern_options=OPTIONS, offline=True)
