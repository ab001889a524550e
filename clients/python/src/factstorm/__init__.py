"""Append to, read and follow the streams of a Factstorm server: `Client`, and `AsyncClient` for event loops."""

from factstorm.async_batching import AsyncBatcher
from factstorm.async_client import AsyncClient, AsyncStream, AsyncTail
from factstorm.async_group import AsyncGroup
from factstorm.batching import Batcher
from factstorm.client import Client, Stream, Tail
from factstorm.errors import (
    ApiError,
    AppendsFailed,
    Busy,
    CommitRefused,
    Conflict,
    FactstormError,
    Forbidden,
    InvalidRecords,
    Malformed,
    NotFound,
    NotSignedIn,
    PositionGone,
    RecordRefused,
    ServerFailed,
    StorageFull,
    StreamNotFound,
    TailEnded,
    Unreachable,
)
from factstorm.gathering import Batching
from factstorm.group import Group
from factstorm.group_protocol import GroupBatch
from factstorm.records import Appended, Batch, Event, Fault, Gap, Page, Place, Record, RefusedRecord
from factstorm.retrying import NEVER, Retry

__all__ = [
    "NEVER",
    "ApiError",
    "Appended",
    "AppendsFailed",
    "AsyncBatcher",
    "AsyncClient",
    "AsyncGroup",
    "AsyncStream",
    "AsyncTail",
    "Batch",
    "Batcher",
    "Batching",
    "Busy",
    "Client",
    "CommitRefused",
    "Conflict",
    "Event",
    "FactstormError",
    "Fault",
    "Forbidden",
    "Gap",
    "Group",
    "GroupBatch",
    "InvalidRecords",
    "Malformed",
    "NotFound",
    "NotSignedIn",
    "Page",
    "Place",
    "PositionGone",
    "Record",
    "RecordRefused",
    "RefusedRecord",
    "Retry",
    "ServerFailed",
    "StorageFull",
    "Stream",
    "StreamNotFound",
    "Tail",
    "TailEnded",
    "Unreachable",
]
