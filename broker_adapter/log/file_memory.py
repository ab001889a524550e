"""How the file engine remembers what recognises retries: the files of remembered.py, and the log after them.

Written down after a segment is full, and before records are taken away, by whichever process does that. Two processes
may write in turn: what the file knows is taken over first, so that it never knows less than before.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Sequence
from operator import gt
from typing import TYPE_CHECKING

from broker_adapter.log.appending import Intake, StoredIds
from broker_adapter.log.files import Files, create_file, locked_file
from broker_adapter.log.remembered import (
    RememberedIds,
    RememberedProducer,
    pack_ids,
    pack_producers,
    read_ids,
    read_producers,
)

if TYPE_CHECKING:
    from broker_adapter.log.partition import FilePartition

logger = logging.getLogger(__name__)


class FileMemory:
    """See the module; one for an open stream."""

    def __init__(self, files: Files, folder: str, *, epoch: bytes, partitions: Sequence[FilePartition]) -> None:
        self._files = files
        self._epoch = epoch
        self._partitions = partitions
        self._ids_path = os.path.join(folder, "dedup")

    def written_ids(self) -> RememberedIds | None:
        try:
            return read_ids(self._files, self._ids_path, epoch=self._epoch)
        except OSError:
            logger.warning("%s could not be read", self._ids_path, exc_info=True)
            return None

    def ids(
        self, *, ids_max: int, since_ms: int
    ) -> tuple[Iterable[tuple[int, Sequence[bytes], Sequence[int]]], list[int], list[StoredIds]]:
        remembered = self.written_ids()
        ends: list[int] = []
        batches: list[StoredIds] = []
        for number, partition in enumerate(self._partitions):
            if remembered is None:
                end, found = partition.newest_ids(ids_max=ids_max, since_ms=since_ms)
            else:
                end = max(partition.end_offset(), remembered.offsets[number])
                found = partition.stored_ids(remembered.offsets[number])
            ends.append(end)
            batches += found
        batches.sort(key=lambda batch: batch.appended_ms)
        return () if remembered is None else remembered.batches, ends, batches

    def producers(self, partition: int, *, since_ms: int) -> tuple[Iterable[RememberedProducer], list[StoredIds]]:
        own = self._partitions[partition]
        try:
            remembered = read_producers(self._files, own.own.path("producers"), epoch=self._epoch)
        except OSError:
            logger.warning("%s: the producers could not be read", own.own.folder, exc_info=True)
            remembered = None
        if remembered is None:
            return (), own.newest_ids(ids_max=None, since_ms=since_ms)[1]
        return remembered.producers, own.stored_ids(remembered.offset)

    def write_down(self, intake: Intake, partition: FilePartition) -> None:
        """Both files, complete up to the durable end of that partition. Raises LogError, OSError."""
        try:
            next_offset = partition.begin()
            intake.catch_up(partition.partition, partition.stored_ids, next_offset=next_offset)
            intake.learn_producers(partition.partition, partition.stored_ids, next_offset=next_offset)
            producers = intake.dump_producers(partition.partition, next_offset=next_offset)
            create_file(self._files, partition.own.path("producers"), pack_producers(producers, epoch=self._epoch))
        finally:
            partition.end()
        with locked_file(self._files, f"{self._ids_path}.lock"):
            ours, theirs = intake.dump_ids(), self.written_ids()
            if theirs is not None and any(map(gt, theirs.offsets, ours.offsets)):
                intake.take_over(theirs)
                ours = intake.dump_ids()
            create_file(self._files, self._ids_path, pack_ids(ours, epoch=self._epoch))
