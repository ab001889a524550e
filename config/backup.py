"""One folder that holds everything a deployment stores, and bringing it back.

    <target>/about.json         {"format": 1, "made_at", "database": "sqlite" | "postgresql", "files": {name: sha256}}
    <target>/database.sqlite3   or database.pgdump (pg_dump's custom format)
    <target>/log/               what ``manage.py log backup`` writes (every file with its checksum)
    <target>/secret_key         if it was made by us and lies in the data folder: sessions and links stay valid

The server may go on meanwhile. The database is copied first and the log after it, so the log holds all that the
database speaks of. The target gets its name when everything is in it and synced: it is there whole or not at all.

Restoring needs an empty deployment of the same kind of database. Everything is checked before anything is put in place.
The restored streams are new incarnations (another epoch): whoever had read on past the backup is told that the position
is gone. The positions that the database keeps lie within the backup, so they are carried over to the new epoch.
"""

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection, models, transaction
from django.db.utils import DatabaseError

from broker_adapter.engine_holder import engine
from broker_adapter.log.errors import LogError, PositionError
from broker_adapter.log.file_engine import FileEngine
from broker_adapter.log.position import Position
from workspaces.errors import FactstormError

FORMAT = 1
ABOUT, KEY = "about.json", "secret_key"
DATABASE = {"sqlite": "database.sqlite3", "postgresql": "database.pgdump"}
_CHUNK_BYTES = 1024 * 1024
Say = Callable[[str], None]


class BackupFailed(FactstormError):
    """What is wrong, and how to mend it."""

    code = "backup_failed"


def back_up(target: Path, *, say: Say = lambda _: None) -> None:
    """Everything into a new folder. Raises BackupFailed; then nothing of the name is there."""
    target = target.absolute()
    if target.exists():
        raise BackupFailed(f"{target} is there already.", hint="Choose a new folder for each backup.")
    folder = target.with_name(f"{target.name}.new-{os.getpid()}")
    try:
        folder.mkdir(parents=True)
        files = [_save_database(folder)]
        say(f"Database: {(folder / files[0]).stat().st_size:,} bytes")
        _save_log(folder / "log", say)
        key = settings.DATA_DIR / KEY
        if key.exists():
            shutil.copyfile(key, folder / KEY)
            (folder / KEY).chmod(0o600)
            files.append(KEY)
        about = {
            "format": FORMAT, "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "database": connection.vendor, "files": {name: _digest(folder / name) for name in files},
        }  # fmt: skip
        (folder / ABOUT).write_text(json.dumps(about, indent=2) + "\n")
        for name in (*files, ABOUT):
            _sync(folder / name)
        _sync(folder)
        folder.rename(target)
        _sync(target.parent)
    except (OSError, LogError, sqlite3.Error, DatabaseError) as error:
        raise BackupFailed(f"The backup failed: {error}", hint="Mend that and try again; nothing was kept.") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def restore(source: Path, *, say: Say = lambda _: None) -> None:
    """Everything back, into an empty deployment. Stop the server first. Raises BackupFailed."""
    source = source.absolute()
    about = _checked(source)
    _require_emptiness()
    log = _file_engine()
    _load_database(source / DATABASE[about["database"]])
    say("Database: restored")
    try:
        names = log.restore(str(source / "log"))
    except (LogError, OSError) as error:
        raise BackupFailed(
            f"The log was not restored: {error}",
            hint=f"The database is in place. Mend that, then run: manage.py log restore {source / 'log'}",
        ) from error
    say(f"Log: {len(names)} streams restored")
    _carry_positions_over(log)
    if (source / KEY).exists() and not (settings.DATA_DIR / KEY).is_symlink():
        shutil.copyfile(source / KEY, settings.DATA_DIR / KEY)
        (settings.DATA_DIR / KEY).chmod(0o600)


def _save_database(folder: Path) -> str:
    name = DATABASE[connection.vendor]
    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(folder / name)) as copy:
            connection.ensure_connection()
            connection.connection.backup(copy)
        return name
    _postgres("pg_dump", "--format=custom", "--no-owner", f"--file={folder / name}")
    return name


