"""Schemas taken out of a larger document, so that they stand alone, and put into one, so that they don't collide."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from copy import deepcopy
from typing import Any
from urllib.parse import unquote

from eventcatalog.interchange.formats.errors import InterchangeError
from eventcatalog.schemas.keywords import walk
from eventcatalog.schemas.pointers import follow, parts_of, pointer_to

DEFINITIONS_MAX = 2_000
DRAFT_7 = "http://json-schema.org/draft-07/schema#"


def taken_out(document: Any, pointer: str, *, dialect: str = "") -> Any:
    """The schema at ``pointer``; what it refers to in the document moves into its ``$defs`` or ``definitions``.

    ``dialect`` is written into ``$schema`` where the schema names none. The document stays as it is. Raises
    InterchangeError for references that lead elsewhere or nowhere.
    """
    root = deepcopy(_at(document, pointer))
    if not isinstance(root, dict):
        return root
    if dialect and "$schema" not in root:
        root = {"$schema": dialect, **root}
    box = "definitions" if _is_old(root.get("$schema")) else "$defs"
    keys: dict[str, str] = {}
    taken = set(root.get(box) or {})

    def place(target: str) -> str:
        if target == pointer or target.startswith(f"{pointer}/"):
            return f"#{target[len(pointer) :]}"
        if target not in keys:
            keys[target] = _key(target, taken)
            taken.add(keys[target])
        return f"#{pointer_to((box, keys[target]))}"

    _repoint(root, place)
    done: set[str] = set()
    while missing := [target for target in keys if target not in done]:
        if len(keys) > DEFINITIONS_MAX:
            raise InterchangeError(f"More than {DEFINITIONS_MAX:,} definitions are referred to.", place=pointer)
        part = deepcopy(_at(document, missing[0]))
        _repoint(part, place)
        root.setdefault(box, {})[keys[missing[0]]] = part
        done.add(missing[0])
    return root


def put_in(schema: Any, pointer: str) -> Any | None:
    """A copy whose own references lead through ``pointer``, where the schema will lie. None: some can't be told so."""
    copy = deepcopy(schema)
    if not isinstance(copy, dict):
        return copy
    for _, node in walk(copy):
        if not isinstance(node, dict):
            continue
        if {"$dynamicRef", "$recursiveRef"} & set(node):
            return None
        reference = node.get("$ref")
        if isinstance(reference, str):
            if reference != "#" and not reference.startswith("#/"):
                return None
            node["$ref"] = f"#{pointer}{reference[1:]}"
    return copy


def text_of(schema: Any) -> str:
    """How an imported schema is kept."""
    return json.dumps(schema, indent=2, ensure_ascii=False)


def _repoint(schema: Any, place: Callable[[str], str]) -> None:
    for _, node in list(walk(schema)):
        reference = node.get("$ref") if isinstance(node, dict) else None
        if not isinstance(reference, str):
            continue
        if reference != "#" and not reference.startswith("#/"):
            raise InterchangeError(
                f"The reference {reference!r} leads out of this document, and nothing is fetched from elsewhere.",
                hint="Bundle the document first, so that it holds all that it refers to.",
            )
        node["$ref"] = place(unquote(reference[1:]))


def _at(document: Any, pointer: str) -> Any:
    try:
        return follow(document, pointer)
    except (LookupError, ValueError) as error:
        raise InterchangeError(f"The reference '#{pointer}' leads nowhere.", place=pointer) from error


def _key(target: str, taken: set[str]) -> str:
    """A readable name for a definition: its last part that isn't a keyword."""
    parts = [part for part in parts_of(target) if part not in ("schema", "payload", "properties", "items")]
    stem = re.sub(r"[^A-Za-z0-9_.-]", "_", parts[-1] if parts else "whole") or "part"
    key, count = stem, 1
    while key in taken:
        count += 1
        key = f"{stem}_{count}"
    return key


def _is_old(dialect: Any) -> bool:
    return isinstance(dialect, str) and bool(re.search(r"draft-0[467]/schema", dialect))
