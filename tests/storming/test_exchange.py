"""Boards out of the house and into it: every export, every reader, and the round trip."""

import csv
import io
import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from storming import queries
from storming.actions import write_as_server
from storming.document.drawing import LINE_HEIGHT, SIZE_MIN, fitted
from storming.document.notation import NOTE_KINDS
from storming.document.reading.found import nearest_kind
from storming.exchange import pdf, reading
from storming.exchange.fonts import width_of
from storming.exchange.svg import svg_of
from storming.models import Board
from storming.state import BoardState
from tests.cast import Cast
from workspaces.errors import Invalid

FILES = Path(__file__).parent / "files"
WALL: dict[str, Any] = {
    "lane": {"kind": "swimlane", "x": -100, "y": -50, "w": 1500, "h": 300, "text": "Customer"},
    "ctx": {"kind": "context", "x": 300, "y": -40, "w": 700, "h": 280, "text": "Ordering"},
    "fr": {"kind": "frame", "x": -100, "y": 400, "w": 900, "h": 300, "text": "Later"},
    "buyer": {"kind": "actor", "x": 0, "y": 0, "text": "Buyer"},
    "placed": {"kind": "domain_event", "x": 320, "y": 0, "text": "Order Placed", "pivotal": True, "tags": ["core"]},
    "paid": {"kind": "domain_event", "x": 520, "y": 0, "text": "Payment <Received> & \"booked\""},
    "hot": {"kind": "hotspot", "x": 720, "y": 0, "text": "=HYPERLINK(1)", "owner": "Fay", "due": "2026-12-01"},
    "dot": {"kind": "vote", "x": 730, "y": 10},
    "idea": {"kind": "opportunity", "x": 0, "y": 450, "text": "Größe ändern, 注文"},
    "arrow": {"kind": "connector", "from": "placed", "to": "paid", "text": "leads to"},
    "gone": {"kind": "domain_event", "x": 0, "y": 0, "text": "Secret of yesterday", "deleted": True},
    "legend": {"kind": "legend", "entries": {"hotspot": {"label": "Pain", "colour": "#aa0000"}}},
}  # fmt: skip


def client_of(person: Any) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def wall(cast: Cast, board: Board) -> Board:
    write_as_server(BoardState.load(board.pk), cast.access(cast.alice).actor, json.loads(json.dumps(WALL)))
    board.refresh_from_db()
    return board


def api(cast: Cast, board: Board, rest: str) -> str:
    return f"/api/v1/w/{cast.workspace.slug}/boards/{board.pk}{rest}"


def export(cast: Cast, board: Board, form: str, person: Any = None) -> Any:
    return client_of(person or cast.vera).get(api(cast, board, f"/exports/{form}"))


# Out


def test_svg_is_well_formed_and_shows_every_live_text_in_the_legends_words(cast: Cast, wall: Board) -> None:
    answer = export(cast, wall, "svg")
    root = ET.fromstring(answer.content)
    texts = ["".join(each.itertext()) for each in root.iter("{http://www.w3.org/2000/svg}text")]
    shown = " ".join(texts)
    for words in ("Customer", "Ordering", "Later", "Order", "Placed", "leads to", "core", "Pain", "Pivotal"):
        assert words in shown, words
    assert "yesterday" not in shown
    assert "#aa0000" in answer.content.decode()
    assert answer["Content-Disposition"] == 'attachment; filename="orders.svg"'


def test_pdf_is_one_page_or_as_many_sheets_as_it_takes(cast: Cast, wall: Board) -> None:
    one = export(cast, wall, "pdf").content
    assert one.startswith(b"%PDF-") and one.rstrip().endswith(b"%%EOF") and one.count(b"/Type /Page\n") == 1
    sheets = client_of(cast.vera).get(api(cast, wall, "/exports/pdf?paper=a4")).content
    assert sheets.count(b"/Type /Page\n") == 2 * 2


