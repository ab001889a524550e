"""The tools that other catalogs are read and written with: npm packages in tests/interchange_peers."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).resolve().parent.parent / "interchange_peers"
DOCUMENTS = Path(__file__).resolve().parent / "documents"

needs_peers = pytest.mark.skipif(
    shutil.which("node") is None or not (FOLDER / "node_modules" / "@asyncapi" / "parser").exists(),
    reason="npm ci in tests/interchange_peers brings @asyncapi/parser and @eventcatalog/linter",
)


def run(script: str, *arguments: str, text: str = "") -> Any:
    """What a script of the folder prints, as JSON."""
    command = ["node", script, *arguments]
    done = subprocess.run(command, input=text, capture_output=True, text=True, cwd=FOLDER, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout) if done.stdout.strip() else None


def asyncapi_says(document: Any) -> Any:
    """The official parser's answer; its complaints (severity 0) under ``errors``."""
    told = run("asyncapi.mjs", text=document if isinstance(document, str) else json.dumps(document))
    told["errors"] = [each for each in told["diagnostics"] if each["severity"] == 0]
    return told
