"""Errors of floor 1, and the mapping of the log's own errors to them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from broker_adapter.log.errors import LogError, PositionGone
from workspaces.errors import Conflict, FactstormError

_STATUS = {
    "stream_not_found": 404,
    "stream_exists": 409,
    "invalid_stream": 422,
    "invalid_position": 400,
    "position_gone": 410,
    "record_too_large": 413,
    "batch_too_large": 413,
    "invalid_append": 422,
    "position_conflict": 412,
    "producer_fenced": 409,
    "sequence_forgotten": 409,
    "overloaded": 503,
    "log_unavailable": 503,
    "storage_full": 507,
}


class StreamError(FactstormError):
    """The base of this floor's errors, and what an error of the log becomes at the edge."""

    code = "stream_error"
    http_status = 400

    def __init__(self, message: str, *, hint: str = "", http_status: int | None = None, **fields: Any) -> None:
        super().__init__(message, hint=hint, **fields)
        if http_status is not None:
            self.http_status = http_status


class NoSuchStream(StreamError):
    """The asker is in the workspace, and there is no stream of this name in it."""

    code = "stream_not_found"
    http_status = 404

    def __init__(self, name: str) -> None:
        super().__init__(
            f"There is no stream {name!r} in this workspace.",
            hint='Create it first: on the Streams page, or POST {"name": ...} to this workspace\'s /streams.',
            stream=name,
        )


class StreamNameTaken(Conflict):
    """Another stream of the workspace has this name."""

    code = "stream_exists"


class CannotResume(StreamError):
    """What lay at the position is no longer kept; ``fields['earliest']`` is where reading can start."""

    code = "position_gone"
    http_status = 410


class MalformedBody(StreamError):
    """The body as a whole can't be read."""

    code = "malformed"
    http_status = 400


class UnknownContentType(StreamError):
    """A content type that append does not take."""

    code = "unsupported_media_type"
    http_status = 415


class TooLarge(StreamError):
    """A body, batch or record over its limit."""

    code = "too_large"
    http_status = 413


class RecordsRefused(StreamError):
    """Some records of an append were refused, so none was stored. ``fields['records']`` says which and why."""

    code = "invalid_records"
    http_status = 422


class NoSuchGroup(StreamError):
    """The stream has no consumer group of this name."""

    code = "group_not_found"
    http_status = 404

    def __init__(self, name: str) -> None:
        super().__init__(
            f"There is no group {name!r} on this stream.", hint="Join it first: that makes it.", group=name
        )


class MemberGone(StreamError):
    """The member is not in the group, or not any more: it was silent for too long, or left."""

    code = "member_gone"
    http_status = 410

    def __init__(self) -> None:
        super().__init__(
            "This member is not in the group any more.",
            hint="Join again. What was fetched and not committed is given to others; heartbeats keep a member in.",
        )


class StaleGeneration(StreamError):
    """The partitions were dealt anew since the generation that was named. ``fields`` hold the present ones."""

    code = "stale_generation"
    http_status = 409

    def __init__(self, generation: int, partitions: Mapping[int, int], *, restart: bool = False) -> None:
        super().__init__(
            "The partitions were dealt anew.",
            hint="Go on with this generation and these partitions; let go of the others.",
            generation=generation,
            restart=restart,
            partitions=[{"partition": each, "committed_offset": str(at)} for each, at in sorted(partitions.items())],
        )
        self.generation = generation
        self.partitions = partitions
        self.restart = restart


class CommitConflict(StreamError):
    """Another value than the expected one is committed. ``fields['actual']`` says which."""

    code = "commit_conflict"
    http_status = 409

    def __init__(self, actual: Mapping[int, int]) -> None:
        super().__init__(
            "Somebody else has committed meanwhile; nothing of this was committed.",
            hint="Read from the actual offsets on.",
            actual={str(partition): str(offset) for partition, offset in actual.items()},
        )
        self.actual = actual


def from_log_error(error: LogError, *, stream: str) -> FactstormError:
    """The error that people get to see; ``stream`` is the name they know (the log's own is an id)."""
    if error.code == "stream_not_found":
        return NoSuchStream(stream)
    if isinstance(error, PositionGone):
        return CannotResume(error.message, hint=error.hint, stream=stream, earliest=error.earliest)
    fields = {key: value for key, value in error.fields.items() if key not in ("file", "stream")}
    mapped = StreamError(
        error.message, hint=error.hint, http_status=_STATUS.get(error.code, 500), stream=stream, **fields
    )
    mapped.code = error.code
    return mapped


@contextmanager
def log_errors(stream: str) -> Iterator[None]:
    """Errors of the log raised inside leave as this floor's."""
    try:
        yield
    except LogError as error:
        raise from_log_error(error, stream=stream) from error
