"""JSON as RFC 8259 has it, and nothing more: no NaN, no Infinity, no repeated names, no broken UTF-8.

A repeated name is refused because parsers disagree on which one counts ("last one" here, "first one" there): two
services would read two different facts from the same bytes. Limits: DEPTH_MAX levels of nesting.
"""

from __future__ import annotations

import json
from typing import Any

import orjson

from eventcatalog.schemas.errors import Fault
from eventcatalog.schemas.pointers import pointer_to

DEPTH_MAX = 200


class JSONFault(ValueError):
    """Bytes that are no acceptable JSON. `line` and `column` count from 1 and are 0 where there is no one place."""

    def __init__(self, code: str, fault: Fault, *, line: int = 0, column: int = 0) -> None:
        super().__init__(fault.message)
        self.code = code
        self.fault = fault
        self.line = line
        self.column = column


class _Repeating(dict[str, Any]):
    """An object in which `name` was given twice."""

    name: str


def loads(payload: bytes | str, *, depth_max: int = DEPTH_MAX) -> Any:
    """The value. Raises JSONFault (codes invalid_json, duplicate_key, too_deep)."""
    try:
        value = orjson.loads(payload)
    except orjson.JSONDecodeError as error:
        raise _syntax_fault(payload, error) from None
    if depth_exceeds(value, depth_max):
        raise too_deep(depth_max)
    place = repeated_name(payload)
    if place is not None:
        raise repeated(place)
    return value


def repeated_name(payload: bytes | str) -> str | None:
    """The JSON Pointer of the first name that an object gives twice. `payload` must be JSON and not too deep."""
    found: list[_Repeating] = []

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(items)
        if len(result) == len(items):
            return result
        seen: set[str] = set()
        repeating = _Repeating(items)
        repeating.name = next(name for name, _ in items if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        found.append(repeating)
        return repeating

    value = json.loads(payload, object_pairs_hook=pairs)
    return _place_of(value, found[0]) if found else None


def depth_exceeds(value: Any, depth_max: int) -> bool:
    """Whether arrays and objects are nested deeper than `depth_max` levels (a scalar has depth 0)."""
    level = [value]
    for _ in range(depth_max):
        level = [child for node in level for child in _inner(node)]
        if not level:
            return False
    return any(isinstance(node, dict | list) for node in level)


def too_deep(depth_max: int = DEPTH_MAX) -> JSONFault:
    """The fault of a document nested too deeply."""
    words = f"The document is nested more than {depth_max} levels deep."
    return JSONFault("too_deep", Fault("", words, "json", "Flatten it, or send a reference to the nested part."))


def repeated(pointer: str) -> JSONFault:
    """The fault of a name given twice at `pointer`."""
    name = pointer.rsplit("/", 1)[-1].replace("~1", "/").replace("~0", "~")
    words = f"The name {json.dumps(name, ensure_ascii=False)} appears more than once in the same object."
    return JSONFault("duplicate_key", Fault(pointer, words, "json", "Send each name once: readers differ in which "
                                                                   "one they take."))  # fmt: skip


def _inner(node: Any) -> Any:
    if isinstance(node, dict):
        return node.values()
    return node if isinstance(node, list) else ()


def _place_of(value: Any, wanted: _Repeating) -> str:
    """Where `wanted` lies; its place may be lost under another repetition, then the whole document stands for it."""
    stack: list[tuple[tuple[str | int, ...], Any]] = [((), value)]
    while stack:
        parts, node = stack.pop()
        if node is wanted:
            return pointer_to((*parts, wanted.name))
        if isinstance(node, dict):
            stack.extend(((*parts, key), child) for key, child in node.items())
        elif isinstance(node, list):
            stack.extend(((*parts, index), child) for index, child in enumerate(node))
    return pointer_to((wanted.name,))


def _syntax_fault(payload: bytes | str, error: orjson.JSONDecodeError) -> JSONFault:
    if "depth limit" in error.msg:
        return too_deep()
    if isinstance(payload, bytes):
        try:
            payload.decode()
        except UnicodeDecodeError as broken:
            words = f"The bytes are not valid UTF-8 (byte {broken.start} is wrong)."
            return JSONFault("invalid_json", Fault("", words, "json", "Encode the document as UTF-8."))
    words, hint = _in_words(payload if isinstance(payload, str) else payload.decode(), error)
    place = f" (line {error.lineno}, column {error.colno})"
    fault = Fault("", f"This is not JSON: {words}{place}.", "json", hint)
    return JSONFault("invalid_json", fault, line=error.lineno, column=error.colno)


_BARE_WORDS = {"NaN": "JSON knows no NaN", "Infinity": "JSON knows no Infinity", "-Infinity": "JSON knows no Infinity",
               "True": "Python's True is written true", "False": "Python's False is written false",
               "None": "Python's None is written null", "undefined": "JSON knows no undefined"}  # fmt: skip


def _in_words(text: str, error: orjson.JSONDecodeError) -> tuple[str, str]:
    """What is wrong and how to mend it, for the mistakes people make most."""
    if not text.strip():
        return "it is empty", "Send a JSON document."
    rest = text[error.pos :]
    for word, words in _BARE_WORDS.items():
        if rest.startswith(word) or (word.startswith("-") and text[max(0, error.pos - 1) :].startswith(word)):
            return words, "Send null, or leave the value out." if "knows no" in words else "Write it in lower case."
    if "infinity" in error.msg:
        return "a number is too large", "Send it as a string, or in another unit."
    if rest.startswith("'"):
        return "strings are written with double quotes", "Replace ' by \"."
    if "trailing comma" in error.msg:
        return "there is a comma too much before the closing bracket", "Take the last comma away."
    if "unexpected content after" in error.msg:
        return "something follows after the end of the document", "Send one JSON document at a time."
    return error.msg.partition(": line ")[0], "Check the document near that place."
