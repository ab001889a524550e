"""Drawing a board without a browser: what the wall shows, as strokes on any paper.

``draw`` says where everything goes; a ``Paper`` (SVG, PDF) knows how to put it there. Coordinates are board units, y
grows downwards. Text is fitted as on the wall: the largest size at which it fits, at least SIZE_MIN, then cut short.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from storming.document.elements import Element, Elements
from storming.document.notation import AREA_KINDS, CONNECTOR, NOTE_KINDS, size_of, spoken

SIZE_MAX, SIZE_MIN, LINE_HEIGHT = 22.0, 7.0, 1.22
PAD, FOOT, TAGS = 12.0, 22.0, 17.0
LANE_HEAD = 44.0
MARGIN = 60.0
INK, LINE, FAINT, PIVOT, CONTEXT = "#231d17", "#5d554b", "#b9b0a2", "#a84300", "#2c5aa0"
TILT = -0.105
_LAYERS = {"frame": 0, "swimlane": 1, "context": 2, CONNECTOR: 3}
Measure = Callable[[str, bool], float]  # width of a text at size 1, bold or not
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in board units."""

    x: float
    y: float
    w: float
    h: float

    @property
    def middle(self) -> Point:
        """Its centre."""
        return self.x + self.w / 2, self.y + self.h / 2


class Paper(Protocol):
    """What can be drawn on. Colours are #rrggbb; ``alpha`` 0 to 1."""

    def rect(
        self, box: Box, *, fill: str = "", stroke: str = "", width: float = 1, radius: float = 0,
        alpha: float = 1, dash: bool = False,
    ) -> None:  # fmt: skip
        """A rectangle."""

    def curve(self, start: Point, a: Point, b: Point, end: Point, *, stroke: str, width: float) -> None:
        """A cubic."""

    def line(self, start: Point, end: Point, *, stroke: str, width: float, alpha: float = 1) -> None:
        """A straight line."""

    def polygon(self, points: Iterable[Point], *, fill: str) -> None:
        """A filled shape."""

    def disc(self, middle: Point, radius: float, *, fill: str, stroke: str) -> None:
        """A filled circle."""

    def text(self, at: Point, words: str, *, size: float, fill: str, bold: bool = False, anchor: str = "start") -> None:
        """One line; ``at`` is on its baseline. ``anchor``: start or middle."""

    def turned(self, middle: Point, angle: float) -> None:
        """Everything until ``straight`` is turned by so many radians, clockwise."""

    def straight(self) -> None:
        """As before ``turned``."""


def bounds(elements: Elements) -> Box:
    """Around everything that is drawn, with a margin; an empty board has a small one."""
    boxes = [box_of(element) for element in elements.values() if _is_drawn(element) and "x" in element]
    if not boxes:
        return Box(0, 0, 400, 300)
    left, top = min(box.x for box in boxes) - MARGIN, min(box.y for box in boxes) - MARGIN
    right, bottom = max(box.x + box.w for box in boxes) + MARGIN, max(box.y + box.h for box in boxes) + MARGIN
    return Box(left, top, right - left, bottom - top)


def box_of(element: Element) -> Box:
    """Where a note or an area lies."""
    w, h = size_of(element)
    return Box(float(element["x"]), float(element["y"]), w, h)


def draw(paper: Paper, elements: Elements, measure: Measure) -> None:
    """The whole board, in the order of the wall."""
    words = spoken(elements)
    live = [(key, element) for key, element in elements.items() if _is_drawn(element)]
    whole = bounds(elements)
    for _, element in live:
        if element.get("pivotal"):
            box = box_of(element)
            x = box.x + box.w + 12
            paper.line((x, whole.y), (x, whole.y + whole.h), stroke=PIVOT, width=2, alpha=0.35)
    order = {key: place for place, (key, _) in enumerate(live)}
    live.sort(key=lambda item: (_LAYERS.get(item[1]["kind"], 4), str(item[1].get("z", "")), order[item[0]]))
    for _, element in live:
        if element["kind"] == CONNECTOR:
            _connector(paper, elements, element, measure)
        elif element["kind"] in AREA_KINDS:
            _area(paper, element, measure)
        else:
            _note(paper, element, words, measure)


def _is_drawn(element: Element) -> bool:
    kind = element.get("kind")
    return not element.get("deleted") and (kind in NOTE_KINDS or kind in AREA_KINDS or kind == CONNECTOR)


def _area(paper: Paper, element: Element, measure: Measure) -> None:
    box, text = box_of(element), " ".join(str(element.get("text", "")).split())
    if element["kind"] == "swimlane":
        paper.rect(box, fill="#463219", alpha=0.035)
        paper.rect(Box(box.x, box.y, LANE_HEAD, box.h), fill="#463219", alpha=0.06)
        paper.rect(box, stroke="#d9d2c6")
        middle = (box.x + LANE_HEAD / 2, box.y + box.h / 2)
        paper.turned(middle, -math.pi / 2)
        paper.text((middle[0], middle[1] + 5.5), text, size=16, fill=INK, bold=True, anchor="middle")
        paper.straight()
    elif element["kind"] == "context":
        paper.rect(box, fill=CONTEXT, alpha=0.06, radius=28)
        paper.rect(box, stroke=CONTEXT, width=2, radius=28, dash=True)
        paper.text((box.x + 24, box.y + 26), text, size=17, fill=CONTEXT, bold=True)
    else:
        paper.rect(box, fill="#ffffff", alpha=0.7, radius=10)
        paper.rect(box, stroke="#d9d2c6", width=1.5, radius=10)
        paper.text((box.x + 2, box.y - 10), text, size=17, fill=INK, bold=True)


