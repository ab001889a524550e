"""Linking: one document of several schemas, that validators, prover, comparison and tree all understand."""

from typing import Any

import pytest

from eventcatalog.schemas.check import check
from eventcatalog.schemas.compare import compare
from eventcatalog.schemas.engine import compile_fast, compile_second
from eventcatalog.schemas.errors import SchemaError
from eventcatalog.schemas.examples import variations
from eventcatalog.schemas.linking import Target, references_in
from eventcatalog.schemas.parse import parse_schema, restore
from eventcatalog.schemas.tree import tree
from eventcatalog.schemas.types import ParsedSchema

MONEY = {
    "type": "object",
    "properties": {"cents": {"type": "integer"}, "currency": {"$ref": "#/$defs/currency"}},
    "required": ["cents"],
    "additionalProperties": False,
    "$defs": {"currency": {"enum": ["EUR"]}},
}
LIBRARY: dict[str, Any] = {
    "Money/1.0.0": MONEY,
    "Money/1.1.0": {**MONEY, "$defs": {"currency": {"enum": ["EUR", "USD"]}}},
    "Price/1.0.0": {"properties": {"net": {"$ref": "factstorm://components/Money/1.0.0"}}},
    "Tree/1.0.0": {"properties": {"left": {"$ref": "#"}, "right": {"$ref": "#"}}},
    "Old/1.0.0": {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "items": [{"$ref": "factstorm://components/Money/1.0.0"}],
    },
    "Anchored/1.0.0": {"$defs": {"a": {"$anchor": "here"}}},
    "Yes/1.0.0": True,
}
CLOSED = {"type": "object", "additionalProperties": False}


def fetch(target: Target) -> ParsedSchema | None:
    found = LIBRARY.get(f"{target.name}/{target.version}")
    return None if found is None else restore(found)


def linked(**properties: Any) -> ParsedSchema:
    return parse_schema({**CLOSED, "properties": properties}, fetch=fetch)


def to(name: str, kind: str = "components") -> dict[str, str]:
    return {"$ref": f"factstorm://{kind}/{name}"}


def test_what_is_referred_to_is_taken_in_once_and_the_whole_stands_alone():
    found = linked(total=to("Money/1.0.0"), price=to("Price/1.0.0"), currency=to("Money/1.0.0#/$defs/currency"))
    assert isinstance(found.document, dict)
    assert list(found.document["$defs"]) == ["Money@1.0.0", "Price@1.0.0"]
    assert found.document["properties"]["currency"] == {"$ref": "#/$defs/Money@1.0.0/$defs/currency"}
    assert parse_schema(found.document).canonical_text == found.canonical_text


def test_both_validators_see_through_references():
    found = linked(total=to("Money/1.0.0"), price=to("Price/1.0.0"), tree=to("Tree/1.0.0"), old=to("Old/1.0.0"))
    good: dict[str, Any] = {
        "total": {"cents": 1, "currency": "EUR"},
        "price": {"net": {"cents": 2}},
        "tree": {"left": {"left": {}}},
        "old": [{"cents": 3}, "anything"],
    }
    bad: list[dict[str, Any]] = [
        {"total": {"cents": "1"}},
        {"total": {"cents": 1, "currency": "USD"}},
        {"price": {"net": {}}},
        {"tree": {"left": {"left": 1}}} | {"total": {}},
        {"old": [{"cents": None}]},
    ]
    for takes in (compile_fast(found).is_valid, compile_second(found)):
        assert takes(good)
        assert not any(takes(each) for each in bad)


def test_moving_to_another_version_is_proved_and_told_at_the_place_where_it_is_used():
    before, after = linked(total=to("Money/1.0.0")), linked(total=to("Money/1.1.0"))
    assert check([("1.0.0", before)], after, "backward").accepted
    refused = check([("1.0.0", before)], after, "forward")
    assert refused.counterexample is not None
    assert refused.counterexample.document == {"total": {"cents": refused.counterexample.document["total"]["cents"],
                                                         "currency": "USD"}}  # fmt: skip
    assert [(each.pointer, each.place) for each in compare(before, after).changes] == [
        ("/properties/total/properties/currency/enum", "total.currency")
    ]


