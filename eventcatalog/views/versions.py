"""One schema version, and the editor for the next."""

import json

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from eventcatalog import actions, evolution, queries
from eventcatalog.actions.proposals import propose_version
from eventcatalog.forms import NewVersionForm
from eventcatalog.models import Policy, SchemaVersion
from eventcatalog.schemas.errors import SchemaError
from eventcatalog.schemas.linking import SCHEME, parse_uri
from eventcatalog.views.lists import attempt
from eventcatalog.views.types import raw_of
from workspaces.access import Access, Permission, page


@page(Permission.CATALOG_VIEW)
@require_safe
def show(request: HttpRequest, access: Access, name: str, version: str) -> HttpResponse:
    """What a version says and what it changed."""
    message_type = queries.find_type(access.workspace, name)
    found = queries.find_version(message_type, version)
    context = {
        "type": message_type,
        "version": found,
        "is_latest": found.pk == message_type.latest_id,
        "rows": evolution.rows_of(evolution.document_of(found)),
        "example": json.dumps(found.example, indent=2, ensure_ascii=False) if found.example is not None else "",
        **raw_of(request, access, message_type, found),
    }
    return render(request, "eventcatalog/version.html", context)


@page(Permission.CATALOG_WRITE)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, access: Access, name: str) -> HttpResponse:
    """The editor: checks by the API as one types, publishes (or, with ``propose``, proposes) by this form."""
    return _editor(request, access, name, proposing="propose" in request.POST)


@page(Permission.CATALOG_PROPOSE)
@require_http_methods(["GET", "HEAD", "POST"])
def propose(request: HttpRequest, access: Access, name: str) -> HttpResponse:
    """The same editor for those who may only propose."""
    return _editor(request, access, name, proposing=True)


def _editor(request: HttpRequest, access: Access, name: str, *, proposing: bool) -> HttpResponse:
    message_type = queries.find_type(access.workspace, name)
    latest = message_type.latest
    first = {"schema": _starting_text(request, latest), "expected_latest": message_type.version}
    form = NewVersionForm(request.POST or None, initial=first)
    if request.method == "POST" and form.is_valid():

        def act() -> HttpResponse:
            fields = dict(form.cleaned_data)
            policy = Policy.LENIENT if fields.pop("lenient") else None
            if proposing:
                fields.pop("expected_latest")
                made = propose_version(access, message_type, policy=policy, **fields)
                return redirect("eventcatalog:proposal", workspace=access.workspace.slug, number=made.number)
            published = actions.publish_version(access, message_type, policy=policy, **fields)
            messages.success(request, f"Published {message_type.name} {published.version}")
            if published.number_warning:
                messages.warning(request, published.number_warning)
            return redirect("eventcatalog:type", workspace=access.workspace.slug, name=name)

        answer = attempt(form, act)
        if answer is not None:
            return answer
    context = {"form": form, "type": message_type, "proposing": proposing}
    return render(request, "eventcatalog/new_version.html", context, status=422 if form.errors else 200)


def _starting_text(request: HttpRequest, latest: SchemaVersion | None) -> str:
    """The latest schema; with ``?move=components/Money/1.1.0`` its references to Money pointed at that version."""
    text = latest.schema_text if latest else ""
    wanted = request.GET.get("move", "")[:300]
    if not wanted:
        return text
    try:
        target, _ = parse_uri(SCHEME + wanted)
    except SchemaError:
        return text
    return evolution.with_reference(text, f"{target.kind}/{target.name}", target)
