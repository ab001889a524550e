"""Words: differences, field history, examples, pages about things, the glossary, and that no text harms a reader."""

import json
from typing import Any

import pytest

from eventcatalog import actions as catalog
from eventcatalog import queries as types
from eventcatalog.actions import words as actions
from eventcatalog.errors import NameTaken
from eventcatalog.models import MessageType
from eventcatalog.words import queries
from eventcatalog.words.markdown import render
from tests.cast import Cast
from tests.eventcatalog.test_pages import browser
from tests.eventcatalog.test_versions import CLOSED, WITH_COUPON
from workspaces.errors import Forbidden, Invalid, NotFound

pytestmark = pytest.mark.django_db
URL = "/api/v1/w/acme/catalog"
GOOD = {"order_id": "6c84fb90-12c4-11e1-840d-7b25c5ee775a", "total_cents": 5}


@pytest.fixture
def fay(cast: Cast):
    return cast.access(cast.fay)


@pytest.fixture
def closed(fay) -> MessageType:
    made = catalog.register_type(fay, kind="event", name="Closed", schema=CLOSED)
    catalog.publish_version(fay, made, schema=WITH_COUPON)
    return types.find_type(fay.workspace, "Closed")


def test_any_two_versions_differ_in_words_by_proof_and_line_by_line(cast: Cast, closed: MessageType):
    found = browser(cast.vera).get(f"{URL}/types/Closed/diff?from=1.0.0&to=1.1.0").json()
    assert [(each["direction"], each["compatible"]) for each in found["findings"]] == [
        ("backward", "yes"),
        ("forward", "no"),
    ]
    assert "coupon" in found["counterexamples"]["forward"]["document"]
    assert found["counterexamples"]["backward"] is None
    assert any("coupon" in row["right"] for row in found["rows"] if row["kind"] in ("new", "changed"))
    back = browser(cast.vera).get(f"{URL}/types/Closed/diff?from=1.1.0&to=1.0.0").json()
    assert {each["direction"]: each["compatible"] for each in back["findings"]} == {"backward": "no", "forward": "yes"}
    assert browser(cast.vera).get(f"{URL}/types/Closed/diff?from=latest&to=latest").json()["is_same"] is True
    assert browser(cast.vera).get(f"{URL}/types/Closed/diff").status_code == 422
    assert browser(cast.vera).get(f"{URL}/types/Closed/diff?from=9.0.0").status_code == 404


def test_the_page_compares_the_newest_with_the_one_before_unless_asked(cast: Cast, closed: MessageType):
    page = browser(cast.vera).get("/w/acme/catalog/types/Closed/diff/").content.decode()
    assert "The optional property coupon was added." in page
    assert "side-diff__row--new" in page
    assert "A document that 1.1.0 takes and 1.0.0 refuses" in page
    same = browser(cast.vera).get("/w/acme/catalog/types/Closed/diff/?from=1.0.0&to=1.0.0").content.decode()
    assert "This is the same version." in same


def test_field_history_on_page_and_api(cast: Cast, closed: MessageType):
    found = browser(cast.vera).get(f"{URL}/types/Closed/fields").json()["fields"]
    coupon = next(each for each in found if each["path"] == "coupon")
    assert coupon["events"] == [{"version": "1.1.0", "what": "came", "words": ["string"]}]
    assert "coupon" in browser(cast.vera).get("/w/acme/catalog/types/Closed/?tab=fields").content.decode()


def test_an_example_must_be_taken_by_its_version(cast: Cast, fay, closed: MessageType):
    first, latest = (types.find_version(closed, each) for each in ("1.0.0", "latest"))
    made = actions.add_example(fay, closed, latest, name="With a coupon", document={**GOOD, "coupon": "x"})
    assert (made.version.version, made.name) == ("1.1.0", "With a coupon")
    with pytest.raises(Invalid) as refusal:
        actions.add_example(fay, closed, first, name="With a coupon", document={**GOOD, "coupon": "x"})
    assert refusal.value.fields["faults"][0]["pointer"] == "/coupon"
    with pytest.raises(NameTaken):
        actions.add_example(fay, closed, latest, name="With  a coupon", document=GOOD)
    with pytest.raises(Forbidden):
        actions.add_example(cast.access(cast.bob), closed, latest, name="x", document=GOOD)


