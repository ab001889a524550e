"""One-click fixes: each gives a schema that does what the fix says, shown by the check itself and by documents."""

from copy import deepcopy
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eventcatalog.schemas.check import check
from eventcatalog.schemas.engine import compile_fast
from eventcatalog.schemas.errors import SchemaError
from eventcatalog.schemas.fixes import Fix, default_of, fixes
from eventcatalog.schemas.parse import parse_schema
from tests.schemas import random_schemas
from tests.schemas.test_check import VECTORS, WHOLE, thing
from tests.schemas.test_properties_of_verdicts import documents_of

CLOSED = {"additionalProperties": False}
CALM = settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))


def fixed(old: Any, new: Any, mode: str = "backward", **options: Any) -> dict[str, Fix]:
    return {each.kind: each for each in fixes([("1.0.0", parse_schema(old))], new, mode, **options)}


def passes(old: Any, new: Any, mode: str = "backward", policy: Any = "strict") -> bool:
    return check([("1.0.0", parse_schema(old))], parse_schema(new), mode, policy=policy).accepted


@pytest.mark.parametrize("mode", ["backward", "forward", "full"])
@pytest.mark.parametrize("name", [name for name, vector in VECTORS.items() if "no" in vector[2:]])
def test_every_refused_vector_is_offered_a_fix_that_makes_it_compatible(name: str, mode: str):
    old, new, backward, forward = VECTORS[name]
    refused = {"backward": [backward], "forward": [forward], "full": [backward, forward]}[mode]
    offered = fixes([("1.0.0", parse_schema(old))], new, mode)
    if "no" not in refused:
        assert offered == ()
        return
    whole = [each for each in offered if each.mends == "all"]
    assert whole, [each.words for each in offered]
    for each in whole:
        assert passes(old, each.document, mode), each
        assert each.document != new


def test_make_optional_takes_a_property_out_of_required_and_leaves_the_rest():
    old = thing({"a": WHOLE}, ["a"], **CLOSED)
    new = thing({"a": WHOLE, "b": {"type": "string"}}, ["a", "b"], **CLOSED)
    before = deepcopy(new)
    fix = fixed(old, new)["make_optional"]
    assert fix.document == {**new, "required": ["a"]}
    assert (fix.mends, fix.pointer, fix.words) == ("all", "/properties/b", "Make b optional.")
    assert new == before


def test_give_default_makes_optional_and_says_what_readers_take():
    old = thing({"a": WHOLE}, ["a"], **CLOSED)
    new = thing({"a": WHOLE, "b": {"type": "integer", "minimum": 3}}, ["a", "b"], **CLOSED)
    document = fixed(old, new)["give_default"].document
    assert document["properties"]["b"]["default"] == 3
    assert document["required"] == ["a"]


def test_close_the_content_model_again():
    old = thing({"a": WHOLE}, ["a"], **CLOSED)
    fix = fixed(old, thing({"a": WHOLE}, ["a"]), "forward")["close_content"]
    assert fix.document["additionalProperties"] is False
    assert fix.mends == "all"


def test_widen_keeps_what_was_and_what_is_new():
    old = thing({"a": {"enum": ["x", "y"]}})
    assert fixed(old, thing({"a": {"enum": ["y", "z"]}}))["widen"].document["properties"]["a"]["enum"] == [
        "x",
        "y",
        "z",
    ]
    typed = fixed(thing({"a": {"type": "string"}}), thing({"a": WHOLE}))["widen"].document
    assert typed["properties"]["a"]["type"] == ["string", "integer"]


def test_an_open_model_is_mended_by_making_optional_where_nobody_sends_undeclared_properties():
    old = thing({"a": WHOLE}, ["a"])
    new = thing({"a": WHOLE, "b": {"type": "string"}}, ["a", "b"])
    offered = fixed(old, new)
    assert offered["make_optional"].mends == "leniently"
    assert passes(old, offered["make_optional"].document, policy="lenient")
    assert not passes(old, offered["make_optional"].document)
    assert offered["widen"].mends == "all"


def test_several_breaks_are_mended_one_by_one_or_all_at_once():
    old = thing({"a": WHOLE, "c": {"enum": ["x", "y"]}}, ["a"], **CLOSED)
    new = thing({"a": WHOLE, "b": {"type": "string"}, "c": {"enum": ["x"]}}, ["a", "b"], **CLOSED)
    offered = fixes([("1.0.0", parse_schema(old))], new, "backward")
    assert offered[0].kind == "all"
    assert passes(old, offered[0].document)
    assert "b" in offered[0].document["properties"], "the author's new property stays"
    assert {each.kind for each in offered if each.mends == "part"} >= {"make_optional", "widen"}


def test_a_fix_inside_a_shared_definition_edits_the_definition():
    shared = {"$defs": {"money": thing({"cents": WHOLE})}, "properties": {"total": {"$ref": "#/$defs/money"}}}
    new = deepcopy(shared)
    new["$defs"]["money"]["required"] = ["cents"]
    document = fixed(shared, new)["make_optional"].document
    assert "required" not in document["$defs"]["money"]
    assert document["properties"] == shared["properties"]


def test_all_former_versions_count_where_the_mode_says_so():
    first, second = thing({"a": {"enum": [1, 2]}}), thing({"a": {"enum": [1]}})
    new = thing({"a": {"enum": [1, 3]}})
    versions = [("1.0.0", parse_schema(first)), ("2.0.0", parse_schema(second))]
    assert fixes(versions, new, "backward") == ()
    offered = fixes(versions, new, "backward_transitive")
    assert [each.kind for each in offered if each.mends == "all"][:1] == ["widen"]


@pytest.mark.parametrize(
    ("schema", "wanted"),
    [
        ({"type": "string"}, ""),
        ({"type": "integer", "minimum": 2}, 2),
        ({"type": "integer", "maximum": -2}, -2),
        ({"type": ["string", "null"]}, None),
        ({"enum": ["x", "y"]}, "x"),
        ({"const": 7}, 7),
        ({"type": "array"}, []),
        ({"type": "boolean", "default": True}, True),
    ],
)
def test_a_default_is_what_the_schema_offers_or_the_emptiest_of_its_type(schema: Any, wanted: Any):
    assert default_of(schema) == wanted


@CALM
@given(st.integers(0, 2**32))
def test_whatever_a_fix_promises_to_mend_takes_every_generated_document_of_the_former_schema(seed: int):
    dice = Random(seed)
    old = random_schemas.schema(dice)
    new = random_schemas.changed(dice, old)
    try:
        former = parse_schema(old)
        parse_schema(new)
    except SchemaError:
        return
    for fix in fixes([("1.0.0", former)], new, "backward"):
        mended = parse_schema(fix.document)
        if fix.mends == "all":
            assert check([("1.0.0", former)], mended, "backward").accepted
            takes = compile_fast(mended).is_valid
            for document in documents_of(former, mended, seed)[:300]:
                assert takes(document), (fix, document)
