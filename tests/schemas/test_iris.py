"""IRIs as RFC 3987 has them, and as the first validator sees them."""

import jsonschema_rs
import pytest

from eventcatalog.schemas.engine import compile_second
from eventcatalog.schemas.iris import is_iri, is_iri_reference
from eventcatalog.schemas.parse import parse_schema

IRIS = [
    "http://example.org/", "http://ƒøø.ßår/?∂éœ=πîx#πîüx", "http://ƒøø.com/blah_(wîkïpédiå)_blah#ßité-1", "urn:isbn:1",
    "http://ƒøø.ßår/?q=Test%20URL-encoded%20stuff", "http://[2001:0db8:85a3:0000:0000:8a2e:0370:7334]", "mailto:a@b",
    "http://example.org/?\ue000=1",
]  # fmt: skip
REFERENCES = ["/âππ", "#ƒrägmênt", "âππ", "", "//ƒøø.ßår/a", "?\ue001"]
NEITHER = [
    "http://exa mple/",
    "\\\\WINDOWS\\filëßåré",
    "#ƒräg\\mênt",
    "a\ud800b",
    "/\ue000",
    "http://a/#\ue000",
    "ü:b:/%",
    "/\ufdd0",
]


@pytest.mark.parametrize("text", IRIS)
def test_these_are_iris(text: str):
    assert is_iri(text)
    assert is_iri_reference(text)


@pytest.mark.parametrize("text", REFERENCES)
def test_these_are_references_and_no_iris(text: str):
    assert is_iri_reference(text)
    assert not is_iri(text)


@pytest.mark.parametrize("text", NEITHER)
def test_these_are_neither(text: str):
    assert not is_iri(text)
    assert not is_iri_reference(text)


@pytest.mark.parametrize("text", [*IRIS[:7], *REFERENCES[:5], *NEITHER[:3]])
def test_both_validators_take_the_same_for_an_iri(text: str):
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", "format": "iri"}
    second = compile_second(parse_schema(schema))
    first = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
    assert second(text) == first.is_valid(text) == is_iri(text)
    assert second(5)