def test_an_example_that_the_newest_version_refuses_is_marked(cast: Cast, fay, closed: MessageType):
    actions.add_example(fay, closed, types.find_version(closed, "1.0.0"), name="Plain", document=GOOD)
    catalog.update_type(fay, closed, catalog.TypeChanges(compatibility="none"))
    closed = types.find_type(fay.workspace, "Closed")
    catalog.publish_version(fay, closed, schema={**WITH_COUPON, "required": ["coupon"]})
    (found,) = queries.examples_of(types.find_type(fay.workspace, "Closed"))
    assert found.fits_latest is False  # type: ignore[attr-defined]
    assert "2.0.0 refuses it" in browser(cast.vera).get("/w/acme/catalog/types/Closed/?tab=example").content.decode()


def test_examples_by_api_and_page(cast: Cast, closed: MessageType):
    address = f"{URL}/types/Closed/versions/1.1.0/examples"
    body = json.dumps({"name": "Plain", "document": GOOD, "note": "No coupon"})
    made = browser(cast.fay).post(address, body, content_type="application/json")
    assert (made.status_code, made.json()["document"]) == (201, GOOD)
    assert len(browser(cast.vera).get(address).json()["examples"]) == 1
    assert browser(cast.fay).delete(f"{address}/{made.json()['id']}").status_code == 204
    form = {"name": "By page", "document": json.dumps(GOOD), "note": ""}
    browser(cast.fay).post("/w/acme/catalog/types/Closed/examples/", form)
    assert "By page" in browser(cast.vera).get("/w/acme/catalog/types/Closed/?tab=example").content.decode()
    assert browser(cast.bob).post("/w/acme/catalog/types/Closed/examples/", form).status_code == 403
    bad = browser(cast.fay).post("/w/acme/catalog/types/Closed/examples/", {**form, "document": "{"}, follow=True)
    assert "This is not JSON" in bad.content.decode()


def test_a_page_about_a_type_a_domain_and_a_service(cast: Cast, fay, closed: MessageType):
    catalog.create_domain(fay, name="Sales")
    catalog.create_service(fay, name="Checkout")
    actions.define_term(fay, term="Order", definition="What a customer asks for.")
    text = "# Why\n\nAn order is closed.\n\n| a | b |\n|---|---|\n| 1 | 2 |"
    links = [{"label": "Runbook", "url": "https://example.org/run"}]
    for kind, subject in (("types", "Closed"), ("domains", "sales"), ("services", "checkout")):
        actions.write_about(fay, kind=kind, subject=subject, text=text, links=links)
        answer = browser(cast.vera).get(f"{URL}/about/{kind}/{subject}").json()
        assert "<table>" in answer["html"]
        assert "/w/acme/catalog/glossary/#order" in answer["html"]
        assert answer["links"] == links
        page = browser(cast.vera).get(f"/w/acme/catalog/about/{kind}/{subject}/").content.decode()
        assert "Runbook" in page
    assert "Runbook" in browser(cast.vera).get("/w/acme/catalog/types/Closed/?tab=about").content.decode()
    assert "Runbook" in browser(cast.vera).get("/w/acme/catalog/services/checkout/").content.decode()
    form = {"text": "New words", "links": "Wiki page https://example.org/wiki"}
    assert browser(cast.fay).post("/w/acme/catalog/about/types/Closed/edit/", form).status_code == 302
    assert queries.about(fay.workspace, "types", "Closed").links == [  # type: ignore[union-attr]
        {"label": "Wiki page", "url": "https://example.org/wiki"}
    ]
    assert browser(cast.vera).get("/w/acme/catalog/about/types/Closed/edit/").status_code == 403
    assert browser(cast.vera).get(f"{URL}/about/types/Nothing").status_code == 404
    for bad in ("javascript:alert(1)", "ftp://example.org", "nothing"):
        with pytest.raises(Invalid):
            actions.write_about(fay, kind="types", subject="Closed", links=[{"url": bad}])
    with pytest.raises(NotFound):
        actions.write_about(fay, kind="types", subject="Nothing", text="x")


