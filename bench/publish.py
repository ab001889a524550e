"""Appending: records a second, ours beside others, in one run, the same payloads, the durability stated.

    python bench/publish.py                          the chief lines: synced before the answer (about three minutes)
    python bench/publish.py --not-durable            nobody waits for the disk; ours in memory
    python bench/publish.py --systems http,kafka --batches 1,1000 --publishers 1,4,16 --seconds 2
    python bench/publish.py --systems in-process --publishers 1,2

Events are JSON of about 300 bytes of one type with a JSON Schema. A publisher hands over a batch, waits until all of it
is acknowledged, and goes on with the next. All but the in-process lines run in a process of their own, as Python
programs against a server on this machine; publishers are threads of it, each with a connection.

    in-process    our append action: validated against the catalog's version, file engine, fdatasync
    sqlite        jsonschema's Draft 2020-12 validator, a row a record, one transaction a batch (WAL, synchronous=FULL)
    http          our server, one process, validated: events as bytes, NDJSON over kept-alive connections (http.client)
    client        the same through our Python client: events as objects, no ids
    kafka         confluent-kafka, not validated: events as bytes, one partition, acks=all
    kafka-json    confluent-kafka with its JSONSerializer, which validates in the client: events as objects. The
                  schema is in confluent-kafka's own in-memory registry; it is asked once
    jetstream     nats-py, not validated, publish_async
    redis         redis-py, not validated, XADD, one pipeline a batch
"""

import argparse
import asyncio
import contextlib
import json
import logging
import multiprocessing
import os
import shutil
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from typing import Any

from serving import SCHEMA, STREAM, TYPE, free_port, prepare, serve, stop

from bench.peers import jetstream, kafka, redis_streams

SYSTEMS = ("in-process", "sqlite", "http", "client", "kafka", "kafka-json", "jetstream", "redis")
IN_PROCESS = ("in-process", "sqlite")
QUIET = logging.getLogger("bench.kafka")
QUIET.addHandler(logging.NullHandler())
QUIET.propagate = False
Send = Callable[[list[bytes]], object]
MakeSend = Callable[[], Send]


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
OBJECTS = {payload: json.loads(payload) for payload in EVENTS}  # for those who are given objects


def batches(size: int) -> list[list[bytes]]:
    return [EVENTS[at : at + size] for at in range(0, len(EVENTS) - size + 1, size)][:64]


def rate(make_send: MakeSend, *, size: int, publishers: int, seconds: float) -> float:
    """Records a second; each publisher is a thread with a `send` of its own."""
    counts: list[int] = []
    ready = threading.Barrier(publishers + 1, timeout=60)

    def publish() -> None:
        try:
            send, prepared, done, at = make_send(), batches(size), 0, 0
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


# Systems: each gives the sentence that says what it does, and a maker of `send` functions ---------------------------


@contextlib.contextmanager
def in_process(setup: "Setup") -> Iterator[MakeSend]:
    from broker_adapter.actions import append_records
    from broker_adapter.envelopes import Events

    yield (
        lambda: (
            lambda payloads: append_records(
                setup.access, stream=STREAM, events=Events([TYPE] * len(payloads), payloads)
            )
        )
    )


@contextlib.contextmanager
def sqlite_rows(setup: "Setup") -> Iterator[MakeSend]:
    from jsonschema import Draft202012Validator

    path = f"{setup.folder}/rows-{time.monotonic_ns()}.sqlite3"
    table = sqlite3.connect(path)
    table.executescript(
        "PRAGMA journal_mode=WAL; CREATE TABLE records (id INTEGER PRIMARY KEY, type TEXT, payload BLOB)"
    )
    validator = Draft202012Validator(SCHEMA)

    def make() -> Send:
        connection = sqlite3.connect(path, timeout=30, isolation_level=None)
        connection.execute(f"PRAGMA synchronous={'FULL' if setup.durable else 'OFF'}")

        def send(payloads: list[bytes]) -> None:
            for payload in payloads:
                validator.validate(json.loads(payload))
            rows = [(TYPE, payload) for payload in payloads]
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("INSERT INTO records (type, payload) VALUES (?, ?)", rows)
            connection.execute("COMMIT")

        return send

    yield make


@contextlib.contextmanager
def our_server(setup: "Setup") -> Iterator[int]:
    port = free_port()
    server = serve(port, setup.server, **({} if setup.durable else {"COMMIT_LOG_URL": "memory:"}))
    try:
        yield port
    finally:
        stop(server)


