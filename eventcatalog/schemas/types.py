"""The values that the functions of this cellar take and give. See __init__.py for the functions themselves."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any, Literal

from eventcatalog.schemas.errors import Fault
from eventcatalog.schemas.normalise import canonical_text, fingerprint

Schema = dict[str, Any] | bool
"""A JSON Schema as Python values."""


class Draft(StrEnum):
    """The dialects of JSON Schema that are taken."""

    DRAFT4 = "4"
    DRAFT6 = "6"
    DRAFT7 = "7"
    DRAFT201909 = "2019-09"
    DRAFT202012 = "2020-12"


class CompatibilityMode(StrEnum):
    """What a new version must stay compatible with.

    backward: whoever reads with the new schema can read what was written with the old one.
    forward: whoever reads with the old schema can read what is written with the new one.
    full: both. `_transitive`: not only the last version, but all of them.
    """

    NONE = "none"
    BACKWARD = "backward"
    BACKWARD_TRANSITIVE = "backward_transitive"
    FORWARD = "forward"
    FORWARD_TRANSITIVE = "forward_transitive"
    FULL = "full"
    FULL_TRANSITIVE = "full_transitive"

    @property
    def transitive(self) -> bool:
        """Whether all former versions count, not only the last."""
        return self.value.endswith("_transitive")

    @property
    def directions(self) -> tuple[Direction, ...]:
        """The directions that are checked, backward first."""
        base = self.value.removesuffix("_transitive")
        return {"none": (), "backward": ("backward",), "forward": ("forward",)}.get(base, ("backward", "forward"))  # type: ignore[return-value]


Direction = Literal["backward", "forward"]

Effect = Literal["safe", "breaking", "unclear"]
"""What one change does to one direction. "unclear" is decided by containment or by a counterexample."""

Policy = Literal["strict", "lenient"]
"""How undeclared properties of an open schema count.

strict: anybody may have sent anything under an undeclared name, because the old schema takes it (provable).
lenient: nobody sends undeclared names (an assumption; then an optional property may be added to an open schema).
"""

Answer = Literal["yes", "no", "unknown"]


@dataclass(frozen=True)
class ParsedSchema:
    """A schema that passed every check of `parse_schema`. Don't change `document`."""

    document: Schema
    draft: Draft

    @cached_property
    def canonical_text(self) -> str:
        """The same text for schemas that say the same (normalise.canonical_text)."""
        return canonical_text(self.document)

    @cached_property
    def fingerprint(self) -> str:
        """sha256 of the canonical text, in hex."""
        return fingerprint(self.document)


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two schemas.

    `pointer` is a JSON Pointer into the new schema (into the old one for what is gone); `place` names the same place in
    the documents in words people use ("order.lines[].sku", "" for the whole). `kind` is stable, e.g. "property_added";
    `message` is in plain words; `words_only` marks titles, descriptions, examples and comments.
    """

    pointer: str
    kind: str
    message: str
    backward: Effect
    forward: Effect
    place: str = ""
    words_only: bool = False

    def as_json(self) -> dict[str, Any]:
        """All fields, by name."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Comparison:
    """What changed from one schema to another, in the order of the new schema."""

    changes: tuple[Change, ...]
    truncated: bool = False

    @property
    def identical(self) -> bool:
        """Nothing changed at all."""
        return not self.changes

    @property
    def words_only(self) -> bool:
        """Only titles, descriptions, examples and comments changed, if anything."""
        return not self.truncated and all(change.words_only for change in self.changes)

    def effect(self, direction: Direction) -> Effect:
        """The worst effect of all changes on one direction, by structure alone (not a proof)."""
        effects = {getattr(change, direction) for change in self.changes}
        if "breaking" in effects:
            return "breaking"
        return "unclear" if "unclear" in effects or self.truncated else "safe"


@dataclass(frozen=True, slots=True)
class Counterexample:
    """A document that one schema takes and the other refuses; both validators agreed on both before it got here.

    backward: the old version takes it, the new one refuses it; forward: the other way round. `faults` say why it is
    refused.
    """

    document: Any
    faults: tuple[Fault, ...]

    def as_json(self) -> dict[str, Any]:
        """``{"document", "faults": [...]}``."""
        return {"document": self.document, "faults": [fault.as_json() for fault in self.faults]}


@dataclass(frozen=True, slots=True)
class Finding:
    """The answer for one direction against one former version.

    resolved_by: "containment" (proved), "counterexample" (disproved by a document), "structure" (by the rules of
    compare.py, or nothing found: see `message`).
    lenient_compatible: for a strict "no", whether it'd be a yes if nobody sends undeclared properties; else None.
    """

    direction: Direction
    against: str
    compatible: Answer
    resolved_by: Literal["containment", "counterexample", "structure", "identical"]
    message: str
    counterexample: Counterexample | None = None
    reasons: tuple[Change, ...] = ()
    lenient_compatible: bool | None = None
    fixes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a new version may follow the former ones under a mode.

    `compatible` is "yes" (every direction proved), "no" (some direction is broken) or "unknown" (not proved, and no
    counterexample found), which is not accepted. `comparison` is with the latest version, and so is `takes_former`:
    whether the new schema takes what was sent under that one, undeclared properties aside; it decides the version
    number where the mode doesn't ask for backward compatibility.
    """

    compatible: Answer
    mode: CompatibilityMode
    findings: tuple[Finding, ...] = ()
    comparison: Comparison = field(default_factory=lambda: Comparison(()))
    takes_former: Answer = "unknown"

    @property
    def accepted(self) -> bool:
        """Whether the version may be published: only a proof, or no demand at all, is a yes."""
        return self.compatible == "yes"

    @property
    def worst(self) -> Finding | None:
        """The finding to show first: the first "no", then the first "unknown"."""
        for answer in ("no", "unknown"):
            for finding in self.findings:
                if finding.compatible == answer:
                    return finding
        return None

    @property
    def against(self) -> str | None:
        """The former version that is broken (or can't be decided), if any."""
        return self.worst.against if self.worst else None

    @property
    def counterexample(self) -> Counterexample | None:
        """The document to show, if one was found."""
        return next((f.counterexample for f in self.findings if f.counterexample is not None), None)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why not, in plain words, without repetition."""
        words: dict[str, None] = {}
        for finding in self.findings:
            if finding.compatible != "yes":
                words[finding.message] = None
                words.update(dict.fromkeys(change.message for change in finding.reasons))
        return tuple(words)


@dataclass(frozen=True, slots=True)
class Inferred:
    """A guessed schema, and in `notes` what was guessed and from how much."""

    schema: dict[str, Any]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TreeRow:
    """One line of a readable schema. `pointer` leads into the schema, `path` names the place in documents.

    `type_words` e.g. "string · date-time", "array of object", "string or null"; `constraints` e.g. "at least 1",
    "at most 64 characters". `note` tells of what is not followed: a cycle, or rows left out.
    """

    depth: int
    name: str
    pointer: str
    path: str
    type_words: str
    required: bool = False
    title: str = ""
    description: str = ""
    constraints: tuple[str, ...] = ()
    enum: tuple[Any, ...] = ()
    deprecated: bool = False
    ref: str = ""
    default: Any = None
    has_default: bool = False
    examples: tuple[Any, ...] = ()
    note: str = ""
