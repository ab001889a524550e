"""A JSON Schema as TypeScript declarations, by itself: no Node, no network.

Objects become interfaces, everything else type aliases; every definition that is referred to gets a name of its own, so
recursion is no trouble. Types say what TypeScript can say; what it can't (patterns, bounds, formats, ``not``,
conditions) stands in a comment beside it, so the declarations take every document that the schema takes, with one
exception: a schema that has properties and no type is taken to mean an object. Properties that a schema leaves open are
not declared: a program that reads one names it in its schema.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from eventcatalog.code.naming import TYPESCRIPT_TAKEN, class_name
from eventcatalog.schemas.parse import restore
from eventcatalog.schemas.references import Resolver
from eventcatalog.schemas.types import Draft, Schema

DEPTH_MAX = 60
_PLAIN = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}
_IDENTIFIER = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*\Z")
_TOLD = ("format", "pattern", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
         "minLength", "maxLength", "minItems", "maxItems", "uniqueItems", "contentEncoding", "contentMediaType",
         "default")  # fmt: skip


def declarations(schema: Schema, *, name: str, header: str) -> str:
    """The text of a module whose main export is ``name``. ``header`` is its first comment."""
    writer = _Writer(schema, class_name(name))
    return f"/**\n{_comment_lines(header)} */\n\n" + "\n\n".join(writer.blocks()) + "\n"


class _Writer:
    def __init__(self, schema: Schema, name: str) -> None:
        self._schema = schema
        self._name = name
        parsed = restore(schema)
        self._resolver = Resolver(schema, parsed.draft) if isinstance(schema, dict) else None
        self._ref_alone = parsed.draft in (Draft.DRAFT4, Draft.DRAFT6, Draft.DRAFT7)
        self._names: dict[int, str] = {id(schema): name}
        self._taken = {name, *TYPESCRIPT_TAKEN}
        self._todo: list[tuple[str, Any]] = [(name, schema)]

    def blocks(self) -> list[str]:
        """The main declaration first, then what it refers to."""
        blocks = []
        for name, schema in self._todo:  # grows while it is walked
            blocks.append(self._block(name, schema))
        return blocks

    def _block(self, name: str, schema: Any) -> str:
        comment = _comment(schema, indent="")
        if isinstance(schema, dict) and self._is_plain_object(schema):
            return f"{comment}export interface {name} {self._members(schema, 0)}"
        return f"{comment}export type {name} = {self._type(schema, 0)};"

    @staticmethod
    def _is_plain_object(schema: dict[str, Any]) -> bool:
        combined = {"$ref", "$dynamicRef", "$recursiveRef", "allOf", "anyOf", "oneOf", "enum", "const"} & set(schema)
        return not combined and schema.get("type") == "object"

    def _type(self, schema: Any, depth: int) -> str:
        if schema is False:
            return "never"
        if not isinstance(schema, dict) or not schema or depth > DEPTH_MAX:
            return "unknown"
        parts = list(self._parts(schema, depth))
        parts = [part for part in dict.fromkeys(parts) if part != "unknown"]
        if "never" in parts:
            return "never"
        return " & ".join(_grouped(part) if len(parts) > 1 else part for part in parts) or "unknown"

    def _parts(self, schema: dict[str, Any], depth: int) -> Iterator[str]:
        """What holds together: references, values, types, combinations."""
        for key in ("$ref", "$dynamicRef", "$recursiveRef"):
            if isinstance(schema.get(key), str):
                yield self._referred(schema, schema[key])
        if self._ref_alone and isinstance(schema.get("$ref"), str):
            return
        if "const" in schema:
            yield _literal(schema["const"])
        elif isinstance(schema.get("enum"), list):
            yield " | ".join(dict.fromkeys(_literal(value) for value in schema["enum"])) or "never"
        else:
            yield self._own(schema, depth)
        for each in schema.get("allOf") or ():
            yield self._type(each, depth + 1)
        for key in ("anyOf", "oneOf"):
            if schema.get(key):
                yield self._union([self._type(each, depth + 1) for each in schema[key]])

    @staticmethod
    def _union(parts: list[str]) -> str:
        kept = [part for part in dict.fromkeys(parts) if part != "never"]
        if "unknown" in kept:
            return "unknown"
        return " | ".join(_grouped(part) if " & " in part else part for part in kept) or "never"

    def _own(self, schema: dict[str, Any], depth: int) -> str:
        kinds = schema.get("type")
        if kinds is None:
            return self._untyped(schema, depth)
        return self._union([self._kind(kind, schema, depth) for kind in ([kinds] if isinstance(kinds, str) else kinds)])

    def _untyped(self, schema: dict[str, Any], depth: int) -> str:
        """Properties without a type: strictly, what is no object passes too; people mean an object."""
        if "properties" in schema or "required" in schema or "additionalProperties" in schema:
            return self._members(schema, depth)
        return "unknown"

    def _kind(self, kind: str, schema: dict[str, Any], depth: int) -> str:
        if kind == "object":
            return self._members(schema, depth)
        if kind == "array":
            return self._array(schema, depth)
        return _PLAIN.get(kind, "unknown")

    def _array(self, schema: dict[str, Any], depth: int) -> str:
        items = schema.get("items")
        first = schema.get("prefixItems") if "prefixItems" in schema else items if isinstance(items, list) else None
        if first is None:
            inner = self._type(items, depth + 1) if isinstance(items, dict | bool) else "unknown"
            return f"{_grouped(inner)}[]"
        rest = items if "prefixItems" in schema else schema.get("additionalItems", True)
        listed = [f"({self._type(each, depth + 1)})?" for each in first]
        if rest is not False:
            inner = self._type(rest, depth + 1) if isinstance(rest, dict) else "unknown"
            listed.append(f"...{_grouped(inner)}[]")
        return f"[{', '.join(listed)}]"

    def _members(self, schema: dict[str, Any], depth: int) -> str:
        """``{ ... }`` with a line a property."""
        properties = schema.get("properties") or {}
        required = schema.get("required")
        needed = set(required) if isinstance(required, list) else set()
        indent = "  " * (depth + 1)
        lines = []
        for name in [*properties, *sorted(needed - set(properties))]:
            inner = properties.get(name, True)
            mark = "" if name in needed else "?"
            lines.append(f"{_comment(inner, indent=indent)}{indent}{_key(name)}{mark}: {self._type(inner, depth + 1)};")
        index = self._index(schema, bool(lines), depth)
        if index:
            lines.append(f"{indent}[key: string]: {index};")
        if not lines:
            return "{\n  [key: string]: unknown;\n}" if depth == 0 else "Record<string, unknown>"
        return "{\n" + "\n".join(lines) + "\n" + "  " * depth + "}"

    def _index(self, schema: dict[str, Any], has_names: bool, depth: int) -> str:
        """The type of further properties where the schema speaks of them; "" where it doesn't."""
        rest = schema.get("additionalProperties")
        patterns = list((schema.get("patternProperties") or {}).values())
        speaks = rest is True or isinstance(rest, dict) or patterns
        if not speaks:
            return ""
        if has_names or rest is True:
            return "unknown"  # TypeScript wants every property to fit it, and JSON Schema doesn't
        parts = [self._type(each, depth + 1) for each in patterns]
        if isinstance(rest, dict):
            parts.append(self._type(rest, depth + 1))
        elif patterns and rest is None:
            return "unknown"
        return self._union(parts)

    def _referred(self, node: dict[str, Any], reference: str) -> str:
        """The name of what a reference means."""
        try:
            target = self._resolver.target(node, reference) if self._resolver else True
        except (LookupError, KeyError):
            return "unknown"
        if not isinstance(target, dict):
            return self._type(target, 0)
        if id(target) not in self._names:
            name = self._free(class_name(_last_part(reference), fallback=f"{self._name}Part"))
            self._names[id(target)] = name
            self._todo.append((name, target))
        return self._names[id(target)]

    def _free(self, wanted: str) -> str:
        name, count = wanted, 1
        while name in self._taken:
            count += 1
            name = f"{wanted}{count}"
        self._taken.add(name)
        return name


