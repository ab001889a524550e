"""What can go wrong, as exceptions. `FactstormError` is the base of all.

ApiError                 the server refused; `status`, `code`, `message`, `hint` and `fields` are what it said
  NotSignedIn 401          Forbidden 403          NotFound 404 > StreamNotFound
  Malformed 400, 413, 415  Conflict 409           PositionGone 410 (`earliest`)
  InvalidRecords 422       (`records`: which, where and why)
  Busy 429, 503            StorageFull 507        ServerFailed 5xx
Unreachable              no answer; `unsure`: whether the request may have been carried out all the same
TailEnded                the server closed a tail or a group for good
CommitRefused            a group did not take a commit
RecordRefused            of one event given to a batcher
AppendsFailed            what a batcher could not store, together
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from factstorm.records import Fault, RefusedRecord


class FactstormError(Exception):
    """The base of every error of this package."""


class Unreachable(FactstormError):
    """The server did not answer. `unsure`: it may have carried the request out."""

    def __init__(self, message: str, *, unsure: bool) -> None:
        super().__init__(message)
        self.unsure = unsure


class ApiError(FactstormError):
    """A refusal by the server. Programs look at `code`, people read `message` and `hint`."""

    def __init__(
        self, status: int, code: str, message: str, *, hint: str = "", fields: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(f"{message} {hint}".strip())
        self.status = status
        self.code = code
        self.message = message
        self.hint = hint
        self.fields = dict(fields or {})


class NotSignedIn(ApiError):
    """The key is missing, unknown or revoked."""


class Forbidden(ApiError):
    """The key lacks a scope, or may not use this stream."""


class NotFound(ApiError):
    """There is no such thing, or it is not yours to see."""


class StreamNotFound(NotFound):
    """The workspace has no stream of this name."""


class Malformed(ApiError):
    """The request as a whole can't be taken: its form, its size, its position."""


class Conflict(ApiError):
    """It would collide with what is there."""


class PositionGone(ApiError):
    """What lay at the position is no longer kept, or the stream was made anew. Reading can start at `earliest`."""

    @property
    def earliest(self) -> str:
        return str(self.fields.get("earliest", "earliest"))


class InvalidRecords(ApiError):
    """Records were refused and nothing was stored. `records` lists the first 100; `refused` counts all."""

    @property
    def records(self) -> tuple[RefusedRecord, ...]:
        return refused_records(self.fields.get("records", ()))

    @property
    def refused(self) -> int:
        return int(self.fields.get("refused", len(self.records)))

    def __str__(self) -> str:
        lines = [
            f"  record {each.index} ({each.type}) at {fault.pointer or 'the top'}: {fault.message}"
            for each in self.records[:5]
            for fault in each.faults[:3]
        ]
        return "\n".join([self.message, *lines])


class Busy(ApiError):
    """The server can't take it now. `retry_after` seconds is what it asked for, None if it did not say."""

    @property
    def retry_after(self) -> float | None:
        value = self.fields.get("retry_after")
        return None if value is None else float(value)


class StorageFull(ApiError):
    """The server's disk is full."""


class ServerFailed(ApiError):
    """Something broke on the server's side; an append may or may not have been stored."""


class TailEnded(FactstormError):
    """The server closed the tail and connecting again would not help."""

    def __init__(self, close_code: int, code: str, message: str, hint: str = "") -> None:
        super().__init__(f"{message} {hint}".strip())
        self.close_code = close_code
        self.code = code
        self.message = message
        self.hint = hint


class CommitRefused(FactstormError):
    """A group did not take a commit. `code`: `stale_generation` or `commit_conflict`; `actual`: what is committed."""

    def __init__(self, code: str, message: str, *, hint: str = "", actual: Mapping[int, int] | None = None) -> None:
        super().__init__(f"{message} {hint}".strip())
        self.code = code
        self.message = message
        self.hint = hint
        self.actual = dict(actual or {})


class RecordRefused(FactstormError):
    """One event of a batcher was refused; the others of its batch were stored."""

    def __init__(self, record: RefusedRecord) -> None:
        where = ", ".join(f"{fault.pointer or 'the top'}: {fault.message}" for fault in record.faults[:3])
        super().__init__(f"{record.type} was refused: {where or 'the server did not list why'}")
        self.record = record


class AppendsFailed(FactstormError):
    """Events given to a batcher were not stored. `errors` holds the first 100, `count` counts all."""

    def __init__(self, count: int, errors: Sequence[Exception]) -> None:
        super().__init__(f"{count} event(s) were not stored; the first: {errors[0]}")
        self.count = count
        self.errors = tuple(errors)


_BY_STATUS: dict[int, type[ApiError]] = {
    400: Malformed, 401: NotSignedIn, 403: Forbidden, 404: NotFound, 409: Conflict, 410: PositionGone,
    413: Malformed, 415: Malformed, 422: InvalidRecords, 429: Busy, 503: Busy, 507: StorageFull,
}  # fmt: skip


def api_error(status: int, body: Any, *, retry_after: float | None = None) -> ApiError:
    """The exception for an answer. `body` is its JSON, or whatever came instead."""
    said = body.get("error") if isinstance(body, dict) else None
    said = said if isinstance(said, dict) else {}
    code = str(said.get("code", f"http_{status}"))
    kind = _BY_STATUS.get(status, ServerFailed if status >= 500 else ApiError)
    if code == "stream_not_found":
        kind = StreamNotFound
    elif kind is InvalidRecords and code != "invalid_records":
        kind = Malformed
    fields = {name: value for name, value in said.items() if name not in ("code", "message", "hint")}
    if retry_after is not None:
        fields["retry_after"] = retry_after
    message = str(said.get("message") or f"The server answered {status}.")
    return kind(status, code, message, hint=str(said.get("hint", "")), fields=fields)


def refused_records(listed: Any) -> tuple[RefusedRecord, ...]:
    """What a 422 or 207 lists."""
    return tuple(
        RefusedRecord(
            index=int(each["index"]),
            type=str(each.get("type", "")),
            faults=tuple(
                Fault(
                    pointer=str(fault.get("pointer", "")),
                    message=str(fault.get("message", "")),
                    keyword=str(fault.get("keyword", "")),
                    schema_version=str(fault.get("schema_version", "")),
                    hint=str(fault.get("hint", "")),
                )
                for fault in each.get("errors", ())
            ),
        )
        for each in listed
    )
