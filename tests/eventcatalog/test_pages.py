"""The catalog's pages: who sees what, what they say, and what forms do."""

import json

import pytest
from django.test import Client
from django.urls import reverse

from eventcatalog import actions, slots
from eventcatalog.models import MessageType, Participation
from tests.cast import Cast
from tests.eventcatalog.conftest import ORDER_PLACED

pytestmark = pytest.mark.django_db

READING = ["catalog", "domains", "services", "service", "type", "version", "live"]
WRITING = [
    "new-type",
    "new-domain",
    "new-context",
    "new-team",
    "new-service",
    "edit-service",
    "edit-type",
    "new-version",
]
TABS = ["schema", "raw", "example", "versions", "services", "append", "live", "boards", "history"]


def url(cast: Cast, view: str) -> str:
    arguments: dict[str, str] = {"workspace": cast.workspace.slug}
    if view in ("type", "edit-type", "new-version", "live", "deprecation", "participations", "version"):
        arguments["name"] = "OrderPlaced"
    if view == "version":
        arguments["version"] = "1.0.0"
    if view in ("service", "edit-service"):
        arguments["slug"] = "checkout"
    return reverse(f"eventcatalog:{view}", kwargs=arguments)


def browser(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def world(cast: Cast, order_placed: MessageType) -> Cast:
    """A domain with a context, a service in it, and the type it produces."""
    access = cast.access(cast.fay)
    actions.create_domain(access, name="Sales")
    actions.create_context(access, domain="sales", name="Ordering")
    service = actions.create_service(access, name="Checkout", context="ordering")
    actions.declare_participation(access, order_placed, service=service, role="produces")
    actions.update_type(access, order_placed, actions.TypeChanges(context="ordering", tags=["core"]))
    return cast


@pytest.mark.parametrize("view", READING)
def test_a_viewer_sees_every_page(world: Cast, view: str):
    assert browser(world.vera).get(url(world, view)).status_code == 200


@pytest.mark.parametrize("tab", TABS)
def test_every_tab_of_a_type_is_there_for_a_viewer_without_anything_to_change_it(world: Cast, tab: str):
    answer = browser(world.vera).get(url(world, "type"), {"tab": tab})
    assert answer.status_code == 200
    assert 'method="post" action="/w/acme/catalog' not in answer.content.decode()


@pytest.mark.parametrize("view", READING + WRITING)
def test_a_stranger_finds_nothing(world: Cast, view: str):
    assert browser(world.charlie).get(url(world, view)).status_code == 404


@pytest.mark.parametrize("view", READING + WRITING)
def test_nobody_is_sent_to_sign_in(world: Cast, view: str):
    answer = Client().get(url(world, view))
    assert answer.status_code == 302
    assert "next=" in answer["Location"]


@pytest.mark.parametrize("view", WRITING)
def test_a_participant_may_not_open_what_writes_and_a_facilitator_may(world: Cast, view: str):
    assert browser(world.bob).get(url(world, view)).status_code == 403
    assert browser(world.fay).get(url(world, view)).status_code == 200


@pytest.mark.parametrize("view", ["deprecation", "participations"])
def test_a_viewer_may_not_send_what_writes(world: Cast, view: str):
    assert browser(world.vera).post(url(world, view), {"reason": "x", "revive": "1"}).status_code == 403


def test_an_empty_catalog_explains_how_a_note_becomes_a_schema(cast: Cast):
    words = browser(cast.vera).get(url(cast, "catalog")).content.decode()
    assert "From sticky note to schema" in words
    assert "Register one by hand" not in words


def test_the_list_finds_by_field_name_and_says_who_sends(world: Cast):
    words = browser(world.vera).get(url(world, "catalog"), {"q": "total_cents"}).content.decode()
    assert "OrderPlaced" in words
    assert "Checkout" in words
    nothing = browser(world.vera).get(url(world, "catalog"), {"q": "no_such_field"}).content.decode()
    assert "Nothing matches" in nothing


def test_searching_while_typing_gets_the_rows_alone(world: Cast):
    part = browser(world.vera).get(url(world, "catalog"), {"q": "order"}, headers={"X-Part": "results"})
    assert "<html" not in part.content.decode()
    assert "OrderPlaced" in part.content.decode()


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"kind": "event"}, True),
        ({"kind": "command"}, False),
        ({"domain": "sales"}, True),
        ({"context": "ordering"}, True),
        ({"context": "elsewhere"}, False),
        ({"service": "checkout"}, True),
        ({"service": "payments"}, False),
        ({"state": "active"}, True),
        ({"state": "draft"}, False),
        ({"tag": "core"}, True),
    ],
)
def test_the_list_is_narrowed_by(world: Cast, filters: dict, found: bool):
    part = browser(world.vera).get(url(world, "catalog"), filters, headers={"X-Part": "results"})
    assert ("OrderPlaced" in part.content.decode()) is found


