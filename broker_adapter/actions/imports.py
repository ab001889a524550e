"""Import: lines of an export (or events, as for append) taken into a stream, a bounded piece at a time, with a report.

A record of an export keeps its type, key, attributes and data; where it lay before is forgotten, and so is the version
that validated it then: the newest one validates it now. A record without source and id is named by its line, so that
the same file imported again within the window stores nothing twice. Refused records don't stop the others; in a stream
that quarantines they are kept among its dead letters.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import msgspec

from broker_adapter import envelopes, queries
from broker_adapter.actions.append import append_records, check_records, listed
from broker_adapter.checks import Fault, Refused
from broker_adapter.envelopes import CLOUDEVENT, CLOUDEVENT_BATCH, LINE_TYPES, Events, Limits, Wanted
from broker_adapter.errors import MalformedBody, UnknownContentType
from broker_adapter.log.errors import LogError
from broker_adapter.rules import StreamRules
from broker_adapter.times import parse_time_ms
from workspaces.access import Access, Permission
from workspaces.errors import FactstormError

PIECE_RECORDS = 1_000
PIECE_BYTES = 8 * 1024 * 1024
LINE_BYTES_MAX = 32 * 1024 * 1024
LISTED_MAX = 100
_PLACES = ("partition", "offset", "timestamp", "faults", "version")


class Body(Protocol):
    """Something to read lines from."""

    def readline(self, size: int = -1, /) -> bytes: ...

    def read(self, size: int = -1, /) -> bytes: ...


@dataclass(slots=True)
class ImportReport:
    """See broker_adapter.transfer_api.ImportOut."""

    dry_run: bool
    read: int = 0
    stored: int = 0
    duplicates: int = 0
    refused: int = 0
    bytes: int = 0
    records: list[dict[str, Any]] = field(default_factory=list)
    stopped: str = ""

    def as_json(self) -> dict[str, Any]:
        """As the API answers."""
        return {name: getattr(self, name) for name in self.__slots__}


def import_records(
    access: Access, *, stream: str, body: Body, content_type: str, dry_run: bool = False, keep_timestamps: bool = False
) -> ImportReport:
    """Take what is in the body. Returns when all that was taken is durable; ``dry_run``: only checks.

    An error in the middle (a full disk, say) ends the import: ``stopped`` says why, and what was stored stays.
    Raises NoSuchStream, UnknownContentType, MalformedBody.
    """
    access.require(Permission.STREAM_APPEND, stream=stream)
    rules = queries.find_stream(access.workspace, stream).rules
    report = ImportReport(dry_run)
    for first, lines in _pieces(body, content_type, report):
        events = _events(access, lines, content_type, rules, keep_timestamps)
        try:
            _take(access, stream, events, first, report)
        except FactstormError as error:
            report.stopped = f"{error.message} {error.hint}".strip()
            break
    return report


def _take(access: Access, stream: str, events: Events, first: int, report: ImportReport) -> None:
    if report.dry_run:
        refused, types = check_records(access, stream=stream, events=events), events.types
        report.stored += len(events) - len(refused)
    else:
        outcome = append_records(access, stream=stream, events=events, partial=True)
        refused, types = outcome.refused, list(outcome.types)
        report.stored += outcome.stored
        report.duplicates += sum(outcome.appended.duplicates)
    report.read += len(events)
    report.refused += len(refused)
    for row in listed(refused, types)[: LISTED_MAX - len(report.records)]:
        report.records.append(row | {"index": first + row["index"], "line": first + row["index"] + 1})


def _pieces(body: Body, content_type: str, report: ImportReport) -> Iterator[tuple[int, list[bytes]]]:
    """(number of the first record, records as they came) in bounded pieces."""
    media = content_type.partition(";")[0].strip().lower()
    if media in LINE_TYPES or media in ("", "application/octet-stream", "text/plain"):
        yield from _lines(body, report)
    elif media in (CLOUDEVENT_BATCH, "application/json"):
        yield from _array(body, report)
    else:
        raise UnknownContentType(
            f"Import does not take {media}.", hint=f"Send application/x-ndjson or {CLOUDEVENT_BATCH}."
        )


def _lines(body: Body, report: ImportReport) -> Iterator[tuple[int, list[bytes]]]:
    lines: list[bytes] = []
    first = size = 0
    while line := body.readline(LINE_BYTES_MAX + 1):
        report.bytes += len(line)
        if len(line) > LINE_BYTES_MAX:
            raise MalformedBody(f"A line has over {LINE_BYTES_MAX:,} bytes.", hint="Send one record a line.")
        if not line.strip():
            continue
        lines.append(line.strip())
        size += len(line)
        if len(lines) >= PIECE_RECORDS or size >= PIECE_BYTES:
            yield first, lines
            first, lines, size = first + len(lines), [], 0
    if lines:
        yield first, lines


def _array(body: Body, report: ImportReport) -> Iterator[tuple[int, list[bytes]]]:
    """An array is read whole: it is bounded like a line."""
    text = body.read(LINE_BYTES_MAX + 1)
    report.bytes = len(text)
    if len(text) > LINE_BYTES_MAX:
        hint = "Send it in several parts, or export as NDJSON: lines have no such limit."
        raise MalformedBody(f"An array has at most {LINE_BYTES_MAX:,} bytes here.", hint=hint)
    try:
        raws = msgspec.json.decode(text, type=list[msgspec.Raw])
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise MalformedBody(f"The body is not a JSON array: {error}.", hint="Send [event, event, ...].") from error
    records = [bytes(raw) for raw in raws]
    for first in range(0, len(records), PIECE_RECORDS):
        yield first, records[first : first + PIECE_RECORDS]


# Reading records ------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Read:
    events: Events
    timestamp_ms: int | None = None


def _events(
    access: Access, lines: Sequence[bytes], content_type: str, rules: StreamRules, keep_timestamps: bool
) -> Events:
    """Columns of a piece: each record by the code that append uses."""
    limits = Limits(PIECE_RECORDS, rules.record_bytes)
    wanted = Wanted(workspace_slug=access.workspace.slug)
    found = [_one(line, wanted, limits) for line in lines]
    events = Events()
    for index, (line, each) in enumerate(zip(lines, found, strict=True)):
        one = each.events
        events.types.append(one.types[0])
        events.payloads.append(one.payloads[0])
        if one.refused:
            events.refused[index] = Refused(one.refused[0].errors, raw=one.refused[0].raw or line)
        if one.tombstones:
            events.tombstones.add(index)
    events.versions = [_column(each.events.versions) for each in found]
    events.keys = [_column(each.events.keys) for each in found]
    events.attributes = [_column(each.events.attributes) or () for each in found]
    events.content_types = [_column(each.events.content_types) for each in found]
    events.dedup_ids = [
        _column(each.events.dedup_ids) or hashlib.blake2b(line, digest_size=16).digest()
        for line, each in zip(lines, found, strict=True)
    ]
    if keep_timestamps and any(each.timestamp_ms is not None for each in found):
        now_ms = queries.now_ms()
        events.timestamps_ms = [now_ms if each.timestamp_ms is None else each.timestamp_ms for each in found]
    return events


def _column(values: Sequence[Any] | None) -> Any:
    return None if values is None else values[0]


_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])


def _one(line: bytes, wanted: Wanted, limits: Limits) -> _Read:
    """One record: of an export (it has a partition and an offset), a CloudEvent, or an event."""
    try:
        members = _MEMBERS.decode(line)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        return _Read(_refused(line, f"This is not JSON: {error}.", "json"))
    if "specversion" in members:
        return _Read(_parsed(line, CLOUDEVENT, wanted, limits, line))
    if not {"partition", "offset"} <= set(members):
        return _Read(_parsed(line, "application/json", wanted, limits, line))
    try:
        stamp = msgspec.json.decode(bytes(members["timestamp"]), type=str) if "timestamp" in members else None
        timestamp_ms = None if stamp is None else parse_time_ms(stamp)
        event, kind = _from_export({name: raw for name, raw in members.items() if name not in _PLACES})
    except (msgspec.DecodeError, LogError, RecursionError, UnicodeDecodeError) as error:
        return _Read(_refused(line, f"This is no record of an export: {error}.", "envelope"))
    return _Read(_parsed(event, kind, wanted, limits, line), timestamp_ms)


def _from_export(members: dict[str, msgspec.Raw]) -> tuple[bytes, str]:
    """The event that an exported record was: our own envelope where it has all that is needed, else a CloudEvent."""
    attributes = msgspec.json.decode(bytes(members.pop("attributes", msgspec.Raw(b"{}"))), type=dict[str, str])
    plain = not attributes and not {"data_base64", "content_type", "key_base64"} & set(members)
    if plain:
        return msgspec.json.encode(members), "application/json"
    renamed = {"key": "partitionkey", "content_type": "datacontenttype"}
    raws = {renamed.get(name, name): raw for name, raw in members.items() if name != "key_base64"}
    encoded = {name: msgspec.Raw(msgspec.json.encode(value)) for name, value in attributes.items()}
    place = hashlib.blake2b(msgspec.json.encode(members), digest_size=12).hexdigest()
    event: dict[str, Any] = {"specversion": "1.0", "id": place, "source": "/import"}
    return msgspec.json.encode(event | encoded | raws), CLOUDEVENT


def _parsed(text: bytes, kind: str, wanted: Wanted, limits: Limits, line: bytes) -> Events:
    try:
        return envelopes.parse(text, content_type=kind, headers={}, wanted=wanted, limits=limits)
    except FactstormError as error:
        return _refused(line, error.message, "envelope")


def _refused(line: bytes, message: str, keyword: str) -> Events:
    fault = Fault("", message, keyword, hint="Send lines of an export, or events as for append.")
    return Events([""], [b""], refused={0: Refused((fault,), raw=line)})
