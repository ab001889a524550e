"""Routes of the boards' pages."""

from django.urls import path

from storming import views

app_name = "storming"
urlpatterns = [
    path("boards/", views.boards, name="boards"),
    path("boards/<uuid:board_id>/", views.board, name="board"),
    path("boards/<uuid:board_id>/name/", views.rename, name="rename"),
    path("boards/<uuid:board_id>/archiving/", views.archive, name="archive"),
    path("boards/<uuid:board_id>/restoring/", views.restore, name="restore"),
    path("boards/<uuid:board_id>/copies/", views.duplicate, name="duplicate"),
    path("boards/<uuid:board_id>/sharing/", views.share, name="share"),
    path("boards/<uuid:board_id>/sharing/<uuid:link_id>/revocation/", views.revoke, name="revoke"),
]
