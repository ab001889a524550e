"""The audit trail, read from the log, newest first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from broker_adapter.engine_holder import engine
from broker_adapter.errors import log_errors
from broker_adapter.log.errors import PositionError
from broker_adapter.log.position import Position
from broker_adapter.queries import describe_if_forgotten
from eventcatalog.facts.outbox import catalog_stream, deliver_quietly
from workspaces.errors import Invalid
from workspaces.models import Workspace

PAGE_MAX = 200
READ_MAX = 5_000
BYTES_MAX = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Fact:
    """A record of the trail: ``name`` without the prefix, ``data`` as it is stored."""

    offset: int
    name: str
    version: str
    data: dict[str, Any]

    @property
    def at(self) -> datetime:
        """When it was decided."""
        return datetime.fromisoformat(self.data["at"])

    @property
    def full_name(self) -> str:
        """As records carry it."""
        return f"factstorm.{self.name}"

    @property
    def pretty(self) -> str:
        """The stored data as indented JSON."""
        return orjson.dumps(self.data, option=orjson.OPT_INDENT_2).decode()

    def as_json(self) -> dict[str, Any]:
        """``{"offset", "fact", "version", ...data}``."""
        return {"offset": str(self.offset), "fact": f"factstorm.{self.name}", "version": self.version, **self.data}


@dataclass(frozen=True, slots=True)
class Trail:
    """One page; ``older`` is the position to go on from, "" at the beginning."""

    facts: list[Fact]
    older: str


def trail(workspace: Workspace, *, before: str = "", limit: int = 50, subject: str = "", by: str = "") -> Trail:
    """Facts before a position (the end, where none is given), those about ``subject`` or ``by`` somebody where asked.

    Looks at READ_MAX records a call at most, so a page of a rare name may be short and still have ``older``.
    """
    deliver_quietly(workspace.pk)
    stream = catalog_stream(workspace)
    if stream is None:
        return Trail([], "")
    found: list[Fact] = []
    with log_errors(stream.name):
        describe_if_forgotten(stream)
        try:
            position = Position.decode(before) if before else engine().latest(stream.log_name)
        except PositionError as error:
            raise Invalid("This is no place in the trail.", place="before") from error
        looked, over = 0, False
        while len(found) < limit and looked < READ_MAX and not over:
            wanted = limit - len(found) if not (subject or by) else 500
            back = engine().read_back(stream.log_name, position, records_max=wanted, bytes_max=BYTES_MAX)
            looked += back.count
            for record in back.records_back():
                fact = _fact(record.offset, dict(record.headers), record.payload)
                if fact is not None and _matches(fact, subject, by):
                    found.append(fact)
                if len(found) >= limit:
                    position = position.moved(partition=record.partition, offset=record.offset)
                    break
            else:
                position, over = back.position, back.caught_up
                continue
            break
    begun = over or (bool(found) and found[-1].offset == 0)
    return Trail(found, "" if begun else position.encode())


def _fact(offset: int, headers: dict[str, bytes], payload: bytes) -> Fact | None:
    name = headers.get("type", b"").decode()
    try:
        data = orjson.loads(payload)
    except orjson.JSONDecodeError:
        return None
    return Fact(offset, name.removeprefix("factstorm."), headers.get("version", b"").decode(), data)


def _matches(fact: Fact, subject: str, by: str) -> bool:
    about = (fact.data.get("subject") or {}).get("name", "")
    who = (fact.data.get("by") or {}).get("name", "")
    return subject.casefold() in about.casefold() and by.casefold() in who.casefold()
