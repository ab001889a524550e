"""Position: a resume token over all partitions of one stream.

Token, before base64url without padding: version (1 byte, 1), epoch (16 bytes), then the next offset to read of each
partition as an unsigned LEB128 varint, then crc32c of all that (4 bytes, little-endian). The checksum catches tokens
cut or mistyped on their way; it is no secret. Partitions that the token doesn't name start at their earliest record.
"""

from __future__ import annotations

import base64
import binascii
import uuid
from dataclasses import dataclass, replace

import google_crc32c

from broker_adapter.log.errors import PositionError

TOKEN_VERSION = 1
TOKEN_CHARS_MAX = 8192
_FIXED_BYTES = 1 + 16 + 4


@dataclass(frozen=True, slots=True)
class Position:
    """`offsets[p]` is the next offset to read of partition p; `epoch` names this incarnation of the stream."""

    epoch: uuid.UUID
    offsets: tuple[int, ...]

    def encode(self) -> str:
        body = bytes([TOKEN_VERSION]) + self.epoch.bytes + b"".join(map(_varint, self.offsets))
        token = body + google_crc32c.value(body).to_bytes(4, "little")
        return base64.urlsafe_b64encode(token).rstrip(b"=").decode("ascii")

    @staticmethod
    def decode(token: str) -> Position:
        """The position that `encode` wrote. Raises PositionError for anything else."""
        if not isinstance(token, str) or not token.isascii() or len(token) > TOKEN_CHARS_MAX:
            raise PositionError("This is not a position.")
        try:
            raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError) as error:
            raise PositionError("This is not a position.") from error
        if len(raw) < _FIXED_BYTES or raw[0] != TOKEN_VERSION:
            raise PositionError("This is not a position that this version of Factstorm reads.")
        body = raw[:-4]
        if google_crc32c.value(body) != int.from_bytes(raw[-4:], "little"):
            raise PositionError("This position was cut short or changed on its way.")
        return Position(epoch=uuid.UUID(bytes=body[1:17]), offsets=_read_varints(body[17:]))

    def moved(self, *, partition: int, offset: int) -> Position:
        """The same position with one partition's next offset set."""
        offsets = list(self.offsets)
        offsets[partition] = offset
        return replace(self, offsets=tuple(offsets))


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _read_varints(data: bytes) -> tuple[int, ...]:
    numbers: list[int] = []
    number = shift = 0
    for byte in data:
        number |= (byte & 0x7F) << shift
        shift += 7
        if shift > 70:
            raise PositionError("This is not a position.")
        if byte < 0x80:
            numbers.append(number)
            number = shift = 0
    if shift:
        raise PositionError("This is not a position.")
    return tuple(numbers)
