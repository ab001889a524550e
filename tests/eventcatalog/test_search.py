"""Searching the catalog: what is found, in what order, how it is shown, and that the index follows every change."""

import itertools

import pytest
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from eventcatalog import actions, queries
from eventcatalog.actions.components import add_component, publish_component
from eventcatalog.actions.proposals import propose_type
from eventcatalog.actions.words import define_term, remove_term
from eventcatalog.map_models import SearchDocument, SearchPosting, SearchState
from eventcatalog.queries import TypeFilter
from eventcatalog.search import find, index
from eventcatalog.search.words import asked_words, folded, spans_of, words_of
from tests.cast import Cast
from workspaces.search import search as global_search

pytestmark = pytest.mark.django_db
API = "/api/v1/w/acme/catalog/search"


@pytest.fixture
def world(cast: Cast) -> Cast:
    """A few types, a service and a domain with words in common."""
    access = cast.access(cast.fay)
    money = {"type": "object", "properties": {"totalCents": {"type": "integer"}, "iban": {"type": "string"}}}
    actions.register_type(
        access, kind="event", name="InvoicePaid", title="Invoice paid", schema=money, tags=["finance"]
    )
    actions.register_type(
        access,
        kind="command",
        name="invoice.send",
        description="Ask for the letter to be written and posted.",
        schema={"type": "object", "properties": {"city": {"type": "string"}}},
        example={"city": "Malmö"},
    )
    actions.register_type(access, kind="event", name="ParcelLost", description="Nobody knows where.", schema={})
    actions.create_domain(access, name="Finance", summary="Invoices and payments.")
    actions.create_service(access, name="Billing", summary="Writes every invoice.")
    return cast


def names(world: Cast, text: str, **options) -> list[str]:
    return [each.name for each in find.search(world.workspace, text, **options).hits]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("InvoicePaid", ["InvoicePaid"]),
        ("invoicepaid", ["InvoicePaid"]),
        ("invoice_paid", ["InvoicePaid"]),
        ("paid invoice", ["InvoicePaid"]),
        ("totalcents", ["InvoicePaid"]),
        ("cents", ["InvoicePaid"]),
        ("iba", ["InvoicePaid"]),
        ("malmo", ["invoice.send"]),
        ("letter posted", ["invoice.send"]),
        ("letter lost", []),
        ("knows", ["ParcelLost"]),
        ("  ", []),
        ("...", []),
    ],
)
def test_a_thing_is_found_by_its_name_its_fields_its_description_and_its_example(world: Cast, text: str, found: list):
    assert names(world, text) == found


def test_names_outrank_fields_and_descriptions_and_every_kind_is_found(world: Cast):
    found = names(world, "invoice")
    assert set(found[:2]) == {"InvoicePaid", "invoice.send"}
    assert found[2:] == ["Billing"] or set(found[2:]) == {"Billing", "Finance"}
    assert names(world, "finance", kinds=["domain"]) == ["Finance"]
    assert names(world, "finance")[0] == "Finance"


def test_a_slip_of_the_keyboard_still_finds_and_says_what_it_took_it_for(world: Cast):
    answer = find.search(world.workspace, "invocie")
    assert {each.name for each in answer.hits} >= {"InvoicePaid", "invoice.send"}
    assert "invoice" in answer.instead["invocie"]
    assert find.search(world.workspace, "qqqqqqq").hits == []


def test_matches_are_marked_in_names_and_excerpts(world: Cast):
    [hit] = find.search(world.workspace, "cents").hits
    assert [piece.text for piece in hit.excerpt if piece.match] == ["Cents"]
    [hit] = find.search(world.workspace, "paid").hits
    assert [(piece.text, piece.match) for piece in hit.name_pieces] == [("Invoice", False), ("Paid", True)]


