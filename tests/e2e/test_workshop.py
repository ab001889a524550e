"""A whole Big Picture workshop with five people, two of them on phones, from the invitation to the voting result; and a
Process Modelling session up to three promoted events. Every page and dialog on the way is looked at by axe."""

import json
from typing import Any

import pytest

from tests.e2e.browser import until
from tests.e2e.server import ROOT, Server

pytestmark = pytest.mark.e2e
AXE = ROOT / "vendor" / "node_modules" / "axe-core" / "axe.min.js"
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
READY = "document.body.dataset.boardState"
TEXTS = "[...factstormBoard.document.elements.values()].filter((e) => !e.deleted && e.text).map((e) => e.text).sort()"


def look_for_barriers(page: Any, where: str) -> None:
    """axe finds nothing serious; it is told what it can't see into (the canvas is described by the outline)."""
    if not AXE.exists():
        pytest.skip("axe-core is not installed: npm ci in vendor/")
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    barriers = [
        f"{each['id']}: {each['help']} {[node['target'] for node in each['nodes']][:3]}" for each in found["violations"]
    ]
    assert not barriers, (where, barriers)


def opened(page: Any, server: Server, path: str) -> Any:
    page.goto(f"{server.url}{path}")
    until(page, READY, lambda state: state == "ready")
    return page


def write_note(page: Any, text: str, *, x: int, y: int) -> str:
    """A note by double-click, as people make them; its id."""
    page.get_by_test_id("wall").dblclick(position={"x": x, "y": y})
    page.get_by_test_id("editor").fill(text)
    page.keyboard.press("Escape")
    found = f"[...factstormBoard.document.elements].find(([, e]) => e.text === {json.dumps(text)} && !e.deleted)?.[0]"
    until(page, f"factstormBoard.unsent() === 0 && Boolean({found})")
    return str(page.evaluate(found))


def texts(page: Any) -> list[str]:
    return list(page.evaluate(TEXTS))


def throw(phone: Any, text: str) -> None:
    phone.get_by_test_id("tray-text").fill(text)
    phone.get_by_test_id("tray-throw").click()


@pytest.fixture
def phones(chromium: Any) -> Any:
    """Phones of people without an account; afterwards no console may hold an error."""
    complaints: list[str] = []
    contexts: list[Any] = []

    def phone(name: str, link: str) -> Any:
        context = chromium.new_context(**PHONE)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(f"{name}: {error}"))
        page.goto(link)
        page.fill("[name=name]", name)
        page.keyboard.press("Enter")
        page.wait_for_url(lambda address: address.endswith("/tray/"))
        until(page, READY, lambda state: state == "ready")
        return page

    yield phone
    for context in contexts:
        context.close()
    assert not complaints, complaints


BIG_PICTURE = """
from storming import actions as boards
from workspaces.models import Workspace
from workspaces.access import system_access
board = boards.create_board(system_access(Workspace.objects.get(slug="acme")), name="Order fulfilment")
out.update(board=str(board.pk))
"""


