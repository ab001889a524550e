"""Catching up: how fast is a stored stream read again, in process and over one socket?

    python bench/catch_up.py [--records 1000000] [--server uvicorn|daphne|granian] [--only in-process|socket|http]
                             [--profile]

A stream of events of about 300 bytes, stored in batches of 1,000. In process: the engine's read, checked (crc) batches;
with their payloads; as single records; and encoded as a tail sends them. Over one socket: the server's tail from
`earliest`, with a large credit, to a process that takes the frames and gives credit back; "counted" looks only for the
end of each frame, "parsed" decodes every record (orjson), "client" is our Python client handing out `Record`s. Over
HTTP: pages of 10,000 records. Ends by itself: each line reads the stream once, or for ten seconds.
"""

import argparse
import asyncio
import cProfile
import json
import multiprocessing
import os
import pstats
import shutil
import time
from collections.abc import Callable
from http.client import HTTPConnection
from typing import Any

import orjson
import websockets
from publish import EVENTS
from serving import STREAM, TYPE, free_port, prepare, serve, stop

BATCH = 1_000
SECONDS_MAX = 10.0
CREDIT = 50_000


def fill(access: Any, records: int) -> None:
    from broker_adapter.actions import append_records
    from broker_adapter.envelopes import Events

    for number in range(records // BATCH):
        at = number * BATCH % len(EVENTS)
        payloads = EVENTS[at : at + BATCH]
        append_records(access, stream=STREAM, events=Events([TYPE] * BATCH, payloads))


def line(name: str, count: int, seconds: float) -> None:
    print(f"| {name} | {count / seconds:,.0f} |", flush=True)


def in_process(log_name: str) -> None:
    from broker_adapter.encoding import encode_records
    from broker_adapter.engine_holder import engine

    ways: dict[str, Callable[[Any], object]] = {
        "in process, batches checked": lambda view: None,
        "in process, with payloads": lambda view: view.payloads,
        "in process, single records": lambda view: list(view.records()),
        "in process, encoded for a tail": encode_records,
    }
    for name, use in ways.items():
        position, count, started = engine().earliest(log_name), 0, time.perf_counter()
        while time.perf_counter() < started + SECONDS_MAX:
            found = engine().read(log_name, position, records_max=10_000, bytes_max=4 << 20)
            for view in found.batches:
                use(view)
            count, position = count + found.count, found.position
            if found.caught_up:
                break
        line(name, count, time.perf_counter() - started)


async def tail(url: str, key: str, records: int, *, parse: bool) -> tuple[int, float]:
    headers = {"Authorization": f"Bearer {key}"}
    async with websockets.connect(url, additional_headers=headers, compression=None, max_size=None) as socket:
        await socket.send(json.dumps({"t": "subscribe", "from": "earliest", "credit": CREDIT}))
        count, started = 0, time.perf_counter()
        while count < records and time.perf_counter() < started + SECONDS_MAX:
            frame = await socket.recv(decode=False)
            if not frame.startswith(b'{"t":"records"'):
                continue
            if parse:
                found = orjson.loads(frame)
                taken, position = len(found["records"]), found["position"]
            else:
                taken, position = frame.count(b'"offset":"'), frame[frame.rfind(b'"position":"') + 12 : -2].decode()
            count += taken
            await socket.send(json.dumps({"t": "credit", "n": taken, "position": position}))
        return count, time.perf_counter() - started


def over_socket(port: int, key: str, records: int) -> None:
    url = f"ws://127.0.0.1:{port}/ws/v1/w/bench/streams/{STREAM}/tail"
    for name, parse in (("over one socket, counted", False), ("over one socket, parsed", True)):
        line(name, *asyncio.run(tail(url, key, records, parse=parse)))
    from factstorm import Client

    count, started = 0, time.perf_counter()
    client = Client(f"http://127.0.0.1:{port}", workspace="bench", key=key)
    with client, client.stream(STREAM).tail(start="earliest", window=CREDIT) as following:
        for batch in following.batches():
            count += len(batch.records)
            if count >= records or time.perf_counter() > started + SECONDS_MAX:
                break
    line("over one socket, our Python client", count, time.perf_counter() - started)


def over_http(port: int, key: str, records: int) -> None:
    connection = HTTPConnection("127.0.0.1", port)
    position, count, started = "earliest", 0, time.perf_counter()
    while count < records and time.perf_counter() < started + SECONDS_MAX:
        path = f"/api/v1/w/bench/streams/{STREAM}/records?limit=10000&from={position}"
        headers = {"Authorization": f"Bearer {key}", "Accept": "application/x-ndjson"}
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        count += answer.read().count(b"\n")
        position = answer.headers["Factstorm-Position"]
    line("over HTTP, pages of 10,000", count, time.perf_counter() - started)


def apart(work: Callable[..., None], *arguments: Any) -> None:
    """In a process of its own."""
    process = multiprocessing.get_context("fork").Process(target=work, args=arguments)
    process.start()
    process.join()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--server", choices=["daphne", "uvicorn", "granian"], default="uvicorn")
    parser.add_argument("--only", choices=["in-process", "socket", "http"])
    parser.add_argument("--profile", action="store_true", help="profile the in-process lines")
    options = parser.parse_args()
    access, stream, key = prepare()
    fill(access, options.records)
    print(
        f"| {options.records:,} events of {len(EVENTS[1000])} bytes; server: {options.server} | records/s |\n|---|---:|"
    )
    if options.profile:
        profiler = cProfile.Profile()
        profiler.runcall(in_process, stream.log_name)
        pstats.Stats(profiler).sort_stats("tottime").print_stats(15)
    elif options.only in (None, "in-process"):
        in_process(stream.log_name)
    if options.only != "in-process":
        port = free_port()
        server = serve(port, options.server)
        if options.only in (None, "socket"):
            apart(over_socket, port, key, options.records)
        if options.only in (None, "http"):
            apart(over_http, port, key, options.records)
        stop(server)
    shutil.rmtree(os.environ["FACTSTORM_DATA"], ignore_errors=True)


if __name__ == "__main__":
    main()
