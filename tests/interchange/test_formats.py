"""Formats: real documents in, real tools over what goes out, and round trips that lose nothing or say what."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from eventcatalog.interchange.formats import (
    archives,
    asyncapi_reading,
    asyncapi_writing,
    eventcatalog_reading,
    eventcatalog_writing,
    schema_files,
    yaml_text,
)
from eventcatalog.interchange.formats.errors import InterchangeError
from eventcatalog.interchange.formats.model import Catalogue, Message, Part, Place, Version
from eventcatalog.interchange.formats.reading import read_anything
from eventcatalog.interchange.formats.standalone import taken_out
from eventcatalog.schemas.parse import parse_schema
from tests.interchange.peers import DOCUMENTS, asyncapi_says, needs_peers, run

ALL = sorted([*DOCUMENTS.glob("asyncapi-2/*.yml"), *DOCUMENTS.glob("asyncapi-3/*.yml")])
DRAFT_4 = {
    "$schema": "http://json-schema.org/draft-04/schema#",
    "type": "object",
    "properties": {"n": {"type": "number", "minimum": 0, "exclusiveMinimum": True}},
}
RECURSIVE = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "https://example.org/tree",
    "type": "object",
    "properties": {"name": {"$ref": "#/$defs/name"}, "children": {"type": "array", "items": {"$ref": "#"}}},
    "$defs": {"name": {"type": "string", "minLength": 1}},
}


def text(schema: Any) -> str:
    return json.dumps(schema, indent=2)


def whole() -> Catalogue:
    """A catalogue with something of everything."""
    return Catalogue(
        "Acme",
        "Everything <b>we</b> {say}.",
        teams=[Place("money", "Money", "They count.", contact="money@example.org")],
        domains=[Place("sales", "Sales", "Selling things.", "money"), Place("stock", "Stock")],
        contexts=[Place("orders", "Orders", "From cart to order.", "", "sales")],
        services=[Place("shop", "Shop", "Sells.", "money", "orders"), Place("warehouse", "Warehouse")],
        messages=[
            Message(
                "OrderPlaced",
                title="Order placed",
                description="Somebody bought <something> for {money}.\n\nTwice.",
                domain="sales",
                context="orders",
                owner="money",
                tags=["core", "gdpr"],
                stream="orders",
                compatibility="full_transitive",
                policy="lenient",
                pattern="publish_subscribe",
                versions=[
                    Version(text({"type": "object"}), "1.0.0", "The first."),
                    Version(text(RECURSIVE), "2.1.0", "Trees.", {"name": "a", "children": []}),
                ],
            ),
            Message(
                "PlaceOrder",
                kind="command",
                domain="sales",
                state="deprecated",
                deprecation_reason="Too vague.",
                successor="GetOrder",
                versions=[Version(text(DRAFT_4), "1.0.0", example={"n": 1})],
            ),
            Message("GetOrder", kind="query", state="draft", versions=[Version("true", "0.1.0", example=[1])]),
        ],
        parts=[
            Part("shop", "produces", "OrderPlaced"),
            Part("warehouse", "consumes", "OrderPlaced"),
            Part("shop", "handles", "PlaceOrder"),
            Part("warehouse", "asks", "GetOrder"),
        ],
    )


def told(catalogue: Catalogue) -> Any:
    """Everything in an order that doesn't matter, schemas as values."""
    kept = catalogue.as_json()
    del kept["lost"], kept["format"]
    for message in kept["messages"]:
        message["place"] = ""
        message["tags"].sort()
        for version in message["versions"]:
            version["schema"] = json.loads(version["schema"])
    for key in ("teams", "domains", "contexts", "services", "messages", "parts"):
        kept[key].sort(key=lambda each: json.dumps(each, sort_keys=True))
    return kept


def test_asyncapi_holds_everything_that_a_catalogue_says():
    document = asyncapi_writing.write(whole(), former=True)
    back = asyncapi_reading.read(yaml_text.load(asyncapi_writing.as_yaml(document)))
    assert told(back) == told(whole())


@needs_peers
@pytest.mark.parametrize("former", [False, True])
@pytest.mark.parametrize("service", ["", "shop"])
def test_the_official_parser_takes_what_is_written(former: bool, service: str):
    document = asyncapi_writing.write(
        whole(), server="https://example.org/api/v1/w/acme", service=service, former=former
    )
    said = asyncapi_says(asyncapi_writing.as_yaml(document))
    assert said["parsed"] and not said["errors"], said["errors"]
    operations = {(each["id"], each["action"]) for each in said["operations"]}
    if service:
        assert operations == {("send-OrderPlaced", "send"), ("receive-PlaceOrder", "receive")}
    else:
        assert ("warehouse-receive-OrderPlaced", "receive") in operations and len(operations) == 4
    assert len({each["id"] for each in said["messages"]}) == (4 if former else 3)


def test_every_message_on_a_channel_matches_one_schema_so_former_versions_lie_on_none():
    document = asyncapi_writing.write(whole(), former=True)
    on_channels = {name for each in document["channels"].values() for name in each["messages"]}
    assert on_channels == {"OrderPlaced", "PlaceOrder", "GetOrder"}
    assert "OrderPlaced-1.0.0" in document["components"]["messages"]


