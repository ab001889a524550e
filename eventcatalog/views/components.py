"""Pages of the library: the list, a component, adding one, its next version."""

import json
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from eventcatalog import evolution
from eventcatalog.actions import components as actions
from eventcatalog.library import queries
from eventcatalog.library.dependants import dependants_of, newer_versions
from eventcatalog.views.lists import attempt
from workspaces.access import Access, Permission, page
from workspaces.forms import StyledForm

SHOWN_MAX = 500
STARTING_SCHEMA = """{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "properties": {
    "amount_cents": { "type": "integer" },
    "currency": { "type": "string", "pattern": "^[A-Z]{3}$" }
  },
  "required": ["amount_cents", "currency"]
}
"""


class ComponentForm(StyledForm):
    """A component and its first schema."""

    name = forms.CharField(
        label="Name",
        max_length=200,
        help_text="What schemas refer to: Money",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "autofocus": True}),
    )
    title = forms.CharField(label="Title", required=False, max_length=200)
    description = forms.CharField(
        label="Description", required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 3})
    )
    schema = forms.CharField(label="JSON Schema", widget=forms.Textarea(attrs={"spellcheck": "false", "rows": 18}))


class ComponentVersionForm(StyledForm):
    """The next version of a component."""

    schema = forms.CharField(label="JSON Schema", widget=forms.Textarea(attrs={"spellcheck": "false", "rows": 24}))
    notes = forms.CharField(
        label="What changed, and why", required=False, max_length=5000, widget=forms.Textarea(attrs={"rows": 3})
    )
    expected_latest = forms.CharField(required=False, widget=forms.HiddenInput())


@page(Permission.CATALOG_VIEW)
@require_safe
def components(request: HttpRequest, access: Access) -> HttpResponse:
    """The library."""
    q = request.GET.get("q", "")[:200]
    found = list(queries.components_of(access.workspace, q=q)[:SHOWN_MAX])
    context = {"components": found, "q": q, "nav": "components"}
    return render(request, "eventcatalog/components.html", context)


@page(Permission.CATALOG_VIEW)
@require_safe
def component(request: HttpRequest, access: Access, name: str) -> HttpResponse:
    """What it says, who refers to it, its versions."""
    found = queries.find_component(access.workspace, name)
    version = queries.find_component_version(found, request.GET.get("version", "latest"))
    context = {
        "component": found,
        "version": version,
        "is_latest": version.pk == (found.latest.pk if found.latest else None),
        "rows": evolution.rows_of(json.loads(version.meaning)),
        "versions": queries.versions_of(found),
        "dependants": dependants_of(access.workspace, "components", name),
        "refers_to": newer_versions(access.workspace, version),
        "example": json.dumps(version.example, indent=2, ensure_ascii=False) if version.example is not None else "",
        "uri": f"factstorm://components/{found.name}/{version.version}",
        "nav": "components",
    }
    return render(request, "eventcatalog/component.html", context)


@page(Permission.CATALOG_WRITE)
@require_http_methods(["GET", "HEAD", "POST"])
def new_component(request: HttpRequest, access: Access) -> HttpResponse:
    """Add one."""
    form = ComponentForm(request.POST or None, initial={"schema": STARTING_SCHEMA})
    if request.method == "POST" and form.is_valid():

        def act() -> HttpResponse:
            made = actions.add_component(access, **form.cleaned_data)
            return redirect("eventcatalog:component", workspace=access.workspace.slug, name=made.name)

        answer = attempt(form, act)
        if answer is not None:
            return answer
    return render(request, "eventcatalog/new_component.html", {"form": form}, status=422 if form.errors else 200)


@page(Permission.CATALOG_WRITE)
@require_http_methods(["GET", "HEAD", "POST"])
def new_component_version(request: HttpRequest, access: Access, name: str) -> HttpResponse:
    """The editor: what it changes, and what it would do to those who refer to it, while one types."""
    found = queries.find_component(access.workspace, name)
    first: dict[str, Any] = {"expected_latest": found.version}
    first["schema"] = found.latest.schema_text if found.latest else ""
    form = ComponentVersionForm(request.POST or None, initial=first)
    if request.method == "POST" and form.is_valid():

        def act() -> HttpResponse:
            published = actions.publish_component(access, found, **form.cleaned_data)
            messages.success(request, f"Published {found.name} {published.version}")
            return redirect("eventcatalog:component", workspace=access.workspace.slug, name=name)

        answer = attempt(form, act)
        if answer is not None:
            return answer
    users = dependants_of(access.workspace, "components", name)
    context = {"form": form, "component": found, "dependants": users}
    return render(request, "eventcatalog/new_component_version.html", context, status=422 if form.errors else 200)
