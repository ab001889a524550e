"""Routes of this floor."""

from typing import Any

app_name = "storming-api"
urlpatterns: list[Any] = []
