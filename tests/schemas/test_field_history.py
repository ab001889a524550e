"""When fields came, changed and went; and two texts side by side."""

import json
from typing import Any

from eventcatalog.schemas.field_history import FieldLife, field_history
from eventcatalog.schemas.line_diff import side_by_side
from tests.schemas.test_check import NUMBER, TEXT, WHOLE, thing


def lives(*schemas: Any) -> dict[str, FieldLife]:
    numbered = [(f"{number}.0.0", schema) for number, schema in enumerate(schemas, 1)]
    return {each.path: each for each in field_history(numbered)}


def told(life: FieldLife) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(each.version, each.what, each.words) for each in life.events]


def test_a_field_comes_changes_and_goes():
    found = lives(
        thing({"a": WHOLE}, ["a"]),
        thing({"a": NUMBER | {"minimum": 0}, "b": {"enum": ["x"]}}),
        thing({"b": {"enum": ["x", "y"]}}),
    )
    assert list(found) == ["b", "a"], "what is there first"
    assert told(found["a"]) == [
        ("1.0.0", "came", ("integer", "required")),
        ("2.0.0", "changed", ("integer became number", "became optional", "no rule became at least 0")),
        ("3.0.0", "went", ()),
    ]
    assert (found["a"].is_there, found["b"].is_there) == (False, True)
    assert told(found["b"])[-1] == ("3.0.0", "changed", ('now also "y"',))


def test_one_that_comes_back_came_twice():
    found = lives(thing({"a": WHOLE}), thing({}), thing({"a": TEXT}))
    assert [each[1] for each in told(found["a"])] == ["came", "went", "came"]
    assert (found["a"].is_there, found["a"].type_words) == (True, "string")


def test_nested_fields_and_shared_definitions_have_paths():
    line = thing({"sku": TEXT})
    schema = thing({"lines": {"type": "array", "items": {"$ref": "#/$defs/line"}}}, **{"$defs": {"line": line}})
    assert {"lines", "lines[]", "lines[].sku"} == set(lives(schema))


def test_words_defaults_and_deprecation_are_told():
    plain = thing({"a": TEXT})
    told_of = thing({"a": TEXT | {"default": "x", "deprecated": True, "description": "Old"}})
    assert told(lives(plain, told_of)["a"])[-1][2] == ('default "x"', "deprecated", "other words")
    assert told(lives(told_of, plain)["a"])[-1][2] == ("no default any more", "other words")


def test_two_texts_lie_side_by_side_with_what_is_same_left_out():
    old = {"a": 1, **{f"k{n}": n for n in range(20)}, "z": 1}
    new = {**old, "a": 2, "y": 3}
    rows = side_by_side(json.dumps(old), json.dumps(new, indent=4))
    assert next((row.kind, row.left, row.right) for row in rows if row.kind == "changed") == (
        "changed",
        '  "a": 1,',
        '  "a": 2,',
    )
    assert [row.kind for row in rows].count("skip") == 1
    assert next(row.left_number for row in rows if row.kind == "skip") > 5
    assert [row.right for row in rows if row.kind == "new"] == ['  "y": 3']
    assert side_by_side("{}", "{ }") == []
    assert [row.kind for row in side_by_side("no json", "{}")] == ["changed"]
