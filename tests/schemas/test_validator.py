"""What validators say, where, and how much of it."""

import json
from typing import Any

from eventcatalog.schemas.errors import Fault
from eventcatalog.schemas.parse import parse_schema
from eventcatalog.schemas.validator import DEPTH_MAX, Validator, compile_validator


def validator(schema: Any) -> Validator:
    return compile_validator(parse_schema(schema))


def explained(schema: Any, document: Any) -> list[Fault]:
    return validator(schema).explain(json.dumps(document).encode())


PAYMENT = {
    "type": "object",
    "required": ["kind"],
    "oneOf": [
        {"properties": {"kind": {"const": "card"}, "number": {"type": "string"}}, "required": ["kind", "number"]},
        {"properties": {"kind": {"const": "cash"}, "drawer": {"type": "integer"}}, "required": ["kind", "drawer"]},
    ],
}


def test_of_several_variants_the_one_that_was_meant_is_told():
    (fault,) = explained(PAYMENT, {"kind": "cash"})
    assert (fault.pointer, fault.keyword) == ("/drawer", "required")
    (fault,) = explained(PAYMENT, {"kind": "cash", "drawer": "left"})
    assert (fault.pointer, fault.keyword) == ("/drawer", "type")


def test_a_variant_inside_a_variant_is_told_too():
    schema = {"anyOf": [{"type": "null"}, PAYMENT]}
    (fault,) = explained(schema, {"kind": "card"})
    assert fault.pointer == "/number"


def test_a_value_that_no_variant_wants_is_told_what_they_want():
    (fault,) = explained({"properties": {"a": {"anyOf": [{"type": "string"}, {"type": "null"}]}}}, {"a": 1})
    assert fault.pointer == "/a"
    assert "a string" in fault.message
    assert "null" in fault.message


def test_a_value_that_fits_several_variants_is_told_so():
    (fault,) = explained({"oneOf": [{"type": "integer"}, {"type": "number"}]}, 1)
    assert "several" in fault.message


def test_pointers_escape_slashes_and_tildes():
    (fault,) = explained({"required": ["a/b~c"]}, {})
    assert fault.pointer == "/a~1b~0c"


def test_each_undeclared_property_is_pointed_at():
    faults = explained({"properties": {"a": {}}, "additionalProperties": False}, {"a": 1, "b": 2, "c": 3})
    assert [fault.pointer for fault in faults] == ["/b", "/c"]


def test_limits_are_told_with_what_was_sent():
    schema = {"properties": {"text": {"maxLength": 3}, "list": {"maxItems": 1}, "number": {"minimum": 5}}}
    messages = {
        fault.pointer: fault.message for fault in explained(schema, {"text": "long", "list": [1, 2], "number": 4})
    }
    assert "4 characters; at most 3" in messages["/text"]
    assert "2 items; at most 1" in messages["/list"]
    assert "4 is less than 5" in messages["/number"]


def test_at_most_ten_faults_are_told():
    assert len(explained({"items": {"type": "string"}}, list(range(1000)))) == 10


def test_long_values_do_not_fill_the_answer():
    (fault,) = explained({"type": "string"}, ["x" * 10_000] * 500)
    assert len(fault.message) < 300


def nested(levels: int) -> bytes:
    return b'{"a":' * levels + b"1" + b"}" * levels


def test_payloads_nested_too_deep_are_refused_with_words():
    takes_all = validator(True)
    assert takes_all.accepts(nested(DEPTH_MAX))
    assert takes_all.faults([nested(DEPTH_MAX)]) == [None]
    for levels in (DEPTH_MAX + 1, 1_000, 100_000):
        assert not takes_all.accepts(nested(levels))
        ((fault,),) = takes_all.faults([nested(levels)])
        assert "levels deep" in fault.message


def test_brackets_in_texts_are_no_nesting():
    assert validator(True).accepts(json.dumps({"a": "[{" * 5_000}).encode())


def test_a_batch_of_many_bad_records_is_judged_whole():
    payload = json.dumps({"kind": "card", "filler": "x" * 2_000}).encode()
    answers = validator(PAYMENT).faults([payload] * 500)
    assert len(answers) == 500
    assert all(answers)


def test_no_payloads_give_no_answers():
    assert validator(True).faults([]) == []
