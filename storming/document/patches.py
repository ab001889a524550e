"""Patches: applying them, what they touch, and taking them back.

The last write wins per property, in the order of the log; so applying the same operations in the same order to the
same elements gives the same elements everywhere. ``touched`` gives the present values of what a patch names, as a
patch: applying a patch and then what it touched before is no change at all, except that an element born by the patch
stays behind without any property (to be dropped by whoever holds it, see ``drop_empty``).
"""

from collections.abc import Iterable
from typing import Any

from storming.document.elements import Elements, ElementsPatch


def apply(elements: Elements, patch: ElementsPatch) -> None:
    """Set and remove properties in place. The patch has been checked."""
    for element_id, properties in patch.items():
        element = elements.setdefault(element_id, {})
        for name, value in properties.items():
            if value is None:
                element.pop(name, None)
            else:
                element[name] = value


def drop_empty(elements: Elements, patch: ElementsPatch) -> None:
    """Forget the elements of ``patch`` that have no kind: a birth that was refused or taken back."""
    for element_id in patch:
        if "kind" not in elements.get(element_id, {"kind": ""}):
            del elements[element_id]


def touched(elements: Elements, patch: ElementsPatch) -> dict[str, dict[str, Any]]:
    """The present value of each property that ``patch`` names, None where there is none."""
    return {
        element_id: {name: elements.get(element_id, {}).get(name) for name in properties}
        for element_id, properties in patch.items()
    }


def inverse(elements: Elements, patch: ElementsPatch) -> dict[str, dict[str, Any]]:
    """What takes ``patch`` back, computed before it is applied: old values, and deletion for what it gives birth to."""
    old = touched(elements, patch)
    return {element_id: old[element_id] if element_id in elements else {"deleted": True} for element_id in patch}


def sparing(undo: ElementsPatch, later_by_others: Iterable[ElementsPatch]) -> dict[str, dict[str, Any]]:
    """The part of ``undo`` that takes back nobody else's work.

    ``later_by_others`` are the patches that others wrote after what is taken back. A property that one of them wrote
    stays as it is; an element that one of them wrote on at all is not deleted.
    """
    kept = {element_id: dict(properties) for element_id, properties in undo.items()}
    for patch in later_by_others:
        for element_id in kept.keys() & patch.keys():
            for name in patch[element_id]:
                kept[element_id].pop(name, None)
            kept[element_id].pop("deleted", None)
    return {element_id: properties for element_id, properties in kept.items() if properties}
