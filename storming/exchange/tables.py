"""Notes as a table: one row a note, in timeline order."""

import csv
import io
from collections.abc import Iterator
from typing import Any

from storming.document.elements import Elements
from storming.document.notation import size_of, spoken
from storming.document.regions import whereabouts
from storming.document.timeline import in_order

COLUMNS = (
    "id", "kind", "label", "text", "x", "y", "w", "h", "pivotal", "context", "lane", "frame", "tags", "links", "type",
    "owner", "due", "state", "created_by", "created_at",
)  # fmt: skip


def csv_of(elements: Elements, *, types: dict[str, Any], authors: dict[str, str]) -> str:
    """CSV with a head line. Cells that a spreadsheet would take for a formula begin with an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for row in _rows(elements, types, authors):
        writer.writerow([_plain(cell) if isinstance(cell, str) else cell for cell in row])
    return out.getvalue()


def _rows(elements: Elements, types: dict[str, Any], authors: dict[str, str]) -> Iterator[tuple[Any, ...]]:
    words, places = spoken(elements), whereabouts(elements)
    for key in in_order(elements):
        note = elements[key]
        where = places.get(key, {})
        w, h = size_of(note)
        yield (
            key, note["kind"], words[note["kind"]][0], note.get("text", ""), note["x"], note["y"], w, h,
            "yes" if note.get("pivotal") else "", where.get("context", ""), where.get("swimlane", ""),
            where.get("frame", ""), ", ".join(note.get("tags") or ()),
            " ".join(link["url"] for link in note.get("links") or ()),
            (types.get(str(note.get("type_id"))) or {}).get("name", ""), note.get("owner", ""), note.get("due", ""),
            note.get("state", ""), authors.get(str(note.get("created_by")), ""), note.get("created_at", ""),
        )  # fmt: skip


def _plain(cell: str) -> str:
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
