"""What changed, told by structure: nothing that documents can notice goes unseen."""

from typing import Any

import pytest

from eventcatalog.schemas.bump import propose_version
from eventcatalog.schemas.check import check
from eventcatalog.schemas.compare import compare
from eventcatalog.schemas.parse import parse_schema
from eventcatalog.schemas.types import Comparison

DRAFT7 = "http://json-schema.org/draft-07/schema#"
TEXT = {"type": "string"}
WHOLE = {"type": "integer"}


def compared(old: Any, new: Any) -> Comparison:
    return compare(parse_schema(old), parse_schema(new))


UNSEEN = [
    ({"const": 1}, {"const": True}),
    (
        {"$defs": {"x": TEXT}, "oneOf": [{"$ref": "#/$defs/x"}]},
        {"$defs": {"x": WHOLE}, "oneOf": [{"$ref": "#/$defs/x"}]},
    ),
    ({"$defs": {"x": TEXT | {"$anchor": "x"}}, "$ref": "#x"}, {"$defs": {"x": WHOLE | {"$anchor": "x"}}, "$ref": "#x"}),
    (
        {"$defs": {"x": {"required": ["a"]}}, "$ref": "#/$defs/x", "required": ["b"]},
        {"$defs": {"x": {"required": ["c"]}}, "$ref": "#/$defs/x", "required": ["b"]},
    ),
    ({"patternProperties": {"^a": TEXT}}, {"patternProperties": {"^a": WHOLE}}),
    (
        {"if": {"required": ["a"]}, "then": {"required": ["b"]}},
        {"if": {"required": ["a"]}, "then": {"required": ["c"]}},
    ),
    ({"prefixItems": [TEXT, TEXT]}, {"prefixItems": [TEXT, WHOLE]}),
    (
        {"$defs": {"x": TEXT | {"$dynamicAnchor": "x"}}, "$dynamicRef": "#x"},
        {"$defs": {"x": WHOLE | {"$dynamicAnchor": "x"}}, "$dynamicRef": "#x"},
    ),
]


@pytest.mark.parametrize(("old", "new"), UNSEEN)
def test_a_change_that_documents_notice_is_never_called_words(old: Any, new: Any):
    comparison = compared(old, new)
    assert comparison.changes
    assert not comparison.words_only
    assert comparison.effect("backward") != "safe"


@pytest.mark.parametrize("keyword", ["title", "description", "$comment"])
def test_words_are_a_patch(keyword: str):
    old, new = parse_schema(TEXT), parse_schema(TEXT | {keyword: "new"})
    assert compare(old, new).words_only
    assert propose_version("1.0.0", compare(old, new)).version == "1.0.1"


@pytest.mark.parametrize("keyword", ["default", "deprecated"])
def test_annotations_that_programs_act_on_are_a_minor_change(keyword: str):
    old, new = parse_schema(TEXT), parse_schema(TEXT | {keyword: True})
    verdict = check([("1.0.0", old)], new, "full")
    assert verdict.accepted
    assert propose_version("1.0.0", verdict.comparison, verdict).version == "1.1.0"


def test_an_optional_property_of_an_open_schema_is_a_minor_change_where_the_mode_allows_it():
    old = {"type": "object", "properties": {"a": TEXT}}
    new = {"type": "object", "properties": {"a": TEXT, "b": TEXT}}
    verdict = check([("1.0.0", parse_schema(old))], parse_schema(new), "forward")
    assert verdict.accepted
    assert propose_version("1.0.0", verdict.comparison, verdict).part == "minor"
    refused = check([("1.0.0", parse_schema(old))], parse_schema(new), "backward")
    assert refused.compatible == "no"
    assert refused.findings[0].lenient_compatible is True
    assert refused.counterexample is not None
    assert not isinstance(refused.counterexample.document["b"], str)


def test_a_variant_added_to_anyof_only_widens():
    (change,) = compared({"anyOf": [TEXT]}, {"anyOf": [TEXT, WHOLE]}).changes
    assert (change.backward, change.forward) == ("safe", "unclear")


def test_a_property_added_beside_patterns_is_left_to_the_proof():
    old = {"patternProperties": {"^a": TEXT}, "additionalProperties": False}
    (change,) = compared(old, old | {"properties": {"ab": WHOLE}}).changes
    assert (change.backward, change.forward) == ("unclear", "unclear")


def test_recursive_schemas_are_compared_in_finite_time():
    old = {"$defs": {"node": {"properties": {"next": {"$ref": "#/$defs/node"}, "v": WHOLE}}}, "$ref": "#/$defs/node"}
    new = {"$defs": {"node": {"properties": {"next": {"$ref": "#/$defs/node"}, "v": TEXT}}}, "$ref": "#/$defs/node"}
    (change,) = compared(old, new).changes
    assert change.kind == "type_changed"


def test_what_is_proved_safe_is_told_as_safe():
    old = parse_schema({"type": "object", "properties": {"a": TEXT}, "required": ["a"], "additionalProperties": False})
    new = parse_schema({"type": "object", "properties": {"a": {"pattern": ""}}, "required": ["a"]})
    verdict = check([("1.0.0", old)], new, "backward")
    assert verdict.accepted
    assert {change.backward for change in verdict.comparison.changes} == {"safe"}


def test_schemas_of_two_dialects_are_compared_by_proof():
    old = parse_schema(
        {
            "$schema": DRAFT7,
            "definitions": {"line": {"items": [TEXT], "additionalItems": False}},
            "properties": {"a": {"$ref": "#/definitions/line", "maxItems": 0}, "n": WHOLE},
            "dependencies": {"a": ["n"]},
        }
    )
    new = parse_schema(
        {
            "properties": {"a": {"prefixItems": [TEXT], "items": False}, "n": {"type": "number"}},
            "dependentRequired": {"a": ["n"]},
        }
    )
    verdict = check([("1.0.0", old)], new, "backward")
    assert verdict.accepted
    assert verdict.findings[0].resolved_by == "containment"
    back = check([("1.0.0", old)], new, "forward")
    assert back.compatible == "no"
    assert back.counterexample is not None


def test_draft_4_is_not_taken_for_what_it_is_not():
    old = parse_schema({"$schema": "http://json-schema.org/draft-04/schema#", "minimum": 1, "exclusiveMinimum": True})
    assert check([("1.0.0", old)], parse_schema({"exclusiveMinimum": 1}), "full").accepted
    assert not check([("1.0.0", old)], parse_schema({"exclusiveMinimum": 2}), "backward").accepted
