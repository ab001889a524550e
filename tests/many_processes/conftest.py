"""Three web processes of one deployment: PostgreSQL, Redis, and one folder for the log."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.conftest import PEOPLE
from tests.e2e.server import Server
from tests.servers import running_postgres, running_redis

PROCESSES = 3
EMPTY = """
from workspaces.models import Person, Workspace
Workspace.objects.all().delete()
Person.objects.all().delete()
"""
SESSION = """
from importlib import import_module
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from eventcatalog.actions import register_type
from workspaces.access import system_access
from workspaces.models import Person, Workspace
bob = Person.objects.get(name="Bob")
session = import_module(settings.SESSION_ENGINE).SessionStore()
session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(bob.pk), settings.AUTHENTICATION_BACKENDS[0]
session[HASH_SESSION_KEY] = bob.get_session_auth_hash()
session.save()
out["cookie"] = session.session_key
schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
register_type(system_access(Workspace.objects.get(slug="acme")), kind="event", name="counted", schema=schema)
"""


@dataclass
class Place:
    """A workspace of a test's own: ``board_path`` is its board's socket, ``cookie`` Bob's session."""

    slug: str
    board: str
    key: str
    password: str
    cookie: str

    @property
    def board_path(self) -> str:
        return f"/ws/v1/w/{self.slug}/boards/{self.board}/"


@pytest.fixture(scope="module")
def servers() -> Iterator[list[Server]]:
    """Three that share everything."""
    folder = Path(tempfile.mkdtemp(prefix="factstorm-many-"))
    with contextlib.ExitStack() as running:
        running.callback(shutil.rmtree, folder, ignore_errors=True)
        wiring = {
            "DATABASE_URL": running.enter_context(running_postgres()),
            "REDIS_URL": running.enter_context(running_redis()),
        }
        processes = [Server(folder, **wiring) for _ in range(PROCESSES)]
        processes[0].migrate()
        for server in processes:
            running.callback(server.stop)
            server.start()
        yield processes


@pytest.fixture
def place(servers: list[Server]) -> Iterator[Place]:
    """The cast and its things, made anew; afterwards all servers are up."""
    made = servers[0].prepare(EMPTY + PEOPLE + SESSION)
    yield Place(**made)
    for server in servers:
        if not server.is_running:
            server.start()
