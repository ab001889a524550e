"""The floor's one door to the cellar (eventcatalog.schemas): texts and rows in, verdicts and words out.

For now it stands on jsonschema-rs alone and proves nothing about compatibility.
"""

import hashlib
import itertools
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import jsonschema_rs
import orjson
from django.conf import settings

from eventcatalog.errors import InvalidSchema
from eventcatalog.models import SchemaVersion
from eventcatalog.schemas.errors import Fault
from eventcatalog.schemas.types import TreeRow

FIELD_NAMES_MAX = 2000
CHANGES_SHOWN_MAX = 200
FAULTS_MAX = 8


@dataclass(frozen=True, slots=True)
class Parsed:
    """A schema that has been read: its text as given, the document, the fingerprint of what it means."""

    text: str
    document: Any
    fingerprint: str
    draft: str


def read(schema: str | dict[str, Any] | bool) -> Parsed:
    """A schema that can be stored. Raises InvalidSchema with its place."""
    text = schema if isinstance(schema, str) else json.dumps(schema, indent=2, ensure_ascii=False)
    if len(text.encode()) > settings.SCHEMA_BYTES_MAX:
        raise InvalidSchema(f"A schema has at most {settings.SCHEMA_BYTES_MAX:,} bytes.", place={"pointer": ""})
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        place = {"pointer": "", "line": error.lineno, "column": error.colno}
        raise InvalidSchema(f"This is not JSON: {error.msg}.", place=place) from error
    try:
        jsonschema_rs.meta.validate(document)
    except ValueError as error:
        raise InvalidSchema(f"This is not a JSON Schema: {error}", place={"pointer": ""}) from error
    fingerprint = hashlib.sha256(orjson.dumps(document, option=orjson.OPT_SORT_KEYS)).hexdigest()
    return Parsed(text, document, fingerprint, "2020-12")


def field_names(parsed: Parsed) -> list[str]:
    """Names of fields, for searching; bounded."""
    found: dict[str, None] = {}
    todo = [parsed.document]
    while todo and len(found) < FIELD_NAMES_MAX:
        node = todo.pop()
        if isinstance(node, dict):
            properties = node.get("properties")
            if isinstance(properties, dict):
                found.update(dict.fromkeys(properties))
            todo.extend(node.values())
        elif isinstance(node, list):
            todo.extend(node)
    return list(found)[:FIELD_NAMES_MAX]


def example_for(parsed: Parsed, *, given: Any = None) -> Any:
    """The example as given."""
    return given


class Validator:
    """A compiled schema that checks payloads."""

    def __init__(self, document: Any) -> None:
        self._validator = jsonschema_rs.validator_for(document, validate_formats=True)
        self._is_valid = self._validator.is_valid

    def faults(self, payloads: Sequence[bytes]) -> list[list[Fault] | None]:
        """For each payload what is wrong with it, None when nothing is."""
        try:
            if all(map(self._is_valid, map(orjson.loads, payloads))):
                return [None] * len(payloads)
        except ValueError:
            pass
        return [self.explain(payload) or None for payload in payloads]

    def explain(self, payload: bytes) -> list[Fault]:
        """What is wrong, in words."""
        try:
            document = orjson.loads(payload)
        except orjson.JSONDecodeError as error:
            return [Fault("", f"The payload is not JSON: {error}.", "json", "Send JSON text in UTF-8.")]
        errors = itertools.islice(self._validator.iter_errors(document), FAULTS_MAX)
        return [
            Fault("".join(f"/{part}" for part in each.instance_path), each.message, each.kind.name) for each in errors
        ]


def compile_text(text: str) -> Validator:
    """A validator of a stored schema."""
    return Validator(orjson.loads(text))


@dataclass(frozen=True, slots=True)
class Assessment:
    """What publishing a schema would do to a type."""

    mode: str
    latest: str
    proposed: str
    bump: str
    bump_reason: str
    compatible: bool
    certain: bool
    is_same: bool
    verdict: str
    hint: str = ""
    against: str = ""
    direction: str = ""
    reasons: tuple[str, ...] = ()
    fixes: tuple[str, ...] = ()
    changes: tuple[dict[str, Any], ...] = ()
    findings: tuple[dict[str, Any], ...] = ()
    counterexample: dict[str, Any] | None = None

    def as_json(self) -> dict[str, Any]:
        """For the API."""
        return asdict(self)


def document_of(version: SchemaVersion) -> Any:
    """A stored schema's document."""
    return orjson.loads(version.schema_text)


def rows_of(schema: Any, *, rows_max: int = 500) -> list[TreeRow]:
    """A schema as lines that people read."""
    properties = schema.get("properties", {}) if isinstance(schema, dict) else {}
    return [TreeRow(0, name, f"/properties/{name}", name, "value") for name in properties][:rows_max]


def assess(stored: Sequence[tuple[str, str]], parsed: Parsed, *, mode: str) -> Assessment:
    """The next minor version; nothing is proved yet."""
    latest = stored[0][0] if stored else "1.0.0"
    major, minor, _ = (int(part) for part in latest.split("."))
    same = bool(stored) and stored[0][1] == parsed.text
    return Assessment(mode, latest, f"{major}.{minor + 1}.0", "minor", "", True, False, same, "Not compared.")


def infer(examples: Sequence[Any]) -> dict[str, Any]:
    """A schema that takes anything."""
    return {"schema": {}, "notes": [], "rows": [], "fields": None}


def describe(schema: str | dict[str, Any] | bool) -> dict[str, Any]:
    """Whether it is a schema."""
    parsed = read(schema)
    return {"valid": True, "draft": parsed.draft, "rows": [], "fields": None, "example": None}
