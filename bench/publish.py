"""Publishing: validated, durable records a second, ours beside others, in one run.

    python bench/publish.py [--seconds 3] [--publishers 2] [--folder DIR] [--only in-process|http]
                            [--server daphne|uvicorn]

Events are JSON of about 300 bytes of one type with a JSON Schema; batches of 1, 10, 100 and 1,000. What each line does
and how durable it is when it says done:

    Factstorm, in process   the append action: jsonschema-rs against the catalog's version, file engine, fdatasync
    jsonschema + SQLite     jsonschema's Draft 2020-12 validator, a row a record, one transaction a batch (WAL, full)
    Redis Streams           XADD, one pipeline a batch, appendfsync always; not validated
    Factstorm, HTTP         one server process, NDJSON over keep-alive connections; validated as above

With several publishers the in-process lines use as many threads (Redis: as many connections).
"""

import argparse
import json
import multiprocessing
import os
import shutil
import sqlite3
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from http.client import HTTPConnection

from serving import SCHEMA, STREAM, TYPE, free_port, prepare, serve, stop

BATCHES = (1, 10, 100, 1_000)
Send = Callable[[list[bytes]], object]


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


EVENTS = [event(number) for number in range(4_000)]


def batches(size: int) -> list[list[bytes]]:
    return [EVENTS[at : at + size] for at in range(0, len(EVENTS) - size + 1, size)][:64]


def rate(make_send: Callable[[], Send], *, size: int, publishers: int, seconds: float) -> float:
    """Records a second; each publisher is a thread with a ``send`` of its own."""
    counts: list[int] = []
    ready = threading.Barrier(publishers + 1)

    def publish() -> None:
        send, prepared, done, at = make_send(), batches(size), 0, 0
        try:
            send(prepared[0])
        except BaseException:
            ready.abort()
            raise
        ready.wait()
        until = time.perf_counter() + seconds
        while time.perf_counter() < until:
            send(prepared[at % len(prepared)])
            done, at = done + size, at + 1
        counts.append(done)

    threads = [threading.Thread(target=publish) for _ in range(publishers)]
    for thread in threads:
        thread.start()
    ready.wait()
    started = time.perf_counter()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.perf_counter() - started)


def ours(access: object) -> Callable[[], Send]:
    from broker_adapter.actions import append_records
    from broker_adapter.envelopes import Events

    return lambda: (
        lambda payloads: append_records(  # type: ignore[arg-type,return-value]
            access, stream=STREAM, events=Events([TYPE] * len(payloads), payloads)
        )
    )


def sqlite_rows(path: str) -> Callable[[], Send]:
    from jsonschema import Draft202012Validator

    setup = sqlite3.connect(path)
    setup.executescript(
        "PRAGMA journal_mode=WAL; CREATE TABLE records (id INTEGER PRIMARY KEY, type TEXT, payload BLOB)"
    )
    validator = Draft202012Validator(SCHEMA)

    def make() -> Send:
        connection = sqlite3.connect(path, timeout=30, isolation_level=None)
        connection.execute("PRAGMA synchronous=FULL")

        def send(payloads: list[bytes]) -> None:
            for payload in payloads:
                validator.validate(json.loads(payload))
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(
                "INSERT INTO records (type, payload) VALUES (?, ?)", [(TYPE, each) for each in payloads]
            )
            connection.execute("COMMIT")

        return send

    return make


def redis_streams(port: int) -> Callable[[], Send]:
    import redis

    def make() -> Send:
        client = redis.Redis(port=port)

        def send(payloads: list[bytes]) -> None:
            pipeline = client.pipeline(transaction=False)
            for payload in payloads:
                pipeline.xadd("orders", {"type": TYPE, "payload": payload})
            pipeline.execute()

        return send

    return make


