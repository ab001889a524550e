"""A websocket client that costs little: many of them in one process must not be what a measurement measures.

Server frames only (unmasked, RFC 6455), no extensions; our own frames are masked with zeros.
"""

import asyncio
import base64
import os
from collections.abc import Callable

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10


class RawSocket(asyncio.Protocol):
    """`on_message(data)` for each whole message. `opened` completes after the handshake."""

    def __init__(self, path: str, host: str, headers: dict[str, str], on_message: Callable[[bytes], None]) -> None:
        self._request = (path, host, headers)
        self._on_message = on_message
        self._rest = b""
        self._parts: list[bytes] = []
        self._upgraded = False
        self.transport: asyncio.Transport | None = None
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.closed = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]
        path, host, headers = self._request
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [f"GET {path} HTTP/1.1", f"Host: {host}", "Upgrade: websocket", "Connection: Upgrade"]
        lines += [f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        transport.write(("\r\n".join(lines) + "\r\n\r\n").encode())  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        data = self._rest + data if self._rest else data
        at = 0
        if not self._upgraded:
            end = data.find(b"\r\n\r\n")
            if end < 0:
                self._rest = data
                return
            if not data.startswith(b"HTTP/1.1 101"):
                self.opened.set_exception(ConnectionError(data[:end].decode(errors="replace")))
                self._rest = b""
                return
            self._upgraded, at = True, end + 4
            self.opened.set_result(None)
        size = len(data)
        while size - at >= 2:
            length, head = data[at + 1] & 0x7F, 2
            if length == 126:
                length, head = int.from_bytes(data[at + 2 : at + 4], "big"), 4
            elif length == 127:
                length, head = int.from_bytes(data[at + 2 : at + 10], "big"), 10
            if size - at < head + length:
                break
            self._frame(data[at], data[at + head : at + head + length])
            at += head + length
        self._rest = data[at:]

    def _frame(self, first: int, payload: bytes) -> None:
        opcode = first & 0x0F
        if opcode == PING:
            self._send(PONG, payload)
        elif opcode == CLOSE:
            self.closed = True
        elif opcode in (0, TEXT, 2):
            if not first & 0x80 or self._parts:
                self._parts.append(payload)
                if not first & 0x80:
                    return
                payload, self._parts = b"".join(self._parts), []
            self._on_message(payload)

    def send(self, text: str) -> None:
        self._send(TEXT, text.encode())

    def _send(self, opcode: int, payload: bytes) -> None:
        length = len(payload)
        head = bytes([0x80 | opcode, 0x80 | length]) if length < 126 else bytes([0x80 | opcode, 0x80 | 126])
        if length >= 126:
            head += length.to_bytes(2, "big")
        assert self.transport is not None
        self.transport.write(head + b"\0\0\0\0" + payload)

    def connection_lost(self, error: Exception | None) -> None:
        self.closed = True
        if not self.opened.done():
            self.opened.set_exception(error or ConnectionError("closed"))

    def close(self) -> None:
        if self.transport is not None:
            self.transport.close()


async def open_socket(
    port: int, path: str, headers: dict[str, str], on_message: Callable[[bytes], None], timeout_s: float = 30
) -> RawSocket:
    """Connected to a server of this machine."""
    loop = asyncio.get_running_loop()
    _, socket = await loop.create_connection(
        lambda: RawSocket(path, f"127.0.0.1:{port}", headers, on_message), "127.0.0.1", port
    )
    async with asyncio.timeout(timeout_s):
        await socket.opened
    return socket
