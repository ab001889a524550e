"""Routes of the catalog's pages."""

from django.urls import path

from eventcatalog import converters  # noqa: F401 - registers the converters
from eventcatalog.life_urls import page_patterns as life_page_patterns
from eventcatalog.map_urls import page_patterns
from eventcatalog.views import lists, places, service, types, versions

app_name = "eventcatalog"
TYPE = "catalog/types/<type_name:name>"
urlpatterns = [
    *life_page_patterns,
    path("catalog/", lists.catalog, name="catalog"),
    path("catalog/new/", lists.new_type, name="new-type"),
    path("catalog/domains/", places.domains, name="domains"),
    path("catalog/domains/new/", places.new_domain, name="new-domain"),
    path("catalog/contexts/new/", places.new_context, name="new-context"),
    path("catalog/teams/new/", places.new_team, name="new-team"),
    path("catalog/services/", places.services, name="services"),
    path("catalog/services/new/", places.new_service, name="new-service"),
    path("catalog/services/<slug:slug>/edit/", places.edit_service, name="edit-service"),
    path("catalog/services/<slug:slug>/", service.show, name="service"),
    path(f"{TYPE}/", types.show, name="type"),
    path(f"{TYPE}/edit/", types.edit, name="edit-type"),
    path(f"{TYPE}/live/", types.live_part, name="live"),
    path(f"{TYPE}/deprecation/", types.deprecation, name="deprecation"),
    path(f"{TYPE}/participations/", types.participations, name="participations"),
    path(f"{TYPE}/versions/new/", versions.new, name="new-version"),
    path(f"{TYPE}/versions/<semver:version>/", versions.show, name="version"),
    path("catalog/services/<slug:slug>/declarations/", service.declare, name="declare"),
    *page_patterns,
]
