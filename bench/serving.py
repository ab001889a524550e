"""A Factstorm of its own for a measurement: data folder, workspace, stream, type, key, and a server on a free port."""

import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "clients" / "python" / "src"))

from bench.peers.process import free_port  # noqa: E402, F401

STREAM = "orders"
TYPE = "OrderPlaced"
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["order_id", "customer", "lines", "placed_at"],
    "properties": {
        "order_id": {"type": "string", "minLength": 1},
        "customer": {
            "type": "object",
            "required": ["id", "name"],
            "properties": {
                "id": {"type": "integer", "minimum": 0},
                "name": {"type": "string"},
                "email": {"type": "string"},
            },
        },
        "lines": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["sku", "quantity"],
                "properties": {"sku": {"type": "string"}, "quantity": {"type": "integer"}, "price": {"type": "string"}},
            },
        },
        "placed_at": {"type": "string"},
        "note": {"type": "string"},
    },
}


def prepare(folder: str | None = None) -> tuple[Any, Any, str]:
    """Sets Django up on an empty data folder; returns (access, stream, the text of an API key)."""
    os.environ["FACTSTORM_DATA"] = tempfile.mkdtemp(prefix="factstorm-bench-", dir=folder)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ["LOG_LEVEL"] = "ERROR"
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from broker_adapter.actions import create_stream
    from eventcatalog.actions import register_type
    from workspaces.access import access_of_member
    from workspaces.actions import create_api_key, create_workspace
    from workspaces.models import Membership, Person

    person = Person.objects.create_user(email="bench@example.org", name="Bench", password=None)
    create_workspace(person, name="Bench")
    access = access_of_member(Membership.objects.select_related("workspace").get(person=person), person)
    stream = create_stream(access, name=STREAM)
    register_type(access, kind="event", name=TYPE, schema=SCHEMA)
    _, key = create_api_key(access, name="Bench", scopes=["append", "read"])
    return access, stream, key


def serve(port: int, server: str = "daphne", **environment: str) -> subprocess.Popen[bytes]:
    """A server process (daphne, uvicorn or granian) on the data folder of this one; returns once it answers."""
    quiet = subprocess.DEVNULL
    host, number = ["--host", "127.0.0.1"], str(port)
    options = {
        "daphne": ["-b", "127.0.0.1", "-p", number, "-v", "0"],
        "uvicorn": [
            *host,
            "--port",
            number,
            "--log-level",
            "error",
            "--no-access-log",
            "--ws-per-message-deflate",
            "0",
        ],
        "granian": [*host, "--port", number, "--interface", "asginl", "--log-level", "error", "--workers", "1"],
    }[server]
    command = [sys.executable, "-m", server, *options, "config.asgi:application"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=quiet, stderr=quiet, env={**os.environ, **environment})
    for _ in range(300):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1).close()
            return process
        except OSError:
            time.sleep(0.1)
    process.kill()
    raise SystemExit(f"{server} did not start")


def stop(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(10)
    except subprocess.TimeoutExpired:
        server.kill()
