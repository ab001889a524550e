"""Publishing: numbers, proofs, refusals with a counterexample, and lost updates."""

import json

import jsonschema
import jsonschema_rs
import pytest

from eventcatalog import actions, queries
from eventcatalog.actions import TypeChanges
from eventcatalog.errors import IncompatibleError, NothingChanged, VersionMoved
from eventcatalog.models import MessageType, SchemaVersion
from eventcatalog.validation import CatalogCheck
from tests.cast import Cast
from tests.eventcatalog.conftest import BAD, GOOD, ORDER_PLACED
from tests.eventcatalog.test_pages import browser
from workspaces.errors import Invalid

pytestmark = pytest.mark.django_db

CLOSED = {**ORDER_PLACED, "additionalProperties": False}
COUPON = {"coupon": {"type": "string"}}
WITH_COUPON = {**CLOSED, "properties": {**CLOSED["properties"], **COUPON}}
NEEDS_COUPON = {**WITH_COUPON, "required": [*CLOSED["required"], "coupon"]}
OPEN_WITH_COUPON = {**ORDER_PLACED, "properties": {**ORDER_PLACED["properties"], **COUPON}}
URL = "/api/v1/w/acme/catalog/types/Closed/versions"


@pytest.fixture
def fay(cast: Cast):
    return cast.access(cast.fay)


@pytest.fixture
def closed(fay) -> MessageType:
    return actions.register_type(fay, kind="event", name="Closed", schema=CLOSED)


def test_an_optional_property_is_a_minor_version(fay, closed: MessageType):
    published = actions.publish_version(fay, closed, schema=WITH_COUPON, notes="Coupons")
    assert (published.version, published.ordinal) == ("1.1.0", 2)
    assert any("coupon" in each["message"] for each in published.changes)
    assert MessageType.objects.get(pk=closed.pk).version == "1.1.0"


def test_words_alone_are_a_patch(fay, closed: MessageType):
    published = actions.publish_version(fay, closed, schema={**CLOSED, "description": "What a customer bought"})
    assert published.version == "1.0.1"


def test_a_breaking_change_is_a_major_version_where_no_compatibility_is_promised(fay, closed: MessageType):
    actions.update_type(fay, closed, TypeChanges(compatibility="none"))
    published = actions.publish_version(fay, queries.find_type(fay.workspace, "Closed"), schema=NEEDS_COUPON)
    assert published.version == "2.0.0"


def test_a_breaking_change_is_refused_with_a_document_that_both_validators_judge_alike(fay, closed: MessageType):
    with pytest.raises(IncompatibleError) as refusal:
        actions.publish_version(fay, closed, schema=NEEDS_COUPON)
    fields = refusal.value.fields
    document = fields["counterexample"]["document"]
    for schema, taken in ((CLOSED, True), (NEEDS_COUPON, False)):
        checker = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
        assert checker.is_valid(document) is taken
        assert jsonschema_rs.validator_for(schema, validate_formats=True).is_valid(document) is taken
    assert (fields["mode"], fields["against"], fields["direction"]) == ("backward", "1.0.0", "backward")
    assert fields["reasons"]
    assert any("coupon" in each["message"] for each in fields["changes"])
    assert SchemaVersion.objects.count() == 1


def test_the_refusal_over_http_is_a_409_with_the_counterexample(cast: Cast, closed: MessageType):
    body = json.dumps({"schema": NEEDS_COUPON})
    answer = browser(cast.fay).post(URL, body, content_type="application/json")
    assert answer.status_code == 409
    error = answer.json()["error"]
    assert error["code"] == "incompatible"
    assert "coupon" not in error["counterexample"]["document"]


def test_a_dry_run_says_the_same_and_stores_nothing(cast: Cast, closed: MessageType):
    client = browser(cast.vera)
    bad = client.post(f"{URL}/check", json.dumps({"schema": NEEDS_COUPON}), content_type="application/json").json()
    assert (bad["compatible"], bad["bump"], bad["proposed"]) == (False, "major", "2.0.0")
    assert bad["counterexample"]["document"]
    good = client.post(f"{URL}/check", json.dumps({"schema": WITH_COUPON}), content_type="application/json").json()
    assert (good["compatible"], good["proposed"], good["counterexample"]) == (True, "1.1.0", None)
    assert SchemaVersion.objects.count() == 1


def test_declaring_a_property_of_an_open_schema_is_refused_strictly_and_taken_leniently(fay, order_placed: MessageType):
    with pytest.raises(IncompatibleError) as refusal:
        actions.publish_version(fay, order_placed, schema=OPEN_WITH_COUPON)
    assert refusal.value.fields["would_pass_leniently"] is True
    published = actions.publish_version(fay, order_placed, schema=OPEN_WITH_COUPON, policy="lenient")
    assert published.version == "1.1.0"
    assert "nobody sends undeclared" in queries.history_of(order_placed)[0].summary


def test_a_type_may_be_lenient_for_good(fay, order_placed: MessageType):
    lenient = actions.update_type(fay, order_placed, TypeChanges(policy="lenient"))
    assert actions.publish_version(fay, lenient, schema=OPEN_WITH_COUPON).version == "1.1.0"


