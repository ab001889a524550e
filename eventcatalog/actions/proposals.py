"""Proposals: make one, change it, talk about it, decide on it, publish it.

Whoever takes part in the workspace proposes, comments, and changes or withdraws their own; who may write the catalog
does that with any, and approves, rejects and publishes. Publishing goes through the same action as publishing without a
proposal: what is refused there is refused here.
"""

from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from eventcatalog import actions, evolution, notify
from eventcatalog.actions.types import TEXT_MAX, own
from eventcatalog.actions.versions import assess, parse_number
from eventcatalog.errors import InvalidSchema, NameTaken
from eventcatalog.history import Change, record, signature
from eventcatalog.library.resolve import fetch_from
from eventcatalog.models import TYPE_NAME, TYPE_NAME_HINT, MessageKind, MessageType, Policy, SchemaVersion
from eventcatalog.proposals.models import Proposal, ProposalKind, ProposalState, Remark
from workspaces.access import Access, Permission
from workspaces.errors import Conflict, Forbidden, Invalid, LimitReached, NotFound

LIVE_MAX = 500
REMARKS_MAX = 1_000
REMARK_CHARACTERS_MAX = 5_000
WORDS = ("kind", "title", "description", "domain", "context", "owner", "compatibility", "policy", "tags", "stream_name")
Schema = str | dict[str, Any] | bool


class NotNow(Conflict):
    """The proposal's state doesn't allow this; ``fields['state']``."""

    code = "not_now"


def propose_type(
    access: Access,
    *,
    name: str,
    schema: Schema,
    words: dict[str, Any],
    notes: str = "",
    example: Any = None,
    why: str = "",
) -> Proposal:
    """A new type for review; ``words`` as register_type takes them. Raises Invalid, InvalidSchema, NameTaken."""
    access.require(Permission.CATALOG_PROPOSE)
    name = name.strip()
    if not TYPE_NAME.fullmatch(name):
        raise Invalid(f"{name[:60]!r} can't be a message type's name.", hint=TYPE_NAME_HINT, place="name")
    if words.get("kind", MessageKind.EVENT) not in MessageKind.values:
        raise Invalid("kind is event, command or query.", place="kind")
    if access.workspace.message_types.filter(name=name).exists():
        raise NameTaken(f"There is a message type {name!r} already.", hint="Propose a new version of it.", place="name")
    kept = {key: value for key, value in words.items() if key in WORDS and value not in (None, "", [])}
    proposal = Proposal(kind=ProposalKind.TYPE, type_name=name, words=kept)
    return _store(access, proposal, schema, notes=notes, example=example, why=why)


def propose_version(
    access: Access,
    message_type: MessageType,
    *,
    schema: Schema,
    notes: str = "",
    version: str | None = None,
    policy: str | None = None,
    example: Any = None,
    why: str = "",
) -> Proposal:
    """A next version for review; a breaking one may be proposed too, to be talked about.

    Raises InvalidSchema, Invalid.
    """
    access.require(Permission.CATALOG_PROPOSE)
    own(access, message_type)
    if version:
        parse_number(version)
    if policy and policy not in Policy.values:
        raise Invalid("policy is strict or lenient.", place="policy")
    proposal = Proposal(
        kind=ProposalKind.VERSION, message_type=message_type, type_name=message_type.name, version=version or "",
        policy=policy or "",
    )  # fmt: skip
    return _store(access, proposal, schema, notes=notes, example=example, why=why)


def change_proposal(
    access: Access, proposal: Proposal, *, schema: Schema, notes: str | None = None, version: str | None = None,
    policy: str | None = None, why: str = "",
) -> Proposal:  # fmt: skip
    """Another schema for a live proposal; an approved one waits for review again."""
    _require_own(access, proposal)
    _require_state(proposal, ProposalState.OPEN, ProposalState.APPROVED)
    parsed = evolution.read(schema, fetch=fetch_from(access.workspace))
    proposal.schema_text = parsed.text
    if notes is not None:
        proposal.notes = _bounded("notes", notes)
    if version is not None:
        if version:
            parse_number(version)
        proposal.version = version
    if policy is not None:
        proposal.policy = policy if policy in Policy.values else ""
    proposal.state = ProposalState.OPEN
    _prove(proposal, parsed)
    return _save(access, proposal, "changed", text=why, detail=_verdict(proposal))


