"""Fan-out: how many records a second reach N sockets that all watch one stream, within 100 ms?

    python bench/fanout.py                                   uvicorn, centrifugo, group_send with 100 and 1,000 sockets
    python bench/fanout.py --systems uvicorn,granian,daphne --sockets 1000
    python bench/fanout.py --sockets 1,100 --step 2

An appender sends events of about 300 bytes, each carrying the time it was sent, every 20 ms; the rate doubles from
step to step until the 99th percentile of sent-to-received passes 100 ms, or records stay out. The table has the last
step that held: events appended a second, records delivered a second, latency, the server's processors in use, records
delivered a second of its processor time; and the server's memory a socket. Sender and sockets are two processes on this
machine; the sockets' client reads frames with a few lines of its own (bench/raw_socket.py), so that it costs little.

    uvicorn, granian, daphne   our server: validated, durable (fdatasync before anybody sees it), replayable
    centrifugo                 history on (in memory, 100,000 records): published by its HTTP API in batches
    group_send                 Channels' group_send on uvicorn, in-memory layer: nothing is stored
"""

import argparse
import asyncio
import contextlib
import json
import math
import multiprocessing
import os
import shutil
import statistics
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any

from raw_socket import RawSocket, open_socket
from serving import STREAM, TYPE, free_port, prepare, serve, stop

from bench.peers import centrifugo, group_send

TICK_S = 0.02
LATE_S = 0.1
CREDIT = 20_000
MARK = b'"note":"'
FIRST_RATE = {1: 400, 10: 200}


def event(number: int, at: float) -> bytes:
    return (
        b"%b"
        % json.dumps(
            {
                "order_id": f"{number:012d}",
                "customer": {"id": number, "name": "Ada Lovelace", "email": "ada@example.org"},
                "lines": [{"sku": f"SKU-{number % 977:05d}", "quantity": 1, "price": "19.90"}] * 2,
                "placed_at": "2026-11-24T09:30:00Z",
                "note": f"{at:.6f}",
            },
            separators=(",", ":"),
        ).encode()
    )


class Watched:
    """What the sockets saw. `latencies` of the records of a step: of the last record of each frame, and their count."""

    def __init__(self) -> None:
        self.records = 0
        self.latencies: list[float] = []

    def saw(self, data: bytes) -> int:
        """How many records these bytes hold."""
        count = data.count(MARK)
        if count:
            now = time.time()
            first, last = data.find(MARK) + len(MARK), data.rfind(MARK) + len(MARK)
            self.records += count
            self.latencies.append(now - float(data[first : data.find(b'"', first)]))
            if count > 1:
                self.latencies.append(now - float(data[last : data.find(b'"', last)]))
        return count


# Systems: how to connect, and how to publish --------------------------------------------------------------------------


