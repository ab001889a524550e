"""Taking one definition out of a large document, with just the definitions that it needs."""

from __future__ import annotations

from typing import Any

from eventcatalog.schemas.errors import SchemaError
from eventcatalog.schemas.keywords import walk
from eventcatalog.schemas.pointers import follow, fragment_to_pointer, parts_of, pointer_to

DEFINITIONS_MAX = 5_000


def extract(document: dict[str, Any], pointer: str) -> dict[str, Any]:
    """The schema at `pointer` as one that stands alone; what it refers to moves along to the same pointers.

    `document` is not changed. Raises SchemaError (unresolved_reference) where a pointer leads nowhere.
    """
    root = _at(document, pointer, pointer)
    if not isinstance(root, dict):
        return {"allOf": [root]}
    wanted = dict.fromkeys(_targets(root))
    queue = list(wanted)
    for target in queue:  # grows while it is walked: a definition may need further ones
        for further in _targets(_at(document, target, target)):
            if further not in wanted:
                wanted[further] = None
                queue.append(further)
        if len(wanted) > DEFINITIONS_MAX:
            raise SchemaError("schema_too_complex", f"More than {DEFINITIONS_MAX:,} definitions are referred to.")
    bundled = {key: document[key] for key in ("$schema",) if key in document} | root
    for target in wanted:
        if target == "" or not _covered(target, wanted):
            bundled = _put(bundled, parts_of(target), root if target == "" else _at(document, target, target))
    return bundled


def _targets(schema: Any) -> list[str]:
    """Pointers that the `$ref`s in a schema lead to, within the document."""
    found = []
    for _, node in walk(schema):
        reference = node.get("$ref") if isinstance(node, dict) else None
        if isinstance(reference, str) and reference.startswith("#"):
            found.append(fragment_to_pointer(reference[1:]))
    return found


def _covered(target: str, wanted: dict[str, None]) -> bool:
    """Whether a definition that contains the target moves along anyway."""
    parts = parts_of(target)
    return any(pointer_to(parts[:length]) in wanted for length in range(1, len(parts)))


def _at(document: Any, pointer: str, wanted: str) -> Any:
    try:
        return follow(document, pointer)
    except (LookupError, ValueError) as error:
        raise SchemaError(
            "unresolved_reference",
            f"The reference {wanted!r} leads nowhere.",
            pointer=wanted,
            hint="Add the definition.",
        ) from error


def _put(schema: dict[str, Any], parts: list[str], value: Any) -> dict[str, Any]:
    """A copy of `schema` with `value` at these parts; only the objects on the way are copied."""
    if not parts:
        return schema
    copy = dict(schema)
    inner = copy.get(parts[0], {})
    if len(parts) == 1:
        copy[parts[0]] = value
    elif isinstance(inner, dict):
        copy[parts[0]] = _put(inner, parts[1:], value)
    return copy
