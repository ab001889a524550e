"""``manage.py demo``: a workspace to look round in."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from storming.demo import building
from workspaces.models import Person


class Command(BaseCommand):
    help = "Makes the demo workspace: people, boards, a catalog, streams, and a key for the simulator."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--first-start",
            action="store_true",
            help="Only where nobody has been before: a demo that somebody deleted stays away.",
        )
        parser.add_argument(
            "--force", action="store_true", help="Accepted, but rebuilds nothing: a demo that is there stays as it is."
        )

    def handle(self, **options: Any) -> None:
        first_start = options["first_start"]
        present = building.find_demo()
        if present is not None and options["force"]:
            self.stdout.write("The demo is there already; --force rebuilds nothing. Delete the workspace first.")
        if first_start and (present is not None or Person.objects.exclude(email__endswith="@factstorm.local").exists()):
            return
        if present is None:
            self.stdout.write("Making the demo workspace ...")
        try:
            workspace = building.build(say=self.stdout.write if present is None else lambda _: None)
        except building.SlugTaken as error:
            raise CommandError("A workspace of somebody's has the address 'demo'; the demo needs it.") from error
        counts = ", ".join(f"{count} {name}" for name, count in building.summary(workspace).items())
        name, email, _ = building.DANA
        self.stdout.write(f"{workspace.name}: {counts}. Sign in as {name}: {email}, {building.PASSWORD}")
