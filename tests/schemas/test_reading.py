"""Parsing schemas, wording faults, guessing, drawing trees, editing fields, taking definitions out."""

import json
from typing import Any

import pytest

from eventcatalog.schemas.bundle import extract
from eventcatalog.schemas.engine import compile_fast, compile_second
from eventcatalog.schemas.errors import SchemaError
from eventcatalog.schemas.examples import example, variations
from eventcatalog.schemas.fields import from_fields, to_fields
from eventcatalog.schemas.infer import infer_schema
from eventcatalog.schemas.parse import parse_schema
from eventcatalog.schemas.tree import tree
from eventcatalog.schemas.validator import compile_validator

ORDER = {
    "type": "object",
    "properties": {
        "orderId": {"type": "string", "format": "uuid"},
        "placedAt": {"type": "string", "format": "date-time"},
        "lines": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/line"}},
        "note": {"oneOf": [{"type": "string", "maxLength": 80}, {"type": "null"}]},
    },
    "required": ["orderId", "placedAt", "lines"],
    "additionalProperties": False,
    "$defs": {
        "line": {
            "type": "object",
            "properties": {"sku": {"type": "string", "pattern": "^[A-Z-]+$"}, "quantity": {"type": "integer"}},
            "required": ["sku"],
        }
    },
}
GOOD = {"orderId": "3f0c2c1e-1111-4222-8333-123456789abc", "placedAt": "2026-03-01T10:00:00Z", "lines": [{"sku": "A"}]}


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ('{"type": "object",}', "invalid_json"),
        ('{"minimum": NaN}', "invalid_json"),
        ("[1]", "not_a_schema"),
        ('{"type": "strin"}', "invalid_schema"),
        ('{"$schema": "http://example.org/mine"}', "unsupported_draft"),
        ('{"pattern": "(?=a)b"}', "unsupported_pattern"),
        ('{"$ref": "http://example.org/other.json"}', "remote_reference"),
        ('{"$ref": "file:///etc/passwd"}', "remote_reference"),
        ('{"$ref": "#/$defs/none"}', "unresolved_reference"),
        ('{"allOf": [{"$ref": "#"}]}', "endless_reference"),
        ('{"a": 1, "a": 2}', "duplicate_key"),
        ('{"not":' * 80 + "{}" + "}" * 80, "schema_too_deep"),
        ('{"title": "' + "x" * 1_100_000 + '"}', "schema_too_large"),
    ],
)
def test_a_schema_that_cannot_be_relied_on_is_refused_with_its_reason(source: str, code: str):
    with pytest.raises(SchemaError) as refusal:
        parse_schema(source)
    assert refusal.value.code == code
    assert refusal.value.message


def test_a_syntax_error_says_line_and_column():
    with pytest.raises(SchemaError) as refusal:
        parse_schema('{\n  "type": "object"\n  "title": "x"\n}')
    assert (refusal.value.line, refusal.value.column) == (3, 3)


@pytest.mark.parametrize("draft", ["draft-04/schema#", "draft-06/schema#", "draft-07/schema#"])
def test_older_drafts_are_taken_for_what_they_are(draft: str):
    parsed = parse_schema({"$schema": f"http://json-schema.org/{draft}", "type": "integer"})
    assert compile_validator(parsed).accepts(b"1")
    assert not compile_validator(parsed).accepts(b'"1"')


def fault_at(pointer: str, document: dict[str, Any]) -> str:
    faults = compile_validator(parse_schema(ORDER)).explain(json.dumps(document).encode())
    found = next((fault for fault in faults if fault.pointer == pointer), None)
    assert found is not None, faults
    return found.message


def test_faults_point_at_the_place_in_plain_words():
    assert "missing" in fault_at("/placedAt", {key: GOOD[key] for key in ("orderId", "lines")})
    assert "missing" in fault_at("/lines/0/sku", GOOD | {"lines": [{}]})
    assert "not declared" in fault_at("/extra", GOOD | {"extra": 1})
    assert "no uuid" in fault_at("/orderId", GOOD | {"orderId": "x"})
    assert "a string, not an array" in fault_at("/lines", GOOD | {"lines": "none"})
    assert "does not match" in fault_at("/lines/0/sku", GOOD | {"lines": [{"sku": "a b"}]})


