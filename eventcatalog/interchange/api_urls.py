"""Routes of exports and imports."""

from django.urls import path

from eventcatalog.interchange import api

app_name = "interchange-api"
urlpatterns = [
    path("catalog/exports/<slug:form>", api.Export.as_view(), name="export"),
    path("catalog/imports", api.Imports.as_view(), name="imports"),
    path("catalog/imports/<int:number>", api.OneImport.as_view(), name="import"),
    path("catalog/imports/<int:number>/application", api.ImportApplication.as_view(), name="import-application"),
]
