"""References from one catalogued schema to another, and the one document that they make together.

    factstorm://components/Money/1.0.0            a version of a component of the library
    factstorm://types/OrderPlaced/2.1.0#/$defs/x  a part of a message type's version

The version is always named and versions never change, so a schema that refers to others means the same for ever. `link`
takes in what is referred to (and what that refers to) under "$defs", once each, and points the references there: from
then on validators, prover, comparison and tree see an ordinary schema with local references. Where the texts come from
is the caller's business; nothing is fetched from anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from eventcatalog.schemas.dialect import in_draft202012
from eventcatalog.schemas.errors import SchemaError
from eventcatalog.schemas.keywords import walk
from eventcatalog.schemas.pointers import pointer_to
from eventcatalog.schemas.types import Draft, ParsedSchema, Schema

SCHEME = "factstorm://"
TARGETS_MAX = 200
EMBEDDED_NODES_MAX = 50_000
_URI = re.compile(r"factstorm://(types|components)/([A-Za-z][A-Za-z0-9._-]{0,199})/(\d{1,6}\.\d{1,6}\.\d{1,6})\Z")
_OWN_NAMES = ("$anchor", "$dynamicAnchor", "$recursiveAnchor", "$dynamicRef", "$recursiveRef")
HINT = "Write factstorm://components/Name/1.0.0 or factstorm://types/Name/1.0.0; the version is always named."


@dataclass(frozen=True, slots=True)
class Target:
    """What a reference means: a version of a component or of a message type. ``kind`` is types or components."""

    kind: str
    name: str
    version: str

    @property
    def uri(self) -> str:
        """As it is written in a ``$ref``."""
        return f"{SCHEME}{self.kind}/{self.name}/{self.version}"

    @property
    def key(self) -> str:
        """Its name under "$defs" of the linked document."""
        return f"{'type.' if self.kind == 'types' else ''}{self.name}@{self.version}"


Fetch = Callable[[Target], ParsedSchema | None]


def parse_uri(reference: str, *, pointer: str = "") -> tuple[Target, str]:
    """(target, fragment as a JSON Pointer). Raises SchemaError (unresolved_reference)."""
    uri, _, fragment = reference.partition("#")
    found = _URI.fullmatch(uri)
    if found is None or (fragment and not fragment.startswith("/")):
        raise SchemaError("unresolved_reference", f"{reference[:200]!r} is no reference into the catalog.",
                          pointer=pointer, hint=HINT)  # fmt: skip
    return Target(*found.groups()), fragment


def references_in(document: Schema) -> list[tuple[str, Target]]:
    """(pointer of the ``$ref``, target) of every reference to another catalogued schema, in document order."""
    return [(pointer_to((*parts, "$ref")), parse_uri(node["$ref"], pointer=pointer_to((*parts, "$ref")))[0])
            for parts, node in _referring(document)]  # fmt: skip


def _referring(document: Schema) -> Iterator[tuple[tuple[str | int, ...], dict[str, Any]]]:
    for parts, node in walk(document):
        if isinstance(node, dict) and isinstance(node.get("$ref"), str) and node["$ref"].startswith(SCHEME):
            yield parts, node


def link(document: Schema, draft: Draft, fetch: Fetch) -> Schema:
    """The document with everything that it refers to under "$defs"; the same object where it refers to nothing.

    ``fetch`` gives a target's schema as its author wrote it. Raises SchemaError with the pointer of the reference.
    """
    if not isinstance(document, dict) or next(_referring(document), None) is None:
        return document
    return _Linked(document, draft, fetch).document


class _Linked:
    def __init__(self, document: dict[str, Any], draft: Draft, fetch: Fetch) -> None:
        self.document: dict[str, Any] = deepcopy(document)
        self._draft, self._fetch = draft, fetch
        self._keys: dict[Target, str] = {}
        definitions = self.document.get("$defs")
        self._definitions: dict[str, Any] = dict(definitions) if isinstance(definitions, dict) else {}
        self._nodes = 0
        _refuse_own_bases(document)
        self._point_outward(self.document, at="")
        self.document["$defs"] = self._definitions

    def _point_outward(self, document: Any, *, at: str) -> None:
        """Point the catalog references of a document (in place) to definitions, which are taken in on the way."""
        for parts, node in list(_referring(document)):
            here = at or pointer_to((*parts, "$ref"))
            target, fragment = parse_uri(node["$ref"], pointer=here)
            key = self._taken_in(target, here)
            node["$ref"] = f"#{pointer_to(('$defs', key))}{fragment}"

    def _taken_in(self, target: Target, at: str) -> str:
        """The key of a target's definition."""
        if target in self._keys:
            return self._keys[target]
        if len(self._keys) >= TARGETS_MAX:
            raise SchemaError("schema_too_complex", f"More than {TARGETS_MAX} schemas are referred to.", pointer=at,
                              hint="Refer to fewer, or to larger ones.")  # fmt: skip
        key = target.key
        while key in self._definitions:
            key += "_"
        self._keys[target] = key
        self._definitions[key] = True  # its place, in the order of reading
        self._definitions[key] = self._embedded(target, key, at)
        return key

    def _embedded(self, target: Target, key: str, at: str) -> Any:
        found = self._fetch(target)
        if found is None:
            raise SchemaError("unresolved_reference", f"There is no {target.uri} in this workspace.", pointer=at,
                              hint="Check name and version in the catalog.")  # fmt: skip
        document = deepcopy(self._in_our_dialect(found, target, at).document)
        if not isinstance(document, dict):
            return document
        document.pop("$schema", None)
        document.pop("$id", None)
        self._stand_alone(document, target, at)
        root = f"#{pointer_to(('$defs', key))}"
        for _, node in list(walk(document)):
            self._nodes += 1
            if isinstance(node, dict) and isinstance(node.get("$ref"), str) and node["$ref"].startswith("#"):
                node["$ref"] = root + node["$ref"][1:]
        if self._nodes > EMBEDDED_NODES_MAX:
            raise SchemaError("schema_too_complex", "With all that it refers to this schema is too large.", pointer=at,
                              hint="Refer to fewer, or to smaller ones.")  # fmt: skip
        self._point_outward(document, at=at)
        return document

    def _in_our_dialect(self, found: ParsedSchema, target: Target, at: str) -> ParsedSchema:
        if found.draft == self._draft or isinstance(found.document, bool):
            return found
        told = in_draft202012(found, check=False) if self._draft is Draft.DRAFT202012 else None
        if told is None:
            raise SchemaError("unsupported_draft", f"{target.uri} is written in draft {found.draft} and this schema in "
                              f"draft {self._draft}.", pointer=at,
                              hint="Write both in one draft; 2020-12 can also refer to older ones.")  # fmt: skip
        return told

    def _stand_alone(self, document: dict[str, Any], target: Target, at: str) -> None:
        for _, node in walk(document):
            names = [key for key in (*_OWN_NAMES, "$id") if isinstance(node, dict) and key in node]
            if names:
                raise SchemaError("unresolved_reference", f"{target.uri} can't be referred to: it uses {names[0]!r} "
                                  "inside.", pointer=at,
                                  hint='Refer to parts as "#/$defs/..." there and publish that version.')  # fmt: skip


def _refuse_own_bases(document: dict[str, Any]) -> None:
    """Under an inner "$id" a local reference would mean that part, not the whole."""
    for parts, node in walk(document):
        if parts and isinstance(node, dict) and isinstance(node.get("$id"), str):
            raise SchemaError("unresolved_reference", 'A schema that refers to the catalog can\'t have an inner "$id".',
                              pointer=pointer_to((*parts, "$id")), hint='Take the "$id" out.')  # fmt: skip
