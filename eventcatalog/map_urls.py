"""Routes of the map: its API and its pages, included by api_urls and urls under their own names."""

from django.urls import path

from eventcatalog import converters, coupling_api, map_api, search_api  # noqa: F401 - registers the converters
from eventcatalog.views import coupling, graph

TYPE = "catalog/types/<type_name:name>"
api_patterns = [
    path("catalog/services/<slug:slug>/streams", map_api.ServiceStreams.as_view(), name="service-streams"),
    path("catalog/services/<slug:slug>/streams/<int:use>", map_api.OneServiceStream.as_view(), name="service-stream"),
    path("catalog/reactions", map_api.Reactions.as_view(), name="reactions"),
    path("catalog/reactions/<int:reaction>", map_api.OneReaction.as_view(), name="reaction"),
    path("catalog/<owned:thing>/<type_name:key>/people", map_api.People.as_view(), name="people"),
    path("catalog/<owned:thing>/<type_name:key>/people/<int:steward>", map_api.OnePerson.as_view(), name="person"),
    path("catalog/coupling", coupling_api.Coupling.as_view(), name="coupling"),
    path("catalog/coupling/questions", coupling_api.Questions.as_view(), name="questions"),
    path("catalog/coupling/<slug:table>.csv", coupling_api.CouplingTable.as_view(), name="coupling-table"),
    path("catalog/map", map_api.Map.as_view(), name="map"),
    path("catalog/search", search_api.Search.as_view(), name="search"),
    path("catalog/observed", map_api.Observed.as_view(), name="observed"),
    path(f"{TYPE}/flow", map_api.Flow.as_view(), name="flow"),
]
page_patterns = [
    path("catalog/graph/", graph.graph, name="graph"),
    path(f"{TYPE}/flow/", graph.flow, name="flow"),
    path("catalog/coupling/", coupling.report, name="coupling"),
    path("catalog/coupling/questions/", coupling.questions, name="questions"),
]
