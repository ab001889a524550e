"""Numbers and JSON for people: ``{% load humanize_numbers %}``."""

import json
from typing import Any

from django import template

register = template.Library()


@register.filter
def grouped(number: int | None) -> str:
    """``1234567`` -> ``1,234,567``."""
    return f"{number or 0:,}"


@register.filter
def as_json(value: Any) -> str:
    """Indented JSON text (escaped by the template like any text)."""
    return json.dumps(value, indent=2, ensure_ascii=False)


@register.filter
def brief_json(value: Any) -> str:
    """JSON on one line, cut at 60 characters."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."


@register.filter
def plus(number: int, other: int) -> int:
    """Sum, for positions in drawings."""
    return number + other


@register.filter
def minus(number: int, other: int) -> int:
    """Difference."""
    return number - other


@register.filter
def times(number: int, factor: int) -> int:
    """Product, for positions in drawings."""
    return number * factor
