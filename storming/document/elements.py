"""Elements: flat records of properties, and the checks that a patch passes before it is numbered.

Theory. A board is ``{element id: {property: value}}``. A patch sets properties, ``None`` removes one. The checks look
at one patch against the present elements, so a refusal never depends on anything but the log before it. Some
properties are set by the server alone: ``type_id`` (promotion), ``created_by`` and ``created_at``. Deletion is the
property ``deleted: True``; a deleted element keeps its properties and may come back.

Limits: LIMITS holds the defaults; a board's live elements are bounded, and so are all that ever were (deleted ones
stay in memory and in snapshots).
"""

import math
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from storming.document.errors import Refusal
from storming.document.notation import CONNECTOR, KINDS, LEGEND, NOTE_KINDS, class_of
from storming.document.said import SAID_CHECKS

Element = dict[str, Any]
Elements = dict[str, Element]
ElementsPatch = Mapping[str, Mapping[str, Any]]

SERVER_PROPERTIES = frozenset({"type_id", "created_by", "created_at"})
NUMBER_MAX = 1_000_000
_MEASURED_FROM = 20  # fewer elements cannot be too large: each is checked by itself
_ELEMENT_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True, slots=True)
class Limits:
    """How large things may get."""

    live_elements_max: int = 20_000
    all_elements_max: int = 100_000
    patch_elements_max: int = 5_000
    patch_bytes_max: int = 450_000  # with the server's stamps an operation fits into one frame
    text_chars_max: int = 2_000
    z_chars_max: int = 128


LIMITS = Limits()


def check_patch(
    elements: Elements, patch: ElementsPatch, *, live_count: int, limits: Limits = LIMITS, by_server: bool = False
) -> None:
    """Raise Refusal, with the place, when ``patch`` must not be applied to ``elements``."""
    if not patch:
        raise Refusal("empty_patch", "The patch changes nothing.", place="patch.elements")
    if len(patch) > limits.patch_elements_max:
        raise Refusal("patch_too_large", f"One operation changes at most {limits.patch_elements_max:,} elements.")
    if len(patch) > _MEASURED_FROM and len(msgspec.json.encode(patch)) > limits.patch_bytes_max:
        raise Refusal("patch_too_large", f"One operation has at most {limits.patch_bytes_max:,} bytes.")
    born = sum(1 for element_id in patch if element_id not in elements)
    if len(elements) + born > limits.all_elements_max:
        raise Refusal("board_full", "The board's history is full.", hint="Duplicate the board and go on there.")
    for element_id, properties in patch.items():
        _check_element(elements, patch, element_id, properties, limits, by_server)
    _check_live(elements, patch, live_count, limits)


def live_change(elements: Elements, patch: ElementsPatch) -> int:
    """By how much a patch changes the number of elements that are not deleted."""
    change = 0
    for element_id, properties in patch.items():
        present = elements.get(element_id)
        before = present is not None and not present.get("deleted")
        deleted = properties["deleted"] if "deleted" in properties else (present or {}).get("deleted")
        change += (not deleted) - before
    return change


def _check_live(elements: Elements, patch: ElementsPatch, live_count: int, limits: Limits) -> None:
    change = live_change(elements, patch)
    if change > 0 and live_count + change > limits.live_elements_max:
        raise Refusal(
            "board_full",
            f"A board holds at most {limits.live_elements_max:,} elements.",
            hint="Delete what is no longer needed, or go on with a new board.",
        )


def _check_element(
    elements: Elements,
    patch: ElementsPatch,
    element_id: str,
    properties: Mapping[str, Any],
    limits: Limits,
    by_server: bool,
) -> None:
    place = f"patch.elements.{element_id[:64]}"
    if not _ELEMENT_ID.fullmatch(element_id):
        raise Refusal("bad_id", "An element's id is 1 to 64 letters, digits, - or _.", place=place)
    if not isinstance(properties, Mapping):
        raise Refusal("bad_patch", "An element's patch is an object of properties.", place=place)
    present = elements.get(element_id)
    kind = _kind_after(present, properties, place)
    for name, value in properties.items():
        if name in SERVER_PROPERTIES and not by_server:
            raise Refusal("server_only", f"{name} is set by the server.", place=f"{place}.{name}")
        _check_property(class_of(kind), name, value, f"{place}.{name}", limits)
    if present is None:
        _check_birth(kind, properties, place)
    if class_of(kind) in ("remark", "reaction"):
        _check_subject(elements, patch, {**(present or {}), **properties}, place)
    if kind == LEGEND and element_id != LEGEND:
        raise Refusal("bad_id", "A board has one legend, and its id is legend.", place=place)
    if kind == CONNECTOR:
        _check_ends(elements, patch, {**(present or {}), **properties}, element_id, place)


def _kind_after(present: Element | None, properties: Mapping[str, Any], place: str) -> str:
    kind = properties.get("kind", present["kind"] if present else None)
    if kind is None:
        raise Refusal("kind_missing", "There is no such element; to make one, say its kind.", place=f"{place}.kind")
    if not isinstance(kind, str) or kind not in KINDS:
        raise Refusal("unknown_kind", f"There is no kind {str(kind)[:40]!r}.", place=f"{place}.kind")
    if present is None or kind == present["kind"]:
        return kind
    if class_of(kind) != class_of(present["kind"]):
        raise Refusal("bad_kind", f"A {present['kind']} cannot become a {kind}.", place=f"{place}.kind")
    if present.get("type_id") and "type_id" not in properties:
        raise Refusal(
            "promoted",
            "This note names a message type.",
            place=f"{place}.kind",
            hint="Unlink it first, then change it.",
        )
    return kind


