"""The app of this floor."""

from django.apps import AppConfig


class StormingConfig(AppConfig):
    """Boards; hangs what it adds into the floors below."""

    name = "storming"

    def ready(self) -> None:
        """Register with search, the home, guest links and the catalog's type page."""
        from eventcatalog import slots as type_page
        from storming import shown_elsewhere as shown
        from storming.demo import pill
        from workspaces import search, slots

        search.register(shown.find_boards)
        search.register(shown.find_notes)
        slots.cards.register(shown.boards_card)
        slots.panels.register(shown.recent_boards)
        slots.steps.register(shown.first_board)
        slots.steps.register(shown.first_promotion)
        slots.board_places.register(shown.places_of_boards)
        slots.topbar.register(pill.in_topbar)
        type_page.register(type_page.TYPE_BOARDS, shown.boards_on_type_page)
