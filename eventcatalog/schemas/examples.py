"""Documents made from a schema: a believable example, variations of it, and odd ones for the search of counterexamples.

The order of trust at each place: examples, default, const, enum; then what name, format and bounds suggest. What comes
out of `example` and `variations` has been held against the schema; a seed gives the same documents every time.
"""

from __future__ import annotations

import random
import string
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from eventcatalog.schemas.engine import compile_fast
from eventcatalog.schemas.parse import restore
from eventcatalog.schemas.pointers import follow, fragment_to_pointer
from eventcatalog.schemas.regexes import found

DEPTH_MAX = 12
TRIES_MAX = 60
ITEMS_MAX = 3
_EPOCH = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
_BY_NAME: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("currency", ("EUR", "USD", "GBP", "CHF")),
    ("country", ("DE", "NL", "FR", "US")),
    ("email", ("ann@example.org", "bo@example.org")),
    ("city", ("Rotterdam", "Lyon", "Leipzig")),
    ("street", ("Harbour Street 7", "Mill Lane 12")),
    ("phone", ("+31 10 555 0142",)),
    ("name", ("Ann Example", "Bo Sample")),
    ("sku", ("CHAIR-01", "DESK-22", "LAMP-07")),
    ("status", ("open", "done")),
    ("reason", ("No longer wanted", "Damaged on the way")),
    ("url", ("https://example.org/things/1",)),
    ("note", ("Leave at the door",)),
    ("description", ("A short description",)),
)


def example(schema: Any, *, seed: int = 0) -> Any:
    """One believable document. Raises ValueError if none was found within TRIES_MAX tries."""
    found = variations(schema, seed=seed, n=1)
    if not found:
        raise ValueError("No example could be made for this schema. Write one by hand.")
    return found[0]


def variations(schema: Any, *, seed: int = 0, n: int = 10) -> list[Any]:
    """At most n valid documents, the first the most believable; fewer if the schema is hard to satisfy."""
    parsed = restore(schema)
    takes = compile_fast(parsed).is_valid
    kept: list[Any] = []
    for attempt in range(TRIES_MAX + n * 4):
        if len(kept) >= n:
            break
        dice = random.Random(f"{seed}/{attempt}")  # noqa: S311 - repeatable, no secret
        maker = Maker(schema, dice, plain=attempt == 0)
        document = maker.make(schema)
        if takes(document) and (n == 1 or document not in kept or attempt > TRIES_MAX):
            kept.append(document)
    return kept


