"""The shapes of what the demo's catalog is written in."""

from collections.abc import Sequence
from dataclasses import dataclass

from storming.demo.schemas import Schema


@dataclass(frozen=True, slots=True)
class DemoStream:
    """A stream to create; records are spread over its partitions by key."""

    name: str
    partitions: int
    description: str


@dataclass(frozen=True, slots=True)
class DemoService:
    """A program and its owner; both are known by their names' slugs."""

    name: str
    context: str
    owner: str
    summary: str


@dataclass(frozen=True, slots=True)
class Version:
    """One schema and why it came."""

    schema: Schema
    notes: str = ""


@dataclass(frozen=True, slots=True)
class DemoType:
    """A message type. ``says`` and ``hears`` are slugs of services: producers or askers, consumers or handlers."""

    kind: str
    name: str
    context: str
    owner: str
    stream: str
    versions: Sequence[Version]
    says: Sequence[str] = ()
    hears: Sequence[str] = ()
    tags: Sequence[str] = ()
    compatibility: str = "backward"
    state: str = "active"
    retired: str = ""  # why it was deprecated
    successor: str = ""
    pattern: str = ""  # as is usual for its kind

    @property
    def title(self) -> str:
        """As the first schema calls it."""
        return str(self.versions[0].schema["title"])

    @property
    def description(self) -> str:
        """As the latest schema says it."""
        return str(self.versions[-1].schema["description"])
