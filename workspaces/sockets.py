"""What every websocket endpoint here is made of, and the one that isn't there."""

import asyncio
from contextlib import suppress
from typing import Any, ClassVar

from autobahn.exception import Disconnected
from channels.generic.websocket import AsyncWebsocketConsumer
from django.urls import re_path

STRAIGHT_SEND = "factstorm.straight_send"  # in the scope: the server's own send, put there by the outermost middleware
CLOSE_BAD_FRAME = 4400
CLOSE_SIGN_IN = 4401
CLOSE_NOT_FOUND = 4404
CLOSE_RESTARTING = 4012  # 1012, which libraries keep for themselves: connect again, here or elsewhere
CLOSE_TOO_FAST = 4429
_open: set["Socket"] = set()


async def close_all(code: int) -> None:
    """Hang up on everybody, as when the process ends."""
    await asyncio.gather(*(socket.close(code=code) for socket in list(_open)), return_exceptions=True)


# What servers raise when told to send to a client that has gone: uvicorn an OSError, Daphne what its protocol raises.
_GONE: tuple[type[Exception], ...] = (OSError, Disconnected)


class Socket(AsyncWebsocketConsumer):
    """A websocket without a channel of its own at the channel layer.

    Channels would make one for each socket: a subscription at Redis a socket, and nobody let in while Redis is away.
    What comes from other processes comes through the ear of the process (``workspaces.ear``).
    """

    channel_layer_alias = "none of its own"
    gone = False  # the other side hung up, or we did: nothing more can be said

    async def websocket_connect(self, message: Any) -> None:
        """As Channels does; the process knows who is here."""
        _open.add(self)
        await super().websocket_connect(message)

    async def send(self, text_data: str | None = None, bytes_data: bytes | None = None, close: bool = False) -> None:
        """Say it, unless nobody is there any more: that is no error, and ``disconnect`` is on its way."""
        if self.gone:
            return
        try:
            await super().send(text_data=text_data, bytes_data=bytes_data, close=close)
        except _GONE:
            self.gone = True

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one connection."""
        self._straight = scope.get(STRAIGHT_SEND, send)
        await super().__call__(scope, receive, send)

    async def send_straight(self, text: str) -> None:
        """Like ``send``, past the middleware of sessions: it looks at each message, though there is nothing to save."""
        if self.gone:
            return
        try:
            await self._straight({"type": "websocket.send", "text": text})
        except _GONE:
            self.gone = True

    async def close(self, code: int | None = None, reason: str | None = None) -> None:
        """Hang up; once."""
        if self.gone:
            return
        self.gone = True
        with suppress(*_GONE):
            await super().close(code=code, reason=reason)

    async def websocket_disconnect(self, message: Any) -> None:
        """The other side hung up."""
        self.gone = True
        _open.discard(self)
        await super().websocket_disconnect(message)


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
