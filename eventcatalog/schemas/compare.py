"""What changed from one schema to another, in plain words, by structure alone.

Each change says what it does to both directions. backward: documents written under the old schema, read by the new one;
a change that narrows what is taken breaks it. forward: the other way round; a change that widens breaks it. "unclear"
is left to containment (containment.py) and to the search for a counterexample (search.py): structure guesses nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

from eventcatalog.schemas.keywords import ANNOTATIONS, MAPS, WORDS, walk
from eventcatalog.schemas.normalise import canonical_text
from eventcatalog.schemas.pointers import pointer_to
from eventcatalog.schemas.references import Resolver
from eventcatalog.schemas.tree import type_words
from eventcatalog.schemas.types import Change, Comparison, Draft, Effect, ParsedSchema

CHANGES_MAX = 500
DEPTH_MAX = 40
_UPPER = {"maximum": "maximum", "exclusiveMaximum": "upper bound", "maxLength": "greatest length",
          "maxItems": "greatest number of items", "maxProperties": "greatest number of properties"}  # fmt: skip
_LOWER = {"minimum": "minimum", "exclusiveMinimum": "lower bound", "minLength": "least length",
          "minItems": "least number of items", "minProperties": "least number of properties"}  # fmt: skip
_HANDLED = {"type", "enum", "const", "properties", "required", "additionalProperties", "items", "$ref", "$defs",
            "definitions", "$schema", "$id", "$anchor", *_UPPER, *_LOWER}  # fmt: skip
_MONOTONE = ("allOf", "patternProperties", "propertyNames", "dependentSchemas", "prefixItems")
_BRANCHING = ("anyOf",)
_OPAQUE = ("oneOf", "not", "if", "then", "else", "contains", "unevaluatedProperties", "unevaluatedItems",
           "dependencies", "items", "additionalItems")  # fmt: skip
_TOLD = {"oneOf": "variants", "anyOf": "variants", "allOf": "parts", "prefixItems": "items"}
_ALL_TYPES = frozenset({"null", "boolean", "integer", "number", "string", "array", "object"})


@dataclass(frozen=True, slots=True)
class _Place:
    parts: tuple[str | int, ...] = ()
    path: str = ""

    def inside(self, *parts: str | int, path: str | None = None) -> _Place:
        return _Place((*self.parts, *parts), self.path if path is None else path)

    @property
    def words(self) -> str:
        return self.path or "the document"


def compare(old: ParsedSchema, new: ParsedSchema) -> Comparison:
    """All changes, in the order of the new schema; `truncated` beyond CHANGES_MAX."""
    if _same(old.document, new.document):
        return Comparison(())
    steps = _Walk(old, new)
    changes: list[Change] = []
    for change in steps.nodes(old.document, new.document, _Place(), 0):
        if len(changes) >= CHANGES_MAX:
            return Comparison(tuple(changes), truncated=True)
        changes.append(change)
    changes.extend(_of_the_whole(old, new))
    if not changes:
        # nothing a document could notice: definitions moved, keywords reordered
        message = "The text is arranged differently; documents can't tell."
        changes.append(Change("", "rearranged", message, "safe", "safe", words_only=True))
    return Comparison(tuple(changes))


def _of_the_whole(old: ParsedSchema, new: ParsedSchema) -> Iterator[Change]:
    """What concerns the whole text: its dialect, and references that only a validator can follow."""
    if old.draft != new.draft:
        message = f"The draft of JSON Schema changed from {old.draft} to {new.draft}."
        yield Change("/$schema", "draft_changed", message, "unclear", "unclear")
    if any(key in node for document in (old.document, new.document) for _, node in walk(document)
           if isinstance(node, dict) for key in ("$dynamicRef", "$recursiveRef")):  # fmt: skip
        message = "The schema uses dynamic references, whose effect isn't followed here."
        yield Change("", "dynamic_references", message, "unclear", "unclear")


_SILENT = WORDS | ANNOTATIONS | {"$defs", "definitions", "$schema", "$id", "$anchor"}
_COMBINING = frozenset({*_MONOTONE, *_BRANCHING, *_OPAQUE})


class _Walk:
    def __init__(self, old: ParsedSchema, new: ParsedSchema) -> None:
        self._old = _Side(old)
        self._new = _Side(new)
        self._seen: set[tuple[int, int]] = set()

    def nodes(self, old: Any, new: Any, place: _Place, depth: int) -> Iterator[Change]:
        """Changes between two schemas that look at the same place."""
        if depth > DEPTH_MAX:
            yield _change(place, "too_deep", f"{_cap(place.words)} is nested too deep to be compared.",
                          "unclear", "unclear")  # fmt: skip
            return
        if _ref(old) and _ref(new):
            # what two references mean is told once, at the first place; so recursion ends
            meant = id(self._old.meant(old)), id(self._new.meant(new))
            if meant in self._seen:
                return
            self._seen.add(meant)
        old, new = self._old.resolved(old), self._new.resolved(new)
        if isinstance(old, bool) or isinstance(new, bool):
            yield from _boolean(old, new, place)
            return
        yield from _words(old, new, place)
        yield from _types(old, new, place)
        yield from _values(old, new, place)
        yield from _bounds(old, new, place)
        yield from self._object(old, new, place, depth)
        yield from self._array(old, new, place, depth)
        yield from self._combined(old, new, place, depth)
        yield from self._rest(old, new, place)

    def _combined(self, old: dict[str, Any], new: dict[str, Any], place: _Place, depth: int) -> Iterator[Change]:
        """Changes inside keywords that combine schemas; only some of them carry an effect on to the whole."""
        for keyword in (*_MONOTONE, *_BRANCHING, *_OPAQUE):
            pairs = _pairs(keyword, old.get(keyword), new.get(keyword))
            if keyword in _HANDLED and not isinstance(old.get(keyword), list):
                continue
            carried = _carried(keyword)
            for parts, before, after in pairs or ():
                inside = place.inside(keyword, *parts)
                for change in self.nodes(before, after, inside, depth + 1):
                    yield carried(change)

    def _object(self, old: dict[str, Any], new: dict[str, Any], place: _Place, depth: int) -> Iterator[Change]:
        before, after = _mapping(old, "properties"), _mapping(new, "properties")
        needed_before, needed_after = _names(old), _names(new)
        for name in after:
            path = f"{place.path}.{name}" if place.path else name
            inside = place.inside("properties", name, path=path)
            if name not in before:
                yield _added(old, name, inside, required=name in needed_after)
            else:
                yield from self.nodes(before[name], after[name], inside, depth + 1)
        for name in before:
            if name not in after:
                path = f"{place.path}.{name}" if place.path else name
                yield _removed(new, name, place.inside("properties", name, path=path))
        yield from _required(needed_before, needed_after, place, set(before), set(after))
        yield from self._additional(
            old.get("additionalProperties", True), new.get("additionalProperties", True), place, depth
        )

    def _additional(self, old: Any, new: Any, place: _Place, depth: int) -> Iterator[Change]:
        inside = place.inside("additionalProperties", path=f"{place.path}.*" if place.path else "*")
        if _same(old, new) and not isinstance(old, dict):
            return
        if new is False:
            message = f"{_cap(place.words)} no longer takes properties that aren't declared."
            yield _change(inside, "content_closed", message, "breaking", "safe")
        elif old is False:
            yield _change(inside, "content_opened", f"{_cap(place.words)} now takes properties that aren't declared.",
                          "safe", "breaking" if new in (True, {}) else "unclear")  # fmt: skip
        elif isinstance(old, dict) and isinstance(new, dict) and old and new:
            yield from self.nodes(old, new, inside, depth + 1)
        elif new in (True, {}):
            yield _change(
                inside,
                "content_widened",
                f"Any other property of {place.words} may now be anything.",
                "safe",
                "unclear",
            )
        else:
            message = f"Any other property of {place.words} must now be {type_words(new)}."
            yield _change(inside, "content_narrowed", message, "unclear", "safe")

    def _array(self, old: dict[str, Any], new: dict[str, Any], place: _Place, depth: int) -> Iterator[Change]:
        before, after = old.get("items", True), new.get("items", True)
        inside = place.inside("items", path=f"{place.path}[]")
        if isinstance(before, list) or isinstance(after, list):
            if _pairs("items", before, after) is None:
                yield _change(inside, "items_changed", f"The items of {place.words} changed.", "unclear", "unclear")
        elif isinstance(before, dict) or isinstance(after, dict) or before != after:
            yield from self.nodes(before, after, inside, depth + 1)

    def _rest(self, old: dict[str, Any], new: dict[str, Any], place: _Place) -> Iterator[Change]:
        """Keywords whose effect structure can't tell, such as pattern, format, oneOf, if."""
        for keyword in dict.fromkeys([*new, *old]):
            if keyword in _HANDLED or keyword in WORDS or keyword in ANNOTATIONS:
                continue
            before, after = old.get(keyword), new.get(keyword)
            if _same(before, after) and (keyword in old) == (keyword in new):
                continue
            if keyword in _COMBINING and _pairs(keyword, before, after) is not None:
                continue  # told part by part
            if keyword in _TOLD and isinstance(before, list) and isinstance(after, list):
                message = f"{_cap(place.words)} had {len(before)} {_TOLD[keyword]} in “{keyword}”, now {len(after)}."
                yield _change(place.inside(keyword), f"{keyword}_changed", message, *_effects(keyword, before, after))
                continue
            if keyword in ("pattern", "format", "uniqueItems", "multipleOf") and keyword not in new:
                backward, forward, verb = "safe", "unclear", "was removed"
            elif keyword in ("pattern", "format", "uniqueItems", "multipleOf") and keyword not in old:
                backward, forward, verb = "unclear", "safe", f"was added: {_short(new[keyword])}"
            else:
                backward, forward = "unclear", "unclear"
                verb = "was removed" if keyword not in new else "was added" if keyword not in old else "changed"
            message = f"“{keyword}” of {place.words} {verb}."
            yield _change(place.inside(keyword), f"{keyword}_changed", message, backward, forward)  # type: ignore[arg-type]


