"""What a reader has found in a file, and what it left out."""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from storming.document.notation import NOTE_KINDS

EXAMPLES_MAX = 3
TEXT_CHARS_MAX = 2_000
COORDINATE_MAX = 900_000.0
_BREAKS = re.compile(r"(?i)<br\s*/?>|</p>\s*<p[^>]*>|</li>|</div>")
_TAGS = re.compile(r"<[^>]*>")


class Unreadable(Exception):
    """The text is not what it was said to be: plain words and where."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message, self.hint = message, hint


@dataclass(slots=True)
class Colour:
    """A colour of the file, how many notes have it, and which kind they become."""

    colour: str
    count: int
    kind: str
    example: str


@dataclass(slots=True)
class Found:
    """Elements by id (of the file, made safe), colours with their kinds, and what was left out with its reason."""

    elements: dict[str, dict[str, Any]] = field(default_factory=dict)
    colours: dict[str, Colour] = field(default_factory=dict)
    left_out: dict[str, list[str]] = field(default_factory=dict)
    left_counts: dict[str, int] = field(default_factory=dict)

    def leave(self, what: str, example: str = "") -> None:
        """Count something that does not come along."""
        self.left_counts[what] = self.left_counts.get(what, 0) + 1
        examples = self.left_out.setdefault(what, [])
        if example and len(examples) < EXAMPLES_MAX:
            examples.append(example[:80])

    def kind_for(self, colour: str, mapping: Mapping[str, str], guess: str, example: str) -> str:
        """The kind of a note of this colour: as the mapping says, else as guessed."""
        kind = mapping.get(colour, guess)
        if kind not in NOTE_KINDS:
            kind = guess
        seen = self.colours.setdefault(colour, Colour(colour, 0, kind, example[:80]))
        seen.count += 1
        return kind

    def note(self, key: str, *, kind: str, x: float, y: float, text: str, **more: Any) -> None:
        """Add a note whose middle is at x, y."""
        style = NOTE_KINDS[kind]
        w, h = more.get("w", style.w), more.get("h", style.h)
        place = {"x": number(x - w / 2), "y": number(y - h / 2)}
        self.elements[key] = {"kind": kind, **place, "text": text[:TEXT_CHARS_MAX], **more}

    def without_loose_arrows(self) -> "Found":
        """Arrows whose ends did not both come along as notes are left out."""
        notes = {key for key, element in self.elements.items() if element["kind"] in NOTE_KINDS}
        for key, element in list(self.elements.items()):
            if element["kind"] == "connector" and not {element["from"], element["to"]} <= notes:
                del self.elements[key]
                self.leave("arrows without two notes", element.get("text", ""))
        return self


def number(value: Any, default: float = 0.0) -> float:
    """A coordinate that the board takes."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        return default
    return round(max(-COORDINATE_MAX, min(COORDINATE_MAX, float(value))), 1)


def words_of(markup: Any) -> str:
    """Text of HTML such as Miro keeps: paragraphs become lines."""
    if not isinstance(markup, str):
        return ""
    text = html.unescape(_TAGS.sub("", _BREAKS.sub("\n", markup)))
    return "\n".join(" ".join(line.split()) for line in text.replace("\xa0", " ").split("\n")).strip()


def nearest_kind(colour: str) -> str:
    """The kind whose colour is nearest to #rrggbb; orange is an event, and so is what cannot be told."""
    wanted = _channels(colour)
    if wanted is None:
        return "domain_event"
    kinds = [kind for kind in NOTE_KINDS.values() if kind.name != "vote"]
    return min(kinds, key=lambda kind: _distance(wanted, _channels(kind.colour) or wanted)).name


def _channels(colour: str) -> tuple[int, int, int] | None:
    match = re.fullmatch(r"#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})", colour.lower())
    return None if match is None else (int(match[1], 16), int(match[2], 16), int(match[3], 16))


def _distance(a: tuple[int, int, int], b: tuple[int, int, int]) -> float:
    """Of two colours as the eye sees it, roughly ("redmean")."""
    red = (a[0] + b[0]) / 2
    r, g, blue = (left - right for left, right in zip(a, b, strict=True))
    return (2 + red / 256) * r * r + 4 * g * g + (2 + (255 - red) / 256) * blue * blue
