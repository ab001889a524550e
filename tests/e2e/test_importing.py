"""Somebody brings a real AsyncAPI document, sees what it would do, does it, and walks through what came."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.browser import until
from tests.e2e.server import Server
from tests.interchange.peers import DOCUMENTS

pytestmark = pytest.mark.e2e
SLACK = DOCUMENTS / "asyncapi-3" / "slack-rtm-asyncapi.yml"


def test_a_real_asyncapi_document_becomes_a_catalog(
    server: Server, made: dict[str, str], sign_in: Callable[..., Any]
) -> None:
    page = sign_in("fay")
    page.goto(f"{server.url}/w/{made['slug']}/catalog/")
    page.click("text=Import what you have")
    page.set_input_files("[data-file]", str(SLACK))
    until(page, "document.querySelector('[data-drop-title]').textContent", lambda title: title == SLACK.name)
    page.click("[data-look]")
    page.wait_for_url("**/catalog/imports/*/")
    assert "48" in page.text_content("#group-message ~ span")
    assert page.locator(".step--new").count() >= 48
    page.click("text=Import this")
    page.wait_for_selector("text=See the catalog", timeout=60_000)  # it runs in the background and the page follows
    page.click("text=See the catalog")
    page.fill("[name=q]", "botAdded")
    page.click("a:has-text('botAdded')")
    page.wait_for_url("**/catalog/types/botAdded/")
    assert "slack-real-time-messaging-api" not in page.title()
    page.click("text=Export")
    with page.expect_download() as started:
        page.click("text=YAML, the newest versions")
    document = started.value.path().read_text()
    assert "asyncapi: 3.0.0" in document and "botAdded" in document
    page.goto(f"{server.url}/w/{made['slug']}/catalog/imports/")
    assert "Applied" in page.text_content(".rows")
    assert not server.complaints()
