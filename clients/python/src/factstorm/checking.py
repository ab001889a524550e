"""`factstorm check`: local JSON Schemas against the catalog, before they are merged.

    factstorm check schemas/                          # every *.json beneath, named by its file
    factstorm check 'events/**/*.schema.json' --format github
    factstorm check schemas/ --publish                # when nothing is wrong: publish what changed

A file's type is its name without `.schema.json` or `.json`, unless the schema says `"x-factstorm-type": "OrderPlaced"`.
Each is held against the type's newest version (or all, as its mode asks) by the server; nothing is stored without
--publish. Exit codes: 0 nothing is wrong, 1 something is (or the server can't be asked), 2 wrong usage.
"""

from __future__ import annotations

import argparse
import glob
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from factstorm.client import Client
from factstorm.errors import ApiError, FactstormError, NotFound
from factstorm.finding_reports import REPORTS
from factstorm.http_protocol import Request, base_path

FILES_MAX = 5_000
FILE_BYTES_MAX = 2 * 1024 * 1024
ENDINGS = (".schema.json", ".json")
NOT_SCHEMAS = ("package.json", "package-lock.json", "tsconfig.json", "composer.json")


@dataclass(slots=True)
class Finding:
    """One file. `outcome`: same, new, compatible, breaking, uncertain, invalid, published; `wrong` fails the check."""

    file: str
    type: str
    outcome: str = ""
    message: str = ""
    version: str = ""
    proposed: str = ""
    bump: str = ""
    line: int = 1
    reasons: list[str] = field(default_factory=list)
    fixes: list[str] = field(default_factory=list)
    example: Any = None
    faults: list[str] = field(default_factory=list)

    @property
    def wrong(self) -> bool:
        """Whether this fails the check."""
        return self.outcome in ("breaking", "uncertain", "invalid")


def add_check(commands: Any) -> None:
    """The command's arguments."""
    parser = commands.add_parser("check", help="compare local JSON Schemas with the catalog")
    parser.add_argument(
        "paths", nargs="+", metavar="PATH", help="a file, a folder, or a pattern such as 'events/**/*.json'"
    )
    parser.add_argument("--format", choices=sorted(REPORTS), default="text", help="default: text")
    parser.add_argument("--output", metavar="FILE", help="write the report there; text goes to standard output besides")
    parser.add_argument(
        "--policy", choices=("strict", "lenient"), help="how undeclared properties count; default: the type's"
    )
    parser.add_argument("--no-new", action="store_true", help="a type that the catalog doesn't have is an error")
    parser.add_argument("--publish", action="store_true", help="publish what changed, if nothing is wrong")
    parser.add_argument(
        "--kind", choices=("event", "command", "query"), default="event", help="of types made by --publish"
    )
    from factstorm.command import add_server_options

    add_server_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """The exit code."""
    from factstorm.command import client_from

    files = files_of(options.paths)
    if not files:
        print(f"factstorm: no schema at {', '.join(options.paths)}", file=sys.stderr)
        return 2
    with client_from(options) as client:
        catalog = Catalog(client)
        catalog.require_access()
        findings = [catalog.check(file, policy=options.policy) for file in files]
        for each in findings:
            if options.no_new and each.outcome == "new":
                each.outcome, each.message = "invalid", "The catalog has no such type, and --no-new asks for one."
        _same_names_are_wrong(findings)
        if options.publish and not any(each.wrong for each in findings):
            for each in findings:
                catalog.publish(each, kind=options.kind)
    _report(findings, options)
    return 1 if any(each.wrong for each in findings) else 0


def files_of(paths: Iterable[str]) -> list[Path]:
    """The schema files that are meant, each once, in order. Raises FactstormError for too many."""
    found: dict[Path, None] = {}
    for path in paths:
        place = Path(path)
        if place.is_dir():
            chosen = [each for each in sorted(place.rglob("*.json")) if each.name not in NOT_SCHEMAS]
        elif place.is_file():
            chosen = [place]
        else:  # patterns may be absolute, which Path.glob refuses
            chosen = [Path(each) for each in sorted(glob.glob(path, recursive=True)) if Path(each).is_file()]  # noqa: PTH207
        found.update(dict.fromkeys(each for each in chosen if "node_modules" not in each.parts))
    if len(found) > FILES_MAX:
        raise FactstormError(f"{len(found):,} files are too many; at most {FILES_MAX:,} are checked at once")
    return list(found)


