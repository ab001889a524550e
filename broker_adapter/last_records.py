"""The newest records of a message type, looked for near the ends of a workspace's streams.

A log has no index by type, so the search is bounded: LOOKED_AT_MAX records from the end of each partition, in at most
STREAMS_MAX streams that have seen the type last. A rare type among millions of others may show nothing: the stream
page, filtered by type, finds it.
"""

from broker_adapter import queries
from broker_adapter.encoding import encode_records
from broker_adapter.models import Stream
from broker_adapter.traffic import streams_of_type
from workspaces.access import Access, Permission
from workspaces.errors import FactstormError

STREAMS_MAX = 5
LOOKED_AT_MAX = 2_000
BYTES_MAX = 4 * 1024 * 1024


def last_records_of_type(access: Access, name: str, *, limit: int) -> list[tuple[str, bytes]]:
    """``(stream's name, encoded record)``, newest first."""
    access.require(Permission.STREAM_READ)
    found: list[tuple[int, str, bytes]] = []
    for stream_name in streams_of_type(access.workspace.pk, name)[:STREAMS_MAX]:
        if access.can(Permission.STREAM_READ, stream=stream_name):
            stream = queries.find_stream(access.workspace, stream_name)
            found += [(at_ms, stream_name, record) for at_ms, record in _of_stream(stream, name.encode())]
    found.sort(key=lambda each: each[0], reverse=True)
    return [(stream_name, record) for _, stream_name, record in found[:limit]]


def _of_stream(stream: Stream, name: bytes) -> list[tuple[int, bytes]]:
    try:
        start = queries.resolve_position(stream, f"last:{LOOKED_AT_MAX}")
        found = queries.read(stream, start, records_max=LOOKED_AT_MAX * stream.partitions, bytes_max=BYTES_MAX)
    except FactstormError:
        return []  # a stream that is ill says so on its own page
    return [
        (at_ms, record)
        for batch in found.batches
        if name in batch.count_by_header("type")
        for record, at_ms, kind in zip(
            encode_records(batch), batch.timestamps_ms, batch.header_values("type"), strict=True
        )
        if kind == name
    ]
