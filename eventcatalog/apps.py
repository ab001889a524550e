"""The app of this floor."""

from django.apps import AppConfig


class EventcatalogConfig(AppConfig):
    """Wired in ready()."""

    name = "eventcatalog"
