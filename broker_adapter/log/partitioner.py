"""Which partition a record goes to.

By crc32c of its key, or of its dedup id if it has no key (a retry then lands where the first one did), modulo the
number of partitions. Records with neither go to the batch's own partition, which rotates from batch to batch. The hash
is part of the format: changing it would break the order of keys that are already stored.
"""

from __future__ import annotations

from collections.abc import Sequence

import google_crc32c

from broker_adapter.log.errors import InvalidAppend
from broker_adapter.log.records import Expected, NewRecords


def partition_of(key: bytes, *, partitions: int) -> int:
    """The partition of a key, the same for ever."""
    return int(google_crc32c.value(key)) % partitions


def expected_partition(expected: Expected, keys: Sequence[bytes | None] | None, *, partitions: int) -> int:
    """Where an append with a condition goes. Raises InvalidAppend if one of its keys belongs elsewhere."""
    if expected.partition is not None:
        own = expected.partition
    else:
        own = partition_of(expected.key or b"", partitions=partitions)
    if not 0 <= own < partitions:
        raise InvalidAppend(f"There is no partition {own}; they are 0 to {partitions - 1}.", partition=own)
    for index, key in enumerate(keys or ()):
        if key is not None and partition_of(key, partitions=partitions) != own:
            raise InvalidAppend(
                f"Record {index} has a key of another partition than the one that was expected something of ({own}).",
                index=index,
                partition=own,
                hint="Send records under other keys in an append of their own.",
            )
    return own


def split(records: NewRecords, *, partitions: int, turn: int) -> dict[int, Sequence[int]]:
    """{partition: indexes of its records, rising}. `turn` chooses the partition of records without key and id."""
    count = len(records)
    own = turn % partitions
    if partitions == 1 or (records.keys is None and records.dedup_ids is None):
        return {own: range(count)}
    placed = [own] * count
    value = google_crc32c.value
    for column in (records.dedup_ids, records.keys):  # keys last: they win
        if column is not None:
            placed = [
                was if each is None else value(each) % partitions for was, each in zip(placed, column, strict=True)
            ]
    groups: dict[int, Sequence[int]] = {}
    for partition in set(placed):
        groups[partition] = [index for index, where in enumerate(placed) if where == partition]
    if len(groups) == 1:
        return {next(iter(groups)): range(count)}
    return groups


def taken(records: NewRecords, indexes: Sequence[int]) -> NewRecords:
    """Only the records at `indexes`."""
    if isinstance(indexes, range) and len(indexes) == len(records):
        return records
    return NewRecords(
        payloads=[records.payloads[index] for index in indexes],
        keys=None if records.keys is None else [records.keys[index] for index in indexes],
        headers=None if records.headers is None else [records.headers[index] for index in indexes],
        timestamps_ms=None if records.timestamps_ms is None else [records.timestamps_ms[index] for index in indexes],
        dedup_ids=None if records.dedup_ids is None else [records.dedup_ids[index] for index in indexes],
        expected=records.expected,
        producer=records.producer,
    )
