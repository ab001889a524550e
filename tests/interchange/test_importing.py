"""Importing and exporting as people and services do it: dry run, application, report, rights, and the way back."""

import json
from typing import Any

import pytest
from django.test import Client

from eventcatalog import actions as catalog
from eventcatalog import queries
from eventcatalog.actions.components import add_component
from eventcatalog.actions.mapping import appoint_steward, declare_reaction
from eventcatalog.actions.words import define_term, write_about
from eventcatalog.interchange import actions
from eventcatalog.interchange.collecting import Scope, collect
from eventcatalog.interchange.formats import (
    archives,
    asyncapi_writing,
    eventcatalog_reading,
    eventcatalog_writing,
    schema_files,
)
from eventcatalog.interchange.formats.model import Catalogue, Message, Version
from eventcatalog.interchange.importing import Importer
from eventcatalog.interchange.left_out import left_out
from eventcatalog.interchange.models import CatalogImport
from eventcatalog.models import ChangeRecord, MessageType, SchemaVersion
from tests.cast import Cast
from tests.eventcatalog.conftest import ORDER_PLACED
from tests.interchange.peers import DOCUMENTS, asyncapi_says, needs_peers
from tests.interchange.test_formats import told, whole
from workspaces.actions import create_api_key
from workspaces.errors import Conflict, Invalid

pytestmark = pytest.mark.django_db
BASE = "/api/v1/w/acme/catalog"
STREETLIGHTS = (DOCUMENTS / "asyncapi-3" / "streetlights-kafka-asyncapi.yml").read_bytes()


def bring(cast: Cast, catalogue: Catalogue, *, dry: bool = False) -> dict[str, Any]:
    """Name -> step."""
    steps = Importer(cast.access(cast.fay), catalogue, dry=dry).run()
    return {each.name: each for each in steps}


def one(name: str, *schemas: tuple[str, Any], **words: Any) -> Catalogue:
    versions = [Version(json.dumps(schema), number) for number, schema in schemas]
    return Catalogue(messages=[Message(name, versions=versions, **words)])


def browser(person: Any) -> Client:
    client = Client()
    client.force_login(person)
    return client


def test_a_dry_run_changes_nothing_and_says_what_applying_then_does(cast: Cast):
    dry = Importer(cast.access(cast.fay), whole(), dry=True).run()
    assert not MessageType.objects.exists() and not ChangeRecord.objects.exists()
    real = Importer(cast.access(cast.fay), whole(), dry=False).run()
    assert [each.as_json() for each in dry] == [each.as_json() for each in real]
    assert {each.outcome for each in real} == {"new"}


def test_importing_the_same_again_changes_nothing(cast: Cast):
    bring(cast, whole())
    before = ChangeRecord.objects.count(), SchemaVersion.objects.count()
    assert {each.outcome for each in bring(cast, whole()).values()} == {"unchanged"}
    assert (ChangeRecord.objects.count(), SchemaVersion.objects.count()) == before


@pytest.mark.parametrize("form", ["asyncapi", "eventcatalog", "schemas"])
def test_a_catalog_goes_out_and_comes_in_elsewhere_with_nothing_lost(cast: Cast, form: str):
    bring(cast, whole())
    out = collect(cast.workspace, Scope())
    if form == "asyncapi":
        content = json.dumps(asyncapi_writing.write(out, former=True)).encode()
    else:
        content = archives.pack((eventcatalog_writing if form == "eventcatalog" else schema_files).write(out))
    access = cast.access(cast.charlie, cast.elsewhere)
    row = actions.apply_import(access, actions.check_import(access, content))
    assert row.counts()["refused"] == 0, [each for each in row.report if each["outcome"] == "refused"]
    back = collect(cast.elsewhere, Scope())
    back.title, back.description = out.title, out.description
    assert told(back) == told(out)
    originals = {each.name: each.versions[-1].schema for each in out.messages}
    for each in back.messages:  # what it means is the same; the layout of the text may be another
        assert json.loads(each.versions[-1].schema) == json.loads(originals[each.name])


def test_a_version_that_breaks_the_mode_is_refused_with_a_document(cast: Cast, order_placed: MessageType):
    narrower = {**ORDER_PLACED, "required": ["order_id", "total_cents", "customer"]}
    step = bring(cast, one("OrderPlaced", ("", narrower)), dry=True)["OrderPlaced"]
    assert step.outcome == "refused"
    assert "customer" not in step.parts[0]["counterexample"]
    assert bring(cast, one("OrderPlaced", ("", narrower)))["OrderPlaced"].outcome == "refused"
    assert SchemaVersion.objects.count() == 1


