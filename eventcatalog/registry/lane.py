"""The registry's lane: look-ups and registrations by API key, answered at ASGI, before Django's middleware.

Serializers ask a registry in every process they run in, and what the middleware does for pages means nothing to them:
here a request costs one hop to a thread that keeps its database connection. The views are the ones that Django routes
to (docs/decisions/0005-append-fast-lane.md has the reasoning). Without an Authorization header a request goes on to
Django as it came.
"""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any

from asgiref.compatibility import guarantee_single_callable
from django.core.handlers.asgi import ASGIRequest
from django.db import close_old_connections
from django.http import Http404, HttpResponse
from django.urls import Resolver404, resolve

from broker_adapter.fast_lane import Disconnected, headers_of, is_welcome, whole_body
from eventcatalog.registry.errors import RegistryError
from eventcatalog.registry.views import refusal
from workspaces.errors import FactstormError

log = logging.getLogger(__name__)
THREADS = 4
PREFIX = "/registry/"
_threads = ThreadPoolExecutor(THREADS, thread_name_prefix="registry")


class RegistryLane:
    """ASGI middleware around Django's application."""

    def __init__(self, application: Any) -> None:
        self.application = guarantee_single_callable(application)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        ours = scope["type"] == "http" and scope["path"].startswith(PREFIX)
        headers = headers_of(scope) if ours else {}
        if not headers.get("authorization") or not is_welcome(headers):
            await self.application(scope, receive, send)
            return
        try:
            response = await _answer(scope, await whole_body(receive))
        except Disconnected:
            return
        except FactstormError as error:  # a body that is too large
            response = refusal(error)
        await _send(send, response)


async def _answer(scope: Any, body: bytes) -> HttpResponse:
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_threads, _respond, scope, body)


def _respond(scope: Any, body: bytes) -> HttpResponse:
    """In a thread of the pool."""
    close_old_connections()
    try:
        request = ASGIRequest(scope, BytesIO(body))
        found = resolve(request.path_info)
        response: HttpResponse = found.func(request, *found.args, **found.kwargs)
        return response
    except (Resolver404, Http404):
        return refusal(RegistryError(404, "HTTP 404 Not Found"))
    except Exception:
        log.exception("the registry failed at %s", scope["path"])
        return refusal(RegistryError(50001, "Error in the backend data store"))


async def _send(send: Any, response: HttpResponse) -> None:
    headers = [(name.lower().encode("latin1"), value.encode("latin1")) for name, value in response.items()]
    headers += [(b"content-length", b"%d" % len(response.content)), (b"x-content-type-options", b"nosniff")]
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": response.content})
