"""Append-to-socket latency: how long after sending an append does a watcher hold the record?

    python bench/latency.py [--rate 1000] [--seconds 10] [--watchers 10] [--batch 10] [--server daphne|uvicorn]

One server process; an appender sends `rate` events a second over HTTP in batches, each event carrying the time it was
sent at; `watchers` tail sockets in this process note when it arrives. All on one machine: one clock. Durable: a record
is sent to watchers only once it is synced.
"""

import argparse
import asyncio
import json
import os
import shutil
import statistics
import time

import httpx
import websockets
from serving import STREAM, TYPE, free_port, prepare, serve, stop

CREDIT = 5_000


def event(number: int) -> dict[str, object]:
    return {
        "order_id": f"{number:012d}",
        "customer": {"id": number, "name": "Ada Lovelace", "email": "ada@example.org"},
        "lines": [{"sku": f"SKU-{number % 977:05d}", "quantity": 1, "price": "19.90"}] * 2,
        "placed_at": "2026-11-24T09:30:00Z",
        "note": str(time.time()),
    }


async def watch(url: str, key: str, ready: asyncio.Event, latencies: list[float]) -> None:
    headers = {"Authorization": f"Bearer {key}"}
    async with websockets.connect(url, additional_headers=headers, compression=None, max_size=None) as socket:
        await socket.send(json.dumps({"t": "subscribe", "from": "latest", "credit": CREDIT}))
        owed = 0
        async for text in socket:
            now = time.time()
            frame = json.loads(text)
            if frame["t"] == "caught_up":
                ready.set()
            if frame["t"] != "records":
                continue
            latencies += [now - float(record["data"]["note"]) for record in frame["records"]]
            owed += len(frame["records"])
            if owed > CREDIT / 4:
                await socket.send(json.dumps({"t": "credit", "n": owed, "position": frame["position"]}))
                owed = 0


async def publish(base: str, key: str, *, rate: float, seconds: float, batch: int) -> tuple[int, list[float]]:
    """How many were sent, and how long each append took to be acknowledged."""
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/x-ndjson"}
    sent, acknowledged = 0, []
    async with httpx.AsyncClient(headers=headers) as client:

        async def send() -> None:
            lines = "\n".join(json.dumps({"type": TYPE, "data": event(number)}) for number in range(batch))
            began = time.perf_counter()
            answer = await client.post(f"{base}/api/v1/w/bench/streams/{STREAM}/records", content=lines)
            acknowledged.append(time.perf_counter() - began)
            answer.raise_for_status()

        began = time.perf_counter()
        running: set[asyncio.Task[None]] = set()
        while (now := time.perf_counter() - began) < seconds:
            if sent / rate > now:
                await asyncio.sleep(sent / rate - now)
            task = asyncio.create_task(send())
            running.add(task)
            task.add_done_callback(running.discard)
            sent += batch
        await asyncio.gather(*running)
    return sent, acknowledged


def line(name: str, values: list[float]) -> None:
    cuts = statistics.quantiles(values, n=1000, method="inclusive")
    figures = [statistics.median(values), cuts[899], cuts[989], cuts[998], max(values)]
    print(f"{name:<22}" + "".join(f"{figure * 1000:>10.1f}" for figure in figures))


async def measure(options: argparse.Namespace, port: int, key: str) -> None:
    latencies: list[float] = []
    ready = [asyncio.Event() for _ in range(options.watchers)]
    url = f"ws://127.0.0.1:{port}/ws/v1/w/bench/streams/{STREAM}/tail"
    watchers = [asyncio.create_task(watch(url, key, each, latencies)) for each in ready]
    await asyncio.gather(*(each.wait() for each in ready))
    sent, acknowledged = await publish(
        f"http://127.0.0.1:{port}", key, rate=options.rate, seconds=options.seconds, batch=options.batch
    )
    for _ in range(50):
        if len(latencies) >= sent * options.watchers:
            break
        await asyncio.sleep(0.1)
    for each in watchers:
        each.cancel()
    print(
        f"{sent:,} events sent at {options.rate:g}/s in batches of {options.batch}; {len(latencies):,} of "
        f"{sent * options.watchers:,} received by {options.watchers} watchers ({options.server})"
    )
    print(f"{'milliseconds':<22}{'p50':>10}{'p90':>10}{'p99':>10}{'p99.9':>10}{'max':>10}")
    line("append to socket", latencies)
    line("append acknowledged", acknowledged)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=float, default=1_000)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--watchers", type=int, default=10)
    parser.add_argument("--batch", type=int, default=10)
    parser.add_argument("--server", choices=["daphne", "uvicorn"], default="daphne")
    options = parser.parse_args()
    _, _, key = prepare()
    port = free_port()
    server = serve(port, options.server)
    try:
        asyncio.run(measure(options, port, key))
    finally:
        stop(server)
        shutil.rmtree(os.environ["FACTSTORM_DATA"], ignore_errors=True)


if __name__ == "__main__":
    main()
