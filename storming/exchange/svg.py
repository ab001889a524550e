"""A board as SVG: one file, text as text."""

import math
from collections.abc import Iterable
from html import escape

from storming.document.drawing import Box, Point, bounds, draw
from storming.document.elements import Elements
from storming.exchange.fonts import width_of

FAMILY = "'DejaVu Sans', Verdana, 'Bitstream Vera Sans', sans-serif"
_UNPRINTABLE = dict.fromkeys(range(32))


def svg_of(elements: Elements, *, title: str) -> str:
    """The whole board as an SVG document."""
    paper = _SvgPaper()
    draw(paper, elements, width_of)
    box = bounds(elements)
    view = f"{_n(box.x)} {_n(box.y)} {_n(box.w)} {_n(box.h)}"
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{view}" width="{_n(box.w)}" height="{_n(box.h)}" '
        f'font-family="{FAMILY}"><title>{_text(title)}</title>'
        f'<rect x="{_n(box.x)}" y="{_n(box.y)}" width="{_n(box.w)}" height="{_n(box.h)}" fill="#f7f5f1"/>'
    )
    return "".join([head, *paper.parts, "</svg>\n"])


class _SvgPaper:
    def __init__(self) -> None:
        self.parts: list[str] = []

    def rect(
        self, box: Box, *, fill: str = "", stroke: str = "", width: float = 1, radius: float = 0,
        alpha: float = 1, dash: bool = False,
    ) -> None:  # fmt: skip
        line = f' stroke="{stroke}" stroke-width="{_n(width)}"' if stroke else ""
        line += ' stroke-dasharray="10 7"' if dash else ""
        round_ = f' rx="{_n(radius)}"' if radius else ""
        paint = f' fill="{fill or "none"}"' + (f' fill-opacity="{alpha}"' if alpha < 1 else "")
        self.parts.append(
            f'<rect x="{_n(box.x)}" y="{_n(box.y)}" width="{_n(box.w)}" height="{_n(box.h)}"{round_}{paint}{line}/>'
        )

    def curve(self, start: Point, a: Point, b: Point, end: Point, *, stroke: str, width: float) -> None:
        path = f"M{_p(start)}C{_p(a)} {_p(b)} {_p(end)}"
        self.parts.append(f'<path d="{path}" fill="none" stroke="{stroke}" stroke-width="{_n(width)}"/>')

    def line(self, start: Point, end: Point, *, stroke: str, width: float, alpha: float = 1) -> None:
        path = f"M{_p(start)}L{_p(end)}"
        self.parts.append(f'<path d="{path}" stroke="{stroke}" stroke-width="{_n(width)}" stroke-opacity="{alpha}"/>')

    def polygon(self, points: Iterable[Point], *, fill: str) -> None:
        self.parts.append(f'<polygon points="{" ".join(map(_p, points))}" fill="{fill}"/>')

    def disc(self, middle: Point, radius: float, *, fill: str, stroke: str) -> None:
        where = f'cx="{_n(middle[0])}" cy="{_n(middle[1])}" r="{_n(radius)}"'
        self.parts.append(f'<circle {where} fill="{fill}" stroke="{stroke}" stroke-width="2"/>')

    def text(self, at: Point, words: str, *, size: float, fill: str, bold: bool = False, anchor: str = "start") -> None:
        if not words:
            return
        extra = (' font-weight="600"' if bold else "") + (' text-anchor="middle"' if anchor == "middle" else "")
        where = f'x="{_n(at[0])}" y="{_n(at[1])}"'
        self.parts.append(f'<text {where} font-size="{_n(size)}" fill="{fill}"{extra}>{_text(words)}</text>')

    def turned(self, middle: Point, angle: float) -> None:
        self.parts.append(f'<g transform="rotate({_n(math.degrees(angle))} {_p(middle)})">')

    def straight(self) -> None:
        self.parts.append("</g>")


def _n(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")


def _p(point: Point) -> str:
    return f"{_n(point[0])} {_n(point[1])}"


def _text(words: str) -> str:
    return escape(words.translate(_UNPRINTABLE))
