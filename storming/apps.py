"""The app of this floor."""

from django.apps import AppConfig


class StormingConfig(AppConfig):
    """Wired in ready()."""

    name = "storming"
