import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from django.test import Client

from broker_adapter.models import Stream
from tests.cast import PASSWORD, Cast
from workspaces.actions import revoke_api_key

pytestmark = pytest.mark.django_db(transaction=True)
URL = "/api/v1/w/acme/streams/orders/records"
EVENT = b'{"type":"OrderPlaced","key":"o-1","data": {"order_id":"o-1",  "total": 10.50, "note":"\xc3\xa4"} }'
DATA = b'{"order_id":"o-1",  "total": 10.50, "note":"\xc3\xa4"}'


class Service:
    """A service with a key that appends and reads."""

    def __init__(self, authorization: str) -> None:
        self.client = Client(enforce_csrf_checks=True)
        self.headers = {"Authorization": authorization}

    def post(self, body: bytes, content_type: str = "application/json", query: str = "", **headers: str) -> Any:
        return self.client.post(URL + query, body, content_type=content_type, headers=self.headers | headers)

    def get(self, query: str = "?from=earliest", **headers: str) -> Any:
        return self.client.get(URL + query, headers=self.headers | headers)

    def records(self, query: str = "?from=earliest") -> list[dict[str, Any]]:
        answer = self.get(query)
        assert answer.status_code == 200, answer.content
        return answer.json()["records"]


@pytest.fixture
def service(orders: Stream, make_key: Callable) -> Service:
    return Service(make_key("append", "read")[1])


def raw_data(answer: Any) -> list[bytes]:
    """The bytes of each record's data as they stand in an answer."""
    found = msgspec.json.decode(answer.content, type=dict[str, msgspec.Raw])
    records = msgspec.json.decode(bytes(found["records"]), type=list[dict[str, msgspec.Raw]])
    return [bytes(record["data"]) for record in records]


def test_a_single_event_is_stored_and_answered_with_its_position(service: Service) -> None:
    answer = service.post(EVENT)
    assert answer.status_code == 201, answer.content
    said = answer.json()
    assert said["positions"] == [{"partition": 0, "offset": "0"}]
    assert said["stored"] == 1
    assert service.records(f"?from={said['position']}") == []
    (record,) = service.records()
    assert (record["type"], record["key"], record["offset"]) == ("OrderPlaced", "o-1", "0")


def test_the_payload_comes_back_byte_for_byte(service: Service) -> None:
    service.post(EVENT)
    assert raw_data(service.get()) == [DATA]


def test_lines_are_stored_in_order_and_blank_lines_are_nothing(service: Service) -> None:
    lines = b"\n".join(b'{"type":"Counted","data":%d}\r\n' % number for number in range(50))
    answer = service.post(lines, "application/x-ndjson")
    assert answer.status_code == 201
    assert [place["offset"] for place in answer.json()["positions"]] == [str(number) for number in range(50)]
    assert [record["data"] for record in service.records()] == list(range(50))


def test_an_array_of_events_is_taken_too(service: Service) -> None:
    assert service.post(b"[" + EVENT + b"," + EVENT + b"]").json()["stored"] == 2


def test_bare_payloads_take_type_and_key_from_the_address(service: Service) -> None:
    answer = service.post(
        b'{"id":7,"a":{"b/c":"k"}}\n', "application/x-ndjson", "?type=Thing&version=1.0.0&key=/a/b~1c"
    )
    assert answer.status_code == 201, answer.content
    (record,) = service.records()
    assert (record["type"], record["key"], record["version"]) == ("Thing", "k", "1.0.0")
    assert record["data"] == {"id": 7, "a": {"b/c": "k"}}


def test_a_bare_payload_without_the_key_s_field_is_refused_with_the_pointer(service: Service) -> None:
    answer = service.post(b'{"id":7}', "application/json", "?type=Thing&key=/nope")
    assert answer.status_code == 422
    assert answer.json()["error"]["records"][0]["errors"][0]["pointer"] == "/nope"


