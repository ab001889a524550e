"""What a new board starts with: nothing, a small example of its format that shows how the notation reads, or its
format's template: frames and lanes that a workshop fills.
"""

import itertools
from typing import Any

from storming.document.notation import BIG_PICTURE, DESIGN, PROCESS

STARTERS = ("empty", "example", "template")
Patch = dict[str, dict[str, Any]]

_EXAMPLES: dict[str, tuple[tuple[str, str, int, int, str], ...]] = {
    BIG_PICTURE: (
        ("buyer", "actor", 0, 40, "Buyer"),
        ("filled", "domain_event", 120, 0, "Cart Filled"),
        ("placed", "domain_event", 320, 0, "Order Placed"),
        ("paid", "domain_event", 520, 0, "Payment Received"),
        ("gateway", "system", 480, -180, "Payment gateway"),
        ("declined", "hotspot", 520, 180, "What if the card is declined twice?"),
        ("packed", "domain_event", 720, 0, "Parcel Packed"),
        ("delivered", "domain_event", 920, 0, "Parcel Delivered"),
        ("track", "opportunity", 920, 180, "Show the courier on a map"),
    ),
    PROCESS: (
        ("cart", "read_model", 0, 180, "Cart with prices"),
        ("buyer", "actor", 0, 20, "Buyer"),
        ("place", "command", 160, 0, "Place Order"),
        ("shop", "system", 340, 0, "Shop"),
        ("placed", "domain_event", 640, 0, "Order Placed"),
        ("whenever", "policy", 820, 0, "Whenever an order is placed, then reserve stock"),
        ("reserve", "command", 1120, 0, "Reserve Stock"),
        ("reserved", "domain_event", 1300, 0, "Stock Reserved"),
    ),
    DESIGN: (
        ("buyer", "actor", 0, 20, "Buyer"),
        ("place", "command", 160, 0, "Place Order"),
        ("order", "aggregate", 340, 0, "Order: has at least one line, total is the sum of its lines"),
        ("placed", "domain_event", 640, 0, "Order Placed"),
        ("whenever", "policy", 820, 0, "Whenever an order is placed, then reserve stock"),
        ("reserve", "command", 1120, 0, "Reserve Stock"),
        ("stock", "aggregate", 1300, 0, "Stock item: never below zero"),
        ("reserved", "domain_event", 1600, 0, "Stock Reserved"),
    ),
}
_CHAINS = {
    BIG_PICTURE: (),
    PROCESS: ("buyer place shop placed whenever reserve reserved",),
    DESIGN: ("buyer place order placed whenever reserve stock reserved",),
}


Area = tuple[str, str, int, int, int, int, str]  # id, kind, x, y, w, h, text
_TEMPLATES: dict[str, tuple[Area, ...]] = {
    BIG_PICTURE: (
        ("story", "frame", 0, 0, 4800, 1400, "The story, from left to right"),
        ("lane-before", "swimlane", 40, 60, 4720, 400, "What customers see"),
        ("lane-inside", "swimlane", 40, 500, 4720, 400, "What we do"),
        ("lane-outside", "swimlane", 40, 940, 4720, 400, "What others do for us"),
        ("open-questions", "frame", 0, 1520, 2340, 560, "Open questions"),
        ("opportunities", "frame", 2460, 1520, 2340, 560, "Opportunities"),
    ),
    PROCESS: (
        ("process", "frame", 0, 0, 4000, 1180, "One process, from its trigger to its outcome"),
        ("lane-people", "swimlane", 40, 60, 3920, 320, "People and what they look at"),
        ("lane-flow", "swimlane", 40, 420, 3920, 320, "Command, system, event, policy"),
        ("lane-trouble", "swimlane", 40, 780, 3920, 320, "What goes wrong"),
        ("open-questions", "frame", 0, 1300, 1940, 500, "Open questions"),
        ("decisions", "frame", 2060, 1300, 1940, 500, "Decisions"),
    ),
    DESIGN: (
        ("design", "frame", 0, 0, 4000, 1500, "What to build"),
        ("context-a", "context", 60, 80, 1860, 1340, "First bounded context"),
        ("context-b", "context", 2080, 80, 1860, 1340, "Second bounded context"),
        ("rules", "frame", 0, 1620, 1940, 500, "Rules that must hold"),
        ("open-questions", "frame", 2060, 1620, 1940, 500, "Open questions"),
    ),
}
_PROMPTS: dict[str, tuple[tuple[str, str, int, int, str], ...]] = {
    BIG_PICTURE: (
        ("prompt-start", "comment", 140, 190, "What is the first thing that happens?"),
        ("prompt-end", "comment", 4580, 190, "And the last?"),
    ),
    PROCESS: (
        ("prompt-start", "comment", 140, 510, "What sets it off?"),
        ("prompt-end", "comment", 3780, 510, "How do we know that it is done?"),
    ),
    DESIGN: (("prompt-rule", "comment", 60, 1720, "“An order never …”"),),
}


def patch_of(starter: str, board_format: str) -> Patch:
    """The first operation's patch; empty for an empty board."""
    if starter == "template":
        return _template(board_format)
    if starter != "example":
        return {}
    patch: Patch = {
        key: {"kind": kind, "x": x, "y": y, "text": text} for key, kind, x, y, text in _EXAMPLES[board_format]
    }
    if board_format == BIG_PICTURE:
        patch["placed"]["pivotal"] = True
    for chain in _CHAINS[board_format]:
        keys = chain.split()
        for start, end in itertools.pairwise(keys):
            patch[f"{start}-{end}"] = {"kind": "connector", "from": start, "to": end}
    return patch


def _template(board_format: str) -> Patch:
    areas = {
        key: {"kind": kind, "x": x, "y": y, "w": w, "h": h, "text": text}
        for key, kind, x, y, w, h, text in _TEMPLATES[board_format]
    }
    prompts = {key: {"kind": kind, "x": x, "y": y, "text": text} for key, kind, x, y, text in _PROMPTS[board_format]}
    return {**areas, **prompts}
