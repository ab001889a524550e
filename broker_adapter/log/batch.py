"""A batch: the unit that is written, checked, read and moved as a whole.

Layout (all numbers little-endian), a header of 88 bytes and a body:

    0   4  magic        b"FSB" and the format version (1)
    4   4  crc          crc32c over everything from byte 8 to the end, begun with the partition's salt
    8   4  length       of the whole batch, header included
    12  4  flags        which optional columns are there
    16  8  base_offset  of the first record; the others follow densely
    24  4  count        of records, at least 1
    28  4  meta_bytes   length of the columns, so that payloads begin at 88 + meta_bytes
    32  8  min_timestamp_ms
    40  8  max_timestamp_ms
    48  8  appended_ms  clock of the appender, for windows and retention
    56 32  chain        sha256(chain of the batch before it + header bytes 8..56 + sha256(body))

A batch that compaction wrote (flag SPARSE) stands for the offsets base_offset to base_offset + span, of which `count`
records are left, maybe none. The last one of a rewritten segment (flag ANCHOR) has no records; it says what the chain
was before rewriting, so that the next segment's can be checked against it.

The body holds columns, then the payloads as they came, concatenated:

    span                u64, then u32 x count: offset of each record less base_offset     if flag SPARSE
    anchor              see ANCHOR                                     if flag ANCHOR
    payload lengths     u32 x count
    timestamps          i64 x count                        if flag TIMESTAMPS (else all are min_timestamp_ms)
    keys                u32 bytes, i32 x count (-1: None), the keys    if flag KEYS
    dedup ids           likewise                                       if flag DEDUP
    producer            see PRODUCER, the id, then u32 x count: number of each record in the append, unless that
                        was stored here whole                          if flag PRODUCER
    headers             see HEADER_TABLE, then the index u32 x count if there is more than one tuple, pairs per tuple
                        u16, name number per pair u16, value length per pair u32, name lengths u16, names, values
                                                                       if flag HEADERS

Rules. A body doesn't know its offset: publishers encode bodies concurrently, the committer seals them in order. The
crc covers length and base offset, so a batch moved or stretched is found out. The salt is secret to the stream's
folder: bytes inside a payload can't pass for a batch when a reader looks for the next whole one behind damage. Nothing
is believed before the crc is checked. Work here is done a column at a time; only `records()` makes objects per record.
"""

from __future__ import annotations

import hashlib
import struct
import sys
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import accumulate, chain, islice, pairwise, repeat
from typing import NamedTuple, TypeVar

import google_crc32c

from broker_adapter.log.errors import CorruptBatch
from broker_adapter.log.records import Headers, NewRecords, Record

MAGIC = b"FSB\x01"
HEADER = struct.Struct("<4sIIIQIIqqq32s")
HEADER_BYTES = HEADER.size
_AFTER_CRC = struct.Struct("<IIQIIqqq")
_CRC = struct.Struct("<I")
_CRC_FROM = 8
_CHAIN_FROM = 56
BATCH_BYTES_MAX = 1 << 30
HEADER_TABLE = struct.Struct("<IIIII")  # tuples, pairs, names, bytes of names, bytes of values

FLAG_TIMESTAMPS = 1
FLAG_KEYS = 2
FLAG_DEDUP = 4
FLAG_HEADERS = 8
FLAG_PRODUCER = 16
FLAG_SPARSE = 32
FLAG_ANCHOR = 64
FLAGS_KNOWN = 127
SPAN = struct.Struct("<Q")
SPAN_MAX = 1 << 31  # of a batch with records: so that differences of offsets fit their column
ANCHOR = struct.Struct("<32sQQq")  # chain before rewriting, records before, records kept, time of rewriting
PRODUCER = struct.Struct("<HIQI")  # bytes of the id, epoch, number of the append's first record, records of the append

_T = TypeVar("_T")
_NO_HEADERS: tuple[Headers, ...] = ((),)
_make_record = partial(tuple.__new__, Record)


class BatchHeader(NamedTuple):
    """The 88 bytes before a body; see the layout above."""

    magic: bytes
    crc: int
    length: int
    flags: int
    base_offset: int
    count: int  # type: ignore[assignment]  # hides tuple.count, which nobody needs here
    meta_bytes: int
    min_timestamp_ms: int
    max_timestamp_ms: int
    appended_ms: int
    chain: bytes


