"""JSON Pointers (RFC 6901): writing, reading and following them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote


def pointer_to(parts: Iterable[str | int]) -> str:
    """``["a/b", 0] -> "/a~1b/0"``; no parts give "", the whole document."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def parts_of(pointer: str) -> list[str]:
    """``"/a~1b/0" -> ["a/b", "0"]``. Raises ValueError for a text that doesn't start with a slash."""
    if pointer == "":
        return []
    if not pointer.startswith("/"):
        raise ValueError(f"{pointer!r} is no JSON Pointer: it must be empty or start with '/'.")
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer[1:].split("/")]


def follow(document: Any, pointer: str) -> Any:
    """The value at `pointer`. Raises LookupError where there is none, ValueError for a text that is no pointer."""
    value = document
    for part in parts_of(pointer):
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            raise LookupError(f"There is nothing at {pointer!r}.")
    return value


def fragment_to_pointer(fragment: str) -> str:
    """The pointer in a URI fragment, percent-decoded: ``"/definitions/a%20b" -> "/definitions/a b"``."""
    return unquote(fragment)
