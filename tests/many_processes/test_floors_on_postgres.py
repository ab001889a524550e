"""Every floor's own tests once more, on a real PostgreSQL."""

import os
import subprocess
import sys
from pathlib import Path

from tests.servers import running_postgres

ROOT = Path(__file__).resolve().parent.parent.parent
FLOORS = ["tests/workspaces", "tests/broker_adapter", "tests/eventcatalog", "tests/storming", "tests/demo"]
MINUTES_MAX = 25


def test_the_floors_pass_their_tests_on_postgresql() -> None:
    with running_postgres() as url:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *FLOORS],
            cwd=ROOT, env={**os.environ, "DATABASE_URL": url}, capture_output=True, text=True, check=False,
            timeout=MINUTES_MAX * 60,
        )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert " passed" in done.stdout, done.stdout[-1000:]