def comment(access: Access, proposal: Proposal, *, text: str) -> Remark:
    """Say something about it."""
    access.require(Permission.CATALOG_PROPOSE)
    _own(access, proposal)
    if not text.strip():
        raise Invalid("Say something.", place="text")
    with transaction.atomic():
        return _remark(access, proposal, "commented", text)


def approve(access: Access, proposal: Proposal, *, text: str = "") -> Proposal:
    """It may be published. A stale one is proved anew first; what breaks can't be approved (409 incompatible)."""
    _require_writer(access, proposal)
    _require_state(proposal, ProposalState.OPEN)
    prove_again(proposal)
    if not proposal.is_compatible:
        raise Conflict(
            f"It can't be published as it is: {proposal.assessment.get('verdict', '')}",
            hint=proposal.assessment.get("hint", "") or "Change its schema first.",
            code="incompatible",
        )
    proposal.state, proposal.decided_by_name = ProposalState.APPROVED, access.actor.name[:80]
    return _save(access, proposal, "approved", text=text)


def reject(access: Access, proposal: Proposal, *, text: str) -> Proposal:
    """It won't be published, and why."""
    _require_writer(access, proposal)
    _require_state(proposal, ProposalState.OPEN, ProposalState.APPROVED)
    if not text.strip():
        raise Invalid("Say why, so that its author knows what to do.", place="text")
    proposal.state, proposal.decided_by_name = ProposalState.REJECTED, access.actor.name[:80]
    return _save(access, proposal, "rejected", text=text)


def withdraw(access: Access, proposal: Proposal, *, text: str = "") -> Proposal:
    """Its author (or who may write the catalog) takes it back."""
    _require_own(access, proposal)
    _require_state(proposal, ProposalState.OPEN, ProposalState.APPROVED)
    proposal.state = ProposalState.WITHDRAWN
    return _save(access, proposal, "withdrew", text=text)


def reopen(access: Access, proposal: Proposal, *, text: str = "") -> Proposal:
    """A rejected or withdrawn one waits for review again."""
    _require_own(access, proposal)
    _require_state(proposal, ProposalState.REJECTED, ProposalState.WITHDRAWN)
    proposal.state = ProposalState.OPEN
    prove_again(proposal)
    return _save(access, proposal, "reopened", text=text)


def publish(access: Access, proposal: Proposal, *, text: str = "") -> SchemaVersion:
    """Register the type or publish the version, exactly as approved. Raises what those actions raise."""
    _require_writer(access, proposal)
    _require_state(proposal, ProposalState.APPROVED)
    why = f"Proposal #{proposal.number} by {proposal.created_by_name}. {text or proposal.why}".strip()
    with transaction.atomic():
        if proposal.message_type is None:
            made = actions.register_type(
                access,
                name=proposal.type_name,
                schema=proposal.schema_text,
                example=proposal.example,
                notes=proposal.notes,
                why=why,
                **{"kind": MessageKind.EVENT, **proposal.words},
            )
            proposal.message_type = made
            published = made.latest
            assert published is not None  # noqa: S101 - register_type stores the first version
        else:
            published = actions.publish_version(
                access,
                proposal.message_type,
                schema=proposal.schema_text,
                notes=proposal.notes,
                version=proposal.version or None,
                policy=proposal.policy or None,
                example=proposal.example,
                why=why,
            )
        proposal.state, proposal.published_version = ProposalState.PUBLISHED, published.version
        _save(access, proposal, "published", text=text, detail={"version": published.version})
    return published


def prove_again(proposal: Proposal) -> bool:
    """Prove a live proposal against the newest version; whether anything was newer. Stored, told to nobody."""
    if proposal.message_type is not None:
        proposal.message_type.refresh_from_db()
    if not proposal.is_stale:
        return False
    try:
        _prove(proposal, evolution.read(proposal.schema_text, fetch=fetch_from(proposal.workspace)))
    except InvalidSchema as error:  # what it refers to is gone
        proposal.assessment = {"compatible": False, "verdict": error.message, "hint": error.hint}
    Proposal.objects.filter(pk=proposal.pk).update(
        assessment=proposal.assessment, proved_against=proposal.proved_against, proved_at=proposal.proved_at
    )
    return True


