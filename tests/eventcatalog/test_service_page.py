"""A service's page: whom it needs, what its traffic says, and the forms of its map; and the domain map's crossings."""

import pytest
from django.test import Client
from django.utils import timezone

from eventcatalog import actions
from eventcatalog.map_models import Observation, Reaction, Steward, StreamUse
from tests.cast import Cast

pytestmark = pytest.mark.django_db
SHOP = "/w/acme/catalog/services/shop/"


def client_of(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def test_it_says_whom_the_service_needs_and_who_needs_it(shop_and_stock: Cast):
    client = client_of(shop_and_stock.vera)
    words = client.get(SHOP).content.decode()
    assert "Can&#x27;t work without" in words or "Can't work without" in words
    assert "/w/acme/catalog/services/stock/" in words
    other = client.get("/w/acme/catalog/services/stock/").content.decode()
    assert "Nobody: it waits for no other service." in other


def test_versions_that_its_records_still_carry_are_shown_and_older_ones_marked(shop_and_stock: Cast):
    now = timezone.now()
    for version in ("1.0.0", "0.9.0"):
        Observation.objects.create(
            workspace=shop_and_stock.workspace,
            stream_name="goods",
            type_name="StockMoved",
            source="urn:acme:wms",
            version=version,
            records=7,
            first_seen_at=now,
            last_seen_at=now,
        )
    words = client_of(shop_and_stock.vera).get("/w/acme/catalog/services/stock/").content.decode()
    assert "14 records carry its name" in words
    assert "0.9.0 older" in words
    assert "1.0.0 older" not in words


def test_reactions_streams_and_people_are_declared_and_withdrawn_on_the_page(shop_and_stock: Cast):
    client = client_of(shop_and_stock.fay)
    send = lambda **form: client.post(f"{SHOP}declarations/", form, follow=True).content.decode()  # noqa: E731
    assert "Whenever stock moves" in send(
        what="reaction", trigger="StockMoved", result="StockLevel", policy="Whenever stock moves"
    )
    assert "goods" in send(what="stream", stream="goods", role="reads")
    assert "Bob" in send(what="person", email="bob@example.org")
    assert (Reaction.objects.count(), StreamUse.objects.count(), Steward.objects.count()) == (1, 1, 1)
    assert "There is no such message type" in send(what="reaction", trigger="Gone", result="StockLevel")
    assert "Nobody with this address" in send(what="person", email="charlie@example.org")
    send(what="withdraw-reaction", row=Reaction.objects.get().pk)
    send(what="withdraw-stream", row=StreamUse.objects.get().pk)
    send(what="dismiss-person", row=Steward.objects.get().pk)
    assert (Reaction.objects.count(), StreamUse.objects.count(), Steward.objects.count()) == (0, 0, 0)


def test_only_writers_may_declare_and_nonsense_is_not_found(shop_and_stock: Cast):
    form = {"what": "stream", "stream": "goods", "role": "reads"}
    assert client_of(shop_and_stock.vera).post(f"{SHOP}declarations/", form).status_code == 403
    assert client_of(shop_and_stock.charlie).post(f"{SHOP}declarations/", form).status_code == 404
    assert client_of(shop_and_stock.fay).post(f"{SHOP}declarations/", {"what": "magic"}).status_code == 404
    assert "Declare a reaction" not in client_of(shop_and_stock.vera).get(SHOP).content.decode()


def test_the_domain_map_says_what_crosses(shop_and_stock: Cast):
    words = client_of(shop_and_stock.vera).get("/w/acme/catalog/domains/").content.decode()
    assert "waits for Goods" in words
    assert 'id="sales"' in words


def test_the_pages_cost_a_fixed_number_of_queries(shop_and_stock: Cast, django_assert_max_num_queries):
    client = client_of(shop_and_stock.vera)
    for number in range(30):
        actions.create_service(shop_and_stock.access(shop_and_stock.fay), name=f"Another {number}")
    for address, most in ((SHOP, 25), ("/w/acme/catalog/domains/", 16), ("/w/acme/catalog/services/", 12)):
        client.get(address)
        with django_assert_max_num_queries(most):
            client.get(address)
