"""`factstorm check` as a CI server starts it, against a real server."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

import pytest

from tests.e2e.server import Server

SOURCE = Path(__file__).parents[1] / "src"
ORDER = {
    "type": "object",
    "properties": {"order_id": {"type": "string"}, "total": {"type": "integer"}},
    "required": ["order_id", "total"],
    "additionalProperties": False,
}
BREAKING = {**ORDER, "properties": {**ORDER["properties"], "total": {"type": "string"}}}
LOOSER = {**ORDER, "required": ["order_id"]}
PREPARE = f"""
from tests.cast import make_cast
from workspaces.actions import create_api_key
from eventcatalog.actions import register_type
cast = make_cast()
access = cast.access(cast.alice)
for name in ("OrderPlaced", "OrderShipped"):
    register_type(access, kind="event", name=name, schema={ORDER!r})
_, out["reader"] = create_api_key(access, name="ci", scopes=["read"])
_, out["writer"] = create_api_key(access, name="deploy", scopes=["catalog:write"])
out["slug"] = cast.workspace.slug
"""


class Ci(NamedTuple):
    """A server, its workspace and two keys; a folder of schemas."""

    server: Server
    slug: str
    reader: str
    writer: str
    folder: Path

    def write(self, name: str, schema: Any) -> None:
        text = schema if isinstance(schema, str) else json.dumps(schema, indent=2)
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_text(text)

    def check(self, *arguments: str, key: str = "", slug: str = "") -> subprocess.CompletedProcess[str]:
        environment = {
            **os.environ, "PYTHONPATH": str(SOURCE), "FACTSTORM_URL": self.server.url,
            "FACTSTORM_WORKSPACE": slug or self.slug, "FACTSTORM_KEY": key or self.reader,
        }  # fmt: skip
        command = [sys.executable, "-m", "factstorm.command", "check", *arguments]
        return subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=120, check=False
        )


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[Server, dict[str, str]]]:
    with Server.running() as server:
        yield server, server.prepare(PREPARE)


@pytest.fixture
def ci(running: tuple[Server, dict[str, str]], tmp_path: Path) -> Ci:
    server, made = running
    return Ci(server, made["slug"], made["reader"], made["writer"], tmp_path)


def test_what_stays_compatible_or_is_new_passes(ci: Ci):
    ci.write("schemas/OrderPlaced.schema.json", ORDER)
    ci.write("schemas/deep/OrderShipped.json", LOOSER)
    ci.write("schemas/CartFilled.json", {"type": "object"})
    ci.write("schemas/package.json", "{}")
    done = ci.check("schemas")
    assert done.returncode == 0, done.stderr
    assert "OrderPlaced  1.0.0, unchanged" in done.stdout
    assert "OrderShipped  1.0.0 -> 1.1.0 (minor)" in done.stdout
    assert "CartFilled" in done.stdout and "3 schemas checked, nothing is wrong." in done.stdout


def test_what_breaks_fails_with_the_document_that_shows_it(ci: Ci):
    ci.write("OrderPlaced.schema.json", BREAKING)
    done = ci.check("OrderPlaced.schema.json")
    assert done.returncode == 1
    assert "Breaks compatibility with 1.0.0." in done.stdout
    assert "total" in done.stdout and "For example: {" in done.stdout and "/total: " in done.stdout


def test_a_pattern_chooses_files_and_a_schema_may_name_its_type(ci: Ci):
    ci.write("events/a/one.event.json", {**BREAKING, "x-factstorm-type": "OrderPlaced"})
    ci.write("events/other.txt.json", BREAKING)
    done = ci.check("events/**/*.event.json")
    assert done.returncode == 1 and "OrderPlaced  events/a/one.event.json" in done.stdout
    assert "1 schema checked" in done.stdout


def test_annotations_for_github(ci: Ci):
    ci.write("OrderPlaced.json", BREAKING)
    ci.write("Bad.json", '{\n  "type": 7\n}')
    ci.write("Broken.json", '{\n  "type": \n}')
    ci.write("OrderShipped.json", ORDER)
    done = ci.check(".", "--format", "github")
    lines = done.stdout.splitlines()
    assert done.returncode == 1 and len(lines) == 3
    placed = next(line for line in lines if "OrderPlaced" in line)
    assert placed.startswith("::error file=OrderPlaced.json,line=1,title=OrderPlaced breaks compatibility::")
    assert "%0A" in placed and "For example: {" in placed
    assert any("file=Broken.json,line=3" in line for line in lines)
    assert any("/type" in line and "Bad.json" in line for line in lines)


def test_junit_is_written_where_it_is_asked_for(ci: Ci):
    ci.write("OrderPlaced.json", BREAKING)
    ci.write("OrderShipped.json", ORDER)
    done = ci.check(".", "--format", "junit", "--output", "report.xml")
    suite = ElementTree.parse(ci.folder / "report.xml").getroot()
    assert done.returncode == 1 and "1 wrong" in done.stdout
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    failure = suite.find("testcase[@name='OrderPlaced']/failure")
    assert failure is not None and failure.get("type") == "breaking" and "For example" in (failure.text or "")


def test_new_types_may_be_refused_and_two_files_of_one_type_are(ci: Ci):
    ci.write("CartFilled.json", {"type": "object"})
    assert ci.check(".").returncode == 0
    assert ci.check(".", "--no-new").returncode == 1
    ci.write("again/CartFilled.json", {"type": "object"})
    done = ci.check(".")
    assert done.returncode == 1 and "as well" in done.stdout


def test_publishing_waits_until_nothing_is_wrong(ci: Ci):
    ci.write("Delivered.json", {"type": "object", "title": "Delivered"})
    ci.write("OrderPlaced.json", BREAKING)
    done = ci.check(".", "--publish", key=ci.writer)
    assert done.returncode == 1 and "Published" not in done.stdout
    (ci.folder / "OrderPlaced.json").unlink()
    ci.write("OrderShipped.json", LOOSER)
    assert ci.check(".", "--publish").returncode == 1  # the reader's key may not
    done = ci.check(".", "--publish", key=ci.writer)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Published as 1.0.0." in done.stdout and "Published as 1.1.0." in done.stdout
    again = ci.check(".", "--publish", key=ci.writer)
    assert "Delivered  1.0.0, unchanged" in again.stdout and "OrderShipped  1.1.0, unchanged" in again.stdout


def test_nothing_to_check_a_wrong_workspace_and_a_wrong_key_are_no_success(ci: Ci):
    assert ci.check("nowhere").returncode == 2
    ci.write("OrderPlaced.json", ORDER)
    assert ci.check(".", slug="no-such-workspace").returncode == 1
    done = ci.check(".", key="wrong")
    assert done.returncode == 1 and "Traceback" not in done.stderr
