"""Proposals: who may do what, what is proved again, and that what was approved is what is published."""

import json
from typing import Any

import pytest

from eventcatalog import actions as catalog
from eventcatalog import queries as types
from eventcatalog.actions import proposals as actions
from eventcatalog.errors import IncompatibleError, NameTaken
from eventcatalog.models import MessageType
from eventcatalog.proposals import queries
from eventcatalog.proposals.models import Proposal
from tests.cast import Cast
from tests.eventcatalog.test_pages import browser
from tests.eventcatalog.test_versions import CLOSED, NEEDS_COUPON, WITH_COUPON
from workspaces.errors import Conflict, Forbidden, Invalid, NotFound

pytestmark = pytest.mark.django_db
URL = "/api/v1/w/acme/catalog/proposals"


@pytest.fixture
def closed(cast: Cast) -> MessageType:
    return catalog.register_type(cast.access(cast.fay), kind="event", name="Closed", schema=CLOSED)


def proposed(cast: Cast, closed: MessageType, schema: Any = WITH_COUPON, **fields: Any) -> Proposal:
    return actions.propose_version(cast.access(cast.bob), closed, schema=schema, **fields)


def post(person: Any, path: str, body: dict[str, Any] | None = None, method: str = "post") -> Any:
    return getattr(browser(person), method)(f"{URL}{path}", json.dumps(body or {}), content_type="application/json")


def test_a_participant_proposes_and_nothing_is_published(cast: Cast, closed: MessageType):
    found = proposed(cast, closed, notes="Coupons", why="Marketing asks")
    assert (found.number, found.state, found.is_compatible) == (1, "open", True)
    assert (found.assessment["proposed"], found.proved_against) == ("1.1.0", "1.0.0")
    assert types.find_type(cast.workspace, "Closed").version == "1.0.0"
    assert [each.verb for each in found.remarks.all()] == ["proposed"]
    assert proposed(cast, closed).number == 2


def test_from_proposal_to_publication_with_history(cast: Cast, closed: MessageType):
    found = proposed(cast, closed, notes="Coupons", why="Marketing asks")
    fay = cast.access(cast.fay)
    actions.comment(cast.access(cast.alice), found, text="Which currency?")
    actions.approve(fay, found, text="Fine")
    published = actions.publish(fay, found)
    assert (published.version, published.notes) == ("1.1.0", "Coupons")
    found.refresh_from_db()
    assert (found.state, found.published_version, found.decided_by_name) == ("published", "1.1.0", "Fay")
    assert [each.verb for each in found.remarks.all()] == ["proposed", "commented", "approved", "published"]
    why = closed.history.filter(verb="published").first().why
    assert why == "Proposal #1 by Bob. Marketing asks"
    verbs = list(cast.workspace.catalog_changes.values_list("verb", flat=True))
    assert {"proposed", "approved", "published"} <= set(verbs)


def test_a_new_type_is_proposed_with_its_words_and_registered_by_publishing(cast: Cast):
    bob, fay = cast.access(cast.bob), cast.access(cast.fay)
    words = {"kind": "command", "title": "Book a carrier", "compatibility": "full", "state": "active"}
    found = actions.propose_type(bob, name="BookCarrier", schema={"type": "object"}, words=words)
    assert found.title == "New command BookCarrier"
    actions.approve(fay, found)
    assert actions.publish(fay, found).version == "1.0.0"
    made = types.find_type(cast.workspace, "BookCarrier")
    assert (made.kind, made.title, made.compatibility) == ("command", "Book a carrier", "full")
    with pytest.raises(NameTaken):
        actions.propose_type(bob, name="BookCarrier", schema={}, words={})


def test_what_breaks_may_be_proposed_but_neither_approved_nor_published(cast: Cast, closed: MessageType):
    found = proposed(cast, closed, NEEDS_COUPON)
    assert not found.is_compatible
    assert "coupon" not in found.assessment["counterexample"]["document"]
    with pytest.raises(Conflict) as refusal:
        actions.approve(cast.access(cast.fay), found)
    assert refusal.value.code == "incompatible"
    found.state = "approved"  # whatever came into the row
    found.save()
    with pytest.raises(IncompatibleError):
        actions.publish(cast.access(cast.fay), found)