def test_a_big_picture_workshop_from_invitation_to_voting_result(
    server: Server, made: dict[str, str], sign_in: Any, phones: Any
) -> None:
    path = f"/w/{made['slug']}/boards/{server.prepare(BIG_PICTURE)['board']}/"
    fay, bob, alice = (opened(sign_in(name), server, path) for name in ("fay", "bob", "alice"))
    # Invitation: a link and its QR code; two come by phone, say a name and are there.
    fay.get_by_test_id("open-workshop").click()
    look_for_barriers(fay, "the workshop's panel")
    fay.get_by_test_id("invite").click()
    link = fay.get_by_test_id("invite-link").input_value()
    look_for_barriers(fay, "the invitation")
    fay.keyboard.press("Escape")
    gus, gil = phones("Gus", link), phones("Gil", link)
    look_for_barriers(gus, "the phone's box")

    # Chaotic exploration: everybody writes, nobody sees the others' notes.
    fay.get_by_test_id("phase-chaos").click()
    fay.get_by_test_id("timer-pause").click()
    for page in (bob, alice):
        until(page, "document.querySelector('#wall-strip:not([hidden])') !== null")
    write_note(bob, "Order placed", x=500, y=300)
    write_note(alice, "Order was placed", x=700, y=300)
    throw(gus, "Parcel packed")
    gus.context.set_offline(True)
    throw(gus, "Parcel delivered")
    assert "Kept on this phone" in gus.get_by_test_id("tray-list").inner_text()
    gus.context.set_offline(False)
    throw(gil, "Invoice sent")
    until(gus, "document.querySelectorAll('[data-testid=tray-note]').length === 2")
    until(gus, "!document.body.innerText.includes('Kept on this phone')")
    assert texts(fay) == []
    assert texts(bob) == ["Order placed"]
    assert "Order" not in gil.get_by_test_id("tray-list").inner_text()

    # The reveal: all at once, for all. Two notes say the same: the group merges them.
    fay.get_by_test_id("strip-next").click()
    fay.get_by_role("button", name="Reveal").last.click()
    everything = ["Invoice sent", "Order placed", "Order was placed", "Parcel delivered", "Parcel packed"]
    for page in (fay, bob, alice):
        until(page, TEXTS, lambda shown: shown == everything)
    fay.get_by_test_id("side-hints").click()
    fay.get_by_test_id("twin-merge").click()
    merged = [each for each in everything if each != "Order was placed"]
    until(bob, TEXTS, lambda shown: shown == merged)

    # Timeline, and a hotspot with somebody who finds out.
    fay.get_by_test_id("side-workshop").click()
    fay.get_by_test_id("phase-hotspots").click()
    until(bob, "document.querySelectorAll('#wall-palette [data-kind]').length === 2")
    bob.keyboard.press("Escape")
    bob.get_by_test_id("wall").click(position={"x": 300, "y": 700})
    bob.keyboard.press("n")
    bob.keyboard.press("h")
    bob.get_by_test_id("editor").fill("Who pays for a lost parcel?")
    bob.keyboard.press("Escape")
    fay.get_by_test_id("side-hotspots").click()
    fay.locator("[data-testid^=owner-]").fill("Gus")
    fay.locator("[data-testid^=owner-]").press("Tab")
    look_for_barriers(fay, "the ledger")

    # Pivotal events: one pen. Bob gets it; only then he may.
    fay.get_by_test_id("side-workshop").click()
    fay.get_by_test_id("phase-pivotal").click()
    until(bob, "document.querySelector('[data-testid=palette]').hidden")
    bob.get_by_test_id("hand").click()
    fay.get_by_test_id("pen-to-Bob").click()
    until(bob, "!document.querySelector('[data-testid=palette]').hidden")
    place = bob.evaluate(
        "factstormBoard.toScreen([...factstormBoard.document.elements].find(([, e]) => e.text === 'Order placed')[0])"
    )
    bob.mouse.click(place["x"] + place["w"] / 2, place["y"] + 20)
    bob.keyboard.press("b")
    until(fay, "[...factstormBoard.document.elements.values()].some((e) => e.pivotal)")

    # The vote: secret until it is closed.
    fay.get_by_test_id("phase-opportunities").click()
    fay.get_by_test_id("vote-kinds").select_option("")
    fay.get_by_test_id("vote-title").fill("What first?")
    fay.get_by_test_id("vote-open").click()
    for phone in (gus, gil):
        phone.get_by_role("button", name="One dot more on Who pays for a lost parcel?").click()
        until(phone, "document.body.innerText.includes('4 of your 5 dots left')")
    look_for_barriers(gil, "the vote on a phone")
    bob.get_by_role("button", name="One dot more on Event Parcel packed").click()
    until(fay, "document.body.innerText.includes('3 people have voted')")
    assert fay.locator(".ranked__dots").count() == 0, "nothing is counted before it is closed"
    look_for_barriers(fay, "an open vote")
    fay.get_by_test_id("vote-close").click()
    for page in (fay, alice, bob):
        until(page, "document.querySelectorAll('.ranked__row').length === 2")
    ranked = fay.locator(".ranked__row").all_inner_texts()
    assert [" ".join(row.split()) for row in ranked] == ["Who pays for a lost parcel? 2", "Parcel packed 1"]
    ledger = fay.request.get(f"{server.url}/api/v1{path.rstrip('/')}/hotspots.md").text()
    assert "Who pays for a lost parcel?" in ledger
    assert "Gus" in ledger
    assert not server.complaints()


