"""The field editor's rows and the schemas they stand for.

A row: ``{"name", "type", "required", "description"?, "example"?, "items"?, "fields"?}``. `type` is one of TYPES;
`items` (a type) belongs to "list", `fields` (rows) to "object" and to a "list" of objects.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from eventcatalog.schemas.errors import SchemaError
from eventcatalog.schemas.pointers import pointer_to

DRAFT = "https://json-schema.org/draft/2020-12/schema"
FIELDS_MAX = 500
DEPTH_MAX = 8
NAME_CHARACTERS_MAX = 200

TYPES: dict[str, dict[str, Any]] = {
    "text": {"type": "string"},
    "number": {"type": "number"},
    "whole number": {"type": "integer"},
    "yes/no": {"type": "boolean"},
    "date and time": {"type": "string", "format": "date-time"},
    "date": {"type": "string", "format": "date"},
    "time": {"type": "string", "format": "time"},
    "duration": {"type": "string", "format": "duration"},
    "uuid": {"type": "string", "format": "uuid"},
    "e-mail": {"type": "string", "format": "email"},
    "link": {"type": "string", "format": "uri"},
    "object": {"type": "object"},
    "list": {"type": "array"},
    "anything": {},
}
_ALIASES = {
    "string": "text", "integer": "whole number", "boolean": "yes/no", "array": "list", "date-time": "date and time",
    "email": "e-mail", "uri": "link", "any": "anything",
}  # fmt: skip
_HEAD = frozenset({"$schema", "title", "description", "type", "properties", "required", "additionalProperties"})
_LEAF = frozenset({"type", "format", "description", "examples", "items", "properties", "required"})


def from_fields(fields: Sequence[dict[str, Any]], *, title: str = "", description: str = "") -> dict[str, Any]:
    """The schema of an object with these fields. Raises SchemaError (invalid_field) with the row's pointer."""
    schema: dict[str, Any] = {"$schema": DRAFT}
    if title:
        schema["title"] = title
    if description:
        schema["description"] = description
    return schema | _object(fields, at=(), depth=1)


def _object(fields: Sequence[dict[str, Any]], *, at: tuple[str | int, ...], depth: int) -> dict[str, Any]:
    if depth > DEPTH_MAX or len(fields) > FIELDS_MAX:
        raise _wrong(at, f"At most {FIELDS_MAX} fields, nested at most {DEPTH_MAX} deep.")
    properties: dict[str, Any] = {}
    for index, row in enumerate(fields):
        here = (*at, index)
        name = row.get("name", "").strip() if isinstance(row, dict) and isinstance(row.get("name"), str) else ""
        if not name or len(name) > NAME_CHARACTERS_MAX:
            raise _wrong((*here, "name"), f"A field needs a name of at most {NAME_CHARACTERS_MAX} characters.")
        if name in properties:
            raise _wrong((*here, "name"), f"There are two fields named {name!r}.")
        properties[name] = _field(row, at=here, depth=depth)
    required = [str(row["name"]).strip() for row in fields if row.get("required")]
    return {"type": "object", "properties": properties} | ({"required": required} if required else {})


def _field(row: dict[str, Any], *, at: tuple[str | int, ...], depth: int) -> dict[str, Any]:
    kind = _kind(row.get("type", "text"), (*at, "type"))
    schema = dict(TYPES[kind])
    if kind == "object":
        schema = _object(row.get("fields") or (), at=(*at, "fields"), depth=depth + 1)
    elif kind == "list":
        inner = _kind(row.get("items") or "anything", (*at, "items"))
        schema["items"] = dict(TYPES[inner])
        if inner == "object":
            schema["items"] = _object(row.get("fields") or (), at=(*at, "fields"), depth=depth + 1)
    description = row.get("description")
    if isinstance(description, str) and description.strip():
        schema["description"] = description.strip()
    if row.get("example") not in (None, ""):
        schema["examples"] = [_typed(row["example"], kind)]
    return schema


def _kind(value: Any, at: tuple[str | int, ...]) -> str:
    kind = _ALIASES.get(value, value) if isinstance(value, str) else ""
    if kind not in TYPES:
        raise _wrong(at, f"There is no field type {value!r}.", hint="One of: " + ", ".join(TYPES) + ".")
    return kind


def _typed(example: Any, kind: str) -> Any:
    """An example typed into a text box, as the value it stands for where that is clear."""
    if not isinstance(example, str):
        return example
    try:
        if kind == "whole number":
            return int(example)
        if kind == "number":
            return float(example)
    except ValueError:
        return example
    if kind == "yes/no":
        return {"true": True, "yes": True, "false": False, "no": False}.get(example.strip().lower(), example)
    return example


def _wrong(at: tuple[str | int, ...], message: str, *, hint: str = "") -> SchemaError:
    return SchemaError("invalid_field", message, pointer=pointer_to(at), hint=hint)


def to_fields(schema: Any) -> list[dict[str, Any]] | None:
    """The rows that stand for a schema; None if it says more than rows can, so that nothing is lost by editing."""
    if not isinstance(schema, dict) or set(schema) - _HEAD or schema.get("additionalProperties", True) is not True:
        return None
    return _rows(schema, depth=1)


def _rows(schema: dict[str, Any], *, depth: int) -> list[dict[str, Any]] | None:
    properties, required = schema.get("properties", {}), schema.get("required", [])
    if schema.get("type") != "object" or depth > DEPTH_MAX or set(required) - set(properties):
        return None
    rows = []
    for name, inner in properties.items():
        row = _row(inner, depth=depth)
        if row is None:
            return None
        rows.append({"name": name, "required": name in required} | row)
    return rows


def _row(schema: Any, *, depth: int) -> dict[str, Any] | None:
    if not isinstance(schema, dict) or set(schema) - _LEAF:
        return None
    examples = schema.get("examples", [])
    kind = _named({key: schema[key] for key in ("type", "format") if key in schema})
    if kind is None or len(examples) > 1 or ("items" in schema and kind != "list"):
        return None
    row: dict[str, Any] = {"type": kind, "description": schema.get("description", "")}
    if examples:
        row["example"] = examples[0]
    inner = schema
    if kind == "list":
        inner = schema.get("items", {})
        items = _row(inner, depth=depth + 1) if isinstance(inner, dict) else None
        if items is None or items["type"] == "list" or items["description"] or "example" in items:
            return None
        row["items"] = items["type"]
    if "object" in (kind, row.get("items")):
        fields = _rows(inner, depth=depth + 1)
        if fields is None:
            return None
        row["fields"] = fields
    elif "properties" in inner or "required" in inner:
        return None
    return row


def _named(wanted: dict[str, Any]) -> str | None:
    return next((name for name, schema in TYPES.items() if schema == wanted), None)
