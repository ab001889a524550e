"""The JSON-Schema-Test-Suite, drafts 4 to 2020-12, against our validation: both validators.

json_schema_test_suite.zip holds the suite as the source distribution of jsonschema 4.26.0 on PyPI carries it (MIT). Of
its required part only schemas that refer to another server are refused at registration: nothing is fetched, ever.
"""

import json
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from eventcatalog.schemas.engine import compile_second
from eventcatalog.schemas.errors import SchemaError
from eventcatalog.schemas.parse import URI_OF, parse_schema
from eventcatalog.schemas.types import Draft, ParsedSchema
from eventcatalog.schemas.validator import compile_validator

SUITE = Path(__file__).parent / "json_schema_test_suite.zip"
FOLDERS = {
    Draft.DRAFT4: "draft4",
    Draft.DRAFT6: "draft6",
    Draft.DRAFT7: "draft7",
    Draft.DRAFT201909: "draft2019-09",
    Draft.DRAFT202012: "draft2020-12",
}
FORMATS = {"date-time", "date", "time", "duration", "uuid", "email", "uri", "ipv4", "ipv6", "hostname"}
Case = tuple[str, str, Any, list[dict[str, Any]]]
NOT_OURS = {
    "format.json": "asserted by us: a format that nobody checks is a comment",
    "vocabulary.json": "no dialects of one's own",
}


def cases(draft: Draft) -> Iterator[Case]:
    """(file, description, schema, tests) of the required part of a draft."""
    with zipfile.ZipFile(SUITE) as suite:
        for name in suite.namelist():
            folder, _, file = name.removeprefix("tests/").partition("/")
            if folder != FOLDERS[draft] or "/" in file or file in NOT_OURS:
                continue
            for group in json.loads(suite.read(name)):
                yield file, group["description"], group["schema"], group["tests"]


def parsed(schema: Any, draft: Draft) -> ParsedSchema | str:
    """The schema, or the code it is refused with. Schemas that name no dialect are of the folder's."""
    if isinstance(schema, dict):
        schema = {"$schema": URI_OF[draft]} | schema
    elif draft is not Draft.DRAFT202012:
        schema = {"$schema": URI_OF[draft]} | ({} if schema else {"not": {}})
    try:
        return parse_schema(schema)
    except SchemaError as error:
        return error.code


@pytest.mark.parametrize("draft", list(Draft))
def test_both_validators_pass_the_suite(draft: Draft):
    ran, refused, wrong = 0, Counter[str](), []
    for file, description, schema, tests in cases(draft):
        found = parsed(schema, draft)
        if isinstance(found, str):
            refused[found] += 1
            continue
        fast, second = compile_validator(found), compile_second(found)
        for test in tests:
            ran += 1
            payload = orjson.dumps(test["data"]) if _fits(test["data"]) else None
            answers = {"fast": fast.takes(test["data"]), "second": second(test["data"])}
            if payload is not None:
                answers["bytes"] = fast.accepts(payload)
            for name, answer in answers.items():
                if answer is not test["valid"]:
                    wrong.append((file, description, test["description"], name, answer))
    assert not wrong, wrong[:20]
    assert set(refused) == {"remote_reference"}, refused
    assert ran > 500
    assert sum(refused.values()) <= 22


@pytest.mark.parametrize("draft", [Draft.DRAFT7, Draft.DRAFT201909, Draft.DRAFT202012])
def test_the_formats_that_we_assert_pass_the_suite(draft: Draft):
    ran, wrong = 0, []
    with zipfile.ZipFile(SUITE) as suite:
        files = {name: f"tests/{FOLDERS[draft]}/optional/format/{name}.json" for name in sorted(FORMATS)}
        for name, file in files.items():
            for group in json.loads(suite.read(file)) if file in suite.namelist() else ():
                found = parsed(group["schema"], draft)
                assert isinstance(found, ParsedSchema)
                validator = compile_validator(found)
                for test in group["tests"]:
                    ran += 1
                    if validator.takes(test["data"]) is not test["valid"]:
                        wrong.append((name, test["description"], test["data"]))
    assert not wrong
    assert ran > 150


def _fits(value: Any) -> bool:
    """Whether orjson writes it: whole numbers beyond 64 bits are the business of json's own writer."""
    try:
        orjson.dumps(value)
    except TypeError:
        return False
    return True
