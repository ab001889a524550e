"""The ground floor's app."""

from django.apps import AppConfig


class WorkspacesConfig(AppConfig):
    """People, workspaces, roles, links and keys."""

    name = "workspaces"

    def ready(self) -> None:
        """Fills our own slots."""
        from workspaces import first_steps, openapi, slots  # noqa: F401 -- openapi registers itself

        slots.steps.register(first_steps.invite_your_team)
        slots.steps.register(first_steps.let_a_service_in)
