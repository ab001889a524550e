"""The soft grammar: hints about how a wall reads. Pure; it hints and never blocks.

"The picture that explains everything": actor, having looked at a read model -> command -> aggregate or system -> domain
event -> policy -> command. Arrows say what leads to what; where a wall has no arrows, nearness in the timeline does not
count, so hints that need arrows are given only once a board has some. In Big Picture everything is quiet but doubles of
one name. A hint is dismissed for the board by its code in the note's ``hushed``.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from storming.document.elements import Element
from storming.document.notation import BIG_PICTURE, DESIGN, NOTE_KINDS
from storming.document.timeline import in_order

HINTS_MAX = 500
CODES = (
    "not_past_tense", "no_cause", "policy_triggers_nothing", "policy_hears_nothing", "command_without_actor",
    "command_without_result", "read_model_unread", "same_name", "empty",
)  # fmt: skip
_IRREGULAR_WORDS = """
was were been began begun became become broke broken brought built bought caught chose chosen came cost cut dealt
did done drew drawn drove driven ate eaten fell fallen felt fought found flew flown forgot forgotten froze frozen
got gotten gave given went gone grew grown heard held hit kept knew known laid led left lent let lost made meant met
paid put quit read rose risen ran run said saw seen sold sent set shook shaken shone shot shown shut slept spent
spoke spoken spun split spread stood stole stolen struck stuck swore sworn swept swum swung taken took taught tore
torn told thought threw thrown understood withdrew withdrawn woke woken won wore worn wrote written overdue reset
resent rebuilt rewritten undone unpaid unsold upset withheld
"""
_IRREGULAR = frozenset(_IRREGULAR_WORDS.split())
_WORD = re.compile(r"[A-Za-zÀ-ÿ']+")
_OTHER_LANGUAGES = re.compile(
    r"(wurde|wurden|worden|wird|ist|sind|hat|haben|été|fue|fueron|è|stata|stato)\b", re.IGNORECASE
)
_NO_ENGLISH = re.compile(r"[^\x00-\x7f]")


@dataclass(frozen=True, slots=True)
class Hint:
    """What could be better about one note, in plain words, and what would mend it."""

    code: str
    element_id: str
    message: str
    advice: str


@dataclass(frozen=True, slots=True)
class Wall:
    """What the rules look at: live notes in reading order, and the arrows between them by their ends."""

    notes: Mapping[str, Element]
    before: Mapping[str, frozenset[str]]
    after: Mapping[str, frozenset[str]]
    has_arrows: bool
    named: Mapping[tuple[str, str], list[str]]  # by kind and name, in reading order

    def leads_to(self, key: str, *kinds: str) -> bool:
        """Whether an arrow goes from this note to one of these kinds (any, when none is named)."""
        return any(not kinds or self.notes[end]["kind"] in kinds for end in self.after.get(key, ()))

    def comes_from(self, key: str, *kinds: str) -> bool:
        """Whether an arrow comes from one of these kinds (any, when none is named)."""
        return any(not kinds or self.notes[start]["kind"] in kinds for start in self.before.get(key, ()))


def hints(elements: Mapping[str, Element], board_format: str) -> list[Hint]:
    """Hints that nobody has dismissed, in reading order, at most HINTS_MAX."""
    wall = read_wall(elements)
    found: list[Hint] = []
    for key, note in wall.notes.items():
        hushed = note.get("hushed") or ()
        found += [hint for rule in _rules(board_format) for hint in rule(wall, key) if hint.code not in hushed]
        if len(found) >= HINTS_MAX:
            break
    return found[:HINTS_MAX]


def read_wall(elements: Mapping[str, Element]) -> Wall:
    """Notes and arrows of the elements."""
    notes = {key: elements[key] for key in in_order(dict(elements))}
    before: dict[str, set[str]] = {}
    after: dict[str, set[str]] = {}
    for element in elements.values():
        if element.get("kind") == "connector" and not element.get("deleted"):
            start, end = element["from"], element["to"]
            if start in notes and end in notes:
                after.setdefault(start, set()).add(end)
                before.setdefault(end, set()).add(start)
    frozen = [{key: frozenset(ends) for key, ends in side.items()} for side in (before, after)]
    named: dict[tuple[str, str], list[str]] = {}
    for key, note in notes.items():
        named.setdefault((note["kind"], _name(note)), []).append(key)
    return Wall(notes, frozen[0], frozen[1], bool(after), named)


def is_past_tense(text: str) -> bool:
    """Whether a text could say something that has happened. Guesses in favour: only plain English is judged."""
    words = [word.lower() for word in _WORD.findall(text)]
    if not words or _NO_ENGLISH.search(text) or _OTHER_LANGUAGES.search(text):
        return True
    return any(word.endswith("ed") and len(word) > 3 for word in words) or any(word in _IRREGULAR for word in words)


def _rules(board_format: str) -> tuple[Callable[[Wall, str], Iterator[Hint]], ...]:
    if board_format == BIG_PICTURE:
        return (_same_name,)
    process = (_empty, _past_tense, _same_name, _cause, _policy, _command, _read_model)
    return (*process, _aggregate) if board_format == DESIGN else process


def _empty(wall: Wall, key: str) -> Iterator[Hint]:
    note = wall.notes[key]
    if note["kind"] != "vote" and not str(note.get("text") or "").strip():
        label = NOTE_KINDS[note["kind"]].label.lower()
        yield Hint("empty", key, f"This {label} has no words yet.", "Write on it, or throw it away.")


def _past_tense(wall: Wall, key: str) -> Iterator[Hint]:
    note = wall.notes[key]
    text = str(note.get("text") or "")
    if note["kind"] == "domain_event" and text.strip() and not is_past_tense(text):
        yield Hint(
            "not_past_tense", key, f"“{_short(text)}” does not sound like something that has happened.",
            "Say it in the past tense: “Order placed”.",
        )  # fmt: skip


def _cause(wall: Wall, key: str) -> Iterator[Hint]:
    if wall.notes[key]["kind"] == "domain_event" and wall.has_arrows and not wall.comes_from(key):
        text = _short(wall.notes[key].get("text"))
        yield Hint(
            "no_cause", key, f"Nothing leads to “{text}”.", "Put what caused it before it: a command, a system, time."
        )


def _policy(wall: Wall, key: str) -> Iterator[Hint]:
    if wall.notes[key]["kind"] != "policy" or not wall.has_arrows:
        return
    text = _short(wall.notes[key].get("text"))
    if not wall.leads_to(key):
        yield Hint(
            "policy_triggers_nothing", key, f"“{text}” triggers nothing.", "Draw an arrow to the command it gives."
        )
    if not wall.comes_from(key):
        yield Hint(
            "policy_hears_nothing", key, f"No event sets “{text}” off.", "Draw an arrow from the event it waits for."
        )


def _command(wall: Wall, key: str) -> Iterator[Hint]:
    if wall.notes[key]["kind"] != "command" or not wall.has_arrows:
        return
    text = _short(wall.notes[key].get("text"))
    if not wall.comes_from(key, "actor", "policy", "system"):
        yield Hint(
            "command_without_actor", key, f"Nobody gives “{text}”.", "Put the person, policy or system before it."
        )
    if not wall.leads_to(key):
        yield Hint("command_without_result", key, f"Nothing comes of “{text}”.", "Draw an arrow to what handles it.")


def _read_model(wall: Wall, key: str) -> Iterator[Hint]:
    if (
        wall.notes[key]["kind"] == "read_model"
        and wall.has_arrows
        and not wall.leads_to(key, "actor", "command", "policy")
    ):
        text = _short(wall.notes[key].get("text"))
        yield Hint("read_model_unread", key, f"Nobody looks at “{text}”.", "Draw an arrow to who decides by it.")


def _aggregate(wall: Wall, key: str) -> Iterator[Hint]:
    if wall.notes[key]["kind"] == "aggregate" and wall.has_arrows and not wall.leads_to(key, "domain_event"):
        text = _short(wall.notes[key].get("text"))
        yield Hint(
            "command_without_result", key, f"No event comes out of “{text}”.", "Draw an arrow to the event it makes."
        )


def _same_name(wall: Wall, key: str) -> Iterator[Hint]:
    note = wall.notes[key]
    name = _name(note)
    if not name or note["kind"] in ("vote", "comment", "hotspot"):
        return
    earlier = [other for other in wall.named[note["kind"], name] if other != key]
    if wall.named[note["kind"], name][0] == key:
        return  # one hint a pair, at the later note
    distinct = note.get("distinct") or ()
    if all(other in distinct or key in (wall.notes[other].get("distinct") or ()) for other in earlier):
        return
    label = NOTE_KINDS[note["kind"]].label.lower()
    yield Hint("same_name", key, f"Two notes are called “{_short(note.get('text'))}” ({label}).",
               "Merge them, or give one the name of what else it means.")  # fmt: skip


def _name(note: Element) -> str:
    return " ".join(str(note.get("text") or "").casefold().split())


def _short(text: object) -> str:
    words = " ".join(str(text or "").split())
    return words if len(words) <= 60 else f"{words[:59]}…"
