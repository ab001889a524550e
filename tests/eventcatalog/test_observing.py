"""What stored records show: which source sends which version to which stream."""

import pytest
from django.test import Client

from broker_adapter import engine_holder
from broker_adapter import queries as streams
from broker_adapter.actions.streams import create_stream
from eventcatalog import map_queries, observing, queries
from eventcatalog.coupling.findings import findings
from eventcatalog.map_models import Observation, ObservationCursor
from tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def own_log(settings):
    settings.COMMIT_LOG_URL = "memory:"
    engine_holder.close_engine()
    streams._remembered.clear()
    yield
    engine_holder.close_engine()
    streams._remembered.clear()


def append(world: Cast, source: str, *, name: str = "StockMoved", count: int = 1) -> None:
    event = {"specversion": "1.0", "source": source, "type": name, "data": {"sku": "A"}}
    body = [{**event, "id": f"{source}-{name}-{number}-{Observation.objects.count()}"} for number in range(count)]
    client = Client()
    client.force_login(world.bob)
    answer = client.post(
        "/api/v1/w/acme/streams/goods/records", body, content_type="application/cloudevents-batch+json"
    )
    assert answer.status_code == 201, answer.content


@pytest.fixture
def goods(shop_and_stock: Cast) -> Cast:
    world = shop_and_stock
    create_stream(world.access(world.fay), name="goods", description="", partitions=2)
    observing.forget(world.workspace)
    return world


def test_records_show_who_sends_what_and_count_once(goods: Cast):
    append(goods, "urn:acme:wms", count=3)
    append(goods, "/acme/shop", count=2)
    append(goods, "/acme/nobody")
    for _ in range(3):
        observing.look(goods.workspace, at_most_every_s=0)
    found = {row.source: (row.records, row.version, row.stream_name) for row in Observation.objects.all()}
    assert found == {
        "urn:acme:wms": (3, "1.0.0", "goods"),
        "/acme/shop": (2, "1.0.0", "goods"),
        "/acme/nobody": (1, "1.0.0", "goods"),
    }
    append(goods, "urn:acme:wms", count=1)
    observing.look(goods.workspace, at_most_every_s=0)
    assert Observation.objects.get(source="urn:acme:wms").records == 4
    [unclaimed] = map_queries.unclaimed_sources(goods.workspace)
    assert unclaimed["source"] == "/acme/nobody"


def test_a_sender_that_nobody_declared_is_found(goods: Cast):
    append(goods, "/acme/shop")
    observing.look(goods.workspace, at_most_every_s=0)
    graph = map_queries.graph_of(goods.workspace)
    assert "shop" in graph.senders["StockMoved"]
    [finding] = [each for each in findings(graph) if each.rule == "undeclared_sender"]
    assert "Shop sends StockMoved" in finding.title
    [seen] = map_queries.seen_of_service(queries.find_service(goods.workspace, "shop"))
    assert (seen.type_name, seen.version, seen.records) == ("StockMoved", "1.0.0", 1)


def test_observations_can_be_thrown_away_and_are_counted_anew(goods: Cast):
    append(goods, "/acme/shop", count=2)
    observing.look(goods.workspace, at_most_every_s=0)
    observing.forget(goods.workspace)
    observing.look(goods.workspace)
    assert Observation.objects.get().records == 2


def test_a_look_that_is_far_behind_goes_on_near_the_end_and_says_so(goods: Cast, monkeypatch):
    monkeypatch.setattr(observing, "RECORDS_A_LOOK_MAX", 4)
    append(goods, "/acme/shop", count=30)
    observing.look(goods.workspace, at_most_every_s=0)
    assert goods.workspace.observations.get().records < 30
    assert ObservationCursor.objects.get().skipped
