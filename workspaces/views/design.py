"""/design/: every component of the design language, live, in both themes."""

import re

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

NOTES = (
    ("domain-event", "Order placed"),
    ("hotspot", "Who refunds?"),
    ("actor", "Buyer"),
    ("system", "Payment gateway"),
    ("opportunity", "Offer express"),
    ("command", "Place order"),
    ("policy", "Whenever paid, then ship"),
    ("read-model", "Order overview"),
    ("aggregate", "Order"),
    ("comment", "Ask Bob"),
    ("vote", "3"),
)
COLOURS = [
    "canvas",
    "surface",
    "raised",
    "sunken",
    "line",
    "line-strong",
    "line-control",
    "ink",
    "ink-2",
    "ink-3",
    "inverse",
    "accent",
    "accent-soft",
    "fact",
    "focus",
    "good",
    "good-soft",
    "warn",
    "warn-soft",
    "bad",
    "bad-soft",
    "info",
    "info-soft",
]


def design(request: HttpRequest) -> HttpResponse:
    """With DEBUG for everybody, else for those who are signed in."""
    if not (settings.DEBUG or request.user.is_authenticated):
        return redirect(f"{reverse('workspaces:sign-in')}?next={request.path}")
    context = {"notes": NOTES, "colours": COLOURS, "icons": _icon_names(), "themes": ("light", "dark")}
    return render(request, "workspaces/design.html", context)


def _icon_names() -> list[str]:
    sprite = (settings.BASE_DIR / "static" / "icons" / "icons.svg").read_text(encoding="utf-8")
    return re.findall(r'<symbol id="([^"]+)"', sprite)
