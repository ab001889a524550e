"""The quick way says yes only to what the validator takes, whatever the schema and however broken the bytes."""

import json
from functools import cache
from random import Random
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventcatalog.schemas import quick
from eventcatalog.schemas.infer import infer_schema
from eventcatalog.schemas.parse import parse_schema
from eventcatalog.schemas.quick import quick_check
from eventcatalog.schemas.validator import QUICK_MISSES_MAX, QUICK_PAUSE, Validator, compile_validator
from tests.real_input import octokit
from tests.schemas import random_schemas

ORDER = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "https://example.org/order",
    "type": "object",
    "required": ["order_id", "customer", "lines", "placed_at"],
    "properties": {
        "order_id": {"type": "string", "minLength": 1, "pattern": "^o-[0-9]+$"},
        "customer": {
            "type": "object",
            "required": ["id"],
            "properties": {"id": {"$ref": "#/$defs/id"}, "email": {"type": ["string", "null"], "format": "email"}},
        },
        "lines": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["sku"],
                "properties": {
                    "sku": {"type": "string", "format": "uuid"},
                    "price": {"type": "number", "minimum": 0},
                    "state": {"enum": ["new", "used", None]},
                },
            },
        },
        "placed_at": {"type": "string", "format": "date-time"},
        "counts": {"type": "object", "additionalProperties": {"type": "integer", "exclusiveMaximum": 100}},
        "note": {"anyOf": [{"type": "string", "maxLength": 20}, {"type": "null"}]},
    },
    "$defs": {"id": {"type": "integer", "minimum": 0}},
}
GOOD = {
    "order_id": "o-17",
    "customer": {"id": 7, "email": "ada@example.org"},
    "lines": [{"sku": "6f0c2f5e-2f2f-4f43-9d57-0d5e8f3f8a11", "price": 19.9, "state": None}],
    "placed_at": "2026-11-25T10:00:00Z",
    "counts": {"a": 1, "b": 99},
    "note": None,
}


def dumps(document: Any) -> bytes:
    return json.dumps(document).encode()


def slow(schema: Any) -> Validator:
    """The validator with the quick way closed."""
    return _slow(json.dumps(schema))


@cache
def _slow(text: str) -> Validator:
    schema = json.loads(text)
    made = compile_validator(parse_schema(schema))
    made._quick_pause = 1 << 60
    return made


def checked(schema: Any) -> quick.QuickCheck:
    return _checked(json.dumps(schema))


@cache
def _checked(text: str) -> quick.QuickCheck:
    found = quick_check(parse_schema(json.loads(text)))
    assert found is not None
    return found


def test_an_ordinary_schema_is_translated_and_takes_ordinary_documents():
    assert checked(ORDER)([dumps(GOOD)] * 3)
    sparse = {**GOOD, "lines": [{"sku": GOOD["lines"][0]["sku"]}]}
    del sparse["note"], sparse["counts"]
    assert checked(ORDER)([dumps(sparse)])


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (["order_id"], "17"), (["order_id"], ""), (["order_id"], 17),
        (["customer", "id"], -1), (["customer", "id"], 1.5),
        (["customer", "email"], "nobody"), (["lines"], []), (["lines", 0, "sku"], "x"), (["lines", 0, "price"], -0.01),
        (["lines", 0, "state"], "broken"), (["placed_at"], "2026-11-25 25:00"), (["counts", "b"], 100),
        (["note"], "x" * 21), (["customer"], None), (["customer", "id"], True),
    ],
)  # fmt: skip
def test_every_keyword_that_is_translated_counts(place: list, value: Any):
    document = json.loads(dumps(GOOD))
    at = document
    for step in place[:-1]:
        at = at[step]
    at[place[-1]] = value
    assert not checked(ORDER)([dumps(GOOD), dumps(document)])
    assert not slow(ORDER).accepts(dumps(document))


@pytest.mark.parametrize(
    "more",
    [
        {"uniqueItems": True}, {"contains": {}}, {"minProperties": 1}, {"not": {"type": "string"}}, {"allOf": [{}]},
        {"oneOf": [{"type": "integer"}, {"type": "number"}]}, {"patternProperties": {"a": {}}}, {"if": {}}, {"x": 1},
        {"multipleOf": 2}, {"nullable": True}, {"dependentRequired": {"a": ["b"]}}, {"unevaluatedProperties": False},
    ],
)  # fmt: skip
def test_a_schema_that_says_more_is_left_to_the_validator(more: dict):
    inner = {"type": "object", "properties": {"a": {"type": "string"}}} | more
    for schema in (inner, {"type": "object", "properties": {"deep": {"type": "array", "items": inner}}}):
        assert quick_check(parse_schema(schema)) is None


