"""Reads of proposals."""

from typing import Any

from django.db.models import QuerySet

from eventcatalog.actions.proposals import prove_again
from eventcatalog.proposals.models import Proposal, ProposalState
from workspaces.errors import NotFound
from workspaces.models import Workspace

STATES: dict[str, list[str]] = {
    "waiting": [str(ProposalState.OPEN), str(ProposalState.APPROVED)],
    "all": list(ProposalState.values),
}


def proposals_of(workspace: Workspace, *, state: str = "waiting") -> QuerySet[Proposal]:
    """The newest first; ``state``: waiting (open and approved), all, or one of the states."""
    wanted = STATES.get(state) or [state]
    found: QuerySet[Proposal] = workspace.proposals.select_related("message_type__latest").filter(state__in=wanted)
    return found


def waiting_count(workspace: Workspace) -> int:
    """How many wait for somebody who may write the catalog."""
    return workspace.proposals.filter(state__in=STATES["waiting"]).count()


def find_proposal(workspace: Workspace, number: int) -> Proposal:
    """A proposal, proved anew when a newer version is there. Raises NotFound."""
    related = ("message_type__latest", "workspace")
    found = workspace.proposals.select_related(*related).filter(number=number).first()
    if found is None:
        raise NotFound
    prove_again(found)
    return found


def as_json(each: Proposal, *, with_schema: bool = False) -> dict[str, Any]:
    """A proposal; ``with_schema`` with its schema, assessment and remarks."""
    answer: dict[str, Any] = {
        "number": each.number,
        "kind": each.kind,
        "title": each.title,
        "type": each.type_name,
        "state": each.state,
        "compatible": each.is_compatible,
        "is_stale": each.is_stale,
        "version": each.version,
        "proposed": each.assessment.get("proposed", ""),
        "proved_against": each.proved_against,
        "proved_at": each.proved_at,
        "words": each.words,
        "notes": each.notes,
        "why": each.why,
        "policy": each.policy,
        "published_version": each.published_version,
        "decided_by": each.decided_by_name,
        "created_at": each.created_at,
        "created_by": {"kind": each.created_by_kind, "name": each.created_by_name},
        "updated_at": each.updated_at,
    }
    if with_schema:
        answer |= {
            "schema": each.schema_text,
            "assessment": each.assessment,
            "remarks": [remark.as_json() for remark in each.remarks.all()],
        }
    return answer
