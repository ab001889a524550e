"""The graph page and the flow page: who sees them, and what they say without a script."""

import pytest
from django.test import Client

from eventcatalog import actions, queries
from tests.cast import Cast

pytestmark = pytest.mark.django_db


def client_of(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.mark.parametrize("address", ["/w/acme/catalog/graph/", "/w/acme/catalog/types/StockLevel/flow/"])
def test_members_see_it_and_strangers_find_nothing(shop_and_stock: Cast, address: str):
    assert client_of(shop_and_stock.vera).get(address).status_code == 200
    assert client_of(shop_and_stock.charlie).get(address).status_code == 404


def test_a_flow_shows_who_begins_what_is_certain_and_what_is_a_guess(shop_and_stock: Cast):
    client = client_of(shop_and_stock.vera)
    address = "/w/acme/catalog/types/StockLevel/flow/"
    words = client.get(address).content.decode()
    assert "of its own accord" in words
    assert "perhaps" in words
    world = shop_and_stock
    level, moved = (queries.find_type(world.workspace, name) for name in ("StockLevel", "StockMoved"))
    stock = queries.find_service(world.workspace, "stock")
    actions.declare_reaction(world.access(world.fay), stock, trigger=level, result=moved, policy="Whenever <asked>")
    words = client.get(address).content.decode()
    assert "perhaps" not in words
    assert "Whenever &lt;asked&gt;" in words


def test_a_flow_that_turns_back_is_drawn_and_ends(shop_and_stock: Cast):
    world = shop_and_stock
    access = world.access(world.fay)
    level, moved = (queries.find_type(world.workspace, name) for name in ("StockLevel", "StockMoved"))
    actions.declare_reaction(access, queries.find_service(world.workspace, "stock"), trigger=level, result=moved)
    actions.declare_reaction(access, queries.find_service(world.workspace, "shop"), trigger=moved, result=level)
    words = client_of(world.vera).get("/w/acme/catalog/types/StockMoved/flow/").content.decode()
    assert "flow__arrow--back" in words


def test_a_type_nobody_speaks_of_has_a_flow_that_says_so(shop_and_stock: Cast):
    actions.register_type(shop_and_stock.access(shop_and_stock.fay), kind="event", name="Lonely", schema={})
    words = client_of(shop_and_stock.vera).get("/w/acme/catalog/types/Lonely/flow/").content.decode()
    assert "nothing follows" in words
