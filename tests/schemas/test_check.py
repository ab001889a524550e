"""Verdicts on changes: one vector a rule, and proof that a yes has no counterexample among generated documents."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eventcatalog.schemas.bump import propose_version
from eventcatalog.schemas.check import check
from eventcatalog.schemas.compare import compare
from eventcatalog.schemas.engine import compile_fast, compile_second
from eventcatalog.schemas.examples import variations
from eventcatalog.schemas.parse import parse_schema


def thing(properties: dict[str, Any], required: list[str] | None = None, **more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required or [], **more}


TEXT, WHOLE, NUMBER = {"type": "string"}, {"type": "integer"}, {"type": "number"}
A = thing({"a": WHOLE}, ["a"])

# old, new, backward, forward (strict)
VECTORS: dict[str, tuple[Any, Any, str, str]] = {
    "the same": (A, A, "yes", "yes"),
    "words": (A, A | {"description": "An A."}, "yes", "yes"),
    "a required property added": (A, thing({"a": WHOLE, "b": TEXT}, ["a", "b"]), "no", "yes"),
    "a required property removed": (thing({"a": WHOLE, "b": TEXT}, ["a", "b"]), A, "yes", "no"),
    "an optional property added to an open model": (A, thing({"a": WHOLE, "b": TEXT}, ["a"]), "no", "yes"),
    "an optional property added to a closed model": (
        A | {"additionalProperties": False},
        thing({"a": WHOLE, "b": TEXT}, ["a"], additionalProperties=False),
        "yes",
        "no",
    ),
    "a property made required": (thing({"a": WHOLE}), A, "no", "yes"),
    "a property made optional": (A, thing({"a": WHOLE}), "yes", "no"),
    "a type widened": (A, thing({"a": NUMBER}, ["a"]), "yes", "no"),
    "a type narrowed": (thing({"a": NUMBER}, ["a"]), A, "no", "yes"),
    "a type replaced": (A, thing({"a": TEXT}, ["a"]), "no", "no"),
    "made nullable": (A, thing({"a": {"type": ["integer", "null"]}}, ["a"]), "yes", "no"),
    "an enum extended": (thing({"a": {"enum": ["x"]}}), thing({"a": {"enum": ["x", "y"]}}), "yes", "no"),
    "an enum narrowed": (thing({"a": {"enum": ["x", "y"]}}), thing({"a": {"enum": ["x"]}}), "no", "yes"),
    "a maximum raised": (thing({"a": WHOLE | {"maximum": 5}}), thing({"a": WHOLE | {"maximum": 9}}), "yes", "no"),
    "a minimum set": (A, thing({"a": WHOLE | {"minimum": 0}}, ["a"]), "no", "yes"),
    "a length bounded": (thing({"a": TEXT}), thing({"a": TEXT | {"maxLength": 9}}), "no", "yes"),
    "a format added": (thing({"a": TEXT}), thing({"a": TEXT | {"format": "uuid"}}), "no", "yes"),
    "a pattern added": (thing({"a": TEXT}), thing({"a": TEXT | {"pattern": "^[A-Z]+$"}}), "no", "yes"),
    "items changed": (
        thing({"a": {"type": "array", "items": WHOLE}}),
        thing({"a": {"type": "array", "items": NUMBER}}),
        "yes",
        "no",
    ),
    "the content closed": (A, A | {"additionalProperties": False}, "no", "yes"),
    "a nested property required": (thing({"o": thing({"a": WHOLE})}), thing({"o": A}), "no", "yes"),
    "a definition moved": (
        thing({"a": {"$ref": "#/$defs/n"}}, ["a"], **{"$defs": {"n": WHOLE}}),
        A,
        "yes",
        "yes",
    ),
    "a variant added": ({"oneOf": [TEXT, WHOLE]}, {"oneOf": [TEXT, WHOLE, {"type": "null"}]}, "yes", "no"),
}


@pytest.mark.parametrize("name", VECTORS)
def test_every_rule_has_its_verdict_both_ways(name: str):
    old, new, backward, forward = VECTORS[name]
    for mode, wanted in (("backward", backward), ("forward", forward), ("none", "yes")):
        verdict = check([("1.0.0", parse_schema(old))], parse_schema(new), mode)
        assert verdict.compatible == wanted, (mode, verdict)


@pytest.mark.parametrize("name", [name for name, vector in VECTORS.items() if "no" in vector[2:]])
def test_every_refusal_shows_a_document_that_both_validators_agree_on(name: str):
    old, new = parse_schema(VECTORS[name][0]), parse_schema(VECTORS[name][1])
    for mode, wanted in (("backward", VECTORS[name][2]), ("forward", VECTORS[name][3])):
        if wanted != "no":
            continue
        verdict = check([("1.0.0", old)], new, mode)
        assert verdict.counterexample is not None
        taker, refuser = (old, new) if mode == "backward" else (new, old)
        document = verdict.counterexample.document
        assert compile_fast(taker).is_valid(document)
        assert compile_second(taker)(document)
        assert not compile_fast(refuser).is_valid(document)
        assert not compile_second(refuser)(document)
        assert verdict.counterexample.faults
        assert verdict.reasons


def test_the_lenient_policy_lets_an_optional_property_join_an_open_model_but_not_a_required_one():
    old = [("1.0.0", parse_schema(A))]
    assert check(old, parse_schema(thing({"a": WHOLE, "b": TEXT}, ["a"])), "backward", policy="lenient").accepted
    assert not check(
        old, parse_schema(thing({"a": WHOLE, "b": TEXT}, ["a", "b"])), "backward", policy="lenient"
    ).accepted


def test_the_lenient_policy_does_not_close_what_several_schemas_look_at():
    old = parse_schema({"allOf": [thing({"a": WHOLE}, ["a"]), thing({"b": TEXT}, ["b"])]})
    new = parse_schema(thing({"a": WHOLE, "b": WHOLE}, ["a", "b"]))
    assert check([("1.0.0", old)], new, "backward", policy="lenient").compatible == "no"


def test_transitive_modes_look_at_every_former_version():
    first, second = parse_schema(thing({"a": WHOLE})), parse_schema(thing({"a": NUMBER}))
    third = parse_schema(thing({"a": {"type": "number", "minimum": 0}}))
    history = [("1.0.0", first), ("1.1.0", second)]
    assert check(history, second, "backward").compatible == "yes"
    verdict = check(history, third, "full_transitive")
    assert {finding.against for finding in verdict.findings} == {"1.0.0", "1.1.0"}


@pytest.mark.parametrize(
    ("old", "new", "part"),
    [
        (A, A | {"title": "A"}, "patch"),
        (A, thing({"a": NUMBER}, ["a"]), "minor"),
        (A, thing({"a": TEXT}, ["a"]), "major"),
    ],
)
def test_the_version_number_follows_from_the_change(old: Any, new: Any, part: str):
    before, after = parse_schema(old), parse_schema(new)
    verdict = check([("1.2.3", before)], after, "backward")
    bump = propose_version("1.2.3", verdict.comparison, verdict)
    assert (bump.part, bump.version) == (part, {"patch": "1.2.4", "minor": "1.3.0", "major": "2.0.0"}[part])


def test_changes_are_told_in_words_with_their_place():
    old = parse_schema(thing({"lines": {"type": "array", "items": thing({"sku": TEXT})}}))
    new = parse_schema(thing({"lines": {"type": "array", "items": thing({"sku": WHOLE})}}))
    (change,) = compare(old, new).changes
    assert change.pointer == "/properties/lines/items/properties/sku/type"
    assert change.place == "lines[].sku"
    assert "was string, now integer" in change.message


LEAVES = st.sampled_from(
    [
        *(
            TEXT,
            WHOLE,
            NUMBER,
            {"type": "boolean"},
            {"type": ["string", "null"]},
            {"enum": ["x", "y"]},
            {"enum": ["x"]},
        ),
        *(WHOLE | {"minimum": 0}, TEXT | {"maxLength": 3}, TEXT | {"format": "date"}, {}),
    ]
)
NAMES = ["a", "b", "c"]
OBJECTS = st.builds(
    lambda properties, required, open_: thing(properties, sorted(required), additionalProperties=open_),
    st.dictionaries(
        st.sampled_from(NAMES), st.one_of(LEAVES, LEAVES.map(lambda leaf: {"type": "array", "items": leaf}))
    ),
    st.sets(st.sampled_from(NAMES)),
    st.booleans(),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(OBJECTS, OBJECTS)
def test_what_we_call_compatible_has_no_counterexample_among_generated_documents(old: Any, new: Any):
    before, after = parse_schema(old), parse_schema(new)
    verdict = check([("1.0.0", before)], after, "backward")
    if verdict.compatible == "yes":
        takes = compile_fast(after).is_valid
        for document in variations(old, seed=7, n=8):
            assert takes(document)