def test_a_schema_that_grows_without_end_is_given_up_soon():
    twice = {"anyOf": [{"$ref": "#/$defs/a"}, {"$ref": "#/$defs/a"}]}
    assert quick_check(parse_schema({"$ref": "#/$defs/a", "$defs": {"a": {"type": "array", "items": twice}}})) is None


@pytest.mark.parametrize("text", [
    "1e400", "1" * 400, "-" + "1" * 400, "1" * 30, "9223372036854775808", "1.0", "1e2", "01", "1.", "NaN", "Infinity",
    "-0", "true", "null", '"1"', '"\\ud800"', '"\\udc00\\ud800"', '"\x00"', '"\x7f"', '"\\u0000"', "[1]", "{}", "", " ",
    "1 2", "\ufeff1",
])  # fmt: skip
def test_odd_values_pass_the_quick_way_only_if_they_pass_the_other(text: str):
    kinds: list[Any] = [
        {"type": "string"}, {"type": "integer"}, {"type": "number"}, {"type": "integer", "minimum": 0},
        {"type": "number", "maximum": 10}, {"type": "number", "exclusiveMinimum": 0.5}, {"type": ["null", "boolean"]},
        {"type": "array", "items": {"type": "integer"}}, {"type": "object", "additionalProperties": {"type": "null"}},
        {"enum": [1, "1", None]}, {"const": 1}, {}, {"type": "array"}, {"type": "object"},
    ]  # fmt: skip
    for kind in kinds:
        schema = {"type": "object", "properties": {"a": kind}}
        for payload in (f'{{"a":{text}}}'.encode(), f'{{"a":1,"a":{text}}}'.encode(), text.encode()):
            if checked(schema)([payload]):
                assert slow(schema).accepts(payload), (kind, payload)
            if checked(kind)([payload]):
                assert slow(kind).accepts(payload), (kind, payload)


@settings(max_examples=300, deadline=None)
@given(seed=st.integers(0, 1 << 40), data=st.data())
def test_a_quick_yes_is_a_yes(seed: int, data: st.DataObject):
    dice = Random(seed)
    schema = random_schemas.schema(dice)
    check = quick_check(parse_schema(schema))
    if check is None:
        return
    leaf = st.sampled_from(
        ["", "a", "aa", "AB", "xyz", 0, 1, 2, 3, -1, 6, 1.5, 2.0, True, None, "2026-01-01", 1e300, 2**53]
    )
    names = st.sampled_from("abcde")
    values = st.recursive(leaf, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3))
    document = data.draw(st.dictionaries(st.sampled_from("abcd"), values, max_size=4))
    if check([dumps(document)]):
        assert slow(schema).accepts(dumps(document)), (schema, document)


@settings(max_examples=500, deadline=None)
@given(at=st.integers(0, 400), take=st.integers(0, 3), put=st.binary(max_size=3))
def test_broken_bytes_pass_the_quick_way_only_if_they_pass_the_other(at: int, take: int, put: bytes):
    whole = dumps(GOOD)
    at %= len(whole)
    broken = whole[:at] + put + whole[at + take :]
    if checked(ORDER)([broken]):
        assert slow(ORDER).accepts(broken)
        orjson.loads(broken)


def test_answers_are_the_same_with_and_without_the_quick_way():
    payloads = [dumps(GOOD), dumps({**GOOD, "unknown": 1}), dumps({**GOOD, "note": 5}), b"{", dumps(GOOD)]
    assert compile_validator(parse_schema(ORDER)).faults(payloads) == slow(ORDER).faults(payloads)
    assert compile_validator(parse_schema(ORDER)).faults(payloads[:1]) == [None]
    assert compile_validator(parse_schema(ORDER)).faults(payloads[1:2]) == [None]


def test_data_that_never_takes_the_quick_way_stops_paying_for_it():
    validator = compile_validator(parse_schema(ORDER))
    other = [dumps({**GOOD, "unknown": 1})]
    for _ in range(QUICK_MISSES_MAX):
        assert validator.faults(other) == [None]
    assert validator._quick_pause == QUICK_PAUSE
    assert validator.faults([dumps(GOOD)]) == [None]


@pytest.mark.skipif(octokit.folder() is None, reason="the @octokit packages are not installed")
def test_schemas_inferred_from_real_events_are_translated_and_agree():
    examples: dict[str, list[bytes]] = {}
    for each in octokit.examples(octokit.MAIN):
        examples.setdefault(each.event, []).append(each.payload)
    translated = 0
    for _, payloads in sorted(examples.items())[:12]:
        payloads = payloads[:3]
        schema = infer_schema([orjson.loads(each) for each in payloads]).schema
        check, other = quick_check(parse_schema(schema)), slow(schema)
        for payload in payloads if check else ():
            translated += 1
            assert not check([payload]) or other.accepts(payload)
    assert translated > 0