@dataclass(frozen=True, slots=True)
class Body:
    """An encoded batch that waits for its offset. Times are None when the time of append counts."""

    flags: int
    count: int
    meta_bytes: int
    min_timestamp_ms: int | None
    max_timestamp_ms: int | None
    data: bytes
    digest: bytes

    @property
    def batch_bytes(self) -> int:
        return HEADER_BYTES + len(self.data)


class Anchor(NamedTuple):
    """The end of a rewritten segment: the chain value of the last batch that it stands for, how many records it had
    before rewriting and has now, and when that was.
    """

    chain: bytes
    records_before: int
    records_kept: int
    rewritten_ms: int


class ProducedBy(NamedTuple):
    """Whose append a batch is, or is a part of: the numbers `sequence` to `sequence` + `span` were given to the
    append's records, `indexes[i]` of them to record i of the batch (None: all of them, in order).
    """

    id: bytes
    epoch: int
    sequence: int
    span: int
    indexes: Sequence[int] | None


# Columns ------------------------------------------------------------------------------------------------------------


def _pack(typecode: str, values: Iterable[int]) -> bytes:
    column = array(typecode, values)
    if sys.byteorder == "big":
        column.byteswap()
    return column.tobytes()


def _unpack(typecode: str, data: bytes) -> array[int]:
    column = array(typecode)
    column.frombytes(data)
    if sys.byteorder == "big":
        column.byteswap()
    return column


def _encode_optional(values: Sequence[bytes | None]) -> list[bytes]:
    try:
        lengths = _pack("i", map(len, values))  # type: ignore[arg-type]
        joined = b"".join(values)  # type: ignore[arg-type]
    except TypeError:  # there is a None among them
        lengths = _pack("i", [-1 if value is None else len(value) for value in values])
        joined = b"".join([value for value in values if value is not None])
    return [len(joined).to_bytes(4, "little"), lengths, joined]


def _encode_headers(headers: Sequence[Headers]) -> list[bytes]:
    index = b""
    headers = list(headers)  # the tuples' identities are used below: hold on to them
    if headers.count(headers[0]) == len(headers):  # compares by identity first: the cheap and usual case
        distinct = [headers[0]]
    else:
        by_identity = dict(zip(map(id, headers), headers, strict=True))
        distinct = list(dict.fromkeys(by_identity.values()))
        place = {each: number for number, each in enumerate(distinct)}
        place_by_identity = {identity: place[each] for identity, each in by_identity.items()}
        index = _pack("I", map(place_by_identity.__getitem__, map(id, headers)))
    pairs = list(chain.from_iterable(distinct))
    pair_names, values = zip(*pairs, strict=True) if pairs else ((), ())
    number_of = {name: number for number, name in enumerate(dict.fromkeys(pair_names))}
    names = [name.encode() for name in number_of]
    joined_names, joined_values = b"".join(names), b"".join(values)
    return [
        HEADER_TABLE.pack(len(distinct), len(pairs), len(names), len(joined_names), len(joined_values)),
        index,
        _pack("H", map(len, distinct)),
        _pack("H", map(number_of.__getitem__, pair_names)),
        _pack("I", map(len, values)),
        _pack("H", map(len, names)),
        joined_names,
        joined_values,
    ]


def _encode_producer(by: ProducedBy) -> list[bytes]:
    fixed = PRODUCER.pack(len(by.id), by.epoch, by.sequence, by.span)
    return [fixed, by.id, b"" if by.indexes is None else _pack("I", by.indexes)]


