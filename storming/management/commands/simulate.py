"""``manage.py simulate``: customers order, cards are declined, parcels travel."""

import logging
import random
import signal
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from storming.demo.building import KEY_FILE
from storming.demo.simulator import Refused, Simulator, open_client


class Command(BaseCommand):
    help = "Appends the demo's events over the HTTP API until it is stopped (Ctrl-C), or paused from the page."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--url", default="http://localhost:8000", help="Where Factstorm is.")
        parser.add_argument("--workspace", default="demo", help="The demo workspace's slug.")
        parser.add_argument("--rate", type=float, default=None, help="Events per second; default: as the page says.")
        parser.add_argument("--key-file", type=Path, default=settings.DATA_DIR / KEY_FILE, help="Holds the API key.")
        parser.add_argument("--seconds", type=float, default=None, help="Stop after so long; default: never.")
        parser.add_argument("--seed", type=int, default=None, help="The same seed tells the same stories.")
        parser.add_argument("--quiet", action="store_true", help="Say nothing but what is wrong.")

    def handle(self, **options: Any) -> None:
        logging.getLogger("httpx").setLevel(logging.WARNING)  # it has a line for every request
        simulator = Simulator(
            open_client(options["url"], self._key(options["key_file"])),
            workspace=options["workspace"],
            rate=options["rate"],
            dice=random.Random(options["seed"]),
            say=(lambda _: None) if options["quiet"] else self.stdout.write,
        )
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # in the background SIGINT may be ignored
        ends = float("inf") if options["seconds"] is None else time.monotonic() + options["seconds"]
        try:
            simulator.run(until=lambda: time.monotonic() >= ends)
        except KeyboardInterrupt:
            pass
        except Refused as error:
            raise CommandError(f"The server does not take the simulator. {error}\nRun: manage.py demo") from error
        finally:
            simulator.client.close()
        if not options["quiet"]:
            counts = simulator.counts
            self.stdout.write(
                f"{counts.stored:,} stored, {counts.refused:,} refused, {counts.failures:,} tries failed."
            )

    @staticmethod
    def _key(path: Path) -> str:
        try:
            return path.read_text().strip()
        except OSError as error:
            raise CommandError(f"There is no key at {path}. Run: manage.py demo") from error
