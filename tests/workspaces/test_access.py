"""Who may do what: roles, scopes, guests and strangers."""

import base64
import uuid
from itertools import pairwise

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.test import RequestFactory
from django.utils import timezone

from tests.cast import Cast
from workspaces import actions
from workspaces.access import (
    GUESTS_IN_SESSION,
    ROLE_PERMISSIONS,
    Permission,
    Principal,
    access_to,
    principal_from_request,
)
from workspaces.errors import Forbidden, NotFound, NotSignedIn
from workspaces.models import ApiKey, Person, Role

pytestmark = pytest.mark.django_db


def ask(principal: Principal, slug: str, need: Permission = Permission.WORKSPACE_VIEW, **where):
    return access_to(principal=principal, workspace_slug=slug, need=need, **where)


def key_principal(text: str, scheme: str = "Bearer") -> Principal:
    request = RequestFactory().get("/", headers={"Authorization": f"{scheme} {text}"})
    return principal_from_request(request)


def test_nobody_is_told_to_sign_in_whether_or_not_the_workspace_exists(cast: Cast):
    for slug in (cast.workspace.slug, "no-such-workspace"):
        with pytest.raises(NotSignedIn):
            ask(Principal(), slug)


def test_a_stranger_cannot_tell_a_workspace_from_none(cast: Cast):
    messages = set()
    for slug in (cast.workspace.slug, "no-such-workspace"):
        with pytest.raises(NotFound) as refusal:
            ask(Principal(person=cast.charlie), slug)
        messages.add(str(refusal.value.as_json()))
    assert len(messages) == 1


@pytest.mark.parametrize(
    ("name", "may", "may_not"),
    [
        ("vera", Permission.STREAM_READ, Permission.BOARD_EDIT),
        ("bob", Permission.STREAM_APPEND, Permission.CATALOG_WRITE),
        ("fay", Permission.STREAM_MANAGE, Permission.WORKSPACE_MANAGE),
    ],
)
def test_each_role_does_its_own_and_no_more(cast: Cast, name: str, may: Permission, may_not: Permission):
    principal = Principal(person=getattr(cast, name))
    assert ask(principal, cast.workspace.slug, may).can(may)
    with pytest.raises(Forbidden) as refusal:
        ask(principal, cast.workspace.slug, may_not)
    assert refusal.value.hint


def test_every_role_includes_the_one_below_it():
    order = [Role.VIEWER, Role.PARTICIPANT, Role.FACILITATOR, Role.OWNER]
    for lower, higher in pairwise(order):
        assert ROLE_PERMISSIONS[lower] < ROLE_PERMISSIONS[higher]


def test_a_key_is_stored_as_a_digest_and_works_as_bearer_and_as_basic_password(cast: Cast):
    key, text = actions.create_api_key(cast.access(cast.alice), name="shop", scopes=["append"])
    assert text not in str(ApiKey.objects.filter(pk=key.pk).values())
    basic = base64.b64encode(f"anything:{text}".encode()).decode()
    for principal in (key_principal(text), key_principal(basic, "Basic")):
        access = ask(principal, cast.workspace.slug, Permission.STREAM_APPEND, stream="orders")
        assert access.actor.kind == "service"
        assert access.actor.name == "shop"


def test_a_key_without_the_scope_is_told_so(cast: Cast):
    _, text = actions.create_api_key(cast.access(cast.alice), name="shop", scopes=["append"])
    with pytest.raises(Forbidden, match="scope"):
        ask(key_principal(text), cast.workspace.slug, Permission.STREAM_READ, stream="orders")


def test_a_key_limited_to_a_stream_cannot_learn_of_another(cast: Cast):
    _, text = actions.create_api_key(
        cast.access(cast.alice), name="shop", scopes=["append", "read"], stream_names=["orders"]
    )
    principal = key_principal(text)
    assert ask(principal, cast.workspace.slug, Permission.STREAM_APPEND, stream="orders")
    with pytest.raises(NotFound):
        ask(principal, cast.workspace.slug, Permission.STREAM_APPEND, stream="payments")