def test_a_compatible_change_is_the_next_version_with_the_number_that_it_proposes(
    cast: Cast, order_placed: MessageType
):
    looser = {**ORDER_PLACED, "required": ["order_id"]}
    step = bring(cast, one("OrderPlaced", ("", looser), title="An order was placed"))["OrderPlaced"]
    assert (step.outcome, step.parts[0]["number"]) == ("changed", "1.1.0")
    found = queries.find_type(cast.workspace, "OrderPlaced")
    assert (found.version, found.title) == ("1.1.0", "An order was placed")


def test_another_schema_under_a_published_number_is_refused(cast: Cast, order_placed: MessageType):
    step = bring(cast, one("OrderPlaced", ("1.0.0", {**ORDER_PLACED, "required": ["order_id"]})))["OrderPlaced"]
    assert step.outcome == "refused" and "never change" in step.why


def test_kinds_do_not_change_and_empty_words_overwrite_nothing(cast: Cast, order_placed: MessageType):
    assert bring(cast, one("OrderPlaced", ("", {}), kind="command"))["OrderPlaced"].outcome == "refused"
    assert bring(cast, one("OrderPlaced", ("", ORDER_PLACED)))["OrderPlaced"].outcome == "unchanged"
    assert queries.find_type(cast.workspace, "OrderPlaced").title == "Order placed"


def test_what_is_refused_does_not_hold_up_the_rest(cast: Cast):
    catalogue = one("Good", ("1.0.0", {"type": "object"}))
    catalogue.messages.append(Message("Bad", versions=[Version('{"type": "strin"}')]))
    catalogue.messages.append(Message("Remote", versions=[Version('{"$ref": "http://127.0.0.1:9/x.json"}')]))
    steps = bring(cast, catalogue)
    assert {name: each.outcome for name, each in steps.items()} == {
        "Good": "new",
        "Bad": "refused",
        "Remote": "refused",
    }
    assert "/type" in steps["Bad"].why


def test_an_example_that_does_not_fit_is_left_out_and_said(cast: Cast):
    catalogue = Catalogue(messages=[Message("A", versions=[Version('{"type": "object"}', example=["no"])])])
    assert "example" in bring(cast, catalogue)["A"].parts[0]["words"]
    assert queries.find_type(cast.workspace, "A").latest.example == {}  # type: ignore[union-attr]


def test_history_from_elsewhere_is_taken_over_as_it_happened(cast: Cast):
    versions = ("0.9.0", {"type": "object"}), ("2.0.0", {"type": "string"}), ("2.0.1", {"type": "string", "title": "T"})
    step = bring(cast, one("Old", *versions))["Old"]
    assert [part["number"] for part in step.parts] == ["0.9.0", "2.0.0", "2.0.1"]
    found = queries.find_type(cast.workspace, "Old")
    assert [each.version for each in queries.versions_of(found)] == ["2.0.1", "2.0.0", "0.9.0"]
    assert found.compatibility == "backward"


def test_a_renamed_place_keeps_the_slug_that_others_know_it_by(cast: Cast):
    catalogue = whole()
    catalogue.services[0].name = "The shop, renamed"
    bring(cast, catalogue)
    assert cast.workspace.services.get(slug="shop").name == "The shop, renamed"


def test_the_pages_lead_from_a_document_to_the_catalog(cast: Cast):
    client = browser(cast.fay)
    assert client.get("/w/acme/catalog/imports/").status_code == 200
    sent = client.post("/w/acme/catalog/imports/", {"text": STREETLIGHTS.decode()})
    row = CatalogImport.objects.get()
    assert sent["Location"] == f"/w/acme/catalog/imports/{row.pk}/"
    page = client.get(sent["Location"]).content.decode()
    assert "lightMeasured" in page and "Import this" in page and "Left behind" in page
    assert not MessageType.objects.exists()
    client.post(f"{sent['Location']}application/")
    assert MessageType.objects.count() == 3
    assert "See the catalog" in client.get(sent["Location"]).content.decode()
    assert client.get("/w/acme/catalog/types/lightMeasured/").status_code == 200
    assert "lightMeasured" in client.get("/w/acme/catalog/services/streetlights-kafka-api/").content.decode()


