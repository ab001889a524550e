"""A schema guessed from example documents.

genson gives the structure (types, objects, arrays, what is required). The rest is ours: formats where every value of a
place has one, nullable places, whole numbers. Guesses are told in words, so that a person can mend them before saving.
Draft 2020-12; the same examples give the same schema, in the order in which names were first seen.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit

from genson import SchemaBuilder

from eventcatalog.schemas.types import Inferred

DRAFT = "https://json-schema.org/draft/2020-12/schema"
VALUES_KEPT_MAX = 1_000
NOTES_MAX = 40
DEPTH_MAX = 60

_UUID = re.compile(r"^[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$")
_DATE_TIME = re.compile(r"^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)$")
_DATE = re.compile(r"^\d{4}-\d\d-\d\d$")
_TIME = re.compile(r"^\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)$")
_EMAIL = re.compile(r"^[^@\s\"(),:;<>\[\]\\]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?\.[A-Za-z]{2,}$")
_URI = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*://[^\s<>\"{}|\\^`]+$")
_IPV4 = re.compile(r"^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)$")
_DURATION = re.compile(r"^P(?=.)(?:\d+Y)?(?:\d+M)?(?:\d+D)?(?:T(?=.)(?:\d+H)?(?:\d+M)?(?:\d+S)?)?$")


def _is_date_time(text: str) -> bool:
    if not _DATE_TIME.match(text) or text[10] == " ":
        return False
    try:
        datetime.fromisoformat(re.sub(r"[Zz]$", "+00:00", text))
    except ValueError:
        return False
    return True


def _is_date(text: str) -> bool:
    try:
        return bool(_DATE.match(text)) and date.fromisoformat(text) is not None
    except ValueError:
        return False


def _is_uri(text: str) -> bool:
    try:
        return bool(_URI.match(text)) and bool(urlsplit(text).netloc)
    except ValueError:
        return False


FORMATS: tuple[tuple[str, Callable[[str], bool]], ...] = (
    ("uuid", lambda text: bool(_UUID.match(text))),
    ("date-time", _is_date_time),
    ("date", _is_date),
    ("time", lambda text: bool(_TIME.match(text))),
    ("email", lambda text: bool(_EMAIL.match(text))),
    ("uri", _is_uri),
    ("ipv4", lambda text: bool(_IPV4.match(text))),
    ("duration", lambda text: bool(_DURATION.match(text))),
)


def infer_schema(documents: Sequence[Any], *, title: str = "", closed: bool = False) -> Inferred:
    """Guess a schema that takes every document given.

    closed: refuse undeclared properties everywhere. Raises ValueError without documents, or nested deeper than
    DEPTH_MAX.
    """
    if not documents:
        raise ValueError("Give at least one example.")
    for document in documents:
        _check_depth(document)
    builder = SchemaBuilder(schema_uri=None)
    for document in documents:
        builder.add_object(document)
    notes: list[str] = []
    schema = _refined(builder.to_schema(), list(documents), place="", notes=notes, closed=closed)
    head: dict[str, Any] = {"$schema": DRAFT}
    if title:
        head["title"] = title
    notes.insert(0, _seen(len(documents)))
    return Inferred(head | schema, tuple(notes[:NOTES_MAX]))


def _seen(count: int) -> str:
    if count == 1:
        return "Guessed from one example: every property in it counts as required. Untick those that may be missing."
    return f"Guessed from {count} examples: a property counts as required if all of them have it."


def _check_depth(document: Any) -> None:
    level = [document]
    for _ in range(DEPTH_MAX):
        level = [child for value in level for child in _children(value)]
        if not level:
            return
    raise ValueError(f"The example is nested more than {DEPTH_MAX} levels deep.")


def _children(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _refined(
    schema: dict[str, Any], values: list[Any], *, place: str, notes: list[str], closed: bool
) -> dict[str, Any]:
    """The schema of genson for one place, in our order, with formats; `values` are what was seen there."""
    if "anyOf" in schema:
        return {"anyOf": [_refined(each, _matching(each, values), place=place, notes=notes, closed=closed)
                          for each in schema["anyOf"]]}  # fmt: skip
    refined: dict[str, Any] = {key: schema[key] for key in schema if key not in ("properties", "required", "items")}
    texts = [value for value in values if isinstance(value, str)]
    if texts and (found := format_of(texts)):
        refined["format"] = found
        notes.append(f"{place or 'The document'}: every value looks like {_article(found)}, so it must be one.")
    if "properties" in schema:
        refined |= _object(schema, [value for value in values if isinstance(value, dict)], place, notes, closed)
    if "items" in schema:
        inner = [item for value in values if isinstance(value, list) for item in value][:VALUES_KEPT_MAX]
        refined["items"] = _refined(schema["items"], inner, place=f"{place}[]", notes=notes, closed=closed)
    elif values and all(value == [] for value in values):
        notes.append(f"{place or 'The document'}: only empty lists were seen, so its items may be anything.")
    if values and all(value is None for value in values):
        notes.append(f"{place or 'The document'}: only null was seen. Say what else it can be.")
    return refined


def _object(
    schema: dict[str, Any], objects: list[dict[str, Any]], place: str, notes: list[str], closed: bool
) -> dict[str, Any]:
    names = list(dict.fromkeys(name for value in objects for name in value))
    properties = {}
    for name in names:
        inner = [value[name] for value in objects if name in value][:VALUES_KEPT_MAX]
        inner_place = f"{place}.{name}" if place else name
        properties[name] = _refined(schema["properties"][name], inner, place=inner_place, notes=notes, closed=closed)
    wanted = set(schema.get("required", ()))
    found: dict[str, Any] = {"properties": properties}
    if wanted:
        found["required"] = [name for name in names if name in wanted]
    if closed:
        found["additionalProperties"] = False
    return found


def _matching(schema: dict[str, Any], values: list[Any]) -> list[Any]:
    wanted = schema.get("type")
    kinds = set(wanted) if isinstance(wanted, list) else {wanted}
    return [
        value for value in values if _type_of(value) in kinds or (_type_of(value) == "integer" and "number" in kinds)
    ]


def _type_of(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if value is None:
        return "null"
    names: tuple[tuple[type, str], ...] = (
        (int, "integer"), (float, "number"), (str, "string"), (list, "array"), (dict, "object"),
    )  # fmt: skip
    return next(name for kind, name in names if isinstance(value, kind))


def format_of(texts: Sequence[str]) -> str | None:
    """The format that all texts have, the most telling first; None if there is none."""
    return next((name for name, matches in FORMATS if all(map(matches, texts))), None)


def _article(name: str) -> str:
    return ("an " if name[0] in "aeio" else "a ") + name
