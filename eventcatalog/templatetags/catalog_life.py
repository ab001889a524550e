"""Where a reference in a schema leads, for pages."""

import re
from typing import Any

from django import template
from django.urls import reverse
from django.utils.safestring import SafeString

from eventcatalog.proposals.queries import waiting_count
from eventcatalog.words import queries
from eventcatalog.words.markdown import render
from workspaces.access import Permission

register = template.Library()
_KEY = re.compile(r"#/\$defs/(type\.)?([A-Za-z][A-Za-z0-9._-]*)@(\d+\.\d+\.\d+)_*(?:/|\Z)")


@register.filter
def catalog_address(reference: str, workspace_slug: str) -> str:
    """The page of the component or type version that a linked reference means; "" for a schema's own definition."""
    found = _KEY.match(reference)
    if found is None:
        return ""
    kind, name, version = found.groups()
    if kind:
        return reverse("eventcatalog:version", kwargs={"workspace": workspace_slug, "name": name, "version": version})
    address = reverse("eventcatalog:component", kwargs={"workspace": workspace_slug, "name": name})
    return f"{address}?version={version}"


@register.filter
def reference_words(reference: str) -> str:
    """``#/$defs/Money@1.0.0`` as people say it: ``Money 1.0.0``."""
    found = _KEY.match(reference)
    return f"{found[2]} {found[3]}" if found else reference


@register.filter
def markdown(text: str) -> SafeString:
    """Markdown as HTML that may be shown."""
    return render(text)


@register.simple_tag(takes_context=True)
def waiting_for_review(context: Any) -> int:
    """How many proposals wait."""
    return waiting_count(context["access"].workspace)


@register.inclusion_tag("eventcatalog/parts/about.html", takes_context=True)
def about_thing(context: Any, kind: str, subject: str, hide_empty: bool = False) -> dict[str, Any]:
    """What is written about a type (by name), domain or service (by slug), with the glossary's terms linked."""
    access = context["access"]
    found = queries.about(access.workspace, kind, subject)
    return {
        "about": found,
        "about_html": render(found.text, terms=queries.terms(access.workspace)) if found and found.text else "",
        "kind": kind,
        "subject": subject,
        "hide_empty": hide_empty,
        "can_write": access.can(Permission.CATALOG_WRITE),
        "workspace_slug": access.workspace.slug,
    }
