"""A stream's pages in a browser: replay, export, import, saved views, dead letters sent again."""

from pathlib import Path
from typing import Any

import pytest

from tests.e2e.browser import launch
from tests.e2e.server import Server

playwright_api = pytest.importorskip("playwright.sync_api")
pytestmark = pytest.mark.e2e

PAST = """
import json, time
from tests.cast import make_cast, PASSWORD
from broker_adapter import actions as streams
from broker_adapter.envelopes import Events
from broker_adapter.errors import RecordsRefused
from eventcatalog.actions import register_type
cast = make_cast()
alice, bob = cast.access(cast.alice), cast.access(cast.bob)
schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
register_type(alice, kind="event", name="Counted", title="Counted", description="", context=None, schema=schema)
streams.create_stream(alice, name="past", partitions=2, settings={"validation": "quarantine"})
streams.create_stream(alice, name="copy")
began = int(time.time() * 1000) - 3_600_000
events = Events(["Counted"] * 300, [json.dumps({"n": n}).encode() for n in range(300)])
events.keys = [f"k{n}".encode() for n in range(300)]
events.timestamps_ms = [began + 10_000 * n for n in range(300)]
streams.append_records(bob, stream="past", events=events)
try:
    streams.append_records(bob, stream="past", events=Events(["Counted"] * 2, [b'{"n": "one"}', b'{}']))
except RecordsRefused:
    pass
out.update(password=PASSWORD)
"""


def test_the_past_of_a_stream_is_watched_taken_along_and_mended(tmp_path: Path) -> None:
    with Server.running() as server, playwright_api.sync_playwright() as playwright:
        made = server.prepare(PAST)
        browser = launch(playwright)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        troubles: list[str] = []
        page.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        expect = playwright_api.expect
        page.goto(f"{server.url}/sign-in")
        page.fill("input[type=email]", "alice@example.org")
        page.fill("input[type=password]", made["password"])
        page.press("input[type=password]", "Enter")
        page.wait_for_load_state("networkidle")
        _replay(page, expect, server)
        file = _export(page, tmp_path)
        assert len(file.read_text().splitlines()) == 300
        _import(page, expect, server, file)
        _save_a_view(page, expect)
        _send_again(page, expect, server)
        assert troubles == []
        assert server.complaints() == []


def _replay(page: Any, expect: Any, server: Server) -> None:
    page.goto(f"{server.url}/w/acme/streams/past/")
    expect(page.locator("#count")).to_have_text("300 loaded", timeout=20_000)
    page.click("#replay-open")
    expect(page.locator("#state")).to_contain_text("Replay")
    expect(page.locator("[data-part=progress]")).to_contain_text("of 300", timeout=20_000)
    page.click("[data-part=play]")
    expect(page.locator("[data-part=play]")).to_have_text("Play")
    before = int(page.inner_text("[data-part=progress]").split(" ")[0])
    page.click("[data-part=step]")
    expect(page.locator("[data-part=progress]")).to_have_text(f"{before + 1} of 300")
    page.select_option("[data-part=speed]", "max")
    page.click("[data-part=play]")
    expect(page.locator("[data-part=progress]")).to_have_text("All 300 shown", timeout=20_000)
    page.click("[data-part=close]")
    expect(page.locator("#count")).to_have_text("300 loaded", timeout=20_000)


def _export(page: Any, folder: Path) -> Path:
    with page.expect_download() as download:
        page.click("[data-opens=export]")
        page.click("#export-go")
    file = folder / "past.ndjson"
    download.value.save_as(file)
    return file


def _import(page: Any, expect: Any, server: Server, file: Path) -> None:
    page.goto(f"{server.url}/w/acme/streams/copy/")
    page.click("[data-opens=import]")
    page.set_input_files("#import-file", file)
    expect(page.locator("#import-report")).to_contain_text("300 of 300 records would be stored", timeout=20_000)
    page.click("#import-go")
    expect(page.locator("#import-report")).to_contain_text("300 of 300 records are stored", timeout=20_000)
    page.keyboard.press("Escape")
    expect(page.locator("#count")).to_have_text("300 loaded", timeout=20_000)


def _save_a_view(page: Any, expect: Any) -> None:
    page.fill("#filter", "k299")
    expect(page.locator("#count")).to_have_text("1 of 300")
    page.click("#views")
    page.fill(".views__save input", "The last")
    page.press(".views__save input", "Enter")
    expect(page.locator("#views-menu")).to_contain_text("The last")
    page.goto(page.url.split("?")[0])
    expect(page.locator("#count")).to_have_text("300 loaded", timeout=20_000)
    page.click("#views")
    page.click("#views-menu >> text=The last")
    expect(page.locator("#count")).to_have_text("1 of 300", timeout=20_000)


def _send_again(page: Any, expect: Any, server: Server) -> None:
    """Refused again for the one that can't be mended by a schema; the other is mended by hand."""
    page.goto(f"{server.url}/w/acme/streams/past/dead-letters")
    expect(page.locator("#letters tr")).to_have_count(2, timeout=20_000)
    page.click("#redrive")
    expect(page.locator("#letters tr")).to_have_count(2)
    page.click(".letters__open >> nth=0")
    page.click("#letter-edit")
    page.fill("#append-data", '{"n": 1}')
    page.click("#append-form button:has-text('Append')")
    expect(page.locator("[data-fact=records]")).to_have_text("301", timeout=20_000)
    page.goto(f"{server.url}/w/acme/streams/past/dead-letters")
    expect(page.locator("#letters tr")).to_have_count(1, timeout=20_000)
