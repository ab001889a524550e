"""Watching the process: request ids, request counts, ``/metrics``, and log lines as JSON.

Every HTTP request has an id: the ``X-Request-Id`` it came with, if that is a plain word, else a new one. It goes back
in the answer's head and stands in every log line that the request causes.
"""

import hmac
import logging
import re
import time
import uuid
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from workspaces import observing

log = logging.getLogger("factstorm.requests")
_PLAIN = re.compile(rb"[A-Za-z0-9._-]{1,100}")
_AREAS = (("/api/", "api"), ("/registry/", "registry"), ("/static/", "static"), ("/assets/", "static"), ("/w/", "page"))


class Observed:
    """ASGI middleware around everything that speaks HTTP."""

    def __init__(self, application: Any) -> None:
        self.application = application

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.application(scope, receive, send)
            return
        number = _id_of(scope)
        area = next((name for start, name in _AREAS if scope["path"].startswith(start)), "other")
        token = observing.request_id.set(number)
        began = time.perf_counter()

        async def answer(message: Any) -> None:
            if message["type"] == "http.response.start":
                took = time.perf_counter() - began
                message = {**message, "headers": [*message.get("headers", ()), (b"x-request-id", number.encode())]}
                observing.requests.labels(area, f"{message['status'] // 100}xx").inc()
                observing.request_seconds.labels(area).observe(took)
                if settings.LOG_REQUESTS and area != "static":
                    _tell(scope, message["status"], took)
            await send(message)

        try:
            await self.application(scope, receive, answer)
        finally:
            observing.request_id.reset(token)


def _id_of(scope: Any) -> str:
    given = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
    return given.decode() if _PLAIN.fullmatch(given) else uuid.uuid4().hex


def _tell(scope: Any, status: int, took: float) -> None:
    """The path without its query: queries may carry what people searched for, and links' tokens are in no log."""
    path = re.sub(r"/(join|guest|g)/[^/]+", r"/\1/...", scope["path"])
    facts = {"method": scope["method"], "path": path, "status": status, "seconds": round(took, 4)}
    log.info("%s %s %s", scope["method"], path, status, extra=facts)


class WithRequestId(logging.Filter):
    """Puts the request's id into every log record."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Never drops one."""
        record.request_id = observing.request_id.get()
        return True


class _Now(Collector):
    """What is looked up only when somebody asks: sockets, boards and streams this process serves."""

    def collect(self) -> Iterator[Metric]:
        from broker_adapter import sockets
        from storming import hub

        yield _gauge("factstorm_tail_sockets", "Sockets that tail a stream.", sockets.open_tails())
        boards = hub.rooms_of_this_process()
        yield _gauge("factstorm_board_sockets", "Sockets on boards.", sum(len(room.sessions) for room in boards))
        yield _gauge("factstorm_boards_open", "Boards held in memory.", len(boards))


def _gauge(name: str, text: str, value: float) -> Metric:
    family = GaugeMetricFamily(name, text)
    family.add_metric([], value)
    return family


observing.REGISTRY.register(_Now())


def metrics(request: HttpRequest) -> HttpResponse:
    """``GET /metrics`` for whoever holds METRICS_TOKEN; for everybody else, and without one, there is no such page."""
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not settings.METRICS_TOKEN or not hmac.compare_digest(given.encode(), settings.METRICS_TOKEN.encode()):
        raise Http404
    return HttpResponse(generate_latest(observing.REGISTRY), content_type=CONTENT_TYPE_LATEST)
