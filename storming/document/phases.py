"""The phases of a workshop, format by format, and what each sets.

A phase sets, in one step: the palette (kinds that are offered), privacy (``silent``: what one writes is seen by its
author alone until the reveal), the length of the timer, and rights (``one_pen``: one person moves, the others talk).
The formats build on each other. Facilitators may reorder, skip and overrule: a phase only proposes.

Sources: Alberto Brandolini, Introducing EventStorming; the ddd-crew's glossary and cheat sheet.
"""

from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any

from storming.document.notation import BIG_PICTURE, DESIGN, PROCESS

_STORY = ("domain_event", "hotspot")


@dataclass(frozen=True, slots=True)
class Phase:
    """One phase. ``kinds`` in palette order; ``lanes``: the palette offers them too; ``minutes`` is a proposal."""

    key: str
    label: str
    minutes: int
    kinds: tuple[str, ...]
    guide: str
    silent: bool = False
    one_pen: bool = False
    lanes: bool = False
    votes: bool = False

    def as_json(self) -> dict[str, Any]:
        """For the board's page."""
        return asdict(self)


_ALL = (
    Phase(
        "chaos",
        "Chaotic exploration",
        20,
        ("domain_event",),
        "Everybody writes down what happens in the business, one orange note a fact, in the past tense: “Order "
        "placed”. Nobody talks, nobody sorts, and nobody sees the others' notes before the reveal, so that each "
        "thinks for themselves. Doubles are welcome: they show what matters.",
        silent=True,
    ),
    Phase(
        "timeline",
        "Timeline",
        30,
        _STORY,
        "Bring the events into the order in which they happen, from left to right. Merge doubles, or keep them "
        "when they mean two things. Where you don't agree, put a hotspot and go on. Write what is missing in "
        "between.",
        lanes=True,
    ),
    Phase(
        "hotspots",
        "Hotspots",
        15,
        _STORY,
        "Walk the wall aloud from left to right. At every doubt, conflict, risk or “it depends” put a pink "
        "hotspot. Don't solve it now: name it, and give it somebody who finds out.",
    ),
    Phase(
        "people",
        "People and systems",
        20,
        ("actor", "system", "domain_event", "hotspot"),
        "Add who is involved and which systems are used: small yellow notes for people, wide pink ones for "
        "systems of others. Each new one asks for events that nobody has thought of yet.",
    ),
    Phase(
        "pivotal",
        "Pivotal events and lanes",
        20,
        _STORY,
        "Find the few events after which the business is in another state, and mark them as pivotal: they cut the"
        " story into chapters. Add lanes where things run side by side. One person holds the pen and the others "
        "talk: hand the pen on every five minutes.",
        one_pen=True,
        lanes=True,
    ),
    Phase(
        "opportunities",
        "Opportunities and voting",
        20,
        ("opportunity", "hotspot"),
        "Write down what would be worth doing, on green notes beside the events. Then everybody spends their dots"
        " on the hotspots and opportunities that matter most. Votes stay secret until the vote is closed.",
        votes=True,
    ),
    Phase(
        "commands",
        "Commands",
        25,
        ("command", "actor", "system", "domain_event", "hotspot"),
        "Before each event, ask what was wanted: put the blue command that led to it, and the person who gave it."
        " Events of other systems have the system instead.",
    ),
    Phase(
        "policies",
        "Policies",
        20,
        ("policy", "command", "domain_event", "hotspot"),
        "Between an event and the next command lies a decision: “Whenever X, then Y”. Write it on a lilac note. "
        "Look for “always” and “immediately”, and ask whether it is true.",
    ),
    Phase(
        "read_models",
        "Read models",
        20,
        ("read_model", "actor", "command", "domain_event", "hotspot"),
        "What does somebody look at before they decide? Put a green read model before the command, and make sure "
        "that the events before it can fill it.",
    ),
    Phase(
        "aggregates",
        "Aggregates",
        30,
        ("aggregate", "command", "domain_event", "hotspot"),
        "Between command and event, write the rules that have to hold. Rules that must hold together are one "
        "aggregate. Name it last: the rules matter more than the name.",
    ),
    Phase(
        "contexts",
        "Bounded contexts",
        30,
        ("domain_event", "hotspot"),
        "Draw regions around what speaks one language and changes together. Look where a word changes its meaning"
        " and where pivotal events cut. Arrows that cross a border are what teams have to agree about.",
        lanes=True,
    ),
)
PHASES = MappingProxyType({phase.key: phase for phase in _ALL})
_ORDER = MappingProxyType(
    {
        BIG_PICTURE: ("chaos", "timeline", "hotspots", "people", "pivotal", "opportunities"),
        PROCESS: ("chaos", "timeline", "commands", "policies", "read_models", "hotspots"),
        DESIGN: ("timeline", "commands", "policies", "read_models", "aggregates", "contexts"),
    }
)


def phases_of(board_format: str) -> list[str]:
    """Keys of a format's phases in their usual order."""
    return list(_ORDER[board_format])
