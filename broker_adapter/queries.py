"""Reads of streams. Objects are fetched through the workspace; ``find_stream`` also remembers for the hot paths."""

import re
import threading
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass

from broker_adapter.engine_holder import engine, forgets_at_exit, stream_settings
from broker_adapter.errors import CannotResume, NoSuchStream, StreamError, log_errors
from broker_adapter.log.engine import StreamDescription
from broker_adapter.log.errors import PositionError, PositionGone, StreamExists, StreamNotFound
from broker_adapter.log.position import Position
from broker_adapter.log.records import Slice
from broker_adapter.models import RESERVED_PREFIX, STREAM_NAME, Stream
from broker_adapter.times import parse_time_ms
from workspaces.models import Workspace

REMEMBER_S = 5.0
REMEMBER_MAX = 10_000
LAST_MAX = 1_000_000
READ_BYTES_MAX = 16 * 1024 * 1024
_NAME = re.compile(rf"{STREAM_NAME}\Z")
_remembered: dict[tuple[uuid.UUID, str], tuple[float, Stream]] = {}
_lock = threading.Lock()


def now_ms() -> int:
    """The clock of this machine, in milliseconds since 1970 UTC."""
    return time.time_ns() // 1_000_000


def writable_streams_of(workspace: Workspace) -> list[Stream]:
    """Those that people and services append to: not what Factstorm itself writes."""
    return [each for each in streams_of(workspace) if not each.name.startswith(RESERVED_PREFIX)]


def streams_of(workspace: Workspace, *, dead_letters: bool = False) -> list[Stream]:
    """All streams of the workspace, by name; those of dead letters only when asked for."""
    found = Stream.objects.filter(workspace=workspace).select_related("dead_letters_of")
    return list(found if dead_letters else found.filter(dead_letters_of=None))


def find_stream(workspace: Workspace, name: str) -> Stream:
    """The stream, as it was at most REMEMBER_S ago. Raises NoSuchStream."""
    key = (workspace.pk, name)
    known = _remembered.get(key)
    now = time.monotonic()
    if known is not None and known[0] > now:
        return known[1]
    rows = Stream.objects.select_related("workspace", "dead_letters_of").filter(workspace=workspace)
    stream = rows.filter(name=name).first() if _NAME.match(name) else None
    if stream is None:
        _remembered.pop(key, None)
        raise NoSuchStream(name)
    with _lock:
        if len(_remembered) >= REMEMBER_MAX:
            _remembered.clear()
        _remembered[key] = (now + REMEMBER_S, stream)
    return stream


def remembered_stream(workspace_id: uuid.UUID, name: str) -> Stream | None:
    """The stream if it can be had without the database."""
    known = _remembered.get((workspace_id, name))
    return known[1] if known is not None and known[0] > time.monotonic() else None


def forget_stream(workspace_id: uuid.UUID, name: str) -> None:
    """It was changed or deleted: the next ``find_stream`` looks again."""
    _remembered.pop((workspace_id, name), None)


@dataclass(frozen=True, slots=True)
class StreamOverview:
    """A stream and what its log says; ``problem`` instead of a description when the log can't be read."""

    stream: Stream
    description: StreamDescription | None
    problem: str = ""

    @property
    def records(self) -> int:
        """How many records are kept."""
        return self.description.records if self.description else 0

    @property
    def bytes(self) -> int:
        """What they take on disk."""
        return self.description.bytes if self.description else 0

    @property
    def last_timestamp_ms(self) -> int | None:
        """Of the newest record; None while empty."""
        times = [each.last_timestamp_ms for each in self.description.partitions] if self.description else []
        return max((each for each in times if each is not None), default=None)


def overview(stream: Stream) -> StreamOverview:
    """The stream with its log's description; never raises for a log that is ill."""
    try:
        return StreamOverview(stream, describe(stream))
    except StreamError as error:
        return StreamOverview(stream, None, error.message)


def describe(stream: Stream) -> StreamDescription:
    """What the log says of it."""
    with log_errors(stream.name):
        try:
            return engine().describe(stream.log_name)
        except StreamNotFound:
            restore_log(stream)
            return engine().describe(stream.log_name)


def restore_log(stream: Stream) -> None:
    """Give a stream whose log is gone an empty one, where that is expected (records kept in memory only).

    Anywhere else a missing log is damage, and hiding it would be worse: raises StreamError.
    """
    if not forgets_at_exit():
        raise StreamError(
            f"The log of {stream.name!r} is missing on disk.",
            hint="Restore the log folder from a backup, or delete the stream.",
            http_status=503,
        )
    with suppress(StreamExists):  # somebody else may be quicker
        engine().create(
            stream.log_name, partitions=stream.partitions, settings=stream_settings(stream.rules, stream.partitions)
        )


def resolve_position(stream: Stream, start: str) -> Position:
    """``earliest``, ``latest``, ``last:<n>``, ``time:<RFC 3339>``, ``offset:<partition>:<offset>`` or a position token.

    Raises StreamError ``invalid_position``.
    """
    describe_if_forgotten(stream)
    with log_errors(stream.name):
        if start in ("", "earliest"):
            return engine().earliest(stream.log_name)
        if start == "latest":
            return engine().latest(stream.log_name)
        if start.startswith("last:"):
            return _before_end(stream, start)
        if start.startswith("time:"):
            return engine().at_time(stream.log_name, parse_time_ms(start.removeprefix("time:")))
        if start.startswith("offset:"):
            return _at_offset(stream, start)
        return Position.decode(start)


def _before_end(stream: Stream, start: str) -> Position:
    """``last:<n>``: n records before the end of each partition, or its earliest."""
    count = start.removeprefix("last:")
    if not count.isdecimal() or int(count) > LAST_MAX:
        raise PositionError(f"{start[:60]!r} is no place.", hint=f"Say last:<n>, n up to {LAST_MAX:,}.")
    partitions = engine().describe(stream.log_name).partitions
    offsets = {each.partition: max(each.earliest_offset, each.next_offset - int(count)) for each in partitions}
    return engine().position_at(stream.log_name, offsets)


def _at_offset(stream: Stream, start: str) -> Position:
    """``offset:<partition>:<offset>``: that record first; other partitions from their end, so that it stands alone."""
    try:
        partition, offset = map(int, start.removeprefix("offset:").split(":"))
    except ValueError as error:
        raise PositionError(f"{start[:60]!r} is no place.", hint="Say offset:<partition>:<offset>.") from error
    if not 0 <= partition < stream.partitions or offset < 0:
        raise PositionError(f"{stream.name} has no partition {partition}, or the offset is negative.")
    return engine().latest(stream.log_name).moved(partition=partition, offset=offset)


def describe_if_forgotten(stream: Stream) -> None:
    """Make sure the log is there (a stream kept in memory loses it at a restart)."""
    if forgets_at_exit() and not engine().exists(stream.log_name):
        restore_log(stream)


def read(stream: Stream, position: Position, *, records_max: int, bytes_max: int = READ_BYTES_MAX) -> Slice:
    """What lies at the position. Raises CannotResume (with the earliest position) and StreamError."""
    with log_errors(stream.name):
        try:
            return engine().read(stream.log_name, position, records_max=records_max, bytes_max=bytes_max)
        except PositionGone:
            raise
        except PositionError as error:
            if position.epoch != engine().describe(stream.log_name).epoch:
                raise CannotResume(
                    "The stream was made anew since this position was handed out.",
                    hint="Start again from the earliest position.",
                    stream=stream.name,
                    earliest=engine().earliest(stream.log_name).encode(),
                ) from error
            raise
