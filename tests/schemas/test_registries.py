"""What a Confluent-style registry would say, one vector a published rule; written for these tests."""

from typing import Any

import pytest

from eventcatalog.schemas.check import check
from eventcatalog.schemas.parse import parse_schema
from eventcatalog.schemas.registries import opinions, refusals
from tests.schemas.test_check import NUMBER, TEXT, WHOLE, A, thing

CLOSED = {"additionalProperties": False}
PARTLY = {"additionalProperties": {"type": "string"}}
A_AND_B = thing({"a": WHOLE, "b": TEXT}, ["a"])


def of(schema: Any) -> dict[str, Any]:
    return thing({"a": schema})


# old, new, strict, lenient (backward)
RULES: dict[str, tuple[Any, Any, bool, bool]] = {
    "words": (A, A | {"title": "An A"}, True, True),
    "a default changed": (of(WHOLE), of(WHOLE | {"default": 1}), True, True),
    "optional added to open": (A, A_AND_B, False, True),
    "optional added to closed": (A | CLOSED, A_AND_B | CLOSED, True, True),
    "optional added to partly open, covered": (A | PARTLY, A_AND_B | PARTLY, True, True),
    "anything added to open": (A, thing({"a": WHOLE, "b": True}, ["a"]), True, True),
    "required added to closed": (A | CLOSED, thing({"a": WHOLE, "b": TEXT}, ["a", "b"], **CLOSED), False, False),
    "required with a default added to closed": (
        A | CLOSED,
        thing({"a": WHOLE, "b": TEXT | {"default": ""}}, ["a", "b"], **CLOSED),
        True,
        True,
    ),
    "removed from open": (A_AND_B, A, True, True),
    "removed from closed": (A_AND_B | CLOSED, A | CLOSED, False, True),
    "required removed": (A, thing({"a": WHOLE}), True, True),
    "made required": (thing({"a": WHOLE}), A, False, False),
    "made required with a default": (thing({"a": WHOLE}), thing({"a": WHOLE | {"default": 0}}, ["a"]), True, True),
    "integer become number": (of(WHOLE), of(NUMBER), True, True),
    "number become integer": (of(NUMBER), of(WHOLE), False, False),
    "a type added": (of(TEXT), of({"type": ["string", "null"]}), True, True),
    "enum extended": (of({"enum": ["x"]}), of({"enum": ["x", "y"]}), True, True),
    "enum narrowed": (of({"enum": ["x", "y"]}), of({"enum": ["x"]}), False, False),
    "enum set": (of(TEXT), of(TEXT | {"enum": ["x"]}), False, False),
    "maximum raised": (of(WHOLE | {"maximum": 1}), of(WHOLE | {"maximum": 2}), True, True),
    "maximum lowered": (of(WHOLE | {"maximum": 2}), of(WHOLE | {"maximum": 1}), False, False),
    "maxLength removed": (of(TEXT | {"maxLength": 3}), of(TEXT), True, True),
    "minItems set": (of({"type": "array"}), of({"type": "array", "minItems": 1}), False, False),
    "multipleOf reduced": (of(WHOLE | {"multipleOf": 4}), of(WHOLE | {"multipleOf": 2}), True, True),
    "multipleOf expanded": (of(WHOLE | {"multipleOf": 2}), of(WHOLE | {"multipleOf": 4}), False, False),
    "pattern added": (of(TEXT), of(TEXT | {"pattern": "^a"}), False, False),
    "pattern removed": (of(TEXT | {"pattern": "^a"}), of(TEXT), True, True),
    "uniqueItems added": (of({"type": "array"}), of({"type": "array", "uniqueItems": True}), False, False),
    "content closed": (A, A | CLOSED, False, False),
    "content opened": (A | CLOSED, A, True, True),
    "a sum extended": (of({"oneOf": [TEXT, WHOLE]}), of({"oneOf": [TEXT, WHOLE, {"type": "null"}]}), True, True),
    "a sum narrowed": (of({"anyOf": [TEXT, WHOLE]}), of({"anyOf": [TEXT]}), False, False),
    "a product narrowed": (
        of({"allOf": [TEXT, {"maxLength": 3}]}),
        of({"allOf": [TEXT]}),
        True,
        True,
    ),
    "a product extended": (
        of({"allOf": [TEXT]}),
        of({"allOf": [TEXT, {"maxLength": 3}]}),
        False,
        False,
    ),
    # its blind spots: breaks that it does not look at
    "format added": (of(TEXT), of(TEXT | {"format": "uuid"}), True, True),
    "propertyNames set": (A, A | {"propertyNames": {"maxLength": 1}}, True, True),
    "if-then set": (A, A | {"if": A, "then": {"required": ["z"]}}, True, True),
}


@pytest.mark.parametrize("name", RULES)
def test_every_published_rule_has_its_answer_under_both_policies(name: str):
    old, new, strict, lenient = RULES[name]
    for policy, wanted in (("strict", strict), ("lenient", lenient)):
        found = refusals(parse_schema(old), parse_schema(new), "backward", policy=policy)  # type: ignore[arg-type]
        assert (not found) is wanted, (policy, found)


@pytest.mark.parametrize("name", RULES)
def test_forward_is_backward_the_other_way_round(name: str):
    old, new, strict, _ = RULES[name]
    assert (not refusals(parse_schema(new), parse_schema(old), "forward", policy="strict")) is strict


def side_by_side(old: Any, new: Any, mode: str = "backward") -> dict[str, str]:
    former, parsed = [("1.0.0", parse_schema(old))], parse_schema(new)
    return {each.name: each.answer for each in opinions(former, parsed, check(former, parsed, mode))}


def test_three_verdicts_side_by_side_differ_where_they_should():
    wanted = {"proved": "no", "registry_strict": "no", "registry_lenient": "yes"}
    assert side_by_side(A, A_AND_B) == wanted, "somebody may have sent b with another type"
    wanted = {"proved": "no", "registry_strict": "yes", "registry_lenient": "yes"}
    assert side_by_side(A, A | {"propertyNames": {"maxLength": 1}}) == wanted, "a blind spot"
    wanted = {"proved": "no", "registry_strict": "yes", "registry_lenient": "yes"}
    defaulted = thing({"a": WHOLE | {"default": 0}}, ["a"])
    assert side_by_side(thing({"a": WHOLE}), defaulted) == wanted, "a default fills nothing in before validation"
    wanted = {"proved": "yes", "registry_strict": "no", "registry_lenient": "no"}
    assert side_by_side(of(TEXT | {"enum": ["x"]}), of(TEXT | {"const": "x"})) == wanted, "the same set in other words"


def test_every_opinion_has_its_reason():
    former, parsed = [("1.0.0", parse_schema(A))], parse_schema(A_AND_B)
    for each in opinions(former, parsed, check(former, parsed, "full")):
        assert each.reason
        assert set(each.as_json()) == {"name", "answer", "reason"}
    strict = opinions(former, parsed, check(former, parsed, "backward"))[1]
    assert "open" in strict.reason
