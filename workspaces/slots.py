"""What the upper floors hang into the ground floor's pages; they register in ``AppConfig.ready``.

- ``cards``: counters on the workspace's home. ``panels``: short lists there ("Boards you worked on").
- ``steps``: the first-steps list, shown until all are done.
- ``board_places``: names and addresses of boards that guest links point at (ids are opaque down here).
- ``stream_names``: the streams an API key can be limited to.
- ``topbar``: markup at the end of the top bar, "" for none; it gets the request too.

Every function gets the asker's Access and answers only with what it may see.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

from django.http import HttpRequest

from workspaces.access import Access

F = TypeVar("F")


@dataclass(frozen=True, slots=True)
class Card:
    """A counter: ``Card("Boards", "12", url, icon="boards", note="3 changed today")``. Sorted by ``order``."""

    title: str
    value: str
    url: str
    icon: str
    note: str = ""
    order: int = 50


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a panel; ``at`` is shown as relative time, ``kind`` as a little sticky (event, command, query, ...)."""

    title: str
    url: str
    hint: str = ""
    at: datetime | None = None
    icon: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """A short list on the workspace's home; one without rows is not shown."""

    title: str
    rows: Sequence[Row]
    url: str = ""
    order: int = 50


@dataclass(frozen=True, slots=True)
class Step:
    """One of the first steps, with where to take it."""

    title: str
    text: str
    url: str
    done: bool
    order: int = 50


@dataclass(frozen=True, slots=True)
class Place:
    """Where something of another floor is found."""

    name: str
    url: str


@dataclass(slots=True)
class Slot(Generic[F]):
    """A list of functions that others fill."""

    functions: list[F] = field(default_factory=list)

    def register(self, function: F) -> F:
        """Add a function once; usable as a decorator."""
        if function not in self.functions:
            self.functions.append(function)
        return function


cards: Slot[Callable[[Access], Card | None]] = Slot()
panels: Slot[Callable[[Access], Panel | None]] = Slot()
steps: Slot[Callable[[Access], Step | None]] = Slot()
board_places: Slot[Callable[[Access, Collection[UUID]], Mapping[UUID, Place]]] = Slot()
stream_names: Slot[Callable[[Access], Sequence[str]]] = Slot()
topbar: Slot[Callable[[HttpRequest, Access], str]] = Slot()


def cards_for(access: Access) -> list[Card]:
    """The home's counters."""
    found = [card for card in (function(access) for function in cards.functions) if card]
    return sorted(found, key=lambda card: card.order)


def panels_for(access: Access) -> list[Panel]:
    """The home's lists that have something in them."""
    found = [panel for panel in (function(access) for function in panels.functions) if panel and panel.rows]
    return sorted(found, key=lambda panel: panel.order)


def steps_for(access: Access) -> list[Step]:
    """The first steps, done ones included."""
    found = [step for step in (function(access) for function in steps.functions) if step]
    return sorted(found, key=lambda step: step.order)


def places_of_boards(access: Access, board_ids: Collection[UUID]) -> dict[UUID, Place]:
    """Boards by id; ids that are no longer boards of this workspace are missing."""
    places: dict[UUID, Place] = {}
    for function in board_places.functions:
        places.update(function(access, board_ids))
    return places


def streams_of(access: Access) -> list[str]:
    """Names of the workspace's streams, sorted."""
    return sorted({name for function in stream_names.functions for name in function(access)})


def topbar_for(request: HttpRequest, access: Access) -> list[str]:
    """Markup for the top bar, made safe by those who registered it."""
    return [markup for markup in (function(request, access) for function in topbar.functions) if markup]
