"""A schema as lines that people read: one line a property, item or variant, in document order."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from eventcatalog.schemas.pointers import follow, fragment_to_pointer, pointer_to
from eventcatalog.schemas.types import TreeRow

DEPTH_MAX = 24
VARIANTS = {"oneOf": "one of", "anyOf": "any of", "allOf": "all of"}


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a row stands: how deep, its pointer in the schema, its path in documents, the references above it."""

    depth: int
    parts: tuple[str | int, ...]
    path: str
    above: tuple[str, ...] = ()

    def inside(self, *parts: str | int, path: str) -> _Place:
        return _Place(self.depth + 1, (*self.parts, *parts), path, self.above)


def tree(schema: Any, *, rows_max: int = 500) -> list[TreeRow]:
    """The rows of a schema; local references are followed, cycles and what exceeds `rows_max` are noted instead."""
    rows: list[TreeRow] = []
    walk = _inner(schema, schema, _Place(-1, (), ""))
    for row in walk:
        if len(rows) >= rows_max:
            rows.append(TreeRow(0, "…", "", "", "", note=f"Only the first {rows_max} rows are shown."))
            break
        rows.append(row)
    return rows


def _row(root: Any, schema: Any, name: str, place: _Place, *, required: bool = False) -> Iterator[TreeRow]:
    reference = schema.get("$ref", "") if isinstance(schema, dict) else ""
    merged, note = schema, ""
    if reference:
        if reference in place.above:
            note = "Repeats what is described above."
            merged = {key: value for key, value in schema.items() if key != "$ref"}
        else:
            merged = _resolved(root, schema, reference)
            place = _Place(place.depth, place.parts, place.path, (*place.above, reference))
    if place.depth >= DEPTH_MAX:
        note = "Nested deeper than is shown."
    yield _described(merged, name, place, required=required, reference=reference, note=note)
    if not note:
        yield from _inner(root, merged, place)


def _resolved(root: Any, schema: dict[str, Any], reference: str) -> Any:
    """The target of a reference with the words beside the reference laid over it."""
    try:
        target = follow(root, fragment_to_pointer(reference.removeprefix("#")))
    except (LookupError, ValueError):
        return schema
    beside = {key: value for key, value in schema.items() if key != "$ref"}
    return target | beside if isinstance(target, dict) else target


def _inner(root: Any, schema: Any, place: _Place) -> Iterator[TreeRow]:
    if not isinstance(schema, dict):
        return
    if place.depth < 0 and isinstance(schema.get("$ref"), str):
        schema = _resolved(root, schema, schema["$ref"])
        if not isinstance(schema, dict):
            return
    yield from _properties(root, schema, place)
    yield from _items(root, schema, place)
    for keyword, words in VARIANTS.items():
        for index, variant in enumerate(schema.get(keyword, ()) if isinstance(schema.get(keyword), list) else ()):
            if not _says_something(variant):
                continue
            name = f"{words} · {index + 1}"
            yield from _row(root, variant, name, place.inside(keyword, index, path=place.path))


def _says_something(variant: Any) -> bool:
    """Variants that only name types are told in the row above them already."""
    return not (isinstance(variant, dict) and set(variant) <= {"type", "format"})


def _properties(root: Any, schema: dict[str, Any], place: _Place) -> Iterator[TreeRow]:
    required = schema.get("required", ())
    required = required if isinstance(required, list) else ()
    for name, inner in _mapping(schema, "properties"):
        path = f"{place.path}.{name}" if place.path else name
        yield from _row(root, inner, name, place.inside("properties", name, path=path), required=name in required)
    for pattern, inner in _mapping(schema, "patternProperties"):
        path = f"{place.path}.*" if place.path else "*"
        yield from _row(root, inner, f"names like {pattern}", place.inside("patternProperties", pattern, path=path))
    extra = schema.get("additionalProperties")
    if isinstance(extra, dict) and extra:
        path = f"{place.path}.*" if place.path else "*"
        yield from _row(root, extra, "any other name", place.inside("additionalProperties", path=path))


def _mapping(schema: dict[str, Any], keyword: str) -> list[tuple[str, Any]]:
    value = schema.get(keyword)
    return list(value.items()) if isinstance(value, dict) else []


