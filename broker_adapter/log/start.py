"""Where a partition's kept records begin: a small file, `start`, written when retention takes segments away.

64 bytes: crc32c of the rest u32, epoch 16 bytes, offset u64, chain 32 bytes (that of the last batch before the offset,
so that the chain of what is kept can still be checked; zeros: not known), 4 zero bytes. It is written before the
segments are removed, so that a crash in between leaves files that nobody counts and the next turn removes. If it is
lost, records begin at the first segment there is, and the first batch's link in the chain can't be checked.
"""

from __future__ import annotations

import os
import struct
from typing import NamedTuple

import google_crc32c

from broker_adapter.log.files import Files

UNKNOWN_CHAIN = bytes(32)
_START = struct.Struct("<16sQ32s4x")
_CRC = struct.Struct("<I")
START_BYTES = _CRC.size + _START.size


class Start(NamedTuple):
    """The first offset that is kept, and the chain value before it. `damaged`: the file couldn't be read."""

    offset: int
    chain: bytes
    damaged: bool = False


def read_start(files: Files, path: str, *, epoch: bytes, first_chain: bytes) -> Start:
    """The start; of a partition that never lost a segment, or of one whose file is damaged: 0."""
    if not files.exists(path):
        return Start(0, first_chain)
    fd = files.open(path)
    try:
        data = files.read(fd, START_BYTES, 0)
    finally:
        files.close(fd)
    if len(data) == START_BYTES and google_crc32c.value(data[_CRC.size :]) == _CRC.unpack_from(data)[0]:
        found_epoch, offset, chain = _START.unpack_from(data, _CRC.size)
        if found_epoch == epoch:
            return Start(offset, chain)
    return Start(0, UNKNOWN_CHAIN, damaged=True)


def pack_start(start: Start, *, epoch: bytes) -> bytes:
    """The content of the file."""
    rest = _START.pack(epoch, start.offset, start.chain)
    return _CRC.pack(google_crc32c.value(rest)) + rest


def start_path(folder: str) -> str:
    """The file's place."""
    return os.path.join(folder, "start")