CHAIN = """
from storming.actions.boards import write_as_server
from storming.state import BoardState
from storming.models import Board
from workspaces.access import system_access
from workspaces.models import Workspace
board = Board.objects.get()
patch = {
    "buyer": {"kind": "actor", "x": 0, "y": 20, "text": "Buyer"},
    "place": {"kind": "command", "x": 160, "y": 0, "text": "Place order"},
    "placed": {"kind": "domain_event", "x": 340, "y": 0, "text": "Order placed"},
    "paid": {"kind": "domain_event", "x": 520, "y": 0, "text": "Payment received"},
    "sent": {"kind": "domain_event", "x": 700, "y": 0, "text": "Parcel sent"},
}
for start, end in (("buyer", "place"), ("place", "placed"), ("placed", "paid"), ("paid", "sent")):
    patch[f"{start}-{end}"] = {"kind": "connector", "from": start, "to": end}
write_as_server(BoardState.load(board.pk), system_access(Workspace.objects.get(slug="acme")).actor, patch)
"""


def choose(page: Any, element_id: str) -> None:
    place = page.evaluate(f"factstormBoard.toScreen({json.dumps(element_id)})")
    page.mouse.click(place["x"] + place["w"] / 2, place["y"] + 12)


def test_a_process_modelling_session_up_to_three_promoted_events(
    server: Server, made: dict[str, str], sign_in: Any
) -> None:
    server.prepare(CHAIN)
    fay = opened(sign_in("fay"), server, f"/w/{made['slug']}/boards/{made['board']}/")
    fay.get_by_test_id("open-workshop").click()
    fay.get_by_test_id("fit").click()  # beside the panel, so that no note lies beneath it
    fay.get_by_test_id("phase-commands").click()
    fay.get_by_test_id("side-hints").click()
    until(fay, "document.querySelector('[data-testid=no-hints]')?.innerText.includes('reads well') ?? false")
    for element_id in ("placed", "paid", "sent"):
        choose(fay, element_id)
        fay.get_by_test_id("side-note").click()
        fay.get_by_test_id("field-new").fill("orderId")
        fay.get_by_test_id("field-add").click()
        until(fay, f"factstormBoard.document.elements.get('{element_id}').fields?.length === 1")
        look_for_barriers(fay, "a note's tab")
        fay.get_by_test_id("toolbar-promote").click()
        assert fay.locator("[data-part=fields] [data-field=name]").input_value() == "orderId", (
            "the note's fields are read"
        )
        look_for_barriers(fay, "the promotion")
        fay.get_by_test_id("promotion-submit").click()
        until(fay, f"Boolean(factstormBoard.document.elements.get('{element_id}').type_id)")
        fay.get_by_text("say the same").wait_for()
    types = fay.request.get(f"{server.url}/api/v1/w/{made['slug']}/catalog/types").json()
    assert {each["name"] for each in types["types"]} >= {"order.placed", "payment.received", "parcel.sent"}
    fay.get_by_test_id("field-new").fill("carrier")
    fay.get_by_test_id("field-add").click()
    fay.get_by_test_id("step-verdict").wait_for()
    look_for_barriers(fay, "a note that is not in step")
    fay.get_by_test_id("step-note").click()
    until(fay, "factstormBoard.document.elements.get('sent').fields.length === 1")


@pytest.mark.parametrize("page_path", ["boards/", "boards/{board}/sharing/"])
def test_the_boards_pages_have_no_barriers(server: Server, made: dict[str, str], sign_in: Any, page_path: str) -> None:
    page = sign_in("alice")
    page.goto(f"{server.url}/w/{made['slug']}/{page_path.format(board=made['board'])}")
    look_for_barriers(page, page_path)


def test_shortcuts_and_outline_have_no_barriers(server: Server, made: dict[str, str], sign_in: Any) -> None:
    page = opened(sign_in("alice"), server, f"/w/{made['slug']}/boards/{made['board']}/")
    look_for_barriers(page, "the empty wall")
    page.get_by_test_id("outline").click()
    look_for_barriers(page, "the outline")
    page.keyboard.press("Escape")
    page.get_by_test_id("wall").focus()
    page.keyboard.press("?")
    look_for_barriers(page, "the shortcuts")
