"""Miro: boards as the REST API gives them (version 2, and the older widgets), and boards saved as a spreadsheet.

Version 2: items ``{"id", "type", "data": {"content"}, "style": {"fillColor"}, "position": {"x", "y", "relativeTo"},
"geometry": {"width", "height"}, "parent": {"id"}}``, connectors ``{"startItem": {"id"}, "endItem": {"id"},
"captions"}``. Positions are middles; an item within a frame counts from the frame's top left. A file is the answer
of one call (``{"data": [...]}``), a list of items, or ``{"items": [...], "connectors": [...]}``.

The spreadsheet (CSV) holds the texts alone, by frame: see tables.py.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from storming.document.reading.found import Found, Unreadable, nearest_kind, number, words_of

SCALE = 140 / 199  # Miro's square note is 199 wide
_NOTES = {"sticky_note", "STICKER", "sticker", "card", "app_card", "CARD", "text", "TEXT"}
_COLOURS = {
    "gray": "#f5f6f8", "light_yellow": "#fff9b1", "yellow": "#f5d128", "orange": "#ff9d48", "light_green": "#d5f692",
    "green": "#c9df56", "dark_green": "#93d275", "cyan": "#67c6c0", "light_pink": "#ffcee0", "pink": "#ea94bb",
    "violet": "#c6a2d2", "red": "#f0939d", "light_blue": "#a6ccf5", "blue": "#6cd8fa", "dark_blue": "#9ea9ff",
    "black": "#000000",
}  # fmt: skip
_KINDS = {
    "orange": "domain_event", "blue": "command", "light_blue": "command", "dark_blue": "command", "cyan": "command",
    "yellow": "actor", "light_yellow": "aggregate", "violet": "policy", "pink": "system", "light_pink": "system",
    "red": "hotspot", "green": "read_model", "dark_green": "read_model", "light_green": "opportunity",
    "gray": "comment", "black": "comment",
}  # fmt: skip


def read(content: Any, mapping: Mapping[str, str]) -> Found:
    """Elements of a board; ``mapping``: Miro's colour (name or #rrggbb) to kind. Raises Unreadable."""
    items = list(_items(content))
    if not items:
        raise Unreadable("There are no items of a Miro board in this file.", hint="It needs “data” or “items”.")
    by_id = {str(item.get("id")): item for item in items}
    found = Found()
    for item in items:
        kind = str(item.get("type", ""))
        if kind in _NOTES or kind.lower() == "shape":
            _note(found, item, by_id, mapping)
        elif kind.lower() == "frame":
            _frame(found, item)
        elif kind.lower() in ("connector", "line") or "startItem" in item or "startWidget" in item:
            _arrow(found, item)
        else:
            found.leave(f"{kind.replace('_', ' ').lower() or 'unknown item'}s", _text(item))
    return found.without_loose_arrows()


def _items(content: Any) -> Iterator[dict[str, Any]]:
    if isinstance(content, list):
        for each in content:
            yield from _items(each) if isinstance(each, dict) and isinstance(each.get("data"), list) else _one(each)
    elif isinstance(content, dict):
        for name in ("data", "items", "widgets", "connectors", "lines"):
            if isinstance(content.get(name), list):
                yield from _items(content[name])


def _one(item: Any) -> Iterator[dict[str, Any]]:
    if isinstance(item, dict) and ("type" in item or "startItem" in item):
        yield item


def _note(found: Found, item: dict[str, Any], by_id: Mapping[str, dict[str, Any]], mapping: Mapping[str, str]) -> None:
    text = _text(item)
    if not text:
        found.leave(f"{str(item.get('type')).replace('_', ' ').lower()}s without text")
        return
    colour = _colour(item)
    guess = _KINDS.get(colour) or nearest_kind(_COLOURS.get(colour, colour))
    if str(item["type"]).lower() == "text" or colour == "none":
        guess = "comment"
    x, y = _middle(item, by_id)
    tags = [str(tag.get("title", "")).strip()[:40] for tag in _list(item, "tags") if isinstance(tag, dict)]
    more: dict[str, Any] = {"tags": list(dict.fromkeys(filter(None, tags)))} if any(tags) else {}
    kind = found.kind_for(colour, mapping, guess, text)
    found.note(_key(item), kind=kind, x=x * SCALE, y=y * SCALE, text=text, **more)


def _frame(found: Found, item: dict[str, Any]) -> None:
    w, h = _size(item)
    x, y = _middle(item, {})
    title = words_of(_part(item, "data").get("title") or item.get("title"))
    found.elements[_key(item)] = {
        "kind": "frame", "x": number((x - w / 2) * SCALE), "y": number((y - h / 2) * SCALE),
        "w": max(200.0, number(w * SCALE)), "h": max(120.0, number(h * SCALE)), "text": title[:200],
    }  # fmt: skip


def _arrow(found: Found, item: dict[str, Any]) -> None:
    ends = [
        str((_part(item, new) or _part(item, old)).get("id", ""))
        for new, old in (("startItem", "startWidget"), ("endItem", "endWidget"))
    ]
    if not all(ends) or ends[0] == ends[1]:
        found.leave("arrows without two notes")
        return
    captions = [words_of(each.get("content") or each.get("text")) for each in _list(item, "captions")]
    arrow = {"kind": "connector", "from": f"miro-{_safe(ends[0])}", "to": f"miro-{_safe(ends[1])}"}
    label = " / ".join(filter(None, captions))[:200]
    found.elements[_key(item)] = {**arrow, "text": label} if label else arrow


def _middle(item: dict[str, Any], by_id: Mapping[str, dict[str, Any]]) -> tuple[float, float]:
    place = _part(item, "position") or item
    x, y = number(place.get("x")), number(place.get("y"))
    parent = by_id.get(str(_part(item, "parent").get("id", "")))
    if parent is not None and place.get("relativeTo") == "parent_top_left":
        (px, py), (w, h) = _middle(parent, {}), _size(parent)
        return px - w / 2 + x, py - h / 2 + y
    return x, y


def _size(item: dict[str, Any]) -> tuple[float, float]:
    place = _part(item, "geometry") or item
    return number(place.get("width"), 1000.0), number(place.get("height"), 600.0)


def _text(item: dict[str, Any]) -> str:
    data = _part(item, "data")
    parts = [data.get("content") or data.get("title") or item.get("plainText") or item.get("text") or item.get("title")]
    parts.append(data.get("description"))
    return "\n".join(filter(None, map(words_of, parts)))


def _colour(item: dict[str, Any]) -> str:
    style = _part(item, "style")
    colour = style.get("fillColor") or style.get("backgroundColor") or style.get("cardTheme") or "none"
    return str(colour).lower()


def _part(item: dict[str, Any], name: str) -> dict[str, Any]:
    part = item.get(name)
    return part if isinstance(part, dict) else {}


def _list(item: dict[str, Any], name: str) -> list[Any]:
    part = item.get(name)
    return part if isinstance(part, list) else []


def _key(item: dict[str, Any]) -> str:
    return f"miro-{_safe(str(item.get('id')))}"


def _safe(text: str) -> str:
    return "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in text)[:58]
