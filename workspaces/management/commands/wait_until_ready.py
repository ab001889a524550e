"""``manage.py wait_until_ready``: returns once a server answers /readyz, or fails after a while."""

import time
import urllib.error
import urllib.request
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

POLL_SECONDS = 0.1


class Command(BaseCommand):
    """Used by script/run, so that it says "ready" when it is."""

    help = "Wait until a Factstorm server answers /readyz."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """``--url`` of the server, ``--seconds`` to wait at most."""
        parser.add_argument("--url", default="http://localhost:8000")
        parser.add_argument("--seconds", type=float, default=60.0)

    def handle(self, *args: Any, **options: Any) -> None:
        """Poll; CommandError when time is up."""
        url = options["url"].rstrip("/") + "/readyz"
        if not url.startswith(("http://", "https://")):
            raise CommandError(f"--url must start with http:// or https://, not {options['url']!r}")
        deadline = time.monotonic() + options["seconds"]
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(url, timeout=2) as response:  # noqa: S310 - the scheme is checked above
                    if response.status == 200:
                        return
            except (urllib.error.URLError, OSError):
                pass
            time.sleep(POLL_SECONDS)
        raise CommandError(f"{url} did not answer within {options['seconds']:g} seconds. See the messages above.")
