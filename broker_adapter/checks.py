"""What is asked before a record is stored: the protocol that ``settings.APPEND_CHECKS`` names an implementation of.

Floor 1 defines the question, floor 2 (the catalog) answers it. Rules that an implementation keeps:

- A payload that is accepted is JSON text (RFC 8259, UTF-8): readers embed it verbatim in their answers. A check that
  accepts other payloads (``content_types``) does so only where the column says that it is not JSON.
- ``versions`` names what validated the record: a schema version's semver, or "" where nothing is registered and the
  check lets such records pass.
- ``take_unknown``: a type that is not registered is taken too, as any JSON. A registered one is validated all the same.
- A check is called from worker threads, several at a time, and may use the database.
- It never raises for a bad payload; what it raises is a failure of its own, and nothing is stored.

``check_columns`` is the hot path: columns in, columns out, so that a thousand good records cost no object each.
``check`` is the same question for people who think in records; ``ColumnCheck`` derives one from the other.
"""

import functools
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

import msgspec
from django.conf import settings
from django.utils.module_loading import import_string

RAW = msgspec.json.Decoder(msgspec.Raw)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a record.

    ``pointer`` is a JSON Pointer (RFC 6901) into the payload, "" for the whole; ``keyword`` the schema keyword or rule
    that refused it, stable and for programs; ``schema_version`` the semver that was applied, "" when none was.
    """

    pointer: str
    message: str
    keyword: str
    schema_version: str = ""
    hint: str = ""

    def as_json(self) -> dict[str, str]:
        """The fault as it stands in a 422."""
        return {
            "pointer": self.pointer,
            "message": self.message,
            "keyword": self.keyword,
            "schema_version": self.schema_version,
            "hint": self.hint,
        }


@dataclass(frozen=True, slots=True)
class Incoming:
    """One record that asks to be stored. ``version`` None: the newest that the type offers."""

    type: str
    version: str | None
    payload: bytes


@dataclass(frozen=True, slots=True)
class Accepted:
    """Take it; ``version`` is what validated it ("" when nothing is registered)."""

    version: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Don't; why, in at least one fault. ``raw``: the record as it came, where it could not even be read."""

    errors: tuple[Fault, ...]
    raw: bytes = b""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that who appends a type should hear, though its records are taken: ``code`` deprecated, for now.

    ``since`` and ``sunset``: when it began, and when it may stop working; ``successor``: the type to use instead;
    ``page``: the path of a page about it. What is not known is None or "".
    """

    type: str
    code: str
    message: str
    since: datetime | None = None
    sunset: datetime | None = None
    successor: str = ""
    page: str = ""

    def as_json(self) -> dict[str, str | None]:
        """As it stands in ``warnings`` of an append's answer."""
        return {
            "type": self.type,
            "code": self.code,
            "message": self.message,
            "since": self.since.isoformat() if self.since else None,
            "sunset": self.sunset.isoformat() if self.sunset else None,
            "successor": self.successor or None,
        }


@dataclass(slots=True)
class CheckResult:
    """``versions`` is parallel to the input (whatever it says at a refused index is not looked at).

    ``notices``: what to tell the sender besides, one a type.
    """

    versions: Sequence[str]
    refused: dict[int, Refused] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()


@runtime_checkable
class AppendCheck(Protocol):
    """Asked once for each append request."""

    def check_columns(
        self,
        *,
        workspace_id: uuid.UUID,
        stream: str,
        types: Sequence[str],
        versions: Sequence[str | None],
        payloads: Sequence[bytes],
        content_types: Sequence[str | None] | None = None,
        take_unknown: bool = False,
    ) -> CheckResult:
        """The columns are of one length. ``content_types`` None: all are application/json; so is an entry of None."""

    def check(
        self, *, workspace_id: uuid.UUID, stream: str, incoming: Sequence[Incoming]
    ) -> Sequence[Accepted | Refused]:
        """The same, a record at a time."""


class ColumnCheck:
    """A base for implementations: write ``check_columns``, get ``check``."""

    def check_columns(
        self,
        *,
        workspace_id: uuid.UUID,
        stream: str,
        types: Sequence[str],
        versions: Sequence[str | None],
        payloads: Sequence[bytes],
        content_types: Sequence[str | None] | None = None,
        take_unknown: bool = False,
    ) -> CheckResult:
        """See AppendCheck."""
        raise NotImplementedError

    def check(
        self, *, workspace_id: uuid.UUID, stream: str, incoming: Sequence[Incoming]
    ) -> Sequence[Accepted | Refused]:
        """See AppendCheck."""
        result = self.check_columns(
            workspace_id=workspace_id,
            stream=stream,
            types=[each.type for each in incoming],
            versions=[each.version for each in incoming],
            payloads=[each.payload for each in incoming],
        )
        return [result.refused.get(index) or Accepted(version) for index, version in enumerate(result.versions)]


class TakeAnyJson(ColumnCheck):
    """The default when no check is set: any payload that is JSON; other content types as they are."""

    def check_columns(
        self,
        *,
        workspace_id: uuid.UUID,
        stream: str,
        types: Sequence[str],
        versions: Sequence[str | None],
        payloads: Sequence[bytes],
        content_types: Sequence[str | None] | None = None,
        take_unknown: bool = False,
    ) -> CheckResult:
        """Refuses what is not JSON; asks nothing else."""
        result = CheckResult([version or "" for version in versions])
        for index, payload in enumerate(payloads):
            if content_types is not None and not is_json(content_types[index]):
                continue
            fault = json_fault(payload)
            if fault is not None:
                result.refused[index] = Refused((fault,))
        return result


def is_json(content_type: str | None) -> bool:
    """Whether a record of this content type holds JSON: absent, application/json, or any +json."""
    if content_type is None:
        return True
    media = content_type.partition(";")[0].strip().lower()
    return media in ("application/json", "text/json") or media.endswith("+json")


def json_fault(payload: bytes) -> Fault | None:
    """What keeps these bytes from being JSON text; None when they are."""
    try:
        RAW.decode(payload)
        payload.decode()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return Fault("", f"The payload is not JSON: {error}.", "json", hint="Send JSON text in UTF-8.")
    return None


@functools.cache
def _load(path: str) -> AppendCheck:
    check: Any = import_string(path)() if path else TakeAnyJson()
    return check


def append_check() -> AppendCheck:
    """The check that this deployment uses; one object a process."""
    return _load(settings.APPEND_CHECKS)