def test_too_many_sheets_are_refused_with_a_way_out(cast: Cast, wall: Board) -> None:
    far = {"far": {"kind": "domain_event", "x": 90_000, "y": 0}}
    write_as_server(BoardState.load(wall.pk), cast.access(cast.alice).actor, far)
    answer = client_of(cast.vera).get(api(cast, wall, "/exports/pdf?paper=a4&zoom=5"))
    assert answer.status_code == 422
    assert answer.json()["error"]["hint"].startswith("Choose larger paper")


def test_a_board_larger_than_a_page_can_be_is_scaled_onto_it() -> None:
    far = {"a": {"kind": "domain_event", "x": 0, "y": 0}, "b": {"kind": "domain_event", "x": 90_000, "y": 0}}
    assert b"/MediaBox [ 0 0 14000 " in pdf.pdf_of(far, title="Long")


def test_csv_has_a_row_a_note_in_timeline_order_and_no_formulas(cast: Cast, wall: Board) -> None:
    rows = list(csv.DictReader(io.StringIO(export(cast, wall, "csv").content.decode())))
    assert [row["id"] for row in rows] == ["buyer", "idea", "placed", "paid", "hot", "dot"]
    assert rows[4]["text"] == "'=HYPERLINK(1)"
    assert (rows[2]["context"], rows[2]["lane"], rows[2]["pivotal"]) == ("Ordering", "Customer", "yes")
    assert (rows[1]["frame"], rows[4]["label"]) == ("Later", "Pain")


def test_the_report_tells_the_story_in_chapters_with_glossary_hotspots_and_votes(cast: Cast, wall: Board) -> None:
    report = export(cast, wall, "md").content.decode()
    order = ["# Orders", "## Timeline", "### Beginning", "Buyer", "### [Order Placed]", "## Bounded contexts",
             "**Ordering**", "## Glossary", "## Hotspots", "Fay", "## Opportunities", "## Votes"]  # fmt: skip
    places = [report.index(words) for words in order]
    assert places == sorted(places)
    assert "#note=hot): 1" in report and "yesterday" not in report and "<Received>" not in report


def test_a_board_file_comes_back_as_the_same_board(cast: Cast, wall: Board) -> None:
    content = export(cast, wall, "json").content.decode()
    target = Board.objects.create(workspace=cast.workspace, name="Again")
    body = {"content": content, "write": True}
    answer = client_of(cast.fay).post(api(cast, target, "/imports"), json.dumps(body), content_type="application/json")
    assert answer.status_code == 200, answer.content
    assert answer.json()["left_out"] == []
    before = queries.visible_elements(cast.access(cast.fay), wall)
    after = queries.visible_elements(cast.access(cast.fay), target)
    assert _shape(after) == _shape(before)


def _shape(elements: dict[str, Any]) -> list[str]:
    """The elements without their ids; arrows by the words they join."""
    live = {key: element for key, element in elements.items() if not element.get("deleted")}
    plain = []
    for element in live.values():
        copy = {name: value for name, value in element.items() if name not in ("created_by", "created_at")}
        for end in ("from", "to"):
            if end in copy:
                copy[end] = live[copy[end]]["text"]
        plain.append(json.dumps(copy, sort_keys=True))
    return sorted(plain)


def test_an_export_can_be_of_another_moment(cast: Cast, wall: Board) -> None:
    write_as_server(BoardState.load(wall.pk), cast.access(cast.alice).actor, {"paid": {"text": "Paid"}})
    then = client_of(cast.vera).get(api(cast, wall, "/exports/svg?seq=1")).content.decode()
    assert "Received" in then and "Received" not in export(cast, wall, "svg").content.decode()


def test_nobody_but_the_workspace_gets_a_file(cast: Cast, wall: Board) -> None:
    assert export(cast, wall, "json", cast.charlie).status_code == 404
    assert export(cast, wall, "exe").status_code == 404


def test_ten_thousand_notes_become_svg_and_pdf() -> None:
    many = {
        f"n{number}": {
            "kind": "domain_event",
            "x": number % 100 * 170,
            "y": number // 100 * 170,
            "text": f"No {number}",
        }
        for number in range(10_000)
    }
    assert svg_of(many, title="Many").count("<text") == 20_000
    assert len(pdf.pdf_of(many, title="Many")) > 100_000


