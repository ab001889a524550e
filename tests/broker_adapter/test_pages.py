import json
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from broker_adapter.actions import append_records, create_stream
from broker_adapter.envelopes import Events
from broker_adapter.models import Stream
from tests.cast import PASSWORD, Cast
from workspaces import search, slots
from workspaces.access import system_access

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def as_person(cast: Cast) -> Callable[[str], Client]:
    def sign_in(name: str) -> Client:
        client = Client()
        assert client.login(email=f"{name}@example.org", password=PASSWORD)
        return client

    return sign_in


def append(stream: Stream, *types: str) -> None:
    payloads = [json.dumps({"n": number}).encode() for number in range(len(types))]
    append_records(system_access(stream.workspace), stream=stream.name, events=Events(list(types), payloads))


def test_an_empty_list_offers_to_make_a_stream_to_those_who_may(as_person: Callable[[str], Client]) -> None:
    assert b'data-opens="new-stream"' in as_person("alice").get("/w/acme/streams/").content
    page = as_person("vera").get("/w/acme/streams/").content
    assert b"No streams yet" in page
    assert b'data-opens="new-stream"' not in page


def test_a_facilitator_makes_a_stream_and_lands_on_its_page(as_person: Callable[[str], Client]) -> None:
    fay = as_person("fay")
    answer = fay.post("/w/acme/streams/", {"name": "orders", "description": "Orders", "partitions": "2"})
    assert answer.headers["Location"] == "/w/acme/streams/orders/"
    assert b"Orders" in fay.get("/w/acme/streams/orders/").content


@pytest.mark.parametrize(
    ("name", "partitions"), [("Orders", "1"), ("", "1"), ("a/b", "1"), ("ok", "0"), ("ok", "many")]
)
def test_a_stream_that_cannot_be_made_is_refused_in_the_form(
    as_person: Callable[[str], Client], name: str, partitions: str
) -> None:
    answer = as_person("fay").post("/w/acme/streams/", {"name": name, "partitions": partitions})
    assert answer.status_code == 422
    assert b'aria-invalid="true"' in answer.content


def test_a_participant_may_not_make_or_delete_streams(as_person: Callable[[str], Client], orders: Stream) -> None:
    bob = as_person("bob")
    bob.post("/w/acme/streams/", {"name": "mine"})
    assert bob.post("/w/acme/streams/orders/deletion", {"confirmation": "orders"}).status_code == 403
    assert list(Stream.objects.values_list("name", flat=True)) == ["orders"]


def test_a_stranger_sees_nothing_and_the_anonymous_sign_in(as_person: Callable[[str], Client], orders: Stream) -> None:
    for path in (
        "streams/",
        "streams/orders/",
        "traffic/streams",
        "traffic/streams/orders",
        "traffic/types/A",
        "types/A/records",
    ):
        assert as_person("charlie").get(f"/w/acme/{path}").status_code == 404
        assert Client().get(f"/w/acme/{path}").status_code == 302


def test_deleting_needs_the_name_typed(as_person: Callable[[str], Client], orders: Stream) -> None:
    alice = as_person("alice")
    assert alice.post("/w/acme/streams/orders/deletion", {"confirmation": "order"}).status_code == 422
    assert Stream.objects.exists()
    assert alice.post("/w/acme/streams/orders/deletion", {"confirmation": "orders"}).status_code == 302
    assert not Stream.objects.exists()


def test_settings_change_the_description(as_person: Callable[[str], Client], orders: Stream) -> None:
    as_person("fay").post("/w/acme/streams/orders/settings", {"description": "Other words"})
    orders.refresh_from_db()
    assert orders.description == "Other words"


def test_traffic_is_told_to_pages(as_person: Callable[[str], Client], orders: Stream) -> None:
    append(orders, "A", "B", "A")
    vera = as_person("vera")
    assert vera.get("/w/acme/traffic/streams").json()["streams"]["orders"]["records"] == 3
    told = vera.get("/w/acme/traffic/streams/orders").json()
    assert (told["types"], sum(told["series"]), told["records"]) == (["A", "B"], 3, 3)
    assert vera.get("/w/acme/traffic/types/A").json()["total"] == 2
    assert vera.get("/w/acme/traffic/types/Nope").json()["total"] == 0


