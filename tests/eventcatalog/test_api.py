"""The catalog's HTTP API: what each address answers, to whom."""

import json

import pytest
from django.test import Client

from eventcatalog import actions, queries
from eventcatalog.models import ChangeRecord, MessageType
from tests.cast import Cast
from tests.eventcatalog.conftest import ORDER_PLACED
from workspaces.actions import create_api_key

pytestmark = pytest.mark.django_db

BASE = "/api/v1/w/acme/catalog"
TYPE = f"{BASE}/types/OrderPlaced"
SCHEMA = {"type": "object"}
READS = [
    "types",
    "types/OrderPlaced",
    "types/OrderPlaced/history",
    "types/OrderPlaced/participations",
    "types/OrderPlaced/versions",
    "types/OrderPlaced/versions/1.0.0",
    "types/OrderPlaced/versions/latest",
    "types/OrderPlaced/versions/1.0.0/schema",
    "domains",
    "contexts",
    "teams",
    "services",
    "services/checkout",
]
ASKS = [  # POSTs that only look
    ("types/OrderPlaced/versions/check", {"schema": SCHEMA}),
    ("inference", {"examples": [{"a": 1}]}),
    ("schema-check", {"schema": SCHEMA}),
]
WRITES = [
    ("post", "types", {"kind": "event", "name": "OrderShipped", "schema": SCHEMA}, 201),
    ("patch", "types/OrderPlaced", {"title": "An order was placed"}, 200),
    ("post", "types/OrderPlaced/deprecation", {"reason": "Too vague"}, 200),
    ("delete", "types/OrderPlaced/deprecation", None, 200),
    ("post", "types/OrderPlaced/participations", {"service": "checkout", "role": "consumes"}, 201),
    ("delete", "types/OrderPlaced/participations/checkout/produces", None, 204),
    ("post", "types/OrderPlaced/versions", {"schema": {**ORDER_PLACED, "title": "Order placed"}}, 201),
    ("post", "domains", {"name": "Payments"}, 201),
    ("post", "contexts", {"name": "Refunds", "domain": "sales"}, 201),
    ("post", "teams", {"name": "Team Money"}, 201),
    ("post", "services", {"name": "Warehouse"}, 201),
    ("patch", "services/checkout", {"summary": "Takes orders"}, 200),
]


@pytest.fixture
def world(cast: Cast, order_placed: MessageType) -> Cast:
    """A domain, and a service that produces the type."""
    access = cast.access(cast.fay)
    actions.create_domain(access, name="Sales")
    service = actions.create_service(access, name="Checkout")
    actions.declare_participation(access, order_placed, service=service, role="produces")
    return cast


def key(world: Cast, *scopes: str) -> dict[str, str]:
    _, text = create_api_key(world.access(world.alice), name="Checkout", scopes=scopes)
    return {"Authorization": f"Bearer {text}"}


