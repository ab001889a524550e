"""Check against reality: how many stored records would fail, why, which, whose; with progress, bounds and an end."""

import json
import time
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from broker_adapter import engine_holder
from broker_adapter import queries as stream_queries
from broker_adapter.actions import create_stream
from broker_adapter.log.records import NewRecords
from eventcatalog import actions
from eventcatalog.actions.reality import cancel_check, check_against_reality, find_check
from eventcatalog.models import MessageType
from eventcatalog.reality import replay, workers
from eventcatalog.reality.models import RealityCheck
from tests.cast import Cast
from tests.eventcatalog.test_pages import browser
from workspaces.actions import create_api_key
from workspaces.errors import Invalid, LimitReached, NotFound

pytestmark = pytest.mark.django_db
WORN = {"type": "object", "properties": {"n": {"type": "integer"}, "tags": {"type": "array"}}, "required": ["n"]}
STRICTER = {
    "type": "object",
    "properties": {"n": {"type": "integer", "maximum": 6}, "tags": {"type": "array", "items": {"type": "string"}}},
    "required": ["n"],
}
URL = "/api/v1/w/acme/catalog"


@pytest.fixture(autouse=True)
def own_log(settings: Any) -> Iterator[None]:
    settings.COMMIT_LOG_URL = "memory:"
    engine_holder.close_engine()
    stream_queries._remembered.clear()
    yield
    engine_holder.close_engine()
    stream_queries._remembered.clear()


@pytest.fixture
def worn(cast: Cast) -> MessageType:
    return actions.register_type(cast.access(cast.fay), kind="event", name="Worn", schema=WORN)


def append(cast: Cast, stream: str, *payloads: dict[str, Any], source: str = "/shop/tills", kind: str = "Worn") -> None:
    """As an append leaves them in the log (which closes the test's own connection, so it isn't called here)."""
    headers = (("type", kind.encode()), ("version", b"1.0.0"), ("ce-source", source.encode()))
    found = stream_queries.find_stream(cast.workspace, stream)
    records = NewRecords([json.dumps(each).encode() for each in payloads], headers=[headers] * len(payloads))
    engine_holder.engine().append(found.log_name, records)


@pytest.fixture
def filled(cast: Cast, worn: MessageType) -> MessageType:
    """Ten records of which four would fail: two too large, two with a number among their tags."""
    fay = cast.access(cast.fay)
    actions.create_service(fay, name="Tills")
    create_stream(fay, name="sales", partitions=2)
    append(cast, "sales", *({"n": n} for n in range(6)))
    append(cast, "sales", {"n": 7}, {"n": 8}, source="/shop/warehouse")
    append(cast, "sales", {"n": 1, "tags": ["a", 5]}, {"n": 1, "tags": [5]})
    return worn


def replayed(cast: Cast, message_type: MessageType, schema: Any = None, records: int = 0) -> RealityCheck:
    """As the worker does it, at once."""
    row = check_against_reality(cast.access(cast.fay), message_type, schema=schema or STRICTER, records=records)
    replay.run(row.pk)
    row.refresh_from_db()
    return row


def test_it_tells_how_many_would_fail_why_which_and_whose(cast: Cast, filled: MessageType):
    found = replayed(cast, filled)
    assert (found.state, found.records_checked, found.records_failed, found.progress) == ("done", 10, 4, 1.0)
    reasons = {(each["pointer"], each["keyword"]): each["count"] for each in found.reasons}
    assert reasons == {("/n", "maximum"): 2, ("/tags/*", "type"): 2}
    assert len(found.samples) == 3
    assert {each["faults"][0]["keyword"] for each in found.samples} == {"maximum", "type"}
    assert all(json.loads(each["payload"]) and each["stream"] == "sales" for each in found.samples)
    sources = {each["source"]: each for each in found.sources}
    assert (sources["/shop/tills"]["failed"], sources["/shop/tills"]["checked"]) == (2, 8)
    assert sources["/shop/tills"]["service"] == "tills"
    assert sources["/shop/warehouse"]["service"] is None
    assert found.versions == [{"version": "1.0.0", "checked": 10, "failed": 4}]


def test_only_the_last_records_count_where_so_many_are_wanted(cast: Cast, filled: MessageType):
    found = replayed(cast, filled, records=2)
    assert (found.records_checked, found.records_failed, found.records_wanted) == (2, 2, 2)


def test_records_of_other_types_are_passed_by(cast: Cast, filled: MessageType):
    actions.register_type(cast.access(cast.fay), kind="event", name="Other", schema={"type": "object"})
    append(cast, "sales", {"n": 99}, {"n": 99}, kind="Other")
    found = replayed(cast, filled)
    assert (found.records_checked, found.records_seen, found.records_there) == (10, 12, 12)


def test_a_schema_that_takes_all_says_so_and_an_empty_log_too(cast: Cast, filled: MessageType):
    assert (replayed(cast, filled, WORN).records_failed, filled.reality_checks.count()) == (0, 1)
    lonely = actions.register_type(cast.access(cast.fay), kind="event", name="Lonely", schema=WORN)
    assert (replayed(cast, lonely).records_checked, replayed(cast, lonely).state) == (0, "done")


