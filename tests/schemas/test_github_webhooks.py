"""Schemas and events that nobody here wrote: GitHub's webhooks, held against the cellar (see tests/real_input)."""

from functools import cache
from typing import Any

import orjson
import pytest

from eventcatalog.schemas.bundle import extract
from eventcatalog.schemas.check import check
from eventcatalog.schemas.examples import example
from eventcatalog.schemas.infer import infer_schema
from eventcatalog.schemas.parse import parse_schema
from eventcatalog.schemas.tree import tree
from eventcatalog.schemas.types import ParsedSchema
from eventcatalog.schemas.validator import Validator, compile_validator
from tests.real_input import octokit

pytestmark = [
    pytest.mark.real_input,
    pytest.mark.skipif(octokit.folder() is None, reason="the @octokit packages are not installed"),
]


@cache
def schema_of(event: str) -> ParsedSchema:
    return parse_schema(extract(octokit.schemas(), octokit.pointers()[event]))


@cache
def validator_of(event: str) -> Validator:
    return compile_validator(schema_of(event))


@cache
def known() -> list[octokit.Example]:
    """The examples of events that have a schema."""
    return [each for each in octokit.examples(octokit.MAIN) if each.event in octokit.pointers()]


@cache
def taken() -> list[octokit.Example]:
    return [each for each in known() if accepted(each)]


def accepted(each: octokit.Example) -> bool:
    return validator_of(each.event).accepts(each.payload)


def test_every_event_stands_alone_and_is_parsed():
    assert len(octokit.pointers()) > 40
    for event in octokit.pointers():
        assert isinstance(schema_of(event).document, dict)


def test_every_example_is_judged_as_the_reference_validator_judges_it():
    assert len(known()) > 150
    for each in known():
        assert accepted(each) == octokit.keeps_to_schema(each), each.event
    assert len(taken()) > 150


def test_every_example_without_one_required_property_is_refused_with_the_pointer_of_that_property():
    tried = 0
    for each in taken():
        for name in octokit.required(each):
            faults = validator_of(each.event).explain(octokit.without(each, name))
            tried += 1
            assert f"/{name}" in [fault.pointer for fault in faults], (each.event, name, faults)
    assert tried > 1000


def test_every_event_can_be_drawn_and_compared_with_itself():
    for event in octokit.pointers():
        assert tree(schema_of(event).document), event
        assert check([("1.0.0", schema_of(event))], schema_of(event), "full").compatible == "yes"


def test_examples_are_made_for_nearly_every_event():
    missing = []
    for event in octokit.pointers():
        try:
            assert validator_of(event).takes(example(schema_of(event).document))
        except ValueError:
            missing.append(event)
    assert len(missing) <= len(octokit.pointers()) * 0.1, missing


def test_a_schema_guessed_from_the_examples_of_an_event_takes_them_all():
    by_event: dict[str, list[Any]] = {}
    for each in octokit.examples(octokit.MAIN):
        by_event.setdefault(each.event, []).append(each.document)
    for event, documents in list(by_event.items())[:20]:
        guessed = compile_validator(parse_schema(infer_schema(documents, closed=True).schema))
        for document in documents:
            assert guessed.explain(orjson.dumps(document)) == [], event