def _store(access: Access, proposal: Proposal, schema: Schema, *, notes: str, example: Any, why: str) -> Proposal:
    parsed = evolution.read(schema, fetch=fetch_from(access.workspace))
    live = access.workspace.proposals.filter(state__in=[ProposalState.OPEN, ProposalState.APPROVED])
    if live.count() >= LIVE_MAX:
        raise LimitReached(f"{LIVE_MAX} proposals wait already.", hint="Decide on some of them first.")
    proposal.workspace = access.workspace
    proposal.schema_text = parsed.text
    proposal.notes, proposal.why = _bounded("notes", notes), _bounded("notes", why)
    proposal.example = None if example is None else evolution.example_for(parsed, given=example)
    for column, value in signature(access).items():
        setattr(proposal, column, value)
    _prove(proposal, parsed)
    with transaction.atomic():
        notify.lock(access.workspace)
        last = access.workspace.proposals.aggregate(last=Max("number"))["last"] or 0
        proposal.number = last + 1
        proposal.save(force_insert=True)
        _remark(access, proposal, "proposed", why, _verdict(proposal))
        record(access, proposal, Change("proposed", f"proposed {proposal.title}", why))
        notify.changed(access.workspace, type_id=proposal.message_type.pk if proposal.message_type else None)
    return proposal


def _prove(proposal: Proposal, parsed: evolution.Parsed) -> None:
    if proposal.message_type is None:
        found = evolution.assess([], parsed, mode="none")
    else:
        found = assess(proposal.message_type, parsed, policy=proposal.policy or None)
    warning = evolution.number_warning(found, proposal.version) if proposal.version else ""
    proposal.assessment = {**found.as_json(), "number_warning": warning}
    proposal.proved_against, proposal.proved_at = found.latest, timezone.now()


def _verdict(proposal: Proposal) -> dict[str, Any]:
    return {
        "compatible": proposal.is_compatible,
        "proposed": proposal.assessment.get("proposed", ""),
        "against": proposal.proved_against,
    }


def _save(
    access: Access, proposal: Proposal, verb: str, *, text: str = "", detail: dict[str, Any] | None = None
) -> Proposal:
    proposal.updated_at = timezone.now()
    with transaction.atomic():
        proposal.save()
        _remark(access, proposal, verb, text, detail)
        record(access, proposal, Change(verb, f"{verb} proposal {proposal}", text, {"number": proposal.number}))
        notify.changed(access.workspace, type_id=proposal.message_type.pk if proposal.message_type else None)
    return proposal


def _remark(access: Access, proposal: Proposal, verb: str, text: str, detail: dict[str, Any] | None = None) -> Remark:
    if len(text) > REMARK_CHARACTERS_MAX:
        raise Invalid(f"At most {REMARK_CHARACTERS_MAX:,} characters.", place="text")
    if proposal.remarks.count() >= REMARKS_MAX:
        raise LimitReached(f"A proposal has at most {REMARKS_MAX:,} remarks.")
    return Remark.objects.create(
        proposal=proposal, verb=verb, text=text.strip(), detail=detail or {}, **signature(access)
    )


def _bounded(field: str, value: str) -> str:
    if len(value) > TEXT_MAX["notes"]:
        raise Invalid(f"{field} has at most {TEXT_MAX['notes']:,} characters.", place=field)
    return value.strip()


def _own(access: Access, proposal: Proposal) -> None:
    if proposal.workspace_id != access.workspace.pk:
        raise NotFound


def _require_writer(access: Access, proposal: Proposal) -> None:
    access.require(Permission.CATALOG_WRITE)
    _own(access, proposal)


def _require_own(access: Access, proposal: Proposal) -> None:
    """Its author, or somebody who may write the catalog."""
    access.require(Permission.CATALOG_PROPOSE)
    _own(access, proposal)
    if not (is_author(access, proposal) or access.can(Permission.CATALOG_WRITE)):
        raise Forbidden("This is somebody else's proposal.", hint="Comment on it, or propose your own.")


def is_author(access: Access, proposal: Proposal) -> bool:
    """Whether the asker made it."""
    return (proposal.created_by_kind, proposal.created_by_id) == (access.actor.kind[:8], access.actor.id[:64])


def _require_state(proposal: Proposal, *states: str) -> None:
    if proposal.state not in states:
        raise NotNow(
            f"Proposal #{proposal.number} is {proposal.get_state_display().lower()}.",
            hint="Reload the page: somebody may have decided on it meanwhile.",
            state=proposal.state,
        )
