"""A catalog that knows no format: what all of them are read into and written from.

Things refer to each other by ``slug`` or message name. ``lost`` collects, in plain words, what a document said that a
catalog does not hold, or what a format can't say: a round trip loses nothing without telling.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Kind = Literal["event", "command", "query"]
KINDS: tuple[Kind, ...] = ("event", "command", "query")
SENDING = {"event": "produces", "command": "produces", "query": "asks"}
RECEIVING = {"event": "consumes", "command": "handles", "query": "handles"}
NAME = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,199}\Z")
SEMVER = re.compile(r"(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})\Z")
STREAM_NAME = re.compile(r"[a-z][a-z0-9._-]{0,99}\Z")
LOST_MAX = 200


@dataclass(slots=True)
class Version:
    """One schema of a message. ``number`` is semver or "" (unknown); ``schema`` is the text."""

    schema: str
    number: str = ""
    notes: str = ""
    example: Any = None


@dataclass(slots=True)
class Message:
    """An event, command or query with its versions, oldest first. Empty texts say nothing.

    ``refused`` says why nothing can be made of it; then it has no versions.
    """

    name: str
    kind: Kind = "event"
    title: str = ""
    description: str = ""
    domain: str = ""
    context: str = ""
    owner: str = ""
    state: str = "active"
    tags: list[str] = field(default_factory=list)
    stream: str = ""
    compatibility: str = ""
    policy: str = ""
    pattern: str = ""
    deprecation_reason: str = ""
    successor: str = ""
    versions: list[Version] = field(default_factory=list)
    place: str = ""
    refused: str = ""


@dataclass(slots=True)
class Place:
    """A domain, context, team or service. ``inside``: a context's domain, a service's context."""

    slug: str
    name: str
    summary: str = ""
    owner: str = ""
    inside: str = ""
    contact: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """A service (by slug) plays a role for a message (by name)."""

    service: str
    role: str
    message: str


@dataclass(slots=True)
class Catalogue:
    """Everything. ``format`` and ``title`` say where it came from."""

    title: str = ""
    description: str = ""
    format: str = ""
    teams: list[Place] = field(default_factory=list)
    domains: list[Place] = field(default_factory=list)
    contexts: list[Place] = field(default_factory=list)
    services: list[Place] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    def lose(self, what: str) -> None:
        """Say once that something is left behind."""
        if what not in self.lost and len(self.lost) < LOST_MAX:
            self.lost.append(what)

    def message(self, name: str) -> Message | None:
        """The message of that name."""
        return next((each for each in self.messages if each.name == name), None)

    def as_json(self) -> dict[str, Any]:
        """For keeping."""
        return asdict(self)

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Catalogue:
        """What as_json gave."""
        places: dict[str, Any] = {
            key: [Place(**each) for each in kept[key]] for key in ("teams", "domains", "contexts", "services")
        }
        messages = [
            Message(**{**each, "versions": [Version(**version) for version in each["versions"]]})
            for each in kept["messages"]
        ]
        parts = [Part(**each) for each in kept["parts"]]
        words: dict[str, Any] = {key: kept[key] for key in ("title", "description", "format", "lost")}
        return cls(**words, **places, messages=messages, parts=parts)


def slug_of(name: str) -> str:
    """``"Order Service" -> "order-service"``: as the catalog makes slugs; "" when nothing is left."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode("ascii").lower()
    return re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", plain)).strip("-_")[:80]


def message_name(text: str) -> str:
    """A name that records can carry, made of any text: ``"light measured" -> "light_measured"``; "" if there's none."""
    if NAME.match(text):
        return text
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
    cleaned = re.sub(r"[^A-Za-z0-9._-]+", "_", plain).strip("_.-")
    if cleaned and not cleaned[0].isalpha():
        cleaned = f"m_{cleaned}"
    return cleaned[:200]
