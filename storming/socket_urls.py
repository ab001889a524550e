"""Websocket routes of this floor."""

from typing import Any

websocket_urlpatterns: list[Any] = []
