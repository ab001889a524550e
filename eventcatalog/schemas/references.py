"""References inside a schema: they must stay in the document, lead somewhere, and not go round in circles.

Two circles are refused. One that never moves on in the document (`a` is whatever `a` is) says nothing and would never
end. One through required parts only (a node must have a next node that must have a next node) is taken by no finite
document. All other recursion (a tree of comments) is fine.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from referencing import Registry, Resource
from referencing.exceptions import NoSuchResource, Unresolvable
from referencing.jsonschema import DRAFT4, DRAFT6, DRAFT7, DRAFT201909, DRAFT202012

from eventcatalog.schemas import keywords
from eventcatalog.schemas.errors import SchemaError
from eventcatalog.schemas.pointers import pointer_to
from eventcatalog.schemas.types import Draft, Schema

_SPECIFICATIONS: dict[Draft, Any] = {
    Draft.DRAFT4: DRAFT4,
    Draft.DRAFT6: DRAFT6,
    Draft.DRAFT7: DRAFT7,
    Draft.DRAFT201909: DRAFT201909,
    Draft.DRAFT202012: DRAFT202012,
}
_REFERRING = ("$ref", "$dynamicRef", "$recursiveRef")


class Resolver:
    """Finds what a reference means, from wherever in the document it stands."""

    def __init__(self, document: Schema, draft: Draft) -> None:
        resource: Any = Resource(contents=document, specification=_SPECIFICATIONS[draft])  # type: ignore[call-arg]
        self._registry: Any = Registry(retrieve=_refuse).with_resource("", resource)  # type: ignore[call-arg]
        own = resource.id()
        if own:
            self._registry = self._registry.with_resource(own, resource)
        self._registry = self._registry.crawl()
        self._specification = _SPECIFICATIONS[draft]
        self._resource = resource
        self._bases: dict[int, Any] = {}
        self._remember(document, self._registry.resolver_with_root(resource))

    def target(self, node: dict[str, Any], reference: str) -> Any:
        """The schema that `reference`, standing in `node`, means. Raises LookupError if there is none here."""
        try:
            return self._bases[id(node)].lookup(reference).contents
        except Unresolvable as error:
            raise LookupError(reference) from error

    def _remember(self, document: Any, root: Any) -> None:
        """Which base URI holds at each schema of the document, keyed by identity."""
        stack = [(document, root)]
        while stack:
            node, resolver = stack.pop()
            if not isinstance(node, dict) or id(node) in self._bases:
                continue
            if node is not document:
                resolver = resolver.in_subresource(Resource(contents=node, specification=self._specification))  # type: ignore[call-arg]
            self._bases[id(node)] = resolver
            stack.extend((child, resolver) for child in _anywhere(node))


def _anywhere(node: dict[str, Any]) -> Iterator[Any]:
    """All objects below: a reference may lead to a place that no keyword calls a schema ("#/components/x")."""
    for value in node.values():
        stack = [value]
        while stack:
            item = stack.pop()
            if isinstance(item, dict):
                yield item
            elif isinstance(item, list):
                stack.extend(item)


def check(document: Schema, draft: Draft) -> None:
    """Raises SchemaError: remote_reference, unresolved_reference or endless_reference."""
    found = [(parts, node, key) for parts, node in keywords.walk(document) if isinstance(node, dict)
             for key in _REFERRING if isinstance(node.get(key), str)]  # fmt: skip
    if not found:
        return
    resolver = Resolver(document, draft)
    for parts, node, key in found:
        try:
            resolver.target(node, node[key])
        except LookupError:
            raise _not_found(pointer_to((*parts, key)), node[key]) from None
    _Circles(document, resolver, draft).check(found)


def _refuse(uri: str) -> Any:
    raise NoSuchResource(ref=uri)  # type: ignore[call-arg]


def _not_found(pointer: str, reference: str) -> SchemaError:
    if reference.startswith("#"):
        return SchemaError("unresolved_reference", f"The reference {reference!r} leads nowhere in this schema.",
                           pointer=pointer, hint="Add the definition, or correct the reference.")  # fmt: skip
    if reference.startswith("factstorm://"):
        return SchemaError("unresolved_reference", f"{reference!r} can't be followed here.", pointer=pointer,
                           hint="References into the catalog are followed where a workspace is known.")  # fmt: skip
    return SchemaError("remote_reference", f"The reference {reference!r} leads out of this schema, and nothing is "
                       "fetched from elsewhere.", pointer=pointer,
                       hint='Copy the definition into "$defs" and refer to it as "#/$defs/...".')  # fmt: skip


class _Circles:
    def __init__(self, document: Schema, resolver: Resolver, draft: Draft) -> None:
        self._document = document
        self._resolver = resolver
        self._ref_alone = draft in (Draft.DRAFT4, Draft.DRAFT6, Draft.DRAFT7)

    def check(self, found: list[tuple[keywords.Parts, dict[str, Any], str]]) -> None:
        done: set[int] = set()
        for parts, node, key in found:
            if self._runs_in_place(node, done):
                raise SchemaError("endless_reference", "This reference leads back to itself without moving on in the "
                                  "document, so it says nothing.", pointer=pointer_to((*parts, key)),
                                  hint="Refer from inside a property or from the items of an array.")  # fmt: skip
        if not self._finite():
            raise SchemaError("endless_reference", "No finite document can fit: a required part must hold itself, "
                              "again and again.", hint="Make the part that holds itself optional, allow null, or "
                              "allow an empty array.")  # fmt: skip

    def _steps(self, node: Any) -> list[Any]:
        """What must be looked at for the same value as `node`."""
        if not isinstance(node, dict):
            return []
        targets = self._targets(node)
        if targets and self._ref_alone:
            return targets
        return targets + [child for _, child in keywords.in_place(node)]

    def _targets(self, node: dict[str, Any]) -> list[Any]:
        return [self._resolver.target(node, node[key]) for key in _REFERRING
                if isinstance(node.get(key), str) and self._known(node, node[key])]  # fmt: skip

    def _known(self, node: dict[str, Any], reference: str) -> bool:
        try:
            self._resolver.target(node, reference)
        except (LookupError, KeyError):
            return False
        return True

    def _runs_in_place(self, start: Any, done: set[int]) -> bool:
        """Depth-first search for a way back into the path; `done` holds what leads to no circle."""
        path: set[int] = set()
        stack: list[tuple[Any, bool]] = [(start, False)]
        while stack:
            node, leaving = stack.pop()
            if leaving:
                path.discard(id(node))
                done.add(id(node))
            elif id(node) in path:
                return True
            elif id(node) not in done and isinstance(node, dict):
                path.add(id(node))
                stack.append((node, True))
                stack.extend((step, False) for step in self._steps(node))
        return False

    def _finite(self) -> bool:
        """Least fixpoint: a reference is finite once what it leads to is finite without it."""
        targets = {id(target): target for _, node in keywords.walk(self._document) if isinstance(node, dict)
                   for target in self._targets(node)}  # fmt: skip
        finite: set[int] = set()
        for _ in range(len(targets) + 1):
            grown = {key for key, target in targets.items() if key not in finite and self._ends(target, finite)}
            if not grown:
                break
            finite |= grown
        return self._ends(self._document, finite)

    def _ends(self, node: Any, finite: set[int]) -> bool:
        if not isinstance(node, dict):
            return True
        targets = self._targets(node)
        if any(id(target) not in finite for target in targets):
            return False
        if targets and self._ref_alone:
            return True
        if not all(self._ends(part, finite) for part in node.get("allOf", ())):
            return False
        for key in ("anyOf", "oneOf"):
            if node.get(key) and not any(self._ends(part, finite) for part in node[key]):
                return False
        return self._ends_by_itself(node, finite)

    def _ends_by_itself(self, node: dict[str, Any], finite: set[int]) -> bool:
        kinds = node.get("type")
        if kinds is None or set(kinds if isinstance(kinds, list) else [kinds]) - {"object", "array"}:
            return True
        if "object" in kinds and self._object_ends(node, finite):
            return True
        return "array" in kinds and (node.get("minItems", 0) == 0 or not isinstance(node.get("items"), dict)
                                     or self._ends(node["items"], finite))  # fmt: skip

    def _object_ends(self, node: dict[str, Any], finite: set[int]) -> bool:
        required = node.get("required")
        properties = node.get("properties", {})
        names = required if isinstance(required, list) else ()
        return all(self._ends(properties.get(name, True), finite) for name in names)
