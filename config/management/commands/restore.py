"""``manage.py restore SOURCE``: a backup back into an empty deployment."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.backup import BackupFailed, restore


class Command(BaseCommand):
    help = "Brings back what `backup` saved, into an empty deployment. Stop the server first."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source", type=Path, help="The folder that `backup` made.")

    def handle(self, **options: Any) -> None:
        try:
            restore(options["source"], say=self.stdout.write)
        except BackupFailed as error:
            raise CommandError(f"{error.message} {error.hint}") from error
        self.stdout.write("Restored. Run manage.py migrate if this version is newer than the backup, then start.")
