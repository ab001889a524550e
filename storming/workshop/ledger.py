"""The hotspot ledger: what was doubted, who finds out, until when, and how far it is. Read from the notes."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass

from storming.document.elements import Element
from storming.document.timeline import in_order

COLUMNS = ("Hotspot", "State", "Owner", "Due", "Tags", "Remarks", "Address")
STATE_WORDS = {"open": "open", "doing": "in hand", "settled": "settled"}


@dataclass(frozen=True, slots=True)
class Line:
    """One hotspot."""

    element_id: str
    text: str
    state: str
    owner: str
    due: str
    tags: tuple[str, ...]
    remarks: tuple[str, ...]


def lines(elements: Mapping[str, Element]) -> list[Line]:
    """Hotspots as the wall is read: open ones, those in hand, then the settled."""
    remarks: dict[str, list[str]] = {}
    for element in elements.values():
        if element.get("kind") == "remark" and not element.get("deleted"):
            remarks.setdefault(element["on"], []).append(" ".join(element.get("text", "").split()))
    found = [
        Line(
            key,
            " ".join(str(elements[key].get("text") or "").split()),
            str(elements[key].get("state") or "open"),
            str(elements[key].get("owner") or ""),
            str(elements[key].get("due") or ""),
            tuple(elements[key].get("tags") or ()),
            tuple(remarks.get(key, ())),
        )
        for key in in_order(dict(elements))
        if elements[key]["kind"] == "hotspot"
    ]
    order = list(STATE_WORDS)
    return sorted(found, key=lambda line: order.index(line.state))


def as_csv(found: list[Line], address: str) -> str:
    """With a head line; ``address`` is the board's.

    Cells that a spreadsheet would take for a formula begin with an apostrophe.
    """
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for line in found:
        cells = (
            line.text,
            STATE_WORDS[line.state],
            line.owner,
            line.due,
            ", ".join(line.tags),
            " / ".join(line.remarks),
        )
        writer.writerow([*(_plain(cell) for cell in cells), f"{address}#note={line.element_id}"])
    return out.getvalue()


def as_markdown(found: list[Line], *, title: str, address: str) -> str:
    """A table a reader can check off."""
    rows = [
        f"# Hotspots of {_cell(title)}",
        "",
        "| | Hotspot | Owner | Due | State |",
        "| --- | --- | --- | --- | --- |",
    ]
    for line in found:
        box = "☑" if line.state == "settled" else "☐"
        text = f"[{_cell(line.text) or 'no words'}]({address}#note={line.element_id})"
        rows.append(f"| {box} | {text} | {_cell(line.owner)} | {line.due} | {STATE_WORDS[line.state]} |")
    return "\n".join([*rows, ""])


def _cell(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("[", "\\[").replace("]", "\\]").replace("<", "&lt;")


def _plain(cell: str) -> str:
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
