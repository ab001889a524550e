"""API routes of this floor, under /api/v1/w/<workspace>/."""

from django.urls import path

from broker_adapter import api

app_name = "broker_adapter-api"
urlpatterns = [
    path("streams", api.StreamListView.as_view(), name="streams"),
    path("streams/<str:stream>", api.StreamView.as_view(), name="stream"),
    path("streams/<str:stream>/records", api.records, name="records"),
]