def test_it_stops_when_somebody_cancels_and_keeps_what_it_found(cast: Cast, filled: MessageType, monkeypatch):
    monkeypatch.setattr(replay, "REPORT_EVERY_S", 0.0)
    row = check_against_reality(cast.access(cast.fay), filled, schema=STRICTER, records=0)
    RealityCheck.objects.filter(pk=row.pk).update(is_cancel_asked=True)
    replay.run(row.pk)
    row.refresh_from_db()
    assert (row.state, row.stopped_because) == ("cancelled", "Somebody cancelled it.")
    assert 0 < row.records_checked < 10


def test_one_that_waits_is_cancelled_before_it_begins(cast: Cast, filled: MessageType):
    fay = cast.access(cast.fay)
    row = cancel_check(fay, check_against_reality(fay, filled, schema=STRICTER))
    assert row.state == "cancelled"
    replay.run(row.pk)
    row.refresh_from_db()
    assert (row.state, row.records_checked) == ("cancelled", 0)


def test_it_ends_when_its_time_is_up_and_says_so(cast: Cast, filled: MessageType, monkeypatch):
    monkeypatch.setattr(replay, "SECONDS_MAX", -1.0)
    found = replayed(cast, filled)
    assert found.state == "done"
    assert "older records were not read" in found.stopped_because


def test_no_more_than_a_few_run_in_a_workspace_and_a_few_are_kept(cast: Cast, filled: MessageType):
    fay = cast.access(cast.fay)
    for _ in range(3):
        check_against_reality(fay, filled, schema=STRICTER)
    with pytest.raises(LimitReached):
        check_against_reality(fay, filled, schema=STRICTER)
    RealityCheck.objects.update(state="done")
    for _ in range(25):
        replayed(cast, filled, records=1)
    assert filled.reality_checks.count() == 20


def test_one_whose_process_is_gone_is_told_as_failed(cast: Cast, filled: MessageType):
    fay = cast.access(cast.fay)
    row = check_against_reality(fay, filled, schema=STRICTER)
    RealityCheck.objects.filter(pk=row.pk).update(state="running", heard_at=timezone.now() - timedelta(minutes=2))
    found = find_check(fay, row.pk)
    assert (found.state, found.stopped_because) == ("failed", "The server stopped while it ran. Start it again.")


def test_the_asker_sees_only_streams_that_they_may_read(cast: Cast, filled: MessageType):
    fay = cast.access(cast.fay)
    create_stream(fay, name="secret")
    append(cast, "secret", {"n": 100})
    _, text = create_api_key(cast.access(cast.alice), name="Shop", scopes=["read"], stream_names=["sales"])
    body = json.dumps({"schema": STRICTER, "records": 0})
    client = browser(cast.vera)
    client.logout()
    bearer = {"HTTP_AUTHORIZATION": f"Bearer {text}"}
    made = client.post(f"{URL}/types/Worn/reality-checks", body, content_type="application/json", **bearer).json()
    assert made["streams"] == ["sales"]
    everything = check_against_reality(fay, filled, schema=STRICTER)
    assert everything.stream_names == ["sales", "secret"]
    assert client.get(f"{URL}/reality-checks/{everything.pk}", **bearer).status_code == 404
    assert client.get(f"{URL}/types/Worn/reality-checks", **bearer).json()["checks"][0]["id"] == made["id"]


def test_bad_askings_are_refused(cast: Cast, worn: MessageType):
    with pytest.raises(Invalid):
        check_against_reality(cast.access(cast.fay), worn, schema=STRICTER, records=-1)
    with pytest.raises(NotFound):
        find_check(cast.access(cast.fay), uuid.uuid4())
    stranger = browser(cast.charlie)
    address = f"{URL}/types/Worn/reality-checks"
    assert stranger.post(address, "{}", content_type="application/json").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_from_the_api_to_the_end_in_the_background(cast: Cast, filled: MessageType):
    fay = browser(cast.fay)
    body = json.dumps({"schema": STRICTER, "records": 100})
    made = fay.post(f"{URL}/types/Worn/reality-checks", body, content_type="application/json")
    assert made.status_code == 202
    address = f"{URL}/reality-checks/{made.json()['id']}"
    for _ in range(400):
        found = fay.get(address).json()
        if found["state"] not in ("waiting", "running"):
            break
        time.sleep(0.02)
    assert (found["state"], found["records_checked"], found["records_failed"]) == ("done", 10, 4)
    assert fay.get(f"/w/acme/catalog/reality-checks/{found['id']}/").status_code == 200
    assert len(workers._workers) <= workers.WORKERS_MAX
    without_schema = fay.post(f"{URL}/types/Worn/reality-checks", "{}", content_type="application/json").json()
    assert fay.delete(f"{URL}/reality-checks/{without_schema['id']}").status_code == 200
