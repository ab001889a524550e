"""The design language as one stylesheet.

The files of static/css/ and static/css/components/ are joined at the first request and served under an address that
contains their hash, so that browsers fetch them once a release. No build step: with DEBUG on they are read each time.
Pages' own CSS stays in files of its own (static/<floor>/*.css), linked in the ``head`` block.
"""

import functools
import hashlib
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

_FIRST = ("00-layers.css", "reset.css", "tokens.css", "base.css", "layout.css")
_LAST = ("utilities.css", "pages.css")


@dataclass(frozen=True, slots=True)
class Stylesheet:
    """The joined text and the first 16 hex digits of its SHA-256."""

    text: str
    version: str


def stylesheet() -> Stylesheet:
    """What every page links to."""
    return _join() if settings.DEBUG else _joined_once()


def stylesheet_url() -> str:
    """``/assets/factstorm-<hash>.css``."""
    return reverse("workspaces:stylesheet", kwargs={"version": stylesheet().version})


def serve(request: HttpRequest, version: str) -> HttpResponse:
    """The stylesheet; an old page asking for an old version gets today's, uncached."""
    sheet = stylesheet()
    response = HttpResponse(sheet.text, content_type="text/css; charset=utf-8")
    fresh = version == sheet.version
    response["Cache-Control"] = "public, max-age=31536000, immutable" if fresh else "no-cache"
    return response


def _join() -> Stylesheet:
    folder = settings.BASE_DIR / "static" / "css"
    paths = [folder / name for name in _FIRST]
    paths += sorted((folder / "components").glob("*.css"))
    paths += [folder / name for name in _LAST]
    text = "\n".join(path.read_text(encoding="utf-8") for path in paths)
    return Stylesheet(text, hashlib.sha256(text.encode()).hexdigest()[:16])


_joined_once = functools.cache(_join)
