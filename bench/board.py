"""How fast one room of one server process takes operations: N websocket clients write on one board, each hears all.

    .venv/bin/python bench/board.py --sockets 20 --rate 300 --seconds 10

Starts its own server (Daphne, loopback, a data folder in /tmp) on a free port, fills a board with ``--notes`` notes,
and prints operations a second, milliseconds from sending to the own acknowledgement and to the arrival at another
socket (p50, p95, p99), and the server's memory. ``--rate 0`` sends as fast as acknowledgements come back (40 operations
in flight a socket). The clients share the machine with the server.
"""

import argparse
import asyncio
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def prepare(folder: str, notes: int, people: int) -> tuple[str, list[str]]:
    """A workspace with a board; the path of its socket and one session key a person."""
    os.environ |= {"FACTSTORM_DATA": folder, "DJANGO_SETTINGS_MODULE": "config.settings", "LOG_LEVEL": "WARNING"}
    sys.path.insert(0, str(ROOT))
    import django

    django.setup()
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore
    from django.core.management import call_command

    from storming import actions
    from storming.state import BoardState
    from workspaces.access import system_access
    from workspaces.actions import create_workspace
    from workspaces.models import Membership, Person

    call_command("migrate", verbosity=0)
    owner = Person.objects.create(email="p0@example.org", name="P0", password="!")
    workspace = create_workspace(owner, name="Bench")
    access = system_access(workspace)
    board = actions.create_board(access, name="Bench")
    state = BoardState.load(board.pk)
    elements = {
        f"n{i}": {"kind": "domain_event", "x": i % 100 * 160, "y": i // 100 * 160, "text": f"Order {i} was placed"}
        for i in range(notes)
    }
    keys = list(elements)
    for start in range(0, notes, 1000):
        actions.write_as_server(state, access.actor, {key: elements[key] for key in keys[start : start + 1000]})
    state.save_snapshot()
    sessions = []
    for number in range(people):
        person = owner if number == 0 else Person.objects.create(email=f"p{number}@example.org", name=f"P{number}")
        if number:
            Membership.objects.create(workspace=workspace, person=person, role="participant")
        session = SessionStore()
        session[SESSION_KEY], session[HASH_SESSION_KEY] = str(person.pk), person.get_session_auth_hash()
        session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
        session.save()
        sessions.append(session.session_key)
    return f"/ws/v1/w/{workspace.slug}/boards/{board.pk}/", sessions


class Client:
    """One person's socket; notes when each of its operations was sent, acknowledged and heard by its neighbour."""

    def __init__(self, number: int, url: str, session: str, notes: int) -> None:
        self.number, self.url, self.session, self.notes = number, url, session, notes
        self.id, self.n, self.sent = str(uuid.uuid4()), 0, {}
        self.acks: list[float] = []
        self.heard: list[float] = []
        self.listens_to: Client | None = None
        self.flying = asyncio.Semaphore(40)
        self.received = 0

    async def open(self) -> None:
        from websockets.asyncio.client import connect

        headers = {"Cookie": f"factstorm_session={self.session}"}
        self.socket = await connect(self.url, additional_headers=headers, max_size=None, compression=None)
        await self.socket.send(json.dumps({"t": "hello", "v": 1, "client_id": self.id, "epoch": None, "since": None}))
        while json.loads(await self.socket.recv())["t"] != "welcome":
            pass
        self.reader = asyncio.create_task(self.read())

    async def read(self) -> None:
        import msgspec

        async for text in self.socket:
            frame, now = msgspec.json.decode(text), time.perf_counter()
            if frame["t"] == "ack":
                for result in frame["results"]:
                    assert "seq" in result, result
                    self.acks.append(now - self.sent[result["n"]])
                    self.flying.release()
            elif frame["t"] == "ops":
                self.received += len(frame["ops"])
                other = self.listens_to
                for operation in frame["ops"]:
                    if other is not None and operation["client_id"] == other.id:
                        self.heard.append(now - other.sent[operation["n"]])

    async def send(self, count: int) -> None:
        operations = []
        for _ in range(count):
            self.n += 1
            key = f"n{(self.n * 31 + self.number * 7) % max(self.notes, 1)}"
            patch = {"elements": {key: {"x": self.n % 9000, "y": self.number * 10}}}
            operations.append({"n": self.n, "patch": patch})
            self.sent[self.n] = time.perf_counter()
        await self.socket.send(json.dumps({"t": "ops", "ops": operations}))

    async def write(self, until: float, rate: float) -> None:
        while time.perf_counter() < until:
            if rate:
                await self.send(1)
                await asyncio.sleep(1 / rate)
            else:
                for _ in range(10):
                    await self.flying.acquire()
                await self.send(10)

    async def move(self, until: float) -> None:
        step = 0
        while time.perf_counter() < until:
            step += 1
            await self.socket.send(json.dumps({"t": "presence", "cursor": [step, self.number]}))
            await asyncio.sleep(0.05)


def percentiles(values: list[float]) -> str:
    cuts = statistics.quantiles(values, n=100)
    return "  ".join(f"p{p} {cuts[p - 1] * 1000:.1f} ms" for p in (50, 95, 99))


def memory_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024


def cpu_seconds(pid: int) -> float:
    """User and system time of the process so far: what counts on a machine that is busy with other things."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def run(arguments: argparse.Namespace, url: str, sessions: list[str], pid: int) -> None:
    clients = [Client(i, url, session, arguments.notes) for i, session in enumerate(sessions)]
    for client, other in zip(clients, clients[1:] + clients[:1], strict=True):
        client.listens_to = other
    began = time.perf_counter()
    for client in clients:
        await client.open()
    joined = time.perf_counter() - began
    before, start, burnt = memory_mb(pid), time.perf_counter(), cpu_seconds(pid)
    until = start + arguments.seconds
    work = [client.write(until, arguments.rate / len(clients)) for client in clients]
    if arguments.cursors:
        work += [client.move(until) for client in clients]
    await asyncio.gather(*work)
    for _ in range(500):
        if all(len(client.acks) == client.n for client in clients):
            break
        await asyncio.sleep(0.02)
    taken, burnt = time.perf_counter() - start, cpu_seconds(pid) - burnt
    total = sum(client.n for client in clients)
    acked = sum(len(client.acks) for client in clients)
    asked = f"{arguments.rate:.0f}" if arguments.rate else "as many as go"
    cursors = ", 20 cursor moves/s each" if arguments.cursors else ""
    print(f"{len(clients)} sockets, board of {arguments.notes:,} notes, asked for {asked} operations/s{cursors}")
    print(f"  joined one after the other in {joined:.2f} s")
    print(f"  sent {total:,}, acknowledged {acked:,} in {taken:.1f} s: {acked / taken:,.0f} operations/s")
    print(f"  to the own ack:    {percentiles([value for client in clients for value in client.acks])}")
    print(f"  to another socket: {percentiles([value for client in clients for value in client.heard])}")
    print(f"  server processor time: {burnt:.1f} s of {taken:.1f} s ({100 * burnt / taken:.0f} % of a core)")
    print(f"  server memory: {before:.0f} MB -> {memory_mb(pid):.0f} MB")
    assert acked == total, "an operation was not acknowledged"
    for client in clients:
        client.reader.cancel()
        await client.socket.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sockets", type=int, default=20)
    parser.add_argument("--notes", type=int, default=1000)
    parser.add_argument("--rate", type=float, default=300, help="operations/s of all together; 0: as many as go")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--cursors", action="store_true", help="everybody moves their cursor as well")
    arguments = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="factstorm-bench-")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    path, sessions = prepare(folder, arguments.notes, arguments.sockets)
    command = [sys.executable, "-m", "daphne", "-v", "0", "-b", "127.0.0.1", "-p", str(port), "config.asgi:application"]
    server = subprocess.Popen(command, cwd=ROOT, env=os.environ)
    try:
        for _ in range(900):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        asyncio.run(run(arguments, f"ws://127.0.0.1:{port}{path}", sessions, server.pid))
    finally:
        server.terminate()
        server.wait()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
