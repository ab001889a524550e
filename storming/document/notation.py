"""The notation: kinds of notes, their colours and sizes, and which of them become message types.

A kind is told by shape, icon and label as well as by colour. Sizes are board units; a domain event is 140 x 140, the
others relative to it. The formats build on each other: Big Picture, then Process Modelling, then Software Design.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

EVENT_SIZE = 140.0
BIG_PICTURE, PROCESS, DESIGN = "big_picture", "process", "design"
FORMATS = (BIG_PICTURE, PROCESS, DESIGN)
FORMAT_NAMES = MappingProxyType({BIG_PICTURE: "Big Picture", PROCESS: "Process Modelling", DESIGN: "Software Design"})


@dataclass(frozen=True, slots=True)
class NoteKind:
    """One kind of note. ``promotes_to`` is the kind of message type it becomes, or None; ``since`` its first format."""

    name: str
    label: str
    colour: str
    w: float = EVENT_SIZE
    h: float = EVENT_SIZE
    promotes_to: str | None = None
    since: str = BIG_PICTURE


_WIDE = EVENT_SIZE * 1.8
NOTE_KINDS = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            NoteKind("domain_event", "Domain event", "#FF9F4B", promotes_to="event"),
            NoteKind("hotspot", "Hotspot", "#F31D6F"),
            NoteKind("actor", "Actor", "#F7F050", w=EVENT_SIZE * 0.5, h=EVENT_SIZE * 0.7),
            NoteKind("system", "System", "#EA97BD", w=_WIDE),
            NoteKind("opportunity", "Opportunity", "#D7F698"),
            NoteKind("command", "Command", "#6DD8FA", promotes_to="command", since=PROCESS),
            NoteKind("policy", "Policy", "#C18DC9", w=_WIDE, since=PROCESS),
            NoteKind("read_model", "Read model", "#73DD8E", promotes_to="query", since=PROCESS),
            NoteKind("aggregate", "Aggregate", "#FEF0A0", w=_WIDE, since=DESIGN),
            NoteKind("comment", "Comment", "#FFFFFF"),
            NoteKind("vote", "Vote", "#2D5BD7", w=44.0, h=44.0),
        )
    }
)
CONNECTOR, SWIMLANE, FRAME, CONTEXT, LEGEND = "connector", "swimlane", "frame", "context", "legend"
REMARK, REACTION = "remark", "reaction"  # said about an element: never drawn on the wall as things of their own
AREA_KINDS = frozenset({SWIMLANE, FRAME, CONTEXT})
ARRANGED_KINDS = frozenset({SWIMLANE, FRAME, LEGEND})  # the wall's own order: facilitators alone change it
KINDS = frozenset(NOTE_KINDS) | AREA_KINDS | {CONNECTOR, LEGEND, REMARK, REACTION}


def kinds_of(format_name: str) -> tuple[NoteKind, ...]:
    """The kinds of notes that a format uses, in palette order."""
    reach = FORMATS.index(format_name)
    return tuple(kind for kind in NOTE_KINDS.values() if FORMATS.index(kind.since) <= reach)


def promotes_to(kind: str) -> str | None:
    """The kind of message type ("event", "command", "query") a note of this kind becomes, or None."""
    found = NOTE_KINDS.get(kind)
    return found.promotes_to if found else None


def spoken(elements: Mapping[str, Mapping[str, Any]]) -> dict[str, tuple[str, str]]:
    """``{kind: (label, colour)}`` as a board's legend says, and the notation where it doesn't."""
    legend = elements.get(LEGEND, {})
    entries = {} if legend.get("deleted") else legend.get("entries") or {}
    own = {name: entries.get(name) or {} for name in NOTE_KINDS}
    return {
        name: (own[name].get("label") or kind.label, own[name].get("colour") or kind.colour)
        for name, kind in NOTE_KINDS.items()
    }


def class_of(kind: str) -> str:
    """``note``, ``area``, ``connector``, ``legend``, ``remark`` or ``reaction``.

    A note may change its kind, never its class.
    """
    if kind in NOTE_KINDS:
        return "note"
    if kind in (LEGEND, REMARK, REACTION):
        return kind
    return "area" if kind in AREA_KINDS else CONNECTOR


def size_of(element: dict[str, object]) -> tuple[float, float]:
    """Width and height in board units: the element's own, or its kind's."""
    kind = NOTE_KINDS.get(str(element.get("kind")))
    w, h = element.get("w"), element.get("h")
    default_w, default_h = (kind.w, kind.h) if kind else (EVENT_SIZE * 6, EVENT_SIZE * 3)
    return (
        float(w) if isinstance(w, int | float) else default_w,
        float(h) if isinstance(h, int | float) else default_h,
    )
