"""Drafts: notes that their author alone sees, and how an operation is parted into what is private and what is not.

Theory. The client sends one kind of operation and need not know. For each element that a patch names, the server says:

- it is on the board: public;
- it is a draft of the sender: private, unless the board is not silent and the patch gives it a place: then the draft
  is *placed*, it becomes a note on the board with the same id;
- it is a new note, and the board is silent or it has no place: a new draft;
- anything else: public, and checked as such. Whether somebody else has a draft of that id makes no difference.

Drafts are rows of their own and never operations. ``Parting`` works inside the transaction of apply_operations.
"""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from storming.document import patches
from storming.document.elements import SERVER_PROPERTIES, Elements, Limits, check_patch
from storming.document.notation import NOTE_KINDS
from storming.models import Draft
from workspaces.access import Actor

DRAFTS_MAX = 500  # of one person on one board
Patch = dict[str, dict[str, Any]]
Changes = dict[str, dict[str, dict[str, Any] | None]]  # actor id: {element id: properties, or None: no longer a draft}
_LIMITS = Limits(live_elements_max=DRAFTS_MAX, all_elements_max=2 * DRAFTS_MAX)


@dataclass(slots=True)
class Parted:
    """A patch's public and its private part; ``placed`` are drafts that the public part holds."""

    public: Patch
    private: Patch = field(default_factory=dict)
    placed: list[str] = field(default_factory=list)


def drafts_of(board_id: uuid.UUID, actor_id: str) -> Elements:
    """Somebody's drafts by element id."""
    rows = Draft.objects.filter(board_id=board_id, actor_id=actor_id)
    return dict(rows.values_list("element_id", "properties"))


def is_placed(properties: Mapping[str, Any]) -> bool:
    """Whether a note has a place on the wall."""
    return properties.get("x") is not None and properties.get("y") is not None


class Parting:
    """One transaction's look at drafts; ``changes`` is what their authors are told after the commit."""

    def __init__(self, board_id: uuid.UUID, *, silent: bool, now: datetime) -> None:
        self.board_id, self.silent, self.now = board_id, silent, now
        self.changes: Changes = {}
        self._own: dict[str, Elements] = {}
        self._actors: dict[str, Actor] = {}

    def of(self, actor: Actor, patch: Patch, known: Elements) -> Parted:
        """Part a patch. ``known`` are the board's elements."""
        parted = Parted({})
        for element_id, properties in patch.items():
            if element_id in known or not isinstance(properties, Mapping):
                parted.public[element_id] = properties
                continue
            own = self._drafts(actor).get(element_id)
            if own is not None:
                self._part_known(parted, element_id, own, properties)
            elif self._is_private_birth(properties):
                parted.private[element_id] = dict(properties)
            else:
                parted.public[element_id] = properties
        return parted

    def write(self, actor: Actor, private: Patch) -> None:
        """Change drafts. Raises Refusal as the board itself would."""
        own = self._drafts(actor)
        check_patch(own, _with_places(own, private), live_count=sum(not d.get("deleted") for d in own.values()),
                    limits=_LIMITS)  # fmt: skip
        for element_id, properties in private.items():
            if element_id not in own:
                stamps = {"created_by": actor.id, "created_at": self.now.isoformat(timespec="milliseconds")}
                properties = {**properties, **stamps}
            patches.apply(own, {element_id: properties})
            self._changed(actor, element_id, own[element_id])

    def release(self, actor: Actor, placed: Iterable[str]) -> None:
        """These are on the board now."""
        for element_id in placed:
            self._drafts(actor).pop(element_id, None)
            self._changed(actor, element_id, None)

    def store(self) -> None:
        """Write what has changed."""
        for actor_id, changes in self.changes.items():
            actor = self._actors[actor_id]
            mine = Draft.objects.filter(board_id=self.board_id, actor_id=actor_id)
            mine.filter(element_id__in=[key for key, value in changes.items() if value is None]).delete()
            rows = [self._row(actor, key, value) for key, value in changes.items() if value is not None]
            Draft.objects.bulk_create(
                rows,
                update_conflicts=True,
                unique_fields=["board", "actor_id", "element_id"],
                update_fields=["properties"],
            )

    def _part_known(self, parted: Parted, element_id: str, own: dict[str, Any], properties: Mapping[str, Any]) -> None:
        after = {**own, **properties}
        if self.silent or not is_placed(after) or after.get("deleted"):
            parted.private[element_id] = dict(properties)
            return
        parted.public[element_id] = {
            name: value for name, value in after.items() if value is not None and name not in SERVER_PROPERTIES
        }
        parted.placed.append(element_id)

    def _is_private_birth(self, properties: Mapping[str, Any]) -> bool:
        return properties.get("kind") in NOTE_KINDS and (self.silent or not is_placed(properties))

    def _drafts(self, actor: Actor) -> Elements:
        if actor.id not in self._own:
            self._own[actor.id] = drafts_of(self.board_id, actor.id)
            self._actors[actor.id] = actor
        return self._own[actor.id]

    def _changed(self, actor: Actor, element_id: str, properties: dict[str, Any] | None) -> None:
        self.changes.setdefault(actor.id, {})[element_id] = dict(properties) if properties is not None else None

    def _row(self, actor: Actor, element_id: str, properties: dict[str, Any]) -> Draft:
        return Draft(
            board_id=self.board_id,
            element_id=element_id,
            actor_kind=actor.kind,
            actor_id=actor.id,
            actor_name=actor.name[:80],
            properties=properties,
            at=self.now,
        )


def _with_places(own: Elements, private: Patch) -> Patch:
    """For the checks: a note in the tray has no place, and one that is born needs one."""
    return {
        key: {"x": 0, "y": 0, **{name: value for name, value in part.items() if value is not None or name not in "xy"}}
        if key not in own
        else part
        for key, part in private.items()
    }
