"""A real server in a process of its own, with a data folder of its own, that may be killed and started again.

with Server.running() as server:
    server.url                      # http://127.0.0.1:<port>
    made = server.prepare("...")    # Python that runs in the server's data folder; whatever it puts into ``out``
    server.kill(); server.start()   # kill -9, and up again on the same port and data
"""

import atexit
import contextlib
import functools
import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from tests.servers import free_port

ROOT = Path(__file__).resolve().parent.parent.parent
READY_SECONDS = 180.0
DATABASE = "factstorm.sqlite3"
logging.getLogger("httpx").setLevel(logging.WARNING)  # it has a line for every request
_FRAME = """
import json, os, sys
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
import django
django.setup()
out = {{}}
{body}
print("\\n@@" + json.dumps(out))
"""


class Server:
    """One Daphne on a loopback port."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.socket_url = f"ws://127.0.0.1:{self.port}"
        self.environment = {
            **os.environ,
            "FACTSTORM_DATA": str(folder / "data"),
            "SECRET_KEY": "only-for-tests",
            "ALLOWED_HOSTS": "127.0.0.1,localhost",
            "LOG_LEVEL": "INFO",
            **environment,
        }
        for name in ("DATABASE_URL", "REDIS_URL", "COMMIT_LOG_URL"):
            if name not in environment:
                self.environment.pop(name, None)
        self.log = folder / "server.log"
        self._process: subprocess.Popen[bytes] | None = None

    @classmethod
    @contextlib.contextmanager
    def running(cls, **environment: str) -> Iterator["Server"]:
        """Migrated, started, and in the end stopped and swept away."""
        folder = Path(tempfile.mkdtemp(prefix="factstorm-e2e-"))
        server = cls(folder, **environment)
        try:
            server.migrate()
            server.start()
            yield server
        finally:
            server.stop()
            shutil.rmtree(folder, ignore_errors=True)

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.folder / "data"

    def migrate(self) -> None:
        """Make the tables. SQLite's are made once a test run and copied after that: it takes seconds."""
        if "DATABASE_URL" in self.environment:
            self.manage("migrate", "--verbosity", "0")
        else:
            self.data.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(_migrated_database(), self.data / DATABASE)

    @property
    def is_running(self) -> bool:
        """Started, and neither stopped nor killed since."""
        return self._process is not None

    def manage(self, *arguments: str) -> str:
        """A management command on this server's data; what it prints."""
        return self._run(sys.executable, "manage.py", *arguments)

    def prepare(self, code: str) -> dict[str, Any]:
        """Runs Python with Django set up on this server's data. The code fills the dict ``out`` (of JSON values)."""
        script = _FRAME.format(body=textwrap.dedent(code))
        return dict(json.loads(self._run(sys.executable, "-c", script).rpartition("@@")[2]))

    def start(self) -> None:
        """Start, and wait until it is ready."""
        command = [sys.executable, "-m", "daphne", "--bind", "127.0.0.1", "--port", str(self.port)]
        command += ["--no-server-name", "--application-close-timeout", "2", "config.asgi:application"]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=log, stderr=log)
        self._wait_until_ready()

    def kill(self) -> None:
        """Without a warning: SIGKILL."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        self._process = None

    def send(self, number: signal.Signals) -> None:
        """A signal, and nothing more."""
        assert self._process is not None
        self._process.send_signal(number)

    def stop(self) -> None:
        """Politely, then not."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(8)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def complaints(self) -> list[str]:
        """Lines of the server's log that are errors."""
        lines = self.log.read_text(errors="replace").splitlines()
        return [line for line in lines if " ERROR " in line or line.startswith("Traceback")]

    def _run(self, *command: str) -> str:
        done = subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{command[1:3]} failed:\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def _wait_until_ready(self) -> None:
        assert self._process is not None
        ends = time.monotonic() + READY_SECONDS
        while time.monotonic() < ends and self._process.poll() is None:
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"{self.url}/readyz", trust_env=False).status_code == 200:
                    return
            time.sleep(0.1)
        raise RuntimeError(f"The server did not become ready:\n{self.log.read_text()[-4000:]}")


@functools.cache
def _migrated_database() -> Path:
    """An SQLite file with all migrations applied and nothing in it, gone with this process."""
    folder = Path(tempfile.mkdtemp(prefix="factstorm-migrated-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    Server(folder).manage("migrate", "--verbosity", "0")
    return folder / "data" / DATABASE
