"""``backup`` while a server works, and ``restore`` into an empty deployment: everything is there, and it goes on."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.e2e.clients import Sender, Stormer
from tests.e2e.conftest import PEOPLE
from tests.e2e.server import Server
from tests.many_processes.conftest import SESSION, Place
from tests.servers import running_postgres

pytestmark = pytest.mark.e2e
COUNTED = """
import time
from broker_adapter import traffic
from workspaces.models import Workspace
workspace = Workspace.objects.get(slug="acme").pk
ends = time.monotonic() + 20
total, before = -1, -2
while (total < {wanted} or total != before) and time.monotonic() < ends:  # until it has come so far and stays there
    time.sleep(0.5)
    found = traffic.snapshot(workspace).get("counted")
    before, total = total, found.total if found else 0
out["total"] = total
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="factstorm-backup-"))
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_backup_of_a_working_server_brings_everything_back(folder: Path, database: str) -> None:
    if database == "postgresql" and shutil.which("pg_dump") is None:
        pytest.skip("pg_dump is not installed here")
    with contextlib.ExitStack() as running:
        old, new = (
            Server(folder / name, **({"DATABASE_URL": running.enter_context(running_postgres())} if wanted else {}))
            for name, wanted in (("old", database == "postgresql"), ("new", database == "postgresql"))
        )
        for server in (old, new):
            server.folder.mkdir()
            running.callback(server.stop)
        old.migrate()
        place = Place(**old.prepare(PEOPLE + SESSION))
        old.start()
        stormer = Stormer(old, path=place.board_path, cookie=place.cookie)
        stormer.join()
        for n in range(20):
            stormer.write(f"Note {n}")
        stormer.listen(seconds=20)
        sender = Sender(old, number=1, workspace=place.slug, key=place.key)
        with sender._client() as client:
            for _ in range(5):
                sender._append(client, sender._batch())
        assert old.prepare(COUNTED.format(wanted=50))["total"] == 50
        old.manage("backup", str(folder / "copy"))
        with sender._client() as client:
            sender._append(client, sender._batch())  # after the backup: not in it
        kept = set(list(sender.positions)[:50])
        stormer.close()
        old.stop()

        said = new.manage("restore", str(folder / "copy"))
        assert "Restored" in said
        new.start()
        back = Stormer(new, path=place.board_path, cookie=place.cookie)
        texts = sorted(note["text"] for note in back.join()["snapshot"]["elements"].values())
        back.close()
        assert texts == sorted(f"Note {n}" for n in range(20))
        reader = Sender(new, number=2, workspace=place.slug, key=place.key)
        assert {each["id"] for each in reader.everything()} == kept
        with reader._client() as client:
            reader._append(client, reader._batch())
        assert new.prepare(COUNTED.format(wanted=60))["total"] == 60  # nothing is counted twice
        assert httpx.get(f"{new.url}/readyz", trust_env=False).status_code == 200
        assert not new.complaints()


def test_restore_never_mixes_and_refuses_what_is_not_what_was_written(folder: Path) -> None:
    server = Server(folder / "old")
    server.folder.mkdir()
    server.migrate()
    server.prepare(PEOPLE)
    server.manage("backup", str(folder / "copy"))
    with pytest.raises(RuntimeError, match="is there already"):
        server.manage("backup", str(folder / "copy"))
    with pytest.raises(RuntimeError, match="already"):
        server.manage("restore", str(folder / "copy"))
    empty = Server(folder / "new")
    empty.folder.mkdir()
    database = folder / "copy" / "database.sqlite3"
    whole = database.read_bytes()
    database.write_bytes(whole[:5000] + bytes([whole[5000] ^ 1]) + whole[5001:])
    with pytest.raises(RuntimeError, match="not what was written"):
        empty.manage("restore", str(folder / "copy"))
    database.write_bytes(whole)
    empty.manage("restore", str(folder / "copy"))