def test_a_stale_proposal_is_proved_again_when_somebody_looks(cast: Cast, closed: MessageType):
    found = proposed(cast, closed)
    other = {**CLOSED, "properties": {**CLOSED["properties"], "gift": {"type": "boolean"}}}
    catalog.publish_version(cast.access(cast.fay), closed, schema=other)
    stale = Proposal.objects.select_related("message_type__latest").get(pk=found.pk)
    assert stale.is_stale
    again = queries.find_proposal(cast.workspace, 1)
    assert (again.is_stale, again.proved_against, again.is_compatible) == (False, "1.1.0", False)
    with pytest.raises(Conflict):
        actions.approve(cast.access(cast.fay), again)


def test_an_approved_proposal_that_became_stale_is_refused_at_publication(cast: Cast, closed: MessageType):
    found = proposed(cast, closed)
    fay = cast.access(cast.fay)
    actions.approve(fay, found)
    other = {**CLOSED, "properties": {**CLOSED["properties"], "gift": {"type": "boolean"}}}
    catalog.publish_version(fay, types.find_type(cast.workspace, "Closed"), schema=other)
    with pytest.raises(IncompatibleError):
        actions.publish(fay, queries.find_proposal(cast.workspace, 1))
    assert queries.find_proposal(cast.workspace, 1).state == "approved"


def test_another_schema_opens_an_approved_proposal_again(cast: Cast, closed: MessageType):
    found = proposed(cast, closed)
    actions.approve(cast.access(cast.fay), found)
    actions.change_proposal(cast.access(cast.bob), found, schema=NEEDS_COUPON, why="Needed after all")
    assert (found.state, found.is_compatible) == ("open", False)
    with pytest.raises(actions.NotNow):
        actions.publish(cast.access(cast.fay), found)


def test_who_may_do_what(cast: Cast, closed: MessageType):
    found = proposed(cast, closed)
    bob, vera = cast.access(cast.bob), cast.access(cast.vera)
    for act in (actions.approve, actions.publish):
        with pytest.raises(Forbidden):
            act(bob, found)
    with pytest.raises(Forbidden):
        actions.reject(bob, found, text="No")
    with pytest.raises(Forbidden):
        actions.propose_version(vera, closed, schema=WITH_COUPON)
    with pytest.raises(Forbidden):
        actions.comment(vera, found, text="Hm")
    fays = actions.propose_version(cast.access(cast.fay), closed, schema=WITH_COUPON)
    for act in (actions.withdraw, lambda access, each: actions.change_proposal(access, each, schema=CLOSED)):
        with pytest.raises(Forbidden):
            act(bob, fays)
    with pytest.raises(NotFound):
        actions.approve(cast.access(cast.charlie, cast.elsewhere), found)
    actions.withdraw(bob, found)
    assert found.state == "withdrawn"


def test_rejecting_needs_a_reason_and_can_be_taken_up_again(cast: Cast, closed: MessageType):
    found = proposed(cast, closed)
    fay = cast.access(cast.fay)
    with pytest.raises(Invalid):
        actions.reject(fay, found, text=" ")
    actions.reject(fay, found, text="Not now")
    with pytest.raises(actions.NotNow):
        actions.approve(fay, found)
    actions.reopen(cast.access(cast.bob), found)
    assert found.state == "open"


def test_an_odd_number_is_warned_of(cast: Cast, closed: MessageType):
    assert "higher than" in proposed(cast, closed, version="7.0.0").assessment["number_warning"]
    with pytest.raises(Invalid):
        proposed(cast, closed, version="seven")


def test_the_api_from_end_to_end(cast: Cast, closed: MessageType):
    made = post(cast.bob, "", {"type": "Closed", "schema": NEEDS_COUPON, "why": "Marketing"})
    assert (made.status_code, made.json()["compatible"]) == (201, False)
    assert post(cast.fay, "/1/approval").json()["error"]["code"] == "incompatible"
    assert post(cast.bob, "/1", {"schema": WITH_COUPON}, "put").json()["compatible"] is True
    assert post(cast.bob, "/1/comments", {"text": "Mended"}).status_code == 201
    assert post(cast.bob, "/1/approval").status_code == 403
    assert post(cast.fay, "/1/approval", {"text": "Good"}).json()["state"] == "approved"
    assert post(cast.fay, "/1/publication").json()["published_version"] == "1.1.0"
    assert post(cast.fay, "/1/publication").json()["error"]["code"] == "not_now"
    found = browser(cast.vera).get(f"{URL}/1").json()
    assert [each["verb"] for each in found["remarks"]][-2:] == ["approved", "published"]
    assert browser(cast.vera).get(URL).json()["total"] == 0
    assert browser(cast.vera).get(f"{URL}?state=all").json()["total"] == 1
    assert browser(cast.charlie).get(f"{URL}/1").status_code == 404
    assert post(cast.bob, "", {"schema": {}}).status_code == 422
    new = post(cast.bob, "", {"name": "Fresh", "kind": "query", "schema": {"type": "object"}})
    assert (new.status_code, new.json()["title"]) == (201, "New query Fresh")


