"""The server reads and refuses the golden frames of the board protocol; tests/js/ holds the browser to the same."""

import json
from pathlib import Path
from typing import Any

import pytest

from storming import protocol
from storming.errors import BadFrame

GOLDEN: dict[str, Any] = json.loads((Path(__file__).parent.parent / "golden" / "board_protocol.json").read_text())


@pytest.mark.parametrize("name", GOLDEN["client"])
def test_the_server_reads_the_golden_frame(name: str) -> None:
    frame = GOLDEN["client"][name]
    assert type(protocol.decode(json.dumps(frame))).__name__.lower() == frame["t"]


@pytest.mark.parametrize("name", GOLDEN["bad"])
def test_the_server_refuses_the_bad_frame(name: str) -> None:
    with pytest.raises(BadFrame):
        protocol.decode(json.dumps(GOLDEN["bad"][name]))
