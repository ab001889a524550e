"""A board as PDF: one page as large as the board, or sheets to be glued together.

Sheets overlap by OVERLAP_MM; each names its column and row, so that a wall can be laid out of them. A PDF page is at
most 200 inches wide or high: a larger board is scaled down to that.
"""

import io
import math
from collections.abc import Iterable
from dataclasses import dataclass

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A0, A1, A2, A3, A4
from reportlab.pdfgen.canvas import Canvas

from storming.document.drawing import Box, Point, bounds, draw
from storming.document.elements import Elements
from storming.exchange import fonts
from workspaces.errors import Invalid

PAPERS = {"one": None, "a4": A4, "a3": A3, "a2": A2, "a1": A1, "a0": A0}
PAGE_POINTS_MAX = 14_000.0  # 14,400 is what readers promise
POINTS_PER_UNIT = 72 / 96
SHEETS_MAX = 200
MM = 72 / 25.4
EDGE_MM, OVERLAP_MM = 8.0, 8.0


@dataclass(frozen=True, slots=True)
class _Sheets:
    """How a board is cut: ``columns`` x ``rows`` sheets; a sheet shows ``w`` x ``h`` board units."""

    page: tuple[float, float]
    scale: float
    columns: int
    rows: int
    w: float
    h: float


def pdf_of(elements: Elements, *, title: str, paper: str = "one", zoom: float = 1.0) -> bytes:
    """The board as PDF. ``zoom`` 1 prints an event 37 mm wide. Raises Invalid (place paper) for too many sheets."""
    if paper not in PAPERS:
        raise Invalid("There is no such paper.", place="paper", hint=f"One of {', '.join(PAPERS)}.")
    fonts.register()
    box = bounds(elements)
    sheets = _cut(box, paper, zoom)
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=sheets.page, pageCompression=1)
    canvas.setTitle(title)
    canvas.setCreator("Factstorm")
    if sheets.columns * sheets.rows == 1:
        _one(canvas, elements, box, sheets)
    else:
        canvas.beginForm("board", box.x, -box.y - box.h, box.x + box.w, -box.y)
        draw(_PdfPaper(canvas), elements, fonts.width_of)
        canvas.endForm()
        for row in range(sheets.rows):
            for column in range(sheets.columns):
                _sheet(canvas, box, sheets, column, row)
    canvas.save()
    return out.getvalue()


def _cut(box: Box, paper: str, zoom: float) -> _Sheets:
    scale = POINTS_PER_UNIT * zoom
    size = PAPERS[paper]
    if size is None:
        scale = min(scale, PAGE_POINTS_MAX / box.w, PAGE_POINTS_MAX / box.h)
        return _Sheets((box.w * scale, box.h * scale), scale, 1, 1, box.w, box.h)
    page = (max(size), min(size))  # boards are wide
    w, h = ((side - 2 * EDGE_MM * MM) / scale for side in page)
    step = OVERLAP_MM * MM / scale
    columns, rows = (max(1, math.ceil((all_ - step) / (one - step))) for all_, one in ((box.w, w), (box.h, h)))
    if columns * rows > SHEETS_MAX:
        raise Invalid(
            f"That would be {columns * rows:,} sheets; {SHEETS_MAX} can be made.",
            place="paper",
            hint="Choose larger paper, a smaller zoom, or one large page.",
        )
    return _Sheets(page, scale, columns, rows, w, h)


def _one(canvas: Canvas, elements: Elements, box: Box, sheets: _Sheets) -> None:
    canvas.saveState()
    left, bottom = ((page - side * sheets.scale) / 2 for page, side in zip(sheets.page, (box.w, box.h), strict=True))
    canvas.translate(max(0, left), max(0, bottom))
    canvas.scale(sheets.scale, sheets.scale)
    canvas.translate(-box.x, box.y + box.h)
    draw(_PdfPaper(canvas), elements, fonts.width_of)
    canvas.restoreState()
    canvas.showPage()


