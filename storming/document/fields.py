"""A note's fields and a schema's properties: reading one from the other, and what differs. Pure.

Only plain object schemas can be read as fields: a property whose schema is none of FIELD_SCHEMAS is *its own*: it is
left as it is, shown with its JSON type, and never taken over by a note.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

FIELD_SCHEMAS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "text": {"type": "string"},
        "number": {"type": "number"},
        "whole number": {"type": "integer"},
        "yes or no": {"type": "boolean"},
        "date and time": {"type": "string", "format": "date-time"},
        "date": {"type": "string", "format": "date"},
        "uuid": {"type": "string", "format": "uuid"},
        "email": {"type": "string", "format": "email"},
        "web address": {"type": "string", "format": "uri"},
        "list of texts": {"type": "array", "items": {"type": "string"}},
        "list of objects": {"type": "array", "items": {"type": "object"}},
        "object": {"type": "object"},
    }
)
_SAID_BESIDE = frozenset({"description", "title", "examples", "default", "$comment", "deprecated"})
DIFFERENCES_MAX = 60
Field = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Differences:
    """``fields``: lines about fields; ``title``: one about the name, or empty."""

    title: str = ""
    fields: tuple[str, ...] = ()

    @property
    def lines(self) -> list[str]:
        """All of them, the name first."""
        return [line for line in (self.title, *self.fields) if line]


def type_of(schema: Any) -> str | None:
    """The field type that says the same as a property's schema, or None when it says more."""
    if not isinstance(schema, Mapping):
        return None
    plain = {name: value for name, value in schema.items() if name not in _SAID_BESIDE}
    return next((name for name, known in FIELD_SCHEMAS.items() if plain == known), None)


def fields_of(schema: Any, example: Any = None) -> list[dict[str, Any]]:
    """A schema's properties as fields; those that say more are shown by their JSON type."""
    if not isinstance(schema, Mapping) or not isinstance(schema.get("properties"), Mapping):
        return []
    required = schema.get("required") if isinstance(schema.get("required"), list) else []
    found: list[dict[str, Any]] = []
    for name, part in schema["properties"].items():
        field: dict[str, Any] = {"name": name, "type": type_of(part) or _near(part)}
        if isinstance(example, Mapping) and isinstance(example.get(name), str | int | float | bool):
            value = example[name]
            field["example"] = ("yes" if value else "no") if isinstance(value, bool) else str(value)[:400]
        if name in (required or []):
            field["required"] = True
        found.append(field)
    return found


def differences(fields: Sequence[Field] | None, schema: Any, *, text: str, title: str) -> Differences:
    """What a note and its type say differently. A note without fields says nothing of them."""
    said, known = " ".join(text.split()), " ".join(title.split())
    words = f"The note says “{said[:80]}”, the type “{known[:80]}”." if said and said != known else ""
    if fields is None:
        return Differences(words)
    mine = {field["name"]: field for field in fields}
    its = {field["name"]: field for field in fields_of(schema)}
    properties: dict[str, Any] = dict(schema.get("properties") or {}) if isinstance(schema, Mapping) else {}
    lines: list[str] = []
    for name, field in mine.items():
        other = its.get(name)
        if other is None:
            lines.append(f"“{name}” ({field['type']}) is on the note only.")
            continue
        if type_of(properties[name]) is not None and field["type"] != other["type"]:
            lines.append(f"“{name}” is {field['type']} on the note and {other['type']} in the type.")
        if bool(field.get("required")) != bool(other.get("required")):
            where = "on the note only" if field.get("required") else "in the type only"
            lines.append(f"“{name}” is required {where}.")
    lines += [f"“{name}” is in the type only." for name in its if name not in mine]
    return Differences(words, tuple(lines[:DIFFERENCES_MAX]))


def with_fields(schema: Any, fields: Sequence[Field]) -> dict[str, Any]:
    """The schema with the note's fields in place of its properties; what else it says stays, so do properties that say
    more than a field can, as long as the note still has them.
    """
    before: dict[str, Any] = dict(schema) if isinstance(schema, Mapping) else {"type": "object"}
    known: dict[str, Any] = dict(before.get("properties") or {})
    properties: dict[str, Any] = {}
    for field in fields:
        old = known.get(field["name"])
        properties[field["name"]] = _property(old, field["type"])
    required = [field["name"] for field in fields if field.get("required")]
    after = {**before, "properties": properties, "required": required}
    if not required:
        del after["required"]
    return after


def _property(old: Any, wanted: str) -> Any:
    if old is None:
        return dict(FIELD_SCHEMAS[wanted])
    present = type_of(old)
    if present is None or present == wanted:
        return old
    beside = {
        name: value for name, value in old.items() if name in _SAID_BESIDE and name not in ("examples", "default")
    }
    return {**FIELD_SCHEMAS[wanted], **beside}


def _near(schema: Any) -> str:
    kind = schema.get("type") if isinstance(schema, Mapping) else None
    nearest = {"string": "text", "integer": "whole number", "number": "number", "boolean": "yes or no"}
    if kind == "array":
        return "list of objects"
    return nearest.get(kind, "object") if isinstance(kind, str) else "object"