def _note(paper: Paper, element: Element, words: Mapping[str, tuple[str, str]], measure: Measure) -> None:
    kind, box = element["kind"], box_of(element)
    label, colour = words[kind]
    ink = ink_on(colour)
    if kind == "vote":
        paper.disc(box.middle, box.w / 2, fill=colour, stroke="#ffffff")
        return
    if kind == "hotspot":
        paper.turned(box.middle, TILT)
    paper.rect(Box(box.x + 2, box.y + 4, box.w, box.h), fill="#281905", alpha=0.14)
    paper.rect(box, fill=colour, stroke="#d9d2c6" if kind == "comment" else "")
    if element.get("pivotal"):
        paper.rect(Box(box.x, box.y, box.w, 5), fill=PIVOT)
    pad = min(PAD, box.w * 0.11)
    tags = [str(tag) for tag in element.get("tags") or []]
    size, lines = fitted(
        str(element.get("text", "")), box.w - 2 * pad, box.h - PAD - FOOT - 6 - (TAGS if tags else 0), measure
    )
    for place, line in enumerate(lines):
        y = box.y + PAD + size * 0.95 + place * size * LINE_HEIGHT
        paper.text((box.x + pad, y), line, size=size, fill=ink)
    if tags:
        shown = shortened(", ".join(tags), (box.w - 2 * pad) / 9, measure)
        paper.text((box.x + pad, box.y + box.h - FOOT - 7), shown, size=9, fill=ink, bold=True)
    foot = "Pivotal" if element.get("pivotal") else label
    paper.text((box.x + pad, box.y + box.h - 12), foot, size=9, fill=ink, bold=True)
    if kind == "hotspot":
        paper.straight()


def _connector(paper: Paper, elements: Elements, element: Element, measure: Measure) -> None:
    ends = [elements.get(str(element.get(name))) for name in ("from", "to")]
    if any(end is None or end.get("deleted") or end.get("kind") not in NOTE_KINDS for end in ends):
        return
    start, a, b, end = arrow(box_of(ends[0] or {}), box_of(ends[1] or {}))
    paper.curve(start, a, b, end, stroke=LINE, width=2)
    angle = math.atan2(end[1] - b[1], end[0] - b[0])
    head = [(end[0] + 11 * math.cos(angle + turn), end[1] + 11 * math.sin(angle + turn)) for turn in (2.7, -2.7)]
    paper.polygon([end, *head], fill=LINE)
    text = " ".join(str(element.get("text", "")).split())[:48]
    if text:
        middle = tuple((p + 3 * q + 3 * r + s) / 8 for p, q, r, s in zip(start, a, b, end, strict=True))
        width = measure(text, False) * 12 + 14
        paper.rect(Box(middle[0] - width / 2, middle[1] - 10, width, 20), fill="#ffffff", radius=10)
        paper.text((middle[0], middle[1] + 4), text, size=12, fill=INK, anchor="middle")


def arrow(start: Box, end: Box) -> tuple[Point, Point, Point, Point]:
    """From the middle of the side that faces the other box to its border: a cubic, as on the wall."""
    (fx, fy), (tx, ty) = start.middle, end.middle
    sideways = abs(tx - fx) - (start.w + end.w) / 2 >= abs(ty - fy) - (start.h + end.h) / 2
    if sideways:
        sign = 1.0 if tx >= fx else -1.0
        first, last = (fx + sign * start.w / 2, fy), (tx - sign * end.w / 2, ty)
        reach = max(12.0, min(160.0, abs(last[0] - first[0]) / 2))
        return first, (first[0] + sign * reach, first[1]), (last[0] - sign * reach, last[1]), last
    sign = 1.0 if ty >= fy else -1.0
    first, last = (fx, fy + sign * start.h / 2), (tx, ty - sign * end.h / 2)
    reach = max(12.0, min(160.0, abs(last[1] - first[1]) / 2))
    return first, (first[0], first[1] + sign * reach), (last[0], last[1] - sign * reach), last


def fitted(text: str, w: float, h: float, measure: Measure) -> tuple[float, list[str]]:
    """The largest size at which the text fits, and its lines."""
    size = SIZE_MAX
    while size > SIZE_MIN:
        lines, broken = wrapped(text, w / size, measure)
        if len(lines) * size * LINE_HEIGHT <= h and not (broken and size > 11):
            return size, lines
        size -= 1 if size > 14 else 0.5
    lines, _ = wrapped(text, w / SIZE_MIN, measure)
    room = max(1, int(h / (SIZE_MIN * LINE_HEIGHT)))
    if len(lines) > room:
        lines = [*lines[: room - 1], lines[room - 1][:-2] + "…"]
    return SIZE_MIN, lines


def wrapped(text: str, room: float, measure: Measure) -> tuple[list[str], bool]:
    """Lines of at most ``room`` (width at size 1), and whether a word had to be broken."""
    lines: list[str] = []
    broken = False
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split(" "):
            longer = f"{line} {word}" if line else word
            if measure(longer, False) <= room:
                line = longer
                continue
            if line:
                lines.append(line)
            while measure(word, False) > room and len(word) > 1:
                broken = True
                fits = _fitting(word, room, measure)
                lines.append(word[:fits])
                word = word[fits:]
            line = word
        lines.append(line)
    return lines, broken


def _fitting(word: str, room: float, measure: Measure) -> int:
    """How many of its letters fit, one at least."""
    low, high = 1, len(word)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if measure(word[:middle], False) <= room else (low, middle - 1)
    return low


def shortened(text: str, room: float, measure: Measure) -> str:
    """The text, or its beginning and an ellipsis."""
    return text if measure(text, True) <= room else text[: max(1, _fitting(text, room - 1, measure))] + "…"


def ink_on(colour: str) -> str:
    """Dark or white, whichever is read better on #rrggbb."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    r, g, b = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return "#16130f" if 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.18 else "#ffffff"
