"""Real servers for tests: Redis and PostgreSQL from the system's packages, each in a folder and on a port of its own.

with running_redis() as url: ...        # redis://127.0.0.1:<port>/0, append-only file, synced always
with running_postgres() as url: ...     # postgres://factstorm@127.0.0.1:<port>/factstorm, an empty database

Where the programs are not installed, or may not be started, the test skips and says why (CI has them).
"""

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

READY_SECONDS = 30.0


@contextlib.contextmanager
def running_redis(*arguments: str, port: int = 0) -> Iterator[str]:
    """One redis-server; its URL."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("redis-server is not installed here (Debian: apt-get install redis-server)")
    port = port or free_port()
    with tempfile.TemporaryDirectory(prefix="factstorm-redis-") as folder:
        command = [program, "--port", str(port), "--bind", "127.0.0.1", "--dir", folder, "--save", ""]
        command += ["--appendonly", "yes", "--appendfsync", "always", *arguments]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            _wait(lambda: _answers(port), "redis-server")
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            process.terminate()
            process.wait(10)


@contextlib.contextmanager
def running_postgres() -> Iterator[str]:
    """One PostgreSQL cluster with the database factstorm; its URL. Synchronous commits stay on, as in production."""
    programs = _postgres_programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed here (Debian: apt-get install postgresql)")
    port = free_port()
    folder = Path(tempfile.mkdtemp(prefix="factstorm-postgres-"))
    try:
        _hand_over(folder)
        data = folder / "data"
        _as_postgres(programs / "initdb", "-D", data, "-U", "factstorm", "-A", "trust", "-E", "UTF8", "--no-sync")
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c max_connections=200"
        _as_postgres(programs / "pg_ctl", "-D", data, "-l", folder / "log", "-o", options, "-w", "start")
        try:
            _as_postgres(programs / "createdb", "-h", "127.0.0.1", "-p", str(port), "-U", "factstorm", "factstorm")
            yield f"postgres://factstorm@127.0.0.1:{port}/factstorm"
        finally:
            _as_postgres(programs / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _postgres_programs() -> Path | None:
    """The folder that holds all of PostgreSQL's programs: that of the PATH's initdb, or the newest of Debian's."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parts[-2]), reverse=True)
    on_path = shutil.which("initdb")
    folders = [Path(on_path).resolve().parent] if on_path else []
    for folder in (*folders, *versions):
        if all((folder / name).exists() for name in ("initdb", "pg_ctl", "createdb")):
            return folder
    return None


def _hand_over(folder: Path) -> None:
    """PostgreSQL refuses to run as root: then it runs as the user that its package made, who must own the folder."""
    if os.geteuid() == 0:
        try:
            owner = pwd.getpwnam("postgres")
        except KeyError:
            pytest.skip("PostgreSQL does not run as root, and there is no user postgres here")
        os.chown(folder, owner.pw_uid, owner.pw_gid)


def _as_postgres(program: Path, *arguments: object) -> None:
    user = "postgres" if os.geteuid() == 0 else None
    command = [str(program), *map(str, arguments)]
    done = subprocess.run(
        command, user=user, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"{program.name} failed: {done.stderr.decode(errors='replace')[-2000:]}")


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def _wait(ready: Callable[[], bool], what: str) -> None:
    ends = time.monotonic() + READY_SECONDS
    while time.monotonic() < ends:
        if ready():
            return
        time.sleep(0.05)
    raise RuntimeError(f"{what} did not start within {READY_SECONDS:.0f} seconds")
