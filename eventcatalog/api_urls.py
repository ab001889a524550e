"""Routes of the catalog's API."""

from django.urls import path

from eventcatalog import api, api_components, api_reality, converters  # noqa: F401 - registers the converters
from eventcatalog.map_urls import api_patterns

app_name = "eventcatalog-api"
TYPE = "catalog/types/<type_name:name>"
COMPONENT = "catalog/components/<type_name:name>"
urlpatterns = [
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
    path("catalog/components", api_components.Components.as_view(), name="components"),
    path(COMPONENT, api_components.OneComponent.as_view(), name="component"),
    path(f"{COMPONENT}/versions", api_components.ComponentVersions.as_view(), name="component-versions"),
    path(f"{COMPONENT}/versions/check", api_components.ComponentCheck.as_view(), name="component-check"),
    path(
        f"{COMPONENT}/versions/<semver:version>/schema",
        api_components.OneComponentVersion.as_view(),
        name="component-version",
    ),
    path(f"{TYPE}/reality-checks", api_reality.RealityChecks.as_view(), name="reality-checks"),
    path("catalog/reality-checks/<uuid:check>", api_reality.OneRealityCheck.as_view(), name="reality-check"),
    path("catalog/inference", api.Inference.as_view(), name="inference"),
    path("catalog/schema-check", api.SchemaCheck.as_view(), name="schema-check"),
    path("catalog/domains", api.Domains.as_view(), name="domains"),
    path("catalog/contexts", api.Contexts.as_view(), name="contexts"),
    path("catalog/teams", api.Teams.as_view(), name="teams"),
    path("catalog/services", api.Services.as_view(), name="services"),
    path("catalog/services/<slug:slug>", api.OneService.as_view(), name="service"),
    *api_patterns,
]