class Maker:
    """Makes one document; `plain` prefers the first choice everywhere and leaves nothing out that is cheap to make."""

    def __init__(self, root: Any, dice: random.Random, *, plain: bool = False) -> None:
        self._root = root
        self._dice = dice
        self._plain = plain

    def make(self, schema: Any, *, name: str = "", depth: int = 0) -> Any:
        """A value for a schema; not checked."""
        if not isinstance(schema, dict) or depth > DEPTH_MAX:
            return None if schema is False or depth > DEPTH_MAX else "anything"
        schema = self._flattened(schema, depth)
        for keyword in ("examples", "enum"):
            if isinstance(schema.get(keyword), list) and schema[keyword]:
                return self._pick(schema[keyword])
        for keyword in ("const", "default"):
            if keyword in schema:
                return schema[keyword]
        return self._typed(schema, name, depth)

    def _flattened(self, schema: dict[str, Any], depth: int) -> dict[str, Any]:
        """References followed, allOf laid together, one branch of anyOf and oneOf chosen."""
        for _ in range(8):
            if isinstance(schema.get("$ref"), str):
                schema = _merged(
                    {key: value for key, value in schema.items() if key != "$ref"}, self._target(schema["$ref"])
                )
            elif schema.get("allOf"):
                parts = schema["allOf"]
                schema = {key: value for key, value in schema.items() if key != "allOf"}
                for part in parts:
                    schema = _merged(schema, part)
            elif schema.get("oneOf") or schema.get("anyOf"):
                keyword = "oneOf" if schema.get("oneOf") else "anyOf"
                branch = self._pick(schema[keyword])
                schema = _merged({key: value for key, value in schema.items() if key != keyword}, branch)
            else:
                break
        return schema

    def _target(self, reference: str) -> Any:
        try:
            return follow(self._root, fragment_to_pointer(reference.removeprefix("#")))
        except (LookupError, ValueError):
            return {}

    def _typed(self, schema: dict[str, Any], name: str, depth: int) -> Any:
        kind = schema.get("type")
        if isinstance(kind, list):
            kind = self._pick([each for each in kind if each != "null" or not self._plain] or kind)
        kind = kind or _guessed(schema)
        if kind == "object":
            return self._object(schema, depth)
        if kind == "array":
            return self._array(schema, name, depth)
        if kind in ("integer", "number"):
            return self._number(schema, whole=kind == "integer")
        if kind == "boolean":
            return True if self._plain else self._dice.random() < 0.5
        return None if kind == "null" else self._text(schema, name)

    def _object(self, schema: dict[str, Any], depth: int) -> dict[str, Any]:
        properties = schema.get("properties", {})
        required = [name for name in schema.get("required", []) if isinstance(name, str)]
        made = {}
        for name, inner in properties.items():
            wanted = name in required
            if inner is False or (
                not wanted and (depth >= DEPTH_MAX - 4 or not (self._plain or self._dice.random() < 0.7))
            ):
                continue
            made[name] = self.make(inner, name=name, depth=depth + 1)
        self._undeclared(schema, made, depth)
        extra = schema.get("additionalProperties")
        for name in required:
            if name not in made:
                made[name] = self.make(_meant_for(name, schema), name=name, depth=depth + 1)
        while len(made) < _bound(schema, "minProperties", 0):
            made[f"extra{len(made)}"] = self.make(extra if isinstance(extra, dict) else True, depth=depth + 1)
        return made

    def _undeclared(self, schema: dict[str, Any], made: dict[str, Any], depth: int) -> None:
        """Now and then a property of another name, where the schema says what such a one must be."""
        if self._plain or depth >= DEPTH_MAX - 4:
            return
        extra, patterns = schema.get("additionalProperties"), schema.get("patternProperties")
        if isinstance(extra, dict) and self._dice.random() < 0.4:
            made.setdefault("other", self.make(extra, name="other", depth=depth + 1))
        for pattern, inner in patterns.items() if isinstance(patterns, dict) else ():
            name = from_pattern(pattern, self._dice)
            if name and self._dice.random() < 0.4:
                made.setdefault(name, self.make(inner, name=name, depth=depth + 1))

    def _array(self, schema: dict[str, Any], name: str, depth: int) -> list[Any]:
        first = schema.get("prefixItems") or (schema["items"] if isinstance(schema.get("items"), list) else [])
        items = schema.get("items") if isinstance(schema.get("items"), dict) else True
        least = _bound(schema, "minItems", 0)
        most = _bound(schema, "maxItems", max(least, ITEMS_MAX))
        size = max(least, min(most, 1 if self._plain else self._dice.randint(0, ITEMS_MAX)))
        made = [self.make(inner, name=name, depth=depth + 1) for inner in first[:size]] if first else []
        if depth >= DEPTH_MAX - 4:
            size = least
        tries = 0
        while len(made) < size and tries < 20:
            tries += 1
            value = self.make(
                schema.get("contains", items) if not made else items, name=name.rstrip("s"), depth=depth + 1
            )
            if not schema.get("uniqueItems") or value not in made:
                made.append(value)
        return made

    def _number(self, schema: dict[str, Any], *, whole: bool) -> int | float:
        low = _bound(schema, "minimum", None)
        high = _bound(schema, "maximum", None)
        step = _bound(schema, "multipleOf", 1 if whole else 0.01)
        above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
        if above is True or (isinstance(above, int | float) and not isinstance(above, bool)):
            low = (low or 0) + step if above is True else above + step
        if below is True or (isinstance(below, int | float) and not isinstance(below, bool)):
            high = (high or 0) - step if below is True else below - step
        if low is None:
            low = 1 if high is None or high >= 1 else high - 10 * step
        if high is None:
            high = low + (98 if whole else 98.0)
        raw = low + (high - low) * (0.4 if self._plain else self._dice.random())
        value = round(raw / step) * step
        value = min(max(value, low), high)
        return int(value) if whole else round(value, 6)

    def _text(self, schema: dict[str, Any], name: str) -> str:
        wanted = schema.get("format")
        made = self._formatted(wanted) if isinstance(wanted, str) else None
        if made is None and isinstance(schema.get("pattern"), str):
            made = from_pattern(schema["pattern"], self._dice)
        if made is None:
            made = self._named(name)
        least, most = _bound(schema, "minLength", 0), _bound(schema, "maxLength", 10_000)
        return made.ljust(least, "x")[: max(most, 0)] if most < 10_000 or least else made

    def _named(self, name: str) -> str:
        lowered = name.lower()
        for part, values in _BY_NAME:
            if part in lowered:
                return str(self._pick(list(values)))
        if lowered.endswith("id") or lowered.endswith("number"):
            stem = "".join(letter for letter in name if letter.isalpha())[:3].upper() or "ID"
            return f"{stem}-{1042 if self._plain else self._dice.randint(1000, 9999)}"
        return name.replace("_", " ") or "text"

    def _formatted(self, wanted: str) -> str | None:
        moment = _EPOCH + timedelta(seconds=0 if self._plain else self._dice.randint(0, 10_000_000))
        number = self._dice.randint(0, 9999)
        uuid = str(UUID(int=self._dice.getrandbits(128), version=4))
        made = {
            "date-time": moment.strftime("%Y-%m-%dT%H:%M:%SZ"), "date": moment.strftime("%Y-%m-%d"),
            "time": moment.strftime("%H:%M:%SZ"), "duration": "P2DT4H", "uuid": uuid, "email": "ann@example.org",
            "idn-email": "ann@example.org", "uri": f"https://example.org/things/{number}", "iri": "https://example.org/",
            "uri-reference": f"/things/{number}", "uri-template": "https://example.org/{id}",
            "hostname": "shop.example.org",
            "ipv4": "192.0.2.17", "ipv6": "2001:db8::17", "json-pointer": "/id", "regex": "^[A-Z]+$",
        }  # fmt: skip
        return made.get(wanted)

    def _pick(self, choices: list[Any]) -> Any:
        return choices[0] if self._plain else self._dice.choice(choices)


