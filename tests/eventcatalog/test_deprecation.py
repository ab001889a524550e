"""Deprecation: with a date, a successor and a reason, shown everywhere and told to whoever still appends."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.test import Client

from broker_adapter import engine_holder
from broker_adapter import queries as stream_queries
from broker_adapter.actions import create_stream
from config.asgi import application
from eventcatalog import actions, queries
from eventcatalog.models import MessageType
from tests.cast import Cast
from tests.eventcatalog.conftest import GOOD, ORDER_PLACED
from tests.eventcatalog.test_pages import browser
from workspaces.actions import create_api_key

SUNSET = datetime(2027, 3, 1, tzinfo=UTC)
RECORDS = "/api/v1/w/acme/streams/orders/records"


@pytest.fixture(autouse=True)
def own_log(settings: Any) -> Iterator[None]:
    settings.COMMIT_LOG_URL = "memory:"
    engine_holder.close_engine()
    stream_queries._remembered.clear()
    yield
    engine_holder.close_engine()
    stream_queries._remembered.clear()


@pytest.fixture
def old_type(cast: Cast) -> MessageType:
    fay = cast.access(cast.fay)
    create_stream(fay, name="orders")
    old = actions.register_type(fay, kind="event", name="OrderPlaced", schema=ORDER_PLACED)
    actions.register_type(fay, kind="event", name="OrderTaken", schema=ORDER_PLACED)
    actions.deprecate(fay, old, reason="It says too little.", successor="OrderTaken", sunset=SUNSET)
    return old


@pytest.mark.django_db
def test_a_deprecation_has_a_day_a_reason_and_a_successor(cast: Cast, old_type: MessageType):
    found = queries.find_type(cast.workspace, "OrderPlaced")
    began = found.deprecated_at
    assert (found.state, found.sunset_at) == ("deprecated", SUNSET)
    actions.deprecate(cast.access(cast.fay), found, reason="Really.")
    found = queries.find_type(cast.workspace, "OrderPlaced")
    assert (found.deprecated_at, found.sunset_at, found.successor) == (began, None, None)
    actions.revive(cast.access(cast.fay), found)
    assert queries.find_type(cast.workspace, "OrderPlaced").deprecated_at is None


@pytest.mark.django_db
def test_it_is_shown_on_the_page_and_by_the_api(cast: Cast, old_type: MessageType):
    page = browser(cast.vera).get("/w/acme/catalog/types/OrderPlaced/").content.decode()
    assert "1 March 2027" in page
    assert "OrderTaken" in page
    url = "/api/v1/w/acme/catalog/types/OrderPlaced"
    told = browser(cast.vera).get(url).json()["deprecation"]
    assert (told["sunset"], told["successor"]) == ("2027-03-01T00:00:00Z", "OrderTaken")
    body = json.dumps({"reason": "Later", "sunset": "2028-01-01T00:00:00Z"})
    changed = browser(cast.fay).post(f"{url}/deprecation", body, content_type="application/json").json()
    assert changed["deprecation"]["sunset"] == "2028-01-01T00:00:00Z"


@pytest.mark.django_db(transaction=True)
def test_who_appends_it_is_told_in_body_and_headers(cast: Cast, old_type: MessageType):
    _, key = create_api_key(cast.access(cast.alice), name="Shop", scopes=["append"])
    answer = Client().post(
        f"{RECORDS}?type=OrderPlaced", GOOD, content_type="application/json", HTTP_AUTHORIZATION=f"Bearer {key}"
    )
    assert answer.status_code == 201
    (warning,) = answer.json()["warnings"]
    assert (warning["type"], warning["code"], warning["successor"]) == ("OrderPlaced", "deprecated", "OrderTaken")
    assert (
        warning["message"] == "OrderPlaced is deprecated until 2027-03-01: It says too little. Use OrderTaken instead."
    )
    assert answer["Sunset"] == "Mon, 01 Mar 2027 00:00:00 GMT"
    assert answer["Deprecation"].startswith("@")
    assert answer["Warning"].startswith('299 - "OrderPlaced is deprecated')
    assert 'rel="deprecation"' in answer["Link"]
    other = Client().post(
        f"{RECORDS}?type=OrderTaken", GOOD, content_type="application/json", HTTP_AUTHORIZATION=f"Bearer {key}"
    )
    assert "warnings" not in other.json()
    assert "Deprecation" not in other.headers
    pinned = Client().post(
        f"{RECORDS}?type=OrderPlaced&version=1.0.0",
        GOOD,
        content_type="application/json",
        HTTP_AUTHORIZATION=f"Bearer {key}",
    )
    assert pinned.json()["warnings"]


@pytest.mark.django_db(transaction=True)
async def test_the_fast_lane_says_the_same(cast: Cast, old_type: MessageType):
    def make_key() -> str:
        return create_api_key(cast.access(cast.alice), name="Shop", scopes=["append"])[1]

    key = await sync_to_async(make_key)()
    scope = {
        "type": "http", "method": "POST", "path": RECORDS, "query_string": b"type=OrderPlaced", "http_version": "1.1",
        "headers": [(b"host", b"localhost"), (b"authorization", f"Bearer {key}".encode()),
                    (b"content-type", b"application/json"), (b"content-length", str(len(GOOD)).encode())],
    }  # fmt: skip
    lane = ApplicationCommunicator(application, scope)
    await lane.send_input({"type": "http.request", "body": GOOD})
    start, body = await lane.receive_output(10), await lane.receive_output(10)
    headers = dict(start["headers"])
    assert start["status"] == 201
    assert headers[b"sunset"] == b"Mon, 01 Mar 2027 00:00:00 GMT"
    assert headers[b"deprecation"].startswith(b"@")
    assert json.loads(body["body"])["warnings"][0]["successor"] == "OrderTaken"
