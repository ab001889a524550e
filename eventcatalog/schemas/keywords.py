"""Which keywords of JSON Schema hold schemas, and how; and a walk over all schemas inside a schema.

One table for all drafts: a keyword that a draft doesn't know does no harm here, as the meta-schema was checked before.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

NODES_MAX = 50_000

SINGLE = ("additionalItems", "additionalProperties", "contains", "contentSchema", "else", "if", "items", "not",
          "propertyNames", "then", "unevaluatedItems", "unevaluatedProperties")  # fmt: skip
LISTS = ("allOf", "anyOf", "oneOf", "prefixItems", "items")
MAPS = ("$defs", "definitions", "properties", "patternProperties", "dependentSchemas", "dependencies")
IN_PLACE_SINGLE = ("not", "if", "then", "else")
IN_PLACE_LISTS = ("allOf", "anyOf", "oneOf")
IN_PLACE_MAPS = ("dependentSchemas", "dependencies")

WORDS = frozenset({"title", "description", "examples", "example", "$comment"})
"""Keywords that only speak to people: changing them is a patch."""

ANNOTATIONS = frozenset({"default", "deprecated", "readOnly", "writeOnly", "contentMediaType", "contentEncoding",
                         "contentSchema"})  # fmt: skip
"""Keywords that refuse nobody but that programs act on."""

Parts = tuple[str | int, ...]


def children(schema: dict[str, Any]) -> Iterator[tuple[Parts, Any]]:
    """The schemas directly inside a schema, each with the parts of its pointer from here."""
    if "$ref" in schema and not isinstance(schema["$ref"], str):
        return
    for key, value in schema.items():
        if key in SINGLE and isinstance(value, dict | bool):
            yield (key,), value
        elif key in LISTS and isinstance(value, list):
            yield from (((key, index), item) for index, item in enumerate(value))
        elif key in MAPS and isinstance(value, dict):
            yield from (((key, name), item) for name, item in value.items() if isinstance(item, dict | bool))


def walk(schema: Any) -> Iterator[tuple[Parts, Any]]:
    """Every schema in a schema, itself first, in document order; at most NODES_MAX of them."""
    stack: list[tuple[Parts, Any]] = [((), schema)]
    for _ in range(NODES_MAX):
        if not stack:
            return
        parts, node = stack.pop()
        yield parts, node
        if isinstance(node, dict):
            stack.extend(reversed([(parts + inner, child) for inner, child in children(node)]))


def in_place(schema: dict[str, Any]) -> Iterator[tuple[Parts, Any]]:
    """The schemas inside a schema that look at the same value as the schema itself (not `$ref`)."""
    for parts, child in children(schema):
        if parts[0] in IN_PLACE_SINGLE or parts[0] in IN_PLACE_LISTS or parts[0] in IN_PLACE_MAPS:
            yield parts, child
