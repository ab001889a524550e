"""Catalog facts in the log: exactly once, in order, of built-in types, and what the audit trail reads from them."""

import json
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from django.db import transaction

from broker_adapter import actions as streams
from broker_adapter import engine_holder, maintenance
from broker_adapter import queries as stream_queries
from broker_adapter.models import Stream
from eventcatalog import actions
from eventcatalog.actions import TypeChanges
from eventcatalog.facts import outbox
from eventcatalog.facts.audit import trail
from eventcatalog.facts.models import OutboxFact
from eventcatalog.facts.types import fact_types, validator_of
from eventcatalog.models import ChangeRecord
from tests.cast import Cast
from tests.eventcatalog.conftest import ORDER_PLACED
from tests.eventcatalog.test_pages import browser
from workspaces.errors import Invalid

pytestmark = pytest.mark.django_db
WIDER = {**ORDER_PLACED, "required": ["order_id"]}


@pytest.fixture(autouse=True)
def own_log(settings: Any) -> Iterator[None]:
    settings.COMMIT_LOG_URL = "memory:"
    engine_holder.close_engine()
    stream_queries._remembered.clear()
    yield
    engine_holder.close_engine()
    stream_queries._remembered.clear()


def a_life(cast: Cast) -> None:
    """A type from its registration to its revival, a service, a participation."""
    fay = cast.access(cast.fay)
    placed = actions.register_type(fay, kind="event", name="OrderPlaced", schema=ORDER_PLACED, why="We need it")
    actions.publish_version(fay, placed, schema=WIDER)
    actions.update_type(fay, placed, TypeChanges(title="Order placed"))
    service = actions.create_service(fay, name="Checkout")
    actions.declare_participation(fay, placed, service=service, role="produces")
    actions.deprecate(fay, placed, reason="Nobody asks")
    actions.revive(fay, placed)


def stored(cast: Cast) -> list[tuple[str, str, dict[str, Any]]]:
    """(type, version, data) of every record of the stream."""
    stream = Stream.objects.filter(workspace=cast.workspace, name="factstorm.catalog").first()
    if stream is None:
        return []
    found = engine_holder.engine().read(
        stream.log_name, engine_holder.engine().earliest(stream.log_name), records_max=1000, bytes_max=10**7
    )
    rows = []
    for record in found.records():
        headers = dict(record.headers)
        rows.append((headers["type"].decode(), headers.get("version", b"").decode(), orjson.loads(record.payload)))
    return rows


def test_every_change_becomes_a_record_in_order_of_a_type_with_a_schema(cast: Cast):
    a_life(cast)
    outbox.deliver(cast.workspace.pk)
    found = stored(cast)
    assert [name.removeprefix("factstorm.") for name, _, _ in found] == [
        "TypeRegistered",
        "VersionPublished",
        "TypeUpdated",
        "CatalogChanged",
        "ParticipationChanged",
        "TypeDeprecated",
        "TypeRevived",
    ]
    for name, version, data in found:
        assert version == "1.0.0"
        assert validator_of(name).explain(orjson.dumps(data)) == []
    assert [data["change"] for _, _, data in found] == sorted(data["change"] for _, _, data in found)
    first = found[0][2]
    assert (first["by"]["name"], first["why"], first["type"]["name"]) == ("Fay", "We need it", "OrderPlaced")
    assert not OutboxFact.objects.exists()


def test_a_change_that_is_rolled_back_leaves_no_fact(cast: Cast):
    fay = cast.access(cast.fay)

    class Never(Exception):
        pass

    with pytest.raises(Never), transaction.atomic():
        actions.register_type(fay, kind="event", name="OrderPlaced", schema=ORDER_PLACED)
        raise Never
    outbox.deliver(cast.workspace.pk)
    assert stored(cast) == []
    assert not ChangeRecord.objects.filter(verb="registered").exists()


def test_a_crash_between_append_and_delete_doubles_nothing(cast: Cast, monkeypatch):
    a_life(cast)
    kept = list(OutboxFact.objects.values())
    outbox.deliver(cast.workspace.pk)
    assert len(stored(cast)) == 7
    OutboxFact.objects.bulk_create(OutboxFact(**each) for each in kept[4:])  # as the crash would leave them
    monkeypatch.setattr(engine_holder.engine(), "_dedup", None, raising=False)
    outbox.deliver(cast.workspace.pk)
    assert len(stored(cast)) == 7
    assert not OutboxFact.objects.exists()


def test_a_crash_between_commit_and_append_loses_nothing(cast: Cast, monkeypatch):
    fay = cast.access(cast.fay)

    def broken(*args: Any, **options: Any) -> Any:
        raise OSError("disk full")

    with monkeypatch.context() as broken_log:
        broken_log.setattr(outbox, "_append", broken)
        actions.register_type(fay, kind="event", name="OrderPlaced", schema=ORDER_PLACED)
        outbox.deliver_quietly(cast.workspace.pk)
    assert (stored(cast), OutboxFact.objects.count()) == ([], 1)
    assert [each.name for each in trail(cast.workspace).facts] == ["TypeRegistered"]
    assert not OutboxFact.objects.exists()


