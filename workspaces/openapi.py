"""How the API says in its OpenAPI document who may ask: an API key (Bearer, or as Basic's password), or a session."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension


class PrincipalScheme(OpenApiAuthenticationExtension):
    """Any one of the three; found by drf-spectacular because ``WorkspacesConfig.ready`` imports it."""

    target_class = "workspaces.api_authentication.PrincipalAuthentication"
    name = ["apiKey", "apiKeyBasic", "session"]

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, str]]:
        """One scheme a name."""
        return [
            {"type": "http", "scheme": "bearer", "description": "An API key of the workspace."},
            {
                "type": "http",
                "scheme": "basic",
                "description": "An API key as the password; the name is not looked at.",
            },
            {"type": "apiKey", "in": "cookie", "name": "factstorm_session", "description": "A signed-in browser."},
        ]

    def get_security_requirement(self, auto_schema: Any) -> list[dict[str, list[Any]]]:
        """Any one of them is enough."""
        return [{name: []} for name in self.name]