def test_a_cloudevent_in_binary_mode_keeps_its_attributes(service: Service) -> None:
    attributes = {"ce-specversion": "1.0", "ce-id": "1", "ce-source": "/shop", "ce-type": "OrderPlaced"}
    answer = service.post(DATA, **attributes, **{"ce-subject": "Euro%20%E2%82%AC", "ce-traceparent": "00-ab"})
    assert answer.status_code == 201, answer.content
    (record,) = service.records()
    assert record["subject"] == "Euro €"
    assert record["attributes"] == {"traceparent": "00-ab"}
    assert raw_data(service.get()) == [DATA]


def test_a_cloudevent_in_structured_mode_is_stored_with_its_version_pinned_by_our_schema_address(
    service: Service,
) -> None:
    event = {
        "specversion": "1.0", "id": "9", "source": "/shop", "type": "OrderPlaced", "time": "2026-11-24T10:00:00Z",
        "dataschema": "https://here/w/acme/catalog/types/OrderPlaced/versions/1.2.0", "partitionkey": "o-9",
        "data": {"order_id": "o-9"},
    }  # fmt: skip
    answer = service.post(json.dumps(event).encode(), "application/cloudevents+json; charset=utf-8")
    assert answer.status_code == 201, answer.content
    (record,) = service.records()
    assert (record["version"], record["key"], record["time"]) == ("1.2.0", "o-9", "2026-11-24T10:00:00Z")


def test_a_batch_of_cloudevents_may_hold_binary_data(service: Service) -> None:
    common = {"specversion": "1.0", "source": "/shop", "type": "Photo"}
    batch = [
        common | {"id": "1", "data_base64": "AP8=", "datacontenttype": "image/png"},
        common | {"id": "2", "data": "<x/>", "datacontenttype": "text/xml"},
    ]
    answer = service.post(json.dumps(batch).encode(), "application/cloudevents-batch+json")
    assert answer.status_code == 201, answer.content
    photo, text = service.records()
    assert (photo["data_base64"], photo["content_type"]) == ("AP8=", "image/png")
    assert text["data_base64"] == "PHgvPg=="


def test_cloudevents_come_out_as_a_batch_when_asked_for(service: Service) -> None:
    service.post(EVENT)
    answer = service.get("?from=earliest", Accept="application/cloudevents-batch+json")
    (event,) = answer.json()
    assert event["specversion"] == "1.0"
    assert event["type"] == "OrderPlaced"
    assert event["id"] == "0-0"
    assert event["source"].endswith("/w/acme/streams/orders")
    assert event["data"]["order_id"] == "o-1"


def test_records_come_out_as_lines_when_asked_for(service: Service) -> None:
    service.post(b'{"type":"A","data":{\n"pretty":\r\n 1}}')
    answer = service.get(Accept="application/x-ndjson")
    lines = answer.content.splitlines()
    assert len(lines) == 1
    assert json.loads(lines[0])["data"] == {"pretty": 1}
    assert answer.headers["Factstorm-Caught-Up"] == "true"


def test_the_same_source_and_id_again_is_answered_with_the_first_position(service: Service) -> None:
    event = b'{"type":"A","id":"1","source":"/shop","data":1}'
    first = service.post(event).json()
    service.post(EVENT)
    again = service.post(event)
    assert again.status_code == 200
    assert again.json()["stored"] == 0
    (place,) = again.json()["positions"]
    assert place["duplicate"] is True
    assert place["offset"] == first["positions"][0]["offset"]
    assert len(service.records()) == 2


def test_nothing_of_a_batch_is_stored_when_one_record_is_bad_and_the_answer_says_which(service: Service) -> None:
    answer = service.post(EVENT + b"\n{nonsense}\n" + EVENT, "application/x-ndjson")
    assert answer.status_code == 422
    error = answer.json()["error"]
    assert error["code"] == "invalid_records"
    (bad,) = error["records"]
    assert bad["index"] == 1
    assert "Line 2" in bad["errors"][0]["message"]
    assert service.records() == []