@pytest.mark.parametrize("path", ALL, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_real_documents_become_messages_whose_schemas_stand_alone(path: Path):
    document = yaml_text.load(path.read_text())
    catalogue = asyncapi_reading.read(document)
    assert catalogue.messages and catalogue.services
    for message in catalogue.messages:
        assert message.versions or message.refused
        for version in message.versions:
            parse_schema(version.schema)
    assert catalogue.parts or not document.get("operations")


def test_in_asyncapi_2_clients_publish_what_the_application_receives():
    catalogue = read_document("asyncapi-2/streetlights-oneof.yml")
    roles = {(each.role, each.message) for each in catalogue.parts}
    assert {("consumes", "lightMeasured"), ("produces", "turnOnOff"), ("produces", "Success")} <= roles


def test_avro_payloads_and_references_that_lead_nowhere_are_refused_one_by_one():
    avro = read_document("asyncapi-2/avro-schema-namespace.yml")
    assert all("avro" in each.refused for each in avro.messages)
    dangling = read_document("asyncapi-2/dangling-reference.yml")
    assert {each.name: bool(each.refused) for each in dangling.messages} == {"InstallRequest": True, "Response": False}


def test_what_a_catalog_has_no_place_for_is_counted():
    lost = " ".join(read_document("asyncapi-3/streetlights-kafka-asyncapi.yml").lost)
    for words in ("servers", "binding", "security", "parameter", "can't be a stream's name"):
        assert words in lost


def read_document(name: str) -> Catalogue:
    return read_anything((DOCUMENTS / name).read_bytes(), name=name)


@pytest.mark.parametrize(
    "document",
    [
        {"asyncapi": "1.2.0", "info": {"title": "Old"}},
        {"asyncapi": "9"},
        {"openapi": "3.1.0", "info": {"title": "HTTP"}},
        [],
        "just words",
        {},
    ],
)
def test_what_is_no_catalogue_is_refused_in_words(document: Any):
    with pytest.raises(InterchangeError) as caught:
        read_anything(json.dumps(document).encode())
    assert caught.value.message


def test_references_that_go_round_in_circles_or_lead_out_are_refused():
    circle = {"asyncapi": "3.0.0", "info": {"title": "C", "version": "1"}, "components": {"messages": {
        "A": {"$ref": "#/components/messages/B"}, "B": {"$ref": "#/components/messages/A"},
        "C": {"$ref": "https://example.org/c.yml"}}}}  # fmt: skip
    found = asyncapi_reading.read(circle)
    assert all(each.refused for each in found.messages) and len(found.messages) == 3


def test_a_schema_is_taken_out_with_what_it_refers_to_and_nothing_else():
    document = {
        "components": {
            "schemas": {
                "A": {
                    "properties": {"b": {"$ref": "#/components/schemas/B"}, "self": {"$ref": "#/components/schemas/A"}}
                },
                "B": {"properties": {"c": {"$ref": "#/components/schemas/C/properties/x"}}},
                "C": {"properties": {"x": {"type": "string"}}},
                "D": {"type": "null"},
            }
        }
    }
    schema = taken_out(document, "/components/schemas/A")
    assert schema["properties"]["self"] == {"$ref": "#"}
    assert set(schema["$defs"]) == {"B", "x"}
    parse_schema(schema)


def test_eventcatalog_holds_everything_that_a_catalogue_says():
    files = eventcatalog_writing.write(whole())
    back = eventcatalog_reading.read(archives.unpack(archives.pack(files)))
    expected = told(whole())
    expected["title"] = expected["description"] = ""  # a directory has no title
    assert told(back) == expected
    assert back.lost == []


@needs_peers
def test_the_linter_finds_no_error_in_what_is_written(tmp_path: Path):
    for path, content in eventcatalog_writing.write(whole(), date="2026-11-25").items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    said = run("eventcatalog_lint.mjs", str(tmp_path))
    assert said["files"] >= 10
    # what is left is true of the catalogue: places without owner or words, a service that takes what is deprecated
    own = ("best-practices/", "versions/no-deprecated-references")
    assert [each for each in said["told"] if not str(each.get("rule")).startswith(own)] == []


@needs_peers
def test_a_directory_that_eventcatalogs_sdk_wrote_is_read(tmp_path: Path):
    run("eventcatalog_write.mjs", str(tmp_path))
    files = {path.relative_to(tmp_path).as_posix(): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    found = read_anything(archives.pack(files))
    placed = found.message("OrderPlaced")
    assert placed is not None and placed.kind == "event" and placed.tags == ["core"]
    assert [each.number for each in placed.versions] == ["1.0.0", "2.0.0"]
    assert (placed.domain, placed.owner, placed.title) == ("orders", "orders-team", "Order placed")
    assert placed.description == "An order was placed, and priced."
    assert {(each.service, each.role, each.message) for each in found.parts} == {
        ("orderservice", "produces", "OrderPlaced"),
        ("orderservice", "handles", "PlaceOrder"),
    }
    query = found.message("GetOrder")
    assert query is not None and query.refused
    assert any("Unknown" in each for each in found.lost)


def test_a_bundle_of_schemas_holds_everything_and_its_files_are_the_schemas_to_the_byte():
    files = schema_files.write(whole())
    assert files["OrderPlaced.schema.json"].decode() == text(RECURSIVE)
    assert files["versions/OrderPlaced/1.0.0.schema.json"].decode() == text({"type": "object"})
    assert told(read_anything(archives.pack(files))) == told(whole())


def test_a_folder_of_schemas_is_read_with_references_between_its_files():
    customer = {"type": "object", "properties": {"home": {"$ref": "../shared/address.json#/$defs/x"}}}
    files = {
        "events/order.placed.schema.json": text(
            {"title": "Order placed", "properties": {"by": {"$ref": "./customer.json"}}}
        ),
        "events/customer.json": text(customer),
        "shared/address.json": text({"$defs": {"x": {"type": "string"}}, "type": "object"}),
        "lost.json": text({"$ref": "elsewhere.json"}),
        "package.json": "{}",
        "README.md": "# hello",
        "broken.json": "{",
        "data.json": "[1, 2]",
    }
    found = read_anything(archives.pack(files))
    placed = found.message("order.placed")
    assert placed is not None and placed.title == "Order placed"
    schema = parse_schema(placed.versions[0].schema)
    assert set(schema.document["$defs"]) == {"customer", "address"}  # type: ignore[index,arg-type]
    assert {each.name for each in found.messages} == {"order.placed", "customer", "address", "lost"}
    lost = " ".join(found.lost)
    assert "broken.json" in lost and "data.json is no JSON Schema" in lost and "2 files of other kinds" in lost


def test_one_schema_alone_is_named_by_its_title_or_its_file():
    schema = text({"title": "Order placed", "type": "object"}).encode()
    assert read_anything(schema).messages[0].name == "Order_placed"
    assert read_anything(schema, name="OrderPlaced.schema.json").messages[0].name == "OrderPlaced"
    assert read_anything(b"type: object\ntitle: Y\n", name="Cart.yaml").messages[0].name == "Cart"


def test_the_same_files_give_the_same_archive():
    assert archives.pack({"b": b"2", "a": b"1"}) == archives.pack({"a": b"1", "b": b"2"})


def zipped(entries: dict[str, bytes], *, attributes: int = 0) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = attributes
            archive.writestr(info, content)
    return out.getvalue()


@pytest.mark.parametrize(
    ("archive", "words"),
    [
        (zipped({"../../etc/passwd": b"x"}), "leads out"),
        (zipped({"/etc/passwd": b"x"}), "leads out"),
        (zipped({"a\\..\\..\\b": b"x"}), "leads out"),
        (zipped({"C:/x": b"x"}), "leads out"),
        (zipped({"link": b"/etc/passwd"}, attributes=0o120777 << 16), "link"),
        (zipped({"bomb.json": b"0" * (7 * 1024 * 1024)}), "bomb"),
        (zipped({"big.json": b"0" * (9 * 1024 * 1024)}), "more than 8 MB"),
        (zipped({f"{number}.json": b"" for number in range(20_001)}), "20,000 files"),
        (b"PK\x03\x04 and then nothing of the kind", "no zip file"),
        (zipped({"a.json": b"{}" * 5000})[:-60], "zip file"),
    ],
)
def test_hostile_and_broken_archives_are_refused(archive: bytes, words: str):
    with pytest.raises(InterchangeError) as caught:
        archives.unpack(archive)
    assert words in f"{caught.value.message} {caught.value.hint}"


def test_an_archive_that_unpacks_to_too_much_altogether_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(archives, "BYTES_MAX", 1000)
    with pytest.raises(InterchangeError):
        archives.unpack(zipped({"a": bytes(range(256)) * 3, "b": bytes(range(256)) * 3}))


LAUGHS = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "\n".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 10)}]" for n in range(8)
)


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (LAUGHS, "values"),
        ("a: !!python/object/apply:os.system [id]", "neither YAML nor JSON"),
        ("a: [", "neither YAML nor JSON"),
        ("[" * 5000, "deep"),
        ("a: " + "[" * 200 + "]" * 200, "deep"),
        ("? [a, b]\n: c", "YAML"),
        ("a: !!binary aGVsbG8=", "bytes"),
    ],
)
def test_hostile_and_broken_texts_are_refused_with_their_place(document: str, words: str):
    with pytest.raises(InterchangeError) as caught:
        yaml_text.load(document)
    assert words in caught.value.message


def test_dates_stay_texts_and_broken_texts_name_line_and_column():
    assert yaml_text.load("date: 2026-11-25\non: yes") == {"date": "2026-11-25", True: True}
    with pytest.raises(InterchangeError) as caught:
        yaml_text.load("a: b\n  c: [", place="x.yml")
    assert "x.yml, line 2" in caught.value.place
