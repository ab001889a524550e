"""A message type's page with its tabs, and what can be done there."""

import json
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.text import slugify
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from broker_adapter import queries as streams
from eventcatalog import actions, evolution, queries, slots
from eventcatalog.code import generating
from eventcatalog.forms import DeprecationForm, ParticipationForm, TypeWordsForm
from eventcatalog.library.dependants import dependants_of, newer_versions
from eventcatalog.live import live
from eventcatalog.models import MessageType, ParticipationRole, Service
from eventcatalog.representations import schema_url
from eventcatalog.samples import append_url, samples_for, stream_for
from eventcatalog.views.lists import attempt
from eventcatalog.words import queries as words
from workspaces.access import Access, Permission, page
from workspaces.errors import FactstormError, NotFound

RAW_CHARACTERS_MAX = 200_000


@dataclass(frozen=True, slots=True)
class Tab:
    """A tab of the page; its address is ``?tab=<slug>``."""

    slug: str
    label: str
    count: int | None = None


def _tabs(message_type: MessageType) -> list[Tab]:
    versions = message_type.latest.ordinal if message_type.latest else 0
    tabs = [
        Tab("schema", "Schema"),
        Tab("raw", "Raw"),
        Tab("example", "Example"),
        Tab("versions", "Versions", versions),
        Tab("fields", "Fields"),
        Tab("about", "About"),
        Tab("services", "Services", message_type.participations.count()),
        Tab("append", "How to append"),
        Tab("code", "Code"),
        Tab("live", "Live"),
    ]
    if slots.is_filled(slots.TYPE_BOARDS):
        tabs.append(Tab("boards", "Boards"))
    return [*tabs, Tab("history", "History")]


@page(Permission.CATALOG_VIEW)
@require_safe
def show(request: HttpRequest, access: Access, name: str) -> HttpResponse:
    """The page, with one tab's content."""
    return _show(request, access, queries.find_type(access.workspace, name))


def _show(
    request: HttpRequest, access: Access, message_type: MessageType, *, tab: str = "", status: int = 200, **extra: Any
) -> HttpResponse:
    tabs = _tabs(message_type)
    wanted = tab or request.GET.get("tab", "schema")
    current = next((each for each in tabs if each.slug == wanted), tabs[0])
    queries.attach_participants([message_type])
    context: dict[str, Any] = {
        "type": message_type,
        "tabs": tabs,
        "tab": current.slug,
        "part": f"eventcatalog/tabs/{current.slug}.html",
        "header_slot": slots.render(slots.TYPE_HEADER, request, access, message_type),
        "deprecation_form": DeprecationForm(),
        **_FILL[current.slug](request, access, message_type),
        **extra,
    }
    return render(request, "eventcatalog/type.html", context, status=status)


def _schema(request: HttpRequest, access: Access, message_type: MessageType) -> dict[str, Any]:
    latest = message_type.latest
    rows = evolution.rows_of(evolution.document_of(latest)) if latest else []
    references = newer_versions(access.workspace, latest) if latest else []
    return {
        "rows": rows,
        "refers_to": list({(each["kind"], each["name"]): each for each in references}.values()),
        "dependants": dependants_of(access.workspace, "types", message_type.name),
        "aside_slot": slots.render(slots.TYPE_ASIDE, request, access, message_type),
    }


def _raw(request: HttpRequest, access: Access, message_type: MessageType) -> dict[str, Any]:
    return raw_of(request, access, message_type, message_type.latest)


def raw_of(request: HttpRequest, access: Access, message_type: MessageType, version: Any) -> dict[str, Any]:
    """A version's text, cut for the page where it is very long, and its address."""
    text = version.schema_text if version else ""
    return {
        "schema_text": text[:RAW_CHARACTERS_MAX],
        "cut": len(text) > RAW_CHARACTERS_MAX,
        "schema_chars": len(text),
        "schema_url": schema_url(access.workspace, message_type.name, version.version, request) if version else "",
    }


def _example(request: HttpRequest, access: Access, message_type: MessageType) -> dict[str, Any]:
    found = message_type.latest.example if message_type.latest else None
    return {
        "example": json.dumps(found, indent=2, ensure_ascii=False) if found is not None else "",
        "examples": words.examples_of(message_type),
    }


def _fields(request: HttpRequest, access: Access, message_type: MessageType) -> dict[str, Any]:
    versions = message_type.latest.ordinal if message_type.latest else 0
    return {"fields": words.fields_of(message_type), "version_count": min(versions, words.VERSIONS_LOOKED_AT_MAX)}


def _about(request: HttpRequest, access: Access, message_type: MessageType) -> dict[str, Any]:
    return {}


def _versions(request: HttpRequest, access: Access, message_type: MessageType) -> dict[str, Any]:
    return {"versions": queries.versions_of(message_type)}


def _services(request: HttpRequest, access: Access, message_type: MessageType) -> dict[str, Any]:
    rows = queries.participations_of(message_type)
    return {
        "groups": [
            (ParticipationRole(role).label, [each for each in rows if each.role == role])
            for role in actions.ROLES_OF_KIND[message_type.kind]
        ],
        "participation_form": ParticipationForm(message_type.kind),
        "service_names": access.workspace.services.values_list("name", flat=True),
    }


def _append(request: HttpRequest, access: Access, message_type: MessageType) -> dict[str, Any]:
    known = [each.name for each in streams.writable_streams_of(access.workspace)]
    stream = request.GET.get("stream", "") or stream_for(message_type, known)
    stream = stream if stream in known or stream == message_type.stream_name else stream_for(message_type, known)
    return {
        "samples": samples_for(request, access.workspace, message_type, stream=stream),
        "stream": stream,
        "stream_names": known,
        "stream_exists": stream in known,
        "append_url": append_url(request, access.workspace, stream),
    }