def _boolean(old: Any, new: Any, place: _Place) -> Iterator[Change]:
    if old == new or (old in (True, {}) and new in (True, {})):
        return
    if new is False or old in (True, {}):
        words = "nothing" if new is False else type_words(new)
        yield _change(place, "narrowed", f"{_cap(place.words)} could be anything, now: {words}.",
                      "breaking" if new is False else "unclear", "safe")  # fmt: skip
    else:
        words = "anything" if new in (True, {}) else type_words(new)
        yield _change(place, "widened", f"{_cap(place.words)} may now be {words}.", "safe", "unclear")


def _content(schema: dict[str, Any]) -> Literal["open", "closed", "partly"]:
    """What an object takes beside its declared properties: anything, nothing, or something."""
    extra = schema.get("additionalProperties", True)
    if "patternProperties" in schema or "unevaluatedProperties" in schema:
        return "partly"
    return "closed" if extra is False else "open" if extra in (True, {}) else "partly"


def _added(old: dict[str, Any], name: str, place: _Place, *, required: bool) -> Change:
    content = _content(old)
    backward: Effect = "breaking" if required else "safe" if content == "closed" else "unclear"
    forward: dict[str, Effect] = {"open": "safe", "closed": "breaking", "partly": "unclear"}
    message = f"The {'required' if required else 'optional'} property {place.path} was added."
    return _change(place, "property_added", message, backward, forward[content])