def test_maintenance_delivers_what_a_failing_log_left_and_says_what_still_waits(cast: Cast, monkeypatch):
    fay = cast.access(cast.fay)

    def broken(*args: Any, **options: Any) -> Any:
        raise OSError("disk full")

    with monkeypatch.context() as broken_log:
        broken_log.setattr(outbox, "_append", broken)
        actions.register_type(fay, kind="event", name="OrderPlaced", schema=ORDER_PLACED)
        done = maintenance.run_once(force=True)
        assert done is not None
        assert "1 still wait" in done.chores["catalog facts"]
    assert (stored(cast), OutboxFact.objects.count()) == ([], 1)
    done = maintenance.run_once(force=True)
    assert done is not None
    assert "1 catalog facts that waited were delivered." in list(done.lines())
    assert [name for name, _, _ in stored(cast)] == ["factstorm.TypeRegistered"]
    again = maintenance.run_once(force=True)
    assert again is not None and again.chores == {}


@pytest.mark.django_db(transaction=True)
def test_facts_are_delivered_after_commit_without_being_asked(cast: Cast):
    actions.register_type(cast.access(cast.fay), kind="event", name="OrderPlaced", schema=ORDER_PLACED)
    assert [name for name, _, _ in stored(cast)] == ["factstorm.TypeRegistered"]
    assert not OutboxFact.objects.exists()


def test_the_trail_is_read_from_the_log_newest_first_in_pages(cast: Cast):
    a_life(cast)
    first = trail(cast.workspace, limit=3)
    assert [each.name for each in first.facts] == ["TypeRevived", "TypeDeprecated", "ParticipationChanged"]
    second = trail(cast.workspace, limit=3, before=first.older)
    assert [each.name for each in second.facts] == ["CatalogChanged", "TypeUpdated", "VersionPublished"]
    last = trail(cast.workspace, limit=3, before=second.older)
    assert ([each.name for each in last.facts], last.older) == (["TypeRegistered"], "")
    assert [each.name for each in trail(cast.workspace, subject="checkout").facts] == ["CatalogChanged"]
    assert trail(cast.workspace, by="nobody").facts == []
    with pytest.raises(Invalid):
        trail(cast.workspace, before="nonsense")


def test_names_under_our_prefix_are_ours(cast: Cast):
    fay = cast.access(cast.fay)
    for act in (
        lambda: actions.register_type(fay, kind="event", name="factstorm.Mine", schema={}),
        lambda: streams.create_stream(fay, name="factstorm.mine"),
        lambda: streams.delete_stream(fay, stream="factstorm.catalog", confirmation="factstorm.catalog"),
        lambda: streams.update_stream(fay, stream="factstorm.catalog", description="Mine"),
    ):
        with pytest.raises(Invalid):
            act()


def test_nobody_else_appends_to_the_catalogs_stream(cast: Cast):
    a_life(cast)
    outbox.deliver(cast.workspace.pk)
    address = "/api/v1/w/acme/streams/factstorm.catalog/records?type=OrderPlaced"
    client = browser(cast.fay)
    answer = client.post(address, "{}", content_type="application/json")
    assert answer.status_code == 422
    assert len(stored(cast)) == 7


def test_pages_and_api_show_the_trail_and_the_facts_types(cast: Cast):
    a_life(cast)
    vera = browser(cast.vera)
    page = vera.get("/w/acme/catalog/changes/").content.decode()
    assert "deprecated OrderPlaced" in page
    assert "registered the event OrderPlaced 1.0.0" in page
    found = vera.get("/api/v1/w/acme/catalog/audit?limit=2").json()
    assert [each["fact"] for each in found["facts"]] == ["factstorm.TypeRevived", "factstorm.TypeDeprecated"]
    older = vera.get("/api/v1/w/acme/catalog/audit", {"before": found["older"], "limit": 1}).json()
    assert older["facts"][0]["fact"] == "factstorm.ParticipationChanged"
    types = vera.get("/api/v1/w/acme/catalog/audit/types").json()["types"]
    assert {each["name"] for each in types} == set(fact_types())
    assert all(json.loads(each["schema"])["title"] == each["title"] for each in types)
    for path in ("types/factstorm.TypeRegistered/", "types/factstorm.TypeRegistered/versions/1.0.0/"):
        assert vera.get(f"/w/acme/catalog/{path}").status_code == 200
    assert vera.get("/w/acme/catalog/types/factstorm.Nothing/").status_code == 404
    assert browser(cast.charlie).get("/api/v1/w/acme/catalog/audit").status_code == 404


def test_our_own_stream_is_no_first_step_and_no_place_to_append_to(cast: Cast):
    a_life(cast)
    outbox.deliver(cast.workspace.pk)
    home = browser(cast.fay).get("/w/acme/").content.decode()
    assert "0 of 3 done" in home
    streams.create_stream(cast.access(cast.fay), name="orders")
    page = browser(cast.fay).get("/w/acme/catalog/types/OrderPlaced/?tab=append").content.decode()
    assert "streams/orders/records" in page
    assert "streams/factstorm.catalog/records" not in page
    assert "factstorm.catalog" in browser(cast.vera).get("/w/acme/streams/").content.decode()