def test_the_glossary_defines_redefines_and_forgets(cast: Cast, fay):
    body = json.dumps({"term": "Order line", "definition": "A part of an order."})
    assert (
        browser(cast.fay).post(f"{URL}/glossary", body, content_type="application/json").json()["slug"] == "order-line"
    )
    actions.define_term(fay, term="Order Line", definition="One item of an order.")
    (found,) = browser(cast.vera).get(f"{URL}/glossary").json()["terms"]
    assert found["definition"] == "One item of an order."
    assert "One item" in browser(cast.vera).get("/w/acme/catalog/glossary/").content.decode()
    form = {"term": "Basket", "definition": "What is not ordered yet."}
    assert browser(cast.fay).post("/w/acme/catalog/glossary/terms/", form).status_code == 302
    assert browser(cast.fay).post("/w/acme/catalog/glossary/terms/", {"remove": "basket"}).status_code == 302
    assert browser(cast.fay).delete(f"{URL}/glossary/order-line").status_code == 204
    assert fay.workspace.glossary.count() == 0
    assert browser(cast.fay).post("/w/acme/catalog/glossary/terms/", {"term": "!", "definition": ""}).status_code == 422


TERMS = {"order": "/g#order", "order line": "/g#order-line"}


@pytest.mark.parametrize(
    ("text", "has", "has_not"),
    [
        ("# A\n\n*b* `c`", ["<h1>A</h1>", "<em>b</em>", "<code>c</code>"], []),
        ("<script>alert(1)</script>", ["&lt;script&gt;"], ["<script"]),
        ("[a](javascript:alert(1))", [], ['href="javascript', "href='javascript"]),
        ("<img src=x onerror=alert(1)> ![p](https://example.org/x.png)", [], ["<img"]),
        ("[a](https://example.org)", ['href="https://example.org"', "noopener"], []),
        ("An order and an order.", ['<a href="/g#order"'], []),
        ("Each Order Line counts", ['href="/g#order-line"'], ['href="/g#order"']),
        ("# Order\n\n`order` [order](https://example.org) reorder", [], ["/g#order"]),
        ("~~gone~~", ["<s>gone</s>"], []),
    ],
)
def test_markdown_is_shown_and_harms_nobody(text: str, has: list[str], has_not: list[str]):
    html: Any = render(text, terms=TERMS)
    for each in has:
        assert each in html, html
    for each in has_not:
        assert each not in html, html
    assert html.count('class="term"') <= 1


def test_a_types_description_is_markdown(cast: Cast, fay, closed: MessageType):
    catalog.update_type(fay, closed, catalog.TypeChanges(description="It is **closed** <b>for good</b>."))
    page = browser(cast.vera).get("/w/acme/catalog/types/Closed/").content.decode()
    assert "<strong>closed</strong>" in page
    assert "<b>for good</b>" not in page


def test_diagrams_are_drawn_in_a_sandbox_that_members_reach_and_other_pages_keep_their_policy(
    cast: Cast, fay, closed: MessageType
):
    frame = browser(cast.vera).get("/w/acme/catalog/diagrams/frame/")
    policy = frame["Content-Security-Policy"]
    assert "sandbox allow-scripts" in policy and "allow-same-origin" not in policy
    assert policy.startswith("default-src 'none'; script-src 'self' 'sha256-") and "unsafe-eval" not in policy
    assert frame["X-Frame-Options"] == "SAMEORIGIN"
    assert browser(cast.charlie).get("/w/acme/catalog/diagrams/frame/").status_code == 404

    actions.write_about(fay, kind="types", subject="Closed", text="```mermaid\nflowchart LR\n  a --> b\n```")
    page = browser(cast.vera).get("/w/acme/catalog/about/types/Closed/")
    assert "unsafe" not in page["Content-Security-Policy"]
    assert '<code class="language-mermaid">flowchart LR' in page.content.decode()
    assert 'data-diagram-frame="/w/acme/catalog/diagrams/frame/"' in page.content.decode()
