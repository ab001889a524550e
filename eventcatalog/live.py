"""What a type's page shows of the log: its traffic and its last records.

Records of a type lie among others, so the last ones are looked for near the end of the streams that have seen the type
last: at most RECORDS_LOOKED_AT_MAX a stream and STREAMS_MAX streams. For more there is the stream's own page.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from broker_adapter import queries as streams
from broker_adapter import traffic
from broker_adapter.engine_holder import engine
from broker_adapter.models import Stream, TypeTraffic
from broker_adapter.traffic import Traffic
from eventcatalog.models import MessageType
from workspaces.access import Access, Permission
from workspaces.errors import FactstormError

STREAMS_MAX = 3
RECORDS_LOOKED_AT_MAX = 2_000
BYTES_LOOKED_AT_MAX = 4_000_000
TEXT_CHARACTERS_MAX = 4_000
SERIES_SECONDS = 60


@dataclass(frozen=True, slots=True)
class LastRecord:
    """A stored record as a line of a page; ``text`` is the payload, cut at TEXT_CHARACTERS_MAX."""

    stream: str
    partition: int
    offset: int
    at: datetime
    version: str
    text: str
    timestamp_ms: int


@dataclass(frozen=True, slots=True)
class Live:
    """``series``: records a second of the last minute, oldest first."""

    traffic: Traffic
    series: list[int]
    records: list[LastRecord]

    @property
    def peak(self) -> int:
        """The busiest second; at least 1, so that one may divide by it."""
        return max([1, *self.series])

    @property
    def bars(self) -> list[tuple[int, int, int]]:
        """(x, y, height) of a bar a second, in a drawing 32 high with 4 a second."""
        heights = [round(32 * count / self.peak) if count else 0 for count in self.series]
        return [(4 * place, 32 - height, height) for place, height in enumerate(heights)]


def live(access: Access, message_type: MessageType, *, limit: int = 20) -> Live:
    """The type's traffic and its last records, newest first; nothing of streams that the asker may not read."""
    name = message_type.name
    found = traffic.snapshot(access.workspace.pk).get(name) or Traffic()
    series = traffic.history(access.workspace.pk, type_name=name, seconds=SERIES_SECONDS)
    records = [each for stream in _streams(access, message_type) for each in _last(stream, name)]
    records.sort(key=lambda each: (each.timestamp_ms, each.offset), reverse=True)
    return Live(found, series, records[:limit])


def _streams(access: Access, message_type: MessageType) -> list[Stream]:
    """Those that have seen the type last, the type's own first."""
    seen = TypeTraffic.objects.filter(stream__workspace=access.workspace, type=message_type.name)
    found = [row.stream for row in seen.select_related("stream").order_by("-last_seen_at")[:STREAMS_MAX]]
    if message_type.stream_name and message_type.stream_name not in {each.name for each in found}:
        found += list(Stream.objects.filter(workspace=access.workspace, name=message_type.stream_name))
    return [each for each in found if access.can(Permission.STREAM_READ, stream=each.name)]


def _last(stream: Stream, name: str) -> Iterator[LastRecord]:
    try:
        described = streams.describe(stream)
        starts = {
            each.partition: max(each.earliest_offset, each.next_offset - RECORDS_LOOKED_AT_MAX // stream.partitions)
            for each in described.partitions
        }
        position = engine().position_at(stream.log_name, starts)
        found = streams.read(stream, position, records_max=RECORDS_LOOKED_AT_MAX, bytes_max=BYTES_LOOKED_AT_MAX)
    except FactstormError:
        return
    wanted = name.encode()
    for batch in found.batches:
        if wanted not in batch.count_by_header("type"):
            continue
        for record in batch.records():
            headers = dict(record.headers)
            if headers.get("type") == wanted:
                yield LastRecord(
                    stream=stream.name,
                    partition=record.partition,
                    offset=record.offset,
                    at=datetime.fromtimestamp(record.timestamp_ms / 1000, UTC),
                    version=headers.get("version", b"").decode("utf-8", "replace"),
                    text=record.payload[: TEXT_CHARACTERS_MAX * 2].decode("utf-8", "replace")[:TEXT_CHARACTERS_MAX],
                    timestamp_ms=record.timestamp_ms,
                )
