"""What recognises retries, written down now and then, so that a start reads the tail of the log only.

    <stream folder>/dedup                the window of dedup ids of the whole stream
    <partition folder>/producers         the producers of one partition

Both are derived from the log while its records are there: lost or damaged, they are made again from the newest
batches. Before records are taken away by retention or compaction they are written anew, because then they know more
than the log. Each says up to which offset of each partition it is complete; who reads it goes on from there in the
log.

A file: magic, crc32c of all that follows (u32), epoch (16 bytes), offsets (count u32, u64 each), then columns.
"""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

import google_crc32c

from broker_adapter.log.files import Files

_DEDUP = b"FSD\x01"
_PRODUCERS = b"FSP\x01"
_HEAD = struct.Struct("<4sI16sI")
_CRC_FROM = 8
FILE_BYTES_MAX = 1 << 30


@dataclass(frozen=True, slots=True)
class RememberedIds:
    """Batches of dedup ids, oldest first: (appended_ms, ids, places), complete up to `offsets` of each partition."""

    offsets: Sequence[int]
    batches: Sequence[tuple[int, Sequence[bytes], Sequence[int]]]


@dataclass(frozen=True, slots=True)
class RememberedProducer:
    """One producer; `runs` and `floor` as in producers.py. A place is (first number of an append, its records, first
    offset of those of them that are in this partition, how many these are, which they are as a bitmap; empty: all).
    """

    id: bytes
    epoch: int
    floor: int
    last_ms: int
    runs: Sequence[tuple[int, int]]
    places: Sequence[tuple[int, int, int, int, bytes]] = ()


@dataclass(frozen=True, slots=True)
class RememberedProducers:
    """The producers of a partition, longest silent first, complete up to `offset`."""

    offset: int
    producers: Sequence[RememberedProducer]


def pack_ids(remembered: RememberedIds, *, epoch: bytes) -> bytes:
    """The content of the file `dedup`."""
    batches = remembered.batches
    ids = [each for _, some, _ in batches for each in some]
    columns = [
        _packed("q", [appended_ms for appended_ms, _, _ in batches]),
        _packed("I", [len(some) for _, some, _ in batches]),
        _packed("I", list(map(len, ids))),
        _packed("Q", [place for _, _, places in batches for place in places]),
        [b"".join(ids)],
    ]
    return _sealed(_DEDUP, epoch, remembered.offsets, columns)


def read_ids(files: Files, path: str, *, epoch: bytes) -> RememberedIds | None:
    """None if there is no such file, or it is damaged, or of another incarnation of the stream."""
    found = _opened(files, path, _DEDUP, epoch)
    if found is None:
        return None
    offsets, data, at = found
    times, at = _unpacked("q", data, at)
    counts, at = _unpacked("I", data, at)
    lengths, at = _unpacked("I", data, at)
    places, at = _unpacked("Q", data, at)
    ids = [data[begin:end] for begin, end in pairwise(accumulate(lengths, initial=at))]
    batches: list[tuple[int, Sequence[bytes], Sequence[int]]] = []
    first = 0
    for appended_ms, count in zip(times, counts, strict=True):
        batches.append((appended_ms, ids[first : first + count], places[first : first + count]))
        first += count
    return RememberedIds(offsets, batches)


def pack_producers(remembered: RememberedProducers, *, epoch: bytes) -> bytes:
    """The content of the file `producers`."""
    each = remembered.producers
    places = [place for one in each for place in one.places]
    columns = [
        _packed("I", [one.epoch for one in each]),
        _packed("Q", [one.floor for one in each]),
        _packed("q", [one.last_ms for one in each]),
        _packed("I", [len(one.runs) for one in each]),
        _packed("Q", [edge for one in each for run in one.runs for edge in run]),
        _packed("I", [len(one.id) for one in each]),
        [b"".join(one.id for one in each)],
        _packed("I", [len(one.places) for one in each]),
        _packed("Q", [number for place in places for number in place[:4]]),
        _packed("I", [len(place[4]) for place in places]),
        [b"".join(place[4] for place in places)],
    ]
    return _sealed(_PRODUCERS, epoch, [remembered.offset], columns)