def _items(root: Any, schema: dict[str, Any], place: _Place) -> Iterator[TreeRow]:
    path = f"{place.path}[]"
    tuple_keyword = "prefixItems" if "prefixItems" in schema else "items"
    if isinstance(schema.get(tuple_keyword), list):
        for index, inner in enumerate(schema[tuple_keyword]):
            inside = place.inside(tuple_keyword, index, path=f"{place.path}[{index}]")
            yield from _row(root, inner, f"item {index + 1}", inside)
    items = schema.get("items")
    if not isinstance(items, dict):
        return
    if set(items) & {"properties", "oneOf", "anyOf", "allOf", "$ref", "items", "enum", "description"}:
        yield from _row(root, items, "each item", place.inside("items", path=path))


def _described(schema: Any, name: str, place: _Place, *, required: bool, reference: str, note: str) -> TreeRow:
    if not isinstance(schema, dict):
        words = "anything" if schema is True else "nothing"
        return TreeRow(place.depth, name, pointer_to(place.parts), place.path, words, required, note=note)
    enum = schema.get("enum", ())
    examples = schema.get("examples", ())
    return TreeRow(
        depth=place.depth,
        name=name,
        pointer=pointer_to(place.parts),
        path=place.path,
        type_words=type_words(schema),
        required=required,
        title=_text(schema, "title"),
        description=_text(schema, "description"),
        constraints=tuple(_constraints(schema)),
        enum=tuple(enum) if isinstance(enum, list) else (),
        deprecated=schema.get("deprecated") is True,
        ref=reference,
        default=schema.get("default"),
        has_default="default" in schema,
        examples=tuple(examples) if isinstance(examples, list) else (),
        note=note,
    )


def _text(schema: dict[str, Any], keyword: str) -> str:
    value = schema.get(keyword)
    return value if isinstance(value, str) else ""


def type_words(schema: Any) -> str:
    """The type in words: "string · date-time", "array of object", "string or null", "anything"."""
    if not isinstance(schema, dict):
        return "anything" if schema is True else "nothing"
    wanted = schema.get("type")
    names = [wanted] if isinstance(wanted, str) else list(wanted) if isinstance(wanted, list) else []
    if not names:
        names = _types_meant(schema)
    words = " or ".join(_with_items(str(name), schema) for name in names) or "anything"
    if isinstance(schema.get("format"), str):
        words = words.replace("string", f"string · {schema['format']}", 1)
    return words


def _types_meant(schema: dict[str, Any]) -> list[str]:
    if "const" in schema:
        return [f"always {json.dumps(schema['const'], ensure_ascii=False)[:80]}"]
    if "enum" in schema:
        return ["one of a list"]
    for keyword in ("oneOf", "anyOf"):
        variants = schema.get(keyword)
        if isinstance(variants, list) and variants:
            return list(dict.fromkeys(type_words(variant) for variant in variants))
    if "properties" in schema or "required" in schema:
        return ["object"]
    return ["array"] if "items" in schema or "prefixItems" in schema else []


def _with_items(name: str, schema: dict[str, Any]) -> str:
    if name != "array" or not isinstance(schema.get("items"), dict):
        return name
    inner = schema["items"]
    return f"array of {inner['$ref'].rsplit('/', 1)[-1]}" if "$ref" in inner else f"array of {type_words(inner)}"


def _constraints(schema: dict[str, Any]) -> Iterator[str]:
    plain = {
        "minimum": "at least {}", "maximum": "at most {}", "exclusiveMinimum": "more than {}",
        "exclusiveMaximum": "less than {}", "multipleOf": "a multiple of {}", "minLength": "at least {} characters",
        "maxLength": "at most {} characters", "pattern": "matches {}", "minItems": "at least {} items",
        "maxItems": "at most {} items", "minProperties": "{} properties or more",
        "maxProperties": "{} properties or fewer",
    }  # fmt: skip
    for keyword, words in plain.items():
        if keyword in schema and not isinstance(schema[keyword], bool | dict | list):
            told = words.format(schema[keyword])
            yield told.removesuffix("s") if schema[keyword] == 1 and told.endswith(("characters", "items")) else told
    if schema.get("uniqueItems") is True:
        yield "no item twice"
    if schema.get("additionalProperties") is False:
        yield "no other properties"
    if "const" in schema and "type" in schema:
        yield f"always {json.dumps(schema['const'], ensure_ascii=False)[:80]}"