def test_the_index_follows_every_change_in_its_own_transaction(world: Cast):
    access = world.access(world.fay)
    paid = queries.find_type(world.workspace, "InvoicePaid")
    actions.update_type(access, paid, actions.TypeChanges(description="Settled at last"))
    assert names(world, "settled") == ["InvoicePaid"]
    wider = {"type": "object", "properties": {"totalCents": {"type": "integer"}, "dunning": {"type": "integer"}}}
    actions.publish_version(access, actions_type(world), schema=wider, policy="lenient", notes="x", version=None)
    assert names(world, "dunning") == ["ParcelLost"]
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        actions.update_type(access, paid, actions.TypeChanges(description="Never happened"))
        raise ZeroDivisionError
    assert names(world, "happened") == []
    service = world.workspace.services.get(slug="billing")
    actions.rename_place(access, service, name="Ledger", summary="Keeps books.")
    assert names(world, "billing") == []
    assert names(world, "books") == ["Ledger"]
    actions.delete_place(access, service)
    assert names(world, "books") == []


def actions_type(world: Cast):
    lost = queries.find_type(world.workspace, "ParcelLost")
    return actions.update_type(world.access(world.fay), lost, actions.TypeChanges(compatibility="none"))


def test_an_index_made_anew_is_the_index_that_changes_made(world: Cast):
    def contents():
        rows = SearchPosting.objects.filter(workspace=world.workspace)
        return sorted(rows.values_list("document__kind", "document__name", "document__text", "word", "weight"))

    before = contents()
    assert before
    call_command("rebuild_search", workspace="acme", verbosity=0)
    assert contents() == before


def test_a_workspace_without_an_index_gets_one_by_the_first_search(world: Cast):
    SearchDocument.objects.all().delete()
    SearchState.objects.all().delete()
    assert names(world, "paid") == ["InvoicePaid"]


def test_nothing_of_another_workspace_is_found(world: Cast):
    assert find.search(world.elsewhere, "invoice").hits == []
    client = Client()
    client.force_login(world.charlie)
    assert client.get(API, {"q": "invoice"}).status_code == 404


def test_the_api_answers_with_highlights(world: Cast):
    client = Client()
    client.force_login(world.vera)
    answer = client.get(API, {"q": "paid"}).json()
    assert answer["total"] == 1
    assert answer["hits"][0]["url"].endswith("/w/acme/catalog/types/InvoicePaid/")
    assert {"text": "Paid", "match": True} in answer["hits"][0]["highlight"]
    assert client.get(API, {"q": "x", "kinds": "planet"}).status_code == 422
    assert client.get(API).json()["hits"] == []


def test_the_list_marks_what_was_asked_for_and_says_what_it_took_a_slip_for(world: Cast):
    client = Client()
    client.force_login(world.vera)
    words = client.get("/w/acme/catalog/", {"q": "paid"}).content.decode()
    assert "Invoice<mark>Paid</mark>" in words
    words = client.get("/w/acme/catalog/", {"q": "invocie"}).content.decode()
    assert "Nothing says “invocie”" in words
    narrowed = queries.page_of_types(world.workspace, TypeFilter(q="invoice", kind="command"))
    assert [each.name for each in narrowed.types] == ["invoice.send"]


def test_the_palette_finds_things_and_pages_and_offers_no_writing_to_those_who_may_not(world: Cast):
    def titles(person, text: str) -> dict[str, list[str]]:
        found = global_search(world.access(person), text)
        return {each["group"]: [item["title"] for item in each["items"]] for each in found}

    assert "InvoicePaid" in titles(world.vera, "invoice")["Catalog"]
    assert titles(world.vera, "coupling")["Go to"] == ["Coupling report"]
    assert titles(world.vera, "new").get("Go to") is None
    assert "New message type" in titles(world.fay, "new")["Go to"]


@pytest.fixture
def words(world: Cast) -> Cast:
    """A component, a term and a proposal beside the world's types."""
    access = world.access(world.fay)
    schema = {"type": "object", "properties": {"minorUnits": {"type": "integer"}}}
    add_component(access, name="Money", title="An amount", description="Never a float.", schema=schema)
    define_term(access, term="Dunning", definition="Asking again for what was not paid.")
    words = {"kind": "event"}
    propose_type(access, name="ReminderSent", words=words, schema={"type": "object"}, why="Lawyers ask.")
    return world


