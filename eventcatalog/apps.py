"""The app of this floor."""

from django.apps import AppConfig


class EventcatalogConfig(AppConfig):
    """Hangs the catalog into the ground floor's search and home."""

    name = "eventcatalog"

    def ready(self) -> None:
        """Register search source, home card and panel."""
        from eventcatalog import house
        from workspaces import search, slots

        search.register(house.search_source)
        search.register(house.places_source)
        slots.cards.register(house.home_card)
        slots.panels.register(house.home_panel)
        slots.panels.register(house.waiting_panel)