def encode_sparse(
    records: NewRecords | None,
    *,
    offsets: Sequence[int],
    base_offset: int,
    next_offset: int,
    by: ProducedBy | None = None,
    anchor: Anchor | None = None,
    appended_ms: int = 0,
) -> Body:
    """The body of a batch that stands for `base_offset` up to `next_offset`, of which records are left at `offsets`."""
    flags, minimum, maximum = FLAG_SPARSE, appended_ms, appended_ms
    columns = [SPAN.pack(next_offset - base_offset), _pack("I", [offset - base_offset for offset in offsets])]
    if anchor is not None:
        flags |= FLAG_ANCHOR
        columns.append(ANCHOR.pack(*anchor))
    payloads: Sequence[bytes] = ()
    if records is not None:
        more, low, high, encoded = _encode_columns(records, by)
        flags |= more
        minimum, maximum = appended_ms if low is None else low, appended_ms if high is None else high
        columns += encoded
        payloads = records.payloads
    data = b"".join(chain(columns, payloads))
    return Body(flags, len(offsets), sum(map(len, columns)), minimum, maximum, data, hashlib.sha256(data).digest())


def encode_body(records: NewRecords, by: ProducedBy | None = None) -> Body:
    """The body of one batch. Raises ValueError if there are no records, or a number doesn't fit its column."""
    payloads = records.payloads
    if not payloads:
        raise ValueError("a batch has at least one record")
    try:
        flags, minimum, maximum, columns = _encode_columns(records, by)
    except (OverflowError, struct.error) as error:
        raise ValueError(f"a length, a timestamp or a number of headers is out of range: {error}") from error
    meta_bytes = sum(map(len, columns))
    data = b"".join(chain(columns, payloads))
    if len(data) > BATCH_BYTES_MAX:
        raise ValueError(f"a batch of {len(data):,} bytes; the format ends at {BATCH_BYTES_MAX:,}")
    return Body(flags, len(payloads), meta_bytes, minimum, maximum, data, hashlib.sha256(data).digest())


def _encode_columns(records: NewRecords, by: ProducedBy | None) -> tuple[int, int | None, int | None, list[bytes]]:
    flags = 0
    minimum: int | None = None
    maximum: int | None = None
    columns = [_pack("I", map(len, records.payloads))]
    if records.timestamps_ms is not None:
        minimum, maximum = min(records.timestamps_ms), max(records.timestamps_ms)
        if minimum < maximum:
            flags |= FLAG_TIMESTAMPS
            columns.append(_pack("q", records.timestamps_ms))
        elif not -(1 << 63) <= minimum < 1 << 63:
            raise OverflowError("timestamp")
    if records.keys is not None and records.keys.count(None) < len(records.keys):
        flags |= FLAG_KEYS
        columns += _encode_optional(records.keys)
    if records.dedup_ids is not None and records.dedup_ids.count(None) < len(records.dedup_ids):
        flags |= FLAG_DEDUP
        columns += _encode_optional(records.dedup_ids)
    if by is not None:
        flags |= FLAG_PRODUCER
        columns += _encode_producer(by)
    if records.headers is not None and any(records.headers):
        flags |= FLAG_HEADERS
        columns += _encode_headers(records.headers)
    return flags, minimum, maximum, columns


# Sealing and checking -----------------------------------------------------------------------------------------------


def seal(body: Body, *, base_offset: int, appended_ms: int, previous_chain: bytes, salt: int) -> tuple[bytes, bytes]:
    """The header that goes before `body.data`, and the batch's chain value."""
    after_crc = _AFTER_CRC.pack(
        HEADER_BYTES + len(body.data),
        body.flags,
        base_offset,
        body.count,
        body.meta_bytes,
        appended_ms if body.min_timestamp_ms is None else body.min_timestamp_ms,
        appended_ms if body.max_timestamp_ms is None else body.max_timestamp_ms,
        appended_ms,
    )
    link = next_chain(previous_chain, after_crc, body.digest)
    covered = after_crc + link
    crc = google_crc32c.extend(google_crc32c.extend(salt, covered), body.data)
    return MAGIC + _CRC.pack(crc) + covered, link


def next_chain(previous: bytes, after_crc: bytes, body_digest: bytes) -> bytes:
    """The chain value of a batch, from that of the one before it."""
    return hashlib.sha256(previous + after_crc + body_digest).digest()


def chain_of(data: bytes, at: int, *, previous: bytes) -> bytes:
    """What the chain value of the batch at `data[at:]` has to be if `previous` is that of the batch before it."""
    header = read_header(data, at)
    body = memoryview(data)[at + HEADER_BYTES : at + header.length]
    return next_chain(previous, data[at + _CRC_FROM : at + _CHAIN_FROM], hashlib.sha256(body).digest())


