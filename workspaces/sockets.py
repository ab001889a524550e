"""The websocket that isn't there: unknown addresses are refused the same way as forbidden ones."""

from typing import Any, ClassVar

from channels.generic.websocket import AsyncWebsocketConsumer
from django.urls import re_path

CLOSE_BAD_FRAME = 4400
CLOSE_SIGN_IN = 4401
CLOSE_NOT_FOUND = 4404
CLOSE_TOO_FAST = 4429


class NoSuchSocket(AsyncWebsocketConsumer):
    """Accepts and closes with 4404, so that clients can tell it from a network failure."""

    urlpatterns: ClassVar[list[Any]] = []

    async def connect(self) -> None:
        """Say not found and hang up."""
        await self.accept()
        await self.close(code=CLOSE_NOT_FOUND)


NoSuchSocket.urlpatterns.append(re_path(r"^.*$", NoSuchSocket.as_asgi()))
