"""Pages of proposals: what waits for review, one of them, and the trail of all that changed."""

import json
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from eventcatalog import evolution
from eventcatalog.actions import proposals as actions
from eventcatalog.facts.audit import trail
from eventcatalog.facts.types import STREAM, fact_types
from eventcatalog.forms import NewVersionForm
from eventcatalog.library.resolve import fetch_from
from eventcatalog.proposals import queries
from eventcatalog.proposals.models import Proposal
from eventcatalog.schemas.line_diff import side_by_side
from eventcatalog.views.lists import attempt
from workspaces.access import Access, Permission, page
from workspaces.errors import FactstormError, NotFound

SHOWN_MAX = 200
STATES = [("waiting", "Waiting"), ("published", "Published"), ("rejected", "Rejected"), ("all", "All")]
DONE = {
    "comments": "",
    "approval": "Approved",
    "rejection": "Rejected",
    "withdrawal": "Taken back",
    "reopening": "Open again",
    "publication": "Published",
}


@page(Permission.CATALOG_VIEW)
@require_safe
def proposals(request: HttpRequest, access: Access) -> HttpResponse:
    """What waits for review."""
    state = request.GET.get("state", "waiting")
    state = state if state in dict(STATES) else "waiting"
    found = list(queries.proposals_of(access.workspace, state=state)[:SHOWN_MAX])
    context = {"proposals": found, "state": state, "states": STATES, "nav": "proposals"}
    return render(request, "eventcatalog/proposals.html", context)


@page(Permission.CATALOG_VIEW)
@require_safe
def proposal(request: HttpRequest, access: Access, number: int) -> HttpResponse:
    """What it changes, what was proved, what was said, and what may be done."""
    return _show(request, access, queries.find_proposal(access.workspace, number))


def _show(request: HttpRequest, access: Access, found: Proposal, *, refusal: Any = None) -> HttpResponse:
    before = found.message_type.latest if found.message_type else None
    parsed = evolution.read(found.schema_text, fetch=fetch_from(access.workspace))
    counterexample = found.assessment.get("counterexample")
    context = {
        "proposal": found,
        "type": found.message_type,
        "assessment": found.assessment,
        "counterexample": json.dumps(counterexample["document"], indent=2) if counterexample else "",
        "rows": evolution.rows_of(parsed.schema.document),
        "diff": side_by_side(before.schema_text if before else "", found.schema_text) if before else [],
        "remarks": list(found.remarks.all()),
        "opinions": _differing(found.assessment.get("opinions") or []),
        "is_author": actions.is_author(access, found),
        "refusal": refusal,
        "nav": "proposals",
    }
    return render(request, "eventcatalog/proposal.html", context, status=409 if refusal else 200)


def _differing(opinions: list[dict[str, str]]) -> list[dict[str, str]]:
    """The three verdicts, where they are not all the same."""
    return opinions if len({each["answer"] for each in opinions}) > 1 else []


@page(Permission.CATALOG_PROPOSE)
@require_POST
def decide(request: HttpRequest, access: Access, number: int, decision: str) -> HttpResponse:
    """Comment, approve, reject, withdraw, reopen or publish."""
    found = queries.find_proposal(access.workspace, number)
    does: dict[str, Any] = {
        "comments": actions.comment,
        "approval": actions.approve,
        "rejection": actions.reject,
        "withdrawal": actions.withdraw,
        "reopening": actions.reopen,
        "publication": actions.publish,
    }
    try:
        does[decision](access, found, text=request.POST.get("text", ""))
    except FactstormError as error:
        if error.http_status in (403, 404):
            raise
        return _show(request, access, queries.find_proposal(access.workspace, number), refusal=error)
    if DONE[decision]:
        messages.success(request, DONE[decision])
    return redirect("eventcatalog:proposal", workspace=access.workspace.slug, number=number)


@page(Permission.CATALOG_PROPOSE)
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, access: Access, number: int) -> HttpResponse:
    """The editor of a proposal's schema."""
    found = queries.find_proposal(access.workspace, number)
    if not found.is_live or not (actions.is_author(access, found) or access.can(Permission.CATALOG_WRITE)):
        raise NotFound
    first = {
        "schema": found.schema_text,
        "notes": found.notes,
        "version": found.version,
        "lenient": found.policy == "lenient",
    }
    form = NewVersionForm(request.POST or None, initial=first)
    if request.method == "POST" and form.is_valid():

        def act() -> HttpResponse:
            fields = form.cleaned_data
            policy = "lenient" if fields["lenient"] else ""
            words = {key: fields[key] for key in ("schema", "notes", "version")}
            actions.change_proposal(access, found, policy=policy, **words)
            return redirect("eventcatalog:proposal", workspace=access.workspace.slug, number=number)

        answer = attempt(form, act)
        if answer is not None:
            return answer
    context = {"form": form, "type": found.message_type, "proposal": found}
    template = "new_version.html" if found.message_type else "change_new_type.html"
    return render(request, f"eventcatalog/{template}", context, status=422 if form.errors else 200)


@page(Permission.CATALOG_VIEW)
@require_safe
def audit(request: HttpRequest, access: Access) -> HttpResponse:
    """Every change of the catalog, from the log."""
    subject, by = request.GET.get("subject", "")[:200], request.GET.get("by", "")[:200]
    found = trail(access.workspace, before=request.GET.get("before", "")[:500], subject=subject, by=by)
    context = {"trail": found, "subject": subject, "by": by, "stream": STREAM, "nav": "changes"}
    return render(request, "eventcatalog/audit.html", context)


@page(Permission.CATALOG_VIEW)
@require_safe
def fact_type(request: HttpRequest, access: Access, name: str, version: str = "") -> HttpResponse:
    """What a catalog fact says."""
    found = fact_types().get(name)
    if found is None or version not in ("", "latest", found.version):
        raise NotFound
    rows = evolution.rows_of(json.loads(found.schema_text))
    context = {"fact": found, "rows": rows, "others": list(fact_types().values()), "stream": STREAM, "nav": "changes"}
    return render(request, "eventcatalog/fact_type.html", context)
