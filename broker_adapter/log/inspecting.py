"""Looking into the files of a stream: what a person wants to see of batches and of what lies on the disk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from broker_adapter.log.batch import (
    FLAG_ANCHOR,
    FLAG_DEDUP,
    FLAG_HEADERS,
    FLAG_KEYS,
    FLAG_PRODUCER,
    FLAG_SPARSE,
    FLAG_TIMESTAMPS,
    BatchView,
)
from broker_adapter.log.records import Record
from broker_adapter.log.segment import Damage

if TYPE_CHECKING:
    from broker_adapter.log.file_engine import FileEngine

_FLAGS = {
    FLAG_TIMESTAMPS: "times",
    FLAG_KEYS: "keys",
    FLAG_DEDUP: "ids",
    FLAG_HEADERS: "headers",
    FLAG_PRODUCER: "producer",
    FLAG_SPARSE: "compacted",
    FLAG_ANCHOR: "anchor",
}


@dataclass(frozen=True, slots=True)
class Inspected:
    """One batch, or the damage in its place."""

    file: str
    position: int
    view: BatchView | None
    damage: str = ""

    @property
    def records(self) -> list[Record]:
        return [] if self.view is None else list(self.view.records())

    def __str__(self) -> str:
        view = self.view
        if view is None:
            return f"{self.file} byte {self.position}: DAMAGED, {self.damage}"
        flags = ", ".join(word for flag, word in _FLAGS.items() if view.flags & flag)
        return (
            f"{self.file} byte {self.position}: offsets {view.base_offset} to {view.next_offset - 1}, {view.count} "
            f"records, {view.batch_bytes} bytes, chain {view.chain.hex()[:16]}{f' ({flags})' if flags else ''}"
        )


@dataclass(frozen=True, slots=True)
class FileStats:
    """What lies on the disk of one partition."""

    partition: int
    segments: int
    rewritten: int
    segment_bytes: int
    index_bytes: int
    other_bytes: int
    torn_files: int

    def __str__(self) -> str:
        torn = f", {self.torn_files} torn tails kept aside" if self.torn_files else ""
        return (
            f"{self.segments} segments ({self.rewritten} compacted), indexes {self.index_bytes:,} bytes, "
            f"other files {self.other_bytes:,} bytes{torn}"
        )


def batches_of(engine: FileEngine, stream: str, *, partition: int, offset: int | None = None) -> Iterator[Inspected]:
    """The batches of a partition from an offset on (None: the earliest). Raises LogError."""
    log = engine.file_partition(stream, partition)
    segments = log.own.segments(log.durable())
    first = segments.earliest if offset is None else max(offset, segments.earliest)
    for number in range(segments.number_of(first), len(segments)):
        name = segments.files[number].name
        start = log.own.entry_before(segments, number, first)
        for each in log.own.found(segments, number, start=start):
            if isinstance(each, Damage):
                yield Inspected(name, each.position, None, each.reason)
            elif each.view.next_offset > first or each.view.anchor is not None:
                yield Inspected(name, each.position, each.view)


def file_stats(engine: FileEngine, stream: str) -> list[FileStats]:
    """Of each partition. Raises LogError."""
    found: list[FileStats] = []
    for number in range(len(engine.describe(stream).partitions)):
        log = engine.file_partition(stream, number)
        segments = log.own.segments(log.durable())
        sizes = {name: log.own.files.path_size(log.own.path(name)) for name in log.own.files.names(log.own.folder)}
        logs = sum(log.own.limit(each, segments.mark) for each in segments.files)
        indexes = sum(size for name, size in sizes.items() if name.endswith((".index", ".keys")))
        found.append(
            FileStats(
                partition=number,
                segments=len(segments),
                rewritten=sum(each.end is not None for each in segments.files),
                segment_bytes=logs,
                index_bytes=indexes,
                other_bytes=max(sum(sizes.values()) - logs - indexes, 0),
                torn_files=sum(".torn-" in name for name in sizes),
            )
        )
    return found
