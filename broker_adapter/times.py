"""Times as they come and go: RFC 3339 text, milliseconds since 1970 UTC inside."""

from datetime import UTC, datetime

from broker_adapter.log.errors import PositionError


def parse_time_ms(text: str) -> int:
    """Milliseconds of an RFC 3339 time (a space for the + of its zone is forgiven); UTC without a zone.

    Raises PositionError.
    """
    try:
        moment = datetime.fromisoformat(text.strip().replace(" ", "+") if "T" in text.upper() else text.strip())
    except ValueError as error:
        hint = "Say time:2026-11-24T12:00:00Z, for instance."
        raise PositionError(f"{text[:40]!r} is not a time.", hint=hint) from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return int(moment.timestamp() * 1000)


def format_time(at_ms: int) -> str:
    """``2026-11-24T12:00:00.123Z``."""
    moment = datetime.fromtimestamp(at_ms / 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{at_ms % 1000:03d}Z"
