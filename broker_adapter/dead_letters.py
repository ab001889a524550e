"""Dead letters: what a stream with the policy ``quarantine`` refused, kept in a stream of its own with the reasons.

A letter is a record of the stream `<name>.dead-letters`, made when it is first needed:

    payload              the record's data, byte for byte; where not even the envelope could be read, all that came
    key, type, ce-*      as sent; ``content-type`` is application/octet-stream where the payload is not JSON
    faults               header: the reasons, a JSON array as in a 422
    pinned, sender       headers: the version the sender asked for, and who sent it

The letter stays where it is; what became of it (redriven, discarded) is a row beside it, `DeadLetterOutcome`. Open
letters are those without one. Nobody but the append action writes here, so a letter is proof of a refusal.
"""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import orjson
from django.db import IntegrityError, transaction

from broker_adapter import queries
from broker_adapter.checks import Fault, Refused, is_json, json_fault
from broker_adapter.engine_holder import engine, stream_settings
from broker_adapter.envelopes import Events
from broker_adapter.errors import StreamError, log_errors
from broker_adapter.log.errors import StreamExists, StreamNotFound
from broker_adapter.log.position import Position
from broker_adapter.log.records import Headers, NewRecords, Record
from broker_adapter.models import DeadLetterOutcome, Stream
from broker_adapter.rules import StreamRules, Takes

FAULTS_MAX = 20
FAULTS_BYTES_MAX = 8 * 1024
SUFFIX = ".dead-letters"
NAMES_TRIED_MAX = 20
KEPT_MS = 30 * 24 * 3_600_000
KEPT_BYTES = 1024 * 1024 * 1024
NOT_JSON = b"application/octet-stream"
LOOKED_AT_MAX = 20_000
READ_RECORDS = 1_000


@dataclass(frozen=True, slots=True)
class Letter:
    """One dead letter and what became of it."""

    record: Record
    outcome: DeadLetterOutcome | None = None

    def header(self, name: str) -> str:
        """A header's text, "" when it isn't there."""
        return next((value.decode("utf-8", "replace") for key, value in self.record.headers if key == name), "")

    @property
    def faults(self) -> list[dict[str, Any]]:
        """The reasons, as in a 422."""
        try:
            found = orjson.loads(self.header("faults"))
        except orjson.JSONDecodeError:
            return []
        return found if isinstance(found, list) else []

    @property
    def place(self) -> tuple[int, int]:
        """Partition and offset."""
        return self.record.partition, self.record.offset


def faults_header(refused: Refused) -> tuple[str, bytes]:
    """The reasons as a header: FAULTS_MAX of them at most, in FAULTS_BYTES_MAX."""
    faults = [fault.as_json() for fault in refused.errors[:FAULTS_MAX]]
    text = orjson.dumps(faults)
    while len(text) > FAULTS_BYTES_MAX and len(faults) > 1:
        faults.pop()
        text = orjson.dumps(faults)
    if len(text) > FAULTS_BYTES_MAX:
        fault = refused.errors[0]
        text = orjson.dumps([Fault(fault.pointer[:500], fault.message[:500], fault.keyword[:100]).as_json()])
    return "faults", text


# Keeping --------------------------------------------------------------------------------------------------------------


def keep(stream: Stream, events: Events, refused: dict[int, Refused], *, sender: str) -> Stream:
    """Store the refused records with their reasons; returns the stream of dead letters. Durable when it returns.

    Raises StreamError for what the log says: the sender then learns of that, and sends again.
    """
    letters = dead_letters_of(stream)
    indexes = sorted(refused)
    records = NewRecords(
        payloads=[_payload(events, index, refused[index]) for index in indexes],
        keys=[events.keys[index] if events.keys else None for index in indexes],
        headers=[_headers(events, index, refused[index], sender) for index in indexes],
        dedup_ids=[events.dedup_ids[index] if events.dedup_ids else None for index in indexes],
    )
    with log_errors(letters.name):
        for first in range(0, len(indexes), READ_RECORDS):
            _append(letters, _part(records, first))
    return letters


