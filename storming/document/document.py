"""A board in memory: the elements after ``seq`` operations.

Not thread-safe; the room that owns it holds a lock. A snapshot is its JSON, and
``snapshot + the operations after it == all operations from the beginning`` (a test holds that).
"""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from storming.document import patches
from storming.document.elements import LIMITS, Element, Elements, ElementsPatch, Limits, check_patch, live_change


class _Snapshot(msgspec.Struct):
    elements: dict[str, dict[str, Any]]
    authors: dict[str, str] = {}


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(_Snapshot)


def packed(pieces: Iterable[bytes], bytes_max: int) -> Iterator[list[bytes]]:
    """The pieces in order, in groups of at most ``bytes_max``; a larger piece is a group by itself."""
    group: list[bytes] = []
    size = 0
    for piece in pieces:
        if group and size + len(piece) + 1 > bytes_max:
            yield group
            group, size = [], 0
        group.append(piece)
        size += len(piece) + 1
    if group:
        yield group


class Document:
    """Elements, the number of the last operation applied, and the names of those who made elements."""

    def __init__(self, elements: Elements | None = None, *, seq: int = 0, limits: Limits = LIMITS) -> None:
        self.elements: Elements = {} if elements is None else elements
        self.seq = seq
        self.limits = limits
        self.authors: dict[str, str] = {}
        self.live_count = sum(1 for element in self.elements.values() if not element.get("deleted"))
        self._encoded: tuple[int, bytes] | None = None
        self._parts: tuple[int, list[bytes]] | None = None

    def check(self, patch: ElementsPatch, *, by_server: bool = False) -> None:
        """Raise Refusal when the patch must not be applied now."""
        check_patch(self.elements, patch, live_count=self.live_count, limits=self.limits, by_server=by_server)

    def apply(self, seq: int, patch: ElementsPatch, *, author: tuple[str, str] | None = None) -> None:
        """Apply operation ``seq``, which must be the next one. ``author`` is its actor's id and name."""
        if seq != self.seq + 1:
            raise ValueError(f"operation {seq} cannot follow {self.seq}")
        self.live_count += live_change(self.elements, patch)
        patches.apply(self.elements, patch)
        self.seq = seq
        if author is not None and self.authors.get(author[0]) != author[1]:
            self.authors[author[0]] = author[1]

    def touched(self, patch: ElementsPatch) -> dict[str, dict[str, Any]]:
        """The present values of what the patch names."""
        return patches.touched(self.elements, patch)

    def live(self) -> Iterable[tuple[str, Element]]:
        """The elements that are not deleted, oldest first."""
        return ((key, element) for key, element in self.elements.items() if not element.get("deleted"))

    def encode(self) -> bytes:
        """The snapshot as JSON ``{"elements": ..., "authors": ...}``; made once for each seq."""
        if self._encoded is None or self._encoded[0] != self.seq:
            self._encoded = (self.seq, _encoder.encode({"elements": self.elements, "authors": self.authors}))
        return self._encoded[1]

    def encode_parts(self, part_bytes_max: int) -> list[bytes]:
        """The elements as JSON objects of bounded size, together all of them; at least one. Made once for each seq."""
        if self._parts is None or self._parts[0] != self.seq:
            pieces = [_encoder.encode(key) + b":" + _encoder.encode(element) for key, element in self.elements.items()]
            self._parts = (
                self.seq,
                [b"{" + b",".join(part) + b"}" for part in packed(pieces, part_bytes_max)] or [b"{}"],
            )
        return self._parts[1]

    @classmethod
    def decode(cls, data: bytes, *, seq: int, limits: Limits = LIMITS) -> "Document":
        """The document whose snapshot at ``seq`` was ``data``. Raises msgspec.DecodeError."""
        snapshot = _decoder.decode(data)
        document = cls(snapshot.elements, seq=seq, limits=limits)
        document.authors = snapshot.authors
        return document
