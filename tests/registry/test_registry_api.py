"""The registry's addresses: shapes, codes, who may ask."""

import json
from typing import Any

import pytest
from django.test import Client

from eventcatalog import actions as catalog
from eventcatalog.models import ChangeRecord, MessageType, SchemaVersion
from eventcatalog.registry.models import RegistrySubject
from tests.cast import Cast
from workspaces.actions import create_api_key

pytestmark = pytest.mark.django_db
V1 = "application/vnd.schemaregistry.v1+json"
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": False}
WIDER = {**SCHEMA, "properties": {"a": {"type": "string"}, "b": {"type": "integer"}}}
NARROWER = {**SCHEMA, "required": ["a"]}
READS = [
    "",
    "subjects",
    "subjects/OrderPlaced/versions",
    "subjects/OrderPlaced/versions/1",
    "subjects/OrderPlaced/versions/latest",
    "subjects/OrderPlaced/versions/latest/schema",
    "subjects/OrderPlaced/versions/1/referencedby",
    "subjects/OrderPlaced/metadata",
    "schemas",
    "schemas/types",
    "config",
    "config/OrderPlaced",
    "mode",
    "mode/OrderPlaced?defaultToGlobal=true",
    "contexts",
    "v1/metadata/id",
    "v1/metadata/version",
]
WRITES = [
    ("post", "subjects/new-value/versions", {"schemaType": "JSON", "schema": "{}"}),
    ("delete", "subjects/OrderPlaced", None),
    ("delete", "subjects/OrderPlaced/versions/1", None),
    ("put", "config", {"compatibility": "FULL"}),
    ("put", "config/OrderPlaced", {"compatibility": "FULL"}),
    ("delete", "config/OrderPlaced", None),
    ("put", "mode", {"mode": "READONLY"}),
    ("put", "mode/OrderPlaced", {"mode": "READONLY"}),
]


class Registry:
    """A client with a key."""

    def __init__(self, headers: dict[str, str], base: str = "/registry/acme") -> None:
        self.headers, self.base = headers, base

    def __call__(self, verb: str, path: str, body: Any = None, **headers: str) -> Any:
        content = {} if body is None else {"data": json.dumps(body), "content_type": V1}
        return getattr(Client(), verb)(f"{self.base}/{path}", headers={**self.headers, **headers}, **content)

    def get(self, path: str) -> Any:
        return self("get", path).json()

    def register(self, subject: str, schema: Any, **more: Any) -> Any:
        return self("post", f"subjects/{subject}/versions", written(schema, **more)).json()


def written(schema: Any, **more: Any) -> dict[str, Any]:
    return {"schemaType": "JSON", "schema": json.dumps(schema), **more}


def with_key(cast: Cast, *scopes: str, workspace: Any = None, owner: Any = None) -> Registry:
    access = cast.access(owner or cast.alice, workspace)
    _, text = create_api_key(access, name="Checkout", scopes=scopes)
    return Registry({"Authorization": f"Bearer {text}"})


@pytest.fixture
def registry(cast: Cast, order_placed: MessageType) -> Registry:
    return with_key(cast, "read", "catalog:write")


@pytest.mark.parametrize("path", READS)
def test_who_may_look_gets_an_answer_in_the_registrys_media_type(cast: Cast, order_placed: MessageType, path: str):
    found = with_key(cast, "read")("get", path)
    assert found.status_code == 200, found.content
    assert found["Content-Type"] == V1


@pytest.mark.parametrize(("verb", "path", "body"), WRITES)
def test_only_a_key_with_the_scope_writes(cast: Cast, order_placed: MessageType, verb: str, path: str, body: Any):
    before = ChangeRecord.objects.count(), SchemaVersion.objects.count()
    assert with_key(cast, "read", "append")(verb, path, body).status_code == 403
    assert Registry({})(verb, path, body).status_code == 401
    foreign = with_key(cast, "catalog:write", workspace=cast.elsewhere, owner=cast.charlie)
    assert foreign(verb, path, body).status_code == 404
    owner = Client()
    owner.force_login(cast.alice)  # a browser's session never writes here
    content = {} if body is None else {"data": json.dumps(body), "content_type": V1}
    assert getattr(owner, verb)(f"/registry/acme/{path}", **content).status_code == 401
    assert (ChangeRecord.objects.count(), SchemaVersion.objects.count()) == before