def _save_log(target: Path, say: Say) -> None:
    log = _file_engine()
    done = log.backup(log.streams(), str(target))
    say(f"Log: {done.streams} streams, {done.files} files, {done.bytes:,} bytes")


def _checked(source: Path) -> dict[str, Any]:
    """What the backup says of itself, with every file of ours compared with it; the log checks its own."""
    try:
        about = json.loads((source / ABOUT).read_text())
        files = dict(about["files"])
        if about["format"] != FORMAT or about["database"] not in DATABASE:
            raise ValueError
    except FileNotFoundError as error:
        raise BackupFailed(f"{source} is no backup: it has no {ABOUT}.") from error
    except (ValueError, KeyError, TypeError) as error:
        raise BackupFailed(f"{source / ABOUT} is not of a kind that this version reads.") from error
    if about["database"] != connection.vendor:
        raise BackupFailed(
            f"The backup is of {about['database']}, this deployment uses {connection.vendor}.",
            hint="Set DATABASE_URL to an empty database of that kind.",
        )
    for name, digest in files.items():
        if Path(name).name != name or not (source / name).is_file() or _digest(source / name) != digest:
            raise BackupFailed(f"{source / name} is missing or not what was written.", hint="Use another backup.")
    return dict(about)


def _require_emptiness() -> None:
    """Neither tables with rows nor streams: restoring never mixes."""
    if engine().streams():
        raise BackupFailed("The log has streams already.", hint="Restore into an empty FACTSTORM_DATA.")
    tables = set(connection.introspection.table_names())
    people = apps.get_model(settings.AUTH_USER_MODEL)
    if people._meta.db_table in tables and people.objects.exists():
        raise BackupFailed("The database has people already.", hint="Restore into an empty database.")


def _load_database(dump: Path) -> None:
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        with closing(sqlite3.connect(dump)) as saved:
            saved.backup(connection.connection)
        return
    _postgres(
        "pg_restore", "--clean", "--if-exists", "--no-owner", "--exit-on-error", "--single-transaction", str(dump)
    )


def _postgres(program: str, *arguments: str) -> None:
    """Run PostgreSQL's own program on our database; the password travels in the environment, not in the arguments."""
    facts = connection.settings_dict
    environment = {**os.environ, "PGPASSWORD": str(facts["PASSWORD"])}
    where = [f"--host={facts['HOST'] or 'localhost'}", f"--port={facts['PORT'] or 5432}", f"--username={facts['USER']}"]
    connection.close()
    try:
        done = subprocess.run(  # noqa: S603 -- our own words and the operator's settings, no shell
            [program, *where, f"--dbname={facts['NAME']}", *arguments],
            env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
    except FileNotFoundError as error:
        raise BackupFailed(
            f"{program} is not installed here.", hint="Debian: apt-get install postgresql-client"
        ) from error
    if done.returncode:
        raise BackupFailed(f"{program} failed: {done.stderr.strip()[-1000:]}")


def _carry_positions_over(log: FileEngine) -> None:
    """Every stored position of a stream to the stream's new epoch."""
    cursors = [model for model in apps.get_models() if _keeps_positions(model)]
    with transaction.atomic():
        for model in cursors:
            rows: Iterable[Any] = model._default_manager.select_related("stream")
            for row in rows:
                try:
                    old = Position.decode(row.position)
                    epoch = log.describe(row.stream.log_name).epoch
                except (PositionError, LogError):
                    continue  # the one who reads on from there will find out and begin anew
                row.position = replace(old, epoch=epoch).encode()
                row.save(update_fields=["position"])


def _keeps_positions(model: type[models.Model]) -> bool:
    return {"stream", "position"} <= {field.name for field in model._meta.get_fields()}


def _file_engine() -> FileEngine:
    found = engine()
    if not isinstance(found, FileEngine):
        raise BackupFailed(
            "Only the built-in log is backed up from here.",
            hint="A broker's streams are backed up by its own means; so is the database then.",
        )
    return found


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def _sync(path: Path) -> None:
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
