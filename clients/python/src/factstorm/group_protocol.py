"""The group protocol without the network: frames in, frames out (docs/stream-protocol.md). Shared by both clients.

A `GroupState` outlives connections. Each connection joins anew and is dealt partitions, which begin at their committed
offsets; what was received and not committed when a connection broke comes again, to this member or another.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import quote

from factstorm.errors import CommitRefused, FactstormError, NotSignedIn, TailEnded, Unreachable
from factstorm.json_codec import dumps, loads
from factstorm.records import Record, record_from
from factstorm.tail_protocol import OWED_BYTES_MAX, tail_address

logger = logging.getLogger("factstorm")
SUBPROTOCOL = "factstorm.group.v1"
_FINAL = {4400, 4401, 4403, 4404}


@dataclass(frozen=True, slots=True)
class GroupOptions:
    """Who joins and how. `start` counts only where the group is new; `window`: records on their way at most."""

    group: str
    client: str = ""
    start: str = "earliest"
    session_timeout_s: float = 30.0
    window: int = 2_000
    auto_commit: bool = True


@dataclass(frozen=True, slots=True)
class GroupBatch:
    """Records of this member's partitions. `offsets`: what to commit once they are dealt with, by partition."""

    records: tuple[Record, ...]
    offsets: Mapping[int, int]
    generation: int
    seq: int


class GroupState:
    """What a member knows: its partitions, the generation, and from which generation on each partition is its own."""

    def __init__(self, options: GroupOptions) -> None:
        self.options = options
        self.generation = 0
        self.partitions: dict[int, int] = {}  # with their committed offsets as far as known
        self.batches: deque[GroupBatch] = deque()
        self.member = ""
        self._since: dict[int, int] = {}
        self._owed = self._owed_bytes = 0
        self._refs = 0
        self._answers: dict[int, CommitRefused | None] = {}
        self._awaited: set[int] = set()
        self._last_error: tuple[str, str, str] = ("", "", "")

    def join(self) -> str:
        """The first frame of a connection."""
        self.batches.clear()
        self._since.clear()
        self._answers.clear()
        self._awaited.clear()
        self._owed = self._owed_bytes = 0
        options = self.options
        frame: dict[str, Any] = {
            "t": "join", "start": options.start, "credit": options.window,
            "session_timeout_ms": int(options.session_timeout_s * 1000),
        }  # fmt: skip
        if options.client:
            frame["client"] = options.client
        return dumps(frame).decode()

    def take(self, text: str | bytes) -> None:
        """A frame of the server; batches go to `batches`."""
        frame = loads(text)
        kind = frame.get("t")
        if kind == "records":
            self._owed_bytes += len(text)
            offsets = {int(partition): int(offset) for partition, offset in frame["offsets"].items()}
            records = tuple(map(record_from, frame["records"]))
            self.batches.append(GroupBatch(records, offsets, frame["generation"], frame["seq"]))
        elif kind in ("joined", "assigned"):
            self.member = frame.get("member", self.member)
            self._assigned(frame["generation"], frame["partitions"], restart=frame.get("restart", kind == "joined"))
        elif kind in ("committed", "refused"):
            self._answered(frame)
        elif kind == "skipped":
            for gap in frame["skipped"]:
                logger.warning("group %s never read %s: no longer kept", self.options.group, gap)
        elif kind == "error":
            self._last_error = (str(frame.get("code", "")), str(frame.get("message", "")), str(frame.get("hint", "")))

    def dealt_with(self, batch: GroupBatch) -> str | None:
        """The credit to give back now, if any."""
        self._owed += len(batch.records)
        if self._owed * 4 < self.options.window and self._owed_bytes < OWED_BYTES_MAX:
            return None
        frame = {"t": "credit", "n": self._owed, "seq": batch.seq}
        self._owed = self._owed_bytes = 0
        return dumps(frame).decode()

    def commit(self, batch: GroupBatch, *, awaited: bool) -> tuple[int, str] | None:
        """Number and frame of a commit; None if none of the partitions is still this member's, as it was then.

        A partition that went to another member meanwhile, or was reset, is not committed: it is theirs to say.
        """
        offsets = {
            str(partition): str(offset) for partition, offset in batch.offsets.items() if self._is_own(batch, partition)
        }
        if not offsets:
            return None
        self._refs += 1
        if awaited:
            self._awaited.add(self._refs)
        frame = {"t": "commit", "ref": self._refs, "generation": self.generation, "offsets": offsets}
        return self._refs, dumps(frame).decode()

    def is_answered(self, ref: int) -> bool:
        """Whether the commit was answered. Raises CommitRefused."""
        if ref not in self._answers:
            return False
        refused = self._answers.pop(ref)
        if refused is not None:
            raise refused
        return True

    def closed(self, close_code: int | None, reason: str) -> FactstormError:
        """What a closed connection means: Unreachable is worth another try."""
        code, message, hint = self._last_error
        if close_code in _FINAL:
            if close_code == 4401:
                return NotSignedIn(401, code or "not_signed_in", message or "Sign in first.", hint=hint)
            return TailEnded(close_code, code or f"closed_{close_code}", message or "The group was closed.", hint)
        return Unreachable(message or reason or f"The connection was closed ({close_code}).", unsure=False)

    def _assigned(self, generation: int, partitions: list[dict[str, Any]], *, restart: bool) -> None:
        own = {int(each["partition"]): int(each["committed_offset"]) for each in partitions}
        self._since = {
            partition: generation if restart or partition not in self._since else self._since[partition]
            for partition in own
        }
        self.generation, self.partitions = generation, own
        self.batches = deque(batch for batch in self.batches if all(map(partial(self._is_own, batch), batch.offsets)))

    def _is_own(self, batch: GroupBatch, partition: int) -> bool:
        """Whether the partition is this member's and has been since the batch came."""
        since = self._since.get(partition)
        return since is not None and batch.generation >= since

    def _answered(self, frame: dict[str, Any]) -> None:
        ref = frame["ref"]
        refused = None
        if frame["t"] == "refused":
            actual = {int(partition): int(offset) for partition, offset in frame.get("actual", {}).items()}
            refused = CommitRefused(frame["code"], frame["message"], hint=frame.get("hint", ""), actual=actual)
        if ref in self._awaited:
            self._awaited.discard(ref)
            self._answers[ref] = refused
        elif refused is not None and refused.code != "stale_generation":
            logger.warning("a commit of group %s was refused: %s", self.options.group, refused)


def group_address(url: str, workspace: str, stream: str, group: str) -> str:
    """The websocket of a group."""
    tail = tail_address(url, workspace, stream)
    return f"{tail.removesuffix('/tail')}/groups/{quote(group, safe='')}"
