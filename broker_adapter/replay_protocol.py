"""The replay protocol, version 1 (docs/stream-protocol.md): frames. Pure; replay_sockets.py has the network.

Golden frames that both sides are tested against: tests/golden/replay_protocol.json.
"""

from typing import Any

import msgspec
import orjson

from broker_adapter.replay import Speed
from broker_adapter.tail_protocol import FRAME_BYTES_MAX, TYPES_MAX, BadFrame

SUBPROTOCOL = "factstorm.replay.v1"
STEP_MAX = 1_000
IDLE_MS_MAX = 3_600_000


class Replay(msgspec.Struct, tag_field="t", tag="replay", rename={"start": "from"}, forbid_unknown_fields=True):
    """Begin, or begin another range; ``sub`` is echoed in what follows from it."""

    start: str = "earliest"
    to: str = "latest"
    types: list[str] = msgspec.field(default_factory=list)
    speed: str = "1x"
    idle_ms_max: int = 5_000
    paused: bool = False
    credit: int = 0
    sub: int = 0


class Pause(msgspec.Struct, tag_field="t", tag="pause", forbid_unknown_fields=True):
    """Stop where it is."""


class Resume(msgspec.Struct, tag_field="t", tag="resume", forbid_unknown_fields=True):
    """Go on."""


class Step(msgspec.Struct, tag_field="t", tag="step", forbid_unknown_fields=True):
    """Pause, and give ``n`` records at once."""

    n: int = 1


class ChangeSpeed(msgspec.Struct, tag_field="t", tag="speed", forbid_unknown_fields=True):
    """Go on at that speed: max, 10x, 100/s."""

    speed: str


class Credit(msgspec.Struct, tag_field="t", tag="credit", forbid_unknown_fields=True):
    """The client takes ``n`` more records; it is done with all frames up to the one that carried ``position``."""

    n: int
    position: str = ""


class Ping(msgspec.Struct, tag_field="t", tag="ping", forbid_unknown_fields=True):
    """Answered with pong."""


ClientFrame = Replay | Pause | Resume | Step | ChangeSpeed | Credit | Ping
_FRAMES = msgspec.json.Decoder(ClientFrame)


def read_frame(text: str | bytes) -> ClientFrame:
    """The client's frame. Raises BadFrame."""
    if len(text) > FRAME_BYTES_MAX:
        raise BadFrame(f"A frame has at most {FRAME_BYTES_MAX:,} bytes.")
    try:
        frame = _FRAMES.decode(text)
        if isinstance(frame, Replay | ChangeSpeed):
            Speed.parse(frame.speed)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise BadFrame(f"This is no frame of {SUBPROTOCOL}: {error}.") from error
    if isinstance(frame, Replay) and (
        frame.credit < 0 or len(frame.types) > TYPES_MAX or not 0 <= frame.idle_ms_max <= IDLE_MS_MAX
    ):
        raise BadFrame(f"credit is at least 0, idle_ms_max at most {IDLE_MS_MAX:,}, types are at most {TYPES_MAX}.")
    if isinstance(frame, Credit) and frame.n < 0:
        raise BadFrame("n is at least 0.")
    if isinstance(frame, Step) and not 1 <= frame.n <= STEP_MAX:
        raise BadFrame(f"n goes from 1 to {STEP_MAX:,}.")
    return frame


def replaying(*, sub: int, position: str, to: str, records: int, credit: int) -> str:
    """The answer to replay: where it begins and ends, and how many records lie between (at most)."""
    return _text({"t": "replaying", "sub": sub, "position": position, "to": to, "records": records, "credit": credit})


def records(*, sub: int, records_json: str, position: str) -> str:
    """``records_json``: encoded records, joined by commas, in order of time; ``position``: after the last of them."""
    return f'{{"t":"records","sub":{sub},"records":[{records_json}],"position":"{position}"}}'


def state(*, sub: int, paused: bool, speed: str, position: str) -> str:
    """The answer to pause, resume, step and speed."""
    return _text({"t": "state", "sub": sub, "paused": paused, "speed": speed, "position": position})


def finished(*, sub: int, position: str) -> str:
    """The range is over; the socket stays, for another replay."""
    return _text({"t": "finished", "sub": sub, "position": position})


def error(*, code: str, message: str, hint: str = "") -> str:
    """Something went wrong; where it is fatal the socket closes next."""
    return _text({"t": "error", "code": code, "message": message, "hint": hint})


def pong() -> str:
    """The answer to ping."""
    return '{"t":"pong"}'


def _text(frame: dict[str, Any]) -> str:
    return orjson.dumps(frame).decode()