def start_redis(folder: str) -> tuple[subprocess.Popen[bytes], int] | None:
    found = shutil.which("redis-server")
    if found is None:
        return None
    port = free_port()
    options = [
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--dir",
        folder,
        "--appendonly",
        "yes",
        "--appendfsync",
        "always",
        "--save",
        "",
    ]
    server = subprocess.Popen([found, *options], stdout=subprocess.DEVNULL)
    time.sleep(1)
    return server, port


def over_http(port: int, key: str) -> Callable[[], Send]:
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/x-ndjson"}
    path = f"/api/v1/w/bench/streams/{STREAM}/records"
    bodies: dict[int, bytes] = {}

    def make() -> Send:
        connection = HTTPConnection("127.0.0.1", port)

        def send(payloads: list[bytes]) -> None:
            known = id(payloads[0]) ^ len(payloads)
            body = bodies.get(known)
            if body is None:
                body = bodies[known] = b"\n".join(
                    b'{"type":"%b","data":%b}' % (TYPE.encode(), each) for each in payloads
                )
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            text = answer.read()
            if answer.status != 201:
                raise SystemExit(f"{answer.status}: {text[:500]!r}")

        return send

    return make


def _http_client(
    port: int, key: str, size: int, publishers: int, seconds: float, results: "multiprocessing.Queue[float]"
) -> None:
    results.put(rate(over_http(port, key), size=size, publishers=publishers, seconds=seconds))


def rate_over_http(port: int, key: str, *, size: int, publishers: int, seconds: float) -> float:
    """From a process of its own, so that client and server don't share an interpreter."""
    results: multiprocessing.Queue[float] = multiprocessing.get_context("fork").Queue()
    client = multiprocessing.get_context("fork").Process(
        target=_http_client, args=(port, key, size, publishers, seconds, results)
    )
    client.start()
    client.join()
    return results.get()


def line(name: str, figures: list[float]) -> None:
    print(f"{name:<34}" + "".join(f"{figure:>13,.0f}" for figure in figures), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--publishers", type=int, default=2)
    parser.add_argument("--folder", help="where the data goes; default: the system's temporary folder")
    parser.add_argument("--only", choices=["in-process", "http"])
    parser.add_argument("--server", choices=["daphne", "uvicorn"], default="daphne")
    options = parser.parse_args()
    access, _, key = prepare(options.folder)
    folder = tempfile.mkdtemp(prefix="factstorm-bench-", dir=options.folder)
    sizes = {"seconds": options.seconds}
    print(f"events of {len(EVENTS[1000])} bytes, {os.cpu_count()} processors, {options.seconds:g} s each; records/s")
    print(f"{'':<34}" + "".join(f"{f'batch {size:,}':>13}" for size in BATCHES))

    def measure(name: str, make: Callable[[], Send], publishers: int) -> None:
        line(name, [rate(make, size=size, publishers=publishers, **sizes) for size in BATCHES])

    counts = sorted({1, options.publishers})
    if options.only != "http":
        for publishers in counts:
            measure(f"Factstorm, in process, {publishers} pub.", ours(access), publishers)
        for publishers in counts:
            measure(
                f"jsonschema + SQLite, {publishers} pub.",
                sqlite_rows(f"{folder}/rows-{publishers}.sqlite3"),
                publishers,
            )
        redis_server = start_redis(folder)
        if redis_server is None:
            print("Redis Streams: skipped, there is no redis-server in PATH")
        else:
            for publishers in counts:
                measure(f"Redis Streams always, {publishers} pub.", redis_streams(redis_server[1]), publishers)
            redis_server[0].terminate()
            redis_server[0].wait()
    if options.only != "in-process":
        port = free_port()
        server = serve(port, options.server)
        for publishers in sorted({1, options.publishers, 4, 16}):
            figures = [rate_over_http(port, key, size=size, publishers=publishers, **sizes) for size in BATCHES]
            line(f"Factstorm, HTTP, {publishers} connections", figures)
        stop(server)
    shutil.rmtree(folder, ignore_errors=True)
    shutil.rmtree(os.environ["FACTSTORM_DATA"], ignore_errors=True)


if __name__ == "__main__":
    main()
