"""``manage.py streams``: list, describe, create, change, delete, redrive and maintain streams."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from broker_adapter import actions, dead_letters, maintenance, queries
from broker_adapter.dead_letters import Wanted
from broker_adapter.models import Stream
from broker_adapter.rules import Takes, Validation
from workspaces.access import Access, system_access
from workspaces.errors import FactstormError
from workspaces.models import Workspace

DAY_MS = 24 * 3_600_000


class Command(BaseCommand):
    """Streams from the command line, through the same actions as everywhere."""

    help = "List, describe, make, change and delete streams; redrive dead letters; run retention and compaction."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """A verb and what it needs."""
        verbs = parser.add_subparsers(dest="verb", required=True)
        listing = verbs.add_parser("list", help="all streams, or those of one workspace")
        listing.add_argument("workspace", nargs="?", help="the workspace's slug")
        for verb, words in (
            ("describe", "one stream with its settings, as JSON"),
            ("create", "make a stream"),
            ("change", "change a stream's description or settings"),
            ("delete", "delete a stream and its records, for good"),
            ("redrive", "append a stream's open dead letters again"),
        ):
            one = verbs.add_parser(verb, help=words)
            one.add_argument("workspace", help="the workspace's slug")
            one.add_argument("name")
            if verb in ("create", "change"):
                one.add_argument("--description")
                _add_settings(one)
            if verb == "create":
                one.add_argument("--partitions", type=int, default=1)
            if verb == "delete":
                one.add_argument("--confirm", default="", help="the stream's name again")
            if verb == "redrive":
                one.add_argument("--type", action="append", default=[], help="only of this type; may be repeated")
        verbs.add_parser("maintain", help="run retention and compaction of all streams now")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it."""
        try:
            getattr(self, f"_{options['verb']}")(options)
        except FactstormError as error:
            raise CommandError(f"{error.message} {error.hint}".strip()) from error

    def _list(self, options: dict[str, Any]) -> None:
        streams = Stream.objects.select_related("workspace").order_by("workspace__slug", "name")
        slug = options["workspace"]
        for stream in streams.filter(workspace__slug=slug) if slug else streams:
            found = queries.overview(stream)
            state = found.problem or f"{found.records:>12,} records {found.bytes:>15,} bytes"
            self.stdout.write(f"{stream.workspace.slug}/{stream.name:<40} {stream.partitions:>3} partitions {state}")

    def _describe(self, options: dict[str, Any]) -> None:
        stream = queries.find_stream(_access(options).workspace, options["name"])
        found, letters = queries.overview(stream), dead_letters.find_dead_letters(stream)
        shown = {
            "name": stream.name,
            "description": stream.description,
            "partitions": stream.partitions,
            "records": found.records,
            "bytes": found.bytes,
            "problem": found.problem,
            "settings": stream.rules.as_json(),
            "dead_letters": dead_letters.open_count(letters) if letters else 0,
        }
        self.stdout.write(json.dumps(shown, indent=2))

    def _create(self, options: dict[str, Any]) -> None:
        access = _access(options)
        stream = actions.create_stream(
            access,
            name=options["name"],
            description=options["description"] or "",
            partitions=options["partitions"],
            settings=_settings(options),
        )
        self.stdout.write(f"Made {access.workspace.slug}/{stream.name}.")

    def _change(self, options: dict[str, Any]) -> None:
        access = _access(options)
        settings = _settings(options)
        if options["description"] is None and not settings:
            raise CommandError("Nothing to change was named; see manage.py streams change --help.")
        actions.update_stream(access, stream=options["name"], description=options["description"], settings=settings)
        self.stdout.write(f"Changed {access.workspace.slug}/{options['name']}.")

    def _delete(self, options: dict[str, Any]) -> None:
        access = _access(options)
        actions.delete_stream(access, stream=options["name"], confirmation=options["confirm"])
        self.stdout.write(f"Deleted {access.workspace.slug}/{options['name']}.")

    def _redrive(self, options: dict[str, Any]) -> None:
        access, start = _access(options), ""
        tried = stored = 0
        while True:
            selection = actions.Selection((), Wanted(frozenset(options["type"])), start)
            report = actions.redrive(access, stream=options["name"], selection=selection)
            tried, stored, start = tried + report.tried, stored + report.stored, report.next
            for row in report.records[:5]:
                self.stdout.write(f"  still refused: offset {row['offset']}: {row['errors'][0]['message']}")
            if not report.more:
                break
        self.stdout.write(f"Tried {tried:,} dead letters, stored {stored:,}.")

    def _maintain(self, options: dict[str, Any]) -> None:
        done = maintenance.run_once(force=True)
        if done is None:
            raise CommandError("Another process is at it; try again in a minute.")
        for line in done.lines():
            self.stdout.write(line)


def _add_settings(parser: ArgumentParser) -> None:
    parser.add_argument("--retention-days", help="a number of days, or 'forever'")
    parser.add_argument("--retention-bytes", help="a number of bytes, or 'forever'")
    parser.add_argument("--compaction", choices=["on", "off"])
    parser.add_argument("--record-bytes-max", help="a number, or 'default'")
    parser.add_argument("--batch-records-max", help="a number, or 'default'")
    parser.add_argument("--validation", choices=list(Validation))
    parser.add_argument("--takes", choices=list(Takes))
    parser.add_argument("--type", action="append", dest="types", help="a type that is taken; may be repeated")


def _settings(options: dict[str, Any]) -> dict[str, Any]:
    """The options that were given, as fields of broker_adapter.rules. Raises CommandError."""
    found: dict[str, Any] = {}
    if options["retention_days"] is not None:
        days = _number(options["retention_days"], "forever", float)
        found["retention_ms"] = None if days is None else int(days * DAY_MS)
    for name, none in (
        ("retention_bytes", "forever"),
        ("record_bytes_max", "default"),
        ("batch_records_max", "default"),
    ):
        if options[name] is not None:
            found[name] = _number(options[name], none, int)
    if options["compaction"] is not None:
        found["compaction"] = options["compaction"] == "on"
    for name in ("validation", "takes", "types"):
        if options[name] is not None:
            found[name] = options[name]
    return found


def _number(text: str, none: str, kind: type[int] | type[float]) -> Any:
    if text == none:
        return None
    try:
        return kind(text)
    except ValueError as error:
        raise CommandError(f"{text!r} is neither a number nor {none!r}.") from error


def _access(options: dict[str, Any]) -> Access:
    workspace = Workspace.objects.filter(slug=options["workspace"]).first()
    if workspace is None:
        raise CommandError(f"There is no workspace {options['workspace']!r}.")
    return system_access(workspace, "manage.py")
