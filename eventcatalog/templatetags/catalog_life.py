"""Where a reference in a schema leads, for pages."""

import re

from django import template
from django.urls import reverse

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
