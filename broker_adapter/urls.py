"""Pages of this floor, under /w/<workspace>/."""

from django.urls import path

from broker_adapter import dead_letters_views, groups_views, settings_views, views

app_name = "broker_adapter"
urlpatterns = [
    path("streams/", views.streams, name="streams"),
    path("streams/<str:stream>/", views.stream, name="stream"),
    path("streams/<str:stream>/settings", settings_views.settings, name="stream-settings"),
    path("streams/<str:stream>/deletion", settings_views.delete_stream, name="stream-deletion"),
    path("streams/<str:stream>/dead-letters", dead_letters_views.dead_letters, name="dead-letters"),
    path("streams/<str:stream>/views", views.save_views, name="stream-views"),
    path("streams/<str:stream>/groups", groups_views.groups, name="groups"),
    path("traffic/streams", views.streams_traffic, name="streams-traffic"),
    path("traffic/streams/<str:stream>", views.stream_traffic, name="stream-traffic"),
    path("traffic/streams/<str:stream>/density", views.stream_density, name="stream-density"),
    path("traffic/types/<str:name>", views.type_traffic, name="type-traffic"),
    path("types/<str:name>/records", views.type_records, name="type-records"),
]
