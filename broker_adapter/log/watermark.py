"""The watermark: how far a partition is durable. One small file a partition, also the lock among processes.

Two slots of 100 bytes, at 0 and 128; the writer (who holds the lock) overwrites the older one after each fdatasync of
the segment, readers take the valid one with the higher sequence. It isn't synced itself: after a power cut it may be
old, and then what lies behind it is read again and proved; it can never be ahead of the data. Read and written with
pread and pwrite rather than a mapping: a mapping would hold an open file for every partition there is.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

import google_crc32c

from broker_adapter.log.files import Files

WATERMARK_BYTES = 256
_SLOT_AT = (0, 128)
_SLOT = struct.Struct("<16sQQQQq32sQ")
_FIRST_SLOT = struct.Struct("<16sQQQQq32s")  # as logs made before November 2026 have it
_CRC = struct.Struct("<I")
TIMESTAMP_MIN = -(1 << 63)


class Watermark(NamedTuple):
    """`segment`: base offset of the newest segment; `position`: bytes of it that are durable; `chain`: of the last
    batch; `max_timestamp_ms`: of all records ever stored (TIMESTAMP_MIN: none); `layout` grows whenever something
    else than the end changed (settings, segments gone or rewritten): look again at what you knew.
    """

    epoch: bytes
    sequence: int
    segment: int
    position: int
    next_offset: int
    max_timestamp_ms: int
    chain: bytes
    layout: int = 0


def read_watermark(files: Files, fd: int) -> Watermark | None:
    """None if neither slot is valid."""
    return read_slots(files, fd)[0]


def read_slots(files: Files, fd: int) -> tuple[Watermark | None, bool]:
    """The watermark, and whether the other slot is damaged: then it may have been the newer one."""
    data = files.read(fd, WATERMARK_BYTES, 0)
    best: Watermark | None = None
    damaged = False
    for at in _SLOT_AT:
        mark = _slot_at(data, at)
        if mark is None:
            damaged = damaged or any(data[at : at + _CRC.size + _SLOT.size])
        elif best is None or mark.sequence > best.sequence:
            best = mark
    return best, damaged


def _slot_at(data: bytes, at: int) -> Watermark | None:
    for form in (_SLOT, _FIRST_SLOT):
        slot = data[at + 4 : at + 4 + form.size]
        if len(slot) == form.size and google_crc32c.value(slot) == _CRC.unpack_from(data, at)[0]:
            return Watermark(*form.unpack(slot))
    return None


def watermark_faults(files: Files, fd: int) -> list[tuple[int, str]]:
    """Bytes that can't have been written so, and what is wrong with them."""
    data = files.read(fd, WATERMARK_BYTES + 1, 0)
    if len(data) != WATERMARK_BYTES:
        return [(min(len(data), WATERMARK_BYTES), f"the file has {len(data)} bytes or more, not {WATERMARK_BYTES}")]
    faults: list[tuple[int, str]] = []
    for at in _SLOT_AT:
        mark, end = _slot_at(data, at), at + _CRC.size + _SLOT.size
        if mark is None and any(data[at : at + 128]):
            faults.append((at, "a damaged slot; the other one counts, the next appends write both anew"))
        elif any(data[end : at + 128]):
            faults.append((end, "bytes where nothing is written"))
    return faults


def write_watermark(files: Files, fd: int, mark: Watermark) -> None:
    """Overwrite the older slot."""
    slot = _SLOT.pack(*mark)
    files.write(
        fd, [(_CRC.pack(google_crc32c.value(slot)) + slot).ljust(_SLOT_AT[1], b"\0")], _SLOT_AT[mark.sequence % 2]
    )


def first_watermark_file(mark: Watermark) -> bytes:
    """The content of the file of a new partition."""
    slot = _SLOT.pack(*mark)
    return (_CRC.pack(google_crc32c.value(slot)) + slot).ljust(WATERMARK_BYTES, b"\0")
