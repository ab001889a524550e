"""Routes of the catalog's API."""

from django.urls import path

from eventcatalog import api, converters  # noqa: F401 - registers the converters
from eventcatalog.life_urls import api_patterns as life_api_patterns
from eventcatalog.map_urls import api_patterns

app_name = "eventcatalog-api"
TYPE = "catalog/types/<type_name:name>"
urlpatterns = [
    *life_api_patterns,
    path("catalog/types", api.Types.as_view(), name="types"),
    path(TYPE, api.OneType.as_view(), name="type"),
    path(f"{TYPE}/deprecation", api.TypeDeprecation.as_view(), name="deprecation"),
    path(f"{TYPE}/history", api.TypeHistory.as_view(), name="history"),
    path(f"{TYPE}/participations", api.Participations.as_view(), name="participations"),
    path(f"{TYPE}/participations/<slug:slug>/<slug:role>", api.OneParticipation.as_view(), name="participation"),
    path(f"{TYPE}/versions", api.Versions.as_view(), name="versions"),
    path(f"{TYPE}/versions/check", api.VersionCheck.as_view(), name="version-check"),
    path(f"{TYPE}/versions/fixes", api.VersionFixes.as_view(), name="version-fixes"),
    path(f"{TYPE}/versions/<semver:version>", api.OneVersion.as_view(), name="version"),
    path(f"{TYPE}/versions/<semver:version>/schema", api.RawSchema.as_view(), name="schema-version"),
    path("catalog/inference", api.Inference.as_view(), name="inference"),
    path("catalog/schema-check", api.SchemaCheck.as_view(), name="schema-check"),
    path("catalog/domains", api.Domains.as_view(), name="domains"),
    path("catalog/contexts", api.Contexts.as_view(), name="contexts"),
    path("catalog/teams", api.Teams.as_view(), name="teams"),
    path("catalog/services", api.Services.as_view(), name="services"),
    path("catalog/services/<slug:slug>", api.OneService.as_view(), name="service"),
    *api_patterns,
]
