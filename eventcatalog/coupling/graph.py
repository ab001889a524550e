"""The graph that is thought about: services, messages, and which service sends or takes which message.

Theory. A message is *waited for* when its sender can't go on without the receiver: commands and queries, unless a
command is queued. Then the sender depends on the receiver at runtime. An event is never waited for: its producer
neither knows nor cares who listens. Everything here is a value; keys are slugs of services and names of messages.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, TypeVar

Kind = Literal["event", "command", "query"]
KINDS: tuple[Kind, ...] = ("event", "command", "query")
Direction = Literal["sends", "takes"]
T = TypeVar("T")
Index = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Service:
    """A program. ``context`` and ``domain`` are slugs, "" for nowhere; ``owner`` a team's name, "" for nobody."""

    key: str
    name: str
    context: str = ""
    domain: str = ""
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """A type. ``waits``: its sender waits for its receiver. ``many``: several receivers are meant. ``fields``: names at
    every depth, as written. ``promise`` is its compatibility mode, ``streams`` where its records were seen.
    """

    key: str
    kind: Kind
    waits: bool = False
    many: bool = True
    context: str = ""
    domain: str = ""
    owner: str = ""
    stream: str = ""
    deprecated: bool = False
    draft: bool = False
    successor: str = ""
    promise: str = "backward"
    fields: frozenset[str] = frozenset()
    streams: frozenset[str] = frozenset()
    records: int = 0


@dataclass(frozen=True, slots=True)
class Link:
    """A service sends or takes a message. ``declared``: somebody said so; ``observed``: stored records show it."""

    service: str
    message: str
    direction: Direction
    declared: bool = True
    observed: bool = False


@dataclass(frozen=True, slots=True)
class Reaction:
    """In ``service``, ``trigger`` leads to ``result``."""

    service: str
    trigger: str
    result: str
    policy: str = ""


@dataclass(frozen=True, slots=True)
class StreamLink:
    """A service appends to or reads a stream."""

    service: str
    stream: str
    role: Literal["appends", "reads"]
    declared: bool = True
    observed: bool = False


@dataclass(frozen=True)
class Graph:
    """All of it. Links to services or messages that aren't there are left out when the indexes are made."""

    services: Mapping[str, Service]
    messages: Mapping[str, Message]
    links: tuple[Link, ...] = ()
    reactions: tuple[Reaction, ...] = ()
    streams: tuple[StreamLink, ...] = ()
    zone_names: Mapping[str, str] = field(default_factory=dict)  # slugs of domains and contexts -> names
    _worked_out: dict[Any, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def once(self, work: Callable[..., T], *given: str) -> T:
        """``work(graph, *given)``, worked out the first time and then shared: nobody may change it."""
        if (work, given) not in self._worked_out:
            self._worked_out[work, given] = work(self, *given)
        found: T = self._worked_out[work, given]
        return found

    @cached_property
    def senders(self) -> Mapping[str, tuple[str, ...]]:
        """Message -> services that send it, in order of their keys."""
        return self._indexes["sends"][0]

    @cached_property
    def takers(self) -> Mapping[str, tuple[str, ...]]:
        """Message -> services that take it."""
        return self._indexes["takes"][0]

    @cached_property
    def sent(self) -> Mapping[str, tuple[str, ...]]:
        """Service -> messages it sends."""
        return self._indexes["sends"][1]

    @cached_property
    def taken(self) -> Mapping[str, tuple[str, ...]]:
        """Service -> messages it takes."""
        return self._indexes["takes"][1]

    def name(self, service: str) -> str:
        """What people call a service."""
        return self.services[service].name if service in self.services else service

    def zone_name(self, zone: str) -> str:
        """What people call a domain or context; the nameless one is where things lie that nobody has placed."""
        return self.zone_names.get(zone, zone) if zone else "In no boundary"

    @cached_property
    def _indexes(self) -> dict[Direction, tuple[Index, Index]]:
        """Direction -> (message -> services, service -> messages). Each pair of them is there once."""
        pairs: dict[Direction, set[tuple[str, str]]] = {"sends": set(), "takes": set()}
        for link in self.links:
            if link.service in self.services and link.message in self.messages:
                pairs[link.direction].add((link.service, link.message))
        found: dict[Direction, tuple[Index, Index]] = {}
        for direction, linked in pairs.items():
            by_message: defaultdict[str, list[str]] = defaultdict(list)
            by_service: defaultdict[str, list[str]] = defaultdict(list)
            for service, message in sorted(linked):
                by_message[message].append(service)
                by_service[service].append(message)
            found[direction] = (
                {key: tuple(keys) for key, keys in by_message.items()},
                {key: tuple(keys) for key, keys in by_service.items()},
            )
        return found


def graph_of(
    services: Iterable[Service],
    messages: Iterable[Message],
    links: Iterable[Link] = (),
    reactions: Iterable[Reaction] = (),
) -> Graph:
    """A graph from its parts."""
    return Graph(
        {each.key: each for each in services}, {each.key: each for each in messages}, tuple(links), tuple(reactions)
    )


def folded(name: str) -> str:
    """A field's name as it is compared: orderId, order_id and Order-ID are one."""
    return "".join(letter for letter in name.casefold() if letter.isalnum())
