"""The soft grammar, near-duplicates and the hotspot ledger: pure readings of a wall."""

from typing import Any

import pytest

from storming.document.duplicates import near_duplicates
from storming.document.grammar import CODES, hints, is_past_tense
from storming.starters import patch_of
from storming.workshop import ledger
from tests.storming.clients import note


def arrow(start: str, end: str) -> dict[str, Any]:
    return {"kind": "connector", "from": start, "to": end}


def codes(elements: dict[str, Any], board_format: str = "process") -> set[tuple[str, str]]:
    return {(hint.code, hint.element_id) for hint in hints(elements, board_format)}


@pytest.mark.parametrize(
    "text", ["Order placed", "Payment was received", "Parcel sent", "Bestellung wurde bezahlt", "!"]
)
def test_the_past_tense_is_heard(text: str) -> None:
    assert is_past_tense(text)


@pytest.mark.parametrize("text", ["Place order", "Ship the parcel", "Payment"])
def test_what_is_not_in_the_past_tense_is_hinted_at(text: str) -> None:
    assert ("not_past_tense", "a") in codes({"a": note(text=text)})


def test_a_whole_chain_gives_no_hint() -> None:
    wall = patch_of("example", "process")
    wall["looks"] = arrow("cart", "buyer")
    assert [(hint.code, hint.element_id) for hint in hints(wall, "process")] == []


def test_each_rule_finds_its_fault() -> None:
    wall = {
        "event": note(0, 0, text="Order placed"),
        "policy": note(200, 0, kind="policy", text="Whenever an order is placed"),
        "command": note(400, 0, kind="command", text="Reserve stock"),
        "model": note(600, 0, kind="read_model", text="Cart"),
        "blank": note(800, 0, text=" "),
        "twin": note(1000, 0, text="order  PLACED"),
        "other": note(1200, 0, text="Stock reserved"),
        "arrow": arrow("twin", "other"),
    }
    assert codes(wall) == {
        ("no_cause", "event"), ("policy_triggers_nothing", "policy"), ("policy_hears_nothing", "policy"),
        ("command_without_actor", "command"), ("command_without_result", "command"), ("read_model_unread", "model"),
        ("empty", "blank"), ("no_cause", "blank"), ("no_cause", "twin"), ("same_name", "twin"),
    }  # fmt: skip
    assert {code for code, _ in codes(wall)} <= set(CODES)


def test_big_picture_is_quiet_but_for_doubles() -> None:
    wall = {"a": note(0, 0, text="Place order"), "b": note(200, 0, text="Place order"), "c": note(400, 0)}
    assert codes(wall, "big_picture") == {("same_name", "b")}


def test_a_dismissed_hint_stays_away() -> None:
    assert codes({"a": note(text="Place order", hushed=["not_past_tense"])}) == set()
    twins = {"a": note(0, 0, text="Order placed", distinct=["b"]), "b": note(200, 0, text="Order placed")}
    assert codes(twins) == set()


def test_near_duplicates_are_found_and_two_meanings_are_kept_apart() -> None:
    wall = {
        "a": note(text="Order placed"),
        "b": note(text="order was placed"),
        "c": note(text="Order Placed!"),
        "d": note(text="Parcel delivered"),
        "e": note(kind="command", text="Order placed"),
        "f": note(text="Order"),
    }
    found = {(pair.first, pair.second) for pair in near_duplicates(wall)}
    assert found == {("a", "b"), ("a", "c"), ("b", "c")}
    wall["a"]["distinct"] = ["b"]
    wall["c"]["deleted"] = True
    assert near_duplicates(wall) == []


def test_the_ledger_lists_open_hotspots_first_and_escapes_its_cells() -> None:
    wall = {
        "done": note(0, 0, kind="hotspot", text="Settled one", state="settled"),
        "open": note(200, 0, kind="hotspot", text="=HYPERLINK(1) | who?", owner="Fay", due="2026-12-01", tags=["risk"]),
        "said": {"kind": "remark", "on": "open", "text": "Ask the bank"},
        "event": note(400, 0, text="Order placed"),
    }
    lines = ledger.lines(wall)
    assert [line.element_id for line in lines] == ["open", "done"]
    rows = ledger.as_csv(lines, "https://x/b/").splitlines()
    assert rows[1] == "'=HYPERLINK(1) | who?,open,Fay,2026-12-01,risk,Ask the bank,https://x/b/#note=open"
    words = ledger.as_markdown(lines, title="Orders", address="https://x/b/")
    assert "☐ | [=HYPERLINK(1) \\| who?](https://x/b/#note=open) | Fay | 2026-12-01 | open |" in words
    assert "☑ | [Settled one]" in words
