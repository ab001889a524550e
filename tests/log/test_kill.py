"""The harness of kill_harness.py, some rounds of it: CI runs tens, `FACTSTORM_KILL_ROUNDS` raises it."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROUNDS = int(os.environ.get("FACTSTORM_KILL_ROUNDS", "12"))


def test_killed_writers_readers_and_keepers_lose_nothing_double_nothing_and_show_nothing_that_goes(
    tmp_path: Path,
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.log.kill_harness", "--rounds", str(ROUNDS), "--folder", str(tmp_path / "log")],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        check=False,
    )
    print(done.stdout, done.stderr)
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout.splitlines()[-1])
    assert figures["kills"] == ROUNDS * 6
    assert figures["acknowledged"] > ROUNDS * 5
    assert figures["wrong"] == 0
