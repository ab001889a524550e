import json
from pathlib import Path
from typing import Any

import pytest

from broker_adapter import tail_protocol
from broker_adapter.tail_protocol import BadFrame, Window

GOLDEN: dict[str, Any] = json.loads((Path(__file__).parent.parent / "golden" / "stream_protocol.json").read_text())


@pytest.mark.parametrize("frame", GOLDEN["client"], ids=json.dumps)
def test_golden_frames_of_the_client_are_read(frame: dict[str, Any]) -> None:
    assert type(tail_protocol.read_frame(json.dumps(frame))).__name__.lower() == frame["t"]


@pytest.mark.parametrize("frame", GOLDEN["client_refused"], ids=json.dumps)
def test_frames_that_are_none_are_refused(frame: object) -> None:
    with pytest.raises(BadFrame):
        tail_protocol.read_frame(json.dumps(frame))


def test_a_frame_is_bounded() -> None:
    with pytest.raises(BadFrame):
        tail_protocol.read_frame(json.dumps({"t": "credit", "n": 1, "position": "x" * 20_000}))


@pytest.mark.parametrize("name", ["subscribed", "caught_up", "gap", "cannot_resume", "error"])
def test_golden_frames_of_the_server_are_written(name: str) -> None:
    frame = GOLDEN["server"][name]
    values = {key: value for key, value in frame.items() if key != "t"}
    assert json.loads(getattr(tail_protocol, name)(**values)) == frame


def test_the_golden_records_frame_is_written() -> None:
    frame = GOLDEN["server"]["records"]
    inner = ",".join(json.dumps(record) for record in frame["records"])
    assert json.loads(tail_protocol.records(sub=1, records_json=inner, position="AQAB")) == frame


def test_credit_is_bounded_whatever_a_client_grants() -> None:
    window = Window(credit_max=100)
    window.restart(1_000_000)
    assert window.room == 100
    window.grant(1_000_000)
    assert window.room == 100


def test_bytes_in_flight_stop_the_sending_until_positions_come_back() -> None:
    window = Window(credit_max=1_000, bytes_max=100, credit=1_000)
    window.sent(count=1, size=60, position="a")
    window.sent(count=1, size=60, position="b")
    assert window.room == 0
    window.grant(0, "unknown")
    assert window.room == 0
    window.grant(0, "a")
    assert window.room == 998
    window.grant(2, "b")
    assert (window.room, window.bytes_in_flight) == (1_000, 0)
