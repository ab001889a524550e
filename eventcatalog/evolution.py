"""The floor's one door to the cellar (eventcatalog.schemas): texts and rows in, verdicts and words out.

The cellar knows neither rows nor HTTP; views and actions know neither containment nor drafts. Errors of the cellar
become this floor's here.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import orjson
from django.conf import settings

from eventcatalog.errors import InvalidSchema
from eventcatalog.models import SchemaVersion
from eventcatalog.schemas.bump import propose_version
from eventcatalog.schemas.check import check
from eventcatalog.schemas.errors import Fault, SchemaError
from eventcatalog.schemas.examples import example
from eventcatalog.schemas.fields import to_fields
from eventcatalog.schemas.fixes import fixes
from eventcatalog.schemas.infer import infer_schema
from eventcatalog.schemas.linking import SCHEME, Fetch, Target, references_in
from eventcatalog.schemas.parse import parse_schema, restore
from eventcatalog.schemas.registries import opinions
from eventcatalog.schemas.tree import tree
from eventcatalog.schemas.types import Comparison, CompatibilityMode, Finding, ParsedSchema, TreeRow, Verdict
from eventcatalog.schemas.validator import Validator, compile_validator
from workspaces.errors import Invalid

FIELD_NAMES_MAX = 2000
CHANGES_SHOWN_MAX = 200
COUNTEREXAMPLE_BYTES_MAX = 100_000
EXAMPLE_BYTES_MAX = 200_000
FIRST_VERSION = "1.0.0"

__all__ = ["Fault", "TreeRow", "Validator"]


@dataclass(frozen=True, slots=True)
class Parsed:
    """A schema that may be stored: its text as given, to the byte, and what it says.

    ``schema`` is linked: what it refers to in the catalog is inside. ``bundled_text`` is that as text, "" where it
    refers to nothing; ``references`` are (pointer of the ``$ref``, target).
    """

    text: str
    schema: ParsedSchema
    bundled_text: str = ""
    references: tuple[tuple[str, Target], ...] = ()

    @property
    def fingerprint(self) -> str:
        """The same for schemas that say the same, whatever their layout."""
        return self.schema.fingerprint

    @property
    def draft(self) -> str:
        """The dialect: "7", "2020-12", ..."""
        return str(self.schema.draft)


@dataclass(frozen=True, slots=True)
class Assessment:
    """What publishing a schema would do to a type. Texts are plain words; the rest is ready for JSON.

    ``policy`` is strict or lenient (eventcatalog.models.Policy); ``would_pass_leniently`` is told of a strict refusal.
    ``certain`` False: neither proved nor disproved, which is treated as a refusal. ``bump`` is major, minor or patch.
    ``findings``: one for each direction and former version that counts. ``opinions``: what is proved, and what a
    registry with Confluent's strict and lenient rules would say ({name, answer, reason}).
    """

    mode: str
    policy: str
    latest: str
    proposed: str
    bump: str
    bump_reason: str
    compatible: bool
    certain: bool
    is_same: bool
    verdict: str
    hint: str = ""
    against: str = ""
    direction: str = ""
    reasons: tuple[str, ...] = ()
    fixes: tuple[str, ...] = ()
    changes: tuple[dict[str, Any], ...] = ()
    findings: tuple[dict[str, Any], ...] = ()
    counterexample: dict[str, Any] | None = None
    would_pass_leniently: bool = False
    opinions: tuple[dict[str, str], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """All fields, by name."""
        return asdict(self)


def read(schema: str | dict[str, Any] | bool, *, fetch: Fetch | None = None) -> Parsed:
    """A schema that can be stored. Raises InvalidSchema with its place {pointer, line, column}.

    ``fetch`` finds what it refers to in the catalog (eventcatalog.library.resolve.fetch_from); without it such a
    reference is refused.
    """
    text = schema if isinstance(schema, str) else json.dumps(schema, indent=2, ensure_ascii=False)
    size = len(text.encode(errors="replace"))
    if size > settings.SCHEMA_BYTES_MAX:
        raise InvalidSchema(
            f"This schema has {size:,} bytes; at most {settings.SCHEMA_BYTES_MAX:,} are taken.",
            place={"pointer": ""},
            reason="schema_too_large",
        )
    try:
        parsed = parse_schema(text, fetch=fetch)
        references = references_in(json.loads(text)) if fetch is not None and SCHEME in text else []
        bundled = json.dumps(parsed.document, ensure_ascii=False) if references else ""
        return Parsed(text, parsed, bundled, tuple(references))
    except SchemaError as error:
        raise InvalidSchema(error.message, hint=error.hint, place=error.fields, reason=error.code) from error


def compile_text(text: str) -> Validator:
    """The validator of a stored schema."""
    return compile_validator(restore(orjson.loads(text)))


def document_of(version: SchemaVersion) -> Any:
    """A stored schema as JSON values, with what it refers to in the catalog inside."""
    return orjson.loads(version.meaning)


def written_schema(parsed: Parsed) -> ParsedSchema:
    """The schema as its author wrote it, references and all."""
    return restore(json.loads(parsed.text))


def restored(text: str) -> ParsedSchema:
    """A schema's text that was read before."""
    return restore(orjson.loads(text))