def test_pages_propose_review_and_publish(cast: Cast, closed: MessageType):
    bob, fay = browser(cast.bob), browser(cast.fay)
    editor = "/w/acme/catalog/types/Closed/versions/proposal/"
    assert "data-publish" not in bob.get(editor).content.decode()
    form = {"schema": json.dumps(NEEDS_COUPON), "notes": "Coupons", "expected_latest": "1.0.0", "propose": "1"}
    assert bob.post(editor, form)["Location"] == "/w/acme/catalog/proposals/1/"
    page = bob.get("/w/acme/catalog/proposals/1/").content.decode()
    assert "A document that breaks" in page
    assert "Approve" not in page
    saved = bob.post("/w/acme/catalog/proposals/1/edit/", {"schema": json.dumps(WITH_COUPON), "notes": "Coupons"})
    assert saved.status_code == 302
    assert "Closed 1.1.0" in fay.get("/w/acme/catalog/proposals/").content.decode()
    assert fay.post("/w/acme/catalog/proposals/1/rejection/", {"text": ""}).status_code == 409
    assert fay.post("/w/acme/catalog/proposals/1/approval/", {"text": "Good"}).status_code == 302
    assert fay.post("/w/acme/catalog/proposals/1/publication/", {}).status_code == 302
    assert types.find_type(cast.workspace, "Closed").version == "1.1.0"
    assert "Published as" in browser(cast.vera).get("/w/acme/catalog/proposals/1/").content.decode()
    new = {"kind": "event", "name": "Fresh", "schema": "{}", "compatibility": "backward", "propose": "1"}
    address = bob.post("/w/acme/catalog/proposals/new/", new)["Location"]
    assert bob.get(address).status_code == 200
    assert bob.get(f"{address}edit/").status_code == 200


def test_a_facilitator_may_propose_from_the_editor_too(cast: Cast, closed: MessageType):
    form = {"schema": json.dumps(WITH_COUPON), "notes": "", "expected_latest": "1.0.0", "propose": "1"}
    answer = browser(cast.fay).post("/w/acme/catalog/types/Closed/versions/new/", form)
    assert answer["Location"] == "/w/acme/catalog/proposals/1/"
    assert types.find_type(cast.workspace, "Closed").version == "1.0.0"


def test_a_participant_without_the_right_cannot_publish_by_the_editors_form(cast: Cast, closed: MessageType):
    form = {"schema": json.dumps(WITH_COUPON), "notes": "", "expected_latest": "1.0.0"}
    answer = browser(cast.bob).post("/w/acme/catalog/types/Closed/versions/new/", form)
    assert types.find_type(cast.workspace, "Closed").version == "1.0.0"
    assert answer.status_code == 403


def test_what_waits_is_told_at_home_and_on_the_catalogs_pages(cast: Cast, closed: MessageType):
    assert "Waiting for review" not in browser(cast.fay).get("/w/acme/").content.decode()
    proposed(cast, closed)
    home = browser(cast.fay).get("/w/acme/").content.decode()
    assert "Waiting for review" in home
    assert "/w/acme/catalog/proposals/1/" in home
    assert "/w/acme/catalog/proposals/1/" not in browser(cast.bob).get("/w/acme/").content.decode()
    assert 'title="Waiting for review">1<' in browser(cast.vera).get("/w/acme/catalog/").content.decode()


def test_the_page_shows_three_verdicts_where_they_differ(cast: Cast):
    opened = {key: value for key, value in CLOSED.items() if key != "additionalProperties"}
    made = catalog.register_type(cast.access(cast.fay), kind="event", name="Open", schema=opened)
    coupon = {**opened, "properties": {**opened["properties"], "coupon": {"type": "string"}}}
    actions.propose_version(cast.access(cast.bob), made, schema=coupon)
    page = browser(cast.vera).get("/w/acme/catalog/proposals/1/").content.decode()
    assert "Three verdicts" in page
    assert "Confluent, lenient" in page
    actions.propose_version(cast.access(cast.bob), made, schema={**opened, "title": "Open"})
    assert "Three verdicts" not in browser(cast.vera).get("/w/acme/catalog/proposals/2/").content.decode()