def test_components_proposals_and_terms_are_found_and_lead_to_their_pages(words: Cast):
    assert names(words, "minorunits") == ["Money"]
    assert names(words, "float") == ["Money"]
    assert names(words, "asking again") == ["Dunning"]
    assert names(words, "lawyers") == ["#1 New event ReminderSent"]
    assert names(words, "reminder", kinds=["proposal"]) == ["#1 New event ReminderSent"]

    found = {each["group"]: each["items"] for each in global_search(words.access(words.vera), "money")}
    assert [(each["title"], each["url"]) for each in found["Catalog"]] == [
        ("Money", "/w/acme/catalog/components/Money/")
    ]
    [group] = global_search(words.access(words.vera), "dunning")
    assert group["group"] == "Glossary"
    assert group["items"][0]["url"] == "/w/acme/catalog/glossary/#dunning"
    assert group["items"][0]["subtitle"] == "Asking again for what was not paid."
    [group] = global_search(words.access(words.vera), "lawyers")
    assert (group["group"], group["items"][0]["subtitle"]) == ("Proposals", "Waiting for review")
    assert group["items"][0]["url"] == "/w/acme/catalog/proposals/1/"

    client = Client()
    client.force_login(words.vera)
    for text, address in (
        ("float", "components/Money/"),
        ("dunning", "glossary/#dunning"),
        ("lawyers", "proposals/1/"),
    ):
        [hit] = client.get(API, {"q": text, "kinds": "component,term,proposal"}).json()["hits"]
        assert hit["url"].endswith(f"/w/acme/catalog/{address}")


def test_what_becomes_of_words_is_followed_and_an_index_made_anew_is_the_same(words: Cast):
    access = words.access(words.fay)

    def contents():
        rows = SearchPosting.objects.filter(workspace=words.workspace)
        return sorted(rows.values_list("document__kind", "document__name", "document__text", "word", "weight"))

    before = contents()
    call_command("rebuild_search", workspace="acme", verbosity=0)
    assert contents() == before
    money = words.workspace.components.get(name="Money")
    publish_component(access, money, schema={"type": "object", "properties": {"currencyCode": {"type": "string"}}})
    assert (names(words, "currencycode"), names(words, "minorunits")) == (["Money"], [])
    remove_term(access, words.workspace.glossary.get(slug="dunning"))
    assert names(words, "dunning", kinds=["term"]) == []


def test_searching_costs_the_same_number_of_queries_however_much_is_found(world: Cast, django_assert_num_queries):
    access = world.access(world.fay)
    find.search(world.workspace, "warm")
    with django_assert_num_queries(5):
        find.search(world.workspace, "invoice paid")
    for number in range(30):
        actions.register_type(access, kind="event", name=f"InvoicePaid{number}", schema={})
    with django_assert_num_queries(5):
        find.search(world.workspace, "invoice paid")


@given(st.text(max_size=60))
def test_every_word_of_a_text_is_bounded_folded_and_finds_its_place(text: str):
    for word in words_of(text):
        assert 0 < len(word) <= 40
        assert word == folded(word) or len(folded(word)) != len(word)
    spans = spans_of(text, asked_words(text, 8))
    assert all(0 <= start <= end <= len(text) for start, end in spans)
    assert all(a[1] <= b[0] for a, b in itertools.pairwise(spans))


def test_letters_without_accents_are_folded_as_all_others_are():
    assert folded("OrderPLACED_9") == "orderplaced_9"
    assert folded("Straße ÉTÉ") == "strasse ete"


def test_headings_that_are_remembered_hide_nothing_new_and_show_nothing_gone(world: Cast, monkeypatch):
    monkeypatch.setattr(find, "HEADINGS_ASKED_MAX", 0)
    access = world.access(world.fay)
    first = actions.register_type(access, kind="event", name="KiteFlown", schema={})
    assert [hit.name for hit in find.search(world.workspace, "kite").hits] == ["KiteFlown"]
    actions.register_type(access, kind="event", name="KiteLost", schema={})
    assert {hit.name for hit in find.search(world.workspace, "kite").hits} == {"KiteFlown", "KiteLost"}
    index.refresh(first, gone=True)  # without a new revision
    assert [hit.name for hit in find.search(world.workspace, "kite").hits] == ["KiteLost"]
    index.rebuild(world.workspace)  # all documents have new ids, and the revision stays
    assert {hit.name for hit in find.search(world.workspace, "kite").hits} == {"KiteFlown", "KiteLost"}
