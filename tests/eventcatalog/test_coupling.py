"""The coupling report and the seven questions: pages, JSON, CSV."""

import csv
import io

import pytest
from django.test import Client

from eventcatalog import actions, queries
from tests.cast import Cast

pytestmark = pytest.mark.django_db
PAGES = ("/w/acme/catalog/coupling/", "/w/acme/catalog/coupling/questions/")
API = "/api/v1/w/acme/catalog/coupling"


def client_of(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.mark.parametrize("address", [*PAGES, API, f"{API}/questions", f"{API}/findings.csv"])
def test_members_see_it_and_strangers_find_nothing(shop_and_stock: Cast, address: str):
    assert client_of(shop_and_stock.vera).get(address).status_code == 200
    assert client_of(shop_and_stock.charlie).get(address).status_code == 404


@pytest.mark.parametrize("address", PAGES)
def test_an_empty_catalog_is_told_what_to_do(cast: Cast, address: str):
    assert "Go to services" in client_of(cast.vera).get(address).content.decode()


def test_the_report_says_what_lies_between_and_what_to_mend(shop_and_stock: Cast):
    words = client_of(shop_and_stock.vera).get(PAGES[0]).content.decode()
    assert "Sales waits for Goods" in words
    assert "StockLevel could be answered from a copy" in words
    assert 'data-from="sales" data-to="goods"' in words


def test_findings_are_narrowed_by_severity_and_rule(shop_and_stock: Cast):
    client = client_of(shop_and_stock.vera)
    low = client.get(PAGES[0], {"severity": "low"}).content.decode()
    assert "Nobody consumes StockMoved" in low
    assert "Sales waits for Goods" not in low
    one = client.get(PAGES[0], {"rule": "replaceable_query"}).content.decode()
    assert "Nobody consumes StockMoved" not in one
    assert "Nothing of this kind" in client.get(PAGES[0], {"rule": "circle"}).content.decode()


def test_boundaries_are_domains_or_contexts(shop_and_stock: Cast):
    client = client_of(shop_and_stock.vera)
    by_domain = client.get(API).json()
    assert by_domain["matrix"] == [
        {"from": "sales", "to": "goods", "events": 0, "commands": 0, "queries": 1, "waited_for": 1}
    ]
    assert [each["slug"] for each in by_domain["boundaries"]] == ["goods", "sales"]
    by_context = client.get(API, {"level": "context"}).json()
    assert by_context["matrix"][0]["from"] == "sales-core"
    refused = client.get(API, {"level": "planet"})
    assert (refused.status_code, refused.json()["error"]["place"]) == (422, "level")


def test_the_seven_questions_are_answered_from_data(shop_and_stock: Cast):
    client = client_of(shop_and_stock.vera)
    found = client.get(f"{API}/questions").json()
    assert list(found) == [
        "who_breaks",
        "what_must_be_called",
        "who_owns",
        "which_changes_are_risky",
        "where_are_circles",
        "what_is_unused",
        "what_crosses_boundaries",
    ]
    assert found["who_breaks"] == [{"service": "stock", "stops": ["shop"], "direct": ["shop"], "hears_nothing_new": []}]
    assert found["who_owns"]["unowned_services"] == ["shop", "stock"]
    assert found["what_is_unused"]["one_sided"] == [{"message": "StockMoved", "missing": "receiver"}]
    words = client.get(PAGES[1]).content.decode()
    assert words.count('class="question__number"') == 7


def test_every_table_comes_as_csv(shop_and_stock: Cast):
    client = client_of(shop_and_stock.vera)
    for table in ("findings", "matrix", "crossings", "services", "boundaries"):
        answer = client.get(f"{API}/{table}.csv")
        rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
        assert rows, table
        assert answer["Content-Type"].startswith("text/csv")
    assert client.get(f"{API}/secrets.csv").status_code == 422


def test_a_name_that_looks_like_a_formula_stays_a_name(shop_and_stock: Cast):
    access = shop_and_stock.access(shop_and_stock.fay)
    evil = actions.create_service(access, name='=HYPERLINK("http://evil.example")')
    level = queries.find_type(shop_and_stock.workspace, "StockLevel")
    actions.declare_participation(access, level, service=evil, role="asks")
    text = client_of(shop_and_stock.vera).get(f"{API}/services.csv").content.decode()
    assert "'=HYPERLINK" in text
    assert (
        "<script"
        not in client_of(shop_and_stock.vera)
        .get(PAGES[0])
        .content.decode()
        .split("</head>")[1]
        .split("<script type")[0]
    )


def test_a_warm_report_costs_a_fixed_number_of_queries(shop_and_stock: Cast, django_assert_max_num_queries):
    client = client_of(shop_and_stock.vera)
    for address in (PAGES[0], PAGES[1]):
        client.get(address)
        with django_assert_max_num_queries(7):  # one of them counts what waits for review, for every page's bar
            client.get(address)
