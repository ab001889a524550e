"""The tail protocol without the network: frames in, frames out (docs/stream-protocol.md). Shared by both clients.

A `TailState` outlives connections. Each connection begins with `subscribe()`, from the position reached so far; what
was received but not yet dealt with when a connection broke is dealt with first, so nothing is lost and nothing doubled.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from factstorm.errors import FactstormError, NotSignedIn, PositionGone, TailEnded, Unreachable
from factstorm.json_codec import dumps, loads
from factstorm.records import Batch, Gap, gaps_from, record_from

logger = logging.getLogger("factstorm")
SUBPROTOCOL = "factstorm.tail.v1"
FRAME_BYTES_MAX = 256 * 1024 * 1024
OWED_BYTES_MAX = 1024 * 1024
_FINAL = {4400, 4401, 4403, 4404}
_CLOSES_NEXT = {"bad_frame", "not_signed_in", "forbidden", "not_found", "stream_not_found", "too_many_tails"}


@dataclass(frozen=True, slots=True)
class TailOptions:
    """Where to begin, which types, and how many records may be on their way (`window`).

    `on_gap` hears of damaged ranges (default: a warning in the log).
    """

    start: str = "latest"
    types: tuple[str, ...] = ()
    window: int = 5_000
    on_gap: Callable[[Sequence[Gap]], None] | None = None


class TailState:
    """What a tail knows. `position`: after the last batch that was dealt with; `caught_up`: it was at the end."""

    def __init__(self, options: TailOptions) -> None:
        self.options = options
        self.position: str = options.start
        self.caught_up = False
        self._sub = 0
        self._owed = 0
        self._owed_bytes = 0
        self._subscribed = False
        self._last_error: tuple[str, str, str] = ("", "", "")

    def subscribe(self) -> str:
        """The first frame of a connection."""
        self._sub += 1
        self._owed = self._owed_bytes = 0
        self._subscribed = self.caught_up = False
        frame: dict[str, Any] = {
            "t": "subscribe", "from": self.position, "credit": self.options.window, "sub": self._sub
        }  # fmt: skip
        if self.options.types:
            frame["types"] = list(self.options.types)
        return dumps(frame).decode()

    def take(self, text: str | bytes) -> Batch | None:
        """A frame of the server; the batch it brought, if any. Raises PositionGone, TailEnded."""
        frame = loads(text)
        kind = frame.get("t")
        if kind == "error":
            self._hear_error(frame)
            return None
        if frame.get("sub", self._sub) != self._sub:
            return None
        if kind == "records":
            self.caught_up = False
            self._owed_bytes += len(text)
            return Batch(tuple(map(record_from, frame["records"])), frame["position"])
        if kind in ("subscribed", "caught_up"):
            self.position = frame["position"]
            self._subscribed = True
            self.caught_up = kind == "caught_up"
        elif kind == "gap":
            self._gap(gaps_from(frame["gaps"]))
            self.position = frame["position"]
        elif kind == "cannot_resume":
            fields = {"earliest": frame["earliest"], "epoch": frame["epoch"]}
            raise PositionGone(410, "position_gone", frame["message"], fields=fields)
        return None

    def done(self, batch: Batch) -> str | None:
        """The batch was dealt with; the frame to send now, if any.

        Credit is given back a quarter of the window, or a mebibyte, at once: the server counts both.
        """
        self.position = batch.position
        self._owed += len(batch.records)
        if self._owed * 4 < self.options.window and self._owed_bytes < OWED_BYTES_MAX:
            return None
        frame = {"t": "credit", "n": self._owed, "position": batch.position}
        self._owed = self._owed_bytes = 0
        return dumps(frame).decode()

    def closed(self, close_code: int | None, reason: str) -> FactstormError:
        """What a closed connection means: Unreachable is worth another try, TailEnded and NotSignedIn are not."""
        code, message, hint = self._last_error
        if close_code in _FINAL:
            if close_code == 4401:
                return NotSignedIn(401, code or "not_signed_in", message or "Sign in first.", hint=hint)
            return TailEnded(close_code, code or f"closed_{close_code}", message or "The tail was closed.", hint)
        return Unreachable(message or reason or f"The connection was closed ({close_code}).", unsure=False)

    def _hear_error(self, frame: dict[str, Any]) -> None:
        """Most are followed by a close, which decides. A subscription that was refused is not."""
        code, message, hint = (str(frame.get(name, "")) for name in ("code", "message", "hint"))
        self._last_error = (code, message, hint)
        if self._subscribed or code in _CLOSES_NEXT:
            return
        if code == "log_unavailable":
            raise Unreachable(message, unsure=False)
        raise TailEnded(0, code, message, hint)

    def _gap(self, gaps: tuple[Gap, ...]) -> None:
        if self.options.on_gap is not None:
            self.options.on_gap(gaps)
            return
        for gap in gaps:
            logger.warning(
                "offsets %d to %d of partition %d can't be served: %s",
                gap.first_offset, gap.next_offset - 1, gap.partition, gap.reason,
            )  # fmt: skip


def tail_address(url: str, workspace: str, stream: str) -> str:
    """The websocket of a stream, from the server's http(s) address."""
    scheme, _, rest = url.partition("://")
    prefix = "wss" if scheme == "https" else "ws"
    return f"{prefix}://{rest.rstrip('/')}/ws/v1/w/{quote(workspace, safe='')}/streams/{quote(stream, safe='')}/tail"
