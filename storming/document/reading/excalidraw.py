"""Excalidraw: ``{"type": "excalidraw", "version": 2, "elements": [...]}``, and what its clipboard holds.

A filled or outlined shape with text bound to it (``containerId``) is a note, and so is a shape with a loose text lying
in it; a text by itself is a comment; an arrow bound at both ends is an arrow. Places are top left corners.
"""

from collections.abc import Mapping
from typing import Any

from storming.document.reading.found import Found, Unreadable, nearest_kind, number

_SHAPES = {"rectangle", "diamond", "ellipse"}
_ARROWS = {"arrow", "line"}
_PALETTE = {  # the colours of its picker, light and strong shades
    "#ffec99": "aggregate", "#ffd8a8": "domain_event", "#fd7e14": "domain_event", "#f08c00": "domain_event",
    "#ffc9c9": "hotspot", "#fa5252": "hotspot", "#a5d8ff": "command", "#228be6": "command", "#99e9f2": "command",
    "#b2f2bb": "read_model", "#40c057": "read_model", "#d0bfff": "policy", "#eebefa": "policy", "#fcc2d7": "system",
    "#e9ecef": "comment", "transparent": "comment",
}  # fmt: skip


def read(content: Any, mapping: Mapping[str, str]) -> Found:
    """Elements of a drawing; ``mapping``: background colour to kind. Raises Unreadable."""
    elements = content.get("elements") if isinstance(content, dict) else None
    kinds = ("excalidraw", "excalidraw/clipboard", "excalidrawlib")
    if not isinstance(elements, list) or content.get("type", "excalidraw") not in kinds:
        raise Unreadable("This is not an Excalidraw file.", hint="It has “type”: “excalidraw” and “elements”.")
    live = [each for each in elements if isinstance(each, dict) and not each.get("isDeleted")]
    texts = [each for each in live if each.get("type") == "text"]
    bound = {str(each["containerId"]): each for each in texts if each.get("containerId")}
    found = Found()
    used = {str(each.get("id")) for each in bound.values()}
    for each in live:
        if each.get("type") in _SHAPES:
            _shape(found, each, _words_in(each, bound, texts, used), mapping)
    for each in live:
        _other(found, each, bound, used, mapping)
    return found.without_loose_arrows()


def _words_in(
    shape: dict[str, Any], bound: Mapping[str, dict[str, Any]], texts: list[dict[str, Any]], used: set[str]
) -> str:
    own = bound.get(str(shape.get("id")))
    if own is not None:
        return _text(own)
    x, y, w, h = _box(shape)
    inside = [each for each in texts if not each.get("containerId") and str(each.get("id")) not in used]
    for each in inside:
        tx, ty, tw, th = _box(each)
        if x <= tx + tw / 2 <= x + w and y <= ty + th / 2 <= y + h and w <= 600:
            used.add(str(each.get("id")))
            return _text(each)
    return ""


def _shape(found: Found, shape: dict[str, Any], text: str, mapping: Mapping[str, str]) -> None:
    if not text:
        found.leave(f"{shape['type']}s without text")
        return
    colour = str(shape.get("backgroundColor") or "transparent").lower()
    kind = found.kind_for(colour, mapping, _PALETTE.get(colour) or nearest_kind(colour), text)
    x, y, w, h = _box(shape)
    found.note(_key(shape), kind=kind, x=x + w / 2, y=y + h / 2, text=text, **_link(shape))


def _other(
    found: Found, each: dict[str, Any], bound: Mapping[str, Any], used: set[str], mapping: Mapping[str, str]
) -> None:
    kind = str(each.get("type", ""))
    if kind in _SHAPES or (kind == "text" and str(each.get("id")) in used):
        return
    if kind == "text":
        text = _text(each)
        if text:
            x, y, w, h = _box(each)
            note = found.kind_for("text", mapping, "comment", text)
            found.note(_key(each), kind=note, x=x + w / 2, y=y + h / 2, text=text, **_link(each))
    elif kind in _ARROWS and each.get("startBinding") and each.get("endBinding"):
        _arrow(found, each, bound)
    elif kind in _ARROWS:
        found.leave("arrows without two notes")
    elif kind in ("frame", "magicframe"):
        x, y, w, h = _box(each)
        name = str(each.get("name") or "")[:200]
        area = {"kind": "frame", "x": x, "y": y, "w": max(200.0, w), "h": max(120.0, h), "text": name}
        found.elements[_key(each)] = area
    else:
        found.leave({"freedraw": "freehand lines", "image": "images"}.get(kind, f"{kind or 'unknown'} elements"))


def _arrow(found: Found, each: dict[str, Any], bound: Mapping[str, Any]) -> None:
    ends = [str((each.get(name) or {}).get("elementId", "")) for name in ("startBinding", "endBinding")]
    if ends[0] == ends[1]:
        found.leave("arrows without two notes")
        return
    arrow = {"kind": "connector", "from": f"excalidraw-{_safe(ends[0])}", "to": f"excalidraw-{_safe(ends[1])}"}
    label = _text(bound.get(str(each.get("id"))) or {})[:200]
    found.elements[_key(each)] = {**arrow, "text": label} if label else arrow


def _box(each: dict[str, Any]) -> tuple[float, float, float, float]:
    x, y, w, h = (number(each.get(name)) for name in ("x", "y", "width", "height"))
    return min(x, x + w), min(y, y + h), abs(w), abs(h)


def _text(each: dict[str, Any]) -> str:
    return str(each.get("originalText") or each.get("text") or "").strip()


def _link(each: dict[str, Any]) -> dict[str, Any]:
    link = str(each.get("link") or "")
    return {"links": [{"url": link[:2_000]}]} if link.startswith(("https://", "http://")) and " " not in link else {}


def _key(each: dict[str, Any]) -> str:
    return f"excalidraw-{_safe(str(each.get('id')))}"


def _safe(text: str) -> str:
    return "".join(letter if letter.isascii() and (letter.isalnum() or letter == "_") else "-" for letter in text)[:52]
