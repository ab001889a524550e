"""Routes of the ground floor: people, workspaces, and the page shell's own needs."""

from django.urls import path

from workspaces import stylesheet
from workspaces.views import accounts, design, guests, homes, keys, members

app_name = "workspaces"
urlpatterns = [
    path("", homes.home, name="home"),
    path("assets/factstorm-<slug:version>.css", stylesheet.serve, name="stylesheet"),
    path("design/", design.design, name="design"),
    path("sign-in/", accounts.sign_in, name="sign-in"),
    path("sign-up/", accounts.sign_up, name="sign-up"),
    path("sign-out/", accounts.sign_out, name="sign-out"),
    path("account/", accounts.account, name="account"),
    path("account/password/", accounts.change_password, name="password-change"),
    path("join/<str:token>/", members.join, name="join"),
    path("guest/<str:token>/", guests.guest, name="guest"),
    path("workspaces/", homes.workspaces, name="workspaces"),
    path("w/<slug:workspace>/", homes.workspace_home, name="workspace-home"),
    path("w/<slug:workspace>/search", homes.search, name="search"),
    path("w/<slug:workspace>/settings/", homes.workspace_settings, name="workspace-settings"),
    path("w/<slug:workspace>/members/", members.members, name="members"),
    path("w/<slug:workspace>/members/<int:membership_id>/role/", members.change_role, name="member-role"),
    path("w/<slug:workspace>/members/<int:membership_id>/removal/", members.remove_member, name="member-removal"),
    path("w/<slug:workspace>/invitations/", members.invite, name="invitations"),
    path(
        "w/<slug:workspace>/invitations/<uuid:invitation_id>/revocation/",
        members.revoke_invitation,
        name="invitation-revocation",
    ),
    path("w/<slug:workspace>/keys/", keys.keys, name="keys"),
    path("w/<slug:workspace>/keys/<uuid:key_id>/revocation/", keys.revoke_key, name="key-revocation"),
    path("w/<slug:workspace>/guests/", guests.guest_links, name="guest-links"),
    path("w/<slug:workspace>/guests/<uuid:link_id>/revocation/", guests.revoke_guest_link, name="guest-revocation"),
]
