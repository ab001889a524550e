"""Appending: check (access, limits, schemas), write (durably, all or nothing unless ``partial``), notify.

The asynchronous form does its thinking in a worker thread (a check may use the database). Where nobody is committing to
the partition that thread goes on and does; else it queues the records and is free, and the append waits for the log's
group commit without holding a thread: many publishers share a commit, and the event loop is free meanwhile.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial as bound
from typing import Any

from django.db import close_old_connections

from broker_adapter import dead_letters, traffic
from broker_adapter.checks import Fault, Notice, Refused, append_check, is_json, json_fault
from broker_adapter.engine_holder import engine
from broker_adapter.envelopes import Events
from broker_adapter.errors import RecordsRefused, log_errors
from broker_adapter.hub import hub
from broker_adapter.log.errors import StreamNotFound
from broker_adapter.log.position import Position
from broker_adapter.log.records import UNKNOWN_OFFSET, Appended, Headers, NewRecords
from broker_adapter.models import Stream, refuse_reserved
from broker_adapter.queries import find_stream, forget_stream, restore_log
from broker_adapter.rules import StreamRules, Takes, Validation
from workspaces import observing
from workspaces.access import Access, Permission
from workspaces.errors import Invalid

REFUSED_LISTED_MAX = 100
FAULTS_LISTED_MAX = 20
_threads = ThreadPoolExecutor(max_workers=8, thread_name_prefix="append")


@dataclass(frozen=True, slots=True)
class AppendOutcome:
    """What was stored where. ``appended`` is parallel to ``stored_indexes`` (None: to all that was sent).

    ``position`` is the place right after these records. ``quarantined``: the stream that keeps the refused.
    ``notices``: what the sender should hear of the types.
    """

    appended: Appended
    stored_indexes: Sequence[int] | None
    refused: dict[int, Refused]
    position: Position
    types: Sequence[str]
    quarantined: str = ""
    notices: tuple[Notice, ...] = ()

    @property
    def stored(self) -> int:
        """Newly stored: duplicates are not."""
        return len(self.appended.duplicates) - sum(self.appended.duplicates)


@dataclass(slots=True)
class _Prepared:
    """An append that passed its checks. ``records`` None: there is nothing left to store."""

    stream: Stream
    events: Events
    records: NewRecords | None
    stored_indexes: list[int] | None
    quarantined: str = ""
    began: float = field(default_factory=time.perf_counter)


def append_records(
    access: Access, *, stream: str, events: Events, partial: bool = False, quarantine: bool = True
) -> AppendOutcome:
    """Store the events. Returns when they are durable.

    ``quarantine`` False: what is refused is not kept among the stream's dead letters, whatever its policy.

    Raises NoSuchStream, RecordsRefused (nothing was stored; not with ``partial``), StreamError for what the log says.
    """
    prepared = _prepare(access, stream, lambda _: events, partial, quarantine)
    with log_errors(stream):
        appended = None if prepared.records is None else _append_now(prepared.stream, prepared.records)
    return _finish(prepared, appended)


def check_records(access: Access, *, stream: str, events: Events) -> dict[int, Refused]:
    """What of the events an append would refuse, by index. Stores nothing and counts nothing."""
    access.require(Permission.STREAM_APPEND, stream=stream)
    found = find_stream(access.workspace, stream)
    _check_conditions(found.rules, events, partial=True)
    _check(found, found.rules, events)
    return events.refused


async def aappend_records(
    access: Access, *, stream: str, events: Events | Callable[[StreamRules], Events], partial: bool = False
) -> AppendOutcome:
    """The same for asynchronous callers; ``events`` may be a function of the rules, which runs in the worker thread."""
    read = events if callable(events) else lambda _: events
    loop = asyncio.get_running_loop()
    prepared, future = await loop.run_in_executor(_threads, bound(_prepare_and_queue, access, stream, read, partial))
    appended = None
    if future is not None and prepared.records is not None:
        with log_errors(stream):
            appended = await _stored(prepared.stream, prepared.records, future)
    return _finish(prepared, appended)


def _prepare_and_queue(
    access: Access, name: str, read: Callable[[StreamRules], Events], partial: bool
) -> tuple[_Prepared, Future[Appended] | None]:
    """In one thread, which also stores the records if nobody else is at it: each change of threads costs 0.1 ms."""
    prepared = _prepare(access, name, read, partial)
    if prepared.records is None:
        return prepared, None
    log_name = prepared.stream.log_name
    with log_errors(name):
        try:
            return prepared, engine().append_soon(log_name, prepared.records, may_block=True)
        except StreamNotFound:
            _look_again(prepared.stream)
            return prepared, engine().append_soon(log_name, prepared.records, may_block=True)


def _prepare(
    access: Access, name: str, read: Callable[[StreamRules], Events], partial: bool, quarantine: bool = True
) -> _Prepared:
    access.require(Permission.STREAM_APPEND, stream=name)
    refuse_reserved(name)
    close_old_connections()
    stream = find_stream(access.workspace, name)
    if stream.dead_letters_of_id is not None:
        raise Invalid("Dead letters come by themselves.", hint="Append to the stream that they belong to.")
    rules = stream.rules
    events = read(rules)
    _check_conditions(rules, events, partial)
    versions = _check(stream, rules, events)
    if not events.refused:
        return _Prepared(stream, events, _records(events, versions, None), None)
    quarantined = ""
    if quarantine and rules.validation is Validation.QUARANTINE:
        quarantined = dead_letters.keep(stream, events, events.refused, sender=access.actor.name).name
    observing.records_refused.inc(len(events.refused))
    traffic.count_refused(stream, (events.types[index] for index in events.refused))
    if not partial:
        raise _refusal(events, quarantined)
    kept = [index for index in range(len(events)) if index not in events.refused]
    return _Prepared(stream, events, _records(events, versions, kept) if kept else None, kept, quarantined)


def _check_conditions(rules: StreamRules, events: Events, partial: bool) -> None:
    """Tombstones need a stream that compacts; conditions are of the append as a whole. Raises Invalid."""
    if partial and (events.expected is not None or events.producer is not None):
        raise Invalid(
            "A partial append can't have If-Position or Producer-Id: they are of all records together.",
            hint="Send without ?partial=true.",
        )
    if events.tombstones and not rules.compaction:
        fault = Fault(
            "", "This stream keeps every record, so no key ends.", "tombstone", hint="Set its compaction, or send data."
        )
        events.refused.update({index: Refused((fault,)) for index in events.tombstones})


def _check(stream: Stream, rules: StreamRules, events: Events) -> Sequence[str]:
    """The versions that validated the events. What is refused is added to ``events.refused``, or, where the stream only
    observes, flagged.
    """
    readable = None
    if events.refused or events.tombstones:
        readable = [i for i in range(len(events)) if i not in events.refused and i not in events.tombstones]

    def column(values: list | None) -> list | None:
        return values if readable is None or values is None else [values[index] for index in readable]

    types = column(events.types)
    if not types:
        return [""] * len(events)
    result = append_check().check_columns(
        workspace_id=stream.workspace_id,
        stream=stream.name,
        types=types,
        versions=column(events.versions) or [None] * len(types),
        payloads=column(events.payloads) or [],
        content_types=column(events.content_types),
        take_unknown=rules.takes is Takes.ANYTHING,
    )
    if rules.takes is Takes.LISTED:
        result.refused.update(_unlisted(rules, types))
    events.notices = result.notices
    refused, versions = result.refused, result.versions
    if readable is not None:
        refused = {readable[place]: each for place, each in refused.items()}
        versions = [""] * len(events)
        for place, index in enumerate(readable):
            versions[index] = result.versions[place]
    if refused and rules.validation is Validation.OBSERVE:
        return _flag(events, refused, versions)
    events.refused.update(refused)
    return versions


def _unlisted(rules: StreamRules, types: Sequence[str]) -> dict[int, Refused]:
    """Records of types that the stream doesn't take."""
    others = set(types).difference(rules.types)
    if not others:
        return {}
    hint = f"It takes {', '.join(rules.types[:5])}{' and others' if len(rules.types) > 5 else ''}."
    why = {name: Refused((Fault("", f"This stream takes no {name!r}.", "takes", hint=hint),)) for name in others}
    return {index: why[name] for index, name in enumerate(types) if name in others}