def test_examples_and_the_tree_follow_references():
    found = linked(price=to("Price/1.0.0"))
    assert compile_fast(found).is_valid(variations(found.document, n=1)[0])
    assert [(row.path, row.ref) for row in tree(found.document)][:2] == [
        ("price", "#/$defs/Price@1.0.0"),
        ("price.net", "#/$defs/Money@1.0.0"),
    ]


def test_a_types_version_and_a_components_version_of_one_name_are_kept_apart():
    found = linked(a=to("Money/1.0.0"), b=to("Money/1.0.0", "types"))
    assert isinstance(found.document, dict)
    assert list(found.document["$defs"]) == ["Money@1.0.0", "type.Money@1.0.0"]


def test_own_definitions_stay_and_a_schema_without_references_stays_as_it_is():
    own = {"$defs": {"Money@1.0.0": {"type": "string"}}, "properties": {"a": {"$ref": "#/$defs/Money@1.0.0"}}}
    assert parse_schema(own, fetch=fetch).document == own
    mixed = parse_schema({**own, "items": to("Money/1.0.0")}, fetch=fetch).document
    assert isinstance(mixed, dict)
    assert mixed["$defs"]["Money@1.0.0"] == {"type": "string"}
    assert mixed["items"] == {"$ref": "#/$defs/Money@1.0.0_"}


def test_references_are_listed_with_their_pointers():
    schema = {"properties": {"a/b": to("Money/1.0.0"), "c": {"items": to("Money/1.1.0#/$defs/currency")}}}
    assert references_in(schema) == [
        ("/properties/a~1b/$ref", Target("components", "Money", "1.0.0")),
        ("/properties/c/items/$ref", Target("components", "Money", "1.1.0")),
    ]


@pytest.mark.parametrize(
    ("reference", "code", "words"),
    [
        ("factstorm://components/Nothing/1.0.0", "unresolved_reference", "There is no"),
        ("factstorm://components/Money", "unresolved_reference", "no reference into the catalog"),
        ("factstorm://components/Money/latest", "unresolved_reference", "no reference into the catalog"),
        ("factstorm://boards/Money/1.0.0", "unresolved_reference", "no reference into the catalog"),
        ("factstorm://components/Money/1.0.0#currency", "unresolved_reference", "no reference into the catalog"),
        ("factstorm://components/Money/1.0.0#/$defs/nothing", "unresolved_reference", "leads nowhere"),
        ("factstorm://components/Anchored/1.0.0", "unresolved_reference", "$anchor"),
        ("https://example.org/money.json", "remote_reference", "nothing is fetched"),
    ],
)
def test_a_reference_that_leads_nowhere_is_refused_with_its_place(reference: str, code: str, words: str):
    with pytest.raises(SchemaError) as refusal:
        parse_schema({"properties": {"a": {"$ref": reference}}}, fetch=fetch)
    assert (refusal.value.code, refusal.value.pointer) == (code, "/properties/a/$ref")
    assert words in refusal.value.message


def test_an_older_draft_is_told_in_the_newest_and_never_the_other_way_round():
    old = {"$schema": "http://json-schema.org/draft-07/schema#", "items": to("Yes/1.0.0")}
    assert isinstance(parse_schema(old, fetch=fetch).document, dict)
    with pytest.raises(SchemaError) as refusal:
        parse_schema({**old, "items": to("Money/1.0.0")}, fetch=fetch)
    assert refusal.value.code == "unsupported_draft"


def test_without_a_workspace_no_reference_is_followed():
    with pytest.raises(SchemaError) as refusal:
        parse_schema({"items": to("Money/1.0.0")})
    assert refusal.value.code == "unresolved_reference"
