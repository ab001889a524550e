"""The group protocol, version 1 (docs/stream-protocol.md): frames. Pure; group_sockets.py has the network.

Golden frames that both sides are tested against: tests/golden/group_protocol.json. Partitions and offsets are strings.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
import orjson

from broker_adapter.tail_protocol import FRAME_BYTES_MAX, BadFrame

SUBPROTOCOL = "factstorm.group.v1"
PARTITIONS_MAX = 256


class Join(msgspec.Struct, tag_field="t", tag="join", forbid_unknown_fields=True):
    """Become a member; ``start`` counts where the group is new."""

    client: str = ""
    session_timeout_ms: int = 30_000
    start: str = "earliest"
    credit: int = 0


class Credit(msgspec.Struct, tag_field="t", tag="credit", forbid_unknown_fields=True):
    """The member takes ``n`` more records; it is done with the frames up to number ``seq``."""

    n: int
    seq: int = 0


class Commit(msgspec.Struct, tag_field="t", tag="commit", forbid_unknown_fields=True):
    """Done with everything before ``offsets``; ``previous`` are the values that they replace; ``ref`` is echoed."""

    generation: int
    offsets: dict[str, str]
    previous: dict[str, str] = msgspec.field(default_factory=dict)
    ref: int = 0


class Leave(msgspec.Struct, tag_field="t", tag="leave", forbid_unknown_fields=True):
    """Go; so does who closes the socket."""


class Ping(msgspec.Struct, tag_field="t", tag="ping", forbid_unknown_fields=True):
    """Still here: answered with pong. A member that says nothing for its session's time is put out."""


ClientFrame = Join | Credit | Commit | Leave | Ping
_FRAMES = msgspec.json.Decoder(ClientFrame)


def read_frame(text: str | bytes) -> ClientFrame:
    """The client's frame. Raises BadFrame."""
    if len(text) > FRAME_BYTES_MAX:
        raise BadFrame(f"A frame has at most {FRAME_BYTES_MAX:,} bytes.")
    try:
        frame = _FRAMES.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadFrame(f"This is no frame of {SUBPROTOCOL}: {error}.") from error
    if isinstance(frame, Commit):
        numbers(frame.offsets)
        numbers(frame.previous)
    if (isinstance(frame, Credit) and frame.n < 0) or (isinstance(frame, Join) and frame.credit < 0):
        raise BadFrame("Credit is at least 0.")
    return frame


def numbers(offsets: Mapping[str, str]) -> dict[int, int]:
    """{partition: offset} of a frame. Raises BadFrame."""
    texts = [*offsets, *offsets.values()]
    if len(offsets) > PARTITIONS_MAX or not all(each.isdecimal() and len(each) < 20 for each in texts):
        raise BadFrame("Partitions and offsets are whole numbers, as strings.")
    return {int(partition): int(offset) for partition, offset in offsets.items()}


def joined(*, member: str, generation: int, partitions: list[dict[str, Any]], session_timeout_ms: int) -> str:
    """The answer to join. ``partitions``: [{"partition", "committed_offset"}]."""
    return _text(
        {
            "t": "joined",
            "member": member,
            "generation": generation,
            "partitions": partitions,
            "session_timeout_ms": session_timeout_ms,
        }
    )


def assigned(*, generation: int, partitions: list[dict[str, Any]], restart: bool) -> str:
    """The partitions were dealt anew. ``restart``: they were reset, what is on its way is void."""
    return _text({"t": "assigned", "generation": generation, "partitions": partitions, "restart": restart})


def records(*, generation: int, seq: int, records_json: str, offsets: Mapping[str, str]) -> str:
    """``records_json``: encoded records, joined by commas; commit ``offsets`` once they are dealt with."""
    return (
        f'{{"t":"records","generation":{generation},"seq":{seq},"records":[{records_json}],'
        f'"offsets":{orjson.dumps(offsets).decode()}}}'
    )


def skipped(*, skipped: list[dict[str, Any]]) -> str:
    """The group never read these, and they are no longer kept."""
    return _text({"t": "skipped", "skipped": skipped})


def committed(*, ref: int, offsets: Mapping[str, str]) -> str:
    """The answer to commit."""
    return _text({"t": "committed", "ref": ref, "offsets": offsets})


def refused(*, ref: int, code: str, message: str, hint: str, actual: Mapping[str, str]) -> str:
    """A commit was not taken: stale_generation, commit_conflict (then ``actual`` is committed), invalid."""
    return _text({"t": "refused", "ref": ref, "code": code, "message": message, "hint": hint, "actual": dict(actual)})


def left() -> str:
    """The answer to leave."""
    return '{"t":"left"}'


def error(*, code: str, message: str, hint: str = "") -> str:
    """Something went wrong; where it is fatal the socket closes next."""
    return _text({"t": "error", "code": code, "message": message, "hint": hint})


def pong() -> str:
    """The answer to ping."""
    return '{"t":"pong"}'


def _text(frame: dict[str, Any]) -> str:
    return orjson.dumps(frame).decode()
