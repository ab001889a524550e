"""An older schema in the words of draft 2020-12, so that schemas of two dialects can be compared by proof.

Only what means the same is rewritten; where that can't be promised there is no answer (None): dynamic references, and
draft 4's "integer", which refuses 1.0 where later drafts take it.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from eventcatalog.schemas import references
from eventcatalog.schemas.errors import SchemaError
from eventcatalog.schemas.keywords import ANNOTATIONS, WORDS, walk
from eventcatalog.schemas.types import Draft, ParsedSchema

_URI = "https://json-schema.org/draft/2020-12/schema"
_KEPT_BESIDE_REF = WORDS | ANNOTATIONS | {"$ref", "definitions", "$defs"}


def in_draft202012(parsed: ParsedSchema, *, check: bool = True) -> ParsedSchema | None:
    """The same schema in draft 2020-12, or None. `parsed` is not changed.

    ``check`` False leaves out whether references still lead somewhere (they may lead out of this document).
    """
    if parsed.draft is Draft.DRAFT202012 or isinstance(parsed.document, bool):
        return ParsedSchema(parsed.document, Draft.DRAFT202012)
    document: Any = deepcopy(parsed.document)
    for _, node in list(walk(document)):
        if isinstance(node, dict) and not _rewrite(node, parsed.draft):
            return None
    document["$schema"] = _URI
    if not check:
        return ParsedSchema(document, Draft.DRAFT202012)
    try:
        references.check(document, Draft.DRAFT202012)
    except SchemaError:
        return None  # a reference led into a keyword that has another name now
    return ParsedSchema(document, Draft.DRAFT202012)


def _rewrite(node: dict[str, Any], draft: Draft) -> bool:
    """Rewrite one schema in place; False where the meaning can't be kept."""
    if {"$recursiveRef", "$recursiveAnchor", "$dynamicRef"} & set(node):
        return False
    node.pop("$schema", None)
    if draft is Draft.DRAFT4 and not _rewrite_draft4(node):
        return False
    if draft is not Draft.DRAFT201909:
        _rewrite_references(node)
    _rewrite_arrays(node)
    _rewrite_dependencies(node)
    return True


def _rewrite_draft4(node: dict[str, Any]) -> bool:
    kinds = node.get("type", ())
    if "integer" in ([kinds] if isinstance(kinds, str) else kinds):
        return False
    if isinstance(node.get("id"), str):
        node["$id"] = node.pop("id")
    for exclusive, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if node.pop(exclusive, False) is True and bound in node:
            node[exclusive] = node.pop(bound)
    return True


def _rewrite_references(node: dict[str, Any]) -> None:
    """Up to draft 7 nothing beside `$ref` counts, and `$id` may be a mere anchor."""
    if isinstance(node.get("$ref"), str):
        for key in set(node) - _KEPT_BESIDE_REF:
            del node[key]
    name = node.get("$id")
    if isinstance(name, str) and name.startswith("#"):
        node["$anchor"] = node.pop("$id")[1:]


def _rewrite_arrays(node: dict[str, Any]) -> None:
    rest = node.pop("additionalItems", None)
    if isinstance(node.get("items"), list):
        node["prefixItems"] = node.pop("items")
        if not node["prefixItems"]:
            del node["prefixItems"]
        if rest is not None:
            node["items"] = rest


def _rewrite_dependencies(node: dict[str, Any]) -> None:
    dependencies = node.pop("dependencies", None)
    for name, wanted in dependencies.items() if isinstance(dependencies, dict) else ():
        key = "dependentRequired" if isinstance(wanted, list) else "dependentSchemas"
        node.setdefault(key, {})[name] = wanted
