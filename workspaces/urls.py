"""Routes of the ground floor."""

from typing import Any

app_name = "workspaces"
urlpatterns: list[Any] = []
