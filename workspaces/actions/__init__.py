"""Writes of the ground floor: one verb a function, check, write, then notify."""

from workspaces.actions.api_keys import create_api_key, revoke_api_key
from workspaces.actions.guests import enter_as_guest, find_guest_link, revoke_guest_link, share_board
from workspaces.actions.people import change_name, sign_up
from workspaces.actions.workspaces import (
    accept_invitation,
    change_role,
    create_workspace,
    find_invitation,
    invite,
    remove_member,
    rename_workspace,
    revoke_invitation,
)

__all__ = [
    "accept_invitation",
    "change_name",
    "change_role",
    "create_api_key",
    "create_workspace",
    "enter_as_guest",
    "find_guest_link",
    "find_invitation",
    "invite",
    "remove_member",
    "rename_workspace",
    "revoke_api_key",
    "revoke_guest_link",
    "revoke_invitation",
    "share_board",
    "sign_up",
]
