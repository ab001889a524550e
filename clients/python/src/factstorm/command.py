"""The command `factstorm`: append, read and tail from a shell, and check schemas in CI.

    factstorm append orders < events.ndjson        # {"type": ..., "data": ...} a line, batched
    factstorm read orders --from last:10
    factstorm tail orders
    factstorm check schemas/                       # see checking.py

Where the server is and who asks: FACTSTORM_URL, FACTSTORM_WORKSPACE, FACTSTORM_KEY, or --url, --workspace, --key.
A further command is a function in COMMANDS: it is given the subparsers, adds its own, and sets `run` to a function of
the parsed arguments that returns the exit code.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

from factstorm.checking import add_check
from factstorm.client import Client
from factstorm.errors import FactstormError
from factstorm.json_codec import dumps, loads
from factstorm.records import Event, Record

COMMANDS: list[Callable[[Any], None]] = [add_check]


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit codes: 0 done, 1 refused or unreachable, 2 wrong usage."""
    parser = argparse.ArgumentParser(prog="factstorm", description="Append to, read and follow Factstorm's streams.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for add_to in (_add_append, _add_read, _add_tail, *COMMANDS):
        add_to(commands)
    options = parser.parse_args(arguments)
    try:
        return int(options.run(options))
    except FactstormError as error:
        print(f"factstorm: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 0


def add_server_options(parser: argparse.ArgumentParser) -> None:
    """--url, --workspace, --key, with defaults from the environment."""
    for name, environment, default in (
        ("url", "FACTSTORM_URL", "http://localhost:8000"),
        ("workspace", "FACTSTORM_WORKSPACE", None),
        ("key", "FACTSTORM_KEY", None),
    ):
        value = os.environ.get(environment, default)
        parser.add_argument(f"--{name}", default=value, required=value is None, help=f"default: ${environment}")


def client_from(options: argparse.Namespace) -> Client:
    """A client for the server that `add_server_options` asked for."""
    return Client(options.url, workspace=options.workspace, key=options.key)


def _add_append(commands: Any) -> None:
    parser = commands.add_parser("append", help="append events from standard input, one JSON object a line")
    parser.add_argument("stream")
    add_server_options(parser)
    parser.set_defaults(run=_append)


def _append(options: argparse.Namespace) -> int:
    taken = 0
    with client_from(options) as client, client.stream(options.stream).batcher() as batcher:
        for number, line in enumerate(sys.stdin.buffer, 1):
            if not line.strip():
                continue
            try:
                event = Event(**loads(line))
            except (ValueError, TypeError) as error:
                raise FactstormError(f"line {number} is not an event: {error}") from error
            batcher.add(event)
            taken += 1
    print(f"{taken} appended", file=sys.stderr)
    return 0


def _add_read(commands: Any) -> None:
    parser = commands.add_parser("read", help="print the records there are, one JSON object a line")
    _add_reading(parser, default="earliest")
    parser.set_defaults(run=_read)


def _add_tail(commands: Any) -> None:
    parser = commands.add_parser("tail", help="print records as they come, until Ctrl-C")
    _add_reading(parser, default="latest")
    parser.set_defaults(run=_tail)


def _add_reading(parser: argparse.ArgumentParser, *, default: str) -> None:
    parser.add_argument("stream")
    parser.add_argument(
        "--from", dest="start", default=default, help="earliest, latest, last:<n>, time:<RFC 3339>, or a position"
    )
    parser.add_argument(
        "--type", action="append", default=[], dest="types", help="only records of this type; may repeat"
    )
    add_server_options(parser)


def _read(options: argparse.Namespace) -> int:
    with client_from(options) as client:
        for record in client.stream(options.stream).read(start=options.start, types=options.types):
            _print(record)
    return 0


def _tail(options: argparse.Namespace) -> int:
    with (
        client_from(options) as client,
        client.stream(options.stream).tail(start=options.start, types=options.types) as tail,
    ):
        for record in tail:
            _print(record)
    return 0


def _print(record: Record) -> None:
    shown: dict[str, Any] = {"partition": record.partition, "offset": str(record.offset), "timestamp": record.timestamp}
    for name in ("type", "version", "key", "id", "source", "subject", "time"):
        if value := getattr(record, name):
            shown[name] = value
    if record.data_bytes is None:
        shown["data"] = record.data
    else:
        shown["bytes"] = len(record.data_bytes)
    print(dumps(shown).decode(), flush=True)


if __name__ == "__main__":
    sys.exit(main())
