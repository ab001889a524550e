"""Where each key's newest record is: what a condition on a key is decided by.

For the segment being appended to a map in memory, learned from the log; for each sealed one a file of 512-byte blocks:

    block 0        magic b"FSK" and 1, crc32c of the rest u32, first offset u64, end offset u64, entries u64
    block 1, ...   crc32c of the rest u32, number of the block u32, 21 entries
    entry          the key's digest (16 bytes, salted by the partition), the offset after its newest record u64

Entries are sorted by digest. Digests are spread evenly, so the block that has one can be guessed: a look-up reads one
or two blocks a segment. The files are derived: missing or damaged ones are made again from their segment. They are
made only for partitions that conditions are asked of.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable

import google_crc32c

from broker_adapter.log.batch import BatchView
from broker_adapter.log.files import Files

BLOCK_BYTES = 512
DIGEST_BYTES = 16
_HEAD = struct.Struct("<4sIQQQ")
_BLOCK = struct.Struct("<II")
_ENTRY = struct.Struct("<16sQ")
ENTRIES_A_BLOCK = (BLOCK_BYTES - _BLOCK.size) // _ENTRY.size
_MAGIC = b"FSK\x01"


class DamagedKeys(Exception):
    """The file isn't what was written, or is of another segment."""


def key_digest(key: bytes, *, salt: int) -> bytes:
    """What stands for a key."""
    return hashlib.blake2b(key, digest_size=DIGEST_BYTES, salt=salt.to_bytes(4, "little")).digest()


def newest_of(views: Iterable[BatchView], *, salt: int) -> dict[bytes, int]:
    """{digest: offset after the newest record} of the keys in views that come in order."""
    found: dict[bytes, int] = {}
    for view in views:
        for offset, key in zip(view.offsets, view.keys, strict=True):
            if key is not None:
                found[key_digest(key, salt=salt)] = offset + 1
    return found


def pack_keys(ends: dict[bytes, int], *, base: int, end: int) -> bytes:
    """The content of a file."""
    entries = [_ENTRY.pack(digest, ends[digest]) for digest in sorted(ends)]
    head = _HEAD.pack(_MAGIC, 0, base, end, len(entries))[8:].ljust(BLOCK_BYTES - 8, b"\0")
    blocks = [_MAGIC + _crc(head) + head]
    for number, first in enumerate(range(0, len(entries), ENTRIES_A_BLOCK), start=1):
        rest = number.to_bytes(4, "little") + b"".join(entries[first : first + ENTRIES_A_BLOCK])
        rest = rest.ljust(BLOCK_BYTES - 4, b"\0")
        blocks.append(_crc(rest) + rest)
    return b"".join(blocks)


def _crc(data: bytes) -> bytes:
    crc: int = google_crc32c.value(data)
    return crc.to_bytes(4, "little")


class KeysFile:
    """An open file of one sealed segment; raises DamagedKeys where it isn't what was written."""

    def __init__(self, files: Files, fd: int, *, base: int, end: int) -> None:
        self._files = files
        self._fd = fd
        head = files.read(fd, BLOCK_BYTES, 0)
        if len(head) < BLOCK_BYTES or head[:4] != _MAGIC or head[4:8] != _crc(head[8:]):
            raise DamagedKeys("its head is damaged")
        _, _, found_base, found_end, self.entries = _HEAD.unpack_from(head)
        self.blocks = -(-self.entries // ENTRIES_A_BLOCK)
        if (found_base, found_end) != (base, end) or files.size(fd) != (1 + self.blocks) * BLOCK_BYTES:
            raise DamagedKeys("it is of another segment")

    def find(self, digest: bytes) -> int | None:
        """The offset after the newest record of that key in the segment."""
        low, high = 0, self.blocks - 1
        probe = int.from_bytes(digest[:8], "big") * self.blocks >> 64
        while low <= high:
            block = self._block(probe)
            if digest < block[0][0]:
                high = probe - 1
            elif digest > block[-1][0]:
                low = probe + 1
            else:
                return next((end for each, end in block if each == digest), None)
            near = min(max(probe + (1 if low > probe else -1), low), high)
            probe = near if high - low < 16 else (low + high) // 2
        return None

    def check(self) -> None:
        """Every block, and their order."""
        last = b""
        for number in range(self.blocks):
            for digest, _ in self._block(number):
                if digest <= last:
                    raise DamagedKeys("its entries are out of order")
                last = digest

    def _block(self, number: int) -> list[tuple[bytes, int]]:
        data = self._files.read(self._fd, BLOCK_BYTES, (1 + number) * BLOCK_BYTES)
        if len(data) < BLOCK_BYTES or data[:4] != _crc(data[4:]) or data[4:8] != (number + 1).to_bytes(4, "little"):
            raise DamagedKeys(f"its block {number + 1} is damaged")
        count = min(ENTRIES_A_BLOCK, self.entries - number * ENTRIES_A_BLOCK)
        return list(_ENTRY.iter_unpack(data[_BLOCK.size : _BLOCK.size + count * _ENTRY.size]))
