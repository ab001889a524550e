"""The command `factstorm`, as a shell starts it."""

import json
import os
import subprocess
import sys
from pathlib import Path

SOURCE = Path(__file__).parents[1] / "src"


def factstorm(shop, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ, "PYTHONPATH": str(SOURCE), "FACTSTORM_URL": shop.server.url,
        "FACTSTORM_WORKSPACE": shop.workspace, "FACTSTORM_KEY": shop.key,
    }  # fmt: skip
    command = [sys.executable, "-m", "factstorm.command", *arguments]
    return subprocess.run(
        command, input=given, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def test_append_then_read(shop):
    lines = "".join(json.dumps({"type": "Counted", "data": {"n": n}, "key": "k"}) + "\n" for n in range(5))
    done = factstorm(shop, "append", "shell", given=lines)
    assert (done.returncode, done.stderr.strip()) == (0, "5 appended")
    read = factstorm(shop, "read", "shell")
    assert [json.loads(line)["data"]["n"] for line in read.stdout.splitlines()] == list(range(5))


def test_what_is_refused_is_said_in_words(shop):
    done = factstorm(shop, "append", "shell", given='{"type": "Counted", "data": {}}\n')
    assert done.returncode == 1
    assert "n" in done.stderr
    assert "Traceback" not in done.stderr
    assert factstorm(shop, "append", "shell", given="no json\n").returncode == 1
    assert factstorm(shop, "read", "nowhere").returncode == 1