def _check_birth(kind: str, properties: Mapping[str, Any], place: str) -> None:
    for name in _REQUIRED[class_of(kind)]:
        if properties.get(name) is None:
            raise Refusal("property_missing", f"A new {kind} needs {name}.", place=f"{place}.{name}")


def _check_ends(
    elements: Elements, patch: ElementsPatch, connector: Mapping[str, Any], element_id: str, place: str
) -> None:
    for name in ("from", "to"):
        end = connector.get(name)
        if end == element_id or (end not in elements and end not in patch):
            raise Refusal("unknown_end", "A connector joins two elements of the board.", place=f"{place}.{name}")
    if connector.get("from") == connector.get("to"):
        raise Refusal("unknown_end", "A connector joins two different elements.", place=f"{place}.to")


def _check_subject(elements: Elements, patch: ElementsPatch, said: Mapping[str, Any], place: str) -> None:
    subject = said.get("on")
    if subject not in elements and subject not in patch:
        raise Refusal("unknown_subject", "It has to be said of an element of the board.", place=f"{place}.on")


def _check_property(element_class: str, name: str, value: Any, place: str, limits: Limits) -> None:
    if name not in _PROPERTIES[element_class]:
        raise Refusal("unknown_property", f"A {element_class} has no property {name[:40]!r}.", place=place)
    if value is None:
        if name in _REQUIRED[element_class] or name == "kind":
            raise Refusal("property_missing", f"{name} cannot be taken away.", place=place)
        return
    wanted = _CHECKS[name](value, limits)
    if wanted:
        raise Refusal("bad_value", f"{name} must be {wanted}.", place=place)


def _number(value: Any, limits: Limits) -> str:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    fits = number and math.isfinite(value) and abs(value) <= NUMBER_MAX
    return "" if fits else "a number between -1,000,000 and 1,000,000"


def _extent(value: Any, limits: Limits) -> str:
    return _number(value, limits) or ("" if value > 0 else "more than 0")


def _text(value: Any, limits: Limits) -> str:
    fits = isinstance(value, str) and len(value) <= limits.text_chars_max and "\x00" not in value
    return "" if fits else f"text of at most {limits.text_chars_max:,} characters"


def _short_text(value: Any, limits: Limits) -> str:
    fits = isinstance(value, str) and 0 < len(value) <= limits.z_chars_max and value.isprintable()
    return "" if fits else f"text of 1 to {limits.z_chars_max} characters"


def _flag(value: Any, limits: Limits) -> str:
    return "" if isinstance(value, bool) else "true or false"


def _only_true(value: Any, limits: Limits) -> str:
    return "" if value is True else "true, or null to bring the element back"


def _uuid(value: Any, limits: Limits) -> str:
    try:
        return "" if isinstance(value, str) and str(uuid.UUID(value)) == value else "a UUID"
    except ValueError:
        return "a UUID"


def _entries(value: Any, limits: Limits) -> str:
    known = isinstance(value, dict) and all(kind in NOTE_KINDS for kind in value)
    if known and all(isinstance(entry, dict) and _is_entry(entry) for entry in value.values()):
        return ""
    return "an object by kind of note: {label (1 to 40 characters), colour (#rrggbb), hidden (true)}, each optional"


def _is_entry(entry: dict[str, Any]) -> bool:
    label, colour, hidden = entry.get("label", "x"), entry.get("colour", "#000000"), entry.get("hidden", True)
    named = isinstance(label, str) and 0 < len(label) <= 40 and label.isprintable()
    coloured = isinstance(colour, str) and _COLOUR.fullmatch(colour) is not None
    return named and coloured and hidden is True and not entry.keys() - {"label", "colour", "hidden"}


_CHECKS: dict[str, Callable[[Any, Limits], str]] = {
    "kind": _short_text,
    "x": _number,
    "y": _number,
    "w": _extent,
    "h": _extent,
    "z": _short_text,
    "text": _text,
    "pivotal": _flag,
    "from": _short_text,
    "to": _short_text,
    "type_id": _uuid,
    "created_by": _short_text,
    "created_at": _short_text,
    "deleted": _only_true,
    "locked": _only_true,
    "resolved": _only_true,
    "on": _short_text,
    "group": _short_text,
    "entries": _entries,
    **SAID_CHECKS,
}
_ALL = frozenset({"kind", "z", "text", "deleted", "created_by", "created_at"})
_SAID = frozenset({"kind", "on", "deleted", "created_by", "created_at"})
_SAID_OF_NOTES = frozenset({"tags", "links", "fields", "owner", "due", "state", "hushed", "distinct"})
_PROPERTIES: dict[str, frozenset[str]] = {
    "note": _ALL | {"x", "y", "w", "h", "pivotal", "type_id", "locked", "group"} | _SAID_OF_NOTES,
    "area": _ALL | {"x", "y", "w", "h", "locked", "group", "tags", "links"},
    "connector": _ALL | {"from", "to"},
    "legend": frozenset({"kind", "entries", "deleted", "created_by", "created_at"}),
    "remark": _SAID | {"text", "resolved", "mentions"},
    "reaction": _SAID | {"emoji"},
}
_REQUIRED: dict[str, tuple[str, ...]] = {
    "note": ("x", "y"),
    "area": ("x", "y", "w", "h"),
    "connector": ("from", "to"),
    "legend": ("entries",),
    "remark": ("on", "text"),
    "reaction": ("on", "emoji"),
}
