"""What would mend a refused change: each fix is a function from a schema and a change to another schema.

A fix is offered only once it was tried: ``mends`` "all" says that the schema it gives is compatible,
"leniently" that it is where nobody sends undeclared properties, "part" that it takes this change's break away while
others stay. Fixes edit the schema as its author wrote it; a change inside a definition
that lies in another document (linking.py) can't be mended from here and gets none.

    backward  make optional | optional with a default | leave it open | widen again (bounds, values, types, patterns)
    forward   require it again | close the content | narrow again | leave the property out
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Literal

from eventcatalog.schemas.check import check, closed
from eventcatalog.schemas.compare import compare
from eventcatalog.schemas.containment import covers
from eventcatalog.schemas.errors import SchemaError
from eventcatalog.schemas.parse import parse_schema
from eventcatalog.schemas.pointers import follow, fragment_to_pointer, parts_of
from eventcatalog.schemas.types import Change, CompatibilityMode, Direction, ParsedSchema, Policy, Schema

FIXES_MAX = 12
CHANGES_TRIED_MAX = 24
STEPS_MAX = 40
VERSIONS_TRIED_MAX = 20
_GENTLE = {"make_optional", "give_default"}
_WIDER = {"type", "enum", "const", "pattern", "format", "multipleOf", "uniqueItems"}

Reader = Callable[[Schema], ParsedSchema]
Edit = tuple[str, str, dict[str, Any]]  # kind, words, the schema it gives


@dataclass(frozen=True, slots=True)
class Fix:
    """``pointer`` leads to the change it mends, "" for all; ``document`` is the whole schema after it.

    ``kind`` is stable: make_optional, give_default, close_content, open_content, widen, narrow, require, keep,
    leave_out, restore, all.
    """

    kind: str
    words: str
    pointer: str
    mends: Literal["all", "leniently", "part"]
    document: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        """``{"kind", "words", "pointer", "mends", "schema"}``."""
        return {"kind": self.kind, "words": self.words, "pointer": self.pointer, "mends": self.mends,
                "schema": self.document}  # fmt: skip


def fixes(
    old_versions: Sequence[tuple[str, ParsedSchema]],
    written: Schema,
    mode: CompatibilityMode | str,
    *,
    policy: Policy = "strict",
    read: Reader = parse_schema,
) -> tuple[Fix, ...]:
    """The fixes of ``written`` (the new schema as its author wrote it) after these versions, the most useful first.

    ``read`` parses a schema as written (and links what it refers to). Empty when nothing is refused, or nothing helps.
    """
    mode = CompatibilityMode(mode)
    if not old_versions or not isinstance(written, dict) or not mode.directions:
        return ()
    trial = _Trial(old_versions, mode, policy, read)
    if trial.passes(written):
        return ()
    found: list[Fix] = []
    for change, direction, old in trial.breaks(written)[:CHANGES_TRIED_MAX]:
        for kind, words, document in _edits(change, direction, old, written):
            fix = trial.judged(kind, words, change, document, written)
            if fix is not None and all(fix.document != each.document for each in found):
                found.append(fix)
    whole = _all_at_once(trial, written) if not any(fix.mends == "all" for fix in found) else None
    ranked = sorted(found, key=lambda fix: ("all", "leniently", "part").index(fix.mends))
    return tuple(([whole] if whole else []) + ranked)[:FIXES_MAX]


class _Trial:
    """Holds a schema against the former versions, again and again."""

    def __init__(
        self, old_versions: Sequence[tuple[str, ParsedSchema]], mode: CompatibilityMode, policy: Policy, read: Reader
    ) -> None:
        self._old = list(old_versions[-VERSIONS_TRIED_MAX:] if mode.transitive else old_versions[-1:])
        self._mode, self._policy, self._read = mode, policy, read

    @property
    def leniently(self) -> _Trial | None:
        """The same trial where nobody sends undeclared properties; None if it is that one already."""
        return None if self._policy == "lenient" else _Trial(self._old, self._mode, "lenient", self._read)

    def passes(self, written: Schema) -> bool:
        """Whether it may be published: by the prover alone where that says yes, else by all we have."""
        try:
            new = self._read(written)
        except SchemaError:
            return False
        if all(self._proved(old, new) for _, old in self._old):
            return True
        return check(self._old, new, self._mode, policy=self._policy).accepted

    def _proved(self, old: ParsedSchema, new: ParsedSchema) -> bool:
        return all(self.covered(old, new, direction) for direction in self._mode.directions)

    def covered(self, old: ParsedSchema, new: ParsedSchema, direction: Direction) -> bool:
        """Whether one direction is proved."""
        taker, refuser = (old, new) if direction == "backward" else (new, old)
        return covers(refuser, closed(taker) if self._policy == "lenient" else taker) == "yes"

    def breaks(self, written: Schema) -> list[tuple[Change, Direction, ParsedSchema]]:
        """The changes that break (or may break) a direction, surely breaking ones first, the newest version first."""
        try:
            new = self._read(written)
        except SchemaError:
            return []
        found: list[tuple[Change, Direction, ParsedSchema]] = []
        for _, old in reversed(self._old):
            changes = compare(old, new).changes
            for direction in self._mode.directions:
                if not self.covered(old, new, direction):
                    found += [(each, direction, old) for each in changes if getattr(each, direction) != "safe"]
        return sorted(found, key=lambda each: getattr(each[0], each[1]) != "breaking")

    def judged(self, kind: str, words: str, change: Change, document: dict[str, Any], before: Schema) -> Fix | None:
        """The fix, if the schema that it gives can be read and is better than what was there."""
        if document == before:
            return None
        if self.passes(document):
            return Fix(kind, words, change.pointer, "all", document)
        lenient = self.leniently
        if lenient is not None and kind in _GENTLE and lenient.passes(document):
            return Fix(kind, words, change.pointer, "leniently", document)
        try:
            self._read(document)
        except SchemaError:
            return None
        left = {(each.pointer, each.kind, each.message) for each, _, _ in self.breaks(document)}
        was = {(each.pointer, each.kind, each.message) for each, _, _ in self.breaks(before)}
        mended = (change.pointer, change.kind, change.message) not in left and len(left) < len(was)
        return Fix(kind, words, change.pointer, "part", document) if mended else None


def _all_at_once(trial: _Trial, written: dict[str, Any]) -> Fix | None:
    """Mend one break after the other until it passes; None if that leads nowhere."""
    document, steps = written, 0
    for _ in range(STEPS_MAX):
        if trial.passes(document):
            words = f"Mend all {steps} places at once." if steps > 1 else "Mend it."
            return Fix("all", words, "", "all", document)
        following = next(_steps(trial, document), None)
        if following is None:
            return None
        document, steps = following, steps + 1
    return None


def _steps(trial: _Trial, document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for change, direction, old in trial.breaks(document)[:CHANGES_TRIED_MAX]:
        for kind, words, edited in _edits(change, direction, old, document):
            fix = trial.judged(kind, words, change, edited, document)
            if fix is not None and fix.mends != "leniently":
                yield edited


def _edits(change: Change, direction: Direction, old: ParsedSchema, written: dict[str, Any]) -> Iterator[Edit]:
    """What might mend one change, the gentlest first."""
    parts = parts_of(change.pointer)
    if direction == "backward":
        yield from _backward(change, parts, old, written)
    else:
        yield from _forward(change, parts, old, written)
    yield from _restored(change, parts, old, written)


def _backward(change: Change, parts: list[str], old: ParsedSchema, written: dict[str, Any]) -> Iterator[Edit]:
    place = change.place or "the document"
    if change.kind == "property_added" and len(parts) >= 2:
        owner, name = parts[:-2], parts[-1]
        yield from _optional(written, owner, [name], place)
        anything = _edited(written, parts, lambda node: _words_of(node))
        if anything is not None:
            optional = _without_required(anything, owner, [name]) or anything
            words = f"Let {place} be anything: the former schema took any value under this name."
            yield "widen", words, optional
    elif change.kind == "required_added":
        names = sorted(_needed(_at(written, parts[:-1])) - _needed(_at(old.document, parts[:-1])))
        yield from _optional(written, parts[:-1], names, ", ".join(names))
    elif change.kind == "content_closed":
        opened = _edited(written, parts[:-1], lambda node: _dropped(node, "additionalProperties"))
        if opened is not None:
            yield "open_content", f"Leave {_around(place)} open to undeclared properties.", opened
    elif change.kind == "property_removed" and len(parts) >= 2:
        yield from _kept(parts, old, written, f"Keep declaring {place}.")
    elif change.kind in ("bound_changed", "values_removed", "type_changed", "values_changed") or (
        change.kind.endswith("_changed") and parts and parts[-1] in _WIDER
    ):
        yield from _widened(change, parts, old, written)


def _forward(change: Change, parts: list[str], old: ParsedSchema, written: dict[str, Any]) -> Iterator[Edit]:
    place = change.place or "the document"
    if change.kind == "required_removed":
        names = sorted(_needed(_at(old.document, parts[:-1])) - _needed(_at(written, parts[:-1])))
        required = _edited(written, parts[:-1], lambda node: node | {"required": [*node.get("required", []), *names]})
        if required is not None:
            yield "require", f"Require {', '.join(names)} again.", required
    elif change.kind == "content_opened":
        shut = _edited(written, parts[:-1], lambda node: node | {"additionalProperties": False})
        if shut is not None:
            yield "close_content", f"Close {_around(place)} to undeclared properties again.", shut
    elif change.kind == "property_added" and len(parts) >= 2:
        left_out = _edited(written, parts[:-1], lambda node: _dropped(node, parts[-1]))
        if left_out is not None:
            yield "leave_out", f"Leave {place} out.", _without_required(left_out, parts[:-2], [parts[-1]]) or left_out
    elif change.kind == "property_removed" and len(parts) >= 2:
        shut = _edited(written, parts[:-2], lambda node: node | {"additionalProperties": False})
        if shut is not None:
            yield "close_content", "Close the content, so that nobody sends it with another meaning.", shut
        yield from _kept(parts, old, written, f"Keep declaring {place}.")
    elif change.kind in ("bound_changed", "values_added", "type_changed", "values_changed"):
        yield from _narrowed(change, parts, old, written)


def _optional(written: dict[str, Any], owner: list[str], names: list[str], place: str) -> Iterator[Edit]:
    """Out of "required", without and with a default that readers fill in."""
    optional = _without_required(written, owner, names)
    if optional is None:
        return
    yield "make_optional", f"Make {place} optional.", optional
    defaulted = optional
    for name in names:
        filled = _edited(defaulted, [*owner, "properties", name], lambda node: {**node, "default": default_of(node)})
        if filled is None:
            return
        defaulted = filled
    yield "give_default", f"Make {place} optional, with a default for readers.", defaulted


def _kept(parts: list[str], old: ParsedSchema, written: dict[str, Any], words: str) -> Iterator[Edit]:
    former = _at(old.document, parts)
    if former is None:
        return
    owner = _edited(written, parts[:-1], lambda node: {**node, parts[-1]: deepcopy(former)})
    if owner is None:
        whole = _edited(written, parts[:-2], lambda node: {**node, parts[-2]: {parts[-1]: deepcopy(former)}})
        owner = whole
    if owner is not None:
        yield "keep", words, owner


def _widened(change: Change, parts: list[str], old: ParsedSchema, written: dict[str, Any]) -> Iterator[Edit]:
    """The place takes what it took before and what the author wants it to take."""
    place, keyword = change.place or "the document", parts[-1]
    former, now = _at(old.document, parts[:-1]), _at(written, parts[:-1])
    if not isinstance(former, dict) or not isinstance(now, dict):
        return
    widened = _edited(written, parts[:-1], lambda node: _united(node, former, keyword))
    if widened is not None:
        yield "widen", f"Widen {place}: {_what(keyword)} as before, and what is new.", widened


def _united(node: dict[str, Any], former: dict[str, Any], keyword: str) -> dict[str, Any]:
    if keyword == "type" and "type" in former:
        kinds = [*_listed(former["type"]), *_listed(node.get("type", []))]
        kinds = [each for each in dict.fromkeys(kinds) if each != "integer" or "number" not in kinds]
        return {**node, "type": kinds[0] if len(kinds) == 1 else kinds}
    if keyword in ("enum", "const") and "enum" in former and "enum" in node:
        return {**node, "enum": [*former["enum"], *(each for each in node["enum"] if each not in former["enum"])]}
    if keyword == "enum":
        node = _dropped(node, "const")
    if keyword in former:
        return {**node, keyword: former[keyword]}
    return _dropped(node, keyword)


def _narrowed(change: Change, parts: list[str], old: ParsedSchema, written: dict[str, Any]) -> Iterator[Edit]:
    """The place takes no more than it took before."""
    place, keyword = change.place or "the document", parts[-1]
    former = _at(old.document, parts[:-1])
    if not isinstance(former, dict) or keyword not in former:
        return
    narrowed = _edited(written, parts[:-1], lambda node: {**node, keyword: deepcopy(former[keyword])})
    if narrowed is not None:
        yield "narrow", f"Keep {_what(keyword)} of {place} as before.", narrowed


def _restored(change: Change, parts: list[str], old: ParsedSchema, written: dict[str, Any]) -> Iterator[Edit]:
    """The last resort: this place as it was."""
    if not parts:
        return
    former = _at(old.document, parts)
    if former is None:
        edited = _edited(written, parts[:-1], lambda node: _dropped(node, parts[-1]))
    else:
        edited = _edited(written, parts[:-1], lambda node: {**node, parts[-1]: deepcopy(former)})
    if edited is not None:
        yield "restore", f"Put {change.place or 'it'} back as it was (“{parts[-1]}”).", edited


def default_of(schema: Any) -> Any:
    """A value that stands for "not said": what the schema itself offers, else the emptiest of its type."""
    if not isinstance(schema, dict):
        return None
    for keyword in ("default", "const"):
        if keyword in schema:
            return schema[keyword]
    if isinstance(schema.get("enum"), list) and schema["enum"]:
        return schema["enum"][0]
    kinds = _listed(schema.get("type", "null"))
    if "null" in kinds:
        return None
    empty: dict[str, Any] = {"string": "", "boolean": False, "array": [], "object": {}}
    if kinds[0] in ("integer", "number"):
        low, high = schema.get("minimum", 0), schema.get("maximum", 0)
        return low if low > 0 else min(0, high) if "maximum" in schema else 0
    return empty.get(kinds[0])


def _around(place: str) -> str:
    return place.removesuffix(".*") if place != "*" else "the document"


def _what(keyword: str) -> str:
    return {"enum": "the values", "type": "the types", "const": "the value"}.get(keyword, f"“{keyword}”")


def _words_of(node: Any) -> dict[str, Any]:
    kept = ("title", "description", "examples", "default")
    return {key: value for key, value in node.items() if key in kept} if isinstance(node, dict) else {}


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [value]


def _needed(node: Any) -> set[str]:
    names = node.get("required", []) if isinstance(node, dict) else []
    return {each for each in names if isinstance(each, str)} if isinstance(names, list) else set()


def _dropped(node: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in node.items() if name != key}


def _without_required(written: dict[str, Any], owner: list[str], names: list[str]) -> dict[str, Any] | None:
    def less(node: dict[str, Any]) -> dict[str, Any]:
        left = [each for each in node.get("required", []) if each not in names]
        return {**node, "required": left} if left else _dropped(node, "required")

    return _edited(written, owner, less)


def _route(document: Any, parts: list[str]) -> list[str] | None:
    """The parts that really lead to a place whose pointer passes through references; None where it isn't here."""
    real: list[str] = []
    node: Any = document
    for part in parts:
        for _ in range(16):
            reference = node.get("$ref") if isinstance(node, dict) and part not in node else None
            if not isinstance(reference, str):
                break
            if not reference.startswith("#"):
                return None
            real = parts_of(fragment_to_pointer(reference[1:]))
            try:
                node = follow(document, fragment_to_pointer(reference[1:]))
            except (LookupError, ValueError):
                return None
        if isinstance(node, dict) and part in node:
            node = node[part]
        elif isinstance(node, list) and part.isdecimal() and int(part) < len(node):
            node = node[int(part)]
        else:
            return None
        real.append(part)
    return real