def _merged(schema: dict[str, Any], other: Any) -> dict[str, Any]:
    """Two schemas about one value laid together: properties and required joined, else the first one's word counts."""
    if not isinstance(other, dict):
        return schema
    merged = other | schema
    for keyword in ("properties", "$defs"):
        if keyword in schema and keyword in other:
            merged[keyword] = other[keyword] | schema[keyword]
    if "required" in schema and "required" in other:
        merged["required"] = list(dict.fromkeys([*other["required"], *schema["required"]]))
    for keyword in ("allOf", "oneOf", "anyOf"):
        if keyword in schema and keyword in other:
            merged["allOf"] = [*merged.get("allOf", []), {keyword: other[keyword]}]
    return merged


def _meant_for(name: str, schema: dict[str, Any]) -> Any:
    """The schema of a property that is required but not declared."""
    patterns, extra = schema.get("patternProperties"), schema.get("additionalProperties")
    for pattern, inner in patterns.items() if isinstance(patterns, dict) else ():
        if found(pattern, name):
            return inner
    return extra if isinstance(extra, dict) else True


def _guessed(schema: dict[str, Any]) -> str:
    if "properties" in schema or "required" in schema or "minProperties" in schema:
        return "object"
    if "items" in schema or "minItems" in schema or "prefixItems" in schema or "contains" in schema:
        return "array"
    return "number" if "minimum" in schema or "maximum" in schema or "multipleOf" in schema else "string"


def _bound(schema: dict[str, Any], keyword: str, otherwise: Any) -> Any:
    value = schema.get(keyword, otherwise)
    return otherwise if isinstance(value, bool) else value


def from_pattern(pattern: str, dice: random.Random) -> str | None:
    """A text that simple patterns take: literals, classes, groups, counts. None for what is beyond this."""
    import re._parser as parser  # the standard library's own reading of a pattern

    try:
        return "".join(_pieces(parser.parse(pattern), dice))
    except (ValueError, KeyError, IndexError, OverflowError, parser.error):  # type: ignore[attr-defined]
        return None


def _pieces(parsed: Any, dice: random.Random) -> Iterator[str]:
    for code, argument in parsed:
        name = str(code)
        if name == "LITERAL":
            yield chr(argument)
        elif name == "ANY":
            yield "x"
        elif name == "IN":
            yield _of_class(argument, dice)
        elif name in ("MAX_REPEAT", "MIN_REPEAT"):
            low, high, inner = argument
            for _ in range(dice.randint(low, min(int(high), low + 3))):
                yield from _pieces(inner, dice)
        elif name == "SUBPATTERN":
            yield from _pieces(argument[-1], dice)
        elif name == "BRANCH":
            yield from _pieces(dice.choice(argument[1]), dice)
        elif name != "AT":
            raise ValueError(name)


def _of_class(parts: Any, dice: random.Random) -> str:
    if str(parts[0][0]) == "NEGATE":
        taken = {chr(each) for code, each in parts[1:] if str(code) == "LITERAL"}
        return next(letter for letter in string.ascii_letters + string.digits if letter not in taken)
    code, argument = dice.choice(parts)
    if str(code) == "LITERAL":
        return chr(argument)
    if str(code) == "RANGE":
        return chr(dice.randint(*argument))
    return {"CATEGORY_DIGIT": "7", "CATEGORY_WORD": "w", "CATEGORY_SPACE": " "}[str(argument)]