@contextlib.contextmanager
def over_http(setup: "Setup") -> Iterator[MakeSend]:
    headers = {"Authorization": f"Bearer {setup.key}", "Content-Type": "application/x-ndjson"}
    path, head = f"/api/v1/w/bench/streams/{STREAM}/records", b'{"type":"%b","data":' % TYPE.encode()

    with our_server(setup) as port:

        def make() -> Send:
            connection = HTTPConnection("127.0.0.1", port)

            def send(payloads: list[bytes]) -> None:
                body = head + (b"}\n" + head).join(payloads) + b"}"
                connection.request("POST", path, body, headers)
                answer = connection.getresponse()
                text = answer.read()
                if answer.status != 201:
                    raise SystemExit(f"{answer.status}: {text[:500]!r}")

            return send

        yield make


@contextlib.contextmanager
def our_client(setup: "Setup") -> Iterator[MakeSend]:
    from factstorm import Client, Event

    with our_server(setup) as port:

        def make() -> Send:
            client = Client(f"http://127.0.0.1:{port}", workspace="bench", key=setup.key, with_ids=False)
            stream = client.stream(STREAM)
            return lambda payloads: stream.append_many([Event(TYPE, OBJECTS[payload]) for payload in payloads])

        yield make


def _producer(port: int) -> Any:
    from confluent_kafka import Producer

    size = {"batch.size": 4 << 20, "batch.num.messages": 10_000, "message.max.bytes": 16 << 20}
    return Producer({"bootstrap.servers": f"127.0.0.1:{port}", "acks": "all", "logger": QUIET, **size})


def _kafka_send(producer: Any, encode: Callable[[bytes], bytes]) -> Send:
    failed: list[object] = []

    def told(error: object, _: object) -> None:
        if error is not None:
            failed.append(error)

    def send(payloads: list[bytes]) -> None:
        for payload in payloads:
            producer.produce(kafka.TOPIC, encode(payload), on_delivery=told)
        if producer.flush(30) or failed:
            raise SystemExit(f"Kafka: {failed[:1]}")

    return send


@contextlib.contextmanager
def kafka_plain(setup: "Setup") -> Iterator[MakeSend]:
    with kafka.running(durable=setup.durable) as port:
        yield lambda: _kafka_send(_producer(port), lambda payload: payload)


@contextlib.contextmanager
def kafka_json(setup: "Setup") -> Iterator[MakeSend]:
    from confluent_kafka.schema_registry import SchemaRegistryClient
    from confluent_kafka.schema_registry.json_schema import JSONSerializer
    from confluent_kafka.serialization import MessageField, SerializationContext

    schema = json.dumps({**SCHEMA, "title": TYPE, "$schema": "https://json-schema.org/draft/2020-12/schema"})
    context = SerializationContext(kafka.TOPIC, MessageField.VALUE)

    def make(port: int) -> Send:
        serializer = JSONSerializer(schema, SchemaRegistryClient.new_client({"url": "mock://"}))
        return _kafka_send(_producer(port), lambda payload: serializer(OBJECTS[payload], context))

    with kafka.running(durable=setup.durable) as port:
        yield lambda: make(port)


@contextlib.contextmanager
def nats_jetstream(setup: "Setup") -> Iterator[MakeSend]:
    import nats

    def make(port: int) -> Send:
        loop = asyncio.new_event_loop()

        async def connect() -> Any:
            connection = await nats.connect(f"nats://127.0.0.1:{port}", pending_size=64 << 20)
            stream = connection.jetstream(publish_async_max_pending=20_000)
            with contextlib.suppress(nats.js.errors.BadRequestError):
                await stream.add_stream(name="orders", subjects=["orders"])
            return stream

        stream = loop.run_until_complete(connect())

        async def publish(payloads: list[bytes]) -> None:
            waiting = [await stream.publish_async("orders", payload) for payload in payloads]
            await asyncio.gather(*waiting)

        return lambda payloads: loop.run_until_complete(publish(payloads))

    with jetstream.running(durable=setup.durable) as port:
        yield lambda: make(port)


@contextlib.contextmanager
def redis_stream(setup: "Setup") -> Iterator[MakeSend]:
    import redis

    def make(port: int) -> Send:
        client = redis.Redis(port=port)

        def send(payloads: list[bytes]) -> None:
            pipeline = client.pipeline(transaction=False)
            for payload in payloads:
                pipeline.xadd("orders", {"type": TYPE, "payload": payload})
            pipeline.execute()

        return send

    with redis_streams.running(durable=setup.durable) as port:
        yield lambda: make(port)


