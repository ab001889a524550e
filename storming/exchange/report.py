"""The report of a workshop as Markdown: the story in chapters, the glossary, hotspots and votes.

Pivotal events begin chapters. Every note is a link back to its place on the wall.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from storming.document.elements import Element, Elements
from storming.document.notation import FORMAT_NAMES, size_of, spoken
from storming.document.regions import contents_of_areas, whereabouts
from storming.document.timeline import in_order
from storming.workshop.ledger import STATE_WORDS, lines

GLOSSARY = ("domain_event", "command", "read_model", "policy", "aggregate", "actor", "system")
PLURALS = {"policy": "Policies"}


@dataclass(frozen=True, slots=True)
class Told:
    """What the report is about. ``votes``: (title of a closed vote, [(element id, dots)])."""

    name: str
    board_format: str
    address: str
    people: Sequence[str]
    types: Mapping[str, Mapping[str, Any]]
    votes: Sequence[tuple[str, Sequence[tuple[str, int]]]]


def report_of(elements: Elements, told: Told) -> str:
    """The whole report."""
    live = {key: element for key, element in elements.items() if not element.get("deleted")}
    order = in_order(live)
    parts = [
        _head(live, order, told),
        _story(live, order, told),
        _contexts(live, told),
        _glossary(live, order, told),
        _hotspots(live, told),
        _opportunities(live, order, told),
        _votes(live, order, told),
    ]
    return "\n".join(line for part in parts for line in part).rstrip() + "\n"


def _head(live: Elements, order: list[str], told: Told) -> list[str]:
    words = spoken(live)
    counts: dict[str, int] = {}
    for key in order:
        counts[live[key]["kind"]] = counts.get(live[key]["kind"], 0) + 1
    shown = ", ".join(f"{count} × {words[kind][0].lower()}" for kind, count in counts.items())
    rows = [f"# {_plain(told.name)}", "", f"{FORMAT_NAMES.get(told.board_format, told.board_format)}. {shown}.", ""]
    if told.people:
        rows += [f"Written by {', '.join(map(_plain, told.people))}.", ""]
    return [*rows, f"[The board]({told.address})", ""]


def _story(live: Elements, order: list[str], told: Told) -> list[str]:
    rows = ["## Timeline", ""]
    places, words = whereabouts(live), spoken(live)
    chapter_is_open = False
    for key in order:
        note = live[key]
        if note["kind"] in ("vote", "comment", "opportunity"):
            continue
        if note.get("pivotal"):
            rows += ["", f"### {_link(key, note, told)}", ""]
            chapter_is_open = True
            continue
        if not chapter_is_open:
            rows += ["### Beginning", ""]
            chapter_is_open = True
        lane = places.get(key, {}).get("swimlane")
        where = f" _({_plain(lane)})_" if lane else ""
        rows.append(f"- **{_plain(words[note['kind']][0])}** {_link(key, note, told)}{where}{_type(note, told)}")
    return [*rows, ""]


def _contexts(live: Elements, told: Told) -> list[str]:
    inside = contents_of_areas(live)
    contexts = [key for key in inside if live[key]["kind"] == "context"]
    if not contexts:
        return []
    rows = ["## Bounded contexts", ""]
    for key in sorted(contexts, key=lambda each: (live[each]["x"], live[each]["y"])):
        notes = [note for note in inside[key] if live[note]["kind"] not in ("vote", "comment")]
        rows.append(f"- **{_words(live[key]) or 'Without a name'}**: {len(notes)} notes")
        rows += [f"  - {_link(note, live[note], told)}" for note in notes[:200]]
    return [*rows, ""]


def _glossary(live: Elements, order: list[str], told: Told) -> list[str]:
    rows, words = ["## Glossary", ""], spoken(live)
    for kind in GLOSSARY:
        seen: dict[str, str] = {}
        for key in order:
            text = _words(live[key])
            if live[key]["kind"] == kind and text:
                seen.setdefault(
                    text.casefold(), f"- {_link(key, live[key], told)}{_type(live[key], told, described=True)}"
                )
        if seen:
            rows += [f"### {_plain(PLURALS.get(kind, words[kind][0] + 's'))}", ""]
            rows += [*(seen[name] for name in sorted(seen)), ""]
    return rows if len(rows) > 2 else []


def _hotspots(live: Elements, told: Told) -> list[str]:
    found = lines(live)
    if not found:
        return []
    rows = ["## Hotspots", "", "| | Hotspot | Owner | Due | State |", "| --- | --- | --- | --- | --- |"]
    for line in found:
        box = "☑" if line.state == "settled" else "☐"
        text = f"[{_plain(line.text) or 'no words'}]({told.address}#note={line.element_id})"
        rows.append(f"| {box} | {text} | {_plain(line.owner)} | {line.due} | {STATE_WORDS[line.state]} |")
    return [*rows, ""]


def _opportunities(live: Elements, order: list[str], told: Told) -> list[str]:
    found = [key for key in order if live[key]["kind"] == "opportunity"]
    return ["## Opportunities", "", *(f"- {_link(key, live[key], told)}" for key in found), ""] if found else []


def _votes(live: Elements, order: list[str], told: Told) -> list[str]:
    rows: list[str] = []
    for title, dots in told.votes:
        rows += [f"### {_plain(title)}", ""]
        rows += [f"{place}. {_link(key, live[key], told)}: {count}" for place, (key, count) in _placed(dots, live)] + [
            ""
        ]
    stuck = _stuck(live, order)
    if stuck:
        rows += ["### Dots on notes", "", *(f"- {_link(key, live[key], told)}: {count}" for key, count in stuck), ""]
    return ["## Votes", "", *rows] if rows else []


def _placed(dots: Iterable[tuple[str, int]], live: Elements) -> Iterable[tuple[int, tuple[str, int]]]:
    return enumerate([(key, count) for key, count in dots if key in live and count], start=1)


def _stuck(live: Elements, order: list[str]) -> list[tuple[str, int]]:
    """Notes with vote dots stuck onto them, most dots first."""
    counts: dict[str, int] = {}
    notes = [key for key in order if live[key]["kind"] != "vote"]
    areas = {key: {**live[key], "kind": "frame", **_size(live[key])} for key in notes}
    dots = {key: element for key, element in live.items() if element["kind"] == "vote"}
    for key, inside in contents_of_areas({**areas, **dots}).items():
        for dot in inside:
            if dot in dots:
                dots.pop(dot)
                counts[key] = counts.get(key, 0) + 1
    return sorted(counts.items(), key=lambda item: (-item[1], notes.index(item[0])))


def _size(note: Element) -> dict[str, float]:
    w, h = size_of(note)
    return {"w": w, "h": h}


def _type(note: Element, told: Told, *, described: bool = False) -> str:
    found = told.types.get(str(note.get("type_id")))
    if not found:
        return ""
    words = f" — `{found['name']}` v{found['version']}"
    return f"{words}, {_plain(str(found.get('state', '')))}" if described else words


def _link(key: str, note: Element, told: Told) -> str:
    return f"[{_plain(_words(note)) or 'no words'}]({told.address}#note={key})"


def _words(element: Element) -> str:
    return " ".join(str(element.get("text") or "").split())


def _plain(text: str) -> str:
    for letter in "\\`*_[]|#":
        text = text.replace(letter, f"\\{letter}")
    return text.replace("<", "&lt;")