def _flag(events: Events, refused: dict[int, Refused], versions: Sequence[str]) -> Sequence[str]:
    """Observe: what would be refused is stored with its faults in a header; its version is none."""
    attributes = events.attributes or [()] * len(events)
    versions = list(versions)
    for index, each in refused.items():
        content_type = events.content_types[index] if events.content_types else None
        own = [dead_letters.faults_header(each)]
        if is_json(content_type) and json_fault(events.payloads[index]) is not None:
            own.append(("content-type", dead_letters.NOT_JSON))
        attributes[index] = (*attributes[index], *own)
        versions[index] = ""
    events.attributes = attributes
    return versions


def _records(events: Events, versions: Sequence[str], kept: list[int] | None) -> NewRecords:
    headers = _headers(events, versions)
    if kept is None:
        times = events.timestamps_ms
        return NewRecords(
            events.payloads, events.keys, headers, times, events.dedup_ids, events.expected, events.producer
        )

    def column(values: list) -> list:
        return [values[index] for index in kept]

    return NewRecords(
        column(events.payloads),
        None if events.keys is None else column(events.keys),
        column(headers),
        None if events.timestamps_ms is None else column(events.timestamps_ms),
        None if events.dedup_ids is None else column(events.dedup_ids),
    )


def _headers(events: Events, versions: Sequence[str]) -> list[Headers]:
    """One tuple for equal headers: the log stores it once a batch, and compares by identity first."""
    if events.attributes is None and versions.count(versions[0]) == len(versions):
        kinds = {name: _header(name, versions[0]) for name in set(events.types)}
        return [kinds[name] for name in events.types]
    made: dict[tuple, Headers] = {}
    keys = zip(events.types, versions, events.attributes or [()] * len(events), strict=True)
    headers = []
    for key in keys:
        found = made.get(key)
        if found is None:
            name, version, attributes = key
            found = made[key] = (*_header(name, version), *attributes)
        headers.append(found)
    return headers