@pytest.mark.parametrize("path", [*READS, "nowhere"])
def test_a_stranger_gets_what_a_workspace_that_is_not_there_answers(cast: Cast, order_placed: MessageType, path: str):
    stranger = with_key(cast, "read", workspace=cast.elsewhere, owner=cast.charlie)
    found = stranger("get", path)
    stranger.base = "/registry/no-such-workspace"
    missing = stranger("get", path)
    assert (found.status_code, found.content) == (missing.status_code, missing.content)
    assert found.json() == {"error_code": 404, "message": "HTTP 404 Not Found"}
    nobody = Registry({})("get", path)
    assert nobody.status_code == 401
    assert nobody["WWW-Authenticate"].startswith("Basic")


def test_the_key_may_be_the_password_or_the_name_of_basic_auth(cast: Cast, order_placed: MessageType):
    import base64

    token = with_key(cast, "read").headers["Authorization"].removeprefix("Bearer ")
    for pair in (f"user:{token}", f"{token}:"):
        headers = {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
        assert Registry(headers)("get", "subjects").status_code == 200


def test_answers_have_the_published_fields_and_no_empty_ones(registry: Registry):
    assert registry.register("orders-value", SCHEMA).keys() == {"id"}
    assert registry.get("subjects/orders-value/versions/1").keys() == {
        "subject", "version", "id", "schemaType", "schema"
    }  # fmt: skip
    schema_id = registry.get("subjects/orders-value/versions/1")["id"]
    assert registry.get(f"schemas/ids/{schema_id}").keys() == {"schema", "schemaType"}
    assert registry.get(f"schemas/ids/{schema_id}/schema") == SCHEMA
    assert registry.get(f"schemas/ids/{schema_id}/versions") == [{"subject": "orders-value", "version": 1}]
    assert registry("get", f"schemas/ids/{schema_id}", **{"Confluent-Accept-Unknown-Properties": "true"}).json()["guid"]


def test_a_guid_leads_to_its_schema(registry: Registry):
    newer = {"Confluent-Accept-Unknown-Properties": "true"}
    made = registry("post", "subjects/orders-value/versions", written(SCHEMA), **newer).json()
    assert (made["version"], made["subject"]) == (1, "orders-value")
    assert json.loads(registry.get(f"schemas/guids/{made['guid']}")["schema"]) == SCHEMA
    missing = registry("get", "schemas/guids/00000000-0000-0000-0000-000000000000")
    assert missing.json()["error_code"] == 40403


def test_registering_under_a_new_subject_makes_an_event_type_that_validates(cast: Cast, registry: Registry):
    registry.register("orders-value", {"title": "An order", **SCHEMA})
    made = MessageType.objects.get(name="orders")
    assert (made.kind, made.title, made.version) == ("event", "An order", "1.0.0")
    registry.register("orders-value", {"title": "An order", **WIDER})
    made.refresh_from_db()
    assert made.version == "1.1.0"
    registry.register("a strange/näme", SCHEMA)
    assert registry.get("subjects/a%20strange%2Fn%C3%A4me/versions") == [1]
    assert MessageType.objects.filter(name__startswith="a_strange_n_me_").count() == 1


def test_what_is_published_on_pages_appears_as_the_next_version(cast: Cast, registry: Registry):
    registry.register("orders-value", SCHEMA)
    made = MessageType.objects.get(name="orders")
    catalog.publish_version(cast.access(cast.fay), made, schema=WIDER)
    assert registry.get("subjects/orders-value/versions") == [1, 2]
    assert json.loads(registry.get("subjects/orders-value/versions/latest")["schema"]) == WIDER


def test_looking_at_a_type_by_another_name_does_not_list_that_name(registry: Registry):
    assert registry.get("subjects/OrderPlaced-value/versions") == [1]
    assert registry.get("subjects") == ["OrderPlaced"]
    registry.register("OrderPlaced-value", registry.get("subjects/OrderPlaced/versions/latest/schema"))
    assert registry.get("subjects") == ["OrderPlaced-value"]
    assert SchemaVersion.objects.count() == 1


def test_lists_page_filter_and_show_what_is_deleted(registry: Registry):
    for name in ("b-value", "a-value", "c-value"):
        registry.register(name, SCHEMA)
    registry("delete", "subjects/b-value")
    assert registry.get("subjects") == ["OrderPlaced", "a-value", "c-value"]
    assert registry.get("subjects?deleted=true&offset=1&limit=2") == ["a-value", "b-value"]
    assert registry.get("subjects?deletedOnly=true") == ["b-value"]
    assert registry.get("subjects?subjectPrefix=c") == ["c-value"]
    registry.register("a-value", WIDER)
    found = registry.get("schemas?subjectPrefix=a-")
    assert [(each["subject"], each["version"]) for each in found] == [("a-value", 1), ("a-value", 2)]
    assert [each["version"] for each in registry.get("schemas?subjectPrefix=a-&latestOnly=true")] == [2]
    assert len(registry.get("schemas?limit=1")) == 1


def test_compatibility_says_why_when_asked_to(registry: Registry):
    registry.register("orders-value", SCHEMA)
    path = "compatibility/subjects/orders-value/versions/latest"
    assert registry("post", path, written(NARROWER)).json() == {"is_compatible": False}
    told = registry("post", f"{path}?verbose=true", written(NARROWER)).json()
    assert told["is_compatible"] is False
    assert "{}" in " ".join(told["messages"])
    assert registry("post", f"{path}?verbose=true", written(WIDER)).json() == {"is_compatible": True}
    bad = {"schemaType": "JSON", "schema": '{"type": 7}'}
    assert registry("post", path, bad).json()["error_code"] == 42201
    assert registry("post", f"{path}?verbose=true", bad).json()["is_compatible"] is False
    assert registry("post", "compatibility/subjects/unknown/versions/latest", written(SCHEMA)).json() == {
        "is_compatible": True
    }
    unknown = registry("post", "compatibility/subjects/unknown/versions/3", written(SCHEMA))
    assert unknown.json()["error_code"] == 40402
    assert registry("post", "compatibility/subjects/orders-value/versions/0", written(SCHEMA)).json()[
        "error_code"
    ] == 42202  # fmt: skip


def test_an_optional_property_of_an_open_schema_is_refused_as_the_strict_policy_refuses_it(registry: Registry):
    registry.register("open-value", {"type": "object", "properties": {"a": {"type": "string"}}})
    wider = {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}}}
    assert registry.register("open-value", wider)["error_code"] == 40901
    catalog_type = MessageType.objects.get(name="open")
    MessageType.objects.filter(pk=catalog_type.pk).update(policy="lenient")
    assert "id" in registry.register("open-value", wider)


