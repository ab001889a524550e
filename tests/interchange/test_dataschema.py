"""A CloudEvent's ``dataschema`` leads to the schema itself, for services and for people, and back to its version."""

import json

import pytest
from django.test import Client

from broker_adapter.actions import create_stream
from eventcatalog import actions
from eventcatalog.actions.components import add_component
from tests.cast import Cast
from workspaces.actions import create_api_key

pytestmark = pytest.mark.django_db(transaction=True)
RECORDS = "/api/v1/w/acme/streams/orders/records"


@pytest.fixture
def headers(cast: Cast) -> dict[str, str]:
    access = cast.access(cast.alice)
    create_stream(access, name="orders", partitions=1)
    add_component(access, name="Money", schema={"type": "integer"})
    schema = {"type": "object", "properties": {"total": {"$ref": "factstorm://components/Money/1.0.0"}}}
    actions.register_type(access, kind="event", name="Paid", schema=schema)
    _, key = create_api_key(access, name="shop", scopes=["append", "read"])
    return {"Authorization": f"Bearer {key}"}


def test_the_dataschema_of_a_record_answers_with_the_schema_and_pins_its_version(cast: Cast, headers: dict[str, str]):
    sent = {"type": "Paid", "data": {"total": 3}}
    assert Client().post(RECORDS, json.dumps(sent), content_type="application/json", headers=headers).status_code == 201
    read = Client().get(RECORDS, headers={**headers, "Accept": "application/cloudevents-batch+json"})
    (event,) = json.loads(read.content)
    path = event["dataschema"].removeprefix("http://testserver")
    assert path == "/api/v1/w/acme/catalog/types/Paid/versions/1.0.0/schema?bundled=1"
    member, stranger = Client(), Client()
    member.force_login(cast.vera)
    stranger.force_login(cast.charlie)
    for answer in (Client().get(path, headers=headers), member.get(path)):
        assert answer.status_code == 200
        assert answer["Content-Type"] == "application/schema+json"
        schema = json.loads(answer.content)
        assert schema["properties"]["total"]["$ref"].startswith("#/")  # it needs nothing from elsewhere
    assert Client().get(path).status_code == 401
    assert stranger.get(path).status_code == 404
    back = {**event, "id": "again"}
    again = Client().post(RECORDS, json.dumps(back), content_type="application/cloudevents+json", headers=headers)
    assert again.status_code == 201, again.content
    unknown = {**back, "id": "other", "dataschema": event["dataschema"].replace("1.0.0", "9.0.0")}
    refused = Client().post(RECORDS, json.dumps(unknown), content_type="application/cloudevents+json", headers=headers)
    assert refused.status_code == 422