def test_the_last_records_of_a_type_come_newest_first_from_all_streams(
    cast: Cast, as_person: Callable[[str], Client], orders: Stream
) -> None:
    other = create_stream(cast.access(cast.alice), name="other", partitions=2)
    append(orders, "A", "B", "A")
    append(other, "A", "C")
    told = as_person("vera").get("/w/acme/types/A/records?limit=2").json()["records"]
    assert len(told) == 2
    assert all(record["type"] == "A" for record in told)
    everything = as_person("vera").get("/w/acme/types/A/records").json()["records"]
    assert sorted(record["stream"] for record in everything) == ["orders", "orders", "other"]


def test_streams_are_found_by_the_search_and_counted_on_the_home(cast: Cast, orders: Stream) -> None:
    hits = search.search(cast.access(cast.vera), "custom")
    assert [item["title"] for group in hits if group["group"] == "Streams" for item in group["items"]] == ["orders"]
    assert any(card.title == "Streams" and card.value == "1" for card in slots.cards_for(cast.access(cast.vera)))
    assert slots.streams_of(cast.access(cast.alice)) == ["orders"]


def test_streams_are_made_and_listed_from_the_command_line(cast: Cast) -> None:
    said = StringIO()
    call_command("streams", "create", "acme", "orders", "--partitions", "2", stdout=said)
    call_command("streams", "list", stdout=said)
    assert "acme/orders" in said.getvalue()
    with pytest.raises(CommandError, match="already"):
        call_command("streams", "create", "acme", "orders", stdout=said)
    with pytest.raises(CommandError, match="no workspace"):
        call_command("streams", "create", "nowhere", "orders", stdout=said)


def test_a_stream_whose_log_is_gone_says_so_instead_of_failing(
    as_person: Callable[[str], Client], orders: Stream, on_disk: None
) -> None:
    from broker_adapter.engine_holder import engine

    engine().delete(orders.log_name)
    page: Any = as_person("vera").get("/w/acme/streams/")
    assert page.status_code == 200
    assert b"read</span>" in page.content
    assert as_person("vera").get("/w/acme/streams/orders/").status_code == 200


def test_a_person_saves_views_of_a_stream_for_themselves(as_person: Callable[[str], Client], orders: Stream) -> None:
    vera, bob = as_person("vera"), as_person("bob")
    views = {"Bad ones": {"from": "last:1000", "type": "A", "q": "bad"}}

    def save(body: object) -> Any:
        return vera.post("/w/acme/streams/orders/views", json.dumps(body), content_type="application/json")

    assert save({"views": views}).json()["views"] == views
    assert b"Bad ones" in vera.get("/w/acme/streams/orders/").content
    assert b"Bad ones" not in bob.get("/w/acme/streams/orders/").content
    for wrong in ({}, [], {"views": []}, {"views": {"": {}}}, {"views": {"x": 1}}, {"views": {"x": {"q": 5}}}):
        assert save(wrong).status_code == 422, wrong
    assert save({"views": {str(number): {} for number in range(60)}}).status_code == 422
    assert save({"views": {}}).json()["views"] == {}
    stranger = as_person("charlie")
    body = json.dumps({"views": {}})
    assert stranger.post("/w/acme/streams/orders/views", body, content_type="application/json").status_code == 404


def test_the_replay_bar_is_told_where_records_lie_in_time(as_person: Callable[[str], Client], orders: Stream) -> None:
    vera = as_person("vera")
    address = "/w/acme/traffic/streams/orders/density"
    assert vera.get(address).json()["counts"] in ([], [0] * 100)
    append(orders, "A", "B", "A")
    told = vera.get(f"{address}?buckets=10").json()
    assert (len(told["counts"]), sum(told["counts"])) == (10, 3)
    assert sum(vera.get(f"{address}?last=3600000").json()["counts"]) == 3
    assert as_person("charlie").get(address).status_code == 404
