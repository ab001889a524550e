"""Random schemas and random changes to them, the same for the same seed: what properties are tested against."""

from copy import deepcopy
from random import Random
from typing import Any

from eventcatalog.schemas.keywords import walk

NAMES = "abcd"


def leaf(dice: Random) -> dict[str, Any]:
    small = dice.randint(0, 3)
    return dice.choice(
        [
            {},
            {"type": "string"},
            {"type": "integer"},
            {"type": "number"},
            {"type": "boolean"},
            {"type": ["string", "null"]},
            {"const": dice.choice([1, "x", True])},
            {"enum": dice.sample(["x", "y", "z", 1, None], dice.randint(1, 3))},
            {"type": "integer", "minimum": small},
            {"type": "number", "maximum": small + 5},
            {"type": "number", "exclusiveMinimum": small},
            {"type": "string", "maxLength": small + 2},
            {"type": "string", "minLength": small},
            {"type": "string", "format": dice.choice(["date", "uuid", "date-time", "email"])},
            {"type": "string", "pattern": dice.choice(["^a", "^a+$", "^[A-Z]{2}$"])},
            {"type": "integer", "multipleOf": dice.choice([2, 3])},
            {"$ref": "#/$defs/shared"},
        ]
    )


def inner(dice: Random, depth: int) -> dict[str, Any]:
    chance = dice.random()
    if depth > 2 or chance < 0.4:
        return leaf(dice)
    if chance < 0.5:
        extra = [{}, {"minItems": dice.randint(0, 2)}, {"uniqueItems": True}]
        return {"type": "array", "items": inner(dice, depth + 1)} | dice.choice(extra)
    if chance < 0.58:
        return {dice.choice(["anyOf", "oneOf", "allOf"]): [inner(dice, depth + 1) for _ in range(2)]}
    return {"not": leaf(dice)} if chance < 0.6 else thing(dice, depth)


def thing(dice: Random, depth: int = 0) -> dict[str, Any]:
    declared = dice.sample(NAMES, dice.randint(0, 3))
    made: dict[str, Any] = {"type": "object", "properties": {name: inner(dice, depth + 1) for name in declared}}
    required = [name for name in NAMES if dice.random() < 0.25]
    if required:
        made["required"] = required
    content: list[dict[str, Any]] = [{"additionalProperties": False}] * 4
    content += [
        {"additionalProperties": leaf(dice)},
        {"patternProperties": {"^a": leaf(dice)}},
        {"minProperties": dice.randint(0, 2)},
        {"dependentRequired": {"a": ["b"]}},
        *([{}] * 3),
    ]
    return made | dice.choice(content)


def schema(dice: Random) -> dict[str, Any]:
    """A schema of an object, with one shared definition."""
    shared = leaf(dice)
    return thing(dice) | {"$defs": {"shared": {"type": "integer"} if "$ref" in shared else shared}}


def changed(dice: Random, old: dict[str, Any]) -> dict[str, Any]:
    """The schema with one or two things changed somewhere in it."""
    new = deepcopy(old)
    nodes = [node for _, node in walk(new) if isinstance(node, dict)]
    for _ in range(dice.randint(1, 2)):
        _change(dice, dice.choice(nodes), new)
    return new


def _change(dice: Random, node: dict[str, Any], root: dict[str, Any]) -> None:
    if "properties" not in node or dice.random() < 0.3:
        if node is not root and dice.random() < 0.5:
            node.clear()
        node.update({key: value for key, value in leaf(dice).items() if key != "$ref" or not node})
        return
    match dice.randint(0, 4):
        case 0:
            node["properties"][dice.choice(NAMES)] = leaf(dice)
        case 1 if node["properties"]:
            del node["properties"][dice.choice(list(node["properties"]))]
        case 2:
            node["required"] = [name for name in NAMES if dice.random() < 0.3]
        case 3:
            node["additionalProperties"] = dice.choice([False, True, leaf(dice)])
        case _:
            node.pop("additionalProperties", None)