def test_partial_stores_the_good_ones_and_says_so(service: Service) -> None:
    answer = service.post(EVENT + b"\n{nonsense}\n" + EVENT, "application/x-ndjson", "?partial=true")
    assert answer.status_code == 207
    said = answer.json()
    assert [place["index"] for place in said["positions"]] == [0, 2]
    assert said["refused"] == 1
    assert said["records"][0]["index"] == 1
    assert len(service.records()) == 2


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        (b"", "application/json", 400, "malformed"),
        (b"\n\n", "application/x-ndjson", 400, "malformed"),
        (b'{"type":"A","data":"\xff"}', "application/json", 400, "malformed"),
        (b"{}", "text/csv", 415, "unsupported_media_type"),
        (b"{}", "application/cloudevents-batch+json", 400, "malformed"),
        (b'{"order_id":1}', "application/json", 422, "invalid_records"),
        (b'{"type":"A","data":NaN}', "application/json", 422, "invalid_records"),
        (b'{"type":"","data":1}', "application/json", 422, "invalid_records"),
        (b'{"type":"A","time":"noon","data":1}', "application/json", 422, "invalid_records"),
        (b'{"type":"A","data":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "application/json", 422, "invalid_records"),
        (
            b'{"specversion":"0.3","id":"1","source":"s","type":"A"}',
            "application/cloudevents+json",
            422,
            "invalid_records",
        ),
        (b'{"specversion":"1.0","id":"1","type":"A"}', "application/cloudevents+json", 422, "invalid_records"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_hint(
    service: Service, body: bytes, content_type: str, status: int, code: str
) -> None:
    answer = service.post(body, content_type)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert answer.json()["error"]["hint"]
    assert service.records() == []


def test_limits_of_body_records_and_payload_are_kept(service: Service, settings: Any) -> None:
    settings.APPEND_RECORDS_MAX = 2
    answer = service.post(b"\n".join([EVENT] * 3), "application/x-ndjson")
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")
    settings.RECORD_BYTES_MAX = 10
    answer = service.post(EVENT)
    assert answer.json()["error"]["records"][0]["errors"][0]["keyword"] == "record_bytes_max"
    settings.APPEND_BYTES_MAX = 20
    assert service.post(EVENT).status_code == 413


def test_appending_to_a_stream_that_does_not_exist_says_how_to_make_it(service: Service) -> None:
    answer = service.client.post(
        "/api/v1/w/acme/streams/nope/records", EVENT, content_type="application/json", headers=service.headers
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "stream_not_found")
    assert "Create it first" in answer.json()["error"]["hint"]


def test_a_key_appends_only_within_its_scopes_and_streams(orders: Stream, make_key: Callable) -> None:
    assert Service(make_key("read")[1]).post(EVENT).status_code == 403
    assert Service(make_key("append", streams=["other"])[1]).post(EVENT).status_code == 404
    assert Service(make_key("append", streams=["orders"])[1]).post(EVENT).status_code == 201
    assert Service(make_key("append")[1]).get().status_code == 403
    assert Service("Bearer fs_wrong_key").post(EVENT).status_code == 401


def test_a_revoked_key_stops_at_once(cast: Cast, orders: Stream, make_key: Callable) -> None:
    key, authorization = make_key("append")
    service = Service(authorization)
    assert service.post(EVENT).status_code == 201
    revoke_api_key(cast.access(cast.alice), key_id=key.id)
    assert service.post(EVENT).status_code == 401


def test_a_key_of_another_workspace_finds_nothing(cast: Cast, orders: Stream) -> None:
    from workspaces.actions import create_api_key

    theirs = cast.access(cast.charlie, cast.elsewhere)
    _, text = create_api_key(theirs, name="Spy", scopes=["append", "read"])
    assert Service(f"Bearer {text}").post(EVENT).status_code == 404


def test_people_append_by_session_with_the_csrf_token_and_only_by_role(cast: Cast, orders: Stream) -> None:
    def post(name: str, *, check: bool) -> int:
        client = Client(enforce_csrf_checks=check)
        client.login(email=f"{name}@example.org", password=PASSWORD)
        return client.post(URL, EVENT, content_type="application/json").status_code

    assert post("bob", check=False) == 201
    assert post("bob", check=True) == 403
    assert post("vera", check=False) == 403
    assert post("charlie", check=False) == 404
    assert Client().post(URL, EVENT, content_type="application/json").status_code == 401


def test_reading_goes_on_from_a_position_a_time_and_an_offset(service: Service) -> None:
    for number in range(5):
        service.post(b'{"type":"A","data":%d}' % number)
    first = service.get("?from=earliest&limit=2").json()
    assert [record["data"] for record in first["records"]] == [0, 1]
    assert first["caught_up"] is False
    rest = service.get(f"?from={first['next']}").json()
    assert [record["data"] for record in rest["records"]] == [2, 3, 4]
    assert rest["caught_up"] is True
    assert [record["data"] for record in service.records("?from=offset:0:3")] == [3, 4]
    assert len(service.records("?from=time:2020-01-01T00:00:00Z")) == 5
    assert service.records("?from=time:2120-01-01T00:00:00Z") == []
    assert service.records("?from=latest") == []


@pytest.mark.parametrize("start", ["nonsense", "time:noon", "offset:9:0", "offset:x"])
def test_a_start_that_is_none_is_refused(service: Service, start: str) -> None:
    answer = service.get(f"?from={start}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_position")


def test_reading_only_some_types_skips_the_others(service: Service) -> None:
    service.post(b'[{"type":"A","data":1},{"type":"B","data":2},{"type":"A","data":3}]')
    assert [record["data"] for record in service.records("?types=A")] == [1, 3]


def test_a_position_of_a_stream_made_anew_is_gone_and_says_where_to_start(cast: Cast, service: Service) -> None:
    from broker_adapter.actions import create_stream, delete_stream

    position = service.post(EVENT).json()["position"]
    alice = cast.access(cast.alice)
    delete_stream(alice, stream="orders", confirmation="orders")
    create_stream(alice, name="orders")
    answer = service.get(f"?from={position}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (410, "position_gone")
    assert service.get(f"?from={answer.json()['error']['earliest']}").status_code == 200


def test_streams_are_listed_made_described_changed_and_deleted(cast: Cast, make_key: Callable) -> None:
    client = Client()
    client.login(email="fay@example.org", password=PASSWORD)
    base = "/api/v1/w/acme/streams"

    def send(method: str, url: str, body: Any = None) -> Any:
        return client.generic(method, url, json.dumps(body) if body else b"", content_type="application/json")

    assert send("POST", base, {"name": "payments", "partitions": 3}).status_code == 201
    assert send("POST", base, {"name": "payments"}).status_code == 409
    assert send("POST", base, {"name": "Payments!"}).status_code == 422
    assert send("POST", base, {"name": "many", "partitions": 1_000}).status_code == 422
    assert len(client.get(base).json()["streams"][0]["partitions"]) == 3
    assert send("PATCH", f"{base}/payments", {"description": "Money"}).json()["description"] == "Money"
    assert client.get(f"{base}/payments").json()["records"] == 0
    assert send("DELETE", f"{base}/payments").status_code == 422
    assert send("DELETE", f"{base}/payments?confirm=payments").status_code == 204
    assert client.get(f"{base}/payments").status_code == 404
    client.login(email="bob@example.org", password=PASSWORD)
    assert send("POST", base, {"name": "mine"}).status_code == 403


def test_a_limited_key_lists_only_its_streams(cast: Cast, orders: Stream, make_key: Callable) -> None:
    from broker_adapter.actions import create_stream

    create_stream(cast.access(cast.alice), name="other")
    _, authorization = make_key("read", streams=["other"])
    answer = Client().get("/api/v1/w/acme/streams", headers={"Authorization": authorization})
    assert [stream["name"] for stream in answer.json()["streams"]] == ["other"]
