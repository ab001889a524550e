"""A schema and what it refers to, as one document: judged like the originals that a resolver puts together."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator, Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from eventcatalog.registry import names
from eventcatalog.registry.bundling import BundlingError, bundle
from eventcatalog.schemas.parse import parse_schema

BASE = "http://example.com/"
ADDRESS = {"$id": BASE + "address.json", "type": "object", "properties": {"city": {"$ref": "#/$defs/name"}},
           "$defs": {"name": {"type": "string", "minLength": 1}}}  # fmt: skip
CUSTOMER = {"$id": BASE + "customer.json", "type": "object", "required": ["home"],
            "properties": {"home": {"$ref": "address.json"}, "friend": {"$ref": "#"}}}  # fmt: skip
ORDER = {"$id": BASE + "order.json", "type": "object", "$defs": {"customer": {"const": 1}},
         "properties": {"by": {"$ref": "customer.json"}, "city": {"$ref": "address.json#/$defs/name"},
                        "one": {"$ref": "#/$defs/customer"}}}  # fmt: skip
PARTS = [("customer.json", CUSTOMER), ("address.json", ADDRESS)]
homes = st.fixed_dictionaries({}, optional={"city": st.sampled_from(["", "Ulm", 3])})
customers = st.fixed_dictionaries({}, optional={"home": homes, "friend": st.sampled_from([{}, {"home": {}}, 1])})
documents = st.fixed_dictionaries(
    {}, optional={"by": customers, "city": st.sampled_from(["", "Ulm", None]), "one": st.sampled_from([1, 2])}
)


@settings(max_examples=200, deadline=None)
@given(documents)
def test_the_bundle_takes_what_the_originals_take(document: Any):
    registry: Any = Registry().with_resources(
        [(part["$id"], DRAFT202012.create_resource(part)) for part in (CUSTOMER, ADDRESS)]
    )
    apart = Draft202012Validator(ORDER, registry=registry)
    whole = Draft202012Validator(bundle(ORDER, PARTS))
    assert whole.is_valid(document) == apart.is_valid(document)


def test_a_bundle_needs_nothing_from_elsewhere_and_leaves_the_original_alone():
    whole = bundle(ORDER, PARTS)
    parse_schema(whole)
    assert ORDER["properties"]["by"] == {"$ref": "customer.json"}
    assert set(whole["$defs"]) == {"customer", "customer_2", "address"}


def test_up_to_draft_7_parts_lie_in_definitions():
    dialect = {"$schema": "http://json-schema.org/draft-07/schema#"}
    whole = bundle({**dialect, "properties": {"a": {"$ref": "a.json"}}}, [("a.json", {**dialect, "type": "string"})])
    assert whole["properties"]["a"] == {"$ref": "#/definitions/a"}
    assert not Draft7Validator(whole).is_valid({"a": 1})


def test_what_is_not_used_is_left_out():
    assert bundle({"type": "string"}, [("a.json", {"type": "integer"})]) == {"type": "string"}


def test_schemas_that_refer_to_each_other_in_a_circle_are_put_together_once():
    one, two = {"properties": {"two": {"$ref": "two.json"}}}, {"properties": {"one": {"$ref": "one.json"}}}
    whole = bundle({"$ref": "one.json"}, [("one.json", one), ("two.json", two)])
    assert set(whole["$defs"]) == {"one", "two"}
    parse_schema(whole)


@pytest.mark.parametrize(
    ("document", "parts"),
    [
        ({"$ref": "a.json#anchor"}, [("a.json", {"$anchor": "anchor"})]),
        ({"$ref": "a.json"}, [("a.json", {"$schema": "http://json-schema.org/draft-07/schema#"})]),
        ({}, [(f"{number}.json", {}) for number in range(101)]),
    ],
)
def test_what_cannot_be_put_together_says_so(document: Any, parts: Any):
    with pytest.raises(BundlingError):
        bundle(document, parts)


@pytest.mark.parametrize(
    ("subject", "type_name"),
    [
        ("orders-value", "orders"),
        ("orders-key", "orders-key"),
        ("com.acme.Order", "com.acme.Order"),
        ("-value", "subject_-value_"),
        (":.dev:orders-value", "dev.orders"),
        (":.:orders-value", "orders"),
        ("1st/näme", "subject_1st_n_me_"),
    ],
)
def test_subjects_become_names_of_types(subject: str, type_name: str):
    made = names.type_name_for(names.parse(subject))
    assert made == type_name or (type_name.endswith("_") and made.startswith(type_name))


@settings(max_examples=300, deadline=None)
@given(st.text(min_size=1, max_size=100), st.text(min_size=1, max_size=100))
def test_every_subject_has_a_name_that_records_can_carry_and_strange_ones_stay_apart(one: str, other: str):
    from eventcatalog.models import TYPE_NAME

    found = []
    for text in (one, other):
        try:
            name = names.parse(text)
        except names.SubjectNameError:
            return
        made = names.type_name_for(name)
        assert TYPE_NAME.fullmatch(made)
        found.append((name.bare.removesuffix("-value"), name.context, made))
    if found[0][:2] != found[1][:2] and not all(TYPE_NAME.fullmatch(each[0]) for each in found):
        assert found[0][2] != found[1][2]
