"""The websocket endpoint of tails: ws/v1/w/<workspace>/streams/<stream>/tail (docs/stream-protocol.md).

A socket owns a position and a window, nothing else: what it can't send now it reads again later from the log, so a slow
reader costs no memory and is never dropped. Servers that don't push back (Daphne) are held by the window.
"""

import asyncio
import logging
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings

from broker_adapter import queries, tail_protocol
from broker_adapter.api import gap_json
from broker_adapter.engine_holder import engine
from broker_adapter.errors import CannotResume, from_log_error
from broker_adapter.hub import CHUNK_RECORDS, POLL_S, Bell, Chunk, hub
from broker_adapter.log.errors import LogError, PositionError, PositionGone, StreamNotFound
from broker_adapter.log.position import Position
from broker_adapter.models import Stream
from broker_adapter.tail_protocol import BadFrame, Credit, Subscribe, Window
from workspaces.access import Permission, access_to, principal_from_scope
from workspaces.errors import FactstormError, NotFound
from workspaces.sockets import CLOSE_BAD_FRAME, CLOSE_NOT_FOUND, CLOSE_SIGN_IN, CLOSE_TOO_FAST, Socket

logger = logging.getLogger(__name__)
CLOSE_FORBIDDEN = 4403
RECHECK_S = 15.0
CAUGHT_UP_EVERY_S = 1.0  # a tail that filters hears that often how far it has come
_CLOSE = {401: CLOSE_SIGN_IN, 403: CLOSE_FORBIDDEN, 404: CLOSE_NOT_FOUND}
_open_tails: set["TailSocket"] = set()


def open_tails() -> int:
    """How many tails this process serves."""
    return len(_open_tails)


