"""What can go wrong in the log. Pure Python: floor 1 maps `code` to an HTTP status at its edge.

Whether a failed append was stored: never for errors that name the sender's input or the queue (`stream_not_found`,
`record_too_large`, `batch_too_large`, `invalid_append`, `position_conflict`, `producer_fenced`, `sequence_forgotten`,
`overloaded`, `storage_full`); unknown for `log_unavailable`. Sending again with
dedup ids is safe in every case.
"""

from __future__ import annotations

from typing import Any


class LogError(Exception):
    """Base of all errors of the log.

    `code` is stable, `message` is for people, `hint` says how to mend it, `fields` carries the particulars.
    """

    code = "log_error"
    hint = ""

    def __init__(self, message: str, *, hint: str | None = None, **fields: Any) -> None:
        super().__init__(message)
        self.message = message
        if hint is not None:
            self.hint = hint
        self.fields: dict[str, Any] = fields


class StreamNotFound(LogError):
    """No stream of that name, or not any more."""

    code = "stream_not_found"
    hint = "Create the stream first."

    def __init__(self, stream: str) -> None:
        super().__init__(f"There is no stream {stream!r}.", stream=stream)


class StreamExists(LogError):
    """A stream of that name is there already."""

    code = "stream_exists"
    hint = "Choose another name, or delete the stream first."

    def __init__(self, stream: str) -> None:
        super().__init__(f"The stream {stream!r} exists already.", stream=stream)


class InvalidStream(LogError):
    """A name, a number of partitions or a setting that the log can't take."""

    code = "invalid_stream"


class InvalidAppend(LogError):
    """An append that contradicts itself: a condition on one partition with keys of another, a producer without id."""

    code = "invalid_append"


class PositionConflict(LogError):
    """The condition of an append didn't hold: somebody else was there first. Nothing of it was stored.

    `expected` and `actual` are next offsets, of the partition or of the key's newest record.
    """

    code = "position_conflict"
    hint = "Read what came in between, decide again, and send with the actual position."

    def __init__(self, *, expected: int, actual: int, partition: int, key: bytes | None = None) -> None:
        what = f"partition {partition}" if key is None else "the key"
        super().__init__(
            f"Offset {expected} was expected next of {what}; it is {actual}.",
            expected=str(expected),
            actual=str(actual),
            partition=partition,
        )
        self.expected = expected
        self.actual = actual
        self.partition = partition
        self.key = key


class ProducerFenced(LogError):
    """Another producer of that id, with a higher epoch, has taken over. Nothing of the append was stored."""

    code = "producer_fenced"
    hint = "Stop this writer, or start it again with a higher epoch."

    def __init__(self, *, epoch: int, current: int) -> None:
        super().__init__(
            f"Epoch {epoch} of this producer is over; {current} writes now.", epoch=epoch, current_epoch=current
        )


class SequenceForgotten(LogError):
    """A producer's number so far behind its newest that nobody knows whether it was stored. Nothing was stored now."""

    code = "sequence_forgotten"
    hint = "Read the stream to see whether the record is there; go on with higher numbers."

    def __init__(self, *, sequence: int, known_from: int) -> None:
        super().__init__(
            f"Whether number {sequence} of this producer was stored is not known any more; numbers are known from "
            f"{known_from} on.",
            sequence=str(sequence),
            known_from=str(known_from),
        )


class PositionError(LogError):
    """A position that can't be read: not a token, of another stream, or ahead of the log."""

    code = "invalid_position"
    hint = "Start from earliest, latest or a time, or use a position as it was handed out."


class PositionGone(LogError):
    """Cannot resume: what lay at the position is no longer kept. `earliest` is the position to start from instead."""

    code = "position_gone"
    hint = "Start again from the earliest position."

    def __init__(self, message: str, *, earliest: str) -> None:
        super().__init__(message, earliest=earliest)
        self.earliest = earliest


class CorruptBatch(LogError):
    """A batch whose bytes are not what was written. `file` and `position` (bytes from its start) name the place."""

    code = "corrupt_batch"
    hint = "Restore the file from a backup. The records before and after it are readable."

    def __init__(self, reason: str, *, file: str, position: int) -> None:
        super().__init__(f"{file} is damaged at byte {position}: {reason}.", file=file, position=position)
        self.reason = reason
        self.file = file
        self.position = position


class CorruptStream(LogError):
    """A stream's own description (stream.json) can't be read."""

    code = "corrupt_stream"
    hint = "Restore stream.json from a backup; the segments beside it are untouched."


class InvalidBackup(LogError):
    """A folder that is no backup, or one that isn't what was written."""

    code = "invalid_backup"


class RecordTooLarge(LogError):
    """A payload with its key passes the stream's `record_bytes_max`. Nothing of the append was stored."""

    code = "record_too_large"
    hint = "Send a smaller payload, or raise the stream's limit."

    def __init__(self, *, index: int, record_bytes: int, record_bytes_max: int) -> None:
        super().__init__(
            f"Record {index} has {record_bytes:,} bytes; this stream takes {record_bytes_max:,}.",
            index=index,
            record_bytes=record_bytes,
            record_bytes_max=record_bytes_max,
        )


class BatchTooLarge(LogError):
    """An append passes the stream's `batch_bytes_max`. Nothing of it was stored."""

    code = "batch_too_large"
    hint = "Send fewer records at a time."

    def __init__(self, *, batch_bytes: int, batch_bytes_max: int) -> None:
        super().__init__(
            f"The batch has {batch_bytes:,} bytes; this stream takes {batch_bytes_max:,} at a time.",
            batch_bytes=batch_bytes,
            batch_bytes_max=batch_bytes_max,
        )


class Overloaded(LogError):
    """More is waiting to be stored than the queue takes. Nothing of the append was stored."""

    code = "overloaded"
    hint = "Wait a moment and send again."


class StorageFull(LogError):
    """No space left. Nothing of the append was stored; appends work again as soon as there is space."""

    code = "storage_full"
    hint = "Free some disk space; nothing needs to be restarted."


class LogUnavailable(LogError):
    """The storage failed or the engine is closed. What was being appended may or may not have been stored."""

    code = "log_unavailable"
    hint = "Send again with the same dedup ids; look at the disk if it goes on."