@pytest.mark.parametrize("payload", [b"", b"{", b'{"a":NaN}', b"\xff\xfe", b"[" * 100_000, b"1 2"])
def test_what_is_no_json_is_refused_in_bounded_time_with_a_word(payload: bytes):
    validator = compile_validator(parse_schema(True))
    assert not validator.accepts(payload)
    (fault,) = validator.explain(payload)
    assert fault.keyword == "json"


def test_a_batch_is_judged_record_by_record():
    validator = compile_validator(parse_schema(ORDER))
    good = json.dumps(GOOD).encode()
    answers = validator.faults([good, b"{}", good])
    assert answers[0] is None
    assert answers[1]
    assert answers[2] is None


def test_the_two_validators_agree_on_generated_and_mutated_documents():
    from eventcatalog.schemas.search import _mutations

    parsed = parse_schema(ORDER)
    fast, second = compile_fast(parsed), compile_second(parsed)
    count = 0
    for document in variations(ORDER, seed=3, n=10):
        for mutated in [document, *_mutations(document, ORDER)]:
            count += 1
            assert fast.is_valid(mutated) == second(mutated), mutated
    assert count > 300


def test_a_schema_is_guessed_with_formats_nullability_and_what_is_required():
    guessed = infer_schema(
        [
            GOOD | {"total": 10, "who": "ann@example.org", "maybe": None},
            {key: GOOD[key] for key in GOOD} | {"total": 10.5, "who": "bo@example.org", "maybe": "x", "rare": True},
        ]
    )
    properties = guessed.schema["properties"]
    assert properties["orderId"] == {"type": "string", "format": "uuid"}
    assert properties["placedAt"]["format"] == "date-time"
    assert properties["who"]["format"] == "email"
    assert properties["total"] == {"type": "number"}
    assert set(properties["maybe"]["type"]) == {"null", "string"}
    assert "rare" not in guessed.schema["required"]
    assert any("uuid" in note for note in guessed.notes)
    for document in (GOOD | {"total": 10, "who": "a@b.org", "maybe": None},):
        assert compile_fast(parse_schema(guessed.schema)).is_valid(document)


def test_examples_are_valid_and_the_same_for_the_same_seed():
    takes = compile_fast(parse_schema(ORDER)).is_valid
    made = variations(ORDER, seed=5, n=12)
    assert len(made) == 12
    assert all(map(takes, made))
    assert made == variations(ORDER, seed=5, n=12)
    assert example(ORDER) == example(ORDER)


def test_a_tree_follows_references_and_notes_cycles():
    rows = {row.path: row for row in tree(ORDER)}
    assert rows["orderId"].type_words == "string · uuid"
    assert rows["orderId"].required
    assert rows["lines"].type_words == "array of line"
    assert rows["lines[].sku"].required
    looping = {"properties": {"child": {"$ref": "#"}}, "type": "object"}
    assert any("Repeats" in row.note for row in tree(looping))


def test_field_rows_and_schemas_turn_into_each_other():
    rows = [
        {"name": "orderId", "type": "uuid", "required": True, "description": "Ours", "example": "x"},
        {"name": "lines", "type": "list", "items": "object", "fields": [{"name": "sku", "type": "text"}]},
    ]
    schema = from_fields(rows, title="Order")
    again = to_fields(schema)
    assert again is not None
    assert from_fields(again, title="Order") == schema
    assert to_fields(ORDER) is None
    with pytest.raises(SchemaError) as refusal:
        from_fields([{"name": "a", "type": "text"}, {"name": "a", "type": "text"}])
    assert refusal.value.pointer == "/1/name"


def test_a_definition_is_taken_out_with_what_it_needs_and_no_more():
    document = {"definitions": {"a": {"$ref": "#/definitions/b"}, "b": {"type": "integer"}, "c": {"type": "string"}}}
    taken = extract(document, "/definitions/a")
    assert set(taken["definitions"]) == {"b"}
    assert compile_fast(parse_schema(taken)).is_valid(1)