def test_a_file_that_cannot_be_read_is_refused_on_the_page_with_its_place(cast: Cast):
    answer = browser(cast.fay).post("/w/acme/catalog/imports/", {"text": "a: [\n"})
    assert answer.status_code == 422
    assert "line 2" in answer.content.decode()
    assert browser(cast.fay).post("/w/acme/catalog/imports/", {"text": ""}).status_code == 422


def test_the_api_looks_through_and_applies(cast: Cast):
    _, key = create_api_key(cast.access(cast.alice), name="ci", scopes=["catalog:write"])
    headers = {"Authorization": f"Bearer {key}"}
    made = Client().post(f"{BASE}/imports?name=x.yml", STREETLIGHTS, content_type="application/yaml", headers=headers)
    assert made.status_code == 201, made.content
    assert made.json()["counts"] == {"new": 7, "changed": 0, "unchanged": 0, "refused": 0}
    number = made.json()["id"]
    applied = Client().post(f"{BASE}/imports/{number}/application", headers=headers)
    assert applied.json()["state"] == "applied"
    again = Client().post(f"{BASE}/imports/{number}/application", headers=headers)
    assert (again.status_code, again.json()["error"]["code"]) == (409, "conflict")
    assert Client().get(f"{BASE}/imports", headers=headers).json()["imports"][0]["name"] == "x.yml"
    at_once = Client().post(f"{BASE}/imports?apply=true", STREETLIGHTS, content_type="text/yaml", headers=headers)
    assert at_once.json()["counts"]["unchanged"] == 7
    bad = Client().post(f"{BASE}/imports", b"\xff\xfe", content_type="text/plain", headers=headers)
    assert (bad.status_code, bad.json()["error"]["code"]) == (422, "invalid")


PATHS = ["exports/asyncapi", "exports/eventcatalog", "exports/schemas", "imports", "imports/1", "imports/1/application"]


@pytest.mark.parametrize("path", PATHS)
def test_strangers_and_those_without_the_right_get_what_they_get_elsewhere(cast: Cast, path: str):
    row = actions.check_import(cast.access(cast.fay), STREETLIGHTS)
    path = path.replace("1", str(row.pk))
    verb = "post" if path.endswith("application") else "get"
    assert getattr(Client(), verb)(f"{BASE}/{path}").status_code == 401
    assert getattr(browser(cast.charlie), verb)(f"{BASE}/{path}").status_code == 404
    assert getattr(browser(cast.vera), verb)(f"{BASE}/{path}").status_code == (403 if verb == "post" else 200)
    assert browser(cast.vera).post(f"{BASE}/imports", b"{}", content_type="application/json").status_code == 403
    assert browser(cast.charlie).get(f"/w/acme/catalog/imports/{row.pk}/").status_code == 404
    assert browser(cast.vera).get("/w/acme/catalog/imports/").status_code == 403
    elsewhere = f"/api/v1/w/elsewhere/catalog/imports/{row.pk}"
    assert browser(cast.charlie).get(elsewhere).status_code == 404


@needs_peers
@pytest.mark.parametrize("query", ["", "?service=shop", "?domain=sales&versions=all", "?type=OrderPlaced&syntax=json"])
def test_every_export_menu_gives_a_document_that_the_official_parser_takes(cast: Cast, query: str):
    bring(cast, whole())
    answer = browser(cast.vera).get(f"{BASE}/exports/asyncapi{query}")
    assert answer.status_code == 200 and "attachment" in answer["Content-Disposition"]
    said = asyncapi_says(answer.content.decode())
    assert said["parsed"] and not said["errors"], said["errors"]
    names = {each["name"] for each in said["messages"]}
    expected = {"?service=shop": {"OrderPlaced", "PlaceOrder"}, "": {"OrderPlaced", "PlaceOrder", "GetOrder"}}
    if query in expected:
        assert names == expected[query]


