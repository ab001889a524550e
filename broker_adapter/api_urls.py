"""API routes of this floor, under /api/v1/w/<workspace>/."""

from django.urls import path

from broker_adapter import api, dead_letters_api, groups_api, transfer_api

app_name = "broker_adapter-api"
urlpatterns = [
    path("streams", api.StreamListView.as_view(), name="streams"),
    path("streams/<str:stream>", api.StreamView.as_view(), name="stream"),
    path("streams/<str:stream>/records", api.records, name="records"),
    path("streams/<str:stream>/export", transfer_api.export, name="export"),
    path("streams/<str:stream>/imports", transfer_api.ImportView.as_view(), name="imports"),
    path("streams/<str:stream>/dead-letters", dead_letters_api.LettersView.as_view(), name="dead-letters"),
    path("streams/<str:stream>/dead-letters/redrives", dead_letters_api.RedriveView.as_view(), name="redrives"),
    path("streams/<str:stream>/dead-letters/discards", dead_letters_api.DiscardView.as_view(), name="discards"),
    path("streams/<str:stream>/groups", groups_api.GroupsView.as_view(), name="groups"),
    path("streams/<str:stream>/groups/<str:group>", groups_api.GroupView.as_view(), name="group"),
    path("streams/<str:stream>/groups/<str:group>/resets", groups_api.ResetView.as_view(), name="group-resets"),
    path("streams/<str:stream>/groups/<str:group>/members", groups_api.MembersView.as_view(), name="group-members"),
    path(
        "streams/<str:stream>/groups/<str:group>/members/<str:member>",
        groups_api.MemberView.as_view(),
        name="group-member",
    ),
    path(
        "streams/<str:stream>/groups/<str:group>/members/<str:member>/heartbeats",
        groups_api.HeartbeatView.as_view(),
        name="group-heartbeats",
    ),
    path(
        "streams/<str:stream>/groups/<str:group>/members/<str:member>/commits",
        groups_api.CommitView.as_view(),
        name="group-commits",
    ),
    path(
        "streams/<str:stream>/groups/<str:group>/members/<str:member>/records",
        groups_api.records,
        name="group-records",
    ),
]