def read_header(data: bytes, at: int = 0) -> BatchHeader:
    """The header at a place, believed in nothing yet. Raises struct.error if fewer than 88 bytes follow."""
    return BatchHeader._make(HEADER.unpack_from(data, at))


def header_fault(header: BatchHeader) -> str | None:
    """Why these 88 bytes can't begin a batch; None if they might."""
    if header.magic != MAGIC:
        return "no batch begins here" if header.magic[:3] != MAGIC[:3] else "unknown format version"
    if not HEADER_BYTES <= header.length <= BATCH_BYTES_MAX + HEADER_BYTES:
        return "impossible length"
    if header.flags & ~FLAGS_KNOWN:
        return "unknown flags"
    least = 8 if header.flags & FLAG_SPARSE else 4
    if (header.count < 1 and least == 4) or header.meta_bytes < least * max(header.count, 1):
        return "impossible number of records"
    if HEADER_BYTES + header.meta_bytes > header.length:
        return "impossible number of records"
    return None


def batch_fault(data: bytes, at: int, header: BatchHeader, *, salt: int) -> str | None:
    """Why the bytes at `data[at:]` aren't the batch that `header` announces; None if they are."""
    fault = header_fault(header)
    if fault is not None:
        return fault
    end = at + header.length
    if end > len(data):
        return "cut short"
    covered = data[at + _CRC_FROM : end]
    if google_crc32c.extend(salt, covered) != header.crc:
        return "checksum mismatch"
    return None


# Reading ------------------------------------------------------------------------------------------------------------


