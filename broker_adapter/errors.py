"""Errors of floor 1, and the mapping of the log's own errors to them."""

from collections.abc import Iterator
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
    "position_conflict": 409,
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
