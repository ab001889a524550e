"""The one module that knows jsonschema-rs's canonical schemas (an experimental interface): set containment.

A schema is the set of documents it takes. `covers` answers whether one set holds another, or that it can't say.
"""

from __future__ import annotations

from typing import Any

import jsonschema_rs

from eventcatalog.schemas.regexes import OPTIONS
from eventcatalog.schemas.types import Answer, ParsedSchema


def _canonical(parsed: ParsedSchema) -> Any:
    return jsonschema_rs.canonicalize(parsed.document, validate_formats=True, pattern_options=OPTIONS, offline=True)


def covers(wide: ParsedSchema, narrow: ParsedSchema) -> Answer:
    """Whether `wide` takes every document that `narrow` takes: proved yes, proved no, or unknown."""
    if wide.draft != narrow.draft:
        return "unknown"
    try:
        answer = str(_canonical(wide).covers(_canonical(narrow))).lower().rsplit(".", 1)[-1]
    except Exception:  # whatever an experimental prover trips over, it has proved nothing
        return "unknown"
    return answer if answer in ("yes", "no") else "unknown"  # type: ignore[return-value]


def difference(old: ParsedSchema, new: ParsedSchema) -> Any | None:
    """A schema of the documents that `old` takes and `new` refuses, where the prover can tell; else None."""
    try:
        return _canonical(old).subtract(_canonical(new)).to_json_schema()
    except Exception:  # likewise
        return None
