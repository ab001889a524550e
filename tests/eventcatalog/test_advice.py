"""Beside a verdict: fixes that work, what other registries would say, and a warning for an odd number."""

import json
from typing import Any

import pytest

from eventcatalog import actions, evolution
from eventcatalog.models import MessageType, SchemaVersion
from tests.cast import Cast
from tests.eventcatalog.test_pages import browser
from tests.eventcatalog.test_versions import CLOSED, NEEDS_COUPON, OPEN_WITH_COUPON, WITH_COUPON

pytestmark = pytest.mark.django_db
URL = "/api/v1/w/acme/catalog/types/Closed/versions"


@pytest.fixture
def closed(cast: Cast) -> MessageType:
    return actions.register_type(cast.access(cast.fay), kind="event", name="Closed", schema=CLOSED)


def post(cast: Cast, path: str, body: dict[str, Any], person: Any = None) -> Any:
    return browser(person or cast.fay).post(f"{URL}{path}", json.dumps(body), content_type="application/json")


def test_a_fix_from_the_api_can_be_published_as_it_is(cast: Cast, closed: MessageType):
    offered = post(cast, "/fixes", {"schema": json.dumps(NEEDS_COUPON, indent=4) + "\n"}).json()["fixes"]
    fix = next(each for each in offered if each["kind"] == "make_optional")
    assert (fix["mends"], fix["pointer"]) == ("all", "/properties/coupon")
    assert fix["text"].startswith('{\n    "$schema"')
    assert fix["text"].endswith("}\n")
    assert json.loads(fix["text"]) == fix["schema"] == WITH_COUPON
    answer = post(cast, "", {"schema": fix["text"]})
    assert (answer.status_code, answer.json()["version"]) == (201, "1.1.0")


def test_a_fix_under_the_lenient_policy_asks_for_it(cast: Cast):
    opened = {key: value for key, value in CLOSED.items() if key != "additionalProperties"}
    actions.register_type(cast.access(cast.fay), kind="event", name="Open", schema=opened)
    needs = {**OPEN_WITH_COUPON, "required": [*OPEN_WITH_COUPON["required"], "coupon"]}
    url = "/api/v1/w/acme/catalog/types/Open/versions"
    body = json.dumps({"schema": needs})
    offered = browser(cast.vera).post(f"{url}/fixes", body, content_type="application/json").json()["fixes"]
    fix = next(each for each in offered if each["kind"] == "make_optional")
    assert fix["mends"] == "leniently"
    body = json.dumps({"schema": fix["text"], "policy": "lenient"})
    assert browser(cast.fay).post(url, body, content_type="application/json").status_code == 201


def test_what_is_compatible_needs_no_fix_and_nothing_is_stored(cast: Cast, closed: MessageType):
    assert post(cast, "/fixes", {"schema": WITH_COUPON}).json() == {"fixes": []}
    assert post(cast, "/fixes", {"schema": NEEDS_COUPON}).json()["fixes"]
    assert SchemaVersion.objects.count() == 1
    assert post(cast, "/fixes", {"schema": NEEDS_COUPON}, cast.charlie).status_code == 404


def test_the_assessment_carries_three_verdicts_with_reasons(cast: Cast, closed: MessageType):
    found = post(cast, "/check", {"schema": NEEDS_COUPON}).json()["opinions"]
    assert [each["name"] for each in found] == ["proved", "registry_strict", "registry_lenient"]
    assert {each["answer"] for each in found} == {"no"}
    assert all(each["reason"] for each in found)


def test_a_number_that_says_other_than_the_change_is_warned_of_and_kept_in_history(cast: Cast, closed: MessageType):
    fay = cast.access(cast.fay)
    actions.update_type(fay, closed, actions.TypeChanges(compatibility="none"))
    closed.refresh_from_db()
    body = {"schema": NEEDS_COUPON, "version": "1.1.0"}
    warning = post(cast, "/check", body).json()["number_warning"]
    assert "2.0.0" in warning
    answer = post(cast, "", body)
    assert (answer.status_code, answer.json()["number_warning"]) == (201, warning)
    assert closed.history.first().detail["number_warning"] == warning


@pytest.mark.parametrize(
    ("bump", "proposed", "chosen", "says"),
    [
        ("major", "2.0.0", "1.3.0", "says minor, but the change is major"),
        ("minor", "1.3.0", "1.2.4", "says patch, but the change is minor"),
        ("patch", "1.2.4", "2.0.0", "higher than the change asks for"),
        ("minor", "1.3.0", "1.3.0", ""),
        ("minor", "1.3.0", "no number", ""),
    ],
)
def test_every_odd_number_has_its_words(bump: str, proposed: str, chosen: str, says: str):
    assessment = evolution.Assessment(
        mode="none", policy="strict", latest="1.2.3", proposed=proposed, bump=bump, bump_reason="", compatible=True,
        certain=True, is_same=False, verdict="",
    )  # fmt: skip
    warning = evolution.number_warning(assessment, chosen)
    assert says in warning
    assert bool(warning) is bool(says)