def _resolve(document: Any, parts: list[str]) -> list[str] | None:
    """The same, and through references at the place itself."""
    real = _route(document, parts)
    for _ in range(16):
        if real is None:
            return None
        node = follow(document, _pointer(real))
        reference = node.get("$ref") if isinstance(node, dict) else None
        if not isinstance(reference, str) or set(node) - {"$ref", "title", "description", "$defs"}:
            return real
        if not reference.startswith("#"):
            return None
        real = _route(document, parts_of(fragment_to_pointer(reference[1:])))
    return None


def _pointer(parts: list[str]) -> str:
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in parts)


def _at(document: Any, parts: list[str]) -> Any:
    real = _resolve(document, parts)
    return None if real is None else follow(document, _pointer(real))


def _edited(document: dict[str, Any], parts: list[str], edit: Callable[[Any], Any]) -> dict[str, Any] | None:
    """A copy of the document with one place put through ``edit``; None where the place isn't in this document."""
    real = _resolve(document, parts)
    if real is None:
        return None
    if not real:
        return dict(edit(document))
    copy = deepcopy(document)
    owner = follow(copy, _pointer(real[:-1]))
    key: Any = int(real[-1]) if isinstance(owner, list) else real[-1]
    if not isinstance(owner[key], dict):
        return None
    owner[key] = edit(owner[key])
    return copy