def with_reference(text: str, place: str, target: Target) -> str:
    """A schema's text with every reference to ``place`` ("components/Money", any version) pointed at ``target``."""
    return re.sub(rf'"factstorm://{re.escape(place)}/\d+\.\d+\.\d+(?=["#])', f'"{target.uri}', text)


def rows_of(schema: Any, *, rows_max: int = 500) -> list[TreeRow]:
    """A schema as lines that people read."""
    return tree(schema, rows_max=rows_max)


def field_names(parsed: Parsed) -> list[str]:
    """Names of fields at every depth, for searching; at most FIELD_NAMES_MAX."""
    found: dict[str, None] = {}
    todo: list[Any] = [parsed.schema.document]
    while todo and len(found) < FIELD_NAMES_MAX:
        node = todo.pop()
        if isinstance(node, dict):
            properties = node.get("properties")
            if isinstance(properties, dict):
                found.update(dict.fromkeys(properties))
            todo.extend(node.values())
        elif isinstance(node, list):
            todo.extend(node)
    return list(found)[:FIELD_NAMES_MAX]


def example_for(parsed: Parsed, *, given: Any = None, former: Any = None) -> Any:
    """``given``, which must fit; else ``former`` where it still does; else one made from the schema, or None.

    Raises Invalid with place example and the faults.
    """
    validator = compile_validator(parsed.schema)
    if given is not None:
        faults = validator.explain(_bytes_of_example(given))
        if faults:
            raise Invalid(
                f"The schema does not take the example: {faults[0].message}",
                hint="Mend the example or the schema.",
                place="example",
                faults=[each.as_json() for each in faults],
            )
        return given
    if former is not None and validator.takes(former):
        return former
    try:
        made = example(parsed.schema.document)
        payload = orjson.dumps(made)
    except (ValueError, LookupError, TypeError, RecursionError):
        return None
    return made if len(payload) <= EXAMPLE_BYTES_MAX and validator.accepts(payload) else None


def assess(stored: Sequence[tuple[str, str]], parsed: Parsed, *, mode: str, policy: str = "strict") -> Assessment:
    """What publishing ``parsed`` after ``stored`` ((version, schema text), newest first) would do."""
    if not stored:
        return _first(mode, policy)
    latest, latest_text = stored[0]
    former = [(version, restore(orjson.loads(text))) for version, text in reversed(stored)]
    verdict = check(
        former, parsed.schema, CompatibilityMode(mode), policy="lenient" if policy == "lenient" else "strict"
    )
    bump = propose_version(latest, verdict.comparison, verdict)
    worst = None if verdict.accepted else verdict.worst
    return Assessment(
        mode=mode,
        policy=policy,
        latest=latest,
        proposed=bump.version,
        bump=bump.part,
        bump_reason=bump.reason,
        compatible=verdict.accepted,
        certain=verdict.compatible != "unknown",
        is_same=_is_same(latest_text, parsed, verdict.comparison),
        verdict=worst.message if worst else _good_news(verdict, policy),
        hint=_hint(verdict, worst),
        against=worst.against if worst else "",
        direction=worst.direction if worst else "",
        reasons=verdict.reasons,
        fixes=_fixes(verdict),
        changes=tuple(each.as_json() for each in verdict.comparison.changes[:CHANGES_SHOWN_MAX]),
        findings=tuple(_finding(each) for each in verdict.findings),
        counterexample=_counterexample(verdict),
        would_pass_leniently=_would_pass_leniently(verdict),
        opinions=tuple(each.as_json() for each in opinions(former, parsed.schema, verdict)),
    )


