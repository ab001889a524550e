"""``script/run`` as a newcomer meets it: a living board, four hints, and a simulator that can be stopped."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.browser import until
from tests.servers import free_port

pytestmark = pytest.mark.e2e
ROOT = Path(__file__).resolve().parent.parent.parent
START_SECONDS = 180
HINTS = ["A living board", "A note that lives", "What the note became", "Every fact, in order"]
READY = "document.body.dataset.boardState"
NOTES = "[...window.factstormBoard.document.elements.values()].filter(e => !e.deleted && e.kind !== 'connector')"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where ``script/run`` serves its first start, on a data folder of its own."""
    folder = tmp_path_factory.mktemp("demo")
    port = free_port()
    told = (folder / "out").open("wb")
    process = subprocess.Popen(
        ["script/run"], cwd=ROOT, stdout=told, stderr=told, start_new_session=True,
        env={**os.environ, "FACTSTORM_DATA": str(folder / "data"), "PORT": str(port), "SECRET_KEY": "only-for-tests"},
    )  # fmt: skip
    try:
        ends = time.monotonic() + START_SECONDS
        while "Stop with Ctrl-C" not in (said := (folder / "out").read_text()):
            assert process.poll() is None and time.monotonic() < ends, said
            time.sleep(0.2)
        assert "sign in as demo@factstorm.local with the password storm-the-facts" in said
        yield f"http://localhost:{port}"
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(30)
        told.close()


@pytest.fixture
def newcomer(chromium: Any, address: str) -> Iterator[Any]:
    """Signed in as the demo's Dana, in a browser that has never been here; afterwards its console holds no error."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    page.goto(f"{address}/sign-in/")
    page.fill("[name=email]", "demo@factstorm.local")
    page.fill("[name=password]", "storm-the-facts")
    page.keyboard.press("Enter")
    page.wait_for_url("**/w/**")
    yield page
    context.close()
    assert not complaints, complaints


def test_a_newcomer_sees_a_living_board_and_is_shown_round_in_four_hints(newcomer: Any, address: str) -> None:
    newcomer.get_by_role("link", name="Order to doorstep").first.click()
    until(newcomer, READY, lambda state: state == "ready")
    assert newcomer.evaluate(f"{NOTES}.length") >= 60
    kinds = set(newcomer.evaluate(f"{NOTES}.map(e => e.kind)"))
    assert kinds >= {"domain_event", "hotspot", "actor", "system", "command", "policy", "read_model", "swimlane"}
    totals = "[...document.querySelectorAll('[data-testid=details]')].map(e => e.innerText).join()"
    for number, title in enumerate(HINTS, 1):
        hint = newcomer.locator(".hint")
        hint.get_by_text(title).wait_for(timeout=20_000)
        assert hint.locator(".hint__count").inner_text() == f"{number} of {len(HINTS)}"
        hint.get_by_role("button", name="Got it" if number == len(HINTS) else "Next").click()
    assert "/streams/" in newcomer.url
    newcomer.goto(f"{address}/w/demo/")
    newcomer.get_by_role("link", name="Order to doorstep").first.click()
    until(newcomer, READY, lambda state: state == "ready")
    pulsing = "[...window.factstormBoard.document.elements].find(([, e]) => e.text === 'Order Placed' && e.type_id)[0]"
    box = newcomer.evaluate(f"window.factstormBoard.toScreen({pulsing})")
    newcomer.mouse.click(box["x"] + box["w"] / 2, box["y"] + box["h"] / 2)
    newcomer.locator("[data-testid=details]").wait_for()
    first = newcomer.evaluate(totals)
    until(newcomer, totals, lambda now: now != first, seconds=30)  # it counts on, before one's eyes
    assert newcomer.locator(".hint").count() == 0


def test_the_simulator_is_stopped_and_started_from_the_page(newcomer: Any, address: str) -> None:
    newcomer.goto(f"{address}/w/demo/")
    newcomer.get_by_role("button", name="Stop the simulator").click()
    newcomer.get_by_text("Simulator stopped").wait_for()
    time.sleep(3)  # what was on its way has arrived
    stopped_at = records(newcomer, address)
    time.sleep(3)
    assert records(newcomer, address) == stopped_at
    newcomer.get_by_role("button", name="Start the simulator").click()
    ends = time.monotonic() + 30
    while records(newcomer, address) == stopped_at:
        assert time.monotonic() < ends, "nothing more was appended"
        time.sleep(0.5)


def records(page: Any, address: str) -> int:
    """How many records the demo's streams hold."""
    cookies = {each["name"]: each["value"] for each in page.context.cookies()}
    answer = httpx.get(f"{address}/api/v1/w/demo/streams", cookies=cookies, trust_env=False, timeout=20)
    return sum(stream["records"] for stream in answer.json()["streams"])
