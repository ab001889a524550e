"""Servers in processes of their own."""

import contextlib
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

READY_S = 60.0
BENCH = Path(__file__).parents[1]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def started(command: list[str], *, port: int, log: Path, **popen: object) -> Iterator[subprocess.Popen[bytes]]:
    """Started, answering on the port, and in the end stopped."""
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, **popen)  # type: ignore[call-overload]
    try:
        until = time.monotonic() + READY_S
        while time.monotonic() < until:
            if process.poll() is not None:
                break
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                yield process
                return
            time.sleep(0.1)
        raise SystemExit(f"{command[0]} did not start:\n{log.read_text(errors='replace')[-3000:]}")
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def cache_folder(name: str) -> Path:
    """Where what was downloaded or built stays for the next run; not in the repository."""
    folder = BENCH / ".cache" / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder
