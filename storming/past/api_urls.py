"""Routes of the history API, beneath a board's."""

from django.urls import path

from storming.past import api

urlpatterns = [
    path("past", api.Past.as_view(), name="past"),
    path("operations", api.Operations.as_view(), name="operations"),
    path("moments/<int:seq>", api.Moment.as_view(), name="moment"),
    path("versions", api.Versions.as_view(), name="versions"),
    path("versions/<uuid:version_id>", api.OneVersion.as_view(), name="version"),
    path("notes/<str:element_id>/history", api.NoteDeeds.as_view(), name="note-history"),
]
