"""ASGI middleware: no request's body is taken in beyond its limit, whatever its headers say, nor for ever.

Django spools what it is sent to disk before a view can object. Here it is counted as it comes: an import may have
IMPORT_BYTES_MAX, everything else what an append may have. A sender that lets BODY_PAUSE_S go by without a byte, or
takes longer than its body deserves (BODY_S and a second more for each BYTES_PER_S_MIN), is let go.
"""

import asyncio
import re
from typing import Any

import orjson
from django.conf import settings

from broker_adapter.errors import StreamError, TooLarge

BODY_PAUSE_S = 30.0
BODY_S = 60.0
BYTES_PER_S_MIN = 16 * 1024
_IMPORT = re.compile(r"/api/v1/w/[^/]+/streams/[^/]+/imports\Z")


class TooSlow(StreamError):
    """The body came too slowly, or stopped coming."""

    code = "too_slow"
    http_status = 408


class BoundedBodies:
    """See the module."""

    def __init__(self, application: Any) -> None:
        self.application = application

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self.application(scope, receive, send)
            return
        body = _Body(receive, limit_of(scope["path"]))
        answered = False

        async def noting_send(message: Any) -> None:
            nonlocal answered
            answered = answered or message["type"] == "http.response.start"
            if body.refusal is None or answered:
                await send(message)

        await self.application(scope, body.receive, noting_send)
        if body.refusal is not None and not answered:
            await _refuse(send, body.refusal)


def limit_of(path: str) -> int:
    """Bytes that a request to this path may carry."""
    append_max: int = settings.APPEND_BYTES_MAX
    import_max: int = settings.IMPORT_BYTES_MAX
    return import_max if _IMPORT.match(path) else append_max + 1  # the append itself words its own refusal


class _Body:
    """Counts what comes; past a bound the application sees its client go away."""

    def __init__(self, receive: Any, limit: int) -> None:
        self._receive = receive
        self._limit = limit
        self._size = 0
        self._began_at = asyncio.get_running_loop().time()
        self._whole = False
        self.refusal: StreamError | None = None

    async def receive(self) -> Any:
        if self.refusal is not None:
            return {"type": "http.disconnect"}
        if self._whole:
            return await self._receive()
        message = await self._next()
        if message is None or message["type"] != "http.request":
            return message if message is not None else {"type": "http.disconnect"}
        self._size += len(message.get("body", b""))
        self._whole = not message.get("more_body", False)
        if self._size > self._limit:
            self.refusal = TooLarge(f"The body is over {self._limit:,} bytes.", hint="Send it in several parts.")
            return {"type": "http.disconnect"}
        return message

    async def _next(self) -> Any:
        now = asyncio.get_running_loop().time()
        left_s = self._began_at + BODY_S + self._size / BYTES_PER_S_MIN - now
        try:
            async with asyncio.timeout(min(BODY_PAUSE_S, max(left_s, 0.001))):
                return await self._receive()
        except TimeoutError:
            self.refusal = TooSlow("The body came too slowly.", hint="Send it again, faster or in smaller parts.")
            return None


async def _refuse(send: Any, refusal: StreamError) -> None:
    body = orjson.dumps(refusal.as_json())
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(body)),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": refusal.http_status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
