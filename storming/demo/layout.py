"""From small tables to a tidy wall: notes stand in the cells of a grid, lanes are bands of rows, arrows are chains.

A cell is 180 x 180 board units, an event (140 x 140) and a gap of 40. Wide kinds take two columns, the rest one; each
note stands in the middle of its cells. Places are snapped to whole units, so nothing is off by a hair. Time runs to
the right, so a later column is a later moment.
"""

import itertools
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from storming.document.notation import NOTE_KINDS, class_of, size_of

CELL = 180
LANE_HEAD, LANE_FOOT, LANE_GAP, LANE_SIDE = 40, 0, 20, 80
_IDS = uuid.UUID("5b1f6f0e-7a3c-4f0e-9a54-6f0d0c2f7a11")  # only gives names stable ids

Patch = dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Cell:
    """A note and its place: row within its lane, column of the wall. ``key`` is what chains call it.

    ``type`` is the name of the message type it has been promoted to, or empty.
    """

    row: int
    column: float
    kind: str
    key: str
    text: str
    pivotal: bool = False
    type: str = ""


@dataclass(frozen=True, slots=True)
class Lane:
    """A swimlane with its notes; ``rows`` high."""

    title: str
    rows: int
    cells: Sequence[Cell]


@dataclass(frozen=True, slots=True)
class Wall:
    """A whole board. ``chains`` are lines of keys, ``placing > order > placed``: an arrow from each to the next."""

    name: str
    format: str
    lanes: Sequence[Lane]
    chains: str = ""
    votes: dict[str, int] = field(default_factory=dict)  # key of a note: dots beside its top right corner

    def cells(self) -> Iterator[Cell]:
        """All notes, lane by lane."""
        for lane in self.lanes:
            yield from lane.cells

    def arrows(self) -> Iterator[tuple[str, str]]:
        """(from, to) of every arrow, in the order of the chains."""
        for line in self.chains.splitlines():
            keys = [key.strip() for key in line.split(">") if key.strip()]
            yield from itertools.pairwise(keys)

    def element_id(self, key: str) -> str:
        """The same id for the same key of the same board, always."""
        return uuid.uuid5(_IDS, f"{self.name}/{key}").hex


def elements(wall: Wall) -> Patch:
    """The wall as one patch: lanes at the bottom of the stack, then arrows, notes and dots."""
    order = _Stack()
    patch: Patch = {}
    notes: Patch = {}
    top = 0
    columns = max(cell.column + _columns(cell.kind) for cell in wall.cells())
    for lane in wall.lanes:
        height = LANE_HEAD + lane.rows * CELL + LANE_FOOT
        if lane.title:
            patch[wall.element_id(lane.title)] = {
                "kind": "swimlane",
                "text": lane.title,
                "x": -LANE_SIDE,
                "y": top,
                "w": round(columns * CELL + 2 * LANE_SIDE - (CELL - 140)),
                "h": height,
                "z": order.next(),
            }
        for cell in lane.cells:
            notes[wall.element_id(cell.key)] = _note(cell, top + LANE_HEAD)
        top += height + LANE_GAP
    for start, end in wall.arrows():
        ends = {"from": wall.element_id(start), "to": wall.element_id(end)}
        patch[wall.element_id(f"{start}>{end}")] = {"kind": "connector", **ends, "z": order.next()}
    for element_id, note in notes.items():
        patch[element_id] = {**note, "z": order.next()}
    for key, count in wall.votes.items():
        for dot in range(count):
            patch[wall.element_id(f"{key}+{dot}")] = {**_dot(notes[wall.element_id(key)], dot), "z": order.next()}
    return patch


def _columns(kind: str) -> int:
    return 2 if NOTE_KINDS[kind].w > CELL else 1


def _note(cell: Cell, top: int) -> dict[str, Any]:
    w, h = size_of({"kind": cell.kind})
    room = _columns(cell.kind) * CELL - (CELL - 140)
    note: dict[str, Any] = {
        "kind": cell.kind,
        "text": cell.text,
        "x": round(cell.column * CELL + (room - w) / 2),
        "y": round(top + cell.row * CELL + (140 - h) / 2),
    }
    return {**note, "pivotal": True} if cell.pivotal else note


def _dot(note: dict[str, Any], index: int) -> dict[str, Any]:
    w, _ = size_of(note)
    size, _ = size_of({"kind": "vote"})
    return {"kind": "vote", "text": "", "x": round(note["x"] + w - size * (0.6 + 0.7 * index)), "y": note["y"] - 16}


class _Stack:
    """Order keys as static/storming/fractional.js makes them: ``b`` and two digits, here of 36 values each."""

    def __init__(self) -> None:
        self._count = 0

    def next(self) -> str:
        """The next index above all before it."""
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"
        high, low = divmod(self._count, 36)
        self._count += 1
        return f"b{digits[high]}{digits[low]}"


def boxes(wall: Wall) -> list[tuple[str, float, float, float, float]]:
    """(text, left, top, right, bottom) of every note that is not a dot: what a test holds apart."""
    found = []
    for element in elements(wall).values():
        if class_of(element["kind"]) == "note" and element["kind"] != "vote":
            w, h = size_of(element)
            found.append((element["text"], element["x"], element["y"], element["x"] + w, element["y"] + h))
    return found