def _removed(new: dict[str, Any], name: str, place: _Place) -> Change:
    content = _content(new)
    backward: dict[str, Effect] = {"open": "safe", "closed": "breaking", "partly": "unclear"}
    return _change(place, "property_removed", f"The property {place.path} is no longer declared.",
                   backward[content], "safe" if content == "closed" else "unclear")  # fmt: skip


def _required(
    before: set[str], after: set[str], place: _Place, declared_before: set[str], declared_after: set[str]
) -> Iterator[Change]:
    inside = place.inside("required")
    for name in sorted(after - before):
        if name in declared_before or name not in declared_after:
            path = f"{place.path}.{name}" if place.path else name
            yield _change(inside, "required_added", f"The property {path} is now required.", "breaking", "safe")
    for name in sorted(before - after):
        if name in declared_after or name not in declared_before:
            path = f"{place.path}.{name}" if place.path else name
            yield _change(inside, "required_removed", f"The property {path} is no longer required.", "safe", "breaking")
        else:
            path = f"{place.path}.{name}" if place.path else name
            yield _change(inside, "required_removed", f"The property {path} may now be missing.", "safe", "breaking")


def _types(old: dict[str, Any], new: dict[str, Any], place: _Place) -> Iterator[Change]:
    before, after = _type_set(old), _type_set(new)
    if before == after:
        return
    narrower, wider = before - after, after - before
    if narrower == {"integer"} and "number" in after:
        narrower = set()
    if wider == {"integer"} and "number" in before:
        wider = set()
    message = f"{_cap(place.words)} was {type_words(old)}, now {type_words(new)}."
    yield _change(place.inside("type"), "type_changed", message,
                  "breaking" if narrower else "safe", "breaking" if wider else "safe")  # fmt: skip