def test_deletion_hides_a_version_but_does_not_release_the_type_from_its_promise(registry: Registry):
    registry.register("orders-value", SCHEMA)
    registry("delete", "subjects/orders-value")
    assert registry.register("orders-value", NARROWER)["error_code"] == 40901
    registry("put", "config/orders-value", {"compatibility": "NONE"})
    assert "id" in registry.register("orders-value", NARROWER)
    assert registry.get("subjects/orders-value/versions") == [2]
    assert MessageType.objects.get(name="orders").versions.count() == 2


def test_the_order_of_deletions_is_kept(registry: Registry):
    registry.register("orders-value", SCHEMA)
    assert registry("delete", "subjects/orders-value?permanent=true").json()["error_code"] == 40405
    assert registry("delete", "subjects/orders-value/versions/1?permanent=true").json()["error_code"] == 40407
    schema_id = registry.get("subjects/orders-value/versions/1")["id"]
    assert registry("delete", "subjects/orders-value/versions/latest").json() == 1
    assert registry("get", f"schemas/ids/{schema_id}").status_code == 200
    assert registry("delete", "subjects/orders-value/versions/1?permanent=true").json() == 1
    assert registry("get", f"schemas/ids/{schema_id}").json()["error_code"] == 40403
    assert registry("delete", "subjects/nothing").json()["error_code"] == 40401
    assert MessageType.objects.get(name="orders").versions.count() == 1


