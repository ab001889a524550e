"""What one room costs the server by itself, in processor time: sockets that send nowhere, edits at a rate.

    .venv/bin/python bench/room.py --sockets 100 --rate 300 --seconds 6

Without a web server and without clients, so that the figure is of the room alone (gathering, storing, encoding, handing
to each socket's sender), and does not depend on what else the machine does. Prints milliseconds of processor time an
operation, and how many frames were handed out.
"""

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))
from board import prepare


async def run(arguments: argparse.Namespace, access: Any, board_id: uuid.UUID) -> None:
    from storming import protocol
    from storming.hub import current_hub
    from storming.sessions import Session

    handed = 0

    async def send(_: str) -> None:
        nonlocal handed
        handed += 1

    async def close(_: int) -> None:
        pass

    room = await current_hub().room(board_id)
    sessions = []
    for _ in range(arguments.sockets):
        session = Session(access=access, principal=None, session_key=None, send=send, close=close)  # type: ignore[arg-type]
        await room.join(session, protocol.Hello(v=1, client_id=str(uuid.uuid4())))
        sessions.append(session)
    await asyncio.sleep(1)
    handed, n, began, burnt = 0, 0, time.perf_counter(), time.process_time()
    while time.perf_counter() - began < arguments.seconds:
        n += 1
        patch = protocol.PatchFrame({f"n{n % arguments.notes}": {"x": n % 9000}})
        await room.submit(sessions[n % len(sessions)], protocol.Ops(ops=[protocol.Op(n=n, patch=patch)]))
        if arguments.cursors and n % 3 == 0:
            for each in sessions:
                room.moved(each, protocol.Presence(cursor=(n, n)))
        await asyncio.sleep(1 / arguments.rate)
    taken, burnt = time.perf_counter() - began, time.process_time() - burnt
    print(f"{arguments.sockets} sockets, {n:,} operations in {taken:.1f} s, {handed:,} frames handed out")
    print(f"  processor time: {1000 * burnt / n:.2f} ms an operation, {1e6 * burnt / max(handed, 1):.0f} µs a frame")
    await current_hub().close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sockets", type=int, default=100)
    parser.add_argument("--notes", type=int, default=3000)
    parser.add_argument("--rate", type=float, default=300)
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--cursors", action="store_true", help="everybody moves their cursor as well")
    arguments = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="factstorm-bench-")
    try:
        prepare(folder, arguments.notes, 1)
        from storming.models import Board
        from workspaces.access import system_access

        board = Board.objects.select_related("workspace").get()
        asyncio.run(run(arguments, system_access(board.workspace), board.pk))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
