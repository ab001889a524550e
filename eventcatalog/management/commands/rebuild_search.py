"""``manage.py rebuild_search``: the catalog's search index anew."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from eventcatalog.search import index
from workspaces.models import Workspace


class Command(BaseCommand):
    """Of one workspace, or of all."""

    help = "Make the catalog's search index anew, of one workspace or of all."

    def add_arguments(self, parser: CommandParser) -> None:
        """``--workspace`` takes a slug."""
        parser.add_argument("--workspace", help="The slug of one workspace; without it, all.")

    def handle(self, *args: Any, **options: Any) -> None:
        """One line a workspace."""
        workspaces = Workspace.objects.order_by("slug")
        if options["workspace"]:
            workspaces = workspaces.filter(slug=options["workspace"])
            if not workspaces:
                raise CommandError(f"There is no workspace {options['workspace']!r}.")
        for workspace in workspaces:
            self.stdout.write(f"{workspace.slug}: {index.rebuild(workspace)} things")
