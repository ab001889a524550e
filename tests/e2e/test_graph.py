"""The graph in a real browser: laid out in a worker, chosen by keyboard, narrowed, shared by its address, exported."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.browser import until
from tests.e2e.server import Server

pytestmark = pytest.mark.e2e

WORLD = """
from eventcatalog import actions as catalog
from tests.cast import *
from workspaces.models import Workspace, Membership
from workspaces.access import access_of_member
membership = Membership.objects.select_related("workspace", "person").get(person__name="Alice")
access = access_of_member(membership, membership.person)
for name in ("Sales", "Goods"):
    catalog.create_domain(access, name=name)
    catalog.create_context(access, domain=name.lower(), name=name + " core")
services = {
    name: catalog.create_service(access, name=name, context=context)
    for name, context in (("Shop", "sales-core"), ("Stock", "goods-core"), ("Mail", "sales-core"))
}
for kind, name, sender, taker in (
    ("query", "StockLevel", "Shop", "Stock"),
    ("event", "StockMoved", "Stock", "Mail"),
    ("event", "MailSent", "Mail", ""),
):
    made = catalog.register_type(access, kind=kind, name=name, schema={"type": "object"}, stream_name="orders")
    says, hears = {"event": ("produces", "consumes"), "query": ("asks", "handles")}[kind]
    catalog.declare_participation(access, made, service=services[sender], role=says)
    if taker:
        catalog.declare_participation(access, made, service=services[taker], role=hears)
"""
NODES = "(window.factstormGraph?.state().layout?.nodes ?? []).map(n => n.id).sort().join(' ')"
CHOSEN = "window.factstormGraph.state().chosen"


def open_graph(page: Any, server: Server, query: str = "") -> None:
    page.goto(f"{server.url}/w/acme/catalog/graph/{query}")
    until(page, NODES, seconds=60)


def test_a_graph_is_looked_at_by_keyboard_narrowed_shared_and_exported(
    server: Server, made: dict[str, str], sign_in: Callable[..., Any]
):
    server.prepare(WORLD)
    page = sign_in("vera")
    open_graph(page, server)
    everything = "m:MailSent m:StockLevel m:StockMoved s:mail s:shop s:stock"
    assert page.evaluate(NODES) == everything

    page.locator("canvas").focus()
    page.keyboard.press("Home")
    first = page.evaluate(CHOSEN)
    assert first is not None
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    assert page.locator("[data-card] h2").is_visible()

    page.locator("[data-list-toggle]").click()
    page.locator("[data-id='m:StockMoved']").click()
    assert page.evaluate(CHOSEN) == "m:StockMoved"
    assert page.locator("[data-card] h2").inner_text() == "StockMoved"
    page.locator("[data-card] button", has_text="Focus").click()
    until(page, NODES, lambda found: found == "m:MailSent m:StockLevel m:StockMoved s:mail s:stock", seconds=60)

    address = page.url
    assert "focus=m:StockMoved" in address
    other = sign_in("bob")
    other.goto(address)
    until(other, NODES, lambda found: found == "m:MailSent m:StockLevel m:StockMoved s:mail s:stock", seconds=60)

    page.locator("[data-unfocus]").click()
    until(page, NODES, lambda found: found == everything, seconds=60)
    page.go_back()
    until(page, NODES, lambda found: found != everything, seconds=60)

    open_graph(page, server, "?focus=s:shop&to=s:mail")
    assert (
        page.evaluate("window.factstormGraph.state().answer.path.join(' ')")
        == "s:shop m:StockLevel s:stock m:StockMoved s:mail"
    )
    with page.expect_download() as download:
        page.locator("[data-export]").click()
    text = download.value.path().read_text()
    assert text.startswith("<svg")
    assert "StockLevel" in text
    assert "<script" not in text


def test_a_graph_of_something_that_is_gone_says_so(server: Server, made: dict[str, str], sign_in: Callable[..., Any]):
    server.prepare(WORLD)
    page = sign_in("vera")
    page.goto(f"{server.url}/w/acme/catalog/graph/?focus=s:gone")
    until(
        page, "document.querySelector('[data-status]').textContent", lambda words: "no gone here" in words, seconds=60
    )