def _sheet(canvas: Canvas, box: Box, sheets: _Sheets, column: int, row: int) -> None:
    step = OVERLAP_MM * MM / sheets.scale
    x, y = box.x + column * (sheets.w - step), box.y + row * (sheets.h - step)
    edge = EDGE_MM * MM
    canvas.saveState()
    clip = canvas.beginPath()
    clip.rect(edge, edge, sheets.page[0] - 2 * edge, sheets.page[1] - 2 * edge)
    canvas.clipPath(clip, stroke=0, fill=0)
    canvas.translate(edge, edge)
    canvas.scale(sheets.scale, sheets.scale)
    canvas.translate(-x, y + sheets.h)
    canvas.doForm("board")
    canvas.restoreState()
    canvas.setFont(fonts.REGULAR, 7)
    canvas.setFillColor(HexColor("#6d665d"))
    name = f"column {column + 1} of {sheets.columns}, row {row + 1} of {sheets.rows}"
    canvas.drawString(edge, edge / 2, name)
    canvas.showPage()


class _PdfPaper:
    """PDF's y grows upwards: everything is drawn at -y."""

    def __init__(self, canvas: Canvas) -> None:
        self.canvas = canvas

    def rect(
        self, box: Box, *, fill: str = "", stroke: str = "", width: float = 1, radius: float = 0,
        alpha: float = 1, dash: bool = False,
    ) -> None:  # fmt: skip
        canvas = self.canvas
        if fill:
            canvas.setFillColor(HexColor(fill))
            canvas.setFillAlpha(alpha)
        if stroke:
            canvas.setStrokeColor(HexColor(stroke))
            canvas.setLineWidth(width)
            canvas.setDash(10, 7) if dash else canvas.setDash()
        shape = (box.x, -box.y - box.h, box.w, box.h)
        if radius:
            canvas.roundRect(*shape, min(radius, box.w / 2, box.h / 2), stroke=bool(stroke), fill=bool(fill))
        else:
            canvas.rect(*shape, stroke=bool(stroke), fill=bool(fill))
        canvas.setFillAlpha(1)
        canvas.setDash()

    def curve(self, start: Point, a: Point, b: Point, end: Point, *, stroke: str, width: float) -> None:
        self.canvas.setStrokeColor(HexColor(stroke))
        self.canvas.setLineWidth(width)
        points = [(x, -y) for x, y in (start, a, b, end)]
        self.canvas.bezier(*points[0], *points[1], *points[2], *points[3])

    def line(self, start: Point, end: Point, *, stroke: str, width: float, alpha: float = 1) -> None:
        self.canvas.setStrokeColor(HexColor(stroke))
        self.canvas.setStrokeAlpha(alpha)
        self.canvas.setLineWidth(width)
        self.canvas.line(start[0], -start[1], end[0], -end[1])
        self.canvas.setStrokeAlpha(1)

    def polygon(self, points: Iterable[Point], *, fill: str) -> None:
        path = self.canvas.beginPath()
        first, *rest = points
        path.moveTo(first[0], -first[1])
        for x, y in rest:
            path.lineTo(x, -y)
        path.close()
        self.canvas.setFillColor(HexColor(fill))
        self.canvas.drawPath(path, stroke=0, fill=1)

    def disc(self, middle: Point, radius: float, *, fill: str, stroke: str) -> None:
        self.canvas.setFillColor(HexColor(fill))
        self.canvas.setStrokeColor(HexColor(stroke))
        self.canvas.circle(middle[0], -middle[1], radius, stroke=1, fill=1)

    def text(self, at: Point, words: str, *, size: float, fill: str, bold: bool = False, anchor: str = "start") -> None:
        if not words:
            return
        self.canvas.setFont(fonts.BOLD if bold else fonts.REGULAR, size)
        self.canvas.setFillColor(HexColor(fill))
        put = self.canvas.drawCentredString if anchor == "middle" else self.canvas.drawString
        put(at[0], -at[1], words)

    def turned(self, middle: Point, angle: float) -> None:
        self.canvas.saveState()
        self.canvas.translate(middle[0], -middle[1])
        self.canvas.rotate(-math.degrees(angle))
        self.canvas.translate(-middle[0], middle[1])

    def straight(self) -> None:
        self.canvas.restoreState()
