"""Confluent's own Python client against a running server: what its users do on an ordinary day."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.server import Server

confluent = pytest.importorskip("confluent_kafka.schema_registry")
json_schema = pytest.importorskip("confluent_kafka.schema_registry.json_schema")
serialization = pytest.importorskip("confluent_kafka.serialization")

Schema, SchemaReference, SchemaRegistryClient, ServerConfig, SchemaRegistryError = (
    getattr(confluent, name)
    for name in ("Schema", "SchemaReference", "SchemaRegistryClient", "ServerConfig", "SchemaRegistryError")
)
ConfigCompatibilityLevel = confluent.ConfigCompatibilityLevel
PREPARE = """
from workspaces import actions
from workspaces.models import Person
ida = Person.objects.create_user(email="ida@example.org", name="Ida", password="correct horse battery")
workspace = actions.create_workspace(ida, name="Acme")
from workspaces.access import system_access
access = system_access(workspace)
_, out["key"] = actions.create_api_key(access, name="shop", scopes=["read", "catalog:write"])
_, out["reader"] = actions.create_api_key(access, name="looker", scopes=["read"])
from eventcatalog import actions as catalog
catalog.register_type(access, kind="event", name="CartFilled", schema={"title": "CartFilled", "type": "object",
    "properties": {"cart": {"type": "string"}}, "required": ["cart"]})
