"""Websocket routes of this floor."""

from typing import Any

from django.urls import path

from storming.sockets import BoardSocket

websocket_urlpatterns: list[Any] = [
    path("ws/v1/w/<slug:workspace>/boards/<uuid:board_id>/", BoardSocket.as_asgi(), name="board-socket"),
]