def _part(records: NewRecords, first: int) -> NewRecords:
    def column(values: Sequence | None) -> Any:
        return None if values is None else values[first : first + READ_RECORDS]

    payloads, keys, headers = column(records.payloads), column(records.keys), column(records.headers)
    return NewRecords(payloads, keys, headers, None, column(records.dedup_ids))


def _append(letters: Stream, records: NewRecords) -> None:
    try:
        engine().append(letters.log_name, records)
    except StreamNotFound:
        queries.restore_log(letters)
        engine().append(letters.log_name, records)


def _payload(events: Events, index: int, refused: Refused) -> bytes:
    return refused.raw or events.payloads[index]


def _headers(events: Events, index: int, refused: Refused, sender: str) -> Headers:
    attributes = events.attributes[index] if events.attributes else ()
    own = [("type", events.types[index].encode()), *(pair for pair in attributes if pair[0] != "content-type")]
    content_type = events.content_types[index] if events.content_types else None
    if is_json(content_type) and json_fault(_payload(events, index, refused)) is not None:
        own.append(("content-type", NOT_JSON))
    elif content_type is not None:
        own.append(("content-type", content_type.encode()))
    pinned = events.versions[index] if events.versions else None
    if pinned:
        own.append(("pinned", pinned.encode()))
    own += [("sender", sender[:80].encode()), faults_header(refused)]
    return tuple(own)


def dead_letters_of(stream: Stream) -> Stream:
    """The stream that keeps what ``stream`` refuses, made if it isn't there."""
    found = find_dead_letters(stream)
    return found if found is not None else _make(stream)


def find_dead_letters(stream: Stream) -> Stream | None:
    """The same, or None while there is none."""
    return Stream.objects.filter(dead_letters_of=stream).select_related("workspace").first()


def _make(stream: Stream) -> Stream:
    """It is not counted against STREAMS_PER_WORKSPACE_MAX: a refusal must not fail for want of a number."""
    rules = StreamRules(retention_ms=KEPT_MS, retention_bytes=KEPT_BYTES, takes=Takes.ANYTHING)
    names = [stream.name[:84] + SUFFIX, *(f"{stream.name[:84]}{SUFFIX}-{n}" for n in range(2, NAMES_TRIED_MAX))]
    taken = set(Stream.objects.filter(workspace=stream.workspace, name__in=names).values_list("name", flat=True))
    free = next((name for name in names if name not in taken), None)
    if free is None:
        raise StreamError(f"No name is free for the dead letters of {stream.name}.", hint=f"Delete one of {names[0]}-…")
    made = Stream(
        workspace=stream.workspace,
        name=free,
        description=f"What {stream.name} refused, with the reasons.",
        settings=rules.as_json(),
        created_by_name="Factstorm",
        dead_letters_of=stream,
    )
    try:
        with transaction.atomic():
            made.save(force_insert=True)
            with log_errors(made.name), suppress(StreamExists):
                engine().create(made.log_name, partitions=1, settings=stream_settings(rules, 1))
    except IntegrityError:  # somebody else was quicker
        return Stream.objects.select_related("workspace").get(dead_letters_of=stream)
    return made


# Reading --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which letters: of these types, with this fault keyword, containing this text; ``state`` open, done or all."""

    types: frozenset[str] = frozenset()
    keyword: str = ""
    text: str = ""
    state: str = "open"

    def takes(self, letter: Letter) -> bool:
        """Whether this letter is meant."""
        return (
            (self.state == "all" or (letter.outcome is None) == (self.state == "open"))
            and (not self.types or letter.header("type") in self.types)
            and (not self.keyword or any(fault.get("keyword") == self.keyword for fault in letter.faults))
            and (not self.text or self._contains(letter))
        )

    def _contains(self, letter: Letter) -> bool:
        wanted = self.text.lower()
        key = (letter.record.key or b"").decode("utf-8", "replace")
        texts = (
            letter.record.payload.decode("utf-8", "replace"),
            key,
            letter.header("faults"),
            letter.header("sender"),
        )
        return any(wanted in each.lower() for each in texts)


