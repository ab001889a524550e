"""The app of this floor."""

from django.apps import AppConfig


class BrokerAdapterConfig(AppConfig):
    """Hangs streams into the workspace's home and search when ready."""

    name = "broker_adapter"

    def ready(self) -> None:
        """Register what the ground floor shows of streams."""
        from broker_adapter import home

        home.register()
