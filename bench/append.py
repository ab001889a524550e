"""Durable appends and reads, in process: records a second, and microseconds of processor time a record.

    python bench/append.py [--engine file|memory] [--folder DIR] [--seconds 2] [--profile]

Events are JSON of about 300 bytes with a few headers, as floor 1 sends them. Every append returns after fdatasync
(engine `file`). The last column of the append table is what the same disk does with bare pwrite + fdatasync of the same
bytes by one thread: the ceiling that no log on this disk passes without grouping.
"""

import argparse
import cProfile
import json
import os
import pstats
import shutil
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from broker_adapter.log.engine import Engine, open_engine
from broker_adapter.log.records import NewRecords

BATCHES = (1, 10, 100, 1000)
PUBLISHERS = (1, 4)
STREAM = "bench/events"
HEADERS = (
    ("type", b"Order Placed"),
    ("version", b"1.2.0"),
    ("ce-source", b"/shop"),
    ("content-type", b"application/json"),
)


def event(number: int) -> bytes:
    return json.dumps(
        {
            "order_id": f"{number:012d}",
            "customer": {"id": number * 7919 % 100_000, "name": "Ada Lovelace", "email": "ada@example.org"},
            "lines": [{"sku": f"SKU-{number % 977:05d}", "quantity": 1 + number % 5, "price": "19.90"}] * 2,
            "placed_at": "2026-11-24T09:30:00Z",
            "note": "leave at the door",
        }
    ).encode()


def batches(size: int) -> list[NewRecords]:
    """A few prepared batches, so that making events isn't measured."""
    events = [event(number) for number in range(max(size, 100) * 4)]
    return [
        NewRecords(events[at : at + size], headers=[HEADERS] * size) for at in range(0, len(events) - size + 1, size)
    ][:64]


def publish(
    engine: Engine, prepared: list[NewRecords], until: float, counts: list[int], latencies: list[float]
) -> None:
    done = at = 0
    while (now := time.perf_counter()) < until:
        engine.append(STREAM, prepared[at % len(prepared)])
        latencies.append(time.perf_counter() - now)
        done += len(prepared[0])
        at += 1
    counts.append(done)


def measure(engine: Engine, *, size: int, publishers: int, seconds: float) -> tuple[float, float, float]:
    """Records a second, microseconds of processor a record, median latency of an append in ms."""
    prepared, counts, latencies = batches(size), [], []
    started, processor = time.perf_counter(), time.process_time()
    threads = [
        threading.Thread(target=publish, args=(engine, prepared, started + seconds, counts, latencies))
        for _ in range(publishers)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took, used = time.perf_counter() - started, time.process_time() - processor
    return sum(counts) / took, used / sum(counts) * 1e6, statistics.median(latencies) * 1e3


def bare_disk(folder: str, *, size: int, seconds: float) -> float:
    """Records a second of plain pwrite + fdatasync of as many bytes."""
    data = b"".join(batches(size)[0].payloads)
    path = os.path.join(folder, "bare")
    fd = os.open(path, os.O_RDWR | os.O_CREAT)
    position, started, done = 0, time.perf_counter(), 0
    while time.perf_counter() < started + seconds:
        os.pwrite(fd, data, position)
        os.fdatasync(fd)
        position += len(data)
        done += size
    took = time.perf_counter() - started
    os.close(fd)
    os.remove(path)
    return done / took


def measure_reads(engine: Engine) -> list[tuple[str, float]]:
    """Records a second when a whole stream is read: batches only, payloads, type counts, single records."""
    kinds = {
        "batches, checked": lambda view: None,
        "+ counted by type": lambda view: view.count_by_header("type"),
        "+ payloads": lambda view: view.payloads,
        "+ single records": lambda view: list(view.records()),
    }
    found = []
    for name, use in kinds.items():
        position, done, started = engine.earliest(STREAM), 0, time.perf_counter()
        while True:
            slice_ = engine.read(STREAM, position, records_max=10_000, bytes_max=4 << 20)
            for view in slice_.batches:
                use(view)
            done += slice_.count
            position = slice_.position
            if slice_.caught_up or done > 3_000_000:
                break
        found.append((name, done / (time.perf_counter() - started)))
    return found


def fresh(url: str) -> Engine:
    engine = open_engine(url, memory_bytes_max=16 << 30)
    if engine.exists(STREAM):
        engine.delete(STREAM)
    engine.create(STREAM)
    return engine


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--engine", choices=["file", "memory"], default="file")
    arguments.add_argument("--folder")
    arguments.add_argument("--seconds", type=float, default=2.0)
    arguments.add_argument("--profile", action="store_true", help="profile one publisher with batches of 1,000")
    chosen = arguments.parse_args()
    folder = tempfile.mkdtemp(prefix="factstorm-bench-", dir=chosen.folder)
    url = f"file://{folder}/log" if chosen.engine == "file" else "memory:"
    try:
        if chosen.profile:
            profile(url, chosen.seconds)
            return
        print(
            f"events of {len(event(1))} bytes, engine {chosen.engine}, {chosen.seconds} s a line; {os.cpu_count()} cpus"
        )
        print(
            f"{'batch':>6} {'publishers':>10} {'records/s':>12} {'us cpu/record':>14} {'median ms':>10}"
            f" {'bare disk/s':>12}"
        )
        for size in BATCHES:
            bare = bare_disk(folder, size=size, seconds=chosen.seconds / 2) if chosen.engine == "file" else 0
            for publishers in PUBLISHERS:
                engine = fresh(url)
                rate, processor, median = measure(engine, size=size, publishers=publishers, seconds=chosen.seconds)
                print(f"{size:>6} {publishers:>10} {rate:>12,.0f} {processor:>14.2f} {median:>10.2f} {bare:>12,.0f}")
                if (size, publishers) in ((10, 1), (1000, 1)):
                    for name, reads in measure_reads(engine):
                        print(f"{'':>6} {'read':>10} {reads:>12,.0f}  {name}")
                engine.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def profile(url: str, seconds: float) -> None:
    engine = fresh(url)
    profiler, counts = cProfile.Profile(), []
    profiler.enable()
    publish(engine, batches(1000), time.perf_counter() + seconds, counts, [])
    profiler.disable()
    print(f"{counts[0]:,} records")
    pstats.Stats(profiler).sort_stats("tottime").print_stats(22)
    engine.close()


if __name__ == "__main__":
    main()
