"""What goes in and what comes out. Offsets are integers here; they travel as strings."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Event:
    """One event to append. `data`: any JSON value; bytes are taken for JSON text and stored as they are.

    `version` pins the schema version to validate against. Events with one `key` keep their order. `source` and `id`
    together name the event: sent again, it is not stored twice; the client fills in what is missing. `time`: RFC 3339
    text or an aware datetime.
    """

    type: str
    data: Any
    key: str | None = None
    version: str | None = None
    id: str | None = None
    source: str | None = None
    subject: str | None = None
    time: str | datetime | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record is. `duplicate`: it was stored before, and this is its first place."""

    partition: int
    offset: int
    duplicate: bool = False


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a record; `pointer` is a JSON Pointer into its data, "" for the whole."""

    pointer: str
    message: str
    keyword: str
    schema_version: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class RefusedRecord:
    """A record that was not stored, by its index in what was sent."""

    index: int
    type: str
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Appended:
    """The answer to an append: durable. `places` in the order sent; None where a record was refused (`partial` only).

    `position`: the place right after these records, to read or tail from. `stored` counts new ones: no duplicates.
    """

    places: tuple[Place | None, ...]
    position: str
    stored: int
    refused: tuple[RefusedRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class Record:
    """One stored record. `data` is None when the payload is not JSON: then `data_bytes` has it."""

    partition: int
    offset: int
    timestamp: str
    type: str
    data: Any
    version: str = ""
    key: str | None = None
    id: str | None = None
    source: str | None = None
    subject: str | None = None
    time: str | None = None
    content_type: str | None = None
    data_bytes: bytes | None = None
    attributes: dict[str, str] = field(default_factory=dict)

    @property
    def stored_at(self) -> datetime:
        """`timestamp` as an aware datetime."""
        return datetime.fromisoformat(self.timestamp)

    @property
    def place(self) -> tuple[int, int]:
        """Partition and offset: the record's identity in its stream."""
        return self.partition, self.offset


@dataclass(frozen=True, slots=True)
class Gap:
    """Offsets that can't be served because a file of the server is damaged."""

    partition: int
    first_offset: int
    next_offset: int
    reason: str


@dataclass(frozen=True, slots=True)
class Page:
    """One answer of a read. Go on from `next`; `caught_up`: there was nothing after these."""

    records: tuple[Record, ...]
    next: str
    caught_up: bool
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True, slots=True)
class Batch:
    """Records that arrived together on a tail. `position` is after the last of them: resume from there."""

    records: tuple[Record, ...]
    position: str


def record_from(raw: dict[str, Any]) -> Record:
    """A record as the server writes it (docs/stream-protocol.md)."""
    encoded = raw.get("data_base64")
    key = raw.get("key")
    if key is None and "key_base64" in raw:
        key = base64.b64decode(raw["key_base64"]).decode("utf-8", "surrogateescape")
    return Record(
        raw["partition"],
        int(raw["offset"]),
        raw["timestamp"],
        raw.get("type", ""),
        raw.get("data"),
        raw.get("version", ""),
        key,
        raw.get("id"),
        raw.get("source"),
        raw.get("subject"),
        raw.get("time"),
        raw.get("content_type"),
        None if encoded is None else base64.b64decode(encoded),
        raw.get("attributes") or {},
    )


def gaps_from(raw: Sequence[dict[str, Any]]) -> tuple[Gap, ...]:
    """Gaps as the server writes them."""
    return tuple(
        Gap(each["partition"], int(each["first_offset"]), int(each["next_offset"]), each["reason"]) for each in raw
    )
