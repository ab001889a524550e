"""The document: the same operations give the same board, and what must not be written is refused with its place."""

import json
import uuid
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storming.document import patches, thumbnail
from storming.document.document import Document
from storming.document.elements import Limits
from storming.document.errors import Refusal
from storming.document.notation import NOTE_KINDS, kinds_of, promotes_to
from storming.document.timeline import in_order

IDS = st.sampled_from(list("abcdef"))
NUMBERS = st.floats(-1000, 1000, allow_nan=False).map(lambda value: round(value, 2))
PROPERTIES = st.fixed_dictionaries(
    {"kind": st.sampled_from(sorted(NOTE_KINDS)), "x": NUMBERS, "y": NUMBERS},
    optional={
        "text": st.one_of(st.none(), st.text(max_size=20).filter(lambda text: "\x00" not in text)),
        "pivotal": st.booleans(),
        "deleted": st.sampled_from([True, None]),
        "w": st.floats(1, 500),
    },
)
CHANGES = st.dictionaries(st.sampled_from(["x", "y"]), NUMBERS, min_size=1, max_size=2) | st.fixed_dictionaries(
    {"deleted": st.sampled_from([True, None])}
)
PATCHES = st.dictionaries(IDS, PROPERTIES | CHANGES, min_size=1, max_size=3)


def accepted(document: Document, patch: dict[str, dict[str, Any]]) -> bool:
    try:
        document.check(patch)
    except Refusal:
        return False
    return True


def written(history: list[dict[str, dict[str, Any]]], *, limits: Limits | None = None) -> Document:
    """A document with every patch of the history that it takes."""
    document = Document(limits=limits or Limits())
    for patch in history:
        if accepted(document, patch):
            document.apply(document.seq + 1, patch)
    return document


@given(st.lists(PATCHES, max_size=25), st.integers(0, 25))
@settings(max_examples=150, deadline=None)
def test_a_stale_snapshot_and_the_operations_after_it_are_the_fresh_snapshot(history: list[Any], at: int) -> None:
    live = Document()
    stale, later = live.encode(), []
    stale_seq = 0
    for number, patch in enumerate(history):
        if not accepted(live, patch):
            continue
        live.apply(live.seq + 1, patch, author=("1", "Alice"))
        if number < at:
            stale, stale_seq, later = live.encode(), live.seq, []
        else:
            later.append(patch)
    again = Document.decode(stale, seq=stale_seq)
    for patch in later:
        again.apply(again.seq + 1, json.loads(json.dumps(patch)))
    assert again.elements == live.elements
    assert (again.seq, again.live_count) == (live.seq, live.live_count)


@given(st.lists(PATCHES, max_size=10), PATCHES)
@settings(max_examples=150, deadline=None)
def test_what_a_patch_touched_takes_it_back(history: list[Any], patch: Any) -> None:
    document = written(history)
    if not accepted(document, patch):
        return
    before = json.loads(json.dumps(document.elements))
    restore = document.touched(patch)
    patches.apply(document.elements, patch)
    patches.apply(document.elements, restore)
    patches.drop_empty(document.elements, restore)
    assert document.elements == before


@given(st.lists(PATCHES, max_size=10), PATCHES)
@settings(max_examples=100, deadline=None)
def test_an_inverse_takes_a_patch_back_and_deletes_what_it_gave_birth_to(history: list[Any], patch: Any) -> None:
    document = written(history)
    if not accepted(document, patch):
        return
    before = json.loads(json.dumps(document.elements))
    inverse = patches.inverse(document.elements, patch)
    patches.apply(document.elements, patch)
    patches.apply(document.elements, inverse)
    for key, element in document.elements.items():
        assert element == before[key] if key in before else element["deleted"] is True


@given(st.lists(PATCHES, max_size=15))
@settings(max_examples=100, deadline=None)
def test_applying_the_last_operation_twice_changes_nothing(history: list[Any]) -> None:
    document = written(history)
    for patch in history[-1:]:
        if accepted(document, patch):
            document.apply(document.seq + 1, patch)
            once = json.dumps(document.elements)
            document.apply(document.seq + 1, patch)
            assert json.dumps(document.elements) == once


@given(st.lists(PATCHES, max_size=30))
@settings(max_examples=100, deadline=None)
def test_the_count_of_live_elements_is_right_and_never_passes_the_limit(history: list[Any]) -> None:
    document = written(history, limits=Limits(live_elements_max=3))
    assert document.live_count == len(list(document.live())) <= 3


def test_a_move_and_a_change_of_colour_do_not_fight() -> None:
    document = written([{"a": {"kind": "domain_event", "x": 0, "y": 0}}, {"a": {"x": 5}}, {"a": {"kind": "hotspot"}}])
    assert document.elements["a"] == {"kind": "hotspot", "x": 5, "y": 0}


