"""Tables: CSV of spreadsheets (ours, Miro's, anybody's) and lines of text.

With a head line that has a column for the text, each row is a note; columns for kind, colour, x, y, tags and link are
used where there are any. Without one, each cell that is not empty is a note, as in Miro's spreadsheet, and rows
keep their order. Notes without places are laid out along the timeline.
"""

import csv
import io
from collections.abc import Mapping

from storming.document.notation import NOTE_KINDS
from storming.document.reading.found import Found, Unreadable, number

GAP, COLUMNS = 28.0, 12
ROWS_MAX = 20_000
_NAMES = {
    "text": ("text", "content", "title", "note", "sticky", "sticky note", "name", "summary", "event"),
    "kind": ("kind", "type of note", "element", "category", "label", "type"),
    "colour": ("colour", "color", "fill", "fillcolor", "background", "backgroundcolor"),
    "x": ("x", "left"),
    "y": ("y", "top"),
    "tags": ("tags", "tag", "labels"),
    "link": ("link", "links", "url"),
    "pivotal": ("pivotal",),
}
_WORDS = {
    "event": "domain_event", "events": "domain_event", "domain event": "domain_event", "read model": "read_model",
    "view": "read_model", "information": "read_model", "query": "read_model", "external system": "system",
    "person": "actor", "user": "actor", "role": "actor", "constraint": "aggregate", "rule": "policy",
    "question": "hotspot", "issue": "hotspot", "problem": "hotspot", "idea": "opportunity", "note": "comment",
}  # fmt: skip


def read(text: str, mapping: Mapping[str, str]) -> Found:
    """Notes of a table; ``mapping``: colour or word for a kind to kind. Raises Unreadable."""
    try:
        rows = [row for row in csv.reader(io.StringIO(text), _dialect(text)) if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise Unreadable(f"This is not CSV: {error}.", hint="Save the sheet as CSV with commas.") from error
    if not rows:
        raise Unreadable("The table is empty.")
    if len(rows) > ROWS_MAX:
        raise Unreadable(f"The table has {len(rows):,} rows; {ROWS_MAX:,} can be read.")
    columns = _columns(rows[0])
    found = Found()
    if "text" in columns:
        for place, row in enumerate(rows[1:]):
            _row(found, place, {name: _cell(row, at) for name, at in columns.items()}, mapping)
    else:
        for place, cell in enumerate(cell.strip() for row in rows for cell in row if cell.strip()):
            _lay(found, place, found.kind_for("text", mapping, "domain_event", cell), cell)
    return found


def lines(text: str, mapping: Mapping[str, str]) -> Found:
    """Lines of text: each is an event. Raises Unreadable."""
    found = Found()
    for place, line in enumerate(line.strip(" \t-*•") for line in text.splitlines() if line.strip(" \t-*•")):
        if place >= ROWS_MAX:
            raise Unreadable(f"{ROWS_MAX:,} lines can be read.")
        _lay(found, place, found.kind_for("text", mapping, "domain_event", line), line)
    if not found.elements:
        raise Unreadable("There is no text.")
    return found


def kind_of_word(word: str) -> str | None:
    """The kind that a word names, in our words or everyday ones."""
    plain = " ".join(word.strip().lower().replace("_", " ").split())
    named = plain.replace(" ", "_")
    if named in NOTE_KINDS:
        return named
    return _WORDS.get(plain) or next((kind.name for kind in NOTE_KINDS.values() if kind.label.lower() == plain), None)


def _row(found: Found, place: int, row: dict[str, str], mapping: Mapping[str, str]) -> None:
    text = row["text"].removeprefix("'") if row["text"][:2] in ("'=", "'+", "'-", "'@") else row["text"]
    word = row.get("kind") or row.get("colour") or "text"
    if not text and kind_of_word(word) != "vote":
        found.leave("rows without text")
        return
    kind = found.kind_for(word, mapping, kind_of_word(word) or "domain_event", text)
    key = f"row-{place}"
    try:
        x, y = float(row.get("x", "")), float(row.get("y", ""))
    except ValueError:
        _lay(found, place, kind, text)
    else:
        found.elements[key] = {"kind": kind, "x": number(x), "y": number(y), "text": text[:2_000]}
    note = found.elements[key]
    tags = [tag.strip()[:40] for tag in row.get("tags", "").split(",") if tag.strip()]
    if tags:
        note["tags"] = list(dict.fromkeys(tags))[:40]
    links = [{"url": link} for link in row.get("link", "").split() if link.startswith(("https://", "http://"))]
    if links:
        note["links"] = links[:40]
    if row.get("pivotal", "").lower() in ("yes", "true", "1", "x") and kind == "domain_event":
        note["pivotal"] = True


def _lay(found: Found, place: int, kind: str, text: str) -> None:
    style = NOTE_KINDS[kind]
    column, row = place % COLUMNS, place // COLUMNS
    x = column * (140.0 + GAP) + style.w / 2
    found.note(f"row-{place}", kind=kind, x=x, y=row * (140.0 + GAP) + style.h / 2, text=text)


def _columns(head: list[str]) -> dict[str, int]:
    names = [cell.strip().lower().lstrip("\ufeff") for cell in head]
    found: dict[str, int] = {}
    for name, words in _NAMES.items():
        at = next((names.index(word) for word in words if word in names), None)
        if at is not None:
            found[name] = at
    return found


def _cell(row: list[str], at: int) -> str:
    return row[at].strip() if at < len(row) else ""


def _dialect(text: str) -> type[csv.Dialect]:
    """Comma, semicolon or tab, whichever the head line has most of."""
    head = text.lstrip("\ufeff").split("\n", 1)[0]

    class Dialect(csv.excel):
        delimiter = max((",", ";", "\t"), key=head.count)

    return Dialect
