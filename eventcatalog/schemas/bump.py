"""The version number that a change deserves (semver 2.0): breaking -> major, compatible -> minor, words -> patch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import semver

from eventcatalog.schemas.types import Comparison, Verdict

Part = Literal["major", "minor", "patch"]


@dataclass(frozen=True, slots=True)
class Bump:
    """The part of the number that grows, the version that gives, and why in words."""

    part: Part
    version: str
    reason: str


def propose_version(previous: str, comparison: Comparison, verdict: Verdict | None = None) -> Bump:
    """The next version after `previous`. Raises ValueError if that is no semantic version."""
    version = semver.Version.parse(previous)
    part, reason = _part(comparison, verdict)
    following = {"major": version.bump_major, "minor": version.bump_minor, "patch": version.bump_patch}[part]()
    return Bump(part, str(following), reason)


def _part(comparison: Comparison, verdict: Verdict | None) -> tuple[Part, str]:
    if comparison.words_only:
        return "patch", "Only words changed; documents can't tell."
    backward = [finding for finding in verdict.findings if finding.direction == "backward"] if verdict else []
    if any(finding.compatible == "no" for finding in backward):
        return "major", "It refuses documents that the former version took."
    if backward and all(finding.compatible == "yes" for finding in backward):
        return "minor", "It takes every document that the former version took."
    if verdict is not None and verdict.takes_former == "yes":
        return "minor", "It takes every document that the former version took, undeclared properties aside."
    effect = comparison.effect("backward")
    if effect == "safe":
        return "minor", "By its structure it takes every document that the former version took."
    if effect == "breaking":
        return "major", "By its structure it refuses documents that the former version took."
    return "major", "It can't be shown that it takes every document that the former version took."