@settings(max_examples=60, deadline=None)
@given(text=st.text(max_size=300), w=st.floats(20, 400), h=st.floats(12, 400))
def test_fitted_text_loses_nothing_unless_it_is_cut_at_the_smallest_size(text: str, w: float, h: float) -> None:
    size, lines = fitted(text, w, h, width_of)
    assert size >= SIZE_MIN
    if not any(line.endswith("…") for line in lines):
        assert "".join(lines).replace(" ", "") == text.replace(" ", "").replace("\n", "")
    assert len(lines) * size * LINE_HEIGHT <= h or size == SIZE_MIN


# In


def read(name: str, **options: Any) -> dict[str, Any]:
    content = (FILES / name).read_text()
    return reading.read(content, form=options.pop("form", "auto"), mapping=options.pop("mapping", {}))


def by_text(found: dict[str, Any]) -> dict[str, Any]:
    return {element.get("text", key): element for key, element in found["elements"].items()}


def test_a_miro_board_comes_in_with_kinds_by_colour_frames_arrows_and_a_report() -> None:
    found = read("miro_v2.json")
    notes = by_text(found)
    assert found["form"] == "miro"
    assert notes["Order placed"]["kind"] == "domain_event"
    assert notes["Take payment\nagain"]["kind"] == "command"
    assert notes["What if the card is declined?"]["kind"] == "hotspot"
    assert notes["Remember the vouchers"]["kind"] == "comment"
    assert notes["Checkout & payment"]["kind"] == "frame"
    assert found["counts"] == {"notes": 4, "arrows": 1, "areas": 1}
    arrow = notes["leads to"]
    assert found["elements"][arrow["to"]]["text"] == "Order placed"
    assert {each["what"]: each["count"] for each in found["left_out"]} == {
        "images": 1, "sticky notes without text": 1, "arrows without two notes": 1,
    }  # fmt: skip


def test_a_note_in_a_miro_frame_lies_where_it_lay() -> None:
    notes = by_text(read("miro_v2.json"))
    frame, note = notes["Checkout & payment"], notes["Order placed"]
    middle = (note["x"] + 70 - frame["x"]) / frame["w"], (note["y"] + 70 - frame["y"]) / frame["h"]
    assert middle == pytest.approx((0.15, 0.5), abs=0.001)


def test_the_mapping_of_colours_can_be_adjusted() -> None:
    found = read("miro_v2.json", mapping={"orange": "policy"})
    assert by_text(found)["Order placed"]["kind"] == "policy"
    assert {"colour": "orange", "count": 1, "kind": "policy", "example": "Order placed"} in found["colours"]


def test_older_miro_widgets_are_read_too() -> None:
    widgets = [
        {
            "id": "1",
            "type": "STICKER",
            "text": "<p>Paid</p>",
            "x": 10,
            "y": 20,
            "style": {"backgroundColor": "#ff9d48"},
        },
        {"id": "2", "type": "STICKER", "text": "Pay", "x": 300, "y": 20, "style": {"backgroundColor": "#6cd8fa"}},
        {"id": "3", "type": "LINE", "startWidget": {"id": "2"}, "endWidget": {"id": "1"}},
    ]
    found = reading.read(json.dumps(widgets), form="auto", mapping={})
    assert sorted(each["kind"] for each in found["elements"].values()) == ["command", "connector", "domain_event"]


def test_an_excalidraw_file_comes_in_with_bound_and_loose_texts_arrows_and_frames() -> None:
    found = read("excalidraw.json")
    notes = by_text(found)
    assert found["form"] == "excalidraw"
    assert (notes["Order placed"]["kind"], notes["Reserve stock"]["kind"]) == ("domain_event", "command")
    assert notes["Order placed"]["links"] == [{"url": "https://example.org/story"}]
    assert (notes["A remark"]["kind"], notes["Story"]["kind"], notes["then"]["kind"]) == (
        "comment",
        "frame",
        "connector",
    )
    assert {each["what"]: each["count"] for each in found["left_out"]} == {
        "freehand lines": 1, "diamonds without text": 1, "arrows without two notes": 1,
    }  # fmt: skip