def test_undo_spares_what_others_wrote_since() -> None:
    undo = {"a": {"x": 0, "text": "old"}, "b": {"deleted": True}, "c": {"deleted": True}}
    others = [{"a": {"text": "theirs"}}, {"b": {"x": 9}}]
    assert patches.sparing(undo, others) == {"a": {"x": 0}, "c": {"deleted": True}}


@pytest.mark.parametrize(
    ("patch", "code", "place"),
    [
        ({"z": {"x": 1}}, "kind_missing", "patch.elements.z.kind"),
        ({"z": {"kind": "sticker", "x": 1, "y": 1}}, "unknown_kind", "patch.elements.z.kind"),
        ({"z": {"kind": "actor", "x": 1}}, "property_missing", "patch.elements.z.y"),
        ({"a": {"x": None}}, "property_missing", "patch.elements.a.x"),
        ({"a": {"x": 1e7}}, "bad_value", "patch.elements.a.x"),
        ({"a": {"x": float("nan")}}, "bad_value", "patch.elements.a.x"),
        ({"a": {"x": True}}, "bad_value", "patch.elements.a.x"),
        ({"a": {"x": "1"}}, "bad_value", "patch.elements.a.x"),
        ({"a": {"text": "x" * 2001}}, "bad_value", "patch.elements.a.text"),
        ({"a": {"text": 5}}, "bad_value", "patch.elements.a.text"),
        ({"a": {"deleted": False}}, "bad_value", "patch.elements.a.deleted"),
        ({"a": {"type_id": str(uuid.uuid4())}}, "server_only", "patch.elements.a.type_id"),
        ({"a": {"created_by": "me"}}, "server_only", "patch.elements.a.created_by"),
        ({"a": {"colour": "red"}}, "unknown_property", "patch.elements.a.colour"),
        ({"a": {"kind": "connector"}}, "bad_kind", "patch.elements.a.kind"),
        ({"n o": {"kind": "actor", "x": 1, "y": 1}}, "bad_id", "patch.elements.n o"),
        ({"c": {"kind": "connector", "from": "a", "to": "gone"}}, "unknown_end", "patch.elements.c.to"),
        ({"c": {"kind": "connector", "from": "a", "to": "a"}}, "unknown_end", "patch.elements.c.to"),
        ({}, "empty_patch", "patch.elements"),
    ],
)
def test_what_must_not_be_written_is_refused_with_its_place(patch: Any, code: str, place: str) -> None:
    document = written([{"a": {"kind": "domain_event", "x": 0, "y": 0}}])
    with pytest.raises(Refusal) as refused:
        document.check(patch)
    assert (refused.value.code, refused.value.place) == (code, place)


def test_a_promoted_note_keeps_its_kind_until_it_is_unlinked() -> None:
    document = written([{"a": {"kind": "domain_event", "x": 0, "y": 0}}])
    document.apply(2, {"a": {"type_id": str(uuid.uuid4())}})
    with pytest.raises(Refusal, match="names a message type"):
        document.check({"a": {"kind": "hotspot"}})


def test_a_connector_may_be_born_together_with_its_ends() -> None:
    end = {"kind": "actor", "x": 0, "y": 0}
    written([{"a": end, "b": end, "c": {"kind": "connector", "from": "a", "to": "b"}}]).touched({"c": {"kind": None}})
    assert len(written([{"a": end, "b": end, "c": {"kind": "connector", "from": "a", "to": "b"}}]).elements) == 3


def test_the_story_is_read_from_left_to_right_and_columns_from_top_to_bottom() -> None:
    places = {"late": (500, 0), "top": (10, 0), "below": (0, 200), "gone": (5, 5), "lane": (0, 0)}
    elements: dict[str, Any] = {key: {"kind": "domain_event", "x": x, "y": y} for key, (x, y) in places.items()}
    elements["gone"]["deleted"] = True
    elements["lane"]["kind"] = "swimlane"
    assert in_order(elements) == ["top", "below", "late"]


def test_a_thumbnail_is_small_repeatable_and_holds_nothing_that_people_typed() -> None:
    elements: dict[str, Any] = {
        f"n{number}": {"kind": "domain_event", "x": number * 50, "y": number % 9 * 90, "text": "<script>"}
        for number in range(5_000)
    }
    drawn = thumbnail.draw(elements)
    assert drawn == thumbnail.draw(dict(reversed(elements.items())))
    assert drawn.count("<rect") <= thumbnail.SHAPES_MAX
    assert "script" not in drawn and len(drawn) < 40_000


def test_formats_build_on_each_other_and_three_kinds_can_be_promoted() -> None:
    assert {kind.name for kind in kinds_of("big_picture")} < {kind.name for kind in kinds_of("process")}
    assert {name: promotes_to(name) for name in NOTE_KINDS if promotes_to(name)} == {
        "domain_event": "event", "command": "command", "read_model": "query",
    }  # fmt: skip
