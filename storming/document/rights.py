"""Who may change what while a workshop runs: participants edit notes and bounded contexts, facilitators
also frames, lanes, the legend and locks.

Pure: looks at one patch against the present elements and the workshop's rules, and says why not. What is locked is
locked for everybody, so that nobody moves it by accident; a facilitator unlocks it first. A locked lane or frame holds
what lies in it (by its middle). Remarks and reactions belong to who made them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from storming.document.elements import Element, Elements, ElementsPatch
from storming.document.errors import Refusal
from storming.document.notation import ARRANGED_KINDS, class_of, size_of

TALK = frozenset({"remark", "reaction"})


@dataclass(frozen=True, slots=True)
class Rules:
    """The part of the workshop that rights follow from. ``pen`` is the id of the actor who holds it."""

    frozen: bool = False
    one_pen: bool = False
    pen: str | None = None

    @classmethod
    def of(cls, workshop: Mapping[str, Any]) -> "Rules":
        """From the workshop's state as stored."""
        pen = workshop.get("pen") or {}
        return cls(bool(workshop.get("frozen")), bool(workshop.get("one_pen")), pen.get("id"))


def check(
    elements: Elements,
    patch: ElementsPatch,
    *,
    rules: Rules,
    actor_id: str,
    facilitates: bool,
    locked_areas: Mapping[str, Element],
) -> None:
    """Raise Refusal (frozen, pen, facilitators_only, locked, not_yours) when this actor must not write the patch."""
    for element_id, properties in patch.items():
        if not isinstance(properties, Mapping):
            continue
        present = elements.get(element_id)
        kind = str(properties.get("kind") or (present or {}).get("kind") or "")
        place = f"patch.elements.{element_id[:64]}"
        if not facilitates:
            _of_the_hour(kind, rules, actor_id, place)
            _of_facilitators(kind, properties, place)
        if kind in TALK and present is not None:
            _of_its_author(present, properties, actor_id, facilitates, place)
        _of_locks(element_id, present, properties, locked_areas, place)


def _of_the_hour(kind: str, rules: Rules, actor_id: str, place: str) -> None:
    if rules.frozen:
        raise Refusal(
            "frozen",
            "The board is frozen: a facilitator has stopped all changes.",
            place=place,
            hint="It goes on when they thaw it.",
        )
    if rules.one_pen and rules.pen != actor_id and kind not in TALK:
        raise Refusal("pen", "Somebody else holds the pen.", place=place, hint="Raise a hand to ask for it.")


def _of_facilitators(kind: str, properties: Mapping[str, Any], place: str) -> None:
    if kind in ARRANGED_KINDS:
        raise Refusal(
            "facilitators_only",
            "Only facilitators change frames, lanes and the legend.",
            place=place,
            hint="Ask a facilitator; notes are yours.",
        )
    if "locked" in properties:
        raise Refusal("facilitators_only", "Only facilitators lock and unlock.", place=f"{place}.locked")


def _of_its_author(
    present: Element, properties: Mapping[str, Any], actor_id: str, facilitates: bool, place: str
) -> None:
    changes = set(properties) - {"resolved"}
    if present.get("created_by") == actor_id or not changes or (facilitates and changes == {"deleted"}):
        return
    raise Refusal("not_yours", "Only who wrote it can change it.", place=place, hint="Answer it, or resolve it.")


def _of_locks(
    element_id: str,
    present: Element | None,
    properties: Mapping[str, Any],
    areas: Mapping[str, Element],
    place: str,
) -> None:
    if present is not None and present.get("locked") and set(properties) != {"locked"}:
        raise Refusal("locked", "This is locked.", place=place, hint="A facilitator can unlock it.")
    if not areas or element_id in areas:
        return
    kind = str(properties.get("kind") or (present or {}).get("kind") or "")
    if class_of(kind) != "note":
        return
    after = {**(present or {}), **properties}
    for area in areas.values():
        if (present is not None and not present.get("deleted") and _within(present, area)) or _within(after, area):
            name = " ".join(str(area.get("text") or "").split())[:60]
            what = f"“{name}” is locked" if name else "The lane is locked"
            raise Refusal("locked", f"{what}, with what lies in it.", place=place, hint="A facilitator can unlock it.")


def _within(note: Mapping[str, Any], area: Mapping[str, Any]) -> bool:
    x, y = note.get("x"), note.get("y")
    if not isinstance(x, int | float) or not isinstance(y, int | float):
        return False
    w, h = size_of(dict(note))
    return bool(area["x"] <= x + w / 2 <= area["x"] + area["w"] and area["y"] <= y + h / 2 <= area["y"] + area["h"])
