"""Writes of the catalog: one verb a function; check, write (with its line of history), then notify after commit."""

from eventcatalog.actions.mapping import (
    appoint_steward,
    declare_reaction,
    declare_stream_use,
    dismiss_steward,
    withdraw_reaction,
    withdraw_stream_use,
)
from eventcatalog.actions.participations import ROLES_OF_KIND, declare_participation, withdraw_participation
from eventcatalog.actions.places import (
    create_context,
    create_domain,
    create_service,
    create_team,
    delete_place,
    rename_place,
    update_service,
)
from eventcatalog.actions.types import TypeChanges, deprecate, register_type, revive, update_type
from eventcatalog.actions.versions import assess, mend, publish_version

__all__ = [
    "ROLES_OF_KIND",
    "TypeChanges",
    "appoint_steward",
    "assess",
    "create_context",
    "create_domain",
    "create_service",
    "create_team",
    "declare_participation",
    "declare_reaction",
    "declare_stream_use",
    "delete_place",
    "deprecate",
    "dismiss_steward",
    "mend",
    "publish_version",
    "register_type",
    "rename_place",
    "revive",
    "update_service",
    "update_type",
    "withdraw_participation",
    "withdraw_reaction",
    "withdraw_stream_use",
]
