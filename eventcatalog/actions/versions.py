"""Schema versions: publish the next one, once it is shown not to break the type's mode."""

import re
from typing import Any

from django.db import transaction

from eventcatalog import evolution, notify
from eventcatalog.actions.types import TEXT_MAX, locked, own, store_version
from eventcatalog.errors import IncompatibleError, NothingChanged, VersionMoved
from eventcatalog.history import Change, record, signature
from eventcatalog.library.resolve import fetch_from
from eventcatalog.models import MessageType, Policy, SchemaVersion
from workspaces.access import Access, Permission
from workspaces.errors import Invalid, LimitReached

VERSION = re.compile(r"(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})")
VERSIONS_PER_TYPE_MAX = 10_000
Number = tuple[int, int, int]


def publish_version(
    access: Access,
    message_type: MessageType,
    *,
    schema: str | dict[str, Any] | bool,
    notes: str = "",
    version: str | None = None,
    expected_latest: str | None = None,
    example: Any = None,
    policy: str | None = None,
    why: str = "",
) -> SchemaVersion:
    """The next version, numbered by what the change does unless ``version`` says (it must be higher than the latest).

    ``policy`` says for this once how undeclared properties count (else the type's own says); history keeps it.
    The version that comes back carries ``number_warning``: words where the author's number says other than the change.
    ``expected_latest`` is the version the author started from: VersionMoved when somebody has published since.
    Raises InvalidSchema, IncompatibleError (with counterexample), NothingChanged, Invalid, LimitReached.
    """
    access.require(Permission.CATALOG_WRITE)
    own(access, message_type)
    if len(notes) > TEXT_MAX["notes"]:
        raise Invalid(f"Notes have at most {TEXT_MAX['notes']:,} characters.", place="notes")
    parsed = evolution.read(schema, fetch=fetch_from(access.workspace))
    example = evolution.example_for(parsed, given=example, former=_former_example(message_type))
    seen = message_type.latest_id
    assessment = assess(message_type, parsed, policy=policy)  # may take a moment: before the write lock is taken
    with transaction.atomic():
        fresh = locked(message_type)
        latest = fresh.latest
        if latest is not None and expected_latest and latest.version != expected_latest:
            raise VersionMoved(expected=expected_latest, latest=latest.version)
        if fresh.latest_id != seen or fresh.compatibility != message_type.compatibility:
            assessment = assess(fresh, parsed, policy=policy)
        _refuse(assessment)
        number = _number(version, assessment, latest)
        ordinal = (latest.ordinal if latest else 0) + 1
        if ordinal > VERSIONS_PER_TYPE_MAX:
            raise LimitReached(f"A type has at most {VERSIONS_PER_TYPE_MAX:,} versions.")
        published = SchemaVersion(
            workspace=access.workspace,
            message_type=fresh,
            example=example,
            notes=notes.strip(),
            changes=list(assessment.changes),
            **signature(access),
        )
        store_version(access, published, parsed, number=number, ordinal=ordinal)
        record(access, fresh, _change(published, assessment, why or notes))
        notify.changed(access.workspace, type_id=fresh.pk)
    message_type.latest = published
    published.number_warning = evolution.number_warning(assessment, published.version)
    return published


def assess(message_type: MessageType, parsed: evolution.Parsed, *, policy: str | None = None) -> evolution.Assessment:
    """What publishing this schema would do: a dry run. The caller has checked who may look."""
    stored = _stored(message_type, policy)
    return evolution.assess(stored, parsed, mode=message_type.compatibility, policy=policy or message_type.policy)


def mend(message_type: MessageType, parsed: evolution.Parsed, *, policy: str | None = None) -> list[dict[str, Any]]:
    """Fixes of a schema that would be refused, each with the whole schema it gives; nothing is stored."""
    stored = _stored(message_type, policy)
    return evolution.mend(
        stored,
        parsed,
        mode=message_type.compatibility,
        policy=policy or message_type.policy,
        fetch=fetch_from(message_type.workspace),
    )


def _stored(message_type: MessageType, policy: str | None) -> list[tuple[str, str]]:
    """The versions that the type's mode asks about, newest first."""
    if policy and policy not in Policy.values:
        raise Invalid("policy is strict or lenient.", place="policy")
    every = message_type.compatibility.endswith("_transitive")
    rows = SchemaVersion.objects.filter(message_type=message_type).order_by("-ordinal")
    wanted = rows if every else rows[:1]
    return [(each.version, each.meaning) for each in wanted.only("version", "schema_text", "bundled_text")]


def _former_example(message_type: MessageType) -> Any:
    return message_type.latest.example if message_type.latest else None


def _refuse(assessment: evolution.Assessment) -> None:
    if assessment.is_same:
        raise NothingChanged(
            f"This is version {assessment.latest} already.",
            hint="Change something, or keep using it.",
            latest=assessment.latest,
        )
    if assessment.compatible:
        return
    raise IncompatibleError(
        assessment.verdict,
        hint=assessment.hint,
        mode=assessment.mode,
        against=assessment.against,
        direction=assessment.direction,
        reasons=list(assessment.reasons),
        fixes=list(assessment.fixes),
        changes=list(assessment.changes),
        counterexample=assessment.counterexample,
        would_pass_leniently=assessment.would_pass_leniently,
    )


def _number(version: str | None, assessment: evolution.Assessment, latest: SchemaVersion | None) -> Number:
    if not version:
        return parse_number(assessment.proposed)
    number = parse_number(version)
    if latest is not None and number <= latest.semver:
        raise Invalid(
            f"{version} is not higher than the latest version, {latest.version}.",
            hint=f"The change itself proposes {assessment.proposed}.",
            place="version",
            proposed=assessment.proposed,
        )
    return number


def parse_number(version: str) -> Number:
    """``"1.2.3"`` -> (1, 2, 3). Raises Invalid with place version."""
    found = VERSION.fullmatch(version.strip())
    if found is None:
        raise Invalid(f"{version[:40]!r} is not a version.", hint="Three numbers, such as 1.2.0.", place="version")
    major, minor, patch = (int(part) for part in found.groups())
    return major, minor, patch


def _change(published: SchemaVersion, assessment: evolution.Assessment, why: str) -> Change:
    summary = f"published {published.message_type.name} {published.version}"
    if published.version != assessment.proposed:
        summary += f" (the change itself proposed {assessment.proposed})"
    if assessment.policy == Policy.LENIENT:
        summary += ", taking it that nobody sends undeclared properties"
    detail = {
        "policy": assessment.policy,
        "version": published.version,
        "proposed": assessment.proposed,
        "mode": assessment.mode,
        "number_warning": evolution.number_warning(assessment, published.version),
    }
    return Change("published", summary, why, detail)
