"""A quicker yes: many schemas say no more than a typed decoder checks while it parses.

`quick_check(parsed)` gives a function from payloads to whether *all* of them surely fit, or None for a schema that says
more than types can. Its yes is binding, its no is not: after a no the validator is asked (validator.py). So what is
translated may be stricter than the schema, never laxer:

- objects with `properties` become structs, and a document with a property beside them is left to the validator;
- integers stay within 64 bits and are written without a point or exponent;
- what cannot be said by a type (a pattern, a format) is asked of the fast validator, a column of values at a time;
- every other keyword that asserts something makes the schema untranslatable. Unknown keywords too.

The decoder (msgspec) refuses all that the parser of the slow way (orjson) refuses, as far as it gets to see it: nothing
is skipped, and where the schema takes anything, numbers stay bounded all the same. tests/schemas/test_quick.py holds
the two together.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from operator import attrgetter
from typing import Annotated, Any, Literal, Union

import jsonschema_rs
import msgspec

from eventcatalog.schemas.engine import compile_fast
from eventcatalog.schemas.types import ParsedSchema

QuickCheck = Callable[[Sequence[bytes]], bool]
Node = dict[str, Any]
NODES_MAX = 2_000
FIELDS_MAX = 500
DEPTH_MAX = 20
COLUMNS_MAX = 60  # values asked of the validator; with more of them it is no longer quicker
INT_MIN, INT_MAX = -(1 << 63), (1 << 63) - 1
EXACT_FLOAT_MAX = 1 << 53

_SILENT = {
    "title", "description", "$comment", "default", "examples", "example", "deprecated", "readOnly", "writeOnly",
    "$defs", "definitions",
}  # fmt: skip
_TAKEN = {
    "string": {"minLength", "maxLength", "pattern", "format"},
    "integer": {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"},
    "number": {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"},
    "boolean": set(),
    "null": set(),
    "array": {"items", "minItems", "maxItems"},
    "object": {"properties", "required", "additionalProperties"},
}  # fmt: skip
_ASKED = ("pattern", "format")
_BOUNDS = {"minimum": "ge", "maximum": "le", "exclusiveMinimum": "gt", "exclusiveMaximum": "lt"}


class _SaysMore(Exception):
    """The schema can't be said by types."""


@dataclass(frozen=True, slots=True)
class Column:
    """Values to ask the validator about: `steps` lead from the documents to them, one list to the next."""

    steps: tuple[Callable[[list[Any]], list[Any]], ...]
    is_valid: Callable[[Any], bool]

    def all_fit(self, documents: list[Any]) -> bool:
        """Whether the validator takes all of them."""
        values = documents
        for step in self.steps:
            values = step(values)
        return all(map(self.is_valid, values))


@dataclass(frozen=True, slots=True)
class _Typed:
    """A translated schema. `columns` begin at the value itself."""

    type: Any
    columns: tuple[Column, ...] = ()


def quick_check(parsed: ParsedSchema) -> QuickCheck | None:
    """The function, or None when the schema says more than types can."""
    try:
        typed = _Translation(parsed).of(parsed.document, depth=0)
        decode = msgspec.json.Decoder(typed.type).decode
    except (_SaysMore, TypeError, ValueError, RecursionError):
        return None
    return partial(_all_fit, decode, typed.columns)


def _all_fit(decode: Callable[[bytes], Any], columns: tuple[Column, ...], payloads: Sequence[bytes]) -> bool:
    try:
        if not columns:
            deque(map(decode, payloads), maxlen=0)
            return True
        documents = list(map(decode, payloads))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return all(column.all_fit(documents) for column in columns)


