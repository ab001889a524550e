"""GitHub's webhook payloads and schemas, from npm: @octokit/webhooks-examples and @octokit/webhooks-schemas.

Payloads are cut out of the package's files as they are, so each keeps its own bytes. Some of the examples do not keep
to the schemas published beside them (fields were added since they were recorded): the ``jsonschema`` package, which
has no part in the product's hot path, says which.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import msgspec
from jsonschema import Draft7Validator

PLACES = (
    os.environ.get("OCTOKIT_DIR", ""),
    str(Path(__file__).parent / "node_modules" / "@octokit"),
    "/tmp/npm/node_modules/@octokit",
)
MAIN = "api.github.com"


class _Event(msgspec.Struct):
    name: str
    examples: list[msgspec.Raw]


@dataclass(frozen=True)
class Example:
    """One payload, to the byte."""

    source: str  # api.github.com, ghes-35, ...
    event: str
    payload: bytes

    @cached_property
    def document(self) -> dict[str, Any]:
        """The payload, read."""
        return dict(json.loads(self.payload))


def folder() -> Path | None:
    """Where the packages are, if they are."""
    places = (Path(place) for place in PLACES if place)
    return next((place for place in places if (place / "webhooks-schemas" / "schema.json").exists()), None)


def _folder() -> Path:
    found = folder()
    assert found is not None
    return found


@cache
def schemas() -> dict[str, Any]:
    """The whole schema document: every event's schema is one of its definitions."""
    return dict(json.loads((_folder() / "webhooks-schemas" / "schema.json").read_text()))


def pointers() -> dict[str, str]:
    """{event: JSON Pointer of its schema}."""
    names = [each["$ref"].rpartition("/")[2] for each in schemas()["oneOf"]]
    return {name.removesuffix("_event").removesuffix("$event"): f"/definitions/{name}" for name in names}


def sources() -> list[str]:
    """Folders of examples, GitHub's own first."""
    found = sorted(each.parent.name for each in (_folder() / "webhooks-examples").glob("*/index.json"))
    return sorted(found, key=lambda name: name != MAIN)


@cache
def examples(source: str) -> tuple[Example, ...]:
    """All payloads of one folder, in its order."""
    raw = (_folder() / "webhooks-examples" / source / "index.json").read_bytes()
    events = msgspec.json.decode(raw, type=list[_Event])
    return tuple(Example(source, event.name, bytes(each)) for event in events for each in event.examples)


@cache
def oracle(event: str) -> Draft7Validator:
    """The reference validator of an event's schema, reading the package's document as it is."""
    document = schemas()
    schema = {"$ref": f"#{pointers()[event]}", "definitions": document["definitions"]}
    return Draft7Validator(schema, format_checker=Draft7Validator.FORMAT_CHECKER)


@cache
def keeps_to_schema(example: Example) -> bool:
    """Whether the event has a schema and the reference validator takes the example."""
    return example.event in pointers() and oracle(example.event).is_valid(example.document)


def required(example: Example) -> list[str]:
    """Top-level properties that the schema, in the branch that this example takes, requires."""
    schema = _resolve({"$ref": f"#{pointers()[example.event]}"})
    names: dict[str, None] = {}
    for part in _parts(schema, example):
        names.update(dict.fromkeys(part.get("required", ())))
    return [name for name in names if name in example.document]


def without(example: Example, name: str) -> bytes:
    """The example with one property taken away."""
    return json.dumps({key: value for key, value in example.document.items() if key != name}).encode()


def _parts(schema: dict[str, Any], example: Example) -> Iterator[dict[str, Any]]:
    yield schema
    for part in schema.get("allOf", ()):
        yield from _parts(_resolve(part), example)
    for branch in (*schema.get("oneOf", ()), *schema.get("anyOf", ())):
        reader = Draft7Validator({**branch, "definitions": schemas()["definitions"]})
        if reader.is_valid(example.document):
            yield from _parts(_resolve(branch), example)


def _resolve(schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        schema = schemas()["definitions"][name]
    return schema
