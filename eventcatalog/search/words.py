"""Text into words, names into their parts. Pure.

``orderPlaced``, ``order_placed`` and ``order.placed`` are each "orderplaced", "order" and "placed": whoever remembers a
part, or the whole with other separators, finds it. Accents and case are folded. Words have WORD_CHARACTERS_MAX at most.
"""

import re
import unicodedata
from collections.abc import Iterator

WORD_CHARACTERS_MAX = 40
TAILS_MAX = 8
_RUN = re.compile(r"[^\W_]+(?:[._\-/][^\W_]+)*")
_PARTS = re.compile(r"[._\-/]|(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[A-Za-z])(?=[0-9])")


def folded(text: str) -> str:
    """Without case and accents."""
    if text.isascii():
        return text.lower()
    return "".join(
        letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter)
    ).casefold()


def words_of(text: str) -> Iterator[str]:
    """Every word: a name as a whole (without its separators), then its parts when it has several. In order."""
    for found in _RUN.finditer(text):
        parts = [folded(part)[:WORD_CHARACTERS_MAX] for part in _PARTS.split(found[0]) if part]
        if len(parts) > 1:
            yield "".join(parts)[:WORD_CHARACTERS_MAX]
        yield from parts


def tails_of(text: str) -> Iterator[str]:
    """What a name of several parts ends with, from its second part on: ``anOrderPlaced`` is found by "orderplaced"."""
    for found in _RUN.finditer(text):
        parts = [folded(part) for part in _PARTS.split(found[0]) if part]
        for start in range(1, min(len(parts) - 1, TAILS_MAX)):
            yield "".join(parts[start:])[:WORD_CHARACTERS_MAX]


def asked_words(text: str, most: int) -> list[str]:
    """What a question asks for: its words, each name with separators as one word; at most ``most``."""
    found: dict[str, None] = {}
    for each in text.split():
        whole = "".join(letter for letter in folded(each) if letter.isalnum())[:WORD_CHARACTERS_MAX]
        if whole:
            found[whole] = None
    return list(found)[:most]


def spans_of(text: str, wanted: list[str]) -> list[tuple[int, int]]:
    """Where words that begin with one of ``wanted`` stand in a text: (start, end), in order, apart from each other."""
    spans = []
    for found in _RUN.finditer(text):
        whole = "".join(letter for letter in folded(found[0]) if letter.isalnum())
        if any(whole.startswith(word) for word in wanted):
            word = next(word for word in wanted if whole.startswith(word))
            end = min(_end_of(text, found.start(), len(word)), found.end())  # folded, a word may be longer: ß is ss
            spans.append((found.start(), end))
            continue
        at = found.start()
        for part in _PARTS.split(found[0]):
            start = text.index(part, at) if part else at
            at = start + len(part)
            known = next((word for word in wanted if part and folded(part).startswith(word)), None)
            if known is not None:
                spans.append((start, min(at, start + len(known))))
    return spans


def _end_of(text: str, start: int, letters: int) -> int:
    """Behind so many letters or digits, separators not counted."""
    at = start
    while at < len(text) and letters > 0:
        letters -= text[at].isalnum()
        at += 1
    return at
