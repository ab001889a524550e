"""A server, a browser, and people who sign in."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.e2e.browser import launch
from tests.e2e.server import Server

playwright_api = pytest.importorskip("playwright.sync_api")

PEOPLE = """
from tests.cast import make_cast, PASSWORD
from workspaces import actions
from storming import actions as boards
from broker_adapter import actions as streams
cast = make_cast()
access = cast.access(cast.alice)
board = boards.create_board(access, name="Orders", format="process")
streams.create_stream(access, name="orders", partitions=2)
_, key = actions.create_api_key(access, name="shop", scopes=["append", "read"])
out.update(board=str(board.pk), slug=cast.workspace.slug, key=key, password=PASSWORD)
"""


@pytest.fixture
def server() -> Iterator[Server]:
    """A server of this test's own."""
    with Server.running() as running:
        yield running


@pytest.fixture
def made(server: Server) -> dict[str, str]:
    """The cast, a board "Orders", a stream "orders" and a key for the service "shop"."""
    return server.prepare(PEOPLE)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """One browser for all tests."""
    with playwright_api.sync_playwright() as playwright:
        try:
            browser = launch(playwright)
        except playwright_api.Error as error:
            pytest.skip(f"no browser can be started here: {error}")
        yield browser
        browser.close()


@pytest.fixture
def sign_in(chromium: Any, server: Server, made: dict[str, str]) -> Iterator[Callable[[str], Any]]:
    """``sign_in("alice")``: a page of her own. Afterwards no console may hold an error."""
    complaints: list[str] = []
    contexts = []

    def signed_in(name: str, **options: Any) -> Any:
        context = chromium.new_context(viewport={"width": 1440, "height": 900}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(f"{name}: {error}"))
        page.on(
            "console",
            lambda message: complaints.append(f"{name}: {message.text}") if message.type == "error" else None,
        )
        page.goto(f"{server.url}/sign-in/")
        page.fill("[name=email], [name=username]", f"{name}@example.org")
        page.fill("[name=password]", made["password"])
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: "/sign-in/" not in url)
        return page

    yield signed_in
    for context in contexts:
        context.close()
    offline = ("WebSocket", "ERR_CONNECTION", "ERR_INTERNET_DISCONNECTED")  # what tests do on purpose
    serious = [each for each in complaints if not any(word in each for word in offline)]
    assert not serious, serious
