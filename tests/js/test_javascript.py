"""The browser's modules that think (document, undo, protocol, ...) are tested in node, where there is one."""

import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
NODE = shutil.which("node")


@pytest.mark.skipif(NODE is None, reason="no node on this machine; the end-to-end tests run the same modules")
@pytest.mark.parametrize("path", sorted(HERE.glob("*.test.mjs")), ids=lambda path: path.name)
def test_the_modules_do_what_their_tests_say(path: Path) -> None:
    command = [str(NODE), "--import", (HERE / "loader.mjs").as_uri(), "--test", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
