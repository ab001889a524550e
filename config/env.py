"""Settings from environment variables, each declared once with its meaning, default and unit.

``SETTINGS`` is the list that docs/settings.md is checked against (tests/house/test_docs.py), so a variable that is
read anywhere must be declared here.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from django.core.exceptions import ImproperlyConfigured

T = TypeVar("T")
_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off", ""}


@dataclass(frozen=True, slots=True)
class Setting:
    """One environment variable: its name, default as written, and what it means."""

    name: str
    default: str
    meaning: str


SETTINGS: dict[str, Setting] = {}


def _declared(name: str, default: object, meaning: str, parse: Callable[[str], T], fallback: T) -> T:
    SETTINGS[name] = Setting(name, str(default), meaning)
    raw = os.environ.get(name)
    if raw is None or raw == "":
        return fallback
    try:
        return parse(raw)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}={raw!r}: {error}. {meaning}") from error


def text(name: str, default: str, meaning: str) -> str:
    """A setting that is taken as it is."""
    return _declared(name, default, meaning, str, default)


def flag(name: str, default: bool, meaning: str) -> bool:
    """A yes/no setting: 1, true, yes, on, or 0, false, no, off."""

    def parse(raw: str) -> bool:
        lowered = raw.strip().lower()
        if lowered in _TRUE:
            return True
        if lowered in _FALSE:
            return False
        raise ValueError("say 1 or 0")

    return _declared(name, int(default), meaning, parse, default)


def choice(name: str, default: str, allowed: tuple[str, ...], meaning: str) -> str:
    """One of a few words."""

    def parse(raw: str) -> str:
        if raw.strip().lower() in allowed:
            return raw.strip().lower()
        raise ValueError(f"say {' or '.join(allowed)}")

    return _declared(name, default, meaning, parse, default)


def number(name: str, default: int, meaning: str, *, minimum: int = 0) -> int:
    """A whole number; the unit is the last part of the variable's name."""

    def parse(raw: str) -> int:
        value = int(raw.replace("_", ""))
        if value < minimum:
            raise ValueError(f"must be at least {minimum}")
        return value

    return _declared(name, default, meaning, parse, default)


def names(name: str, default: list[str], meaning: str) -> list[str]:
    """A comma-separated list; blanks are dropped."""

    def parse(raw: str) -> list[str]:
        return [part.strip() for part in raw.split(",") if part.strip()]

    return _declared(name, ",".join(default), meaning, parse, default)
