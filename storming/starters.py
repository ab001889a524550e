"""What a new board starts with: nothing, or a small example of its format that shows how the notation reads."""

import itertools
from typing import Any

from storming.document.notation import BIG_PICTURE, DESIGN, PROCESS

STARTERS = ("empty", "example")
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


def patch_of(starter: str, board_format: str) -> Patch:
    """The first operation's patch; empty for an empty board."""
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
