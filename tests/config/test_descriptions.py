"""The documents that describe us to machines: OpenAPI 3.1 of the HTTP API, AsyncAPI 3.0 of the sockets."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from django.test import Client
from openapi_spec_validator import OpenAPIV31SpecValidator

from config import asyncapi
from tests.house.test_docs import api_paths
from tests.interchange.peers import asyncapi_says, needs_peers

GOLDEN = Path(__file__).parent.parent / "golden"
FILES = {"tail": "stream_protocol", "replay": "replay_protocol", "group": "group_protocol", "board": "board_protocol"}
STREAMS = "/api/v1/w/{workspace}/streams/{stream}"


@pytest.fixture(scope="module")
def openapi() -> dict[str, Any]:
    answer = Client().get("/api/v1/openapi.json", {"format": "json"})
    assert answer.status_code == 200
    return json.loads(answer.content)


def test_the_openapi_document_is_one(openapi: dict[str, Any]) -> None:
    assert openapi["openapi"].startswith("3.1")
    faults = [
        f"{'/'.join(map(str, each.absolute_path))}: {each.message}"
        for each in OpenAPIV31SpecValidator(openapi).iter_errors()
    ]
    assert faults == []


def test_the_openapi_document_describes_the_plain_views_too(openapi: dict[str, Any]) -> None:
    paths = openapi["paths"]
    append = paths[f"{STREAMS}/records"]["post"]
    assert {"201", "207", "412", "422"} <= set(append["responses"])
    assert {each["name"] for each in append["parameters"] if each["in"] == "header"} >= {"If-Position", "Producer-Id"}
    assert {each["name"] for each in paths[f"{STREAMS}/records"]["get"]["parameters"]} >= {"from", "to", "order"}
    for path in api_paths():
        if path.startswith(STREAMS):
            assert path in paths, path


@needs_peers
def test_the_asyncapi_document_is_one_for_the_official_parser() -> None:
    told = asyncapi_says(json.loads(Client().get("/api/v1/asyncapi.json").content))
    assert told["errors"] == []
    assert {each["id"] for each in told["operations"]} == {
        f"{name}.{way}" for name in FILES for way in ("send", "receive")
    }


@pytest.mark.parametrize("name", sorted(FILES))
@pytest.mark.parametrize(("side", "way"), [("client", "receive"), ("server", "send")])
def test_golden_frames_are_what_the_asyncapi_document_says(name: str, side: str, way: str) -> None:
    document = asyncapi.document()
    golden = json.loads((GOLDEN / f"{FILES[name]}.json").read_text())[side]
    frames = golden if isinstance(golden, list) else list(golden.values())
    messages = document["components"]["messages"]
    known = {each.rpartition(".")[2] for each in messages if each.startswith(f"{name}.{way}.")}
    assert {frame["t"] for frame in frames} == known, "every frame is described, and no other"
    for frame in frames:
        schema = messages[f"{name}.{way}.{frame['t']}"]["payload"]
        jsonschema.Draft202012Validator(schema | {"components": document["components"]}).validate(frame)


@pytest.mark.parametrize("name", ["tail", "replay", "group"])
def test_frames_that_servers_refuse_for_their_shape_are_not_described(name: str) -> None:
    document = asyncapi.document()
    refused = [{"t": "nonsense"}, {"t": "credit"}]
    for frame in refused:
        schema = document["components"]["messages"].get(f"{name}.receive.{frame['t']}", {"payload": False})["payload"]
        with_components = schema if isinstance(schema, bool) else schema | {"components": document["components"]}
        assert not jsonschema.Draft202012Validator(with_components).is_valid(frame)
