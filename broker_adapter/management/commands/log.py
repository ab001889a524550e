"""``manage.py log``: look into the built-in commit log, check it, keep it, copy it, bring it back."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from broker_adapter.engine_holder import engine
from broker_adapter.log.engine import Engine
from broker_adapter.log.errors import LogError
from broker_adapter.log.file_engine import FileEngine
from broker_adapter.log.inspecting import batches_of, file_stats
from broker_adapter.models import Stream

RECORDS_SHOWN_MAX = 10_000
PAYLOAD_SHOWN_BYTES = 200


class Command(BaseCommand):
    """A stream is named ``<workspace>/<stream>``, or as the log itself names it; without one: all streams."""

    help = "Look into the commit log, check it, keep it, copy it, bring it back."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The verbs and what they take."""
        verbs = parser.add_subparsers(dest="verb", required=True)
        verify = verbs.add_parser("verify", help="check every byte; exit code 1 if one isn't what was written")
        verify.add_argument("streams", nargs="*")
        stats = verbs.add_parser("stats", help="segments, bytes, offsets, times, files")
        stats.add_argument("streams", nargs="*")
        stats.add_argument("--json", action="store_true")
        inspect = verbs.add_parser("inspect", help="the batches of one stream, from an offset on")
        inspect.add_argument("stream")
        inspect.add_argument("--partition", type=int, default=0)
        inspect.add_argument("--offset", type=int, help="default: the earliest")
        inspect.add_argument("--count", type=int, default=20, help="batches to show")
        inspect.add_argument("--records", action="store_true", help="their records, too")
        compact = verbs.add_parser("compact", help="let retention and compaction work now")
        compact.add_argument("streams", nargs="*")
        backup = verbs.add_parser("backup", help="copy streams to a new folder while appends go on")
        backup.add_argument("target")
        backup.add_argument("streams", nargs="*")
        restore = verbs.add_parser("restore", help="bring back streams that aren't there")
        restore.add_argument("source")
        restore.add_argument("streams", nargs="*", help="as the backup names them")
        restore.add_argument("--keep-epoch", action="store_true", help="positions stay valid: for moving a log only")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it; an error of the log ends the command with its words and its hint."""
        try:
            getattr(self, f"_{options['verb']}")(options)
        except LogError as error:
            raise CommandError(f"{error.message} {error.hint}".strip()) from error

    def _verify(self, options: dict[str, Any]) -> None:
        log, bad = _file_engine(), 0
        for name in _named(log, options["streams"]):
            found = log.verify(name)
            size = f"{found.records:,} records in {found.batches:,} batches, {found.segments} segments, {found.bytes:,}"
            self.stdout.write(f"{name}: {'sound' if found.sound else 'DAMAGED'} ({size} bytes)")
            for problem in found.problems:
                self.stdout.write(f"  {problem}")
            for note in found.notes:
                self.stdout.write(f"  note: {note}")
            bad += not found.sound
        if bad:
            raise CommandError(f"{bad} stream{'s' if bad > 1 else ''} damaged: see above.")

    def _stats(self, options: dict[str, Any]) -> None:
        log = engine()
        for name in _named(log, options["streams"]):
            about = log.describe(name)
            files = file_stats(log, name) if isinstance(log, FileEngine) else []
            if options["json"]:
                stats = {
                    "stream": name,
                    "epoch": str(about.epoch),
                    "settings": asdict(about.settings),
                    "partitions": [asdict(each) for each in about.partitions],
                    "files": [asdict(each) for each in files],
                }
                self.stdout.write(json.dumps(stats))
                continue
            self.stdout.write(f"{name}: {about.bytes:,} bytes, {len(about.partitions)} partitions, epoch {about.epoch}")
            for number, each in enumerate(about.partitions):
                since, until = _moment(each.first_timestamp_ms), _moment(each.last_timestamp_ms)
                self.stdout.write(
                    f"  p{each.partition}: offsets {each.earliest_offset:,} to {each.next_offset:,}, {each.bytes:,} "
                    f"bytes, {since} to {until}"
                )
                if files:
                    self.stdout.write(f"      {files[number]}")

    def _inspect(self, options: dict[str, Any]) -> None:
        log = _file_engine()
        (name,) = _named(log, [options["stream"]])
        found = batches_of(log, name, partition=options["partition"], offset=options["offset"])
        for batch in islice(found, options["count"]):
            self.stdout.write(str(batch))
            for record in batch.records[:RECORDS_SHOWN_MAX] if options["records"] else ():
                key = "" if record.key is None else f" key {record.key!r}"
                moment, begin = _moment(record.timestamp_ms), record.payload[:PAYLOAD_SHOWN_BYTES]
                self.stdout.write(f"    {record.offset} {moment}{key} {begin!r}")

    def _compact(self, options: dict[str, Any]) -> None:
        log = engine()
        for name in _named(log, options["streams"]):
            done = log.maintain(name, now=True)
            self.stdout.write(
                f"{name}: {done.records_expired:,} records expired, {done.records_compacted:,} compacted, "
                f"{done.bytes_before:,} to {done.bytes_after:,} bytes"
            )
            for problem in done.problems:
                self.stdout.write(f"  {problem}")

    def _backup(self, options: dict[str, Any]) -> None:
        log = _file_engine()
        done = log.backup(_named(log, options["streams"]), options["target"])
        self.stdout.write(f"{options['target']}: {done.streams} streams, {done.files} files, {done.bytes:,} bytes")

    def _restore(self, options: dict[str, Any]) -> None:
        log = _file_engine()
        wanted = [_log_name(name) for name in options["streams"]] or None
        for name in log.restore(options["source"], streams=wanted, keep_epoch=options["keep_epoch"]):
            self.stdout.write(f"Restored {name}.")


def _file_engine() -> FileEngine:
    found = engine()
    if not isinstance(found, FileEngine):
        raise CommandError("This needs the built-in engine in files (COMMIT_LOG_URL=file:///...).")
    return found


def _named(log: Engine, names: list[str]) -> list[str]:
    if not names:
        return log.streams()
    found = [_log_name(name) for name in names]
    for name in found:
        log.describe(name)
    return found


def _log_name(name: str) -> str:
    """By workspace and name where the database knows it; as it stands otherwise."""
    slug, _, rest = name.partition("/")
    stream = Stream.objects.filter(workspace__slug=slug, name=rest).first()
    return name if stream is None else stream.log_name


def _moment(timestamp_ms: int | None) -> str:
    if timestamp_ms is None:
        return "-"
    try:
        return (
            datetime.fromtimestamp(timestamp_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        )
    except (ValueError, OverflowError, OSError):
        return str(timestamp_ms)
