"""Whether a new version may follow the former ones: proof first, then a counterexample, then structure.

For each direction and each former version that the mode asks for: are the schemas the same; does one set hold the other
(containment.py); if not, or if that can't be told, is there a document that shows it (search.py). "no" without a
document still counts as no when it was proved. What was neither proved nor disproved is "yes" only where every single
change is safe by structure, else "unknown", which is not accepted.

Policy. Under "strict" an undeclared property may already have been sent with any type, since the old schema takes it:
declaring it is a break, and provably so. "lenient" assumes that nobody sends what isn't declared: the schema that
documents were written under is closed before the two are compared. A counterexample holds under either.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace
from typing import Any

from eventcatalog.schemas.compare import compare
from eventcatalog.schemas.containment import covers
from eventcatalog.schemas.keywords import walk
from eventcatalog.schemas.search import find_counterexample
from eventcatalog.schemas.types import (
    Answer,
    Change,
    Comparison,
    CompatibilityMode,
    Direction,
    Finding,
    ParsedSchema,
    Policy,
    Verdict,
)

VERSIONS_MAX = 200
SHOWN_MAX = 6
REASONS_MAX = 20
_COMBINING = {"allOf", "anyOf", "oneOf", "if", "then", "else", "not", "dependentSchemas", "dependencies"}


def check(
    old_versions: Sequence[tuple[str, ParsedSchema]],
    new: ParsedSchema,
    mode: CompatibilityMode | str,
    *,
    policy: Policy = "strict",
) -> Verdict:
    """The verdict on `new` after these versions, oldest first; the text of each pair names the version."""
    mode = CompatibilityMode(mode)
    if not old_versions:
        return Verdict("yes", mode)
    latest = old_versions[-1][1]
    against = old_versions[-VERSIONS_MAX:] if mode.transitive else old_versions[-1:]
    findings: list[Finding] = []
    for name, old in reversed(against):
        for direction in mode.directions:
            searching = sum(finding.compatible == "no" for finding in findings) < SHOWN_MAX
            findings.append(_find(name, old, new, direction, policy, searching=searching))
    answers = {finding.compatible for finding in findings}
    answer: Answer = "no" if "no" in answers else "unknown" if "unknown" in answers else "yes"
    comparison = _settled(compare(latest, new), [finding for finding in findings if finding.against == against[-1][0]])
    return Verdict(answer, mode, tuple(findings), comparison, _takes_former(latest, new))


def _settled(comparison: Comparison, findings: list[Finding]) -> Comparison:
    """The changes since the latest version with what was proved: where the whole is safe, so is each of them."""
    proved = {finding.direction for finding in findings if finding.resolved_by == "containment"
              and finding.compatible == "yes"}  # fmt: skip
    changes = tuple(
        replace(
            change,
            backward="safe" if "backward" in proved else change.backward,
            forward="safe" if "forward" in proved else change.forward,
        )
        for change in comparison.changes
    )
    return Comparison(changes, comparison.truncated)


def _takes_former(old: ParsedSchema, new: ParsedSchema) -> Answer:
    """For the version number: does the new schema take what was sent under the old one, undeclared names aside?"""
    strictly = covers(new, old)
    return strictly if strictly == "yes" else covers(new, closed(old))


def _find(
    name: str, old: ParsedSchema, new: ParsedSchema, direction: Direction, policy: Policy, *, searching: bool
) -> Finding:
    if old.canonical_text == new.canonical_text:
        return Finding(direction, name, "yes", "identical", f"The schema says the same as version {name}.")
    comparison = compare(old, new)
    taker, refuser = (old, new) if direction == "backward" else (new, old)
    if policy == "lenient":
        taker = closed(taker)
    proof = covers(refuser, taker)
    if proof == "yes":
        return Finding(direction, name, "yes", "containment", _proved(direction, name))
    shown = find_counterexample(taker, refuser) if searching or proof == "unknown" else None
    reasons = _reasons(comparison, direction)
    if proof == "no" or shown is not None:
        lenient = _lenient(old, new, direction) if policy == "strict" else None
        resolved = "counterexample" if shown else "containment"
        message = _broken(direction, name)
        if shown is None and searching:
            message += " (Proved; no document was found to show.)"
        fixes = _fixes(reasons, lenient)
        return Finding(direction, name, "no", resolved, message, shown, reasons, lenient, fixes)  # type: ignore[arg-type]
    if comparison.effect(direction) == "safe":
        message = (
            f"By its structure every change is {direction} compatible with version {name}; no counterexample was found."
        )
        return Finding(direction, name, "yes", "structure", message)
    message = f"It could not be proved that the change is {direction} compatible with version {name}."
    return Finding(direction, name, "unknown", "structure", message, None, reasons)


def _proved(direction: Direction, name: str) -> str:
    if direction == "backward":
        return f"Proved: every document that version {name} takes is taken by the new one."
    return f"Proved: every document that the new version takes is taken by version {name}."


def _broken(direction: Direction, name: str) -> str:
    if direction == "backward":
        return f"A document that version {name} takes is refused by the new one."
    return f"A document that the new version takes is refused by version {name}."


def _reasons(comparison: Comparison, direction: Direction) -> tuple[Change, ...]:
    changes = [change for change in comparison.changes if getattr(change, direction) != "safe"]
    surely = [change for change in changes if getattr(change, direction) == "breaking"]
    return tuple((surely or changes)[:REASONS_MAX])


def _lenient(old: ParsedSchema, new: ParsedSchema, direction: Direction) -> bool | None:
    taker, refuser = (old, new) if direction == "backward" else (new, old)
    answer = covers(refuser, closed(taker))
    return None if answer == "unknown" else answer == "yes"


def _fixes(reasons: tuple[Change, ...], lenient: bool | None) -> tuple[str, ...]:
    """What would mend it, in words."""
    found: dict[str, None] = {}
    for change in reasons:
        if change.kind == "property_added" and "required" in change.message:
            found[f"Make {change.place} optional."] = None
        elif change.kind == "required_added":
            found["Leave the property optional."] = None
        elif change.kind == "values_removed":
            found[f"Keep the former values of {change.place or 'the document'}."] = None
        elif change.kind == "bound_changed":
            found[f"Widen the bound of {change.place or 'the document'} again."] = None
        elif change.kind == "content_closed":
            found["Leave the content open to further properties."] = None
    if lenient:
        added = [change.place for change in reasons if change.kind == "property_added"]
        names = ", ".join(added[:5]) or "an undeclared property"
        found[f"If nobody has sent {names} undeclared, choose the lenient policy for this type."] = None
    return tuple(found)


def closed(parsed: ParsedSchema) -> ParsedSchema:
    """The schema with objects that declare properties closed to others: what "lenient" takes for granted.

    Where several schemas look at one object (allOf, oneOf, if, ...) none of them knows all its properties, so those
    stay open; so do shared definitions in a document that combines schemas.
    """
    document: Any = deepcopy(parsed.document)
    combines = any(isinstance(node, dict) and _COMBINING & set(node) for _, node in walk(document))
    for parts, node in walk(document):
        if not isinstance(node, dict) or "properties" not in node or node.get("additionalProperties", True) is not True:
            continue
        shared = bool({"$defs", "definitions"} & set(parts[:1]))
        if _COMBINING & set(node) or "$ref" in node or _COMBINING & set(parts) or (combines and shared):
            continue
        node["additionalProperties"] = False
    return ParsedSchema(document, parsed.draft)
