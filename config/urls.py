"""Where the floors' pages and APIs hang."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

from config import asyncapi, health, observation

urlpatterns = [
    path("healthz", health.live, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("metrics", observation.metrics, name="metrics"),
    path("api/v1/openapi.json", SpectacularAPIView.as_view(), name="openapi"),
    path("api/v1/asyncapi.json", asyncapi.view, name="asyncapi"),
    path("api/v1/w/<slug:workspace>/", include("broker_adapter.api_urls")),
    path("api/v1/w/<slug:workspace>/", include("eventcatalog.api_urls")),
    path("api/v1/w/<slug:workspace>/", include("eventcatalog.interchange.api_urls")),
    path("api/v1/w/<slug:workspace>/", include("eventcatalog.code.api_urls")),
    path("api/v1/w/<slug:workspace>/", include("storming.api_urls")),
    path("registry/", include("eventcatalog.registry.urls")),
    path("w/<slug:workspace>/", include("storming.urls")),
    path("w/<slug:workspace>/", include("eventcatalog.interchange.urls")),
    path("w/<slug:workspace>/", include("eventcatalog.urls")),
    path("w/<slug:workspace>/", include("broker_adapter.urls")),
    path("", include("workspaces.urls")),
]
handler400 = "workspaces.error_pages.bad_request"
handler403 = "workspaces.error_pages.forbidden"
handler404 = "workspaces.error_pages.not_found"
handler500 = "workspaces.error_pages.server_error"
