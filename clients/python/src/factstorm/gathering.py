"""Which events go into which request: by count, by bytes, by how long the first may linger. No threads, no network."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeVar

from factstorm.errors import FactstormError, RecordRefused
from factstorm.records import Appended, Place, RefusedRecord

F = TypeVar("F")


@dataclass(frozen=True, slots=True)
class Batching:
    """A request goes out at `records_max`, at `bytes_max`, or `linger_s` after its first event.

    `pending_bytes_max` bounds what waits: beyond it `add` waits, so a writer can't outrun the server's disk.
    """

    records_max: int = 1_000
    bytes_max: int = 1024 * 1024
    linger_s: float = 0.02
    pending_bytes_max: int = 16 * 1024 * 1024


@dataclass(slots=True)
class Gathered(Generic[F]):
    """The events of one request: their lines, types, and a promise each."""

    due_at: float
    lines: list[tuple[bytes, bool]] = field(default_factory=list)
    types: list[str] = field(default_factory=list)
    promises: list[F] = field(default_factory=list)
    size: int = 0

    def add(self, line: tuple[bytes, bool], kind: str, promise: F) -> None:
        """One more."""
        self.lines.append(line)
        self.types.append(kind)
        self.promises.append(promise)
        self.size += len(line[0]) + 1

    def is_full(self, batching: Batching) -> bool:
        """Whether it goes out now."""
        return len(self.lines) >= batching.records_max or self.size >= batching.bytes_max

    def outcomes(self, appended: Appended) -> list[Place | FactstormError]:
        """For each event its place, or why it was refused."""
        refused = {each.index: each for each in appended.refused}
        return [
            place if place is not None else RecordRefused(refused.get(index, RefusedRecord(index, self.types[index])))
            for index, place in enumerate(appended.places)
        ]