def test_the_global_level_reaches_the_types_that_follow_it_and_no_others(registry: Registry):
    registry.register("follows-value", SCHEMA)
    registry.register("own-value", SCHEMA)
    registry("put", "config/own-value", {"compatibility": "FORWARD"})
    assert registry("put", "config", {"compatibility": "FULL_TRANSITIVE"}).json() == {
        "compatibility": "FULL_TRANSITIVE"
    }
    levels = dict(MessageType.objects.values_list("name", "compatibility"))
    assert levels == {"follows": "full_transitive", "own": "forward", "OrderPlaced": "backward"}
    assert registry.get("config/follows-value?defaultToGlobal=true") == {"compatibilityLevel": "FULL_TRANSITIVE"}
    assert registry("get", "config/follows-value").json()["error_code"] == 40408
    registry("delete", "config")
    assert registry.get("config") == {"compatibilityLevel": "BACKWARD"}


def test_bodies_that_are_wrong_are_told_so(registry: Registry):
    client, headers = Client(), registry.headers
    path = "/registry/acme/subjects/x/versions"
    assert client.post(path, "{", content_type=V1, headers=headers).status_code == 400
    assert client.post(path, "{}", content_type="text/xml", headers=headers).status_code == 415
    for body in ({}, {"schemaType": "JSON"}, {"schemaType": "JSON", "schema": " "}, {"schema": "{}"},
                 {"schemaType": "PROTOBUF", "schema": "x"}):  # fmt: skip
        found = registry("post", "subjects/x/versions", body)
        assert (found.status_code, found.json()["error_code"]) == (422, 42201)
    assert registry("post", "subjects/x/versions", written({}, id=7)).json()["error_code"] == 42205
    assert registry("put", "mode", {"mode": "IMPORT"}).json()["error_code"] == 42205
    assert registry("patch", "subjects").status_code == 405
    assert registry("get", "subjects/" + "x" * 300 + "/versions").json()["error_code"] == 42208


def test_metadata_is_kept_and_found(registry: Registry):
    registry.register("m-value", SCHEMA, metadata={"properties": {"major": "1"}})
    registry.register("m-value", WIDER, metadata={"properties": {"major": "2"}})
    assert registry.get("subjects/m-value/metadata?key=major&value=1")["version"] == 1
    assert registry.get("subjects/m-value/versions/2")["metadata"] == {"properties": {"major": "2"}}


def test_a_context_in_the_address_is_the_context_of_the_subject(registry: Registry):
    registry.register("orders-value", SCHEMA)
    registry.base += "/contexts/:.dev:"
    registry.register("orders-value", WIDER)
    assert registry.get("subjects/orders-value/versions") == [1]
    registry.base = "/registry/acme"
    assert json.loads(registry.get("subjects/:.dev:orders-value/versions/1")["schema"]) == WIDER
    assert registry.get("contexts") == [".", ".dev"]
    assert RegistrySubject.objects.get(name=":.dev:orders-value").message_type.name == "dev.orders"


def test_a_schema_that_points_elsewhere_without_a_reference_is_refused_and_nothing_is_fetched(registry: Registry):
    lost = {"$ref": "http://127.0.0.1:9/elsewhere.json"}
    found = registry.register("lost-value", lost)
    assert found["error_code"] == 42201
    assert "nothing is fetched" in found["message"]
