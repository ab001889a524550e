"""A small drawing of a board as SVG: coloured shapes without text, for the list of boards.

The same elements give the same bytes. At most SHAPES_MAX shapes are drawn; of larger boards an even sample. Nothing
that people typed gets into the drawing, only numbers and the notation's colours, so it may be put into a page as it is.
"""

from storming.document.elements import Element, Elements
from storming.document.notation import AREA_KINDS, NOTE_KINDS, size_of, spoken

SHAPES_MAX = 300
WIDTH, HEIGHT, MARGIN = 320, 180, 10
Box = tuple[float, float, float, float]  # left, top, width, height


def draw(elements: Elements) -> str:
    """An ``<svg>`` element of 320 x 180 units; empty boards give an empty one."""
    live = [(key, element) for key, element in elements.items() if not element.get("deleted")]
    boxes = {key: _box(element) for key, element in live if "x" in element}
    if not boxes:
        return _svg([])
    scale, left, top = _fit(list(boxes.values()))
    placed = {
        key: ((x - left) * scale + MARGIN, (y - top) * scale + MARGIN, w * scale, h * scale)
        for key, (x, y, w, h) in boxes.items()
    }
    areas = _sample([item for item in live if item[1]["kind"] in AREA_KINDS], 40)
    shapes = [_area(placed[key]) for key, _ in areas]
    lines = [_line(placed, element) for _, element in _connectors(live)]
    notes = _sample([item for item in live if item[1]["kind"] in NOTE_KINDS], SHAPES_MAX - len(shapes) - len(lines))
    shapes += [line for line in lines if line]
    colours = spoken(elements)
    shapes += [_note(placed[key], element, colours[element["kind"]][1]) for key, element in notes]
    return _svg(shapes[:SHAPES_MAX])


def _box(element: Element) -> Box:
    w, h = size_of(element)
    return float(element["x"]), float(element["y"]), w, h


def _fit(boxes: list[Box]) -> tuple[float, float, float]:
    left, top = min(box[0] for box in boxes), min(box[1] for box in boxes)
    right, bottom = max(box[0] + box[2] for box in boxes), max(box[1] + box[3] for box in boxes)
    room_w, room_h = WIDTH - 2 * MARGIN, HEIGHT - 2 * MARGIN
    scale = min(room_w / max(right - left, 1.0), room_h / max(bottom - top, 1.0), 0.25)
    return scale, left - (room_w / scale - (right - left)) / 2, top - (room_h / scale - (bottom - top)) / 2


def _sample(items: list[tuple[str, Element]], count: int) -> list[tuple[str, Element]]:
    if len(items) <= count:
        return items
    ordered = sorted(items, key=lambda item: (item[1].get("x", 0), item[1].get("y", 0), item[0]))
    return [ordered[index * len(ordered) // count] for index in range(max(count, 0))]


def _connectors(live: list[tuple[str, Element]]) -> list[tuple[str, Element]]:
    return [item for item in live if item[1]["kind"] == "connector"][:80]


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _attributes(box: Box) -> str:
    x, y, w, h = (_number(part) for part in (box[0], box[1], max(box[2], 1.5), max(box[3], 1.5)))
    return f'x="{x}" y="{y}" width="{w}" height="{h}"'


def _area(box: Box) -> str:
    return f'<rect {_attributes(box)} rx="2" fill="#8884" stroke="#8888" stroke-width=".5"/>'


def _note(box: Box, element: Element, colour: str) -> str:
    edge = ' stroke="#7a3b00" stroke-width="1"' if element.get("pivotal") else ""
    return f'<rect {_attributes(box)} rx="1" fill="{colour}"{edge}/>'


def _line(placed: dict[str, Box], element: Element) -> str:
    start, end = placed.get(element["from"]), placed.get(element["to"])
    if start is None or end is None:
        return ""
    points = [(box[0] + box[2] / 2, box[1] + box[3] / 2) for box in (start, end)]
    (x1, y1), (x2, y2) = ((_number(x), _number(y)) for x, y in points)
    return f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="#888" stroke-width=".7"/>'


def _svg(shapes: list[str]) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" aria-hidden="true">'
    return head + "".join(shapes) + "</svg>"
