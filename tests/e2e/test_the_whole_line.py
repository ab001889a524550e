"""Sticky -> schema -> record -> live: two people in real browsers and a service over HTTP, against a real server."""

import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.e2e.browser import until
from tests.e2e.server import Server

pytestmark = pytest.mark.e2e

NOTES = "[...window.factstormBoard.document.elements.values()].filter(e => !e.deleted).map(e => e.text || '').sort()"
READY = "document.body.dataset.boardState"
UNSENT = "window.factstormBoard.unsent()"
LIT = """(() => {
  const box = window.factstormBoard.toScreen(FIND), canvas = document.getElementById("wall-lively");
  const scale = canvas.width / canvas.clientWidth, { left, top } = canvas.getBoundingClientRect();
  const around = [box.x - left - 14, box.y - top - 14, box.w + 28, box.h + 28].map((each) => Math.round(each * scale));
  const { data } = canvas.getContext("2d").getImageData(...around);
  return data.reduce((lit, alpha, at) => lit + (at % 4 === 3 && alpha > 0), 0);
})()"""  # painted pixels of the lively layer over and around a note


def open_board(page: Any, server: Server, made: dict[str, str]) -> None:
    page.goto(f"{server.url}/w/{made['slug']}/boards/{made['board']}/")
    until(page, READY, lambda state: state == "ready")


def storm(page: Any, texts: list[str], *, letter: str = "e") -> None:
    """Place a note by keyboard, then type and press Enter for each one along the timeline."""
    page.keyboard.press("n")
    page.keyboard.press(letter)
    for number, text in enumerate(texts):
        page.locator("[data-testid=editor]").wait_for()
        page.keyboard.type(text)
        page.keyboard.press("Enter" if number < len(texts) - 1 else "Escape")
    page.wait_for_timeout(50)


def click_note(page: Any, find: str) -> None:
    box = page.evaluate(f"window.factstormBoard.toScreen({find})")
    page.mouse.click(box["x"] + box["w"] / 2, box["y"] + box["h"] / 2)


def append(server: Server, made: dict[str, str], event: dict[str, Any], **headers: str) -> httpx.Response:
    return httpx.post(
        f"{server.url}/api/v1/w/{made['slug']}/streams/orders/records",
        json=event,
        headers={"Authorization": f"Bearer {made['key']}", **headers},
        timeout=10,
        trust_env=False,
    )


def test_two_people_and_a_service_bring_a_sticky_note_to_life(
    server: Server, made: dict[str, str], sign_in: Callable[..., Any]
):
    alice, bob = sign_in("alice"), sign_in("bob")
    open_board(alice, server, made)
    open_board(bob, server, made)

    # storm together
    storm(alice, ["Order Placed", "Order Paid"])
    until(bob, NOTES, lambda texts: texts == ["Order Paid", "Order Placed"])
    bob.mouse.click(900, 700)
    storm(bob, ["Check the stock"], letter="c")
    until(alice, NOTES, lambda texts: "Check the stock" in texts)
    until(alice, UNSENT, lambda count: count == 0)

    # promote
    find = "[...window.factstormBoard.document.elements].find(([id, e]) => e.text === 'Order Placed')[0]"
    click_note(alice, find)
    alice.locator("[data-testid=toolbar-promote]").click()
    alice.locator("[data-testid=source-example]").check(force=True)
    alice.locator("[data-testid=promotion-example]").fill(
        '{"orderId": "3f0c2c1e-1111-4222-8333-123456789abc", "placedAt": "2026-03-01T10:00:00Z", "total": 12.5}'
    )
    alice.locator("[data-testid=infer]").click()
    inferred = alice.locator("[data-testid=promotion-inferred]")
    inferred.wait_for()
    assert '"format": "uuid"' in inferred.input_value()
    alice.locator("[data-testid=promotion-submit]").click()
    linked = f"(window.factstormBoard.document.elements.get({find}) || {{}}).type_id || ''"
    until(alice, linked)
    until(bob, linked)

    # watch the stream, then append
    watcher = sign_in("vera")
    watcher.goto(f"{server.url}/w/{made['slug']}/streams/orders/")
    event = {
        "type": "order.placed",
        "key": "o-1",
        "data": {
            "orderId": "3f0c2c1e-1111-4222-8333-123456789abc",
            "placedAt": "2026-03-01T10:00:00Z",
            "total": 99.25,
        },
    }
    watcher.wait_for_timeout(500)
    bob.keyboard.press("Escape")
    bob.mouse.move(5, 300)
    lit = LIT.replace("FIND", find)
    before = until(bob, lit, lambda count: count >= 0)
    answer = append(server, made, event)
    assert answer.status_code in (200, 201), answer.text
    until(bob, lit, lambda count: count > before)
    watcher.get_by_text("99.25").first.wait_for(timeout=15_000)

    # the note pulses, the refused one is counted
    refused = append(server, made, {"type": "order.placed", "data": {"orderId": "x"}})
    assert refused.status_code == 422
    (first, *_) = refused.json()["error"]["records"]
    assert {fault["pointer"] for fault in first["errors"]} >= {"/placedAt", "/total"}
    click_note(bob, find)
    details = bob.locator("[data-testid=details]")
    details.wait_for()
    until(bob, "document.querySelector('[data-testid=details]').innerText", lambda text: "1" in text)

    # the type's page lists the board
    alice.goto(f"{server.url}/w/{made['slug']}/catalog/types/order.placed/")
    assert "1.0.0" in alice.locator("main").inner_text()
    assert not server.complaints()


