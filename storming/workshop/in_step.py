"""A promoted note and its type, kept in step: what differs, what publishing the note's side would do, and either way.

Nothing follows by itself: a note is words on a wall, a type is a promise to services. People are told and choose.
"""

import json
import uuid
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from eventcatalog import evolution
from eventcatalog.actions import TypeChanges, assess, publish_version, update_type
from eventcatalog.library.resolve import fetch_from
from eventcatalog.models import MessageType
from storming import doorbell, queries
from storming.actions.operations import Batch, Incoming, apply_operations
from storming.document.fields import Differences, differences, fields_of, with_fields
from storming.errors import NoteRefused
from storming.state import BoardState
from workspaces.access import Access, Permission
from workspaces.errors import Conflict, FactstormError, Invalid, NotFound

FIELDS_MAX = 40
TITLE_CHARS_MAX = 200
NAME_CHARS_MAX = 80


@dataclass(slots=True)
class _Pair:
    note: dict[str, Any]
    message_type: MessageType
    schema: Any

    def differences(self) -> Differences:
        return differences(
            self.note.get("fields"),
            self.schema,
            text=str(self.note.get("text") or ""),
            title=self.message_type.title,
        )


def compare(access: Access, *, board_id: uuid.UUID, element_id: str) -> dict[str, Any]:
    """``{"name", "version", "differences": [line], "verdict": {"compatible", "words"} | None, "may_publish"}``.

    The verdict is the catalog's answer to publishing the note's fields. Raises NotFound when the note names no type.
    """
    pair = _pair(access, board_id, element_id)
    found = pair.differences()
    return {
        "name": pair.message_type.name,
        "version": pair.message_type.version,
        "differences": found.lines,
        "verdict": _verdict(access, pair) if found.fields else None,
        "may_publish": access.can(Permission.CATALOG_WRITE),
    }


def take_from_type(access: Access, *, board_id: uuid.UUID, element_id: str) -> None:
    """The note says what its type says: title and fields. An operation like any other, signed by who asked.

    Raises NoteRefused as the board would refuse it (locked, frozen, pen).
    """
    access.require(Permission.BOARD_EDIT, board_id=board_id)
    pair = _pair(access, board_id, element_id)
    latest = pair.message_type.latest
    fields = fields_of(pair.schema, latest.example if latest else None)
    fitting = [field for field in fields if len(field["name"]) <= NAME_CHARS_MAX and " " not in field["name"]]
    patch: dict[str, Any] = {"fields": fitting[:FIELDS_MAX] or None}
    if pair.message_type.title:
        patch["text"] = pair.message_type.title
    with transaction.atomic():
        board_state = BoardState.load(board_id)
        batch = Batch(
            access.actor,
            str(uuid.uuid4()),
            [Incoming(1, {element_id: patch})],
            facilitates=access.can(Permission.BOARD_MANAGE, board_id=board_id),
        )
        [[result]] = apply_operations(board_state, [batch]).results
        if result.refused is not None:
            refused = result.refused
            raise NoteRefused(refused.message, hint=refused.hint, code=refused.code, place=refused.place)
        doorbell.ring_after_commit(board_id)


def take_from_note(access: Access, *, board_id: uuid.UUID, element_id: str) -> None:
    """The type says what the note says: its title, and a new version with the note's fields.

    Raises what publish_version raises: IncompatibleError carries a document that shows what would break.
    """
    access.require(Permission.CATALOG_WRITE)
    pair = _pair(access, board_id, element_id)
    found = pair.differences()
    with transaction.atomic():
        if found.title:
            title = " ".join(str(pair.note.get("text") or "").split())[:TITLE_CHARS_MAX]
            update_type(access, pair.message_type, TypeChanges(title=title), why="Renamed on the board")
        if found.fields:
            publish_version(
                access, pair.message_type, schema=_wanted(pair), notes="Fields as they are on the board's note."
            )


def _pair(access: Access, board_id: uuid.UUID, element_id: str) -> _Pair:
    board = queries.board_of(access, board_id)
    note = queries.visible_elements(access, board).get(element_id)
    if note is None or note.get("deleted") or not note.get("type_id"):
        raise NotFound
    message_type = access.workspace.message_types.select_related("latest").filter(pk=note["type_id"]).first()
    if message_type is None:
        raise NotFound
    latest = message_type.latest
    if latest is None:
        raise Conflict("The type has no version yet.", hint="Publish one in the catalog first.", code="no_version")
    return _Pair(dict(note), message_type, json.loads(latest.schema_text))


def _wanted(pair: _Pair) -> dict[str, Any]:
    if pair.schema is True or pair.schema is False:
        raise Invalid("The type's schema has no fields to change.", hint="Change it in the catalog.")
    return with_fields(pair.schema, pair.note.get("fields") or [])


def _verdict(access: Access, pair: _Pair) -> dict[str, Any]:
    """The compatibility answer, in plain words."""
    try:
        parsed = evolution.read(_wanted(pair), fetch=fetch_from(access.workspace))
    except FactstormError as error:
        return {"compatible": False, "words": error.message}
    found = assess(pair.message_type, parsed)
    if found.compatible:
        return {"compatible": True, "words": f"Compatible ({found.mode}): it would be version {found.proposed}."}
    return {"compatible": False, "words": " ".join(filter(None, [found.verdict, found.hint]))}