def _values(old: dict[str, Any], new: dict[str, Any], place: _Place) -> Iterator[Change]:
    if (
        ("enum" in old) != ("enum" in new)
        or not _same(old.get("const"), new.get("const"))
        or ("const" in old) != ("const" in new)
    ):
        gone = ("enum" in old and "enum" not in new) or ("const" in old and "const" not in new)
        words = "is no longer limited to a list of values" if gone else "must now be one of certain values"
        yield _change(place.inside("enum"), "values_changed", f"{_cap(place.words)} {words}.",
                      "unclear", "unclear")  # fmt: skip
        return
    before, after = _texts(old.get("enum", [])), _texts(new.get("enum", []))
    gone_values = [text for text in before if text not in after]
    added = [text for text in after if text not in before]
    inside = place.inside("enum")
    if gone_values:
        message = f"{_cap(place.words)} may no longer be {_listed(gone_values)}."
        yield _change(inside, "values_removed", message, "breaking", "safe")
    if added:
        yield _change(
            inside, "values_added", f"{_cap(place.words)} may now also be {_listed(added)}.", "safe", "breaking"
        )


def _bounds(old: dict[str, Any], new: dict[str, Any], place: _Place) -> Iterator[Change]:
    for table, higher_is_wider in ((_UPPER, True), (_LOWER, False)):
        for keyword, words in table.items():
            before, after = old.get(keyword), new.get(keyword)
            if before == after:
                continue
            if not all(value is None or _is_number(value) for value in (before, after)):
                wider, narrower = True, True
            elif before is None or after is None:
                wider, narrower = after is None, before is None
            else:
                wider = (after > before) == higher_is_wider
                narrower = not wider
            told = (
                f"from {before} to {after}"
                if None not in (before, after)
                else f"({before})"
                if after is None
                else f"to {after}"
            )
            verb = "removed" if after is None else "set" if before is None else "changed"
            message = f"The {words} of {place.words} was {verb} {told}."
            yield _change(place.inside(keyword), "bound_changed", message,
                          "breaking" if narrower else "safe", "breaking" if wider else "safe")  # fmt: skip


def _words(old: dict[str, Any], new: dict[str, Any], place: _Place) -> Iterator[Change]:
    for keyword in sorted(WORDS | ANNOTATIONS):
        if _same(old.get(keyword), new.get(keyword)):
            continue
        verb = "added" if keyword not in old else "removed" if keyword not in new else "changed"
        pointer = pointer_to((*place.parts, keyword))
        if keyword in WORDS:
            message = f"The {keyword.lstrip('$')} of {place.words} was {verb}."
            yield Change(pointer, "words_changed", message, "safe", "safe", place.path, True)
        else:
            message = f"“{keyword}” of {place.words} was {verb}."
            yield Change(pointer, "annotation_changed", message, "safe", "safe", place.path)


def _change(place: _Place, kind: str, message: str, backward: Effect, forward: Effect) -> Change:
    return Change(pointer_to(place.parts), kind, message, backward, forward, place.path)


def _ref(schema: Any) -> str:
    value = schema.get("$ref", "") if isinstance(schema, dict) else ""
    return value if isinstance(value, str) else ""


