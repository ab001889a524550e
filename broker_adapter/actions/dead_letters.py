"""What is done with dead letters: redriven after a fix, or discarded. In bulk, and more than once without harm."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from broker_adapter import dead_letters, queries
from broker_adapter.actions.append import append_records, listed
from broker_adapter.checks import Fault, Refused
from broker_adapter.dead_letters import Letter, Wanted
from broker_adapter.envelopes import Events
from broker_adapter.log.position import Position
from broker_adapter.log.records import Headers
from broker_adapter.models import DeadLetterOutcome, Stream
from workspaces.access import Access, Permission
from workspaces.errors import Invalid, NotFound

BULK_MAX = 1_000  # letters a request; the answer says whether there are more
CHOSEN_MAX = 1_000
UNREADABLE = {"json", "envelope"}  # faults of records whose bytes no change of a schema can mend


@dataclass(frozen=True, slots=True)
class Selection:
    """Which letters: those at ``places``, or all that ``wanted`` takes from ``start`` (a position; "": earliest)."""

    places: Sequence[tuple[int, int]] = ()
    wanted: Wanted = field(default_factory=Wanted)
    start: str = ""


@dataclass(slots=True)
class Report:
    """What came of it. ``next``: where to go on when ``more`` may follow; ``records``: the first refused."""

    tried: int = 0
    stored: int = 0
    duplicates: int = 0
    refused: int = 0
    discarded: int = 0
    more: bool = False
    next: str = ""
    records: list[dict[str, Any]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """As the API answers."""
        return {name: getattr(self, name) for name in self.__slots__}


def redrive(access: Access, *, stream: str, selection: Selection) -> Report:
    """Append the letters to their stream again: what passes now is stored there, what doesn't stays as it was.

    A letter is stored once however often it is redriven: by its own source and id, or by its place. Raises NotFound
    while there are no dead letters, NoSuchStream, and what an append raises.
    """
    access.require(Permission.STREAM_READ, stream=stream)
    access.require(Permission.STREAM_APPEND, stream=stream)
    found, letters = _streams(access, stream)
    report = Report()
    chosen = _choose(letters, selection, report)
    if not chosen:
        return report
    events = _events(letters, chosen)
    outcome = append_records(access, stream=found.name, events=events, partial=True, quarantine=False)
    report.tried, report.refused = len(chosen), len(outcome.refused)
    report.duplicates = sum(outcome.appended.duplicates)
    report.stored = outcome.stored
    kept = outcome.stored_indexes if outcome.stored_indexes is not None else range(len(chosen))
    places = zip(kept, outcome.appended.partitions, outcome.appended.offsets, strict=True)
    _note(access, letters, [(chosen[index], f"{partition}:{offset}") for index, partition, offset in places])
    report.records = [
        row | {"partition": chosen[row["index"]].record.partition, "offset": str(chosen[row["index"]].record.offset)}
        for row in listed(outcome.refused, events.types)
    ]
    return report


def discard(access: Access, *, stream: str, selection: Selection) -> Report:
    """Put the letters aside for good: they stay readable until retention takes them, and are no longer open."""
    access.require(Permission.STREAM_READ, stream=stream)
    access.require(Permission.STREAM_APPEND, stream=stream)
    _, letters = _streams(access, stream)
    report = Report()
    chosen = _choose(letters, selection, report)
    _note(access, letters, [(letter, "") for letter in chosen], kind=DeadLetterOutcome.DISCARDED)
    report.tried = report.discarded = len(chosen)
    return report


def _streams(access: Access, name: str) -> tuple[Stream, Stream]:
    found = queries.find_stream(access.workspace, name)
    letters = dead_letters.find_dead_letters(found)
    if letters is None:
        raise NotFound
    return found, letters


def _choose(letters: Stream, selection: Selection, report: Report) -> list[Letter]:
    if len(selection.places) > CHOSEN_MAX:
        raise Invalid(f"At most {CHOSEN_MAX:,} letters are named at a time.", place="letters")
    if selection.places:
        found = dead_letters.letters_at(letters, selection.places)
        return [letter for letter in found if letter.outcome is None]
    start = queries.resolve_position(letters, selection.start)
    read = dead_letters.read_letters(letters, start, selection.wanted, limit=BULK_MAX)
    report.more, report.next = read.more, read.position.encode()
    return list(read.letters)


def _events(letters: Stream, chosen: Sequence[Letter]) -> Events:
    epoch = queries.describe(letters).epoch.bytes
    events = Events(
        types=[letter.header("type") for letter in chosen],
        payloads=[letter.record.payload for letter in chosen],
        keys=[letter.record.key for letter in chosen],
        attributes=[_attributes(letter) for letter in chosen],
        dedup_ids=[_identity(letter, epoch) for letter in chosen],
        content_types=[letter.header("content-type") or None for letter in chosen],
    )
    for index, letter in enumerate(chosen):
        unreadable = [fault for fault in letter.faults if fault.get("keyword") in UNREADABLE]
        if unreadable and letter.header("content-type") == dead_letters.NOT_JSON.decode():
            events.refused[index] = Refused((Fault(**_fault(unreadable[0])),))
    return events


def _attributes(letter: Letter) -> Headers:
    return tuple(pair for pair in letter.record.headers if pair[0].startswith("ce-") or pair[0] == "content-type")


def _fault(found: dict[str, Any]) -> dict[str, str]:
    names = ("pointer", "message", "keyword", "schema_version", "hint")
    return {name: str(found.get(name, "")) for name in names}


def _identity(letter: Letter, epoch: bytes) -> bytes:
    """The sender's source and id, or the letter's own place: the same letter is stored once."""
    source, identity = letter.header("ce-source"), letter.header("ce-id")
    if source and identity:
        text = f"{len(source)}:{source}{identity}".encode()
    else:
        text = b"dead letter %b:%d:%d" % (epoch, *letter.place)
    return hashlib.blake2b(text, digest_size=16).digest()


def _note(
    access: Access, letters: Stream, done: Iterable[tuple[Letter, str]], kind: str = DeadLetterOutcome.REDRIVEN
) -> None:
    rows = [
        DeadLetterOutcome(
            stream=letters,
            partition=letter.record.partition,
            offset=letter.record.offset,
            kind=kind,
            placed=placed,
            by_name=access.actor.name[:80],
        )
        for letter, placed in done
    ]
    DeadLetterOutcome.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)


def forget_outcomes(letters: Stream, earliest: Position) -> None:
    """Rows about letters that retention has taken."""
    for partition, offset in enumerate(earliest.offsets):
        DeadLetterOutcome.objects.filter(stream=letters, partition=partition, offset__lt=offset).delete()
