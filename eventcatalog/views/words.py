"""Pages of words: two versions side by side, examples, what is written about things, the glossary."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from eventcatalog import queries as catalog
from eventcatalog.actions import words as actions
from eventcatalog.forms import parse_json
from eventcatalog.views.lists import attempt
from eventcatalog.words import queries
from eventcatalog.words.markdown import render as to_html
from workspaces.access import Access, Permission, page
from workspaces.errors import FactstormError, NotFound
from workspaces.forms import StyledForm


class AboutForm(StyledForm):
    """A page in Markdown, and links, one a line: a label, a space, an address."""

    text = forms.CharField(
        label="Text",
        required=False,
        max_length=actions.TEXT_MAX,
        help_text="Markdown: headings, lists, tables, code. Terms of the glossary become links by themselves.",
        widget=forms.Textarea(attrs={"rows": 18}),
    )
    links = forms.CharField(
        label="Links",
        required=False,
        max_length=20_000,
        help_text="One a line: Runbook https://example.org/runbook",
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
    )

    def rows(self) -> list[dict[str, str]]:
        """The links as the action takes them."""
        found = []
        for line in self.cleaned_data["links"].splitlines():
            label, _, url = line.strip().rpartition(" ")
            if line.strip():
                found.append({"label": label, "url": url})
        return found


class TermForm(StyledForm):
    """A term of the glossary."""

    term = forms.CharField(label="Term", max_length=80, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    definition = forms.CharField(
        label="What it means here", max_length=actions.DEFINITION_MAX, widget=forms.Textarea(attrs={"rows": 3})
    )


@page(Permission.CATALOG_VIEW)
@require_safe
def diff(request: HttpRequest, access: Access, name: str) -> HttpResponse:
    """Any two versions, in words and side by side; by default the newest and the one before it."""
    found = catalog.find_type(access.workspace, name)
    versions = catalog.versions_of(found)
    new = catalog.find_version(found, request.GET.get("to", "latest"))
    before = next((each for each in versions if each.ordinal == new.ordinal - 1), new)
    old = catalog.find_version(found, request.GET["from"]) if request.GET.get("from") else before
    answer = queries.difference(old, new, policy=found.policy)
    directions = [
        {
            **finding,
            "counterexample": answer["counterexamples"][finding["direction"]],
            "taker": old.version if finding["direction"] == "backward" else new.version,
            "refuser": new.version if finding["direction"] == "backward" else old.version,
        }
        for finding in answer["findings"]
    ]
    context = {
        "type": found,
        "versions": versions,
        "old": old,
        "new": new,
        "answer": answer,
        "directions": directions,
        "diff": answer["rows"],
    }
    return render(request, "eventcatalog/diff.html", context)


@page(Permission.CATALOG_WRITE)
@require_POST
def examples(request: HttpRequest, access: Access, name: str) -> HttpResponse:
    """Add an example to the newest version, or remove one."""
    found = catalog.find_type(access.workspace, name)
    try:
        if request.POST.get("remove", "").isdecimal():
            wanted = int(request.POST["remove"])
            row = next((each for each in queries.examples_of(found) if each.pk == wanted), None)
            if row is None:
                raise NotFound
            actions.remove_example(access, found, row)
            messages.success(request, "Removed")
        else:
            document = parse_json(request.POST.get("document", "")[:250_000], place="document")
            named = {key: request.POST.get(key, "")[:2000] for key in ("name", "note")}
            actions.add_example(access, found, catalog.find_version(found, "latest"), document=document, **named)
            messages.success(request, "Added")
    except FactstormError as error:
        if error.http_status in (403, 404):
            raise
        messages.error(request, f"{error.message} {error.hint}")
    address = reverse("eventcatalog:type", kwargs={"workspace": access.workspace.slug, "name": name})
    return redirect(f"{address}?tab=example")


@page(Permission.CATALOG_VIEW)
@require_safe
def about(request: HttpRequest, access: Access, about: str, subject: str) -> HttpResponse:
    """What is written about a thing, as a page of its own."""
    thing = actions.subject_of(access, about, subject)
    found = queries.about(access.workspace, about, subject)
    context = {"kind": about, "subject": subject, "thing": thing, "about": found, **_html(access, found)}
    return render(request, "eventcatalog/about.html", context)


def _html(access: Access, found: Any) -> dict[str, Any]:
    return {"about_html": to_html(found.text, terms=queries.terms(access.workspace)) if found else ""}


@page(Permission.CATALOG_WRITE)
@require_http_methods(["GET", "HEAD", "POST"])
def edit_about(request: HttpRequest, access: Access, about: str, subject: str) -> HttpResponse:
    """Write it."""
    thing = actions.subject_of(access, about, subject)
    found = queries.about(access.workspace, about, subject)
    lines = [f"{each['label']} {each['url']}" for each in found.links] if found else []
    first = {"text": found.text if found else "", "links": "\n".join(lines)}
    form = AboutForm(request.POST or None, initial=first)
    if request.method == "POST" and form.is_valid():

        def act() -> HttpResponse:
            actions.write_about(access, kind=about, subject=subject, text=form.cleaned_data["text"], links=form.rows())
            messages.success(request, "Saved")
            return redirect("eventcatalog:about", workspace=access.workspace.slug, about=about, subject=subject)

        answer = attempt(form, act)
        if answer is not None:
            return answer
    context = {"form": form, "kind": about, "subject": subject, "thing": thing}
    return render(request, "eventcatalog/edit_about.html", context, status=422 if form.errors else 200)


@page(Permission.CATALOG_VIEW)
@require_safe
def glossary(request: HttpRequest, access: Access) -> HttpResponse:
    """The terms of the business."""
    return _glossary(request, access, TermForm())


def _glossary(request: HttpRequest, access: Access, form: TermForm, *, status: int = 200) -> HttpResponse:
    rows = list(access.workspace.glossary.all())
    addresses = queries.terms(access.workspace)
    for each in rows:
        others = {term: address for term, address in addresses.items() if term != each.term}
        each.html = to_html(each.definition, terms=others)  # type: ignore[attr-defined]
    context = {"terms": rows, "form": form, "nav": "glossary"}
    return render(request, "eventcatalog/glossary.html", context, status=status)


@page(Permission.CATALOG_WRITE)
@require_POST
def define(request: HttpRequest, access: Access) -> HttpResponse:
    """Define a term, or take one out."""
    if request.POST.get("remove"):
        row = access.workspace.glossary.filter(slug=request.POST["remove"][:80]).first()
        if row is None:
            raise NotFound
        actions.remove_term(access, row)
        return redirect("eventcatalog:glossary", workspace=access.workspace.slug)
    form = TermForm(request.POST)
    if form.is_valid():

        def act() -> HttpResponse:
            made = actions.define_term(access, **form.cleaned_data)
            address = reverse("eventcatalog:glossary", kwargs={"workspace": access.workspace.slug})
            return redirect(f"{address}#{made.slug}")

        answer = attempt(form, act)
        if answer is not None:
            return answer
    return _glossary(request, access, form, status=422)
