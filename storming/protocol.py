"""The board protocol, version 1 (docs/board-protocol.md), on the server's side.

Theory. One JSON object a frame, named by ``t``. A client says ``hello`` first, is welcomed with a snapshot or with the
operations it missed, and from then on gets every operation in order of seq, each once, without gaps, its own included.
``ack`` comes after the operations it speaks of. ``hello`` may be said again at any time (after ``reset`` it must be).
Presence and pulses are lossy; everything else is not. Sizes are bounded here; what a patch may say is checked by
storming.document.elements, which refuses one operation and not the frame.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Union

import msgspec
from msgspec import UNSET, Meta, UnsetType

from storming.document.document import packed
from storming.errors import BadFrame

VERSION = 1
FRAME_BYTES_MAX = 1_048_576
PART_BYTES_MAX = 400_000  # of what is put together into one frame for clients, which then stays below FRAME_BYTES_MAX
OPERATIONS_MAX = 200
SELECTION_MAX = 500  # of a person's selection and drag, this many are shown to the others
Point = tuple[float, float]
ElementId = Annotated[str, Meta(max_length=64)]
Number = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Uuid = Annotated[str, Meta(pattern="^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")]


class Hello(msgspec.Struct, tag="hello", tag_field="t"):
    """The first frame of a client."""

    v: int
    client_id: Uuid
    epoch: Annotated[str, Meta(max_length=64)] | None = None
    since: Number | None = None


class PatchFrame(msgspec.Struct):
    """``{"elements": {id: {property: value}}}``."""

    elements: dict[str, dict[str, Any]]


class Op(msgspec.Struct):
    """One operation as sent."""

    n: Annotated[int, Meta(ge=1, le=2**53 - 1)]
    patch: PatchFrame
    undo_of: Number | None = None


class Ops(msgspec.Struct, tag="ops", tag_field="t"):
    """Operations, in the order they were made."""

    ops: Annotated[list[Op], Meta(min_length=1, max_length=OPERATIONS_MAX)]


class Presence(msgspec.Struct, tag="presence", tag_field="t"):
    """Where somebody is and what they hold; what is left out stays as it was."""

    cursor: Point | UnsetType | None = UNSET
    selection: list[ElementId] | UnsetType | None = UNSET
    editing: ElementId | UnsetType | None = UNSET
    drag: dict[ElementId, Point] | UnsetType | None = UNSET
    view: tuple[float, float, float, float] | UnsetType | None = UNSET
    hand: Number | UnsetType | None = UNSET
    reaction: tuple[Annotated[str, Meta(max_length=16)], Number] | UnsetType | None = UNSET


class Ping(msgspec.Struct, tag="ping", tag_field="t"):
    """Answered by pong."""


ClientFrame = Union[Hello, Ops, Presence, Ping]  # noqa: UP007 - msgspec wants a real union of structs

_decoder = msgspec.json.Decoder(ClientFrame)
_encoder = msgspec.json.Encoder()
PONG = '{"t":"pong"}'


def decode(text: str | bytes) -> ClientFrame:
    """A client's frame. Raises BadFrame that names the place."""
    if len(text) > FRAME_BYTES_MAX:
        raise BadFrame(f"A frame has at most {FRAME_BYTES_MAX:,} bytes.", hint="Send fewer operations at once.")
    try:
        return _decoder.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        message, _, place = str(error).partition(" - at `")
        raise BadFrame(
            message or "This is not JSON.", hint="See docs/board-protocol.md.", place=place.rstrip("`")
        ) from error


def encode(frame: dict[str, Any]) -> str:
    """A frame for clients; ``msgspec.Raw`` values go in as they are."""
    return _encoder.encode(frame).decode()


def ops_frames(operations: Sequence[dict[str, Any]]) -> list[tuple[int, int, str]]:
    """Numbered operations (Entry.as_json), in order, as frames of bounded size: ``(first seq, last seq, text)``."""
    frames: list[tuple[int, int, str]] = []
    at = 0
    for group in packed(map(_encoder.encode, operations), PART_BYTES_MAX):
        first, last = operations[at]["seq"], operations[at + len(group) - 1]["seq"]
        frames.append((first, last, (b'{"t":"ops","ops":[' + b",".join(group) + b"]}").decode()))
        at += len(group)
    return frames


def ack_frames(seq: int, results: Sequence[dict[str, Any]]) -> list[str]:
    """Results as frames of bounded size; values to restore that are too large by themselves are left out."""
    pieces = (_without_large_restore(result) for result in results)
    head = b'{"t":"ack","seq":' + str(seq).encode() + b',"results":['
    return [(head + b",".join(group) + b"]}").decode() for group in packed(pieces, PART_BYTES_MAX)]


def presence_frame(people: dict[str, Any]) -> tuple[str, list[str]]:
    """As many of the people as fit into one frame, and the session ids of those who don't."""
    pieces = [_encoder.encode(key) + b":" + _encoder.encode(person) for key, person in people.items()]
    shown = next(packed(pieces, PART_BYTES_MAX), [])
    text = (b'{"t":"presence","people":{' + b",".join(shown) + b"}}").decode()
    return text, list(people)[len(shown) :]


def snapshot_frame(part: bytes) -> str:
    """A part of a large snapshot, ahead of its welcome."""
    return (b'{"t":"snapshot","elements":' + part + b"}").decode()


def _without_large_restore(result: dict[str, Any]) -> bytes:
    piece = _encoder.encode(result)
    if len(piece) > PART_BYTES_MAX:
        piece = _encoder.encode({name: value for name, value in result.items() if name != "restore"})
    return piece


def workshop_frame(workshop: dict[str, Any]) -> str:
    """The workshop's state, whenever it has changed."""
    return encode({"t": "workshop", "workshop": workshop})


def drafts_frame(drafts: dict[str, Any], *, everything: bool = False) -> str:
    """Changes of this person's own drafts, None for what is none any more; or ``everything``: all there are."""
    return encode({"t": "drafts", "drafts": drafts, **({"all": True} if everything else {})})


def error_frame(code: str, message: str, hint: str = "", **fields: Any) -> str:
    """Something went wrong; the socket may be closed after it."""
    return encode({"t": "error", "code": code, "message": message, "hint": hint, **fields})