def mend(
    stored: Sequence[tuple[str, str]], parsed: Parsed, *, mode: str, policy: str = "strict", fetch: Fetch | None = None
) -> list[dict[str, Any]]:
    """Fixes of a refused schema after ``stored`` (as ``assess`` takes it).

    ``[{kind, words, pointer, mends, schema, text}]``, the most useful first; ``text`` is laid out as the
    schema was.
    """
    former = [(version, restore(orjson.loads(text))) for version, text in reversed(stored)]
    written = json.loads(parsed.text)
    found = fixes(
        former,
        written,
        mode,
        policy="lenient" if policy == "lenient" else "strict",
        read=lambda schema: parse_schema(schema, fetch=fetch),
    )
    return [{**each.as_json(), "text": written_like(parsed.text, each.document)} for each in found]


def understood(meaning: str) -> Parsed:
    """A stored schema (with all that it refers to), to be held against others."""
    return Parsed(meaning, restored(meaning))


def counterexamples(old: str, new: str, *, policy: str = "strict") -> dict[str, Any]:
    """Documents that tell two stored schemas apart: ``{"backward", "forward"}``, None where there is none."""
    assumed: Literal["strict", "lenient"] = "lenient" if policy == "lenient" else "strict"
    verdict = check([("", restored(old))], restored(new), "full", policy=assumed)
    found: dict[str, Any] = {"backward": None, "forward": None}
    for each in verdict.findings:
        if each.counterexample is not None:
            found[each.direction] = each.counterexample.as_json()
    return found


def check_example(meaning: str, document: Any) -> None:
    """Raises Invalid with the faults where a stored schema refuses a document."""
    faults = compile_text(meaning).explain(_bytes_of_example(document))
    if faults:
        raise Invalid(
            f"This version refuses it: {faults[0].message}",
            hint="Mend the example.",
            place="document",
            faults=[each.as_json() for each in faults],
        )


def written_like(text: str, document: Any) -> str:
    """A document as JSON text with the indentation of another."""
    lines = text.splitlines()
    inner = lines[1] if len(lines) > 1 else "  "
    indent: int | str = "\t" if inner.startswith("\t") else max(len(inner) - len(inner.lstrip()), 1)
    written = json.dumps(document, indent=indent, ensure_ascii=False)
    return written + "\n" if text.endswith("\n") else written


def number_warning(assessment: Assessment, version: str) -> str:
    """What is odd about the number an author chose, in words; empty where nothing is."""
    chosen, proposed = _numbers(version), _numbers(assessment.proposed)
    if chosen is None or proposed is None or not assessment.latest or chosen == proposed:
        return ""
    latest = _numbers(assessment.latest) or (0, 0, 0)
    sizes = {"major": 0, "minor": 1, "patch": 2}
    size = next((name for name, place in sizes.items() if chosen[place] != latest[place]), "patch")
    if sizes[size] > sizes[assessment.bump]:
        risk = {
            "major": f"those who take every {latest[0]}.x without looking will meet documents that break them",
            "minor": "it does more than change words",
        }[assessment.bump]
        return f"{version} says {size}, but the change is {assessment.bump} ({assessment.proposed}): {risk}."
    return f"{version} is higher than the change asks for: {assessment.proposed} would do ({assessment.bump})."


