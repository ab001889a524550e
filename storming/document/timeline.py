"""The order in which a wall is read: from left to right, what stands in one column from top to bottom.

Notes count as one column when they start within half an event's width of the column's first note. The order is that
of the keyboard (Tab), of the outline for screen readers and of reports.
"""

from storming.document.elements import Element, Elements
from storming.document.notation import EVENT_SIZE, NOTE_KINDS

COLUMN_WIDTH = EVENT_SIZE / 2


def in_order(elements: Elements) -> list[str]:
    """Ids of the live notes in reading order; deterministic for equal places."""
    notes = [(key, element) for key, element in elements.items() if _is_note(element)]
    notes.sort(key=lambda item: (item[1]["x"], item[1]["y"], item[0]))
    ordered: list[str] = []
    column: list[tuple[str, Element]] = []
    for note in notes:
        if column and note[1]["x"] - column[0][1]["x"] >= COLUMN_WIDTH:
            ordered += _top_down(column)
            column = []
        column.append(note)
    return ordered + _top_down(column)


def _is_note(element: Element) -> bool:
    return element.get("kind") in NOTE_KINDS and not element.get("deleted")


def _top_down(column: list[tuple[str, Element]]) -> list[str]:
    return [key for key, _ in sorted(column, key=lambda item: (item[1]["y"], item[1]["x"], item[0]))]