def _code(request: HttpRequest, access: Access, message_type: MessageType) -> dict[str, Any]:
    """Models in the chosen form, and made-up payloads."""
    latest = message_type.latest
    form = request.GET.get("form", "typescript")
    chosen = generating.FORMS.get(form, generating.FORMS["typescript"])
    shown: dict[str, Any] = {"forms": list(generating.FORMS.values()), "form": chosen}
    if latest is None:
        return shown
    try:
        text = generating.code_of(message_type, latest, chosen.slug)
        shown |= {"code": text[:RAW_CHARACTERS_MAX], "cut": len(text) > RAW_CHARACTERS_MAX}
    except FactstormError as error:
        shown["code_error"] = error
    made = generating.examples_of(latest, count=3, seed=1) or [latest.example][: latest.example is not None]
    shown["payloads"] = [json.dumps(each, indent=2, ensure_ascii=False)[:20_000] for each in made]
    return shown


def _live(request: HttpRequest, access: Access, message_type: MessageType) -> dict[str, Any]:
    shown = live(access, message_type) if access.can(Permission.STREAM_READ) else None
    return {"live": shown, "live_slot": slots.render(slots.TYPE_LIVE, request, access, message_type)}


def _boards(request: HttpRequest, access: Access, message_type: MessageType) -> dict[str, Any]:
    return {"boards_slot": slots.render(slots.TYPE_BOARDS, request, access, message_type)}


def _history(request: HttpRequest, access: Access, message_type: MessageType) -> dict[str, Any]:
    return {"history": queries.history_of(message_type)}


_FILL = {
    "schema": _schema,
    "raw": _raw,
    "example": _example,
    "versions": _versions,
    "fields": _fields,
    "about": _about,
    "services": _services,
    "append": _append,
    "code": _code,
    "live": _live,
    "boards": _boards,
    "history": _history,
}


@page(Permission.STREAM_READ)
@require_safe
def live_part(request: HttpRequest, access: Access, name: str) -> HttpResponse:
    """The Live tab's moving part; the page asks for it again every few seconds."""
    message_type = queries.find_type(access.workspace, name)
    return render(request, "eventcatalog/parts/live.html", {"type": message_type, "live": live(access, message_type)})


@page(Permission.CATALOG_WRITE)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, access: Access, name: str) -> HttpResponse:
    """Words, place, owner, mode, stream and tags."""
    message_type = queries.find_type(access.workspace, name)
    first = TypeWordsForm.initial_of(message_type)
    form = TypeWordsForm(access.workspace, request.POST or None, initial=first)
    form.offer_patterns_of(message_type.kind)
    if message_type.deprecated_at:
        del form.fields["state"]
    if request.method == "POST" and form.is_valid():

        def act() -> HttpResponse:
            actions.update_type(access, message_type, actions.TypeChanges(**form.words()))
            messages.success(request, "Saved")
            return redirect("eventcatalog:type", workspace=access.workspace.slug, name=name)

        answer = attempt(form, act)
        if answer is not None:
            return answer
    names = [each.name for each in streams.writable_streams_of(access.workspace)]
    context = {"form": form, "type": message_type, "stream_names": names}
    return render(request, "eventcatalog/edit_type.html", context, status=422 if form.errors else 200)


@page(Permission.CATALOG_WRITE)
@require_POST
def deprecation(request: HttpRequest, access: Access, name: str) -> HttpResponse:
    """Deprecate, or take it back with ``revive``."""
    message_type = queries.find_type(access.workspace, name)
    if "revive" in request.POST:
        actions.revive(access, message_type)
        messages.success(request, "No longer deprecated")
        return redirect("eventcatalog:type", workspace=access.workspace.slug, name=name)
    form = DeprecationForm(request.POST)
    if form.is_valid():

        def act() -> HttpResponse:
            actions.deprecate(access, message_type, **form.cleaned_data)
            messages.success(request, f"{message_type.name} is deprecated")
            return redirect("eventcatalog:type", workspace=access.workspace.slug, name=name)

        answer = attempt(form, act)
        if answer is not None:
            return answer
    return _show(request, access, message_type, tab="schema", status=422, deprecation_form=form)


@page(Permission.CATALOG_WRITE)
@require_POST
def participations(request: HttpRequest, access: Access, name: str) -> HttpResponse:
    """Declare that a service (made when it is new) plays a role, or withdraw a declaration."""
    message_type = queries.find_type(access.workspace, name)
    if request.POST.get("withdraw", "").isdecimal():
        wanted = int(request.POST["withdraw"])
        row = next((each for each in queries.participations_of(message_type) if each.pk == wanted), None)
        if row is None:
            raise NotFound
        actions.withdraw_participation(access, row)
        return _to_services(access, name)
    form = ParticipationForm(message_type.kind, request.POST)
    if form.is_valid():

        def act() -> HttpResponse:
            service = _service(access, form.cleaned_data["service"])
            actions.declare_participation(access, message_type, service=service, role=form.cleaned_data["role"])
            return _to_services(access, name)

        answer = attempt(form, act)
        if answer is not None:
            return answer
    return _show(request, access, message_type, tab="services", status=422, participation_form=form)


def _service(access: Access, name: str) -> Service:
    found = access.workspace.services.filter(slug=slugify(name)).first()
    return found or actions.create_service(access, name=name)


def _to_services(access: Access, name: str) -> HttpResponse:
    response = redirect("eventcatalog:type", workspace=access.workspace.slug, name=name)
    response["Location"] += "?tab=services"
    return response
