"""Request ids, log lines and /metrics."""

import json
import logging
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from django.conf import settings as configured
from django.test import Client

from config.observation import Observed
from tests.cast import Cast
from workspaces import observing


async def ask(headers: list[tuple[bytes, bytes]], path: str = "/w/acme/") -> tuple[dict[bytes, bytes], str]:
    """The answer's headers, and the id that the application saw."""
    seen = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        seen.append(observing.request_id.get())
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    scope = {"type": "http", "method": "GET", "path": path, "headers": headers}
    talk = ApplicationCommunicator(Observed(application), scope)
    await talk.send_input({"type": "http.request"})
    start = await talk.receive_output()
    await talk.wait()
    return dict(start["headers"]), seen[0]


async def test_a_request_keeps_the_id_it_came_with_and_is_given_one_otherwise() -> None:
    headers, seen = await ask([(b"x-request-id", b"abc-123")])
    assert (headers[b"x-request-id"], seen) == (b"abc-123", "abc-123")
    headers, seen = await ask([(b"x-request-id", b"two words\n")])
    assert headers[b"x-request-id"].decode() == seen
    assert len(seen) == 32


async def test_a_log_line_of_a_request_never_holds_a_link_s_token(settings: Any, caplog: Any) -> None:
    settings.LOG_REQUESTS = True
    with caplog.at_level(logging.INFO, logger="factstorm.requests"):
        await ask([], path="/join/very-secret-token/")
    assert [record.getMessage() for record in caplog.records] == ["GET /join/.../ 204"]


def test_log_lines_as_json_carry_the_request_id() -> None:
    from pythonjsonlogger.json import JsonFormatter

    shape = {**configured.LOGGING["formatters"]["json"]}
    assert shape.pop("()") == "pythonjsonlogger.json.JsonFormatter"
    formatter = JsonFormatter(shape["format"], style=shape["style"], rename_fields=shape["rename_fields"])
    record = logging.LogRecord("storming", logging.WARNING, __file__, 1, "Board %s", ("b",), None)
    record.request_id = "abc"
    line = json.loads(formatter.format(record))
    assert (line["level"], line["logger"], line["message"], line["request_id"]) == (
        "WARNING", "storming", "Board b", "abc",
    )  # fmt: skip


@pytest.mark.django_db
def test_metrics_are_there_for_the_token_and_for_nobody_else(client: Client, settings: Any, cast: Cast) -> None:
    client.force_login(cast.alice)
    assert client.get("/metrics").status_code == 404
    settings.METRICS_TOKEN = "open sesame"
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 404
    observing.records_appended.inc(3)
    shown = client.get("/metrics", headers={"Authorization": "Bearer open sesame"})
    assert shown.status_code == 200
    lines = shown.content.decode().splitlines()
    assert any(line.startswith("factstorm_records_appended_total ") for line in lines)
    assert "factstorm_board_sockets 0.0" in lines
    assert "acme" not in shown.content.decode()