def test_the_same_schema_again_is_refused_as_no_change(fay, closed: MessageType):
    with pytest.raises(NothingChanged):
        actions.publish_version(fay, closed, schema=json.dumps(CLOSED, indent=4))


@pytest.mark.parametrize("version", ["1.0.0", "0.9.0", "1.0", "v2.0.0", "01.2.3", "2.0.0-beta"])
def test_a_version_that_is_no_higher_number_is_refused(fay, closed: MessageType, version: str):
    with pytest.raises(Invalid) as refusal:
        actions.publish_version(fay, closed, schema=WITH_COUPON, version=version)
    assert refusal.value.fields["place"] == "version"


def test_the_author_may_choose_a_higher_version_and_history_says_what_was_proposed(fay, closed: MessageType):
    published = actions.publish_version(fay, closed, schema=WITH_COUPON, version="3.0.0")
    assert published.version == "3.0.0"
    assert "1.1.0" in queries.history_of(closed)[0].summary


def test_whoever_publishes_second_from_the_same_version_is_told(fay, closed: MessageType):
    actions.publish_version(fay, closed, schema=WITH_COUPON, expected_latest="1.0.0")
    other = {**CLOSED, "properties": {**CLOSED["properties"], "gift": {"type": "boolean"}}}
    with pytest.raises(VersionMoved) as refusal:
        actions.publish_version(fay, closed, schema=other, expected_latest="1.0.0")
    assert refusal.value.fields["latest"] == "1.1.0"


def test_a_stale_row_in_hand_does_not_hide_what_was_published_since(fay, closed: MessageType):
    stale = queries.find_type(fay.workspace, "Closed")
    actions.publish_version(fay, closed, schema=WITH_COUPON)
    with pytest.raises(IncompatibleError) as refusal:  # safe after 1.0.0, but 1.1.0 takes a coupon
        actions.publish_version(fay, stale, schema={**CLOSED, "title": "Without"})
    assert refusal.value.fields["against"] == "1.1.0"


def test_transitive_modes_look_at_every_version(fay, closed: MessageType):
    actions.update_type(fay, closed, TypeChanges(compatibility="none"))
    actions.publish_version(fay, queries.find_type(fay.workspace, "Closed"), schema=NEEDS_COUPON)
    wider = {**NEEDS_COUPON, "properties": {**NEEDS_COUPON["properties"], "gift": {}}}
    actions.update_type(fay, closed, TypeChanges(compatibility="backward_transitive"))
    with pytest.raises(IncompatibleError) as refusal:
        actions.publish_version(fay, queries.find_type(fay.workspace, "Closed"), schema=wider)
    assert refusal.value.fields["against"] == "1.0.0"
    actions.update_type(fay, closed, TypeChanges(compatibility="backward"))
    actions.publish_version(fay, queries.find_type(fay.workspace, "Closed"), schema=wider)


def test_records_are_checked_against_the_newest_version_at_once_or_against_the_one_they_pin(cast: Cast, fay, closed):
    check = CatalogCheck()
    with_coupon = GOOD.replace(b"}", b', "coupon": "SPRING"}')
    columns = {
        "workspace_id": cast.workspace.pk,
        "stream": "orders",
        "types": ["Closed"] * 3,
        "payloads": [with_coupon, with_coupon, BAD],
    }
    assert sorted(check.check_columns(versions=[None] * 3, **columns).refused) == [0, 1, 2]
    actions.publish_version(fay, closed, schema=WITH_COUPON)
    result = check.check_columns(versions=[None, "1.0.0", None], **columns)
    assert sorted(result.refused) == [1, 2]
    assert result.versions[0] == "1.1.0"


def test_the_editor_shows_the_counterexample_and_keeps_what_was_written(cast: Cast, closed: MessageType):
    form = {"schema": json.dumps(NEEDS_COUPON), "notes": "Coupons for all", "expected_latest": "1.0.0"}
    answer = browser(cast.fay).post("/w/acme/catalog/types/Closed/versions/new/", form)
    words = answer.content.decode()
    assert answer.status_code == 422
    assert "A document that breaks" in words
    assert "Coupons for all" in words


def test_the_editor_publishes(cast: Cast, closed: MessageType):
    form = {"schema": json.dumps(WITH_COUPON), "notes": "Coupons", "expected_latest": "1.0.0"}
    client = browser(cast.fay)
    assert client.post("/w/acme/catalog/types/Closed/versions/new/", form).status_code == 302
    words = client.get("/w/acme/catalog/types/Closed/", {"tab": "versions"}).content.decode()
    assert "1.1.0" in words
    assert "Coupons" in words


def test_the_example_stays_as_long_as_the_schema_takes_it(fay, closed: MessageType):
    mine = json.loads(GOOD)
    actions.update_type(fay, closed, TypeChanges(compatibility="none"))
    fresh = queries.find_type(fay.workspace, "Closed")
    with_mine = actions.publish_version(fay, fresh, schema=WITH_COUPON, example=mine)
    same = actions.publish_version(fay, fresh, schema={**WITH_COUPON, "title": "Order"})
    other = actions.publish_version(fay, fresh, schema=NEEDS_COUPON)
    assert with_mine.example == same.example == mine
    assert "coupon" in other.example