class _Side:
    """One of the two schemas, and what its references mean."""

    def __init__(self, parsed: ParsedSchema) -> None:
        self._resolver = Resolver(parsed.document, parsed.draft)
        self._ref_alone = parsed.draft in (Draft.DRAFT4, Draft.DRAFT6, Draft.DRAFT7)

    def meant(self, schema: dict[str, Any]) -> Any:
        """The object that a schema with a reference stands for: its target, or itself if it says more than that."""
        if set(schema) - _SILENT - {"$ref"}:
            return schema
        try:
            return self._resolver.target(schema, schema["$ref"])
        except LookupError:
            return schema

    def resolved(self, schema: Any) -> Any:
        """The schema with its reference followed; words beside the reference lie over those of the target.

        Where both say something that refuses documents, the target becomes one more part of "allOf".
        """
        for _ in range(16):
            reference = _ref(schema)
            if not reference:
                break
            beside = {key: value for key, value in schema.items() if key != "$ref" and not self._ignored(key)}
            try:
                target = self._resolver.target(schema, reference)
            except LookupError:
                return schema
            if not beside:
                schema = target
            elif isinstance(target, dict) and not _ref(target) and not _overlap(target, beside):
                schema = target | beside
            elif isinstance(target, dict) and not set(beside) - WORDS - ANNOTATIONS:
                schema = self.resolved(target)
                return schema | beside if isinstance(schema, dict) else schema
            else:
                return {**beside, "allOf": [*beside.get("allOf", []), target]}
        return schema

    def _ignored(self, key: str) -> bool:
        return self._ref_alone and key not in WORDS and key not in ANNOTATIONS


def _overlap(target: dict[str, Any], beside: dict[str, Any]) -> bool:
    """Whether both refuse documents: one may close the content over the properties of the other."""
    return bool(set(target) - _SILENT) and bool(set(beside) - _SILENT)


def _pairs(keyword: str, old: Any, new: Any) -> list[tuple[tuple[str | int, ...], Any, Any]] | None:
    """The schemas inside a keyword, pairwise; None where they don't stand side by side."""
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        return [((index,), before, after) for index, (before, after) in enumerate(zip(old, new, strict=True))]
    if isinstance(old, dict) and isinstance(new, dict) and keyword in MAPS:
        alike = set(old) == set(new) and all(isinstance(each, dict | bool) for each in (*old.values(), *new.values()))
        return [((name,), old[name], new[name]) for name in new] if alike else None
    if isinstance(old, dict | bool) and isinstance(new, dict | bool):
        return [((), old, new)]
    return None


def _carried(keyword: str) -> Callable[[Change], Change]:
    """What a change inside a keyword does to the schema around it."""

    def alike(change: Change) -> Change:
        return change

    def branch(change: Change) -> Change:
        return replace(change, backward=_no_break(change.backward), forward=_no_break(change.forward))

    def opaque(change: Change) -> Change:
        if change.words_only or change.kind == "annotation_changed":
            return change
        return replace(change, backward="unclear", forward="unclear")

    return alike if keyword in _MONOTONE else branch if keyword in _BRANCHING else opaque


def _no_break(effect: Effect) -> Effect:
    return "unclear" if effect == "breaking" else effect


def _effects(keyword: str, before: list[Any], after: list[Any]) -> tuple[Effect, Effect]:
    """Variants added to anyOf only widen, parts added to allOf only narrow; else it can't be told."""
    earlier, later = {canonical_text(each) for each in before}, {canonical_text(each) for each in after}
    if any("$ref" in text for text in earlier | later) or keyword not in ("anyOf", "allOf"):
        return "unclear", "unclear"
    grown, shrunk = earlier <= later, later <= earlier
    if keyword == "allOf":
        grown, shrunk = shrunk, grown
    return "safe" if grown else "unclear", "safe" if shrunk else "unclear"


def _same(old: Any, new: Any) -> bool:
    """Whether two values are the same JSON; for Python, true is 1."""
    return bool(old == new) and canonical_text(old) == canonical_text(new)


def _mapping(schema: dict[str, Any], keyword: str) -> dict[str, Any]:
    value = schema.get(keyword)
    return value if isinstance(value, dict) else {}


def _names(schema: dict[str, Any]) -> set[str]:
    value = schema.get("required")
    return {name for name in value if isinstance(name, str)} if isinstance(value, list) else set()


def _type_set(schema: dict[str, Any]) -> set[str]:
    value = schema.get("type")
    if isinstance(value, str):
        return {value}
    return set(value) if isinstance(value, list) else set(_ALL_TYPES)


def _texts(values: Any) -> list[str]:
    return [json.dumps(value, ensure_ascii=False, sort_keys=True) for value in values]


def _listed(texts: list[str]) -> str:
    shown = ", ".join(texts[:5])
    return shown + (f" and {len(texts) - 5} more" if len(texts) > 5 else "")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:59] + "…"


def _cap(words: str) -> str:
    return "The document" if words == "the document" else words