def browser(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def send(client: Client, verb: str, path: str, body=None, headers=None):
    content = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
    return getattr(client, verb)(f"{BASE}/{path}", headers=headers or {}, **content)


@pytest.mark.parametrize("path", READS)
def test_a_viewer_and_a_key_that_reads_get_everything(world: Cast, path: str):
    assert send(browser(world.vera), "get", path).status_code == 200
    assert send(Client(), "get", path, headers=key(world, "read")).status_code == 200


@pytest.mark.parametrize(("path", "body"), ASKS)
def test_a_viewer_may_ask_what_a_schema_would_do(world: Cast, path: str, body: dict):
    assert send(browser(world.vera), "post", path, body).status_code == 200


@pytest.mark.parametrize(("verb", "path", "body", "status"), WRITES)
def test_a_facilitator_and_a_key_with_the_scope_write(world: Cast, verb: str, path: str, body, status: int):
    headers = key(world, "catalog:write")
    assert send(Client(), verb, path, body, headers).status_code == status


@pytest.mark.parametrize(("verb", "path", "body", "status"), WRITES)
def test_nobody_else_writes(world: Cast, verb: str, path: str, body, status: int):
    before = ChangeRecord.objects.count()
    assert send(browser(world.bob), verb, path, body).status_code == 403
    assert send(browser(world.charlie), verb, path, body).status_code == 404
    assert send(Client(), verb, path, body).status_code == 401
    assert send(Client(), verb, path, body, key(world, "append", "read")).status_code == 403
    assert ChangeRecord.objects.count() == before


@pytest.mark.parametrize("path", READS)
def test_a_stranger_gets_the_same_answer_as_for_what_does_not_exist(world: Cast, path: str):
    strange = send(browser(world.charlie), "get", path)
    missing = browser(world.charlie).get("/api/v1/w/no-such-workspace/catalog/types")
    assert strange.status_code == missing.status_code == 404
    assert strange.json() == missing.json()


def test_another_workspaces_key_finds_nothing(world: Cast):
    _, text = create_api_key(world.access(world.charlie, world.elsewhere), name="Spy", scopes=["read"])
    assert Client().get(TYPE, headers={"Authorization": f"Bearer {text}"}).status_code == 404


def test_a_schema_given_as_text_comes_back_to_the_byte(world: Cast):
    text = '{ "type" : "object",\n\t"properties": {"ä": {"const": 1.0}} }\n'
    body = {"kind": "event", "name": "Spaced", "schema": text}
    headers = key(world, "catalog:write", "read")
    made = send(Client(), "post", "types", body, headers)
    assert made.status_code == 201, made.content
    raw = Client().get(made.json()["schema_url"], headers=headers)
    assert raw.content.decode() == text
    assert raw["Content-Type"] == "application/schema+json"
    assert "immutable" in raw["Cache-Control"]


def test_a_schema_that_is_no_json_is_refused_with_line_and_column(world: Cast):
    body = {"kind": "event", "name": "Bad", "schema": '{\n  "type": \n}'}
    answer = send(browser(world.fay), "post", "types", body)
    assert answer.status_code == 422
    error = answer.json()["error"]
    assert error["code"] == "invalid_schema"
    assert error["place"]["line"] == 3


def test_a_schema_that_breaks_the_meta_schema_is_refused_with_a_pointer(world: Cast):
    body = {"kind": "event", "name": "Bad", "schema": {"properties": {"a": {"type": "strin"}}}}
    error = send(browser(world.fay), "post", "types", body).json()["error"]
    assert error["place"]["pointer"].startswith("/properties/a/type")


@pytest.mark.parametrize("name", ["", "1st", "with space", "a/b", "x" * 201, "_private", "naïve"])
def test_names_that_records_could_not_carry_are_refused(world: Cast, name: str):
    answer = send(browser(world.fay), "post", "types", {"kind": "event", "name": name, "schema": {}})
    assert answer.status_code in (400, 422)
    assert answer.json()["error"]["code"] == "invalid"


def test_a_name_is_given_once_in_a_workspace(world: Cast):
    body = {"kind": "event", "name": "OrderPlaced", "schema": {}}
    answer = send(browser(world.fay), "post", "types", body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "name_taken")
    assert MessageType.objects.count() == 1


def test_the_list_pages_and_filters(world: Cast):
    access = world.access(world.fay)
    for number in range(5):
        actions.register_type(access, kind="command", name=f"Do{number}", schema={})
    page = send(browser(world.vera), "get", "types?kind=command&size=2&page=2").json()
    assert [each["name"] for each in page["types"]] == ["Do2", "Do3"]
    assert (page["total"], page["pages"]) == (5, 3)


def test_an_exact_name_comes_before_names_that_contain_it(world: Cast):
    access = world.access(world.fay)
    for name in ("AnOrderPlaced", "OrderPlacedAgain"):
        actions.register_type(access, kind="event", name=name, schema={})
    found = send(browser(world.vera), "get", "types?q=orderplaced").json()["types"]
    assert [each["name"] for each in found] == ["OrderPlaced", "OrderPlacedAgain", "AnOrderPlaced"]


def test_patching_takes_a_place_away_by_an_empty_text_and_writes_history_with_the_reason(world: Cast):
    client = browser(world.fay)
    send(client, "patch", "types/OrderPlaced", {"domain": "sales", "tags": ["b", "a"]})
    answer = send(client, "patch", "types/OrderPlaced", {"domain": "", "why": "It belongs nowhere"}).json()
    assert (answer["domain"], answer["tags"]) == (None, ["a", "b"])
    newest = send(client, "get", "types/OrderPlaced/history").json()["changes"][0]
    assert newest["why"] == "It belongs nowhere"
    assert newest["detail"]["domain"] == {"from": "sales", "to": None}
    assert newest["by"]["name"] == "Fay"


def test_a_command_is_handled_not_consumed(world: Cast):
    access = world.access(world.fay)
    actions.register_type(access, kind="command", name="PlaceOrder", schema={})
    path = "types/PlaceOrder/participations"
    client = browser(world.fay)
    assert send(client, "post", path, {"service": "checkout", "role": "consumes"}).status_code == 422
    assert send(client, "post", path, {"service": "checkout", "role": "handles"}).status_code == 201


def test_declaring_the_same_twice_is_declaring_it_once(world: Cast):
    body = {"service": "checkout", "role": "produces"}
    for _ in range(2):
        assert send(browser(world.fay), "post", "types/OrderPlaced/participations", body).status_code == 201
    found = queries.find_type(world.workspace, "OrderPlaced")
    assert len(queries.participations_of(found)) == 1


def test_inference_makes_a_schema_that_takes_the_examples(world: Cast):
    examples = [{"id": "6c84fb90-12c4-11e1-840d-7b25c5ee775a", "n": 1}, {"id": "8c84fb90-12c4-11e1-840d-7b25c5ee775a"}]
    made = send(browser(world.vera), "post", "inference", {"examples": examples}).json()
    assert made["schema"]["properties"]["id"]["format"] == "uuid"
    assert made["schema"]["required"] == ["id"]
    assert [row["name"] for row in made["fields"]] == ["id", "n"]
    assert made["notes"]


def test_a_schema_check_says_what_is_wrong_without_failing(world: Cast):
    client = browser(world.vera)
    assert send(client, "post", "schema-check", {"schema": "{"}).json()["valid"] is False
    good = send(client, "post", "schema-check", {"schema": ORDER_PLACED}).json()
    assert good["valid"] is True
    assert {row["name"] for row in good["rows"]} >= {"order_id", "total_cents"}


def test_a_schema_of_six_hundred_kilobytes_is_registered_shown_and_checked_against(world: Cast):
    properties = {f"field_{number}": {"type": "string", "description": "x" * 100} for number in range(4000)}
    text = json.dumps({"type": "object", "properties": properties, "required": ["field_7"]})
    assert len(text) > 600_000
    client = browser(world.fay)
    made = send(client, "post", "types", {"kind": "event", "name": "Huge", "schema": text})
    assert made.status_code == 201, made.content[:300]
    assert client.get("/w/acme/catalog/types/Huge/").status_code == 200
    assert client.get("/w/acme/catalog/types/Huge/?tab=raw").status_code == 200
    from eventcatalog.validation import CatalogCheck

    result = CatalogCheck().check_columns(
        workspace_id=world.workspace.pk,
        stream="s",
        types=["Huge"] * 2,
        versions=[None] * 2,
        payloads=[b'{"field_7": "x"}', b"{}"],
    )
    assert list(result.refused) == [1]


def test_the_openapi_document_names_the_catalogs_addresses(world: Cast):
    paths = json.loads(Client().get("/api/v1/openapi.json", {"format": "json"}).content)["paths"]
    assert "/api/v1/w/{workspace}/catalog/types/{name}/versions/check" in paths