@pytest.fixture
def fuller(cast: Cast) -> Cast:
    """A catalog that knows more than other formats have a place for."""
    bring(cast, whole())
    access = cast.access(cast.fay)
    shop = cast.workspace.services.get(slug="shop")
    order, place = (cast.workspace.message_types.get(name=name) for name in ("OrderPlaced", "PlaceOrder"))
    declare_reaction(access, shop, trigger=place, result=order)
    appoint_steward(access, shop, person=cast.bob)
    define_term(access, term="Order", definition="What a customer asks for.")
    links = [{"label": "Runbook", "url": "https://example.org/run"}]
    write_about(access, kind="services", subject="shop", text="Sells.", links=links)
    add_component(access, name="Money", schema={"type": "integer"})
    return cast


def test_exports_say_themselves_what_they_leave_out_and_the_page_before(fuller: Cast):
    client = browser(fuller.vera)
    document = client.get(f"{BASE}/exports/asyncapi?syntax=json&versions=all").json()
    counts = {each["what"]: each["count"] for each in document["x-factstorm-left-out"]}
    expected = {"reactions": 1, "stewards": 1, "glossary terms": 1, "links": 1, "pages": 1, "components": 1}
    assert expected.items() <= counts.items()
    assert all(each["note"] for each in document["x-factstorm-left-out"])
    assert client.get(f"{BASE}/exports/left-out?versions=all").json() == {"left_out": document["x-factstorm-left-out"]}

    files = archives.unpack(client.get(f"{BASE}/exports/eventcatalog?versions=all").content)
    readme = files["README.md"].decode()
    assert "- **reactions** (1): which message leads to which" in readme
    assert eventcatalog_reading.read(files).lost == []

    assert client.get(f"{BASE}/exports/left-out?domain=none-such").status_code == 404
    assert "Each file lists what it leaves out" in client.get("/w/acme/catalog/").content.decode()
    assert browser(fuller.charlie).get(f"{BASE}/exports/left-out").status_code == 404


def test_what_is_left_out_is_counted_for_the_part_that_is_exported(fuller: Cast):
    catalogue = collect(fuller.workspace, Scope(type="GetOrder"))
    found = {each.what for each in left_out(fuller.workspace, catalogue, former=True)}
    assert not found & {"reactions"}
    assert {"components", "glossary terms"} <= found
    order = fuller.workspace.message_types.get(name="GetOrder")
    versions = order.versions.count()
    newest = collect(fuller.workspace, Scope(type="GetOrder"), former=False)
    counted = {each.what: each.count for each in left_out(fuller.workspace, newest, former=False)}
    assert counted.get("former versions", 0) == versions - 1


def test_exports_refuse_what_is_not_there_or_makes_no_sense(cast: Cast, order_placed: MessageType):
    client = browser(cast.vera)
    for query in ("?service=none", "?domain=none", "?type=None"):
        assert client.get(f"{BASE}/exports/asyncapi{query}").status_code == 404
    for query in ("?versions=some", "?syntax=xml", "?domain=a&service=b"):
        assert client.get(f"{BASE}/exports/asyncapi{query}").status_code == 422
    assert client.get(f"{BASE}/exports/cobol").status_code == 404
    files = archives.unpack(client.get(f"{BASE}/exports/schemas").content)
    assert set(files) == {"OrderPlaced.schema.json", "catalog.json"}


def test_old_imports_keep_their_report_but_not_what_they_brought(cast: Cast, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(actions, "KEPT_WHOLE_MAX", 1)
    access = cast.access(cast.fay)
    old = actions.check_import(access, STREETLIGHTS)
    actions.check_import(access, STREETLIGHTS)
    old.refresh_from_db()
    assert old.catalogue == {} and old.steps
    with pytest.raises(Conflict):
        actions.apply_import(access, old)


def test_too_much_and_nothing_are_refused(cast: Cast, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(actions, "UPLOAD_BYTES_MAX", 10)
    for content in (b"", b"   ", b"x" * 11):
        with pytest.raises(Invalid):
            actions.check_import(cast.access(cast.fay), content)


def test_a_component_that_a_schema_refers_to_goes_out_inside_it(cast: Cast):
    access = cast.access(cast.fay)
    add_component(access, name="Money", schema={"type": "integer"})
    schema = {"type": "object", "properties": {"total": {"$ref": "factstorm://components/Money/1.0.0"}}}
    catalog.register_type(access, kind="event", name="Paid", schema=schema)
    (message,) = collect(cast.workspace, Scope(type="Paid")).messages
    assert "factstorm://" not in message.versions[0].schema
    assert any("components" in each for each in collect(cast.workspace, Scope()).lost)