class Setup:
    """What the systems are made with."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.durable = not options.not_durable
        self.server = options.server
        if not self.durable:
            os.environ["COMMIT_LOG_URL"] = "memory:"
        self.access, _, self.key = prepare(options.folder)
        self.folder = tempfile.mkdtemp(prefix="factstorm-bench-", dir=options.folder)

    def sweep(self) -> None:
        """Remove what was written."""
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.rmtree(os.environ["FACTSTORM_DATA"], ignore_errors=True)


def system(name: str, setup: Setup) -> tuple[str, str, Any]:
    """What the table calls it, why it can't run here (or ""), and its context manager."""
    durable, ours = setup.durable, "fdatasync" if setup.durable else "memory"
    said = {each: each.DURABLE if durable else each.NOT_DURABLE for each in (kafka, jetstream, redis_streams)}
    return {
        "in-process": (f"Factstorm in process, validated, {ours}", "", in_process),
        "sqlite": (f"`jsonschema` + SQLite, synchronous={'FULL' if durable else 'OFF'}", "", sqlite_rows),
        "http": (f"Factstorm over HTTP ({setup.server}), validated, {ours}", "", over_http),
        "client": (f"Factstorm's Python client, objects in, validated, {ours}", "", our_client),
        "kafka": (f"Kafka {kafka.VERSION}, {said[kafka]}", kafka.missing(), kafka_plain),
        "kafka-json": (f"Kafka with JSONSerializer, objects in, validated, {said[kafka]}", kafka.missing(), kafka_json),
        "jetstream": (f"NATS JetStream, {said[jetstream]}", jetstream.missing(), nats_jetstream),
        "redis": (f"Redis Streams, {said[redis_streams]}", redis_streams.missing(), redis_stream),
    }[name]


def measure(make: MakeSend, sizes: list[int], publishers: int, seconds: float, *, apart: bool) -> list[float]:
    """Records a second for each batch size; `apart`: from a process that shares no interpreter with anything."""
    if not apart:
        return [rate(make, size=size, publishers=publishers, seconds=seconds) for size in sizes]
    context = multiprocessing.get_context("fork")
    found: list[float] = []
    for size in sizes:
        results: multiprocessing.Queue[float] = context.Queue()
        work = lambda size=size, results=results: results.put(  # noqa: E731
            rate(make, size=size, publishers=publishers, seconds=seconds)
        )
        client = context.Process(target=work)
        client.start()
        client.join(seconds + 90)
        if client.is_alive():
            client.kill()
        found.append(results.get(timeout=1) if client.exitcode == 0 else float("nan"))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--systems", default=",".join(SYSTEMS), help=f"of {', '.join(SYSTEMS)}")
    parser.add_argument("--batches", default="1,10,100,1000")
    parser.add_argument("--publishers", default="1,4")
    parser.add_argument("--seconds", type=float, default=1.5, help="of each cell")
    parser.add_argument("--not-durable", action="store_true", help="nobody waits for the disk")
    parser.add_argument("--server", choices=["daphne", "uvicorn", "granian"], default="uvicorn", help="of our own")
    parser.add_argument("--folder", help="where the data goes; default: the system's temporary folder")
    options = parser.parse_args()
    sizes = [int(each) for each in options.batches.split(",")]
    setup = Setup(options)
    print(
        f"Records/s; events of {len(EVENTS[1000])} bytes, {os.cpu_count()} processors, {options.seconds:g} s a cell.\n"
    )
    print("| | publishers |" + "".join(f" batch {size:,} |" for size in sizes))
    print("|---|---:|" + "---:|" * len(sizes))
    try:
        for name in options.systems.split(","):
            label, missing, running = system(name, setup)
            if missing:
                print(f"| {label} | skipped: {missing} |" + " |" * len(sizes), flush=True)
                continue
            with running(setup) as make:
                for publishers in [int(each) for each in options.publishers.split(",")]:
                    figures = measure(make, sizes, publishers, options.seconds, apart=name not in IN_PROCESS)
                    print(f"| {label} | {publishers} |" + "".join(f" {each:,.0f} |" for each in figures), flush=True)
    finally:
        setup.sweep()


if __name__ == "__main__":
    main()
