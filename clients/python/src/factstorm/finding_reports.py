"""How `factstorm check` tells what it found: for people, as GitHub's annotations, as JUnit XML."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, indent, tostring

if TYPE_CHECKING:
    from factstorm.checking import Finding

EXAMPLE_CHARACTERS_MAX = 2_000
_MARKS = {
    "same": "=",
    "new": "+",
    "compatible": "+",
    "published": "^",
    "breaking": "x",
    "uncertain": "?",
    "invalid": "x",
}


def as_text(findings: Sequence[Finding]) -> str:
    """A paragraph for what is wrong, a line for the rest, and the sum."""
    lines: list[str] = []
    for each in sorted(findings, key=lambda finding: not finding.wrong):
        lines += _block(each) if each.wrong else [f"{_MARKS[each.outcome]} {each.type}  {_good_words(each)}"]
    wrong = sum(each.wrong for each in findings)
    count = len(findings)
    checked = f"{count} schema{'s' * (count != 1)} checked"
    lines.append(f"\n{checked}, {wrong} wrong." if wrong else f"\n{checked}, nothing is wrong.")
    return "\n".join(lines) + "\n"


def _good_words(finding: Finding) -> str:
    if finding.outcome == "same":
        return f"{finding.version}, unchanged"
    if finding.outcome == "compatible":
        return f"{finding.version} -> {finding.proposed} ({finding.bump})"
    return finding.message


def _block(finding: Finding) -> list[str]:
    where = f"{finding.file}:{finding.line}"
    return [f"{_MARKS[finding.outcome]} {finding.type}  {where}", *(f"    {line}" for line in _details(finding)), ""]


def _details(finding: Finding) -> list[str]:
    """What is wrong, why, a document that shows it, and what would mend it."""
    lines = [finding.message, *(f"- {each}" for each in finding.reasons)]
    if finding.outcome in ("breaking", "uncertain") and finding.version:
        lines.insert(
            0, f"{'Breaks' if finding.outcome == 'breaking' else 'May break'} compatibility with {finding.version}."
        )
    if finding.example is not None or finding.faults:
        lines.append(f"For example: {_short(finding.example)}")
        lines += [f"  {each}" for each in finding.faults]
    lines += [f"To mend it: {each}" for each in finding.fixes]
    return lines


def _short(document: object) -> str:
    text = json.dumps(document, ensure_ascii=False)
    return text if len(text) <= EXAMPLE_CHARACTERS_MAX else f"{text[:EXAMPLE_CHARACTERS_MAX]}..."


def as_github(findings: Sequence[Finding]) -> str:
    """Workflow commands: errors for what is wrong, notices for what is new or changes a version."""
    lines = []
    for each in findings:
        if each.outcome == "same":
            continue
        command = "error" if each.wrong else "notice"
        words = "\n".join(_details(each)) if each.wrong else _good_words(each)
        place = f"file={_property(each.file)},line={each.line},title={_property(_title(each))}"
        lines.append(f"::{command} {place}::{_data(words)}")
    return "\n".join(lines) + "\n" if lines else ""


def _title(finding: Finding) -> str:
    words = {"breaking": "breaks compatibility", "uncertain": "may break compatibility", "invalid": "is not valid",
             "new": "is new", "compatible": "changes", "published": "published"}  # fmt: skip
    return f"{finding.type} {words[finding.outcome]}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def as_junit(findings: Sequence[Finding]) -> str:
    """A test suite with a case for each file."""
    wrong = sum(each.wrong for each in findings)
    suite = Element("testsuite", name="factstorm check", tests=str(len(findings)), failures=str(wrong), errors="0")
    for each in findings:
        case = SubElement(suite, "testcase", classname="factstorm.check", name=each.type, file=each.file)
        if each.wrong:
            failure = SubElement(case, "failure", message=_xml(each.message), type=each.outcome)
            failure.text = _xml("\n".join(_details(each)))
        else:
            SubElement(case, "system-out").text = _xml(_good_words(each))
    indent(suite)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(suite, encoding="unicode") + "\n"


def _xml(text: str) -> str:
    """Without characters that XML can't hold."""
    return re.sub(r"[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "?", text)


REPORTS: dict[str, Callable[[Sequence[Finding]], str]] = {"text": as_text, "github": as_github, "junit": as_junit}