class TailSocket(Socket):
    """One watcher of one stream."""

    stream: Stream
    window: Window

    async def connect(self) -> None:
        """Accept, then refuse in words what must be refused: a browser can't read a refused handshake."""
        offered = self.scope.get("subprotocols", [])
        await self.accept(tail_protocol.SUBPROTOCOL if tail_protocol.SUBPROTOCOL in offered else None)
        self.window = Window(settings.TAIL_CREDIT_MAX)
        self._tail: asyncio.Task[None] | None = None
        self._guard: asyncio.Task[None] | None = None
        self._bell: Bell | None = None
        try:
            if len(_open_tails) >= settings.TAILS_PER_PROCESS_MAX:
                await self._refuse("too_many_tails", "This server has all the tails it takes.", CLOSE_TOO_FAST)
                return
            self.stream = await self._check_access()
        except FactstormError as error:
            await self._refuse(error.code, error.message, _CLOSE.get(error.http_status, CLOSE_NOT_FOUND), error.hint)
            return
        _open_tails.add(self)
        self._guard = asyncio.create_task(self._keep_checking())

    async def disconnect(self, code: int) -> None:
        """Let go of everything."""
        _open_tails.discard(self)
        for task in (self._tail, self._guard):
            if task is not None:
                task.cancel()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """A frame of the client."""
        if self not in _open_tails:
            return
        try:
            frame = tail_protocol.read_frame(text_data if text_data is not None else bytes_data or b"")
        except BadFrame as error:
            await self._refuse("bad_frame", str(error), CLOSE_BAD_FRAME, "See docs/stream-protocol.md.")
            return
        if isinstance(frame, Subscribe):
            await self._subscribe(frame)
        elif isinstance(frame, Credit):
            self.window.grant(frame.n, frame.position)
            if self._bell is not None:
                self._bell.ring()
        else:
            await self.send(tail_protocol.pong())

    async def _refuse(self, code: str, message: str, close: int, hint: str = "") -> None:
        _open_tails.discard(self)
        await self.send(tail_protocol.error(code=code, message=message, hint=hint))
        await self.close(code=close)

    @sync_to_async
    def _check_access(self) -> Stream:
        """The stream, if whoever is here may read it. Raises FactstormError."""
        names = self.scope["url_route"]["kwargs"]
        access = access_to(
            principal=principal_from_scope(self.scope),
            workspace_slug=names["workspace"],
            need=Permission.STREAM_READ,
            stream=names["stream"],
        )
        stream = queries.find_stream(access.workspace, names["stream"])
        queries.describe_if_forgotten(stream)
        return stream

    async def _keep_checking(self) -> None:
        while True:
            await asyncio.sleep(RECHECK_S)
            try:
                stream = await self._check_access()
            except FactstormError as error:
                close = _CLOSE.get(error.http_status, CLOSE_NOT_FOUND)
                await self._refuse(error.code, error.message, close, error.hint)
                return
            if stream.pk != self.stream.pk:
                gone = NotFound()
                await self._refuse(gone.code, "The stream was deleted.", CLOSE_NOT_FOUND, gone.hint)
                return

    async def _subscribe(self, frame: Subscribe) -> None:
        if self._tail is not None:
            self._tail.cancel()
        try:
            position = await sync_to_async(queries.resolve_position)(self.stream, frame.start)
            epoch = (await sync_to_async(engine().describe)(self.stream.log_name)).epoch
        except FactstormError as error:
            await self.send(tail_protocol.error(code=error.code, message=error.message, hint=error.hint))
            return
        self.window.restart(frame.credit)
        await self.send(
            tail_protocol.subscribed(
                sub=frame.sub, position=position.encode(), epoch=str(epoch), credit=self.window.credit
            )
        )
        self._tail = asyncio.create_task(self._run(position, frame))

    async def _run(self, position: Position, asked: Subscribe) -> None:
        """Send from the position on, as the window allows, for ever."""
        try:
            await self._follow(position, asked)
        except CannotResume as error:
            await self._say_cannot_resume(asked.sub, error)
        except StreamNotFound:
            await self._refuse("stream_not_found", "The stream was deleted.", CLOSE_NOT_FOUND)
        except Exception:
            logger.exception("a tail of %s failed", self.stream.log_name)
            await self._refuse("failed", "The tail failed on our side.", 1011, "Connect again with the last position.")

    async def _follow(self, position: Position, asked: Subscribe) -> None:
        wanted = {name.encode() for name in asked.types}
        lagging = True  # until it was told that it has caught up
        told_at = -CAUGHT_UP_EVERY_S  # when the client last heard where it is
        told_position: Position | None = None
        loop = asyncio.get_running_loop()
        look = True  # into the log, even if no ring says that there is news: one may have been lost
        log_name = self.stream.log_name
        async with hub.listen(log_name) as bell:
            self._bell = bell
            while True:
                bell.clear()
                if self.window.room <= 0:
                    await bell.wait()
                    continue
                at_end = not look and bell.is_at_end(position)
                chunk = None if at_end else await self._chunk_at(log_name, position)
                look = False
                if chunk is None:
                    if position != told_position and (lagging or loop.time() - told_at >= CAUGHT_UP_EVERY_S):
                        await self.send(tail_protocol.caught_up(sub=asked.sub, position=position.encode()))
                        told_at, told_position, lagging = loop.time(), position, False
                    look = not await bell.wait(CAUGHT_UP_EVERY_S if position != told_position else POLL_S)
                    continue
                position, sent = await self._send_chunk(chunk, wanted, asked.sub)
                lagging = lagging or len(chunk.records) >= CHUNK_RECORDS or position != chunk.position
                if sent and not lagging:
                    told_position = position

    async def _chunk_at(self, log_name: str, position: Position) -> Chunk | None:
        """What to send next; None: nothing yet. Raises CannotResume, StreamNotFound."""
        try:
            return await hub.chunk(log_name, position)
        except (PositionGone, PositionError) as error:
            raise CannotResume(error.message, hint=error.hint) from error
        except StreamNotFound:
            raise
        except LogError as error:
            told = from_log_error(error, stream=self.stream.name)
            await self.send(tail_protocol.error(code=told.code, message=told.message, hint=told.hint))
            await asyncio.sleep(POLL_S)
            return None

    async def _send_chunk(self, chunk: Chunk, wanted: set[bytes], sub: int) -> tuple[Position, int]:
        """Send as much of it as the window allows; returns where to go on, and how many records were sent."""
        room = self.window.room
        if not wanted and len(chunk.records) <= room:
            count, position, token, frame = len(chunk.records), chunk.position, chunk.token, chunk.frame(sub)
        else:
            fitting = [index for index, kind in enumerate(chunk.types) if not wanted or kind in wanted]
            chosen, rest = fitting[:room], fitting[room:]
            position = chunk.position_after(rest[0]) if rest else chunk.position
            text = b",".join(chunk.records[index] for index in chosen).decode()
            count, token = len(chosen), position.encode()
            frame = tail_protocol.records(sub=sub, records_json=text, position=token)
        if count:
            self.window.sent(count=count, size=len(frame), position=token)
            await self.send_straight(frame)
        else:
            await asyncio.sleep(0)  # a long run of other types must not keep the loop for itself
        if chunk.gaps and position == chunk.position:
            gaps = [gap_json(each) for each in chunk.gaps]
            await self.send(tail_protocol.gap(sub=sub, gaps=gaps, position=token))
        return position, count

    async def _say_cannot_resume(self, sub: int, error: CannotResume) -> None:
        described: Any = await sync_to_async(engine().describe)(self.stream.log_name)
        earliest = await sync_to_async(engine().earliest)(self.stream.log_name)
        await self.send(
            tail_protocol.cannot_resume(
                sub=sub, earliest=earliest.encode(), epoch=str(described.epoch), message=error.message
            )
        )
