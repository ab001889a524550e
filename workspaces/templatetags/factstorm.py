"""Template tags of the design language: ``{% load factstorm %}``."""

from datetime import datetime
from functools import lru_cache
from typing import Any

from django import template
from django.conf import settings
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from workspaces import slots
from workspaces.access import Access
from workspaces.models import colour_for
from workspaces.stylesheet import stylesheet_url as _stylesheet_url

register = template.Library()
THEMES = ("light", "dark")
THEME_COOKIE = "factstorm_theme"


@register.simple_tag
def stylesheet_url() -> str:
    """Address of the joined stylesheet."""
    return _stylesheet_url()


@register.simple_tag
def icon(name: str, size: str = "") -> SafeString:
    """An icon of static/icons/icons.svg, hidden from screen readers: the control around it carries the label."""
    return _icon(name, size, settings.STATIC_URL)


@lru_cache(maxsize=1_000)
def _icon(name: str, size: str, _static_url: str) -> SafeString:
    """A page has hundreds of them, of a few kinds. Where static files lie elsewhere from now on, they are made anew."""
    sized = f" icon--{size}" if size else ""
    return format_html(
        '<svg class="icon{}" aria-hidden="true"><use href="{}#{}"></use></svg>', sized, static("icons/icons.svg"), name
    )


@register.simple_tag(takes_context=True)
def theme_attribute(context: dict[str, Any]) -> SafeString | str:
    """``data-theme="dark"`` when the person chose one; else the system decides. Set by the server: no flash."""
    request = context.get("request")
    chosen = request.COOKIES.get(THEME_COOKIE, "") if request is not None else ""
    return format_html(' data-theme="{}"', chosen) if chosen in THEMES else ""


@register.simple_tag(takes_context=True)
def current_if(context: dict[str, Any], *names: str) -> SafeString | str:
    """``aria-current="page"`` when the request was routed to one of these namespaces or ``namespace:name`` views."""
    request = context.get("request")
    match = getattr(request, "resolver_match", None)
    if match is None or not {match.namespace, match.view_name}.intersection(names):
        return ""
    return format_html(' aria-current="{}"', "page")


@register.simple_tag(takes_context=True)
def topbar_extras(context: dict[str, Any]) -> SafeString:
    """What upper floors hang into the top bar (workspaces.slots.topbar)."""
    request, access = context.get("request"), context.get("access")
    if request is None or not access:
        return SafeString("")
    return SafeString("".join(slots.topbar_for(request, access)))


@register.simple_tag
def initials_of(name: str) -> str:
    """Two letters for an avatar: "Alice Liddell" is AL, "Bob" is B."""
    words = [word for word in name.split() if word[0].isalnum()]
    if not words:
        return "?"
    letters = words[0][0] + (words[-1][0] if len(words) > 1 else "")
    return letters.upper()


@register.inclusion_tag("components/avatar.html")
def avatar(name: str, identity: object = "", size: str = "", guest: bool = False) -> dict[str, Any]:
    """A disc with initials in the person's colour; decorative, so write the name beside it."""
    return {"name": name, "colour": colour_for(str(identity or name)), "size": size, "guest": guest}


@register.inclusion_tag("components/relative_time.html")
def ago(moment: datetime | None, never: str = "never") -> dict[str, Any]:
    """``<time>`` that reads "3 minutes ago" and keeps itself fresh (static/app/times.js)."""
    return {"moment": moment, "never": never, "now": timezone.now()}


@register.inclusion_tag("components/empty.html")
def empty(drawing: str, title: str, text: str = "", href: str = "", action: str = "") -> dict[str, Any]:
    """An empty state: drawing (board, catalog, stream, key, people, search), a sentence, one action."""
    return {"drawing": drawing, "title": title, "text": text, "href": href, "action": action}


@register.inclusion_tag("components/field.html")
def field(bound: Any, hint: str = "", optional: bool = False) -> dict[str, Any]:
    """A labelled form field with hint and error, wired by ids for screen readers."""
    ids = [f"{bound.id_for_label}-hint"] if hint or bound.help_text else []
    ids += [f"{bound.id_for_label}-error"] if bound.errors else []
    attributes = {"aria-describedby": " ".join(ids)} if ids else {}
    if bound.errors:
        attributes["aria-invalid"] = "true"
    return {"field": bound, "widget": bound.as_widget(attrs=attributes), "hint": hint, "optional": optional}


@register.filter
def may(access: Access | None, permission: str) -> bool:
    """``{% if access|may:"workspace.manage" %}``."""
    return access is not None and any(str(granted) == permission for granted in access.permissions)
