"""Accounts, workspaces, members, invitations and keys."""

import pytest

from tests.cast import PASSWORD, Cast
from workspaces import actions
from workspaces.errors import Conflict, Forbidden, Invalid, NotFound
from workspaces.models import Invitation, Membership, Role

pytestmark = pytest.mark.django_db


def test_an_address_signs_up_once_whatever_its_case():
    actions.sign_up(email="Ann@Example.org", name="Ann", password=PASSWORD)
    with pytest.raises(Invalid) as refusal:
        actions.sign_up(email="ann@example.ORG", name="Ann", password=PASSWORD)
    assert refusal.value.fields["place"] == "email"


def test_a_poor_password_is_refused_in_words():
    with pytest.raises(Invalid, match="too common"):
        actions.sign_up(email="ann@example.org", name="Ann", password="password")


def test_two_workspaces_of_one_name_have_addresses_of_their_own(cast: Cast):
    again = actions.create_workspace(cast.alice, name=cast.workspace.name)
    assert again.slug != cast.workspace.slug


def test_an_invitation_lets_a_stranger_in_with_its_role(cast: Cast):
    _, token = actions.invite(cast.access(cast.alice), role=Role.PARTICIPANT)
    assert actions.accept_invitation(cast.charlie, token=token) == cast.workspace
    assert Membership.objects.get(person=cast.charlie, workspace=cast.workspace).role == Role.PARTICIPANT


def test_accepting_twice_neither_uses_it_up_nor_changes_a_role(cast: Cast):
    invitation, token = actions.invite(cast.access(cast.alice), role=Role.VIEWER, uses=1)
    actions.accept_invitation(cast.bob, token=token)
    assert Membership.objects.get(person=cast.bob, workspace=cast.workspace).role == Role.PARTICIPANT
    assert Invitation.objects.get(pk=invitation.pk).uses_left == 1


def test_a_used_up_or_revoked_invitation_is_not_found(cast: Cast):
    _, token = actions.invite(cast.access(cast.alice), role=Role.VIEWER, uses=1)
    actions.accept_invitation(cast.charlie, token=token)
    with pytest.raises(NotFound):
        actions.find_invitation(token)
    invitation, token = actions.invite(cast.access(cast.alice), role=Role.VIEWER)
    actions.revoke_invitation(cast.access(cast.alice), invitation_id=invitation.pk)
    with pytest.raises(NotFound):
        actions.find_invitation(token)


def test_only_owners_invite(cast: Cast):
    with pytest.raises(Forbidden):
        actions.invite(cast.access(cast.fay), role=Role.VIEWER)


def test_the_last_owner_can_neither_step_down_nor_leave(cast: Cast):
    mine = Membership.objects.get(person=cast.alice, workspace=cast.workspace)
    with pytest.raises(Conflict):
        actions.change_role(cast.access(cast.alice), membership_id=mine.pk, role=Role.VIEWER)
    with pytest.raises(Conflict):
        actions.remove_member(cast.access(cast.alice), membership_id=mine.pk)


def test_anybody_may_leave_but_only_owners_remove_others(cast: Cast):
    bob = Membership.objects.get(person=cast.bob, workspace=cast.workspace)
    with pytest.raises(Forbidden):
        actions.remove_member(cast.access(cast.fay), membership_id=bob.pk)
    actions.remove_member(cast.access(cast.bob), membership_id=bob.pk)
    assert not Membership.objects.filter(pk=bob.pk).exists()


def test_members_of_another_workspace_cannot_be_touched(cast: Cast):
    charlie = Membership.objects.get(person=cast.charlie)
    with pytest.raises(NotFound):
        actions.change_role(cast.access(cast.alice), membership_id=charlie.pk, role=Role.VIEWER)


def test_keys_need_a_name_a_scope_and_streams_when_limited(cast: Cast):
    access = cast.access(cast.alice)
    for wrong in (
        {"name": " ", "scopes": ["read"]},
        {"name": "shop", "scopes": []},
        {"name": "shop", "scopes": ["everything"]},
        {"name": "shop", "scopes": ["read"], "stream_names": []},
    ):
        with pytest.raises(Invalid):
            actions.create_api_key(access, **wrong)
