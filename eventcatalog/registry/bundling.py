"""A schema and the schemas it refers to by name, as one document that needs nothing from elsewhere.

A registration says ``references: [{"name": "customer.json", ...}]`` and its schema ``{"$ref": "customer.json"}``. The
name is the URI used in ``$ref``, as it stands there or resolved against the schema's own ``$id``. Every referenced
document moves under ``$defs`` (``definitions`` up to draft 7) and references point at it by JSON Pointer. Nothing is
ever fetched.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any
from urllib.parse import urldefrag, urljoin

from eventcatalog.schemas.keywords import walk
from eventcatalog.schemas.parse import draft_of
from eventcatalog.schemas.pointers import pointer_to
from eventcatalog.schemas.types import Draft

REFERENCES_MAX = 100
_OLD = (Draft.DRAFT4, Draft.DRAFT6, Draft.DRAFT7)


class BundlingError(ValueError):
    """The documents can't be put together; the message says which reference and why."""


def bundle(document: Any, referenced: Sequence[tuple[str, Any]]) -> Any:
    """``document`` with every referenced (name, document) put inside. Unused ones are left out.

    Raises BundlingError for a mixture of dialects, or an anchor that only the referenced document knows.
    """
    if not referenced or not isinstance(document, dict):
        return document
    if len(referenced) > REFERENCES_MAX:
        raise BundlingError(f"At most {REFERENCES_MAX} references are taken.")
    whole: dict[str, Any] = deepcopy(document)
    box = "definitions" if draft_of(whole) in _OLD else "$defs"
    keys = _keys([name for name, _ in referenced], taken=whole.get(box) or {})
    places = {name: pointer_to((box, key)) for name, key in keys.items()}
    needed = _point(whole, places, base=_own_id(whole), inside="")
    parts = dict(referenced)
    done: set[str] = set()
    while todo := sorted(needed - done):
        name = todo[0]
        done.add(name)
        part = _part(name, parts[name], whole)
        needed |= _point(part, places, base=name, inside=places[name])
        whole.setdefault(box, {})[keys[name]] = part
    return whole


def _part(name: str, document: Any, whole: dict[str, Any]) -> Any:
    if not isinstance(document, dict):
        return document
    if draft_of(document) != draft_of(whole) and "$schema" in document:
        raise BundlingError(
            f"The reference {name!r} is written in draft {draft_of(document)}, the schema in {draft_of(whole)}; "
            "a schema and what it refers to are written in one."
        )
    part = deepcopy(document)
    for key in ("$schema", "$id", "id"):
        if isinstance(part.get(key), str):
            del part[key]
    return part


def _point(part: Any, places: Mapping[str, str], *, base: str, inside: str) -> set[str]:
    """Make references of ``part`` point into the bundle; the names that are used. ``inside``: where ``part`` lies."""
    used: set[str] = set()
    for _, node in list(walk(part)):
        reference = node.get("$ref") if isinstance(node, dict) else None
        if not isinstance(reference, str):
            continue
        address, fragment = urldefrag(reference)
        name = _named(address, base, places) if address else None
        if name is not None:
            used.add(name)
        elif address or not inside:
            continue  # its own place, or one that the schema check will refuse
        if fragment and not fragment.startswith("/"):
            raise BundlingError(f"{reference!r} names an anchor; refer to a place by its JSON Pointer instead.")
        node["$ref"] = f"#{places[name] if name is not None else inside}{fragment}"
    return used


def _named(address: str, base: str, places: Mapping[str, str]) -> str | None:
    return next((each for each in (address, urljoin(base, address)) if each in places), None)


def _own_id(document: dict[str, Any]) -> str:
    own = document.get("$id") or document.get("id") or ""
    return own if isinstance(own, str) else ""


def _keys(names: Sequence[str], *, taken: Mapping[str, Any]) -> dict[str, str]:
    """A readable key for every name: its last path segment without the extension."""
    keys: dict[str, str] = {}
    for name in names:
        stem = re.sub(r"(\.schema)?\.json\Z", "", urldefrag(name)[0].rstrip("/").rpartition("/")[2])
        stem = re.sub(r"[^A-Za-z0-9_.-]", "_", stem) or "reference"
        key, count = stem, 1
        while key in taken or key in keys.values():
            count += 1
            key = f"{stem}_{count}"
        keys[name] = key
    return keys
