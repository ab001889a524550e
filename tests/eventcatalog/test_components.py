"""The library: components with versions, references from types, who depends on whom, and what a change would do."""

import json
from typing import Any

import pytest

from broker_adapter.checks import Incoming, Refused
from eventcatalog import actions, queries
from eventcatalog.actions.components import add_component, change_component, publish_component
from eventcatalog.errors import InvalidSchema, NameTaken, NothingChanged, VersionMoved
from eventcatalog.library.dependants import dependants_of
from eventcatalog.library.models import Component, ComponentVersion
from eventcatalog.validation import CatalogCheck
from tests.cast import Cast
from tests.eventcatalog.test_pages import browser
from workspaces.errors import Forbidden

pytestmark = pytest.mark.django_db

MONEY: dict[str, Any] = {
    "type": "object",
    "properties": {"cents": {"type": "integer"}, "currency": {"enum": ["EUR", "USD"]}},
    "required": ["cents", "currency"],
    "additionalProperties": False,
}
NO_DOLLARS = {**MONEY, "properties": {**MONEY["properties"], "currency": {"enum": ["EUR"]}}}
WITH_NOTE = {**MONEY, "properties": {**MONEY["properties"], "note": {"type": "string"}}}
URL = "/api/v1/w/acme/catalog/components"


def paid(version: str = "1.0.0") -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {"total": {"$ref": f"factstorm://components/Money/{version}"}},
        "required": ["total"],
        "additionalProperties": False,
    }


@pytest.fixture
def fay(cast: Cast):
    return cast.access(cast.fay)


@pytest.fixture
def money(fay) -> Component:
    return add_component(fay, name="Money", title="An amount", schema=MONEY)


@pytest.fixture
def paid_type(fay, money: Component):
    return actions.register_type(fay, kind="event", name="Paid", schema=paid())


def checked(cast: Cast, payload: dict[str, Any], version: str | None = None) -> Any:
    incoming = Incoming("Paid", version, json.dumps(payload).encode())
    return CatalogCheck().check(workspace_id=cast.workspace.pk, stream="s", incoming=[incoming])[0]


def test_an_append_is_checked_against_what_the_schema_refers_to(cast: Cast, paid_type):
    assert not isinstance(checked(cast, {"total": {"cents": 5, "currency": "EUR"}}), Refused)
    refused = checked(cast, {"total": {"cents": "5", "currency": "EUR"}})
    assert isinstance(refused, Refused)
    assert refused.errors[0].pointer == "/total/cents"


def test_a_new_version_of_a_component_changes_nothing_until_somebody_moves(cast: Cast, fay, money, paid_type):
    published = publish_component(fay, money, schema=NO_DOLLARS, notes="Euros only")
    assert (published.version, published.ordinal) == ("2.0.0", 2)
    dollars = {"total": {"cents": 5, "currency": "USD"}}
    assert not isinstance(checked(cast, dollars), Refused)
    with pytest.raises(actions.versions.IncompatibleError) as refusal:  # type: ignore[attr-defined]
        actions.publish_version(fay, paid_type, schema=paid("2.0.0"))
    assert refusal.value.fields["counterexample"]["document"]["total"]["currency"] == "USD"
    assert refusal.value.fields["changes"][0]["pointer"].startswith("/properties/total/properties/currency")


def test_the_number_of_a_component_says_how_large_the_change_is(fay, money: Component):
    assert publish_component(fay, money, schema=WITH_NOTE).version == "1.1.0"
    assert publish_component(fay, money, schema={**WITH_NOTE, "title": "Money"}).version == "1.1.1"
    with pytest.raises(NothingChanged):
        publish_component(fay, money, schema={**WITH_NOTE, "title": "Money"})
    with pytest.raises(VersionMoved):
        publish_component(fay, money, schema=MONEY, expected_latest="1.0.0")


def test_a_reference_to_nothing_is_refused_at_its_place(fay):
    with pytest.raises(InvalidSchema) as refusal:
        actions.register_type(fay, kind="event", name="Paid", schema=paid("7.0.0"))
    assert refusal.value.fields["place"] == {"pointer": "/properties/total/$ref"}


