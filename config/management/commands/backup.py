"""``manage.py backup TARGET``: everything this deployment stores, in one folder, while it runs."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.backup import BackupFailed, back_up


class Command(BaseCommand):
    help = "Copies database, log and secret key into a new folder, while the server goes on."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("target", type=Path, help="A folder that is not there yet.")

    def handle(self, **options: Any) -> None:
        try:
            back_up(options["target"], say=self.stdout.write)
        except BackupFailed as error:
            raise CommandError(f"{error.message} {error.hint}") from error
        self.stdout.write(f"Backed up to {options['target']}. It holds secrets: keep it where only you can read it.")
