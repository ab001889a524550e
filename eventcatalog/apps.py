"""The app of this floor."""

from django.apps import AppConfig


class EventcatalogConfig(AppConfig):
    """Hangs the catalog into the ground floor's search and home, and its chore into the broker's maintenance."""

    name = "eventcatalog"

    def ready(self) -> None:
        """Register search sources, home card, panels and the delivery of facts that wait."""
        from broker_adapter import maintenance
        from eventcatalog import house
        from eventcatalog.facts import outbox
        from workspaces import search, slots

        search.register(house.search_source)
        search.register(house.places_source)
        slots.cards.register(house.home_card)
        slots.panels.register(house.home_panel)
        slots.panels.register(house.waiting_panel)
        maintenance.register("catalog facts", outbox.deliver_waiting)
