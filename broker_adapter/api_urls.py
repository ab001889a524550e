"""API routes of this floor, under /api/v1/w/<workspace>/."""

from django.urls import path

from broker_adapter import api, dead_letters_api

app_name = "broker_adapter-api"
urlpatterns = [
    path("streams", api.StreamListView.as_view(), name="streams"),
    path("streams/<str:stream>", api.StreamView.as_view(), name="stream"),
    path("streams/<str:stream>/records", api.records, name="records"),
    path("streams/<str:stream>/dead-letters", dead_letters_api.LettersView.as_view(), name="dead-letters"),
    path("streams/<str:stream>/dead-letters/redrives", dead_letters_api.RedriveView.as_view(), name="redrives"),
    path("streams/<str:stream>/dead-letters/discards", dead_letters_api.DiscardView.as_view(), name="discards"),
]
