"""Notes that may say the same: pairs of near-duplicates among one kind, the most alike first. Pure.

Likeness is rapidfuzz's ``WRatio`` of the normalised words, 0 to 100: it minds neither the order of words nor extra ones
much. Only the plain ratio decides on short texts, where one word more is another thing. Pairs that people have kept as
two meanings (``distinct`` of either note) are left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from rapidfuzz import fuzz, process, utils

from storming.document.elements import Element
from storming.document.notation import NOTE_KINDS

LIKENESS_MIN = 86.0
PAIRS_MAX = 200
NOTES_MAX = 3_000  # of one kind; of more, the oldest are compared
_SHORT = 6
_SILENT_KINDS = frozenset({"vote", "comment"})


@dataclass(frozen=True, slots=True)
class Pair:
    """Two notes, the one that was there first in front; ``likeness`` 0 to 100."""

    first: str
    second: str
    likeness: float


def near_duplicates(elements: Mapping[str, Element]) -> list[Pair]:
    """At most PAIRS_MAX pairs of live notes of one kind, the most alike first."""
    by_kind: dict[str, dict[str, str]] = {}
    for key, element in elements.items():
        kind = element.get("kind")
        words = utils.default_process(str(element.get("text") or ""))
        if kind in NOTE_KINDS and kind not in _SILENT_KINDS and not element.get("deleted") and words:
            by_kind.setdefault(str(kind), {})[key] = words
    pairs = [pair for notes in by_kind.values() for pair in _pairs(notes) if not _kept(elements, pair)]
    pairs.sort(key=lambda pair: (-pair.likeness, pair.first, pair.second))
    return pairs[:PAIRS_MAX]


def _pairs(notes: Mapping[str, str]) -> list[Pair]:
    keys = list(notes)[:NOTES_MAX]
    words = [notes[key] for key in keys]
    found: list[Pair] = []
    for place, text in enumerate(words[:-1]):
        scorer = fuzz.ratio if len(text) <= _SHORT else fuzz.WRatio
        matches = process.extract(text, words[place + 1 :], scorer=scorer, score_cutoff=LIKENESS_MIN, limit=20)
        for other, likeness, offset in matches:
            if min(len(text), len(other)) * 2 < max(len(text), len(other)):
                continue  # a word within a sentence is alike to WRatio, not to people
            found.append(Pair(keys[place], keys[place + 1 + offset], round(likeness, 1)))
    return found


def _kept(elements: Mapping[str, Element], pair: Pair) -> bool:
    first, second = elements[pair.first], elements[pair.second]
    return pair.second in (first.get("distinct") or ()) or pair.first in (second.get("distinct") or ())
