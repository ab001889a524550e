"""Refuses websockets opened by other sites' pages.

Browsers send cookies along with cross-site websockets, so the Origin header decides. Clients that are no browser send
none and bring an API key instead. The origin's host must be the host that was asked for, or be listed in
TRUSTED_ORIGINS.
"""

from typing import Any
from urllib.parse import urlsplit

from channels.security.websocket import WebsocketDenier
from django.conf import settings

from workspaces.sockets import STRAIGHT_SEND


class SameOrigin:
    """ASGI middleware around the websocket routes."""

    def __init__(self, application: Any) -> None:
        self.application = application

    async def __call__(self, scope: Any, receive: Any, send: Any) -> Any:
        headers = {name.lower(): value.decode("latin1") for name, value in scope.get("headers", [])}
        if self._welcome(headers.get(b"origin"), headers.get(b"host", "")):
            return await self.application({**scope, STRAIGHT_SEND: send}, receive, send)
        return await WebsocketDenier()(scope, receive, send)

    @staticmethod
    def _welcome(origin: str | None, host: str) -> bool:
        if origin is None or origin in settings.TRUSTED_ORIGINS:
            return True
        return urlsplit(origin).netloc.lower() == host.lower()
