"""Routes of exports and imports, beneath a board's."""

from django.urls import path

from storming.exchange import api

urlpatterns = [
    path("exports/<str:form>", api.Export.as_view(), name="export"),
    path("imports", api.Import.as_view(), name="imports"),
]
