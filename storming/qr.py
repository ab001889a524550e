"""QR codes as SVG, for links that are opened with a phone."""

import io

import segno


def svg(text: str) -> str:
    """An ``<svg>`` element without fixed size; black on white whatever the theme, so that cameras read it."""
    out = io.BytesIO()
    code = segno.make(text, error="m", micro=False)
    look = {"xmldecl": False, "omitsize": True, "dark": "#000", "light": "#fff", "border": 3}
    code.save(out, kind="svg", svgclass=None, lineclass=None, **look)
    return out.getvalue().decode()
