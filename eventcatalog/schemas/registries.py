"""What a Confluent-style registry would say of a change: structural rules, under its strict and its lenient policy.

Built from published behaviour, to be shown beside what is proved (containment.py) where they differ; nothing here
decides whether a version may be published. Such a registry looks at one direction at a time, at the reader's and the
writer's schema, and judges each difference by a list: what is on the list is compatible, all else is not.

Compatible under both: words and defaults; a bound widened or removed; integer become number, a type added; an enum
extended; a required name removed, or added with a default; content opened; a property added to a closed model, or
removed under an open one; a pattern or multipleOf removed; variants added (anyOf, oneOf), parts removed (allOf).
lenient also takes an optional property added to an open model, and a property removed from a closed one.
Not looked at: format, propertyNames, if/then/else, contains, unevaluated..., which is why it can say yes to a break.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from eventcatalog.schemas.compare import compare
from eventcatalog.schemas.normalise import canonical_text
from eventcatalog.schemas.pointers import follow, parts_of, pointer_to
from eventcatalog.schemas.types import Change, CompatibilityMode, Direction, ParsedSchema, Policy, Verdict

VERSIONS_MAX = 20
REASONS_MAX = 5
_UNSEEN = {"format", "propertyNames", "if", "then", "else", "contains", "minContains", "maxContains",
           "unevaluatedItems", "unevaluatedProperties", "contentMediaType", "contentEncoding",
           "dependentSchemas"}  # fmt: skip
_ALWAYS = {"words_changed", "annotation_changed", "rearranged", "draft_changed", "required_removed", "values_added",
           "content_opened", "content_widened", "widened", "dynamic_references"}  # fmt: skip
_NEVER = {"values_removed", "content_closed", "content_narrowed", "narrowed", "too_deep"}


@dataclass(frozen=True, slots=True)
class Opinion:
    """One of the verdicts side by side: ``name`` is proved, registry_strict or registry_lenient; ``answer`` yes, no or
    unknown; ``reason`` in plain words.
    """

    name: Literal["proved", "registry_strict", "registry_lenient"]
    answer: Literal["yes", "no", "unknown"]
    reason: str

    def as_json(self) -> dict[str, str]:
        """``{"name", "answer", "reason"}``."""
        return {"name": self.name, "answer": self.answer, "reason": self.reason}


def opinions(
    old_versions: Sequence[tuple[str, ParsedSchema]], new: ParsedSchema, verdict: Verdict
) -> tuple[Opinion, Opinion, Opinion]:
    """Proof, strict rules and lenient rules on the same question, in that order."""
    return (
        Opinion("proved", verdict.compatible, _proof(verdict)),
        _opinion(old_versions, new, verdict.mode, "strict"),
        _opinion(old_versions, new, verdict.mode, "lenient"),
    )


def _proof(verdict: Verdict) -> str:
    if not verdict.findings:
        return "The mode promises nothing."
    worst = verdict.worst
    if worst is None:
        structural = next((each for each in verdict.findings if each.resolved_by == "structure"), None)
        return structural.message if structural else "Every document that must be taken is taken."
    shown = " Here is one." if worst.counterexample else ""
    return worst.message + shown


def _opinion(
    old_versions: Sequence[tuple[str, ParsedSchema]], new: ParsedSchema, mode: CompatibilityMode, policy: Policy
) -> Opinion:
    name: Literal["registry_strict", "registry_lenient"] = (
        "registry_strict" if policy == "strict" else "registry_lenient"
    )
    against = old_versions[-VERSIONS_MAX:] if mode.transitive else old_versions[-1:]
    reasons: dict[str, None] = {}
    for _, old in reversed(against):
        for direction in mode.directions:
            reasons.update(dict.fromkeys(refusals(old, new, direction, policy=policy)))
    if reasons:
        return Opinion(name, "no", " ".join(list(reasons)[:REASONS_MAX]))
    return Opinion(name, "yes", "Every difference is on its list of compatible ones." if mode.directions else
                   "The mode promises nothing.")  # fmt: skip


def refusals(old: ParsedSchema, new: ParsedSchema, direction: Direction, *, policy: Policy) -> list[str]:
    """Why such a registry would refuse ``new``, in words; empty where it would take it."""
    writer, reader = (old, new) if direction == "backward" else (new, old)
    return [
        f"{change.message}{_because(change, writer, policy)}"
        for change in compare(writer, reader).changes
        if not _compatible(change, writer, reader, policy)
    ]


def _compatible(change: Change, writer: ParsedSchema, reader: ParsedSchema, policy: Policy) -> bool:
    parts = parts_of(change.pointer)
    keyword = change.kind.removesuffix("_changed")
    if change.kind in _ALWAYS or keyword in _UNSEEN or _UNSEEN & set(parts):
        return True
    if change.kind in _NEVER:
        return False
    if change.kind == "property_added":
        return _added(parts, writer, reader, policy)
    if change.kind == "property_removed":
        content = _content(_owner(reader, parts))
        return content != "closed" or policy == "lenient"
    if change.kind == "required_added":
        return _all_have_defaults(parts, writer, reader)
    if change.kind in ("type_changed", "bound_changed"):
        return change.backward == "safe"
    if change.kind == "values_changed":
        return "enum" not in _mapping(_at(reader, parts[:-1])) and "const" not in _mapping(_at(reader, parts[:-1]))
    return _combined(keyword, change, _at(writer, parts), _at(reader, parts))


def _combined(keyword: str, change: Change, before: Any, after: Any) -> bool:
    if keyword in ("pattern", "multipleOf", "uniqueItems", "dependencies", "dependentRequired", "not"):
        if keyword == "multipleOf" and isinstance(before, int) and isinstance(after, int) and after:
            return before % after == 0
        return after is None or after is False
    if keyword == "oneOf" and isinstance(before, list) and isinstance(after, list):
        later = [canonical_text(each) for each in after]
        return all(canonical_text(each) in later for each in before)
    return change.backward == "safe"


def _added(parts: list[str], writer: ParsedSchema, reader: ParsedSchema, policy: Policy) -> bool:
    content = _content(_owner(writer, parts))
    inner = _at(reader, parts)
    required = parts[-1] in _names(_owner(reader, parts)) if parts else False
    has_default = isinstance(inner, dict) and "default" in inner
    if required and not has_default:
        return False
    if content == "open" and policy == "strict":
        return inner is True or inner == {}
    return True


def _all_have_defaults(parts: list[str], writer: ParsedSchema, reader: ParsedSchema) -> bool:
    before, after = _at(writer, parts[:-1]), _at(reader, parts[:-1])
    properties = _mapping(_mapping(after).get("properties"))
    names = _names(after) - _names(before)
    return all(isinstance(properties.get(name), dict) and "default" in properties[name] for name in names)


def _because(change: Change, writer: ParsedSchema, policy: Policy) -> str:
    strictly = change.kind == "property_added" and policy == "strict"
    if strictly and _content(_owner(writer, parts_of(change.pointer))) == "open":
        return " The model it is added to is open, so somebody may have sent it with another meaning."
    return ""


def _owner(parsed: ParsedSchema, parts: list[str]) -> Any:
    return _at(parsed, parts[:-2])


def _at(parsed: ParsedSchema, parts: list[str]) -> Any:
    """The value at a pointer that passes through references."""
    node: Any = parsed.document
    for part in parts:
        node = _meant(parsed, node, part)
        if isinstance(node, dict) and part in node:
            node = node[part]
        elif isinstance(node, list) and part.isdecimal() and int(part) < len(node):
            node = node[int(part)]
        else:
            return None
    return _meant(parsed, node, "")


def _meant(parsed: ParsedSchema, node: Any, wanted: str) -> Any:
    for _ in range(16):
        reference = node.get("$ref") if isinstance(node, dict) and wanted not in node else None
        if not isinstance(reference, str) or not reference.startswith("#/"):
            return node
        try:
            node = follow(parsed.document, pointer_to(parts_of(reference[1:])))
        except (LookupError, ValueError):
            return node
    return node


def _content(schema: Any) -> Literal["open", "closed", "partly"]:
    if not isinstance(schema, dict):
        return "open"
    extra = schema.get("additionalProperties", True)
    if "patternProperties" in schema or extra not in (True, False, {}):
        return "partly"
    return "closed" if extra is False else "open"


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _names(schema: Any) -> set[str]:
    value = _mapping(schema).get("required", [])
    return {each for each in value if isinstance(each, str)} if isinstance(value, list) else set()
