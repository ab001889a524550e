"""The tail protocol, version 1 (docs/stream-protocol.md): frames and flow control. Pure; sockets.py has the network.

Golden frames that both sides are tested against: tests/golden/stream_protocol.json.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Any

import msgspec
import orjson

SUBPROTOCOL = "factstorm.tail.v1"
FRAME_BYTES_MAX = 16 * 1024
TYPES_MAX = 200
BYTES_IN_FLIGHT_MAX = 8 * 1024 * 1024


class Subscribe(msgspec.Struct, tag_field="t", tag="subscribe", rename={"start": "from"}, forbid_unknown_fields=True):
    """Begin, or begin elsewhere; ``sub`` is echoed in what follows from it."""

    start: str = "latest"
    credit: int = 0
    types: list[str] = msgspec.field(default_factory=list)
    sub: int = 0


class Credit(msgspec.Struct, tag_field="t", tag="credit", forbid_unknown_fields=True):
    """The client takes ``n`` more records; it is done with all frames up to the one that carried ``position``."""

    n: int
    position: str = ""


class Ping(msgspec.Struct, tag_field="t", tag="ping", forbid_unknown_fields=True):
    """Answered with pong."""


ClientFrame = Subscribe | Credit | Ping
_FRAMES = msgspec.json.Decoder(ClientFrame)


class BadFrame(Exception):
    """A frame that the protocol does not know."""


def read_frame(text: str | bytes) -> ClientFrame:
    """The client's frame. Raises BadFrame."""
    if len(text) > FRAME_BYTES_MAX:
        raise BadFrame(f"A frame has at most {FRAME_BYTES_MAX:,} bytes.")
    try:
        frame = _FRAMES.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadFrame(f"This is no frame of {SUBPROTOCOL}: {error}.") from error
    if isinstance(frame, Subscribe) and (frame.credit < 0 or len(frame.types) > TYPES_MAX):
        raise BadFrame(f"credit is at least 0, and there are at most {TYPES_MAX} types.")
    if isinstance(frame, Credit) and frame.n < 0:
        raise BadFrame("n is at least 0.")
    return frame


def subscribed(*, sub: int, position: str, epoch: str, credit: int) -> str:
    """The answer to subscribe; ``credit`` is what was granted, after the server's limit."""
    return _text({"t": "subscribed", "sub": sub, "position": position, "epoch": epoch, "credit": credit})


def records(*, sub: int, records_json: str, position: str) -> str:
    """``records_json``: encoded records, joined by commas; ``position``: after the last of them."""
    return f'{{"t":"records","sub":{sub},"records":[{records_json}],"position":"{position}"}}'


def caught_up(*, sub: int, position: str) -> str:
    """There is nothing more for now; what comes next is live."""
    return _text({"t": "caught_up", "sub": sub, "position": position})


def gap(*, sub: int, gaps: list[dict[str, Any]], position: str) -> str:
    """Offsets that can't be served because the file is damaged; reading has gone on behind them."""
    return _text({"t": "gap", "sub": sub, "gaps": gaps, "position": position})


def cannot_resume(*, sub: int, earliest: str, epoch: str, message: str) -> str:
    """What lay at the position is gone, or the stream was made anew (another epoch). The subscription is over."""
    return _text({"t": "cannot_resume", "sub": sub, "earliest": earliest, "epoch": epoch, "message": message})


def error(*, code: str, message: str, hint: str = "") -> str:
    """Something went wrong; where it is fatal the socket closes next."""
    return _text({"t": "error", "code": code, "message": message, "hint": hint})


def pong() -> str:
    """The answer to ping."""
    return '{"t":"pong"}'


def _text(frame: dict[str, Any]) -> str:
    return orjson.dumps(frame).decode()


@dataclass(slots=True)
class Window:
    """What may be in flight to one client: records by credit, bytes by the positions it gives back.

    ``credit_max`` bounds credit whatever a client grants. Bytes: frames up to ``bytes_max`` may be unacknowledged, and
    one frame more, so that a record of any size gets through.
    """

    credit_max: int
    bytes_max: int = BYTES_IN_FLIGHT_MAX
    credit: int = 0
    bytes_in_flight: int = 0
    _frames: deque[tuple[str, int]] = field(default_factory=deque)

    @property
    def room(self) -> int:
        """How many records may be sent now."""
        return self.credit if self.bytes_in_flight < self.bytes_max else 0

    def grant(self, count: int, position: str = "") -> None:
        """The client takes ``count`` more and is done with what was sent up to ``position``."""
        self.credit = min(self.credit + count, self.credit_max)
        if position and any(position == sent for sent, _ in self._frames):
            done = ""
            while done != position:
                done, size = self._frames.popleft()
                self.bytes_in_flight -= size

    def sent(self, *, count: int, size: int, position: str) -> None:
        """A records frame of that many records and bytes went out."""
        self.credit -= count
        self.bytes_in_flight += size
        self._frames.append((position, size))

    def restart(self, credit: int) -> None:
        """A new subscription: credit counts anew; bytes still in flight stay counted."""
        self.credit = min(credit, self.credit_max)