class Ours:
    """Our server on one of three ASGI servers."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.label = f"Factstorm, {name}"

    @contextlib.contextmanager
    def running(self) -> Iterator[int]:
        _, _, self.key = prepare()
        self.port = free_port()
        server = serve(self.port, self.name)
        try:
            yield server.pid
        finally:
            stop(server)
            shutil.rmtree(os.environ["FACTSTORM_DATA"], ignore_errors=True)

    async def watch(self, watched: Watched) -> RawSocket:
        owed = 0
        ready = asyncio.Event()

        def on_message(data: bytes) -> None:
            nonlocal owed
            owed += watched.saw(data)
            if owed > CREDIT // 2:
                position = data[data.rfind(b'"position":"') + 12 : -2].decode()
                socket.send(json.dumps({"t": "credit", "n": owed, "position": position}))
                owed = 0
            if data.startswith(b'{"t":"caught_up"') or data.startswith(b'{"t":"subscribed"'):
                ready.set()

        path = f"/ws/v1/w/bench/streams/{STREAM}/tail"
        socket = await open_socket(self.port, path, {"Authorization": f"Bearer {self.key}"}, on_message)
        socket.send(json.dumps({"t": "subscribe", "from": "latest", "credit": CREDIT}))
        await asyncio.wait_for(ready.wait(), 30)
        return socket

    def publisher(self) -> Any:
        connection = HTTPConnection("127.0.0.1", self.port)
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/x-ndjson"}

        def publish(events: list[bytes]) -> None:
            body = b"\n".join(b'{"type":"%b","data":%b}' % (TYPE.encode(), each) for each in events)
            connection.request("POST", f"/api/v1/w/bench/streams/{STREAM}/records", body, headers)
            answer = connection.getresponse()
            answer.read()
            if answer.status != 201:
                raise SystemExit(f"{answer.status}")

        return publish


class Centrifugo:
    """Centrifugo with history, its JSON protocol."""

    label = f"Centrifugo, {centrifugo.HISTORY}"

    @contextlib.contextmanager
    def running(self) -> Iterator[int]:
        with centrifugo.running() as (self.port, pid):
            yield pid

    async def watch(self, watched: Watched) -> RawSocket:
        ready = asyncio.Event()

        def on_message(data: bytes) -> None:
            watched.saw(data)
            if b'"subscribe":' in data:
                ready.set()
            if data == b"{}":
                socket.send("{}")

        socket = await open_socket(self.port, "/connection/websocket", {}, on_message)
        socket.send('{"id":1,"connect":{}}\n{"id":2,"subscribe":{"channel":"facts:orders"}}')
        await asyncio.wait_for(ready.wait(), 30)
        return socket

    def publisher(self) -> Any:
        connection = HTTPConnection("127.0.0.1", self.port)
        headers = {"X-API-Key": centrifugo.API_KEY, "Content-Type": "application/json"}

        def publish(events: list[bytes]) -> None:
            commands = b",".join(b'{"publish":{"channel":"facts:orders","data":%b}}' % each for each in events)
            connection.request("POST", "/api/batch", b'{"commands":[%b]}' % commands, headers)
            answer = connection.getresponse()
            text = answer.read()
            if answer.status != 200 or b'"error"' in text:
                raise SystemExit(f"{answer.status} {text[:300]!r}")

        return publish


class GroupSend:
    """Channels alone."""

    label = "Channels `group_send`, uvicorn, in-memory layer"

    @contextlib.contextmanager
    def running(self) -> Iterator[int]:
        with group_send.running() as (self.port, pid):
            yield pid

    async def watch(self, watched: Watched) -> RawSocket:
        return await open_socket(self.port, "/", {}, watched.saw)  # type: ignore[arg-type]

    def publisher(self) -> Any:
        connection = HTTPConnection("127.0.0.1", self.port)

        def publish(events: list[bytes]) -> None:
            connection.request("POST", "/publish", b"\n".join(events))
            connection.getresponse().read()

        return publish


def system(name: str) -> Any:
    return {"centrifugo": Centrifugo, "group_send": GroupSend}.get(name, lambda: Ours(name))()


# Measuring ------------------------------------------------------------------------------------------------------------


def send_steadily(made: Any, rate: float, seconds: float, results: Any) -> None:
    """Events at this rate, as many every TICK_S; reports how many were sent. A sender that falls behind says so."""
    publish, sent, began = made.publisher(), 0, time.perf_counter()
    while (now := time.perf_counter() - began) < seconds:
        due = int(now * rate) + 1
        if due > sent:
            at = time.time()
            publish([event(number, at) for number in range(sent, due)])
            sent = due
        time.sleep(max(0.0, TICK_S - (time.perf_counter() - began - now)))
    results.put((sent, time.perf_counter() - began))


def processor_s(pid: int) -> float:
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_bytes(pid: int) -> int:
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def pids(pid: int) -> list[int]:
    """The process and its children: granian serves from a child."""
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [pid, *map(int, file.read().split())]


async def step(made: Any, server: int, sockets: int, watched: Watched, rate: float, seconds: float) -> dict[str, float]:
    context = multiprocessing.get_context("fork")
    results: Any = context.Queue()
    watched.records, watched.latencies = 0, []
    used = sum(map(processor_s, pids(server)))
    sender = context.Process(target=send_steadily, args=(made, rate, seconds, results))
    sender.start()
    began = time.perf_counter()
    await asyncio.sleep(seconds)
    sent, took = await asyncio.to_thread(results.get, True, 30)
    for _ in range(20):
        if watched.records >= sent * sockets:
            break
        await asyncio.sleep(0.05)
    sender.join()
    took = max(took, time.perf_counter() - began - 0.05)
    ordered = sorted(watched.latencies) or [math.inf]
    return {
        "rate": sent / took,
        "delivered": watched.records / took,
        "missing": sent * sockets - watched.records,
        "p50": statistics.median(ordered),
        "p99": ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))],
        "processors": (sum(map(processor_s, pids(server))) - used) / took,
    }


async def measure(made: Any, server: int, sockets: int, seconds: float) -> None:
    watched = Watched()
    before = sum(map(memory_bytes, pids(server)))
    opened: list[RawSocket] = []
    for first in range(0, sockets, 50):
        opened += await asyncio.gather(*(made.watch(watched) for _ in range(first, min(first + 50, sockets))))
    await asyncio.sleep(0.5)
    each = (sum(map(memory_bytes, pids(server))) - before) / sockets
    await step(made, server, sockets, watched, 20, 0.6)  # warm
    rate, held = float(FIRST_RATE.get(sockets, 50)), None
    while True:
        found = await step(made, server, sockets, watched, rate, seconds)
        if found["p99"] > LATE_S or found["missing"] or found["rate"] < rate * 0.8:
            break
        held, rate = found, rate * 2
    why = "p99 {:.0f} ms".format(found["p99"] * 1000) if not found["missing"] else f"{found['missing']:,.0f} stayed out"
    if held is None:
        print(f"| {made.label} | {sockets:,} | none held: {why} at {rate:,.0f}/s | | | | | | {each / 1024:,.0f} |")
    else:
        per_core = held["delivered"] / held["processors"]
        print(
            f"| {made.label} | {sockets:,} | {held['rate']:,.0f} | {held['delivered']:,.0f} |"
            f" {held['p50'] * 1000:.1f} | {held['p99'] * 1000:.1f} | {held['processors']:.2f} | {per_core:,.0f} |"
            f" {each / 1024:,.0f} |",
            flush=True,
        )
    for socket in opened:
        socket.close()
    await asyncio.sleep(0.5)


def run(coroutine: Any) -> None:
    try:
        import uvloop
    except ImportError:
        asyncio.run(coroutine)
    else:
        uvloop.run(coroutine)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--systems", default="uvicorn,centrifugo,group_send")
    parser.add_argument("--sockets", default="100,1000")
    parser.add_argument("--step", type=float, default=1.5, help="seconds a rate is held")
    options = parser.parse_args()
    print(
        "| | sockets | events/s | delivered/s | p50 ms | p99 ms | processors | delivered/s a processor | KiB a socket |"
    )
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|", flush=True)
    for name in options.systems.split(","):
        if name == "centrifugo" and centrifugo.missing():
            print(f"| Centrifugo | skipped: {centrifugo.missing()} |")
            continue
        for sockets in map(int, options.sockets.split(",")):
            one = multiprocessing.get_context("fork").Process(target=measure_one, args=(name, sockets, options.step))
            one.start()
            one.join()


def measure_one(name: str, sockets: int, seconds: float) -> None:
    """In a process of its own: each begins with an empty data folder."""
    made = system(name)
    with made.running() as server:
        run(measure(made, server, sockets, seconds))


if __name__ == "__main__":
    main()