def read_producers(files: Files, path: str, *, epoch: bytes) -> RememberedProducers | None:
    """None if there is no such file, or it is damaged, or of another incarnation of the stream."""
    found = _opened(files, path, _PRODUCERS, epoch)
    if found is None:
        return None
    offsets, data, at = found
    epochs, at = _unpacked("I", data, at)
    floors, at = _unpacked("Q", data, at)
    times, at = _unpacked("q", data, at)
    counts, at = _unpacked("I", data, at)
    edges, at = _unpacked("Q", data, at)
    lengths, at = _unpacked("I", data, at)
    ids = [data[begin:end] for begin, end in pairwise(accumulate(lengths, initial=at))]
    place_counts, at = _unpacked("I", data, at + sum(lengths))
    numbers, at = _unpacked("Q", data, at)
    lengths, at = _unpacked("I", data, at)
    bitmaps = [data[begin:end] for begin, end in pairwise(accumulate(lengths, initial=at))]
    places = list(zip(numbers[::4], numbers[1::4], numbers[2::4], numbers[3::4], bitmaps, strict=True))
    place_ends = list(accumulate(place_counts, initial=0))
    producers: list[RememberedProducer] = []
    first = 0
    for number, producer_id in enumerate(ids):
        some = edges[first : first + 2 * counts[number]]
        first += 2 * counts[number]
        runs = list(zip(some[::2], some[1::2], strict=True))
        own = places[place_ends[number] : place_ends[number + 1]]
        producers.append(RememberedProducer(producer_id, epochs[number], floors[number], times[number], runs, own))
    return RememberedProducers(offsets[0], producers)


def remembered_fault(files: Files, path: str, *, epoch: bytes) -> str | None:
    """Why a file that is there can't be used; None if it can."""
    magic = _DEDUP if path.endswith("dedup") else _PRODUCERS
    return None if _opened(files, path, magic, epoch) is not None else "checksum mismatch"


def _packed(typecode: str, values: Sequence[int]) -> list[bytes]:
    column = array(typecode, values)
    if sys.byteorder == "big":
        column.byteswap()
    return [len(values).to_bytes(4, "little"), column.tobytes()]


def _unpacked(typecode: str, data: bytes, at: int) -> tuple[array[int], int]:
    column = array(typecode)
    end = at + 4 + int.from_bytes(data[at : at + 4], "little") * column.itemsize
    column.frombytes(data[at + 4 : end])
    if sys.byteorder == "big":
        column.byteswap()
    return column, end


def _sealed(magic: bytes, epoch: bytes, offsets: Sequence[int], columns: Iterable[list[bytes]]) -> bytes:
    parts = [_packed("Q", offsets)[1], *(part for column in columns for part in column)]
    rest = b"".join([epoch, len(offsets).to_bytes(4, "little"), *parts])
    crc: int = google_crc32c.value(rest)
    return magic + crc.to_bytes(4, "little") + rest


def _opened(files: Files, path: str, magic: bytes, epoch: bytes) -> tuple[Sequence[int], bytes, int] | None:
    """Offsets, the whole file, and where its columns begin. Nothing is believed before the checksum."""
    try:
        fd = files.open(path)
    except FileNotFoundError:
        return None
    try:
        data = files.read(fd, min(files.size(fd), FILE_BYTES_MAX), 0)
    finally:
        files.close(fd)
    if len(data) < _HEAD.size:
        return None
    found_magic, crc, found_epoch, count = _HEAD.unpack_from(data)
    if found_magic != magic or google_crc32c.value(data[_CRC_FROM:]) != crc or found_epoch != epoch:
        return None
    offsets = array("Q")
    offsets.frombytes(data[_HEAD.size : _HEAD.size + 8 * count])
    if sys.byteorder == "big":
        offsets.byteswap()
    return offsets, data, _HEAD.size + 8 * count