class _Translation:
    """Of one schema; counts what it makes, so that a huge schema costs little."""

    def __init__(self, parsed: ParsedSchema) -> None:
        self._parsed = parsed
        self._nodes = 0
        self._fields = 0
        self._columns = 0

    def of(self, schema: Any, *, depth: int) -> _Typed:
        """Raises _SaysMore."""
        self._nodes += 1
        if schema is True or schema == {}:
            return _Typed(_ANYTHING)
        if not isinstance(schema, dict) or depth > DEPTH_MAX or self._nodes > NODES_MAX:
            raise _SaysMore
        asserting = set(schema) - _SILENT
        if schema is self._parsed.document:
            asserting -= {"$id", "$schema"}
        if "$ref" in asserting:
            return self.of(self._referred(schema, asserting), depth=depth + 1)
        if "anyOf" in asserting:
            return self._nullable(schema["anyOf"], asserting, depth)
        if asserting & {"enum", "const"}:
            return _Typed(_literal(schema, asserting))
        kinds = schema.get("type")
        kinds = [kinds] if isinstance(kinds, str) else kinds
        if (
            not isinstance(kinds, list)
            or not kinds
            or not asserting - {"type"} <= set().union(*(_TAKEN.get(kind, set()) for kind in kinds))
        ):
            raise _SaysMore
        return _united([self._of_kind(kind, schema, depth) for kind in kinds])

    def _referred(self, schema: Node, asserting: set[str]) -> Any:
        """A definition of this document. Beside `$ref` other keywords count in some dialects and not in others."""
        kind, _, name = schema["$ref"].removeprefix("#/").partition("/")
        document = self._parsed.document
        if asserting != {"$ref"} or kind not in ("$defs", "definitions") or not isinstance(document, dict):
            raise _SaysMore
        definitions = document.get(kind)
        if "~" in name or "%" in name or "/" in name or not isinstance(definitions, dict) or name not in definitions:
            raise _SaysMore
        return definitions[name]

    def _nullable(self, variants: Any, asserting: set[str], depth: int) -> _Typed:
        if asserting != {"anyOf"} or not isinstance(variants, list):
            raise _SaysMore
        return _united([self.of(variant, depth=depth + 1) for variant in variants])

    def _of_kind(self, kind: str, schema: Node, depth: int) -> _Typed:
        match kind:
            case "string":
                return self._string(schema)
            case "integer":
                return _Typed(Annotated[int, _meta(_int_bounds(schema))])
            case "number":
                return _Typed(_number(schema))
            case "boolean":
                return _Typed(bool)
            case "null":
                return _Typed(None)
            case "array":
                return self._array(schema, depth)
            case "object":
                return self._object(schema, depth)
        raise _SaysMore

    def _string(self, schema: Node) -> _Typed:
        kind: Any = str
        if bounds := _lengths(schema, "minLength", "maxLength"):
            kind = Annotated[str, _meta(bounds)]
        asked = {name: schema[name] for name in _ASKED if name in schema}
        return _Typed(kind, (Column((), self._asking(asked)),) if asked else ())

    def _asking(self, asked: Node) -> Callable[[Any], bool]:
        self._columns += 1
        if self._columns > COLUMNS_MAX:
            raise _SaysMore
        compiled: jsonschema_rs.Validator = compile_fast(ParsedSchema(asked, self._parsed.draft))
        return compiled.is_valid

    def _array(self, schema: Node, depth: int) -> _Typed:
        item = self.of(schema.get("items", True), depth=depth + 1)
        kind: Any = list[item.type]  # type: ignore[name-defined]
        if bounds := _lengths(schema, "minItems", "maxItems"):
            kind = Annotated[kind, _meta(bounds)]
        return _Typed(kind, _behind(_items, item.columns))

    def _object(self, schema: Node, depth: int) -> _Typed:
        properties, required = schema.get("properties", {}), schema.get("required", [])
        if not isinstance(properties, dict) or not isinstance(required, list):
            raise _SaysMore
        if not properties:
            return self._mapping(schema, required, depth)
        if not set(required) <= set(properties):
            raise _SaysMore
        self._fields += len(properties)
        if self._fields > FIELDS_MAX:
            raise _SaysMore
        fields: list[Any] = []
        names: dict[str, str] = {}
        columns: list[Column] = []
        for number, (name, inner) in enumerate(properties.items()):
            typed, field, needed = self.of(inner, depth=depth + 1), f"f{number}", name in required
            names[field] = name
            fields.append(
                (field, typed.type) if needed else (field, _one_of(typed.type, msgspec.UnsetType), msgspec.UNSET)
            )
            columns += _behind(partial(_attribute, attrgetter(field), needed), typed.columns)
        made = msgspec.defstruct("Document", _needed_first(fields), gc=False, forbid_unknown_fields=True, rename=names)
        return _Typed(made, tuple(columns))

    def _mapping(self, schema: Node, required: list[Any], depth: int) -> _Typed:
        """No properties, but a schema for whatever comes."""
        if required:
            raise _SaysMore
        value = self.of(schema.get("additionalProperties", True), depth=depth + 1)
        return _Typed(dict[str, value.type], _behind(_values, value.columns))  # type: ignore[name-defined]


# Keywords to types ----------------------------------------------------------------------------------------------------