class BatchView:
    """One batch, or a run of its records, as a reader gets it. Columns are decoded when first asked for.

    `data[at:]` is the whole checked batch; `start` and `count` choose records. Views of one batch share its bytes.
    A view stands for the offsets `base_offset` up to `next_offset`; where compaction took records out there are fewer
    `offsets` than that.
    """

    __slots__ = (
        "_at",
        "_columns",
        "_data",
        "_header",
        "_start",
        "base_offset",
        "count",
        "file",
        "file_position",
        "next_offset",
        "partition",
    )

    def __init__(
        self,
        data: bytes,
        at: int,
        header: BatchHeader,
        *,
        partition: int,
        start: int = 0,
        count: int | None = None,
        covered: tuple[int, int] | None = None,
        file: str = "",
        file_position: int = 0,
        columns: _Columns | None = None,
    ) -> None:
        self._data = data
        self._at = at
        self._header = header
        self._start = start
        self._columns = columns
        self.partition = partition
        self.count = header.count - start if count is None else count
        if covered is not None:
            self.base_offset, self.next_offset = covered
        elif header.flags & FLAG_SPARSE:
            self.base_offset = header.base_offset
            self.next_offset = header.base_offset + SPAN.unpack_from(data, at + HEADER_BYTES)[0]
        else:
            self.base_offset = header.base_offset + start
            self.next_offset = self.base_offset + self.count
        self.file = file
        self.file_position = file_position

    def __repr__(self) -> str:
        return f"<BatchView partition={self.partition} offsets={self.base_offset}..{self.next_offset - 1}>"

    @property
    def offsets(self) -> Sequence[int]:
        if not self._header.flags & FLAG_SPARSE:
            return range(self.base_offset, self.base_offset + self.count)
        return self._cut(self._decoded().offsets or ())

    @property
    def is_sparse(self) -> bool:
        """Whether compaction wrote the batch."""
        return bool(self._header.flags & FLAG_SPARSE)

    @property
    def anchor(self) -> Anchor | None:
        """What the last batch of a rewritten segment says of the chain."""
        return self._decoded().anchor if self._header.flags & FLAG_ANCHOR else None

    def follows(self, previous_chain: bytes) -> bool:
        """Whether the batch was linked to one with that chain value."""
        return chain_of(self._data, self._at, previous=previous_chain) == self._header.chain

    def check(self) -> None:
        """Decode everything. Raises CorruptBatch if a column doesn't parse or contradicts the header."""
        self._decoded()
        try:
            list(self.headers), list(self.keys), self.producer, self.anchor
            times = self.timestamps_ms
        except (struct.error, ValueError, IndexError, UnicodeDecodeError) as error:
            raise CorruptBatch(f"columns don't parse ({error})", file=self.file, position=self.file_position) from error
        if self.count and not (self.min_timestamp_ms <= min(times) and max(times) <= self.max_timestamp_ms):
            raise CorruptBatch("times don't add up", file=self.file, position=self.file_position)

    @property
    def flags(self) -> int:
        """Of the batch; see FLAG_TIMESTAMPS and so on."""
        return self._header.flags

    @property
    def batch_bytes(self) -> int:
        """Length of the whole batch in its file."""
        return self._header.length

    @property
    def chain(self) -> bytes:
        return self._header.chain

    @property
    def appended_ms(self) -> int:
        return self._header.appended_ms

    @property
    def min_timestamp_ms(self) -> int:
        """Of the whole batch, not only of this view."""
        return self._header.min_timestamp_ms

    @property
    def max_timestamp_ms(self) -> int:
        """Of the whole batch, not only of this view."""
        return self._header.max_timestamp_ms

    @property
    def stored_bytes(self) -> int:
        """What the view counts against a read's bytes_max: its payloads, and the header and columns in proportion."""
        if self.count == self._header.count:
            return self._header.length
        overhead = HEADER_BYTES + self._header.meta_bytes
        return self.payload_bytes + overhead * self.count // max(self._header.count, 1)

    @property
    def payload_bytes(self) -> int:
        ends = self._decoded().payload_ends
        return ends[self._start + self.count] - ends[self._start]

    @property
    def payloads(self) -> list[bytes]:
        """One copy of each payload, in order."""
        ends = self._decoded().payload_ends[self._start : self._start + self.count + 1]
        data = self._data
        return [data[begin:end] for begin, end in pairwise(ends)]

    @property
    def payload_lengths(self) -> Sequence[int]:
        return self._cut(self._decoded().payload_lengths)

    @property
    def timestamps_ms(self) -> Sequence[int]:
        timestamps = self._decoded().timestamps
        return (self._header.min_timestamp_ms,) * self.count if timestamps is None else self._cut(timestamps)

    @property
    def keys(self) -> Sequence[bytes | None]:
        keys = self._decoded().keys
        return (None,) * self.count if keys is None else self._cut(keys)

    @property
    def dedup_ids(self) -> Sequence[bytes | None] | None:
        """None if no record of the batch has one."""
        ids = self._decoded().dedup_ids
        return None if ids is None else self._cut(ids)

    @property
    def producer(self) -> ProducedBy | None:
        """Of the whole batch, not only of this view."""
        return self._decoded().producer if self._header.flags & FLAG_PRODUCER else None

    @property
    def header_table(self) -> Sequence[Headers]:
        """The distinct header tuples of the batch; `header_index` says which one each record has."""
        return self._decoded().header_table

    @property
    def header_index(self) -> Sequence[int]:
        index = self._decoded().header_index
        return (0,) * self.count if index is None else self._cut(index)

    @property
    def headers(self) -> Sequence[Headers]:
        table = self.header_table
        return (table[0],) * self.count if len(table) == 1 else list(map(table.__getitem__, self.header_index))

    def header_values(self, name: str) -> Sequence[bytes | None]:
        """One header of each record (the first, if it is there twice), without building the others."""
        values = self._decoded().values_of(name)
        return (values[0],) * self.count if len(values) == 1 else list(map(values.__getitem__, self.header_index))

    def count_by_header(self, name: str) -> dict[bytes | None, int]:
        """How many records carry each value of a header, for instance `type`. Touches no payload."""
        values = self._decoded().values_of(name)
        if len(values) == 1:
            return {values[0]: self.count}
        return dict(Counter(map(values.__getitem__, self.header_index)))

    def trimmed(self, *, first_offset: int, next_offset: int) -> BatchView:
        """The records with offsets in that range, which must overlap the view."""
        first, end = max(first_offset, self.base_offset), min(next_offset, self.next_offset)
        if first == self.base_offset and end == self.next_offset:
            return self
        if self._header.flags & FLAG_SPARSE:
            offsets = self._decoded().offsets or ()
            start = bisect_left(offsets, first)
            count = bisect_left(offsets, end) - start
        else:
            start, count = first - self._header.base_offset, end - first
        return BatchView(
            self._data,
            self._at,
            self._header,
            partition=self.partition,
            start=start,
            count=count,
            covered=(first, end),
            file=self.file,
            file_position=self.file_position,
            columns=self._columns,
        )

    def within(self, *, records_max: int, bytes_max: int) -> BatchView:
        """The first records that fit both bounds, at least one."""
        if self.count <= records_max and self._header.length <= bytes_max:
            return self
        count = min(self.count, records_max)
        ends = self._decoded().payload_ends
        overhead, total = HEADER_BYTES + self._header.meta_bytes, self._header.count
        start = ends[self._start]
        room = [n for n in range(1, count + 1) if ends[self._start + n] - start + overhead * n // total <= bytes_max]
        return self.trimmed(first_offset=self.base_offset, next_offset=self.offsets[max(len(room), 1) - 1] + 1)

    def within_back(self, *, records_max: int, bytes_max: int) -> BatchView:
        """The last records that fit both bounds, at least one."""
        if self.count <= records_max and self._header.length <= bytes_max:
            return self
        count = min(self.count, records_max)
        ends = self._decoded().payload_ends
        overhead, total = HEADER_BYTES + self._header.meta_bytes, self._header.count
        last = self._start + self.count
        room = [n for n in range(1, count + 1) if ends[last] - ends[last - n] + overhead * n // total <= bytes_max]
        return self.trimmed(first_offset=self.offsets[-max(len(room), 1)], next_offset=self.next_offset)

    def records(self) -> Iterator[Record]:
        return map(
            _make_record,
            zip(repeat(self.partition), self.offsets, self.timestamps_ms, self.keys, self.headers, self.payloads),
        )

    def _cut(self, column: Sequence[_T]) -> Sequence[_T]:
        return column if self.count == self._header.count else column[self._start : self._start + self.count]

    def _decoded(self) -> _Columns:
        if self._columns is None:
            try:
                self._columns = _Columns(self._data, self._at, self._header)
            except (struct.error, ValueError, IndexError, UnicodeDecodeError) as error:
                raise CorruptBatch(
                    f"columns don't parse ({error})", file=self.file, position=self.file_position
                ) from error
        return self._columns


class _Columns:
    """The columns of one checked batch, decoded as they are asked for."""

    def __init__(self, data: bytes, at: int, header: BatchHeader) -> None:
        self._data = data
        count, flags = header.count, header.flags
        here = at + HEADER_BYTES
        self._payloads_at = here + header.meta_bytes
        self.offsets: Sequence[int] | None = None
        self.anchor: Anchor | None = None
        if flags & FLAG_SPARSE:
            base_offset = header.base_offset
            here += SPAN.size
            self.offsets = [base_offset + each for each in _unpack("I", data[here : here + 4 * count])]
            here += 4 * count
        if flags & FLAG_ANCHOR:
            self.anchor = Anchor._make(ANCHOR.unpack_from(data, here))
            here += ANCHOR.size
        self.payload_lengths = _unpack("I", data[here : here + 4 * count])
        here += 4 * count
        self.timestamps: array[int] | None = None
        self.keys: list[bytes | None] | None = None
        self.dedup_ids: list[bytes | None] | None = None
        if flags & FLAG_TIMESTAMPS:
            self.timestamps = _unpack("q", data[here : here + 8 * count])
            here += 8 * count
        if flags & FLAG_KEYS:
            self.keys, here = self._optional(here, count)
        if flags & FLAG_DEDUP:
            self.dedup_ids, here = self._optional(here, count)
        self.producer: ProducedBy | None = None
        if flags & FLAG_PRODUCER:
            self.producer, here = self._produced_by(here, count)
        self.header_index: array[int] | None = None
        self._table: _HeaderTable | None = None
        if flags & FLAG_HEADERS:
            self._table = table = _HeaderTable(data, here, count)
            self.header_index = table.index
            here = table.end
        if here != self._payloads_at or self._payloads_at + sum(self.payload_lengths) != at + header.length:
            raise ValueError("lengths don't add up")

    @cached_property
    def payload_ends(self) -> list[int]:
        """Where in `data` each payload begins, and where the last one ends."""
        return list(accumulate(self.payload_lengths, initial=self._payloads_at))

    @cached_property
    def header_table(self) -> Sequence[Headers]:
        return _NO_HEADERS if self._table is None else self._table.tuples()

    def values_of(self, name: str) -> Sequence[bytes | None]:
        return (None,) if self._table is None else self._table.values_of(name)

    def _produced_by(self, here: int, count: int) -> tuple[ProducedBy, int]:
        id_bytes, epoch, sequence, span = PRODUCER.unpack_from(self._data, here)
        here += PRODUCER.size
        producer_id = self._data[here : here + id_bytes]
        here += id_bytes
        if span == count:
            return ProducedBy(producer_id, epoch, sequence, span, None), here
        indexes = _unpack("I", self._data[here : here + 4 * count])
        return ProducedBy(producer_id, epoch, sequence, span, indexes), here + 4 * count

    def _optional(self, here: int, count: int) -> tuple[list[bytes | None], int]:
        joined_bytes = int.from_bytes(self._data[here : here + 4], "little")
        lengths = _unpack("i", self._data[here + 4 : here + 4 + 4 * count])
        at = here + 4 + 4 * count
        values: list[bytes | None]
        if min(lengths, default=0) >= 0:
            ends = list(accumulate(lengths, initial=at))
            data = self._data
            values = [data[begin:end] for begin, end in pairwise(ends)]
        else:
            ends = list(accumulate([max(length, 0) for length in lengths], initial=at))
            data = self._data
            values = [
                None if length < 0 else data[begin : begin + length]
                for begin, length in zip(ends, lengths, strict=False)  # ends is one longer
            ]
        if ends[-1] != at + joined_bytes:
            raise ValueError("lengths don't add up")
        return values, ends[-1]


class _HeaderTable:
    """The distinct header tuples of a batch, still as columns."""

    def __init__(self, data: bytes, here: int, count: int) -> None:
        self._data = data
        self.tuple_count, pairs, names, names_bytes, values_bytes = HEADER_TABLE.unpack_from(data, here)
        here += HEADER_TABLE.size
        self.index: array[int] | None = None
        if self.tuple_count > 1:
            self.index = _unpack("I", data[here : here + 4 * count])
            here += 4 * count
            if max(self.index) >= self.tuple_count:
                raise ValueError("header index out of range")
        self._pairs_per_tuple = _unpack("H", data[here : here + 2 * self.tuple_count])
        here += 2 * self.tuple_count
        self._pair_names = _unpack("H", data[here : here + 2 * pairs])
        here += 2 * pairs
        value_lengths = _unpack("I", data[here : here + 4 * pairs])
        here += 4 * pairs
        name_lengths = _unpack("H", data[here : here + 2 * names])
        here += 2 * names
        name_ends = list(accumulate(name_lengths, initial=here))
        self._names = [data[a:b].decode() for a, b in pairwise(name_ends)]
        here += names_bytes
        self._value_ends = list(accumulate(value_lengths, initial=here))
        self.end = here + values_bytes
        if name_ends[-1] != here or self._value_ends[-1] != self.end or sum(self._pairs_per_tuple) != pairs:
            raise ValueError("lengths don't add up")

    def tuples(self) -> list[Headers]:
        ends = self._value_ends
        values = map(self._data.__getitem__, map(slice, ends, ends[1:]))
        pairs = zip(map(self._names.__getitem__, self._pair_names), values, strict=False)
        return [tuple(islice(pairs, length)) for length in self._pairs_per_tuple]

    def values_of(self, name: str) -> list[bytes | None]:
        """Of each distinct tuple the first value under that name, or None."""
        if name not in self._names:
            return [None] * self.tuple_count
        wanted, ends, data, names = self._names.index(name), self._value_ends, self._data, self._pair_names
        values: list[bytes | None] = []
        begin = 0
        for length in self._pairs_per_tuple:
            try:
                pair = names.index(wanted, begin, begin + length)
                values.append(data[ends[pair] : ends[pair + 1]])
            except ValueError:
                values.append(None)
            begin += length
        return values
