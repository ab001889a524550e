"""The app of this floor."""

from django.apps import AppConfig


class BrokerAdapterConfig(AppConfig):
    """Wired in ready()."""

    name = "broker_adapter"