def test_a_key_of_another_workspace_finds_nothing(cast: Cast):
    _, text = actions.create_api_key(cast.access(cast.charlie, cast.elsewhere), name="spy", scopes=["read"])
    with pytest.raises(NotFound):
        ask(key_principal(text), cast.workspace.slug, Permission.STREAM_READ, stream="orders")


def test_a_revoked_or_invented_key_is_nobody(cast: Cast):
    key, text = actions.create_api_key(cast.access(cast.alice), name="shop", scopes=["read"])
    actions.revoke_api_key(cast.access(cast.alice), key_id=key.pk)
    for token in (text, "fs_invented"):
        with pytest.raises(NotSignedIn):
            ask(key_principal(token), cast.workspace.slug, Permission.STREAM_READ)


def test_using_a_key_notes_when(cast: Cast):
    key, text = actions.create_api_key(cast.access(cast.alice), name="shop", scopes=["read"])
    assert key.last_used_at is None
    key_principal(text)
    key.refresh_from_db()
    assert key.last_used_at is not None


def test_a_guest_sees_one_board_and_nothing_else(cast: Cast):
    board_id = uuid.uuid4()
    _, token = actions.share_board(cast.access(cast.fay), board_id=board_id, role="participant")
    session = SessionStore()
    actions.enter_as_guest(session, token=token, name="Gus")
    principal = Principal(guest_ids=session[GUESTS_IN_SESSION])
    access = ask(principal, cast.workspace.slug, Permission.BOARD_EDIT, board_id=board_id)
    assert access.actor.kind == "guest"
    assert access.actor.name == "Gus"
    for need, where in (
        (Permission.BOARD_VIEW, {"board_id": uuid.uuid4()}),
        (Permission.WORKSPACE_VIEW, {}),
        (Permission.CATALOG_VIEW, {}),
        (Permission.CATALOG_VIEW, {"board_id": board_id}),
        (Permission.STREAM_READ, {"stream": "orders"}),
    ):
        with pytest.raises(NotFound):
            ask(principal, cast.workspace.slug, need, **where)


def test_a_viewing_guest_may_not_write(cast: Cast):
    board_id = uuid.uuid4()
    _, token = actions.share_board(cast.access(cast.fay), board_id=board_id, role="viewer")
    session = SessionStore()
    actions.enter_as_guest(session, token=token, name="Gus")
    with pytest.raises(Forbidden):
        ask(
            Principal(guest_ids=session[GUESTS_IN_SESSION]),
            cast.workspace.slug,
            Permission.BOARD_EDIT,
            board_id=board_id,
        )


def test_revoking_a_guest_link_ends_the_guests_access(cast: Cast):
    board_id = uuid.uuid4()
    link, token = actions.share_board(cast.access(cast.fay), board_id=board_id, role="participant")
    session = SessionStore()
    actions.enter_as_guest(session, token=token, name="Gus")
    actions.revoke_guest_link(cast.access(cast.fay), link_id=link.pk)
    with pytest.raises(NotFound):
        ask(Principal(guest_ids=session[GUESTS_IN_SESSION]), cast.workspace.slug, board_id=board_id)
    with pytest.raises(NotFound):
        actions.find_guest_link(token)


def test_an_expired_guest_link_ends_too(cast: Cast):
    board_id = uuid.uuid4()
    link, token = actions.share_board(cast.access(cast.fay), board_id=board_id, role="participant")
    link.expires_at = timezone.now()
    link.save()
    with pytest.raises(NotFound):
        actions.enter_as_guest(SessionStore(), token=token, name="Gus")


def test_an_inactive_person_is_nobody(cast: Cast):
    Person.objects.filter(pk=cast.bob.pk).update(is_active=False)
    from django.contrib.auth import authenticate

    assert authenticate(username=cast.bob.email, password="correct horse battery") is None