def test_another_workspaces_component_is_not_there(cast: Cast, money: Component):
    stranger = cast.access(cast.charlie, cast.elsewhere)
    with pytest.raises(InvalidSchema):
        actions.register_type(stranger, kind="event", name="Paid", schema=paid())


def test_the_text_stays_as_written_and_the_bundle_stands_alone(cast: Cast, paid_type):
    version = queries.find_type(cast.workspace, "Paid").latest
    assert version is not None
    assert json.loads(version.schema_text) == paid()
    address = "/api/v1/w/acme/catalog/types/Paid/versions/1.0.0/schema"
    plain, bundled = browser(cast.vera).get(address), browser(cast.vera).get(f"{address}?bundled=1")
    assert json.loads(plain.content) == paid()
    assert json.loads(bundled.content)["$defs"]["Money@1.0.0"] == MONEY
    assert plain["ETag"] != bundled["ETag"]


def test_a_type_can_refer_to_another_types_version(fay, paid_type):
    schema = {"properties": {"payment": {"$ref": "factstorm://types/Paid/1.0.0"}}}
    refunded = actions.register_type(fay, kind="event", name="Refunded", schema=schema)
    assert refunded.latest is not None
    assert set(json.loads(refunded.latest.bundled_text)["$defs"]) == {"type.Paid@1.0.0", "Money@1.0.0"}
    assert [each.name for each in dependants_of(fay.workspace, "types", "Paid")] == ["Refunded"]


def test_who_refers_to_a_component_directly_and_through_others(fay, money, paid_type):
    price = {"properties": {"net": {"$ref": "factstorm://components/Money/1.0.0"}}}
    add_component(fay, name="Price", schema=price)
    quoted = {"properties": {"price": {"$ref": "factstorm://components/Price/1.0.0"}}}
    actions.register_type(fay, kind="event", name="Quoted", schema=quoted)
    found = {each.name: each for each in dependants_of(fay.workspace, "components", "Money")}
    assert set(found) == {"Paid", "Price", "Quoted"}
    assert found["Paid"].pointers == ["/properties/total/$ref"]
    assert (found["Quoted"].through, found["Quoted"].kind) == (("Price",), "types")


def test_those_who_have_moved_away_are_no_dependants(fay, money, paid_type):
    actions.update_type(fay, paid_type, actions.TypeChanges(compatibility="none"))
    actions.publish_version(fay, queries.find_type(fay.workspace, "Paid"), schema={"type": "object"})
    assert dependants_of(fay.workspace, "components", "Money") == []


def test_what_a_change_would_do_to_each_type_is_told_before_it_is_published(cast: Cast, fay, money, paid_type):
    price = {"properties": {"net": {"$ref": "factstorm://components/Money/1.0.0"}}}
    add_component(fay, name="Price", schema=price)
    quoted = {"properties": {"price": {"$ref": "factstorm://components/Price/1.0.0"}}}
    actions.register_type(fay, kind="event", name="Quoted", schema=quoted, compatibility="forward")
    body = json.dumps({"schema": NO_DOLLARS})
    answer = browser(cast.vera).post(f"{URL}/Money/versions/check", body, content_type="application/json").json()
    assert (answer["proposed"], answer["is_same"]) == ("2.0.0", False)
    impact = {each["name"]: each for each in answer["impact"]}
    assert (impact["Paid"]["compatible"], impact["Quoted"]["compatible"]) == (False, True)
    assert impact["Paid"]["counterexample"]["document"]["total"]["currency"] == "USD"
    assert impact["Quoted"]["through"] == ["Price"]
    assert ComponentVersion.objects.count() == 2


def test_a_fix_keeps_references_as_they_are_written(cast: Cast, fay, money):
    actions.register_type(fay, kind="event", name="Paid", schema=paid())
    needs = {**paid(), "properties": {**paid()["properties"], "by": {"type": "string"}}, "required": ["total", "by"]}
    body = json.dumps({"schema": needs})
    address = "/api/v1/w/acme/catalog/types/Paid/versions/fixes"
    fixes = browser(cast.fay).post(address, body, content_type="application/json").json()["fixes"]
    fix = next(each for each in fixes if each["kind"] == "make_optional")
    assert fix["schema"]["properties"]["total"] == paid()["properties"]["total"]
    assert "$defs" not in fix["schema"]


