"""The HTTP API without the network: requests to send, answers to read (docs/http-api.md). Shared by both clients."""

from __future__ import annotations

import itertools
import socket
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote

from factstorm.errors import api_error, refused_records
from factstorm.json_codec import dumps, loads
from factstorm.records import Appended, Event, Page, Place, gaps_from, record_from

LINES = "application/x-ndjson"
ARRAY = "application/json"


@dataclass(frozen=True, slots=True)
class Request:
    """One call. `repeatable`: carrying it out twice does no harm, so it may be sent again when nobody answered."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    content_type: str = ARRAY
    repeatable: bool = True


class Encoder:
    """Events to lines. Gives events the ids that make sending again safe: a source for this writer, counted ids."""

    def __init__(self, *, source: str | None = None, with_ids: bool = True) -> None:
        writer = uuid.uuid4().hex
        self.source = source or f"python/{socket.gethostname()}/{writer}"
        self.with_ids = with_ids
        self._prefix = writer if source else ""
        self._numbers = itertools.count()

    def line(self, event: Event) -> tuple[bytes, bool]:
        """The envelope as JSON, and whether it may be sent twice without harm. Raises TypeError, ValueError."""
        members: dict[str, Any] = {"type": event.type}
        for name in ("version", "key", "subject"):
            if (value := getattr(event, name)) is not None:
                members[name] = value
        if event.time is not None:
            members["time"] = event.time.isoformat() if isinstance(event.time, datetime) else event.time
        named = event.id is not None or self.with_ids
        if named:
            members["id"] = f"{self._prefix}{next(self._numbers)}" if event.id is None else event.id
            members["source"] = event.source or self.source
        elif event.source is not None:
            members["source"] = event.source
        data = event.data if isinstance(event.data, bytes) else dumps(event.data)
        return b'%b,"data":%b}' % (dumps(members)[:-1], data), named


def append_request(base: str, stream: str, lines: Sequence[tuple[bytes, bool]], *, partial: bool = False) -> Request:
    """POST the lines of `Encoder.line`. Payloads with line breaks go as an array, so that every byte is kept."""
    texts = [text for text, _ in lines]
    whole = b"\n".join(texts)
    content_type = LINES
    if whole.count(b"\n") >= len(texts):
        whole, content_type = b"[" + b",".join(texts) + b"]", ARRAY
    query = {"partial": "true"} if partial else {}
    repeatable = all(named for _, named in lines)
    return Request("POST", _records(base, stream), query, whole, content_type, repeatable)


def page_request(
    base: str, stream: str, *, start: str, limit: int, types: Sequence[str] = (), wait_s: int = 0
) -> Request:
    """GET records from a position, `earliest`, `latest`, `last:<n>`, `time:<RFC 3339>` or `offset:<p>:<o>`."""
    query = {"from": start, "limit": str(limit)}
    if types:
        query["types"] = ",".join(types)
    if wait_s:
        query["wait"] = str(wait_s)
    return Request("GET", _records(base, stream), query)


def base_path(workspace: str) -> str:
    """Where the API of a workspace begins."""
    return f"/api/v1/w/{quote(workspace, safe='')}"


def _records(base: str, stream: str) -> str:
    return f"{base}/streams/{quote(stream, safe='')}/records"


def answer_of(status: int, headers: Mapping[str, str], content: bytes) -> Any:
    """The JSON of a good answer. Raises ApiError for any other."""
    if 200 <= status < 300:
        return loads(content) if content else None
    try:
        body = loads(content)
    except ValueError:
        body = None
    raise api_error(status, body, retry_after=_seconds(headers.get("retry-after", "")))


def _seconds(text: str) -> float | None:
    try:
        return max(0.0, float(text))
    except ValueError:
        return None


def appended_from(answer: dict[str, Any], *, count: int) -> Appended:
    """What an append answered; `count` events were sent."""
    places: list[Place | None] = [None] * count
    for index, each in enumerate(answer["positions"]):
        places[each.get("index", index)] = Place(each["partition"], int(each["offset"]), each.get("duplicate", False))
    refused = refused_records(answer.get("records", ()))
    return Appended(tuple(places), answer["position"], answer["stored"], refused)


def page_from(answer: dict[str, Any]) -> Page:
    """What a read answered."""
    return Page(
        tuple(map(record_from, answer["records"])),
        answer["next"],
        answer["caught_up"],
        gaps_from(answer.get("gaps", ())),
    )
