"""A real server with a stream, a type and a key; and a small HTTP server that answers by script, for bad weather."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

import pytest

from tests.e2e.server import Server

SHOP = """
from tests.cast import make_cast
from workspaces.actions import create_api_key
from broker_adapter.actions import create_stream
from eventcatalog.actions import register_type
cast = make_cast()
access = cast.access(cast.alice)
names = "orders batched batched-soon tailed tailed-soon killed large shell shared shared-soon"
for name in names.split():
    create_stream(access, name=name, partitions=2)
schema = {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}
register_type(access, kind="event", name="Counted", schema=schema)
_, key = create_api_key(access, name="shop", scopes=["append", "read"])
_, reader = create_api_key(access, name="reader", scopes=["read"])
out.update(slug=cast.workspace.slug, key=key, reader=reader)
"""


class Shop(NamedTuple):
    """Where to connect, and with what."""

    server: Server
    workspace: str
    key: str
    reader: str

    def arguments(self, **more: Any) -> dict[str, Any]:
        """Of a client."""
        return {"url": self.server.url, "workspace": self.workspace, "key": self.key, **more}


@pytest.fixture(scope="session")
def shop() -> Iterator[Shop]:
    """One real server for all tests of the client; a test that kills it starts it again."""
    with Server.running() as server:
        made = server.prepare(SHOP)
        yield Shop(server, made["slug"], made["key"], made["reader"])


class Script:
    """What the scripted server answers, in turn: (status, headers, JSON), or None to hang up without a word."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, dict[str, str], Any] | None] = []
        self.bodies: list[bytes] = []
        self.url = ""


STORED = (201, {}, {"positions": [{"partition": 0, "offset": "7"}], "position": "p", "stored": 1})


@pytest.fixture
def script() -> Iterator[Script]:
    """A server on a loopback port that plays the script."""
    found = Script()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            found.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            answer = found.answers.pop(0)
            if answer is None:
                self.close_connection = True
                return
            status, headers, body = answer
            text = json.dumps(body).encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(text))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()