def _header(name: str, version: str) -> Headers:
    kind = ("type", name.encode())
    return (kind, ("version", version.encode())) if version else (kind,)


def _append_now(stream: Stream, records: NewRecords) -> Appended:
    try:
        return engine().append(stream.log_name, records)
    except StreamNotFound:
        _look_again(stream)
        return engine().append(stream.log_name, records)


async def _stored(stream: Stream, records: NewRecords, future: Future[Appended]) -> Appended:
    try:
        return future.result() if future.done() else await asyncio.wrap_future(future)
    except StreamNotFound:
        await asyncio.get_running_loop().run_in_executor(_threads, _look_again, stream)
        return await asyncio.wrap_future(engine().append_soon(stream.log_name, records))


def _look_again(stream: Stream) -> None:
    """The log has no such stream: it was deleted meanwhile (NoSuchStream), or lived in memory only."""
    forget_stream(stream.workspace_id, stream.name)
    restore_log(find_stream(stream.workspace, stream.name))


def _finish(prepared: _Prepared, appended: Appended | None) -> AppendOutcome:
    """The position after the records, and the doorbell."""
    name = prepared.stream.log_name
    with log_errors(prepared.stream.name):
        position = engine().latest(name)
    if appended is None:
        appended = Appended([], [], [])
    else:
        hub.ring(name)
        position = _after(position, appended)
        _count(prepared, appended)
    events = prepared.events
    return AppendOutcome(
        appended, prepared.stored_indexes, events.refused, position, events.types, prepared.quarantined, events.notices
    )


def _count(prepared: _Prepared, appended: Appended) -> None:
    repeated = sum(appended.duplicates)
    observing.records_appended.inc(len(appended.duplicates) - repeated)
    observing.records_repeated.inc(repeated)
    if prepared.records is not None:
        observing.record_bytes_appended.inc(sum(map(len, prepared.records.payloads)))
    observing.append_seconds.observe(time.perf_counter() - prepared.began)


def _after(latest: Position, appended: Appended) -> Position:
    """In the partitions written to: right after the last of these records. In the others: their end."""
    ends: dict[int, int] = {}
    if len(set(appended.partitions)) == 1:
        ends[appended.partitions[0]] = max(appended.offsets)
    else:
        for partition, offset in zip(appended.partitions, appended.offsets, strict=True):
            ends[partition] = max(ends.get(partition, -1), offset)
    for partition, offset in ends.items():
        if offset == UNKNOWN_OFFSET:
            continue
        latest = latest.moved(partition=partition, offset=offset + 1)
    return latest


def _refusal(events: Events, quarantined: str) -> RecordsRefused:
    count = len(events.refused)
    fields: dict[str, Any] = {"dead_letters": quarantined, "quarantined": count} if quarantined else {}
    return RecordsRefused(
        f"{count} of {len(events)} {'record was' if len(events) == 1 else 'records were'} refused; nothing was stored.",
        hint="Mend the records listed, or add ?partial=true to store the others.",
        stored=0,
        refused=count,
        records=listed(events.refused, events.types),
        **fields,
    )


def listed(refused: dict[int, Refused], types: Sequence[str]) -> list[dict]:
    """The first REFUSED_LISTED_MAX refused records with their faults, as JSON."""
    return [
        {
            "index": index,
            "type": types[index],
            "errors": [fault.as_json() for fault in refused[index].errors[:FAULTS_LISTED_MAX]],
        }
        for index in sorted(refused)[:REFUSED_LISTED_MAX]
    ]
