"""Routes of the boards' pages."""

from django.urls import path

from storming import views

app_name = "storming"
urlpatterns = [
    path("boards/", views.boards, name="boards"),
    path("boards/<uuid:board_id>/", views.board, name="board"),
    path("boards/<uuid:board_id>/tray/", views.tray, name="tray"),
    path("boards/<uuid:board_id>/name/", views.rename, name="rename"),
    path("boards/<uuid:board_id>/archiving/", views.archive, name="archive"),
    path("boards/<uuid:board_id>/restoring/", views.restore, name="restore"),
    path("boards/<uuid:board_id>/deletion/", views.delete, name="delete"),
    path("boards/<uuid:board_id>/undeletion/", views.undelete, name="undelete"),
    path("boards/<uuid:board_id>/destruction/", views.destroy, name="destroy"),
    path("boards/<uuid:board_id>/copies/", views.duplicate, name="duplicate"),
    path("boards/<uuid:board_id>/sharing/", views.share, name="share"),
    path("boards/<uuid:board_id>/sharing/<uuid:link_id>/revocation/", views.revoke, name="revoke"),
]