def test_a_sheet_with_a_head_line_becomes_notes_with_kinds_places_and_tags() -> None:
    sheet = "Text;Type;Tags\nOrder placed;event;core, later\nPlace order;Command;\nWho pays?;question;\n;event;\n"
    found = reading.read(sheet, form="auto", mapping={})
    assert [each["kind"] for each in found["elements"].values()] == ["domain_event", "command", "hotspot"]
    assert by_text(found)["Order placed"]["tags"] == ["core", "later"]
    assert found["left_out"] == [{"what": "rows without text", "count": 1, "examples": []}]


def test_miros_spreadsheet_of_texts_becomes_a_note_a_cell() -> None:
    found = reading.read('Frame 1\n"Order placed"\n"Paid, finally"\n', form="csv", mapping={})
    assert [each["text"] for each in found["elements"].values()] == ["Frame 1", "Order placed", "Paid, finally"]


def test_our_own_csv_comes_back_in(cast: Cast, wall: Board) -> None:
    found = reading.read(export(cast, wall, "csv").content.decode(), form="auto", mapping={})
    notes = by_text(found)
    assert (notes["Order Placed"]["x"], notes["Order Placed"]["pivotal"]) == (320, True)
    assert notes["=HYPERLINK(1)"]["kind"] == "hotspot"


def test_lines_become_events() -> None:
    found = reading.read("- Order placed\n\n• Order paid\n", form="auto", mapping={})
    assert [each["text"] for each in found["elements"].values()] == ["Order placed", "Order paid"]


@pytest.mark.parametrize(
    ("content", "form"),
    [
        ("{", "auto"), ("{}", "auto"), ("[]", "miro"), ("", "auto"), ('{"type":"excalidraw"}', "auto"), ("\n", "csv"),
        ('{"format":"factstorm.board","version":9,"elements":{}}', "auto"), ('{"data":[{"type":"image"}]}', "auto"),
        ("[" * 100_000, "auto"), ('{"format":"factstorm.board","version":1,"elements":[]}', "auto"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_in_plain_words(content: str, form: str) -> None:
    with pytest.raises(Invalid) as caught:
        reading.read(content, form=form, mapping={})
    assert caught.value.fields["place"] == "content"


@settings(max_examples=80, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(["type", "data", "items", "elements", "id", "x", "text", "style", "position", "parent"])
                | st.text(max_size=5),
                inner,
                max_size=5,
            )
        ),
        max_leaves=30,
    ),
    st.sampled_from(["miro", "excalidraw", "board", "csv", "lines", "auto"]),
)
def test_no_file_breaks_a_reader_and_whatever_comes_out_the_board_takes(content: Any, form: str) -> None:
    try:
        found = reading.read(json.dumps(content), form=form, mapping={})
    except Invalid:
        return
    assert found["elements"]


def test_an_import_is_tried_first_and_changes_nothing(cast: Cast, board: Board) -> None:
    bob = client_of(cast.bob)
    body = {"content": "Order placed\nOrder paid"}
    answer = bob.post(api(cast, board, "/imports"), json.dumps(body), content_type="application/json")
    assert (answer.json()["counts"]["notes"], answer.json()["written"]) == (2, [])
    board.refresh_from_db()
    assert board.seq == 0


def test_a_participants_import_leaves_frames_out_and_a_viewer_imports_nothing(cast: Cast, board: Board) -> None:
    body = json.dumps({"content": (FILES / "miro_v2.json").read_text(), "write": True})
    address = api(cast, board, "/imports")
    assert client_of(cast.vera).post(address, body, content_type="application/json").status_code == 403
    assert client_of(cast.bob).post(address, body, content_type="application/json").status_code == 200
    kinds = {each["kind"] for each in queries.visible_elements(cast.access(cast.bob), board).values()}
    assert "frame" not in kinds and "connector" in kinds


def test_every_kinds_own_colour_is_nearest_to_itself() -> None:
    for kind in NOTE_KINDS.values():
        if kind.name != "vote":
            assert nearest_kind(kind.colour) == kind.name
