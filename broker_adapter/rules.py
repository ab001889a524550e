"""A stream's rules: what it takes, what becomes of what it refuses, and how long it keeps records. Kept as JSON.

    retention_ms      records older than that may go; None: kept for ever
    retention_bytes   the oldest go while the stream is larger; None: no bound
    compaction        keep the newest record per key; a tombstone (a key without data) takes the key away
    record_bytes_max  largest payload; None: the deployment's RECORD_BYTES_MAX, which it never passes
    batch_records_max most records in one append; None: the deployment's APPEND_RECORDS_MAX, which it never passes
    validation        strict: refuse; quarantine: refuse, and keep the record with its reasons in the stream's dead
                      letters; observe: store it with its faults in a header
    takes, types      catalogued: any type of the catalog; listed: those of `types`; anything: types that the catalog
                      doesn't know too (a known one is validated all the same)

Pure but for the deployment's limits. What is stored and unknown to this version is left alone.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from typing import Any

from django.conf import settings

from workspaces.errors import Invalid

MINUTE_MS = 60_000
RETENTION_MS_MAX = 100 * 366 * 24 * 3_600_000
RETENTION_BYTES_MIN = 1024 * 1024
RETENTION_BYTES_MAX = 1 << 50
LISTED_TYPES_MAX = 500
TYPE_CHARS_MAX = 200


class Validation(StrEnum):
    """What becomes of a record that its schema, or the stream's list of types, refuses."""

    STRICT = "strict"
    QUARANTINE = "quarantine"
    OBSERVE = "observe"


class Takes(StrEnum):
    """Which types a stream takes."""

    CATALOGUED = "catalogued"
    LISTED = "listed"
    ANYTHING = "anything"


@dataclass(frozen=True, slots=True)
class StreamRules:
    """See the module."""

    retention_ms: int | None = None
    retention_bytes: int | None = None
    compaction: bool = False
    record_bytes_max: int | None = None
    batch_records_max: int | None = None
    validation: Validation = Validation.STRICT
    takes: Takes = Takes.CATALOGUED
    types: tuple[str, ...] = ()

    @property
    def record_bytes(self) -> int:
        """The largest payload taken."""
        return min(self.record_bytes_max or settings.RECORD_BYTES_MAX, settings.RECORD_BYTES_MAX)

    @property
    def batch_records(self) -> int:
        """The most records taken in one append."""
        return min(self.batch_records_max or settings.APPEND_RECORDS_MAX, settings.APPEND_RECORDS_MAX)

    @property
    def is_bounded(self) -> bool:
        """Whether records ever go by themselves."""
        return self.retention_ms is not None or self.retention_bytes is not None or self.compaction

    def as_json(self) -> dict[str, Any]:
        """As it is stored, and as the API shows it."""
        return asdict(self) | {"types": list(self.types)}


_FIELDS = frozenset(each.name for each in fields(StreamRules))


def rules_from(stored: Mapping[str, Any]) -> StreamRules:
    """The rules as stored; what can't be read has its default."""
    try:
        return changed_rules(StreamRules(), {name: value for name, value in stored.items() if name in _FIELDS})
    except Invalid:
        return StreamRules()


def changed_rules(rules: StreamRules, changes: Mapping[str, Any]) -> StreamRules:
    """The rules with these changes. Raises Invalid with ``place`` the field's name."""
    values: dict[str, Any] = {}
    for name, value in changes.items():
        if name not in _FIELDS:
            raise Invalid(
                f"There is no setting {name!r}.", hint=f"There are: {', '.join(sorted(_FIELDS))}.", place=name
            )
        values[name] = _READ[name](name, value)
    found = replace(rules, **values)
    if found.takes is Takes.LISTED and not found.types:
        raise Invalid("A stream that takes listed types needs a list.", hint="Name at least one type.", place="types")
    return found


def _number(name: str, value: Any, minimum: int, maximum: int, unit: str) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not minimum <= value <= maximum:
        raise Invalid(
            f"{name} is a whole number of {unit} from {minimum:,} to {maximum:,}, or null.",
            hint="null is the default: for ever, or the deployment's limit.",
            place=name,
        )
    return value


def _retention_ms(name: str, value: Any) -> int | None:
    return _number(name, value, MINUTE_MS, RETENTION_MS_MAX, "milliseconds")


def _retention_bytes(name: str, value: Any) -> int | None:
    return _number(name, value, RETENTION_BYTES_MIN, RETENTION_BYTES_MAX, "bytes")


def _record_bytes(name: str, value: Any) -> int | None:
    return _number(name, value, 1, settings.RECORD_BYTES_MAX, "bytes")


def _batch_records(name: str, value: Any) -> int | None:
    return _number(name, value, 1, settings.APPEND_RECORDS_MAX, "records")


def _flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise Invalid(f"{name} is true or false.", place=name)
    return value


def _choice(kind: type[StrEnum]) -> Any:
    def read(name: str, value: Any) -> StrEnum:
        try:
            return kind(value)
        except ValueError as error:
            raise Invalid(f"{name} is one of: {', '.join(kind)}.", place=name) from error

    return read


def _types(name: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(each, str) for each in value):
        raise Invalid("types is a list of names.", place=name)
    names = tuple(dict.fromkeys(each.strip() for each in value if each.strip()))
    if len(names) > LISTED_TYPES_MAX or any(len(each) > TYPE_CHARS_MAX for each in names):
        raise Invalid(
            f"There are at most {LISTED_TYPES_MAX} types, of {TYPE_CHARS_MAX} characters at most.", place=name
        )
    return names


_READ: dict[str, Any] = {
    "retention_ms": _retention_ms,
    "retention_bytes": _retention_bytes,
    "compaction": _flag,
    "record_bytes_max": _record_bytes,
    "batch_records_max": _batch_records,
    "validation": _choice(Validation),
    "takes": _choice(Takes),
    "types": _types,
}
