"""Channels' own way to many sockets: `group_send` of each event to a group that every socket is in.

An ASGI application of its own, as the Channels tutorial builds it: sockets join the group, POST /publish sends each
line of its body to the group. The layer is the in-memory one, with room enough that nothing is dropped. Nothing is
stored.
"""

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.peers.process import BENCH, free_port, started


@contextlib.contextmanager
def running(server: str = "uvicorn") -> Iterator[tuple[int, int]]:
    """Port and process id."""
    port, folder = free_port(), Path(tempfile.mkdtemp(prefix="factstorm-group-send-"))
    command = [sys.executable, "-m", server, "--host", "127.0.0.1", "--port", str(port), "--log-level", "error"]
    command += ["bench.peers.group_send:application"]
    environment = {**os.environ, "PYTHONPATH": str(BENCH.parent), "DJANGO_SETTINGS_MODULE": "bench.peers.group_send"}
    with started(command, port=port, log=folder / "server.log", env=environment, cwd=BENCH.parent) as process:
        yield port, process.pid


SECRET_KEY = "only-for-measuring"
CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer", "CONFIG": {"capacity": 1_000_000}}}


def _application() -> Any:
    from channels.generic.websocket import AsyncWebsocketConsumer
    from channels.layers import get_channel_layer
    from channels.routing import ProtocolTypeRouter

    class Watcher(AsyncWebsocketConsumer):
        groups = ["orders"]

        async def event(self, message: dict[str, Any]) -> None:
            await self.send(text_data=message["text"])

    async def publish(scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        layer = get_channel_layer()
        for line in body.split(b"\n"):
            await layer.group_send("orders", {"type": "event", "text": line.decode()})
        await send({"type": "http.response.start", "status": 201, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})

    return ProtocolTypeRouter({"http": publish, "websocket": Watcher.as_asgi()})


if os.environ.get("DJANGO_SETTINGS_MODULE") == "bench.peers.group_send":
    application = _application()
