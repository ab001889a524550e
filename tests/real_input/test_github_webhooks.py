"""The whole line on real input: GitHub's webhook schemas and payloads, over HTTP and websockets, byte for byte.

Every event's schema is imported and registered; every example that keeps to its schema is appended, received on a live
socket, and received again by two kinds of replay; each one with a required property taken away is refused with the
pointer of what is missing. Examples that do not keep to the published schemas are refused too, as the reference
validator says; they travel under a type whose schema was inferred from them.
"""

import contextlib
import json
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx
import msgspec
import pytest
from websockets.sync.client import ClientConnection, connect

from eventcatalog.schemas.bundle import extract
from tests.e2e.server import Server
from tests.real_input import octokit
from tests.real_input.octokit import MAIN, Example

pytestmark = [
    pytest.mark.real_input,
    pytest.mark.skipif(
        octokit.folder() is None, reason="npm ci in tests/real_input brings @octokit/webhooks-examples and -schemas"
    ),
]
BATCH = 50  # refusals are worded for the first hundred of an append
PREPARE = """
from broker_adapter.actions import create_stream
from workspaces import actions
from workspaces.access import system_access
from workspaces.models import Person
ida = Person.objects.create_user(email="ida@example.org", name="Ida", password="correct horse battery")
workspace = actions.create_workspace(ida, name="Octo")
access = system_access(workspace)
for name in ("live", "replayed", "refusals"):
    create_stream(access, name=name, partitions=1)
_, out["key"] = actions.create_api_key(access, name="tests", scopes=["append", "read", "catalog:write"])
"""


class _Record(msgspec.Struct):
    type: str
    data: msgspec.Raw = msgspec.Raw(b"")
    version: str = ""


class _Page(msgspec.Struct):
    records: list[_Record]
    next: str
    caught_up: bool


@dataclass
class Line:
    """A running server with every schema registered."""

    server: Server
    key: str
    http: httpx.Client
    registered: list[str] = field(default_factory=list)

    def append(self, stream: str, body: bytes, **query: str) -> httpx.Response:
        """One append; the answer whatever it is."""
        headers = {"Content-Type": "application/json"}
        return self.http.post(f"streams/{stream}/records", params=query, content=body, headers=headers)

    def register(self, name: str, schema: Any) -> None:
        """A message type."""
        answer = self.http.post("catalog/types", json={"kind": "event", "name": name, "schema": schema})
        assert answer.status_code == 201, f"{name}: {answer.text[:2000]}"
        self.registered.append(name)

    @contextlib.contextmanager
    def tail(self, stream: str, start: str, credit: int) -> Iterator[ClientConnection]:
        """A subscribed socket."""
        address = f"{self.server.socket_url}/ws/v1/w/octo/streams/{stream}/tail"
        headers = {"Authorization": f"Bearer {self.key}"}
        with connect(address, additional_headers=headers, proxy=None, max_size=None) as socket:
            socket.send(json.dumps({"t": "subscribe", "from": start, "credit": credit}))
            assert json.loads(socket.recv(20))["t"] == "subscribed"
            yield socket


@pytest.fixture(scope="module")
def line() -> Iterator[Line]:
    with Server.running() as server:
        key = server.prepare(PREPARE)["key"]
        headers = {"Authorization": f"Bearer {key}"}
        base = f"{server.url}/api/v1/w/octo/"
        with httpx.Client(base_url=base, headers=headers, timeout=60, trust_env=False) as client:
            made = Line(server, key, client)
            for event, pointer in octokit.pointers().items():
                made.register(f"github.{event}", extract(octokit.schemas(), pointer))
            yield made
            assert server.complaints() == []


def good() -> list[Example]:
    """GitHub's examples that keep to its schemas."""
    return [example for example in octokit.examples(MAIN) if octokit.keeps_to_schema(example)]


def others() -> list[Example]:
    """All other examples: newer or older than the schemas, or of GitHub Enterprise."""
    here = [example for example in octokit.examples(MAIN) if not octokit.keeps_to_schema(example)]
    return here + [example for source in octokit.sources()[1:] for example in octokit.examples(source)]


def cases() -> list[tuple[Example, str]]:
    """Each example with the property to take away: one not yet taken from its event and action where there is one.

    All of them, with FACTSTORM_NIGHTLY: wording a refusal of such schemas takes a tenth of a second.
    """
    if os.environ.get("FACTSTORM_NIGHTLY"):
        return [(example, name) for example in good() for name in octokit.required(example)]
    taken: Counter[tuple[str, str]] = Counter()
    chosen = []
    for example in good():
        name = min(octokit.required(example), key=lambda name: taken[example.event, name], default=None)
        if name is not None:
            taken[example.event, name] += 1
            chosen.append((example, name))
    return chosen


def received(socket: ClientConnection, count: int) -> list[_Record]:
    """So many records from a socket, giving credit back as they come."""
    records: list[_Record] = []
    while len(records) < count:
        frame = msgspec.json.decode(socket.recv(30), type=dict[str, msgspec.Raw])
        if bytes(frame["t"]) != b'"records"':
            continue
        new = msgspec.json.decode(frame["records"], type=list[_Record])
        records += new
        position = json.loads(bytes(frame["position"]))
        socket.send(json.dumps({"t": "credit", "n": len(new), "position": position}))
    return records