def _numbers(version: str) -> tuple[int, int, int] | None:
    parts = version.strip().split(".")
    if len(parts) != 3 or not all(part.isdecimal() and len(part) < 10 for part in parts):
        return None
    return int(parts[0]), int(parts[1]), int(parts[2])


def infer(examples: Sequence[Any]) -> dict[str, Any]:
    """``{"schema", "notes", "rows", "fields"}`` of a schema that takes every example."""
    inferred = infer_schema(examples)
    return {"schema": inferred.schema, "notes": list(inferred.notes), **_described(inferred.schema)}


def describe(schema: str | dict[str, Any] | bool, *, fetch: Fetch | None = None) -> dict[str, Any]:
    """Whether it is a schema; what it says, or what is wrong and where. Never raises for a bad schema.

    ``{"valid": true, "draft", "rows", "fields", "example"}`` or ``{"valid": false, "error": {...}}``.
    """
    try:
        parsed = read(schema, fetch=fetch)
    except InvalidSchema as error:
        return {"valid": False, **error.as_json()}
    made = example_for(parsed)
    return {"valid": True, "draft": parsed.draft, "example": made, **_described(parsed.schema.document)}


def _described(schema: Any) -> dict[str, Any]:
    fields = to_fields(schema)
    return {
        "rows": [asdict(each) for each in tree(schema)],
        "fields": fields,
    }


def _first(mode: str, policy: str) -> Assessment:
    return Assessment(
        mode=mode,
        policy=policy,
        latest="",
        proposed=FIRST_VERSION,
        bump="major",
        bump_reason="The first version.",
        compatible=True,
        certain=True,
        is_same=False,
        verdict="This is the first version.",
    )


def _is_same(latest_text: str, parsed: Parsed, comparison: Comparison) -> bool:
    return latest_text == parsed.text or (comparison.identical and not comparison.truncated)


def _good_news(verdict: Verdict, policy: str) -> str:
    if verdict.mode is CompatibilityMode.NONE:
        return "This type promises no compatibility, so any change may be published."
    against = sorted({each.against for each in verdict.findings})
    proved = all(each.resolved_by in ("containment", "identical") for each in verdict.findings)
    how = "Proved" if proved else "Found"
    mode = verdict.mode.value.removesuffix("_transitive")
    if_so = ", if nobody sends undeclared properties" if policy == "lenient" else ""
    return f"{how} {mode} compatible with {', '.join(against[:5])}{if_so}."


def _hint(verdict: Verdict, worst: Finding | None) -> str:
    if worst is None:
        return ""
    fixes = _fixes(verdict)
    if fixes:
        return fixes[0]
    if worst.compatible == "unknown":
        return "Simplify the change so that it can be proved, or choose another compatibility mode for the type."
    return "Make the change compatible, register a new type, or choose another compatibility mode for the type."


def _fixes(verdict: Verdict) -> tuple[str, ...]:
    return tuple(dict.fromkeys(fix for each in verdict.findings if each.compatible != "yes" for fix in each.fixes))


def _would_pass_leniently(verdict: Verdict) -> bool:
    """Refused only because undeclared properties may have been sent."""
    refused = [each for each in verdict.findings if each.compatible != "yes"]
    return bool(refused) and all(each.lenient_compatible for each in refused)


def _finding(each: Finding) -> dict[str, Any]:
    return {
        "direction": each.direction,
        "against": each.against,
        "compatible": each.compatible,
        "resolved_by": each.resolved_by,
        "message": each.message,
        "lenient_compatible": each.lenient_compatible,
        "fixes": list(each.fixes),
    }


def _counterexample(verdict: Verdict) -> dict[str, Any] | None:
    found = verdict.counterexample
    if found is None or len(orjson.dumps(found.document)) > COUNTEREXAMPLE_BYTES_MAX:
        return None
    return found.as_json()


def _bytes_of_example(given: Any) -> bytes:
    payload = json.dumps(given, ensure_ascii=False).encode()
    if len(payload) > EXAMPLE_BYTES_MAX:
        raise Invalid(f"An example has at most {EXAMPLE_BYTES_MAX:,} bytes.", place="example")
    return payload
