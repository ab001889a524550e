"""Names for classes and types."""

from __future__ import annotations

import keyword
import re

TYPESCRIPT_TAKEN = frozenset(
    """
    any as async await bigint boolean break case catch class const continue debugger declare default delete
    do else enum export extends false finally for from function get if implements import in infer instanceof
    interface is keyof let module namespace never new null number object of package private protected public
    readonly require return set static string super switch symbol this throw true try type typeof undefined
    unique unknown var void while with yield Array Date Error Function Map Number Object Promise Record
    RegExp Set String Symbol Boolean
    """.split()  # noqa: SIM905 - a list of words reads best as words
)


def class_name(text: str, *, fallback: str = "Message") -> str:
    """``order.placed-v2 -> OrderPlacedV2``: letters and digits, beginning with a capital letter."""
    words = re.findall(r"[A-Za-z0-9]+", text)
    joined = "".join(word[0].upper() + word[1:] for word in words)
    if not joined:
        return fallback
    if joined[0].isdigit():
        joined = f"{fallback}{joined}"
    return f"{joined}_" if keyword.iskeyword(joined) else joined


def module_name(text: str) -> str:
    """``OrderPlaced -> order_placed``: for a file."""
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", text)
    return re.sub(r"[^a-z0-9]+", "_", spaced.lower()).strip("_") or "message"
