"""A flow as coordinates: messages and the services that turn one into the next, in columns from left to right.

Theory. Messages stand in even columns by their layer, services in the odd ones between: a service's box takes one
message and leads to those it sends on. Rows are found from the middle outwards: a box wants to stand where the mean of
its neighbours nearer to the middle is, and is pushed down where that is taken. A step back to an earlier column is
a curve below.
"""

import textwrap
from collections import defaultdict
from dataclasses import dataclass, field

from eventcatalog.coupling.flow import Flow, Step
from eventcatalog.coupling.graph import Graph
from eventcatalog.links import Link, Links

MESSAGE_WIDTH, MESSAGE_HEIGHT = 190, 40
SERVICE_WIDTH = 208
COLUMN_GAP = 44
ROW_GAP = 18
LINE = 15
WORDS_A_LINE = 31
LINES_MAX = 4


@dataclass(slots=True)
class Part:
    """A message or a service's step. ``x`` and ``y`` are its left upper corner."""

    key: str
    column: int
    link: Link
    is_service: bool
    lines: list[str] = field(default_factory=list)
    known: bool = True
    is_first: bool = False
    waits: bool = False
    x: float = 0.0
    y: float = 0.0

    @property
    def width(self) -> int:
        """By what it is."""
        return SERVICE_WIDTH if self.is_service else MESSAGE_WIDTH

    @property
    def height(self) -> int:
        """By what it says."""
        return 38 + LINE * len(self.lines) if self.is_service else MESSAGE_HEIGHT

    @property
    def short(self) -> str:
        """Its name, cut to fit."""
        most = 24 if self.is_service else 22
        return self.link.name if len(self.link.name) <= most else f"{self.link.name[: most - 1]}…"


@dataclass(frozen=True, slots=True)
class Arrow:
    """From one part to another. ``manner``: known, guess or back."""

    path: str
    manner: str


@dataclass(frozen=True, slots=True)
class FlowDrawing:
    """Everything placed."""

    parts: list[Part]
    arrows: list[Arrow]
    width: float
    height: float


def draw(graph: Graph, flow: Flow, links: Links) -> FlowDrawing:
    """Of a flow of this graph."""
    parts = {
        name: Part(
            name,
            2 * layer,
            links.message(name),
            False,
            is_first=name == flow.message,
            waits=graph.messages[name].waits,
        )
        for name, layer in flow.layers.items()
    }
    edges: dict[tuple[str, str], bool] = {}
    for (service, trigger, known), steps in _grouped(flow).items():
        key = f"{service}\n{trigger}\n{known}"
        words = [line for step in steps for line in _wrapped(step)]
        words = words if len(words) <= LINES_MAX else [*words[: LINES_MAX - 1], "…"]
        layer = flow.layers.get(trigger, 0) if trigger else min(flow.layers.get(s.result, 0) for s in steps) - 1
        parts[key] = Part(key, 2 * layer + 1, links.service(service), True, words, known)
        if trigger:
            edges[trigger, key] = known
        for step in steps:
            if step.result in parts:
                edges[key, step.result] = known
    _place(parts, edges)
    arrows = [_arrow(parts[a], parts[b], known=known) for (a, b), known in edges.items()]
    width = max(part.x + part.width for part in parts.values()) + 24
    below = 56 if any(arrow.manner == "back" for arrow in arrows) else 24
    height = max(part.y + part.height for part in parts.values()) + below
    return FlowDrawing(list(parts.values()), arrows, width, height)


def _grouped(flow: Flow) -> dict[tuple[str, str, bool], list[Step]]:
    groups: defaultdict[tuple[str, str, bool], list[Step]] = defaultdict(list)
    for step in flow.steps:
        if not step.trigger or step.trigger in flow.layers:
            groups[step.service, step.trigger, step.known].append(step)
    return groups


def _wrapped(step: Step) -> list[str]:
    words = step.policy or ("" if step.known else "perhaps")
    return textwrap.wrap(words, WORDS_A_LINE)[:2]


def _place(parts: dict[str, Part], edges: dict[tuple[str, str], bool]) -> None:
    columns: defaultdict[int, list[Part]] = defaultdict(list)
    for part in parts.values():
        columns[part.column].append(part)
    lefts, x = {}, 24.0
    for column in range(min(columns), max(columns) + 1):
        lefts[column] = x
        x += (SERVICE_WIDTH if column % 2 else MESSAGE_WIDTH) + COLUMN_GAP
    middles: dict[str, float] = {}
    for column in sorted(columns, key=lambda number: (abs(number), number)):
        nearer = _wishes(columns[column], edges, middles)
        y = None
        for part in sorted(columns[column], key=lambda part: (nearer.get(part.key, 0.0), part.key)):
            wish = nearer.get(part.key, 0.0) - part.height / 2
            y = wish if y is None else max(wish, y)
            part.x, part.y = lefts[column], y
            middles[part.key] = y + part.height / 2
            y += part.height + ROW_GAP
    top = min(part.y for part in parts.values())
    for part in parts.values():
        part.x, part.y = round(part.x, 1), round(part.y - top + 24, 1)


def _wishes(parts: list[Part], edges: dict[tuple[str, str], bool], middles: dict[str, float]) -> dict[str, float]:
    """Part -> the mean of its placed neighbours' middles; spread evenly where several want the same."""
    wanted = {}
    for part in parts:
        others = [b if a == part.key else a for a, b in edges if part.key in (a, b)]
        near = [middles[other] for other in others if other in middles]
        wanted[part.key] = sum(near) / len(near) if near else 0.0
    rows: defaultdict[float, list[Part]] = defaultdict(list)
    for part in parts:
        rows[wanted[part.key]].append(part)
    for wish, same in rows.items():
        total = sum(part.height + ROW_GAP for part in same) - ROW_GAP
        at = wish - total / 2
        for part in sorted(same, key=lambda part: part.key):
            wanted[part.key] = at + part.height / 2
            at += part.height + ROW_GAP
    return wanted


def _arrow(a: Part, b: Part, *, known: bool) -> Arrow:
    start_x, start_y = a.x + a.width, a.y + a.height / 2
    end_x, end_y = b.x - 7, b.y + b.height / 2
    if b.column > a.column:
        bend = max(18.0, (end_x - start_x) / 2)
        path = (
            f"M{start_x:.0f} {start_y:.0f}C{start_x + bend:.0f} {start_y:.0f} "
            f"{end_x - bend:.0f} {end_y:.0f} {end_x:.0f} {end_y:.0f}"
        )
        return Arrow(path, "known" if known else "guess")
    low = max(a.y + a.height, b.y + b.height) + 34
    path = (
        f"M{a.x + a.width / 2:.0f} {a.y + a.height:.0f}C{a.x + a.width / 2:.0f} {low:.0f} "
        f"{b.x + b.width / 2:.0f} {low:.0f} {b.x + b.width / 2:.0f} {b.y + b.height + 7:.0f}"
    )
    return Arrow(path, "back")
