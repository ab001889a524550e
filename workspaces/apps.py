"""The ground floor's app."""

from django.apps import AppConfig


class WorkspacesConfig(AppConfig):
    """People, workspaces, roles, links and keys."""

    name = "workspaces"