@dataclass(frozen=True, slots=True)
class LetterPage:
    """Some letters, oldest first, and where to go on; ``more``: there may be others behind."""

    letters: Sequence[Letter]
    position: Position
    more: bool


def read_letters(letters: Stream, position: Position, wanted: Wanted, *, limit: int) -> LetterPage:
    """Up to ``limit`` letters that are wanted, looking at LOOKED_AT_MAX records at most."""
    found: list[Letter] = []
    looked_at = 0
    while looked_at < LOOKED_AT_MAX:
        here = queries.read(letters, position, records_max=READ_RECORDS)
        for letter in _with_outcomes(letters, list(here.records())):
            position = position.moved(partition=letter.record.partition, offset=letter.record.offset + 1)
            looked_at += 1
            if wanted.takes(letter):
                found.append(letter)
                if len(found) >= limit:
                    end = queries.resolve_position(letters, "latest")
                    return LetterPage(found, position, position != end)
        position = here.position
        if here.caught_up:
            return LetterPage(found, position, False)
    return LetterPage(found, position, True)


def letters_at(letters: Stream, places: Iterable[tuple[int, int]]) -> Iterator[Letter]:
    """The letters at these places (partition, offset), those that are still kept."""
    for partition, offset in places:
        start = queries.resolve_position(letters, f"offset:{partition}:{offset}")
        try:
            records = list(queries.read(letters, start, records_max=1).records())
        except StreamError:
            continue  # no longer kept
        yield from (
            letter
            for letter in _with_outcomes(letters, records)
            if (letter.record.partition, letter.record.offset) == (partition, offset)
        )


def _with_outcomes(letters: Stream, records: list[Record]) -> list[Letter]:
    if not records:
        return []
    rows = DeadLetterOutcome.objects.filter(
        stream=letters, offset__gte=min(each.offset for each in records), offset__lte=max(r.offset for r in records)
    )
    outcomes = {(row.partition, row.offset): row for row in rows}
    return [Letter(each, outcomes.get((each.partition, each.offset))) for each in records]


def open_count(letters: Stream) -> int:
    """How many letters are kept that nobody has dealt with."""
    found = queries.overview(letters)
    if found.description is None:
        return 0
    earliest = {each.partition: each.earliest_offset for each in found.description.partitions}
    done = DeadLetterOutcome.objects.filter(stream=letters, partition=0, offset__gte=earliest.get(0, 0)).count()
    return max(found.records - done, 0)


def open_counts(workspace_id: uuid.UUID) -> dict[str, int]:
    """Open letters of each stream of the workspace that has dead letters, by the stream's name."""
    rows = Stream.objects.filter(workspace_id=workspace_id, dead_letters_of__isnull=False).select_related(
        "dead_letters_of", "workspace"
    )
    return {row.dead_letters_of.name: open_count(row) for row in rows if row.dead_letters_of}


def letter_json(letter: Letter) -> dict[str, Any]:
    """A letter as the API and the page show it; the payload as text, or Base64 where it isn't any."""
    record, outcome = letter.record, letter.outcome
    shown: dict[str, Any] = {
        "partition": record.partition,
        "offset": str(record.offset),
        "timestamp_ms": record.timestamp_ms,
        "type": letter.header("type"),
        "pinned": letter.header("pinned"),
        "sender": letter.header("sender"),
        "key": None if record.key is None else record.key.decode("utf-8", "replace"),
        "faults": letter.faults,
        "text": record.payload.decode("utf-8", "replace"),
        "is_json": letter.header("content-type") in ("", "application/json"),
        "outcome": None,
    }
    if outcome is not None:
        shown["outcome"] = {
            "kind": outcome.kind,
            "placed": outcome.placed,
            "at": outcome.at.isoformat(),
            "by": outcome.by_name,
        }
    return shown