"""
DIALECT = "http://json-schema.org/draft-07/schema#"
ORDER = {
    "$schema": DIALECT,
    "title": "Order",
    "type": "object",
    "properties": {"order_id": {"type": "string"}, "total": {"type": "integer", "minimum": 0}},
    "required": ["order_id", "total"],
    "additionalProperties": False,
}
ORDER_2 = {**ORDER, "properties": {**ORDER["properties"], "note": {"type": "string"}}}
BREAKING = {**ORDER, "required": ["order_id", "total", "note"], "properties": ORDER_2["properties"]}
CUSTOMER = {
    "$schema": DIALECT,
    "$id": "http://example.com/customer.json",
    "title": "Customer",
    "type": "object",
    "properties": {"email": {"type": "string"}, "home": {"$ref": "#/definitions/address"}},
    "required": ["email"],
    "definitions": {"address": {"type": "object", "properties": {"city": {"type": "string"}}}},
}
SALE = {
    "$schema": DIALECT,
    "$id": "http://example.com/sale.json",
    "title": "Sale",
    "type": "object",
    "properties": {"who": {"$ref": "customer.json"}, "to": {"$ref": "customer.json#/definitions/address"}},
    "required": ["who"],
}


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[Server, dict[str, str]]]:
    with Server.running() as server:
        yield server, server.prepare(PREPARE)


@pytest.fixture
def client(running: tuple[Server, dict[str, str]]) -> Any:
    server, made = running
    return connected(server, made["key"])


def connected(server: Server, key: str) -> Any:
    return SchemaRegistryClient(
        {"url": f"{server.url}/registry/acme", "basic.auth.user.info": f"key:{key}", "max.retries": 0}
    )


def written(schema: dict[str, Any], references: list[Any] | None = None) -> Any:
    return Schema(json.dumps(schema), "JSON", references or [])


def context_of(topic: str) -> Any:
    return serialization.SerializationContext(topic, serialization.MessageField.VALUE)


def refused(call: Any, *arguments: Any, **options: Any) -> Any:
    with pytest.raises(SchemaRegistryError) as caught:
        call(*arguments, **options)
    return caught.value


def test_a_serializer_registers_and_a_deserializer_reads_back(client: Any):
    write = json_schema.JSONSerializer(json.dumps(ORDER), client, conf={"auto.register.schemas": True})
    read = json_schema.JSONDeserializer(None, schema_registry_client=client)
    order = {"order_id": "o-1", "total": 3}
    wire = write(order, context_of("orders"))
    assert wire[0] == 0
    schema_id = int.from_bytes(wire[1:5], "big")
    assert json.loads(wire[5:]) == order
    assert read(wire, context_of("orders")) == order
    assert json.loads(client.get_schema(schema_id).schema_str) == ORDER
    assert "orders-value" in client.get_subjects()
    with pytest.raises(serialization.SerializationError):
        write({"order_id": "o-1", "total": -1}, context_of("orders"))


def test_a_serializer_may_put_the_guid_into_headers(client: Any):
    from confluent_kafka.schema_registry import header_schema_id_serializer

    conf = {"auto.register.schemas": True, "schema.id.serializer": header_schema_id_serializer}
    write = json_schema.JSONSerializer(json.dumps(ORDER), client, conf=conf)
    context = context_of("headed")
    context.headers = []
    wire = write({"order_id": "o-2", "total": 1}, context)
    assert json.loads(wire) == {"order_id": "o-2", "total": 1}
    assert context.headers and context.headers[0][0] == "__value_schema_id"
    from confluent_kafka.schema_registry import dual_schema_id_deserializer

    read = json_schema.JSONDeserializer(
        None, schema_registry_client=client, conf={"schema.id.deserializer": dual_schema_id_deserializer}
    )
    assert read(wire, context)["order_id"] == "o-2"


def test_a_type_of_the_catalog_is_a_subject_by_its_own_name_and_as_topic(client: Any):
    assert client.get_latest_version("CartFilled").version == 1
    conf = {"auto.register.schemas": False, "use.latest.version": True}
    write = json_schema.JSONSerializer(json.dumps({"title": "CartFilled", "type": "object"}), client, conf=conf)
    wire = write({"cart": "c-1"}, context_of("CartFilled"))
    assert int.from_bytes(wire[1:5], "big") == client.get_latest_version("CartFilled").schema_id


def test_the_same_schema_keeps_its_id_in_every_subject_and_however_it_is_laid_out(client: Any):
    first = client.register_schema("same-a-value", written(ORDER))
    again = client.register_schema("same-a-value", Schema(json.dumps(ORDER, indent=4, sort_keys=True), "JSON"))
    other = client.register_schema("same-b-value", written(ORDER))
    assert first == again == other
    assert client.get_versions("same-a-value") == [1]
    assert {"same-a-value", "same-b-value"} <= set(client.get_subjects_by_schema_id(first))


def test_the_next_version_is_compared_and_a_breaking_one_is_refused_with_a_document(client: Any):
    client.register_schema("evolving-value", written(ORDER))
    assert client.test_compatibility("evolving-value", written(ORDER_2))
    assert not client.test_compatibility("evolving-value", written(BREAKING))
    assert client.register_schema_full_response("evolving-value", written(ORDER_2)).version == 2
    error = refused(client.register_schema, "evolving-value", written(BREAKING))
    assert (error.http_status_code, error.error_code) == (409, 40901)
    assert "For example" in error.error_message
    assert client.get_versions("evolving-value") == [1, 2]
    found = client.lookup_schema("evolving-value", written(ORDER))
    assert (found.version, found.subject) == (1, "evolving-value")
    assert refused(client.lookup_schema, "evolving-value", written(BREAKING)).error_code == 40403


def test_levels_of_a_subject_and_of_all(client: Any):
    client.register_schema("levels-value", written(ORDER))
    assert client.get_compatibility() == "BACKWARD"
    assert refused(client.get_compatibility, "levels-value").error_code == 40408
    client.set_compatibility("levels-value", "NONE")
    assert client.get_compatibility("levels-value") == "NONE"
    assert client.register_schema_full_response("levels-value", written(BREAKING)).version == 2
    client.set_config("levels-value", ServerConfig(compatibility=ConfigCompatibilityLevel.FULL_TRANSITIVE))
    assert client.get_config("levels-value").compatibility_level == "FULL_TRANSITIVE"
    client.delete_config("levels-value")
    assert refused(client.get_compatibility, "levels-value").error_code == 40408
    assert refused(client.set_compatibility, "levels-value", "SIDEWAYS").error_code == 42203


def test_a_level_may_come_before_the_first_registration(client: Any):
    client.set_compatibility("early-value", "NONE")
    assert "early-value" not in client.get_subjects()
    client.register_schema("early-value", written(ORDER))
    assert client.get_compatibility("early-value") == "NONE"
    client.register_schema("early-value", written(BREAKING))
    assert client.get_versions("early-value") == [1, 2]


def test_references_lead_to_other_subjects_and_protect_them(client: Any):
    client.register_schema("customer", written(CUSTOMER))
    references = [SchemaReference("customer.json", "customer", 1)]
    sale_id = client.register_schema("sales-value", written(SALE, references))
    stored = client.get_schema(sale_id)
    assert json.loads(stored.schema_str) == SALE
    assert [(each.name, each.subject, each.version) for each in stored.references] == [("customer.json", "customer", 1)]
    assert client.get_referenced_by("customer", 1) == [sale_id]
    conf = {"auto.register.schemas": False}
    write = json_schema.JSONSerializer(written(SALE, references), client, conf=conf)
    read = json_schema.JSONDeserializer(written(SALE, references), schema_registry_client=client)
    sale = {"who": {"email": "a@example.org", "home": {"city": "Ulm"}}}
    assert read(write(sale, context_of("sales")), context_of("sales")) == sale
    with pytest.raises(serialization.SerializationError):
        write({"who": {"home": {}}}, context_of("sales"))
    assert refused(client.delete_version, "customer", 1).error_code == 42206
    missing = [SchemaReference("customer.json", "customer", 9)]
    assert refused(client.register_schema, "lost-value", written(SALE, missing)).error_code == 42201


def test_a_change_in_what_is_referred_to_is_seen_when_versions_are_compared(client: Any):
    client.register_schema("person", written(CUSTOMER))
    client.register_schema("visits-value", written(SALE, [SchemaReference("customer.json", "person", 1)]))
    client.set_compatibility("person", "NONE")
    client.register_schema("person", written({**CUSTOMER, "required": ["email", "home"]}))
    narrowed = written(SALE, [SchemaReference("customer.json", "person", 2)])
    assert not client.test_compatibility("visits-value", narrowed)


def test_deleting_softly_hides_and_for_good_forgets(client: Any):
    schema_id = client.register_schema("gone-value", written(ORDER))
    client.register_schema("gone-value", written(ORDER_2))
    assert client.delete_version("gone-value", 2) == 2
    assert client.get_versions("gone-value") == [1]
    assert client.get_versions("gone-value", deleted=True) == [1, 2]
    assert refused(client.delete_version, "gone-value", 2).error_code == 40406
    assert refused(client.get_version, "gone-value", 2).error_code == 40402
    client.clear_caches()
    assert client.register_schema_full_response("gone-value", written(ORDER_2)).version == 3
    assert client.delete_subject("gone-value") == [1, 3]
    assert "gone-value" not in client.get_subjects()
    assert "gone-value" in client.get_subjects(deleted=True)
    assert refused(client.get_latest_version, "gone-value").error_code == 40401
    assert refused(client.delete_subject, "gone-value").error_code == 40404
    client.clear_caches()
    assert json.loads(client.get_schema(schema_id).schema_str) == ORDER
    # permanent=True first deletes softly, which is done already here
    answer = client._rest_client.delete("subjects/gone-value?permanent=true")
    assert answer == [1, 2, 3]
    assert refused(client.get_versions, "gone-value").error_code == 40401


def test_modes_keep_writers_out(client: Any):
    client.register_schema("frozen-value", written(ORDER))
    assert client.get_global_mode() == "READWRITE"
    assert refused(client.get_mode, "frozen-value").error_code == 40409
    assert client.update_mode("frozen-value", "READONLY") == "READONLY"
    assert refused(client.register_schema, "frozen-value", written(ORDER_2)).error_code == 42205
    assert refused(client.delete_subject, "frozen-value").error_code == 42205
    assert refused(client.update_mode, "frozen-value", "SOMETIMES").error_code == 42204
    assert client.delete_mode("frozen-value") == "READONLY"
    client.register_schema("frozen-value", written(ORDER_2))


def test_contexts_keep_subjects_apart(client: Any):
    client.register_schema("ctx-value", written(ORDER))
    client.register_schema(":.dev:ctx-value", written(BREAKING))
    assert ".dev" in client.get_contexts()
    assert client.get_latest_version(":.dev:ctx-value").version == 1
    assert ":.dev:ctx-value" in client.get_subjects(subject_prefix=":.dev:")
    assert "ctx-value" not in client.get_subjects(subject_prefix=":.dev:")


def test_avro_and_nonsense_are_refused_in_words(client: Any):
    avro = Schema('{"type": "record", "name": "X", "fields": []}', "AVRO")
    error = refused(client.register_schema, "avro-value", avro)
    assert (error.http_status_code, error.error_code) == (422, 42201)
    assert "Avro" in error.error_message
    assert refused(client.register_schema, "bad-value", Schema('{"type": "strin"}', "JSON")).error_code == 42201
    assert refused(client.register_schema, "bad-value", Schema("{", "JSON")).error_code == 42201
    assert refused(client.get_schema, 999_999).error_code == 40403


def test_a_key_that_reads_looks_up_and_may_not_register(running: tuple[Server, dict[str, str]]):
    server, made = running
    reader = connected(server, made["reader"])
    assert reader.get_schema_types() == ["JSON"]
    assert reader.get_latest_version("CartFilled").version == 1
    assert refused(reader.register_schema, "x-value", written(ORDER)).http_status_code == 403
    stranger = connected(server, "not-a-key")
    assert refused(stranger.get_subjects).http_status_code == 401
