"""Redis Streams: one redis-server with an append-only file."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.peers.process import free_port, started

DURABLE = "appendfsync always"
NOT_DURABLE = "appendfsync everysec"


def missing() -> str:
    """Why it can't be started here; empty if it can."""
    return "" if shutil.which("redis-server") else "there is no redis-server"


@contextlib.contextmanager
def running(*, durable: bool) -> Iterator[int]:
    """The port of a server."""
    folder, port = Path(tempfile.mkdtemp(prefix="factstorm-redis-")), free_port()
    when = "always" if durable else "everysec"
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", ""]
    try:
        with started([*command, "--appendonly", "yes", "--appendfsync", when], port=port, log=folder / "redis.log"):
            yield port
    finally:
        shutil.rmtree(folder, ignore_errors=True)