def _literal(schema: Node, asserting: set[str]) -> Any:
    """Strings, whole numbers and null that are listed; `type` beside them has to hold for each."""
    values = [schema["const"]] if "const" in schema else schema["enum"]
    if asserting not in ({"enum"}, {"const"}, {"enum", "type"}, {"const", "type"}) or not isinstance(values, list):
        raise _SaysMore
    kinds = {str: "string", int: "integer", type(None): "null"}
    found = {kinds.get(type(value), "") for value in values}  # bool is another type than int here
    allowed = schema.get("type", [*found])
    allowed = {allowed} if isinstance(allowed, str) else set(allowed)
    if not values or "" in found or not found <= allowed | ({"integer"} if "number" in allowed else set()):
        raise _SaysMore
    if any(isinstance(value, int) and not INT_MIN <= value <= INT_MAX for value in values):
        raise _SaysMore
    return Literal[tuple(values)]


def _number(schema: Node) -> Any:
    """Unbounded: a float. Bounded: whole numbers are compared as such, beyond 2^53 a float would round them."""
    bounds = {meta: schema[name] for name, meta in _BOUNDS.items() if name in schema}
    if not bounds:
        return float
    if any(type(bound) not in (int, float) or abs(bound) >= EXACT_FLOAT_MAX for bound in bounds.values()):
        raise _SaysMore
    if any(bound != int(bound) for bound in bounds.values()):
        return Annotated[float, _meta({meta: float(bound) for meta, bound in bounds.items()})]
    whole = {"ge": INT_MIN, "le": INT_MAX} | {meta: int(bound) for meta, bound in bounds.items()}
    real = _meta({meta: float(bound) for meta, bound in bounds.items()})
    return _one_of(Annotated[int, _meta(_sorted_out(whole))], Annotated[float, real])


def _int_bounds(schema: Node) -> dict[str, int]:
    bounds = {"ge": INT_MIN, "le": INT_MAX}
    for name, meta in _BOUNDS.items():
        bound = schema.get(name)
        if bound is None:
            continue
        if type(bound) not in (int, float) or bound != int(bound) or not INT_MIN < bound < INT_MAX:
            raise _SaysMore
        bounds[meta] = int(bound)
    return _sorted_out(bounds)


def _sorted_out(bounds: dict[str, int]) -> dict[str, int]:
    """One lower and one upper bound: a type takes no two."""
    if "gt" in bounds:
        bounds["ge"] = max(bounds["ge"], bounds.pop("gt") + 1)
    if "lt" in bounds:
        bounds["le"] = min(bounds["le"], bounds.pop("lt") - 1)
    return bounds


def _lengths(schema: Node, least: str, most: str) -> dict[str, int]:
    bounds = {meta: schema[name] for name, meta in ((least, "min_length"), (most, "max_length")) if name in schema}
    if any(bound != int(bound) for bound in bounds.values()):
        raise _SaysMore
    return {meta: int(bound) for meta, bound in bounds.items()}


def _united(typed: list[_Typed]) -> _Typed:
    """One of these types. Columns are followed through `null` only: it has none."""
    if len(typed) == 1:
        return typed[0]
    others = [each for each in typed if each.type is not None]
    columns = tuple(chain.from_iterable(each.columns for each in others))
    if columns and len(others) > 1:
        raise _SaysMore
    kind = _one_of(*(each.type for each in typed))
    return _Typed(kind, _behind(_present, columns))


def _one_of(*kinds: Any) -> Any:
    """The union of types that are known at run time only."""
    return Union[kinds]  # noqa: UP007


def _meta(bounds: Mapping[str, Any]) -> Any:
    return msgspec.Meta(**bounds)


def _anything(depth: int) -> Any:
    """Any JSON value of so many levels, with whole numbers of 64 bits."""
    kinds: list[Any] = [None, bool, Annotated[int, _meta({"ge": INT_MIN, "le": INT_MAX})], float, str]
    if depth:
        inner = _anything(depth - 1)
        kinds += [list[inner], dict[str, inner]]  # type: ignore[valid-type]
    return _one_of(*kinds)


_ANYTHING = _anything(4)


def _needed_first(fields: list[Any]) -> list[Any]:
    return sorted(fields, key=len)


# From documents to columns of values ----------------------------------------------------------------------------------


def _behind(step: Callable[[list[Any]], list[Any]], columns: Iterable[Column]) -> tuple[Column, ...]:
    return tuple(Column((step, *column.steps), column.is_valid) for column in columns)


def _attribute(get: Callable[[Any], Any], needed: bool, values: list[Any]) -> list[Any]:
    found = list(map(get, values))
    return found if needed else [each for each in found if each is not msgspec.UNSET]


def _present(values: list[Any]) -> list[Any]:
    return [each for each in values if each is not None]


def _items(values: list[Any]) -> list[Any]:
    return list(chain.from_iterable(values))


def _values(values: list[Any]) -> list[Any]:
    return list(chain.from_iterable(map(dict.values, values)))
