"""The font of drawings made on the server: BOARD_FONT, else DejaVu Sans if it is installed, else ReportLab's own.

SVG names it and its likes, PDF embeds what it uses of it. Letters that it lacks are printed as boxes.
"""

import functools
from pathlib import Path

from django.conf import settings
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFError, TTFont

REGULAR, BOLD = "Board", "Board-Bold"
_PLACES = (Path("/usr/share/fonts/truetype/dejavu"), Path("/usr/share/fonts/dejavu"), Path("/usr/share/fonts/TTF"))
_WORDS_KEPT = 50_000


@functools.cache
def register() -> None:
    """Make the fonts known, once. A font that cannot be read gives way to the next."""
    pairs = [(place / "DejaVuSans.ttf", place / "DejaVuSans-Bold.ttf") for place in _PLACES]
    if settings.BOARD_FONT:
        own = Path(settings.BOARD_FONT)
        pairs.insert(0, (own, own.with_name(f"{own.stem}-Bold{own.suffix}")))
    for regular, bold in pairs:
        if regular.is_file():
            try:
                _register(str(regular), str(bold if bold.is_file() else regular))
            except (TTFError, OSError):
                continue
            return
    _register("Vera.ttf", "VeraBd.ttf")


def _register(regular: str, bold: str) -> None:
    pdfmetrics.registerFont(TTFont(REGULAR, regular))
    pdfmetrics.registerFont(TTFont(BOLD, bold))


@functools.lru_cache(maxsize=_WORDS_KEPT)
def width_of(words: str, bold: bool) -> float:
    """The width of a text at size 1."""
    register()
    return float(pdfmetrics.stringWidth(words, BOLD if bold else REGULAR, 1))