def replayed(line: Line, stream: str) -> list[_Record]:
    """Everything of a stream, page by page."""
    records, position = [], "earliest"
    while True:
        answer = line.http.get(f"streams/{stream}/records", params={"from": position, "limit": "97"})
        page = msgspec.json.decode(answer.content, type=_Page)
        records += page.records
        position = page.next
        if page.caught_up and not page.records:
            return records


def same(records: Sequence[_Record], sent: Sequence[tuple[str, bytes]]) -> None:
    """Type and payload of each, in order and to the byte."""
    assert len(records) == len(sent)
    for record, (name, payload) in zip(records, sent, strict=True):
        assert record.type == name
        assert bytes(record.data) == payload


def test_every_schema_is_registered_as_a_type(line: Line) -> None:
    answer = line.http.get("catalog/types", params={"q": "github", "size": "1"})
    assert answer.json()["total"] == len(octokit.pointers()) == len(octokit.schemas()["oneOf"])
    print(f"\n{len(octokit.pointers())} schemas of {len(octokit.schemas()['definitions'])} definitions registered")


def test_every_example_arrives_byte_for_byte_on_a_socket_and_by_replay(line: Line) -> None:
    sent = [(f"github.{example.event}", example.payload) for example in good()]
    with line.tail("live", "latest", 50) as live:
        for name, payload in sent:
            answer = line.append("live", payload, type=name)
            assert answer.status_code == 201, f"{name}: {answer.text[:2000]}"
        same(received(live, len(sent)), sent)
    same(replayed(line, "live"), sent)
    with line.tail("live", "earliest", 7) as again:
        same(received(again, len(sent)), sent)
    size = sum(len(payload) for _, payload in sent)
    print(f"\n{len(sent)} examples ({size:,} bytes) appended, received live, replayed by HTTP and by socket")


def test_an_example_without_a_required_property_is_refused_with_the_pointer_of_what_is_missing(line: Line) -> None:
    found_cases = cases()
    assert len({example.payload for example, _ in found_cases}) >= 250  # a few require nothing
    wrong = []
    for start in range(0, len(found_cases), BATCH):
        part = found_cases[start : start + BATCH]
        for (example, name), errors in zip(part, refusals(line, part), strict=True):
            found = {error["pointer"] for error in errors}
            if f"/{name}" not in found or any(error["schema_version"] != "1.0.0" for error in errors):
                wrong.append((example.event, example.document.get("action"), name, sorted(found)))
    first = Counter(event for event, *_ in wrong).most_common(5)
    assert wrong == [], (
        f"{len(wrong)} of {len(found_cases)} without the right pointer; {first}; for example {wrong[:5]}"
    )
    assert replayed(line, "refusals") == []
    print(f"\n{len(found_cases)} examples without one required property refused, each with the right pointer")


def refusals(line: Line, cases: Sequence[tuple[Example, str]]) -> list[list[dict[str, Any]]]:
    """What the server has against each of the cases, sent as one batch."""
    events = [
        {"type": f"github.{example.event}", "data": msgspec.Raw(octokit.without(example, name))}
        for example, name in cases
    ]
    answer = line.append("refusals", msgspec.json.encode(events))
    assert answer.status_code == 422, answer.text[:500]
    listed = {each["index"]: each["errors"] for each in answer.json()["error"]["records"]}
    assert sorted(listed) == list(range(len(cases)))
    return [listed[index] for index in range(len(cases))]


def test_examples_that_do_not_keep_to_the_published_schema_are_refused_as_the_reference_validator_says(
    line: Line,
) -> None:
    stale = [example for example in octokit.examples(MAIN) if not octokit.keeps_to_schema(example)]
    for example in stale:
        answer = line.append("refusals", example.payload, type=f"github.{example.event}")
        assert answer.status_code == 422, f"{example.event} was taken, the reference validator refuses it"
        assert answer.json()["error"]["records"][0]["errors"]
    print(
        f"\n{len(stale)} of {len(octokit.examples(MAIN))} examples do not keep to their schemas: refused, as they are"
    )


def test_the_others_travel_byte_for_byte_under_schemas_inferred_from_them(line: Line) -> None:
    groups: dict[str, list[Example]] = {}
    for example in others():
        groups.setdefault(f"seen.{example.source.replace('.', '-')}.{example.event}", []).append(example)
    for name, found in groups.items():
        body = {"examples": [example.document for example in found]}
        answer = line.http.post("catalog/inference", json=body)
        assert answer.status_code == 200, answer.text[:500]
        line.register(name, answer.json()["schema"])
    sent = [(name, example.payload) for name, found in groups.items() for example in found]
    for name, payload in sent:
        answer = line.append("replayed", payload, type=name)
        assert answer.status_code == 201, f"{quote(name)}: {answer.text[:1000]}"
    same(replayed(line, "replayed"), sent)
    print(f"\n{len(sent)} further examples of {len(octokit.sources())} sources under {len(groups)} inferred schemas")
