"""Regions: which notes lie in which context, lane and frame. A note lies where its middle does, in the smallest."""

from bisect import bisect_left, bisect_right

from storming.document.elements import Element, Elements
from storming.document.notation import AREA_KINDS, NOTE_KINDS, size_of


def whereabouts(elements: Elements) -> dict[str, dict[str, str]]:
    """``{note id: {kind of area: its text}}``; areas without a text are not told."""
    named = {key: str(elements[key].get("text") or "").strip() for key in _areas(elements)}
    places: dict[str, dict[str, str]] = {}
    for key, contents in contents_of_areas(elements).items():
        kind = elements[key]["kind"]
        for note in contents if named[key] else ():
            places.setdefault(note, {}).setdefault(kind, named[key])
    return places


def contents_of_areas(elements: Elements) -> dict[str, list[str]]:
    """``{area id: ids of the notes in it}``, from left to right; the smallest areas come first."""
    middles = sorted((*_middle(element), key) for key, element in elements.items() if _is(element, NOTE_KINDS))
    xs = [middle[0] for middle in middles]
    found: dict[str, list[str]] = {}
    for key in _areas(elements):
        x, y, w, h = (float(elements[key][name]) for name in ("x", "y", "w", "h"))
        across = middles[bisect_left(xs, x) : bisect_right(xs, x + w)]
        found[key] = [note for _, middle, note in across if y <= middle <= y + h]
    return found


def _areas(elements: Elements) -> list[str]:
    areas = [key for key, element in elements.items() if _is(element, AREA_KINDS)]
    return sorted(areas, key=lambda key: (elements[key]["w"] * elements[key]["h"], key))


def _is(element: Element, kinds: object) -> bool:
    return not element.get("deleted") and element.get("kind") in kinds  # type: ignore[operator]


def _middle(element: Element) -> tuple[float, float]:
    w, h = size_of(element)
    return float(element["x"]) + w / 2, float(element["y"]) + h / 2