class Catalog:
    """The catalog's part that this command asks."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._base = f"{base_path(client.workspace)}/catalog"

    def require_access(self) -> None:
        """Raises ApiError, so that a missing workspace isn't taken for missing types."""
        self._client.call(Request("GET", f"{self._base}/types", {"size": "1"}))

    def check(self, file: Path, *, policy: str | None) -> Finding:
        """What publishing this file would do."""
        finding = Finding(str(file), _type_name(file, None))
        try:
            text = _text(file)
            document = json.loads(text)
        except (OSError, ValueError, RecursionError) as error:
            finding.outcome, finding.message = "invalid", f"This file can't be read: {error}"
            finding.line = getattr(error, "lineno", 1)
            return finding
        finding.type = _type_name(file, document)
        body = {"schema": text, **({"policy": policy} if policy else {})}
        try:
            self._fill(finding, self._post(f"types/{quote(finding.type, safe='')}/versions/check", body))
        except NotFound:
            self._fill_new(finding, text)
        except ApiError as error:
            if error.status != 422:
                raise
            _fill_invalid(finding, error.message, error.hint, error.fields)
        return finding

    def _fill(self, finding: Finding, told: dict[str, Any]) -> None:
        finding.version, finding.proposed, finding.bump = (
            told["against"] or told["latest"],
            told["proposed"],
            told["bump"],
        )
        finding.message = told["verdict"]
        if told["is_same"]:
            finding.outcome, finding.version = "same", told["latest"]
        elif told["compatible"]:
            finding.outcome, finding.version = "compatible", told["latest"]
        else:
            finding.outcome = "breaking" if told["certain"] else "uncertain"
            finding.reasons = [each for each in told["reasons"] if each != told["verdict"]][:10]
            finding.fixes = list(told["fixes"])[:5]
            shown = told.get("counterexample")
            if shown:
                finding.example = shown["document"]
                finding.faults = [f"{each['pointer'] or '/'}: {each['message']}" for each in shown["faults"]][:5]

    def _fill_new(self, finding: Finding, text: str) -> None:
        told = self._post("schema-check", {"schema": text})
        if told["valid"]:
            finding.outcome, finding.proposed = "new", "1.0.0"
            finding.message = "The catalog has no such type yet."
        else:
            error = told["error"]
            _fill_invalid(finding, error["message"], error.get("hint", ""), error)

    def publish(self, finding: Finding, *, kind: str) -> None:
        """The next version, or a new type."""
        text = _text(Path(finding.file))
        try:
            if finding.outcome == "new":
                made = self._post("types", {"kind": kind, "name": finding.type, "schema": text}, repeatable=False)
            elif finding.outcome == "compatible":
                body = {"schema": text, "expected_latest": finding.version}
                path = f"types/{quote(finding.type, safe='')}/versions"
                made = self._post(path, body, repeatable=False)
            else:
                return
        except ApiError as error:
            if error.status not in (409, 422):
                raise
            finding.outcome, finding.message = "invalid", f"It could not be published: {error}"
            return
        finding.outcome, finding.proposed = "published", made["version"]
        finding.message = f"Published as {made['version']}."

    def _post(self, path: str, body: dict[str, Any], *, repeatable: bool = True) -> dict[str, Any]:
        content = json.dumps(body).encode()
        answer: dict[str, Any] = self._client.call(
            Request("POST", f"{self._base}/{path}", body=content, repeatable=repeatable)
        )
        return answer


def _fill_invalid(finding: Finding, message: str, hint: str, fields: Any) -> None:
    finding.outcome = "invalid"
    place = fields.get("place") if isinstance(fields, dict) else None
    pointer = place.get("pointer") if isinstance(place, dict) else ""
    line = place.get("line") if isinstance(place, dict) else None
    finding.line = line if isinstance(line, int) else 1
    finding.message = f"{pointer}: {message}" if pointer else message
    finding.fixes = [hint] if hint else []


def _same_names_are_wrong(findings: Sequence[Finding]) -> None:
    first: dict[str, str] = {}
    for each in findings:
        if each.type in first:
            each.outcome = "invalid"
            each.message = f"{first[each.type]} is the schema of {each.type} as well."
        first.setdefault(each.type, each.file)


def _text(file: Path) -> str:
    if file.stat().st_size > FILE_BYTES_MAX:
        raise ValueError(f"it has more than {FILE_BYTES_MAX:,} bytes")
    return file.read_text(encoding="utf-8-sig")


def _type_name(file: Path, document: Any) -> str:
    own = document.get("x-factstorm-type") if isinstance(document, dict) else None
    if isinstance(own, str) and own:
        return own
    ending = next((each for each in ENDINGS if file.name.endswith(each)), "")
    return file.name[: len(file.name) - len(ending)]


def _report(findings: Sequence[Finding], options: argparse.Namespace) -> None:
    report = REPORTS[options.format](findings)
    if options.output:
        Path(options.output).write_text(report, encoding="utf-8")
        report = REPORTS["text"](findings)
    print(report, end="")
