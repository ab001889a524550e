"""What every websocket endpoint here is made of, and the one that isn't there."""

from typing import Any, ClassVar

from channels.generic.websocket import AsyncWebsocketConsumer
from django.urls import re_path

CLOSE_BAD_FRAME = 4400
CLOSE_SIGN_IN = 4401
CLOSE_NOT_FOUND = 4404
CLOSE_TOO_FAST = 4429


class Socket(AsyncWebsocketConsumer):
    """A websocket without a channel of its own at the channel layer.

    Channels would make one for each socket: a subscription at Redis a socket, and nobody let in while Redis is away.
    What comes from other processes comes through the ear of the process (``workspaces.ear``).
    """

    channel_layer_alias = "none of its own"


class NoSuchSocket(Socket):
    """Unknown addresses are refused the same way as forbidden ones.

    Accepts and closes with 4404, so that clients can tell it from a network failure.
    """

    urlpatterns: ClassVar[list[Any]] = []

    async def connect(self) -> None:
        """Say not found and hang up."""
        await self.accept()
        await self.close(code=CLOSE_NOT_FOUND)


NoSuchSocket.urlpatterns.append(re_path(r"^.*$", NoSuchSocket.as_asgi()))
