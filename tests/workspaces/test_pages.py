"""The people pages: Alice owns, Bob takes part, Charlie is a stranger."""

import re

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse

from tests.cast import PASSWORD, Cast
from workspaces import actions, slots
from workspaces.access import Access, Permission, access_to, principal_from_request
from workspaces.errors import NotSignedIn
from workspaces.models import ApiKey, Invitation, Membership, Person, Role, digest

OWNERS_PAGES = ["keys", "workspace-settings"]
MEMBERS_PAGES = ["workspace-home", "members"]


def signed_in(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def at(cast: Cast, name: str, **kwargs: object) -> str:
    return reverse(f"workspaces:{name}", kwargs={"workspace": cast.workspace.slug, **kwargs})


def test_signing_up_makes_an_account_and_a_workspace_and_goes_there(client: Client, db: None) -> None:
    form = {"name": "Dora", "email": "Dora@Example.org", "password": PASSWORD, "workspace": "Dora's shop"}
    answer = client.post("/sign-up/", form, follow=True)
    assert answer.redirect_chain[-1][0] == "/w/doras-shop/"
    assert b"Dora&#x27;s shop" in answer.content
    assert Membership.objects.get(person__email="dora@example.org").role == Role.OWNER


def test_signing_up_with_a_taken_address_says_so_at_the_field_and_makes_nothing(client: Client, cast: Cast) -> None:
    before = Membership.objects.count()
    form = {"name": "Al", "email": "ALICE@example.org", "password": PASSWORD, "workspace": "Mine"}
    answer = client.post("/sign-up/", form)
    assert answer.status_code == 422
    assert "There is an account with this e-mail address." in answer.context["form"].errors["email"][0]
    assert Membership.objects.count() == before


def test_a_weak_password_is_refused_with_its_reason(client: Client, db: None) -> None:
    form = {"name": "Dora", "email": "dora@example.org", "password": "password", "workspace": "Shop"}
    answer = client.post("/sign-up/", form)
    assert answer.status_code == 422
    assert "too common" in answer.context["form"].errors["password"][0]
    assert not Person.objects.filter(email="dora@example.org").exists()


def test_sign_up_can_be_closed_except_for_those_with_an_invitation(client: Client, cast: Cast, settings) -> None:
    settings.SIGN_UP_OPEN = False
    assert client.get("/sign-up/").status_code == 403
    _, token = actions.invite(cast.access(cast.alice), role=Role.VIEWER)
    target = f"/join/{token}/"
    assert client.get("/sign-up/", {"next": target}).status_code == 200
    form = {"name": "Dora", "email": "dora@example.org", "password": PASSWORD, "next": target}
    assert client.post("/sign-up/", form).headers["Location"] == target
    assert client.post(target).headers["Location"] == at(cast, "workspace-home")
    assert cast.workspace.memberships.get(person__name="Dora").role == Role.VIEWER


def test_alice_signs_in_with_any_case_of_her_address_and_goes_where_she_wanted(client: Client, cast: Cast) -> None:
    wanted = at(cast, "members")
    assert client.get(wanted).headers["Location"] == f"/sign-in/?next={wanted}"
    answer = client.post("/sign-in/", {"email": "Alice@Example.org", "password": PASSWORD, "next": wanted})
    assert answer.headers["Location"] == wanted


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_signing_in_never_leads_to_another_site(client: Client, cast: Cast, target: str) -> None:
    answer = client.post("/sign-in/", {"email": "alice@example.org", "password": PASSWORD, "next": target})
    assert answer.headers["Location"] == "/"


def test_a_wrong_password_and_an_unknown_address_read_the_same(client: Client, cast: Cast) -> None:
    wrong = client.post("/sign-in/", {"email": "alice@example.org", "password": "nope"})
    unknown = client.post("/sign-in/", {"email": "nobody@example.org", "password": "nope"})
    assert wrong.status_code == unknown.status_code == 422
    assert wrong.context["form"].non_field_errors() == unknown.context["form"].non_field_errors()


def test_after_too_many_failures_even_the_right_password_has_to_wait(client: Client, cast: Cast, settings) -> None:
    settings.SIGN_IN_TRIES_PER_MINUTE = 3
    for _ in range(3):
        client.post("/sign-in/", {"email": "bob@example.org", "password": "nope"})
    paused = client.post("/sign-in/", {"email": "bob@example.org", "password": PASSWORD})
    assert paused.status_code == 422
    assert "Too many tries" in paused.context["form"].non_field_errors()[0]
    others = client.post("/sign-in/", {"email": "alice@example.org", "password": PASSWORD})
    assert others.status_code == 302


def test_signing_out_takes_a_post_and_ends_the_session(cast: Cast) -> None:
    alice = signed_in(cast.alice)
    assert alice.get("/sign-out/").status_code == 405
    alice.post("/sign-out/")
    assert alice.get(at(cast, "workspace-home")).status_code == 302


def test_changing_the_password_keeps_this_session_and_ends_the_others(cast: Cast) -> None:
    here, there = signed_in(cast.alice), signed_in(cast.alice)
    new = "a quite different phrase"
    form = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert here.post("/account/password/", form).status_code == 302
    assert here.get("/account/").status_code == 200
    assert there.get("/account/").status_code == 302


@pytest.mark.parametrize("name", MEMBERS_PAGES + OWNERS_PAGES)
def test_charlie_gets_the_same_404_as_for_a_workspace_that_does_not_exist(cast: Cast, name: str) -> None:
    charlie = signed_in(cast.charlie)
    real = charlie.get(at(cast, name))
    absent = charlie.get(reverse(f"workspaces:{name}", kwargs={"workspace": "no-such-place"}))
    assert real.status_code == absent.status_code == 404
    assert without_csrf(real.content) == without_csrf(absent.content)
    assert b"Acme" not in real.content


def without_csrf(content: bytes) -> bytes:
    return re.sub(rb'name="csrfmiddlewaretoken" value="[^"]+"', b"", content)


@pytest.mark.parametrize("name", OWNERS_PAGES)
def test_bob_is_told_in_plain_words_that_an_owner_is_needed(cast: Cast, name: str) -> None:
    answer = signed_in(cast.bob).get(at(cast, name))
    assert answer.status_code == 403
    assert b"Your role does not allow this" in answer.content and b"Ask an owner" in answer.content
    assert b"workspace.manage" not in answer.content


@pytest.mark.parametrize("name", MEMBERS_PAGES)
def test_bob_sees_the_members_pages_without_the_owners_buttons(cast: Cast, name: str) -> None:
    answer = signed_in(cast.bob).get(at(cast, name))
    assert answer.status_code == 200
    assert b"invite-dialog" not in answer.content


def test_an_invitation_link_is_shown_once_and_lets_charlie_in_with_its_role(cast: Cast) -> None:
    alice = signed_in(cast.alice)
    made = alice.post(at(cast, "invitations"), {"role": "facilitator", "days": "7"})
    link = made.context["link"]
    token = link.rstrip("/").rsplit("/", 1)[1]
    assert token.encode() in made.content
    assert token.encode() not in alice.get(at(cast, "members")).content
    assert Invitation.objects.get(token_digest=digest(token)).role == "facilitator"
    charlie = signed_in(cast.charlie)
    assert charlie.get(f"/join/{token}/").status_code == 200
    assert not cast.workspace.memberships.filter(person=cast.charlie).exists(), "looking must not join"
    charlie.post(f"/join/{token}/")
    assert cast.workspace.memberships.get(person=cast.charlie).role == "facilitator"


def test_a_revoked_invitation_looks_like_one_that_never_was(cast: Cast) -> None:
    invitation, token = actions.invite(cast.access(cast.alice), role=Role.VIEWER)
    revoke = at(cast, "invitation-revocation", invitation_id=invitation.pk)
    assert signed_in(cast.bob).post(revoke).status_code == 403
    signed_in(cast.alice).post(revoke)
    charlie = signed_in(cast.charlie)
    assert charlie.get(f"/join/{token}/").status_code == charlie.get("/join/never-was/").status_code == 404


def test_alice_changes_roles_and_removes_but_the_last_owner_stays(cast: Cast) -> None:
    alice = signed_in(cast.alice)
    bobs = cast.workspace.memberships.get(person=cast.bob)
    alice.post(at(cast, "member-role", membership_id=bobs.pk), {"role": "viewer"})
    bobs.refresh_from_db()
    assert bobs.role == Role.VIEWER
    alice.post(at(cast, "member-removal", membership_id=bobs.pk))
    assert signed_in(cast.bob).get(at(cast, "workspace-home")).status_code == 404
    alices = cast.workspace.memberships.get(person=cast.alice)
    told = alice.post(at(cast, "member-role", membership_id=alices.pk), {"role": "viewer"}, follow=True)
    assert b"A workspace needs an owner." in told.content
    alices.refresh_from_db()
    assert alices.role == Role.OWNER


def test_bob_may_leave_but_not_remove_others_or_raise_himself(cast: Cast) -> None:
    bob = signed_in(cast.bob)
    bobs = cast.workspace.memberships.get(person=cast.bob)
    veras = cast.workspace.memberships.get(person=cast.vera)
    assert bob.post(at(cast, "member-removal", membership_id=veras.pk)).status_code == 403
    assert bob.post(at(cast, "member-role", membership_id=bobs.pk), {"role": "owner"}).status_code == 403
    assert bob.post(at(cast, "member-removal", membership_id=bobs.pk)).headers["Location"] == "/workspaces/"
    assert not Membership.objects.filter(pk=bobs.pk).exists()


def test_members_of_another_workspace_are_out_of_reach_by_their_number(cast: Cast) -> None:
    charlies = cast.elsewhere.memberships.get()
    answer = signed_in(cast.alice).post(at(cast, "member-removal", membership_id=charlies.pk))
    assert answer.status_code == 404
    assert Membership.objects.filter(pk=charlies.pk).exists()


def test_a_key_is_shown_once_stored_as_a_digest_and_dead_after_revocation(cast: Cast) -> None:
    alice = signed_in(cast.alice)
    made = alice.post(at(cast, "keys"), {"name": "checkout", "scopes": ["append"], "reach": "all"})
    text = made.context["text"]
    assert text.encode() in made.content
    assert "no-store" in made.headers["Cache-Control"]
    assert text.encode() not in alice.get(at(cast, "keys")).content
    key = ApiKey.objects.get()
    assert key.token_digest == digest(text)
    assert access_with(text, cast).actor.name == "checkout"
    alice.post(at(cast, "key-revocation", key_id=key.pk))
    with pytest.raises(NotSignedIn):
        access_with(text, cast)


def access_with(key_text: str, cast: Cast) -> Access:
    request = RequestFactory().get("/", headers={"Authorization": f"Bearer {key_text}"})
    principal = principal_from_request(request)
    return access_to(principal=principal, workspace_slug=cast.workspace.slug, need=Permission.STREAM_APPEND)


def test_a_key_without_scopes_or_streams_is_refused_with_the_reason_in_the_open_dialog(cast: Cast) -> None:
    alice = signed_in(cast.alice)
    none = alice.post(at(cast, "keys"), {"name": "checkout", "reach": "all"})
    assert none.status_code == 422
    assert b"Choose at least one scope." in none.content and b"data-open-now" in none.content
    unlimited = alice.post(at(cast, "keys"), {"name": "checkout", "scopes": ["append"], "reach": "some"})
    assert b"Choose at least one stream, or allow all." in unlimited.content
    assert not ApiKey.objects.exists()


def test_bob_can_neither_make_nor_revoke_keys(cast: Cast) -> None:
    key, _ = actions.create_api_key(cast.access(cast.alice), name="x", scopes=["read"])
    bob = signed_in(cast.bob)
    assert bob.post(at(cast, "keys"), {"name": "y", "scopes": ["append"], "reach": "all"}).status_code == 403
    assert bob.post(at(cast, "key-revocation", key_id=key.pk)).status_code == 403
    assert ApiKey.objects.filter(revoked_at=None).count() == 1


def test_home_leads_to_the_workspace_visited_last(cast: Cast) -> None:
    alice = signed_in(cast.alice)
    other = actions.create_workspace(cast.alice, name="Other")
    alice.get(reverse("workspaces:workspace-home", kwargs={"workspace": other.slug}))
    assert alice.get("/").headers["Location"] == f"/w/{other.slug}/"
    alice.get(at(cast, "workspace-home"))
    assert alice.get("/").headers["Location"] == at(cast, "workspace-home")


def test_home_without_any_workspace_offers_to_make_one(cast: Cast) -> None:
    cast.elsewhere.delete()
    charlie = signed_in(cast.charlie)
    assert b"You are in no workspace yet" in charlie.get("/", follow=True).content
    assert charlie.post("/workspaces/", {"name": "Mine"}).headers["Location"] == "/w/mine/"


def test_a_name_with_markup_is_shown_as_text(cast: Cast) -> None:
    alice = signed_in(cast.alice)
    alice.post(at(cast, "workspace-settings"), {"name": "<script>x</script>"})
    content = alice.get(at(cast, "workspace-home")).content
    assert b"<script>x" not in content and b"&lt;script&gt;x" in content


@pytest.mark.parametrize("path", ["/sign-in/", "/sign-up/", "/no/such/page"])
def test_pages_carry_no_inline_style_or_script_but_the_import_map(client: Client, db: None, path: str) -> None:
    content = client.get(path).content.decode()
    assert " style=" not in content and "<style" not in content
    assert not re.search(r"\son[a-z]+=", content)
    inline = re.findall(r"<script(?![^>]*\bsrc=)([^>]*)>", content)
    assert inline == [' type="importmap"']


def test_the_stylesheet_is_cached_for_good_under_its_own_hash_only(client: Client, db: None) -> None:
    url = re.search(r'href="(/assets/factstorm-[0-9a-f]+\.css)"', client.get("/sign-in/").content.decode())
    assert url is not None
    fresh = client.get(url[1])
    assert fresh.headers["Content-Type"].startswith("text/css") and "immutable" in fresh.headers["Cache-Control"]
    assert client.get("/assets/factstorm-0000.css").headers["Cache-Control"] == "no-cache"


def test_the_chosen_theme_is_written_by_the_server_and_nothing_else_is(client: Client, db: None) -> None:
    client.cookies["factstorm_theme"] = "dark"
    assert b'<html lang="en" data-theme="dark">' in client.get("/sign-in/").content
    client.cookies["factstorm_theme"] = '"><script>'
    assert b'<html lang="en">' in client.get("/sign-in/").content


def test_the_design_page_is_for_those_who_are_signed_in(client: Client, cast: Cast) -> None:
    assert client.get("/design/").status_code == 302
    assert signed_in(cast.bob).get("/design/").status_code == 200


def test_a_failure_of_ours_shows_a_friendly_page_without_its_inside(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(access: Access) -> None:
        raise RuntimeError("the secret inside")

    monkeypatch.setattr(slots.cards, "functions", [broken])
    alice = signed_in(cast.alice)
    alice.raise_request_exception = False
    answer = alice.get(at(cast, "workspace-home"))
    assert answer.status_code == 500
    assert b"Something went wrong on our side" in answer.content and b"secret inside" not in answer.content
