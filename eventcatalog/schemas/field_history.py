"""When each field of a schema came, changed and went, over all versions of a type."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from eventcatalog.schemas.tree import tree
from eventcatalog.schemas.types import TreeRow

FIELDS_MAX = 1_000
ROWS_MAX = 2_000


@dataclass(frozen=True, slots=True)
class FieldEvent:
    """What a version did to a field: came, changed or went, with the particulars in words."""

    version: str
    what: Literal["came", "changed", "went"]
    words: tuple[str, ...] = ()


@dataclass(slots=True)
class FieldLife:
    """A field by its path in documents (``order.lines[].sku``) and what became of it, oldest first."""

    path: str
    type_words: str
    is_there: bool = True
    is_required: bool = False
    events: list[FieldEvent] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """All fields, by name."""
        return {
            "path": self.path,
            "type": self.type_words,
            "is_there": self.is_there,
            "is_required": self.is_required,
            "events": [{"version": e.version, "what": e.what, "words": list(e.words)} for e in self.events],
        }


def field_history(versions: Sequence[tuple[str, Any]]) -> list[FieldLife]:
    """Fields in the order of the newest version, those that went last.

    ``versions`` are (number, document), oldest first.
    """
    lives: dict[str, FieldLife] = {}
    before: dict[str, TreeRow] = {}
    order: list[str] = []
    for version, document in versions:
        now = _fields(document)
        order = list(now)
        for path, row in now.items():
            if path not in before:
                life = lives.setdefault(path, FieldLife(path, row.type_words))
                life.events.append(FieldEvent(version, "came", _how(row)))
            else:
                words = tuple(_changes(before[path], row))
                if words:
                    lives[path].events.append(FieldEvent(version, "changed", words))
            life = lives[path]
            life.type_words, life.is_there, life.is_required = row.type_words, True, row.required
        for path in before.keys() - now.keys():
            lives[path].events.append(FieldEvent(version, "went"))
            lives[path].is_there = False
        before = now
    gone = [path for path in lives if path not in before]
    return [lives[path] for path in [*order, *gone]][:FIELDS_MAX]


def _fields(document: Any) -> dict[str, TreeRow]:
    """The first row of each path; variants of one place share it."""
    found: dict[str, TreeRow] = {}
    for row in tree(document, rows_max=ROWS_MAX):
        if row.path and row.path not in found:
            found[row.path] = row
    return found


def _how(row: TreeRow) -> tuple[str, ...]:
    return (row.type_words, "required") if row.required else (row.type_words,)


def _changes(old: TreeRow, new: TreeRow) -> Iterator[str]:
    if old.type_words != new.type_words:
        yield f"{old.type_words} became {new.type_words}"
    if old.required != new.required:
        yield "became required" if new.required else "became optional"
    gone = [value for value in old.enum if value not in new.enum]
    added = [value for value in new.enum if value not in old.enum]
    if old.enum and new.enum:
        yield from ([f"now also {_listed(added)}"] if added else [])
        yield from ([f"no longer {_listed(gone)}"] if gone else [])
    elif old.enum or new.enum:
        yield f"only {_listed(list(new.enum))}" if new.enum else "any value"
    dropped = [rule for rule in old.constraints if rule not in new.constraints]
    fresh = [rule for rule in new.constraints if rule not in old.constraints]
    if dropped or fresh:
        yield f"{', '.join(dropped) or 'no rule'} became {', '.join(fresh) or 'no rule'}"
    if (old.has_default, old.default) != (new.has_default, new.default):
        yield (
            f"default {json.dumps(new.default, ensure_ascii=False)[:60]}" if new.has_default else "no default any more"
        )
    if new.deprecated and not old.deprecated:
        yield "deprecated"
    if (old.title, old.description) != (new.title, new.description):
        yield "other words"


def _listed(values: list[Any]) -> str:
    shown = ", ".join(json.dumps(value, ensure_ascii=False) for value in values[:5])
    return shown + (f" and {len(values) - 5} more" if len(values) > 5 else "")
