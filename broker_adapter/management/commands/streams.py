"""``manage.py streams list`` and ``manage.py streams create``."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from broker_adapter import actions, queries
from broker_adapter.models import Stream
from workspaces.access import system_access
from workspaces.errors import FactstormError
from workspaces.models import Workspace


class Command(BaseCommand):
    """Streams from the command line, through the same actions as everywhere."""

    help = "List streams, or make one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """``list [workspace]``; ``create <workspace> <name> [--description] [--partitions]``."""
        verbs = parser.add_subparsers(dest="verb", required=True)
        listing = verbs.add_parser("list", help="all streams, or those of one workspace")
        listing.add_argument("workspace", nargs="?", help="the workspace's slug")
        create = verbs.add_parser("create", help="make a stream")
        create.add_argument("workspace", help="the workspace's slug")
        create.add_argument("name")
        create.add_argument("--description", default="")
        create.add_argument("--partitions", type=int, default=1)

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it."""
        if options["verb"] == "list":
            self._list(options["workspace"])
        else:
            self._create(options)

    def _list(self, slug: str | None) -> None:
        streams = Stream.objects.select_related("workspace").order_by("workspace__slug", "name")
        for stream in streams.filter(workspace__slug=slug) if slug else streams:
            found = queries.overview(stream)
            state = found.problem or f"{found.records:>12,} records {found.bytes:>15,} bytes"
            self.stdout.write(f"{stream.workspace.slug}/{stream.name:<40} {stream.partitions:>3} partitions {state}")

    def _create(self, options: dict[str, Any]) -> None:
        workspace = Workspace.objects.filter(slug=options["workspace"]).first()
        if workspace is None:
            raise CommandError(f"There is no workspace {options['workspace']!r}.")
        try:
            stream = actions.create_stream(
                system_access(workspace, "manage.py"),
                name=options["name"],
                description=options["description"],
                partitions=options["partitions"],
            )
        except FactstormError as error:
            raise CommandError(f"{error.message} {error.hint}") from error
        self.stdout.write(f"Made {workspace.slug}/{stream.name}.")
