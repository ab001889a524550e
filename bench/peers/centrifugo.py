"""Centrifugo: built once from the Go module proxy (needs go)."""

import contextlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.peers.process import cache_folder, free_port, started

MODULE = "github.com/centrifugal/centrifugo/v6@v6.9.1"
API_KEY = "bench"
HISTORY = "history on: 100,000 records, one hour, in memory"


def missing() -> str:
    """Why it can't be started here; empty if it can."""
    return "" if shutil.which("go") or (cache_folder("centrifugo") / "centrifugo").exists() else "there is no go"


def binary() -> Path:
    """The program, built once."""
    folder = cache_folder("centrifugo")
    found = folder / "centrifugo"
    if not found.exists():
        environment = {**os.environ, "GOBIN": str(folder), "GOFLAGS": "-mod=mod"}
        subprocess.run(["go", "install", MODULE], check=True, env=environment, cwd=folder)
    return found


@contextlib.contextmanager
def running() -> Iterator[tuple[int, int]]:
    """Port and process id of a server whose channels keep their history."""
    folder, port = Path(tempfile.mkdtemp(prefix="factstorm-centrifugo-")), free_port()
    file = folder / "config.json"
    namespace = {"name": "facts", "history_size": 100_000, "history_ttl": "3600s", "force_recovery": True,
                 "allow_subscribe_for_client": True, "allow_subscribe_for_anonymous": True}  # fmt: skip
    config = {
        "http_server": {"port": str(port), "address": "127.0.0.1"},
        "http_api": {"key": API_KEY},
        "client": {"insecure": True, "allowed_origins": ["*"], "queue_max_size": 64 << 20},
        "channel": {"namespaces": [namespace]},
        "log": {"level": "error"},
    }
    file.write_text(json.dumps(config))
    try:
        with started([str(binary()), "-c", str(file)], port=port, log=folder / "centrifugo.log") as process:
            yield port, process.pid
    finally:
        shutil.rmtree(folder, ignore_errors=True)
