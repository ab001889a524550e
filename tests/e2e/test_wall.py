"""The wall in a real browser: by keyboard alone, through its history, out of the house and in, by touch, offline."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.accessibility import assert_accessible
from tests.e2e.browser import until
from tests.e2e.server import Server

pytestmark = pytest.mark.e2e

FILES = Path(__file__).resolve().parent.parent / "storming" / "files"
STATE = "document.body.dataset.boardState"
LIVE = "[...window.factstormBoard.document.elements.entries()].filter(([, e]) => !e.deleted)"
NOTES = f"{LIVE}.filter(([, e]) => 'x' in e).map(([, e]) => e)"
TEXTS = f"{LIVE}.map(([, e]) => e.text || '').filter(Boolean).sort()"
UNSENT = "window.factstormBoard.unsent()"


def open_board(page: Any, server: Server, made: dict[str, str]) -> None:
    page.goto(f"{server.url}/w/{made['slug']}/boards/{made['board']}/")
    until(page, STATE, lambda state: state == "ready")


def saved(page: Any) -> None:
    until(page, UNSENT, lambda count: count == 0)


def press(page: Any, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def write(page: Any, text: str) -> None:
    page.locator("[data-testid=editor]").wait_for()
    page.keyboard.type(text)


def by_text(page: Any, text: str) -> dict[str, Any]:
    return page.evaluate(f"{NOTES}.find((e) => e.text === {text!r}) ?? null")


def test_a_story_is_written_and_ordered_without_a_mouse(
    server: Server, made: dict[str, str], sign_in: Callable[..., Any]
):
    page = sign_in("alice")
    open_board(page, server, made)
    press(page, "n", "c")
    write(page, "Place order")
    press(page, "Escape", "Alt+Shift+ArrowRight")
    write(page, "Order placed")
    press(page, "Escape", "Alt+e")
    placed = by_text(page, "Order placed")
    assert placed["kind"] == "domain_event" and placed["x"] > by_text(page, "Place order")["x"]
    assert page.evaluate(f"{LIVE}.filter(([, e]) => e.kind === 'connector').length") == 1
    press(page, "b", "t")
    page.fill("#labels-tags", "core, risky")
    press(page, "Enter")
    until(page, f"{NOTES}.find((e) => e.text === 'Order placed').tags?.join()", lambda tags: tags == "core,risky")
    press(page, "Control+a", "ArrowDown", "a")
    page.locator("[data-testid=arrange-top]").wait_for()
    press(page, "ArrowDown", "ArrowDown", "ArrowDown", "Enter")
    press(page, "Control+g", "x", "Enter")
    write(page, "Ordering")
    press(page, "Escape")
    kinds = page.evaluate(f"{NOTES}.map((e) => e.kind).sort()")
    assert kinds == ["command", "context", "domain_event"]
    assert by_text(page, "Order placed")["y"] == by_text(page, "Place order")["y"]
    assert by_text(page, "Order placed")["group"] == by_text(page, "Place order")["group"]
    press(page, "Escape", "r")
    assert "Ordering, 2 notes in it" in page.inner_text("#wall-news")
    before, wide = by_text(page, "Order placed")["x"], by_text(page, "Ordering")["w"]
    press(page, "ArrowRight", "Control+Shift+ArrowRight")
    assert (by_text(page, "Order placed")["x"], by_text(page, "Ordering")["w"]) == (before + 10, wide + 20)
    press(page, "Escape", "Tab", "e", "Enter")
    write(page, "leads to")
    press(page, "Escape")
    assert page.evaluate(f"{LIVE}.find(([, e]) => e.kind === 'connector')[1].text") == "leads to"
    press(page, "Escape", "Tab")
    assert "Place order, 1 of 2" in page.inner_text("#wall-news")
    press(page, "Tab")
    assert "Order placed, 2 of 2" in page.inner_text("#wall-news")
    saved(page)
    press(page, "?")
    assert_accessible(page, "the shortcuts", within="#shortcuts")
    press(page, "Escape")
    page.click("[data-testid=outline]")
    rows = page.locator("#wall-outline .outline__text").all_inner_texts()
    assert [row.split("\n")[0] for row in rows] == ["Place order", "Order placed"]
    assert_accessible(page, "the board with its outline")


def test_the_past_is_replayed_and_put_back_and_that_can_be_undone(
    server: Server, made: dict[str, str], sign_in: Callable[..., Any]
):
    page = sign_in("alice")
    open_board(page, server, made)
    press(page, "n", "e")
    for text in ("Order placed", "Order paid"):
        write(page, text)
        press(page, "Enter")
    press(page, "Escape")
    saved(page)
    press(page, "Control+a", "Delete")
    saved(page)
    assert page.evaluate(TEXTS) == []
    press(page, "h")
    page.locator("#time-lapse:not([hidden])").wait_for()
    assert_accessible(page, "the time-lapse", within="#time-lapse")
    page.click("#time-lapse [data-part=back]")
    until(page, "location.hash", lambda hash_: hash_.startswith("#at=") and hash_ != "#at=0")
    page.locator("#time-lapse [data-part=who]", has_text="Alice").wait_for()
    page.click("[popovertarget=time-lapse-versions]")
    page.fill("[data-testid=version-name]", "Before the accident")
    page.click("[data-testid=name-version]")
    page.locator("#time-lapse-versions li", has_text="Before the accident").wait_for()
    press(page, "Escape")
    page.click("[data-testid=restore]")
    page.click("[data-testid=restore-all]")
    page.click("dialog[open] .button--primary")
    until(page, TEXTS, lambda texts: texts == ["Order paid", "Order placed"])
    saved(page)
    press(page, "Control+z")
    until(page, TEXTS, lambda texts: texts == [])
    press(page, "Control+Shift+z")
    until(page, TEXTS, lambda texts: texts == ["Order paid", "Order placed"])
    press(page, "Escape", "Tab")
    page.click("[data-testid=toolbar-history]")
    page.locator("#note-history .deed", has_text="deleted").first.wait_for()
    assert_accessible(page, "a note's history", within="#note-history")


def test_files_come_in_with_a_report_and_go_out_as_pictures(
    server: Server, made: dict[str, str], sign_in: Callable[..., Any]
):
    page = sign_in("alice")
    open_board(page, server, made)
    press(page, "Control+o")
    assert_accessible(page, "the import", within="#importing")
    page.set_input_files("#import-file", str(FILES / "miro_v2.json"))
    page.locator("[data-testid=import-report]").wait_for()
    assert "4 notes" in page.inner_text("[data-testid=import-report]")
    assert "sticky notes without text" in page.inner_text("[data-testid=import-report]")
    page.select_option("select[aria-label='Kind of the notes in orange']", "policy")
    page.locator(".import__colour", has_text="orange").wait_for()
    assert_accessible(page, "the import's report", within="#importing")
    page.wait_for_timeout(400)
    page.click("[data-testid=import-put]")
    until(page, f"{LIVE}.length", lambda count: count == 6)
    assert by_text(page, "Order placed")["kind"] == "policy"
    press(page, "Control+z")
    until(page, f"{LIVE}.length", lambda count: count == 0)
    press(page, "Control+Shift+z")
    until(page, f"{LIVE}.length", lambda count: count == 6)
    saved(page)
    press(page, "Control+s")
    assert_accessible(page, "the export", within="#exporting")
    with page.expect_download() as download:
        page.click("[data-testid=export]")
    data = Path(download.value.path()).read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n" and int.from_bytes(data[16:20]) > 1_000
    press(page, "Escape")
    paste = """(text) => {
      const data = new DataTransfer();
      data.setData("text/plain", text);
      const paste = new ClipboardEvent("paste", { clipboardData: data, bubbles: true });
      document.getElementById("wall").dispatchEvent(paste);
    }"""
    page.evaluate(paste, "Kind\tText\ncommand\tShip it\nquestion\tBy whom?")
    assert (by_text(page, "Ship it")["kind"], by_text(page, "By whom?")["kind"]) == ("command", "hotspot")


def test_a_deleted_note_that_was_written_on_offline_comes_back_as_a_question(
    server: Server, made: dict[str, str], sign_in: Callable[..., Any]
):
    alice, bob = sign_in("alice"), sign_in("bob")
    open_board(alice, server, made)
    press(alice, "n", "e")
    write(alice, "Order placed")
    press(alice, "Escape")
    saved(alice)
    open_board(bob, server, made)
    alice.context.set_offline(True)
    press(bob, "Tab", "Delete")
    saved(bob)
    press(alice, "Enter")
    write(alice, " by phone")
    press(alice, "Escape")
    until(alice, UNSENT, lambda count: count > 0)
    alice.context.set_offline(False)
    question = alice.locator(".toast", has_text="deleted what you wrote on")
    question.wait_for(timeout=60_000)
    question.get_by_role("button", name="Bring it back").click()
    saved(alice)
    until(bob, TEXTS, lambda texts: texts == ["Order placed by phone"])


def test_one_finger_pans_two_zoom_and_targets_are_large(
    server: Server, made: dict[str, str], sign_in: Callable[..., Any]
):
    page = sign_in("alice", has_touch=True, is_mobile=True)
    page.set_viewport_size({"width": 390, "height": 844})
    open_board(page, server, made)
    page.wait_for_timeout(300)
    session = page.context.new_cdp_session(page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        at = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": at})

    camera = "(({x, y, zoom}) => [x, y, zoom])(window.factstormBoard.camera)"
    x, y, zoom = page.evaluate(camera)
    touch("touchStart", (200, 400))
    for step in range(1, 6):
        touch("touchMove", (200 - 10 * step, 400 - 4 * step))
    touch("touchEnd")
    moved = page.evaluate(camera)
    assert (round((moved[0] - x) * zoom), round((moved[1] - y) * zoom)) == (50, 20)
    touch("touchStart", (150, 400), (250, 400))
    touch("touchMove", (100, 400), (300, 400))
    touch("touchEnd")
    assert page.evaluate(camera)[2] > 1.8 * zoom
    small = page.evaluate(
        """[...document.querySelectorAll(".wall-top button, .wall-palette button, .wall-zoom button")]
        .filter((each) => each.checkVisibility() && Math.min(each.offsetWidth, each.offsetHeight) < 40)
        .map((each) => each.getAttribute("aria-label") || each.textContent)"""
    )
    assert small == []
    assert_accessible(page, "the board on a phone")


def test_the_lists_of_boards_keep_nobody_out(server: Server, made: dict[str, str], sign_in: Callable[..., Any]):
    page = sign_in("alice")
    for query in ("", "?archived", "?deleted", "?q=nothing"):
        page.goto(f"{server.url}/w/{made['slug']}/boards/{query}")
        assert_accessible(page, f"boards{query}")
    page.goto(f"{server.url}/w/{made['slug']}/boards/")
    page.click("[data-opens=new-board]")
    page.check("input[name=starter][value=board]")
    assert_accessible(page, "the new board", within="#new-board")
