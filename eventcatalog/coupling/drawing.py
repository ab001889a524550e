"""The map of what lies between zones, as coordinates: zones on an ellipse, one curve for each direction and manner.

Theory. Zones stand on an ellipse, those that say most to each other beside each other (a greedy walk, so that long
curves are few). Between two zones there are up to four curves: there and back, waited for and not. A curve is a
quadratic one, pulled towards the middle and bent to its own right hand, so that there and back never lie on each other.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from eventcatalog.coupling.zones import Cell

WIDTH, HEIGHT = 1000, 620
BOX_HEIGHT = 56
CHARACTER = 8.6
ZONES_MAX = 20
CURVES_MAX = 120


@dataclass(frozen=True, slots=True)
class Box:
    """A zone; ``x`` and ``y`` are its middle."""

    zone: str
    name: str
    x: float
    y: float
    width: float
    note: str

    @property
    def left(self) -> float:
        """Its left edge."""
        return round(self.x - self.width / 2, 1)

    @property
    def top(self) -> float:
        """Its upper edge."""
        return round(self.y - BOX_HEIGHT / 2, 1)


@dataclass(frozen=True, slots=True)
class Curve:
    """Messages from one zone to another. ``waits``: they are waited for. ``label_x/y``: the middle of the curve."""

    source: str
    target: str
    waits: bool
    count: int
    path: str
    label_x: float
    label_y: float

    @property
    def width(self) -> float:
        """A stroke's width."""
        return round(1.5 + 1.6 * math.log2(1 + self.count), 1)


@dataclass(frozen=True, slots=True)
class Drawing:
    """What the page draws; ``left_out`` zones did not fit."""

    boxes: tuple[Box, ...]
    curves: tuple[Curve, ...]
    left_out: int
    width: int = WIDTH
    height: int = HEIGHT


def draw(names: Mapping[str, str], cells: Mapping[tuple[str, str], Cell], notes: Mapping[str, str]) -> Drawing:
    """``names``: zone -> name, in the order to draw them when they say nothing to each other."""
    between = {pair: cell for pair, cell in cells.items() if pair[0] != pair[1]}
    busy = sorted(names, key=lambda zone: -sum(c.total for pair, c in between.items() if zone in pair))[:ZONES_MAX]
    order = _neighbours_first([zone for zone in names if zone in set(busy)], between)
    boxes = dict(zip(order, _around(order, names, notes), strict=True))
    curves = []
    for (source, target), cell in sorted(between.items()):
        if source in boxes and target in boxes:
            for waits, count in ((False, cell.total - cell.waited_for), (True, cell.waited_for)):
                if count:
                    curves.append(_curve(boxes[source], boxes[target], waits=waits, count=count))
    strongest = sorted(curves, key=lambda curve: (-curve.count, not curve.waits))[:CURVES_MAX]
    return Drawing(tuple(boxes.values()), tuple(strongest), len(names) - len(boxes))


def _neighbours_first(zones: list[str], cells: Mapping[tuple[str, str], Cell]) -> list[str]:
    if not zones:
        return []
    talk = {zone: dict.fromkeys(zones, 0) for zone in zones}
    for (source, target), cell in cells.items():
        if source in talk and target in talk:
            talk[source][target] += cell.total
            talk[target][source] += cell.total
    walk = [max(zones, key=lambda zone: sum(talk[zone].values()))]
    rest = [zone for zone in zones if zone != walk[0]]
    while rest:
        here = talk[walk[-1]]
        following = max(rest, key=lambda zone: here[zone])
        walk.append(following)
        rest.remove(following)
    return walk


def _around(order: list[str], names: Mapping[str, str], notes: Mapping[str, str]) -> list[Box]:
    count = max(1, len(order))
    boxes = []
    for place, zone in enumerate(order):
        angle = -math.pi / 2 + 2 * math.pi * place / count
        width = max(120.0, 36 + CHARACTER * max(len(names[zone]), 0.8 * len(notes.get(zone, ""))))
        reach_x, reach_y = WIDTH / 2 - 130, HEIGHT / 2 - 50
        x, y = WIDTH / 2 + reach_x * math.cos(angle), HEIGHT / 2 + reach_y * math.sin(angle)
        boxes.append(Box(zone, names[zone], round(x, 1), round(y, 1), round(width, 1), notes.get(zone, "")))
    return boxes


def _curve(source: Box, target: Box, *, waits: bool, count: int) -> Curve:
    dx, dy = target.x - source.x, target.y - source.y
    length = math.hypot(dx, dy) or 1.0
    bend = (34 if waits else 12) + 0.05 * length
    middle_x, middle_y = (source.x + target.x) / 2, (source.y + target.y) / 2
    pull = 0.22
    control_x = middle_x + (WIDTH / 2 - middle_x) * pull - dy / length * bend * 1.6
    control_y = middle_y + (HEIGHT / 2 - middle_y) * pull + dx / length * bend * 1.6
    start = _edge(source, control_x, control_y, gap=3)
    end = _edge(target, control_x, control_y, gap=9)
    label = (start[0] + 2 * control_x + end[0]) / 4, (start[1] + 2 * control_y + end[1]) / 4
    path = f"M{start[0]:.1f} {start[1]:.1f}Q{control_x:.1f} {control_y:.1f} {end[0]:.1f} {end[1]:.1f}"
    return Curve(source.zone, target.zone, waits, count, path, round(label[0], 1), round(label[1], 1))


def _edge(box: Box, x: float, y: float, *, gap: float) -> tuple[float, float]:
    """Where the line from the box's middle to a point leaves the box, a little outside."""
    dx, dy = x - box.x, y - box.y
    if not dx and not dy:
        return box.x, box.y
    scale = min(
        (box.width / 2 + gap) / abs(dx) if dx else math.inf, (BOX_HEIGHT / 2 + gap) / abs(dy) if dy else math.inf, 1.0
    )
    return box.x + dx * scale, box.y + dy * scale
