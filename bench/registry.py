"""The registry API: look-ups and compatibility checks a second, and the checks alone against jsonsubschema.

    python -m bench.registry            # one run, about two minutes, ends by itself
    python -m bench.registry --seconds 5

Starts a server of its own (Daphne, SQLite in a temporary folder), registers schemas, and asks over kept-alive
connections from one client process on the same machine. Karapace can't be had from PyPI, so the checks are held against
IBM's jsonsubschema, in process, on the same pairs: random pairs of nested objects, half of them breaking.
"""

import argparse
import http.client
import json
import platform
import random
import signal
import statistics
import threading
import time
from collections.abc import Callable
from typing import Any

from tests.e2e.server import Server

SUBJECTS = 200
THREADS = (1, 4)
PAIRS = 60
PAIR_SECONDS_MAX = 2
PREPARE = """
from workspaces import actions
from workspaces.access import system_access
from workspaces.models import Person
ida = Person.objects.create_user(email="ida@example.org", name="Ida", password="correct horse battery")
workspace = actions.create_workspace(ida, name="Bench")
_, out["key"] = actions.create_api_key(
    system_access(workspace), name="bench", scopes=["read", "catalog:write"])
"""


def schema(seed: int, *, change: str = "") -> dict[str, Any]:
    """A closed object of ten fields with one nested; ``change`` is "", "wider" or "narrower"."""
    rng = random.Random(seed)
    kinds = [{"type": "string", "maxLength": 40}, {"type": "integer", "minimum": 0}, {"type": "boolean"},
             {"enum": ["a", "b", "c"]}, {"type": "array", "items": {"type": "number"}}]  # fmt: skip
    fields: dict[str, Any] = {f"field_{number}": dict(rng.choice(kinds)) for number in range(10)}
    inner: dict[str, Any] = {"type": "object", "properties": {"x": {"type": "string"}}, "additionalProperties": False}
    fields["inner"] = inner
    required = rng.sample(sorted(fields), 4)
    if change == "wider":
        fields["added"] = {"type": "string"}
    if change == "narrower":
        missing = sorted(set(fields) - set(required))
        required.append(rng.choice(missing))
    return {"$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "properties": fields,
            "required": required, "additionalProperties": False}  # fmt: skip


class Caller:
    """One kept-alive connection."""

    def __init__(self, server: Server, key: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        self.headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/vnd.schemaregistry.v1+json"}

    def __call__(self, verb: str, path: str, body: Any = None) -> Any:
        content = None if body is None else json.dumps(body)
        self.connection.request(verb, f"/registry/bench/{path}", content, self.headers)
        answer = self.connection.getresponse()
        read = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{verb} {path}: {answer.status} {read[:300]!r}")
        return json.loads(read)


def rate(ask: Callable[[Caller, int], None], callers: list[Caller], seconds: float) -> tuple[float, float]:
    """(answers a second, median milliseconds) of ``ask(caller, number)`` over all connections at once."""
    ends = time.monotonic() + seconds
    taken: list[float] = []
    failures: list[BaseException] = []

    def loop(caller: Caller, first: int) -> None:
        number = first
        try:
            while time.monotonic() < ends:
                began = time.perf_counter()
                ask(caller, number)
                taken.append(time.perf_counter() - began)
                number += 1
        except BaseException as error:
            failures.append(error)

    began = time.perf_counter()
    threads = [threading.Thread(target=loop, args=(caller, index * 31)) for index, caller in enumerate(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return len(taken) / (time.perf_counter() - began), statistics.median(taken) * 1000


def over_http(seconds: float) -> None:
    with Server.running() as server:
        key = server.prepare(PREPARE)["key"]
        first = Caller(server, key)
        began = time.perf_counter()
        body = lambda each, change="": {"schemaType": "JSON", "schema": json.dumps(schema(each, change=change))}  # noqa: E731
        ids = [first("POST", f"subjects/s{each}-value/versions", body(each))["id"] for each in range(SUBJECTS)]
        print(f"registrations                {SUBJECTS / (time.perf_counter() - began):8.0f} /s   1 connection")
        measured: dict[str, Callable[[Caller, int], None]] = {
            "look-up by id": lambda call, n: call("GET", f"schemas/ids/{ids[n % SUBJECTS]}"),
            "latest version": lambda call, n: call("GET", f"subjects/s{n % SUBJECTS}-value/versions/latest"),
            "look-up by schema": lambda call, n: call("POST", f"subjects/s{n % SUBJECTS}-value", body(n % SUBJECTS)),
            "compatibility, half of them not": lambda call, n: call(
                "POST",
                f"compatibility/subjects/s{n % SUBJECTS}-value/versions/latest",
                body(n % SUBJECTS, "wider" if n % 2 else "narrower"),
            ),
        }
        for name, ask in measured.items():
            for count in THREADS:
                each_second, median = rate(ask, [Caller(server, key) for _ in range(count)], seconds)
                print(
                    f"{name:32s} {each_second:8.0f} /s   {count} connection{'s' * (count > 1)}, median {median:.1f} ms"
                )


class _TooLong(Exception):
    pass


def _limit(*_: Any) -> None:
    raise _TooLong


def in_process() -> None:
    """Our verdict (proof, counterexample, words) and our proof alone against jsonsubschema's answer."""
    import jsonsubschema

    from eventcatalog.schemas.check import check
    from eventcatalog.schemas.containment import covers
    from eventcatalog.schemas.parse import parse_schema

    pairs = [(schema(n), schema(n, change="wider" if n % 2 else "narrower")) for n in range(PAIRS)]
    parsed = [(parse_schema(old), parse_schema(new)) for old, new in pairs]
    ways: dict[str, Callable[[int], bool]] = {
        "ours, with counterexample and words": lambda n: (
            check([("1", parsed[n][0])], parsed[n][1], "backward").accepted
        ),
        "ours, the proof alone": lambda n: covers(parsed[n][1], parsed[n][0]) == "yes",
        "jsonsubschema": lambda n: jsonsubschema.isSubschema(*pairs[n]),
    }
    signal.signal(signal.SIGALRM, _limit)
    for name, judge in ways.items():
        right = given_up = 0
        began = time.perf_counter()
        for number in range(PAIRS):
            signal.alarm(PAIR_SECONDS_MAX)
            try:
                right += judge(number) == bool(number % 2)
            except Exception:  # too long, or beyond what it can do
                given_up += 1
            finally:
                signal.alarm(0)
        each_second = PAIRS / (time.perf_counter() - began)
        print(f"{name:36s} {each_second:8.1f} checks/s, {right} of {PAIRS} right, {given_up} given up")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=4, help="how long each rate is measured")
    chosen = parser.parse_args()
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}")
    in_process()
    over_http(min(chosen.seconds, 30))


if __name__ == "__main__":
    main()
