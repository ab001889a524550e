"""Reading a file of any tool we know: which reader it is for, and a report of what it gives and what it leaves out."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

import msgspec

from storming.document.elements import check_patch
from storming.document.errors import Refusal
from storming.document.notation import AREA_KINDS, CONNECTOR, NOTE_KINDS
from storming.document.reading import excalidraw, miro, tables
from storming.document.reading.found import Found, Unreadable
from storming.exchange.board_file import FORMAT, VERSION
from storming.state import board_limits
from workspaces.errors import Invalid

BYTES_MAX = 12_000_000
_OURS = ("kind", "x", "y", "w", "h", "z", "text", "pivotal", "from", "to", "group", "tags", "links", "fields",
         "owner", "due", "state", "entries")  # fmt: skip
Reader = Callable[[str, Mapping[str, str]], Found]


def read(text: str, *, form: str, mapping: Mapping[str, str]) -> dict[str, Any]:
    """``{"form", "elements", "counts", "colours", "left_out"}``. ``form`` auto finds out. Raises Invalid."""
    form = _guess(text) if form == "auto" else form
    try:
        found = _READERS[form](text, mapping)
    except Unreadable as error:
        raise Invalid(error.message, place="content", hint=error.hint) from error
    _keep_what_fits(found)
    if not found.elements:
        raise Invalid("There is nothing in it that a board can show.", place="content")
    elements = dict(sorted(found.elements.items(), key=lambda item: item[1]["kind"] == CONNECTOR))
    kinds = [element["kind"] for element in elements.values()]
    return {
        "form": form,
        "elements": elements,
        "counts": {
            "notes": sum(kind in NOTE_KINDS for kind in kinds),
            "arrows": kinds.count(CONNECTOR),
            "areas": sum(kind in AREA_KINDS for kind in kinds),
        },
        "colours": [asdict(colour) for colour in sorted(found.colours.values(), key=lambda each: -each.count)],
        "left_out": [
            {"what": what, "count": count, "examples": found.left_out.get(what, [])}
            for what, count in sorted(found.left_counts.items(), key=lambda item: -item[1])
        ],
    }


def _guess(text: str) -> str:
    start = text.lstrip("\ufeff \t\r\n")[:1]
    if start not in ("{", "["):
        head = text.split("\n", 1)[0]
        return "csv" if any(mark in head for mark in ",;\t") else "lines"
    content = _json(text)
    if isinstance(content, dict) and content.get("format") == FORMAT:
        return "board"
    if isinstance(content, dict) and str(content.get("type", "")).startswith("excalidraw"):
        return "excalidraw"
    return "miro"


def _json(text: str) -> Any:
    try:
        return msgspec.json.decode(text.lstrip("\ufeff"))
    except (msgspec.DecodeError, RecursionError) as error:
        raise Invalid(f"This is not JSON: {error}.", place="content", hint="Was the file cut short?") from error


def _board(text: str, mapping: Mapping[str, str]) -> Found:
    content = _json(text)
    elements = content.get("elements") if isinstance(content, dict) else None
    if not isinstance(elements, dict) or content.get("format") != FORMAT:
        raise Unreadable("This is not a board file.", hint="See docs/board-format.md.")
    if content.get("version") != VERSION:
        raise Unreadable(f"This board file has version {content.get('version')!r}; version {VERSION} can be read.")
    found = Found()
    for key, element in elements.items():
        kind = element.get("kind") if isinstance(element, dict) else None
        if element.get("deleted") if isinstance(element, dict) else True:
            continue
        if kind not in NOTE_KINDS and kind not in AREA_KINDS and kind not in (CONNECTOR, "legend"):
            found.leave(f"{str(kind)[:40]} elements")
            continue
        found.elements[str(key)] = {name: element[name] for name in _OURS if element.get(name) is not None}
        if element.get("type_id"):
            found.leave("links to the catalog", str(element.get("text", "")))
    return found.without_loose_arrows()


def _keep_what_fits(found: Found) -> None:
    """Whatever the board would refuse stays out, and is told."""
    limits = board_limits()
    elements: dict[str, dict[str, Any]] = {}
    for key, element in sorted(found.elements.items(), key=lambda item: item[1]["kind"] == CONNECTOR):
        try:
            check_patch(elements, {key: element}, live_count=len(elements), limits=limits)
        except Refusal as refusal:
            found.leave(f"elements refused: {refusal.message}", str(element.get("text", "")))
            del found.elements[key]
        else:
            elements[key] = element


_READERS: dict[str, Reader] = {
    "board": _board,
    "miro": lambda text, mapping: miro.read(_json(text), mapping),
    "excalidraw": lambda text, mapping: excalidraw.read(_json(text), mapping),
    "csv": tables.read,
    "lines": tables.lines,
}
FORMS = ("auto", *_READERS)