def test_a_components_version_is_neither_changed_nor_deleted(money: Component):
    version = money.latest
    assert version is not None
    with pytest.raises(TypeError):
        version.save()
    with pytest.raises(TypeError):
        version.delete()
    with pytest.raises(TypeError):
        ComponentVersion.objects.all().delete()


def test_who_may_and_what_is_written_down(cast: Cast, fay, money: Component):
    for person in (cast.bob, cast.vera):
        with pytest.raises(Forbidden):
            add_component(cast.access(person), name="Other", schema=MONEY)
    with pytest.raises(NameTaken):
        add_component(fay, name="Money", schema=MONEY)
    change_component(fay, money, title="A sum", why="clearer")
    changes = fay.workspace.catalog_changes.filter(subject_kind="component")
    assert next(each.summary for each in changes) == "changed the words of the component Money"
    assert browser(cast.charlie).get(f"{URL}/Money").status_code == 404


def test_the_api_from_end_to_end(cast: Cast):
    fay = browser(cast.fay)

    def post(path: str, body: dict[str, Any]):
        return fay.post(f"{URL}{path}", json.dumps(body), content_type="application/json")

    assert post("", {"name": "Money", "schema": MONEY, "title": "An amount"}).status_code == 201
    assert post("/Money/versions", {"schema": WITH_NOTE, "notes": "A note"}).json()["version"] == "1.1.0"
    one = fay.get(f"{URL}/Money").json()
    assert (one["version"], one["uri"]) == ("1.1.0", "factstorm://components/Money/1.1.0")
    assert one["schema"] == WITH_NOTE
    assert [each["version"] for each in fay.get(f"{URL}/Money/versions").json()["versions"]] == ["1.1.0", "1.0.0"]
    assert json.loads(fay.get(f"{URL}/Money/versions/1.0.0/schema").content) == MONEY
    assert fay.get(f"{URL}?q=amount").json()["total"] == 1
    changed = fay.patch(f"{URL}/Money", json.dumps({"description": "Cents"}), content_type="application/json")
    assert changed.json()["description"] == "Cents"


@pytest.mark.parametrize("path", ["components/", "components/Money/", "components/Money/?version=1.0.0", "types/Paid/"])
def test_pages_show_components_to_viewers(cast: Cast, paid_type, path: str):
    answer = browser(cast.vera).get(f"/w/acme/catalog/{path}")
    assert answer.status_code == 200
    assert b"Money" in answer.content


def test_pages_add_a_component_and_publish_its_next_version(cast: Cast, money: Component):
    fay = browser(cast.fay)
    form = {"name": "Address", "schema": '{"type": "object"}', "title": "", "description": ""}
    assert fay.post("/w/acme/catalog/components/new/", form)["Location"].endswith("/components/Address/")
    form = {"schema": json.dumps(WITH_NOTE), "notes": "", "expected_latest": "1.0.0"}
    assert fay.post("/w/acme/catalog/components/Money/versions/new/", form).status_code == 302
    assert Component.objects.get(name="Money").version == "1.1.0"
    again = fay.post("/w/acme/catalog/components/Money/versions/new/", form)
    assert again.status_code == 422
    assert browser(cast.vera).get("/w/acme/catalog/components/new/").status_code == 403


def test_a_type_that_is_behind_is_offered_the_move(cast: Cast, fay, money: Component, paid_type):
    publish_component(fay, money, schema=WITH_NOTE)
    page = browser(cast.fay).get("/w/acme/catalog/types/Paid/").content.decode()
    assert "?move=components/Money/1.1.0" in page
    assert 'href="/w/acme/catalog/components/Money/?version=1.0.0"' in page
    editor = browser(cast.fay).get("/w/acme/catalog/types/Paid/versions/new/?move=components/Money/1.1.0")
    assert "factstorm://components/Money/1.1.0" in editor.content.decode()
    assert "is newer" in browser(cast.vera).get("/w/acme/catalog/types/Paid/").content.decode()
