"""Routes of this floor."""

from typing import Any

app_name = "eventcatalog"
urlpatterns: list[Any] = []