def _last_part(reference: str) -> str:
    return re.split(r"[#/]", reference.rstrip("#/"))[-1]


def _grouped(text: str) -> str:
    """In brackets where an operator would bind otherwise."""
    return f"({text})" if re.search(r" [|&] ", text) and not _is_one_bracket(text) else text


def _is_one_bracket(text: str) -> bool:
    """Whether the text is one ``{...}`` as a whole."""
    if not text.startswith("{"):
        return False
    depth = 0
    for index, each in enumerate(text):
        depth += (each == "{") - (each == "}")
        if depth == 0:
            return index == len(text) - 1
    return False


def _literal(value: Any) -> str:
    if isinstance(value, str | bool | int | float) or value is None:
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return f"[{', '.join(_literal(each) for each in value)}]"
    return "{ " + "; ".join(f"{_key(name)}: {_literal(each)}" for name, each in value.items()) + " }" if value else "{}"


def _key(name: str) -> str:
    return name if _IDENTIFIER.match(name) else json.dumps(name, ensure_ascii=False)


def _comment(schema: Any, *, indent: str) -> str:
    """What people should know of a place: its words, and what the type doesn't say."""
    if not isinstance(schema, dict):
        return ""
    words = [str(schema[key]) for key in ("title", "description") if isinstance(schema.get(key), str) and schema[key]]
    if len(words) == 2 and words[0] in words[1]:
        words = words[1:]
    told = [f"{key} {json.dumps(schema[key], ensure_ascii=False)}" for key in _TOLD if key in schema]
    if told:
        words.append(", ".join(told)[:400])
    if schema.get("deprecated") is True:
        words.append("@deprecated")
    if not words:
        return ""
    text = "\n".join(words)
    if "\n" not in text:
        return f"{indent}/** {_safe(text)} */\n"
    return f"{indent}/**\n{_comment_lines(text, indent)}{indent} */\n"


def _comment_lines(text: str, indent: str = "") -> str:
    return "".join(f"{indent} * {_safe(line)}".rstrip() + "\n" for line in text.splitlines())


def _safe(text: str) -> str:
    return text.replace("*/", "*\\/")
