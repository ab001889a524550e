"""Routes of this floor."""

from typing import Any

app_name = "broker_adapter"
urlpatterns: list[Any] = []