def test_registering_by_the_form_makes_version_1_with_the_example_and_the_place(world: Cast):
    answer = browser(world.fay).post(
        url(world, "new-type"),
        {
            "kind": "command",
            "name": "PlaceOrder",
            "schema": json.dumps(ORDER_PLACED),
            "example": json.dumps({"order_id": "6c84fb90-12c4-11e1-840d-7b25c5ee775a", "total_cents": 3}),
            "place": "context:ordering",
            "compatibility": "full",
            "state": "draft",
            "tags": "core, checkout",
        },
    )
    assert answer.status_code == 302
    made = MessageType.objects.get(name="PlaceOrder")
    assert (made.kind, made.version, made.compatibility, made.state) == ("command", "1.0.0", "full", "draft")
    assert (made.context.slug, made.domain.slug, made.tags) == ("ordering", "sales", ["checkout", "core"])
    assert made.latest.example["total_cents"] == 3


def test_a_schema_that_is_no_json_comes_back_with_the_line_marked(world: Cast):
    form = {
        "kind": "event",
        "name": "Bad",
        "schema": '{\n  "type": \n}',
        "compatibility": "backward",
        "state": "active",
    }
    answer = browser(world.fay).post(url(world, "new-type"), form)
    assert answer.status_code == 422
    assert 'data-line="3"' in answer.content.decode()


def test_declaring_a_service_that_is_new_makes_it_and_withdrawing_takes_it_back(world: Cast):
    client = browser(world.fay)
    client.post(url(world, "participations"), {"service": "Shipping", "role": "consumes"})
    row = Participation.objects.get(service__slug="shipping")
    assert row.role == "consumes"
    client.post(url(world, "participations"), {"withdraw": row.pk})
    assert not Participation.objects.filter(service__slug="shipping").exists()


def test_deprecating_says_why_and_by_what_it_is_replaced(world: Cast):
    client = browser(world.fay)
    actions.register_type(world.access(world.fay), kind="event", name="OrderPlacedV2", schema={})
    assert client.post(url(world, "deprecation"), {"reason": ""}).status_code == 422
    client.post(url(world, "deprecation"), {"reason": "Too vague", "successor": "OrderPlacedV2"})
    words = client.get(url(world, "type")).content.decode()
    assert "Too vague" in words
    assert "OrderPlacedV2" in words


def test_code_samples_name_the_workspaces_own_address_and_the_types_stream(world: Cast):
    access = world.access(world.fay)
    actions.update_type(access, MessageType.objects.get(), actions.TypeChanges(stream_name="orders"))
    words = browser(world.vera).get(url(world, "type"), {"tab": "append"}).content.decode()
    assert "http://testserver/api/v1/w/acme/streams/orders/records" in words


def test_what_people_wrote_is_escaped(world: Cast):
    access = world.access(world.fay)
    evil = "<script>alert(1)</script>"
    schema = {"properties": {evil: {"description": evil, "default": evil, "enum": [evil]}}}
    actions.register_type(access, kind="event", name="Evil", title=evil, description=evil, schema=schema, notes=evil)
    client = browser(world.vera)
    where = reverse("eventcatalog:type", kwargs={"workspace": "acme", "name": "Evil"})
    for tab in TABS:
        assert evil not in client.get(where, {"tab": tab}).content.decode()
    assert evil not in client.get(url(world, "catalog")).content.decode()


def test_the_list_costs_the_same_number_of_queries_for_one_type_and_for_forty(
    world: Cast, django_assert_max_num_queries
):
    access = world.access(world.fay)
    for number in range(40):
        made = actions.register_type(access, kind="event", name=f"Event{number}", context="ordering", schema={})
        service = actions.create_service(access, name=f"Service {number}")
        actions.declare_participation(access, made, service=service, role="consumes")
    client = browser(world.vera)
    with django_assert_max_num_queries(20):
        client.get(url(world, "catalog"))


def test_an_upper_floor_fills_a_slot_and_one_that_fails_is_left_out(world: Cast, monkeypatch):
    fillers: dict = {place: [] for place in slots.PLACES}
    monkeypatch.setattr(slots, "_fillers", fillers)
    slots.register(slots.TYPE_BOARDS, lambda request, access, subject: f"<i>on a board: {subject.name}")
    slots.register(slots.TYPE_BOARDS, lambda request, access, subject: 1 / 0)
    words = browser(world.vera).get(url(world, "type"), {"tab": "boards"}).content.decode()
    assert "&lt;i&gt;on a board: OrderPlaced" in words


def test_search_finds_types_by_their_fields_and_only_in_this_workspace(world: Cast):
    from workspaces.search import search

    [group] = search(world.access(world.vera), "total_cents")
    assert group["items"][0]["title"] == "OrderPlaced"
    assert search(world.access(world.charlie, world.elsewhere), "total_cents") == []
