"""Routes of the import pages."""

from django.urls import path

from eventcatalog.interchange import views

app_name = "interchange"
urlpatterns = [
    path("catalog/imports/", views.imports, name="imports"),
    path("catalog/imports/<int:number>/", views.show, name="import"),
    path("catalog/imports/<int:number>/application/", views.application, name="application"),
]
