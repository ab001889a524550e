"""The fast lane: appends by API key, answered at ASGI, before Django's middleware.

What the middleware does for pages (sessions, CSRF, messages, framing; each a hop to a thread and back) means nothing to
a service that brings a key; measured, it cost more than storing the records (docs/decisions/0005-append-fast-lane.md).
All that decides is shared with the view (broker_adapter.api): the same access, limits, checks, action, answer and
errors. Whatever is not `POST .../records` with `Authorization: Bearer` goes on to Django as it came.
"""

import logging
import re
from typing import Any
from urllib.parse import parse_qsl

import orjson
from asgiref.compatibility import guarantee_single_callable
from django.conf import settings
from django.http.request import split_domain_port, validate_host

from broker_adapter.api import Answer, AppendRequest, answer_append, body_too_large, check_length
from broker_adapter.key_access import access_by_key
from workspaces.access import Permission
from workspaces.errors import FactstormError

logger = logging.getLogger(__name__)
_PATH = re.compile(r"/api/v1/w/([-a-zA-Z0-9_]+)/streams/([^/]+)/records\Z")
_QUERY_FIELDS_MAX = 50


class Disconnected(Exception):
    """The client went away before its request was complete."""


class AppendLane:
    """ASGI middleware around Django's application."""

    def __init__(self, application: Any) -> None:
        self.application = guarantee_single_callable(application)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        found = _PATH.match(scope["path"]) if scope["type"] == "http" and scope["method"] == "POST" else None
        headers = {} if found is None else headers_of(scope)
        if found is None or headers.get("authorization", "")[:7].lower() != "bearer " or not is_welcome(headers):
            await self.application(scope, receive, send)
            return
        try:
            status, body, told = await _answer(scope, receive, headers, found[1], found[2])
        except Disconnected:
            return
        extra = [(b"www-authenticate", b'Bearer realm="factstorm"')] if status == 401 else []
        extra += [(name.lower().encode(), value.encode()) for name, value in told.items()]
        await _send(send, status, body, extra)


def headers_of(scope: Any) -> dict[str, str]:
    """By lower-case name."""
    return {name.decode("latin1").lower(): value.decode("latin1") for name, value in scope["headers"]}


def is_welcome(headers: dict[str, str]) -> bool:
    """A Host that is allowed; Django words the refusal of others."""
    domain, _ = split_domain_port(headers.get("host", ""))
    return bool(domain) and validate_host(domain, settings.ALLOWED_HOSTS)


async def _answer(scope: Any, receive: Any, headers: dict[str, str], workspace: str, stream: str) -> Answer:
    try:
        access = await access_by_key(scope, workspace, need=Permission.STREAM_APPEND, stream=stream)
        check_length(headers)
        body = await whole_body(receive)
        fields = parse_qsl(scope["query_string"].decode("latin1"), keep_blank_values=True)[:_QUERY_FIELDS_MAX]
        return await answer_append(access, AppendRequest(workspace, stream, body, headers, dict(fields)))
    except FactstormError as error:
        return error.http_status, orjson.dumps(error.as_json()), {}
    except Disconnected:
        raise
    except Exception:
        logger.exception("an append to %s failed", stream)
        failed = FactstormError("The append failed on our side.", hint="Send it again with ids.", code="failed")
        return 500, orjson.dumps(failed.as_json()), {}


async def whole_body(receive: Any) -> bytes:
    """The body of a request. Raises TooLarge as soon as it is, Disconnected."""
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > settings.APPEND_BYTES_MAX:
            raise body_too_large()
        chunks.append(chunk)
        if not message.get("more_body"):
            return chunks[0] if len(chunks) == 1 else b"".join(chunks)


async def _send(send: Any, status: int, body: bytes, extra: list[tuple[bytes, bytes]]) -> None:
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(body)),
        (b"x-content-type-options", b"nosniff"),
        *extra,
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