def test_nothing_acknowledged_is_lost_or_doubled_when_the_server_is_killed_in_mid_storm_and_mid_append(
    server: Server, made: dict[str, str], sign_in: Callable[..., Any]
):
    server.prepare(
        """
        from workspaces.models import Workspace
        from workspaces.access import system_access
        from eventcatalog.actions import register_type
        access = system_access(Workspace.objects.get(slug="acme"))
        register_type(access, kind="event", name="order.placed", title="Order Placed", description="", context=None,
                      schema={"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]})
        """
    )
    alice = sign_in("alice")
    open_board(alice, server, made)
    acknowledged: set[int] = set()
    stopped = threading.Event()

    def keep_appending() -> None:
        number = 0
        while not stopped.is_set() and number < 2_000:
            event = {"type": "order.placed", "id": str(number), "source": "/shop", "data": {"n": number}}
            try:
                done = append(server, made, event).status_code in (200, 201)
            except httpx.HTTPError:
                done = False
            if done:
                acknowledged.add(number)
                number += 1
            else:
                stopped.wait(0.05)  # the same event again: its source and id make that safe

    sender = threading.Thread(target=keep_appending)
    sender.start()
    texts = [f"Fact {number} Found" for number in range(12)]
    storm(alice, texts[:6])
    server.kill()
    storm(alice, texts[6:])
    server.start()
    until(alice, UNSENT, lambda count: count == 0, seconds=40)
    alice.wait_for_timeout(1_000)
    stopped.set()
    sender.join()

    assert len(acknowledged) > 5
    stored = []
    address = f"{server.url}/api/v1/w/{made['slug']}/streams/orders/records"
    position, caught_up = "earliest", False
    while not caught_up:
        answer = httpx.get(
            address,
            params={"from": position, "limit": 1000},
            headers={"Authorization": f"Bearer {made['key']}"},
            timeout=10,
            trust_env=False,
        ).json()
        stored += [record["data"]["n"] for record in answer["records"]]
        position, caught_up = answer["next"], answer["caught_up"]
    assert len(stored) == len(set(stored)), "a record was doubled"
    assert acknowledged <= set(stored), "an acknowledged record was lost"

    fresh = sign_in("bob")
    open_board(fresh, server, made)
    assert until(fresh, NOTES, lambda found: len(found) >= len(texts)) == sorted(texts)
    assert alice.evaluate(NOTES) == sorted(texts)
