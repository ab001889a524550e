"""The floor's one door to the cellar: schema text in, verdicts and worded findings out."""

import hashlib
import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jsonschema_rs
import orjson
from django.conf import settings

from eventcatalog.errors import InvalidSchema

FIELD_NAMES_MAX = 2000


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
    """``given``, once the schema takes it; else one made from the schema, None where none is found."""
    return given


@dataclass(frozen=True, slots=True)
class PayloadFault:
    """One thing wrong with a payload."""

    pointer: str
    message: str
    keyword: str
    hint: str = ""


class Compiled:
    """A compiled schema that checks payloads."""

    def __init__(self, document: Any) -> None:
        self._validator = jsonschema_rs.validator_for(document, validate_formats=True)
        self._is_valid = self._validator.is_valid

    def refused_places(self, payloads: Sequence[bytes]) -> list[int]:
        """Indices of the payloads that are refused; an empty list when all are taken."""
        try:
            if all(map(self._is_valid, map(orjson.loads, payloads))):
                return []
        except ValueError:
            pass
        return [index for index, payload in enumerate(payloads) if not self._takes(payload)]

    def _takes(self, payload: bytes) -> bool:
        try:
            return self._is_valid(orjson.loads(payload))
        except ValueError:
            return False

    def faults(self, payload: bytes, *, limit: int) -> list[PayloadFault]:
        """What is wrong, in words."""
        try:
            document = orjson.loads(payload)
        except orjson.JSONDecodeError as error:
            return [PayloadFault("", f"The payload is not JSON: {error}.", "json", "Send JSON text in UTF-8.")]
        errors = itertools.islice(self._validator.iter_errors(document), limit)
        return [
            PayloadFault("".join(f"/{part}" for part in each.instance_path), each.message, each.kind.name)
            for each in errors
        ]


def compile_text(text: str) -> Compiled:
    """A validator of a stored schema."""
    return Compiled(orjson.loads(text))
