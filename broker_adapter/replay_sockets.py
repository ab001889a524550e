"""The websocket endpoint of replays: ws/v1/w/<workspace>/streams/<stream>/replay (docs/stream-protocol.md).

A socket owns a range, a pace and a window. It reads a little ahead of each partition, gives what is due and fits the
window, and sleeps until the next record is due or the client says something.
"""

import asyncio
import logging
from functools import partial as bound
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings

from broker_adapter import queries, ranges, replay_protocol
from broker_adapter.models import Stream
from broker_adapter.replay import Merger, Pace, Played, Speed
from broker_adapter.replay_protocol import ChangeSpeed, Credit, Pause, Ping, Replay, Resume, Step
from broker_adapter.sockets import CLOSE_FORBIDDEN, RECHECK_S
from broker_adapter.tail_protocol import BadFrame, Window
from workspaces.access import Permission, access_to, principal_from_scope
from workspaces.errors import FactstormError, NotFound
from workspaces.sockets import CLOSE_BAD_FRAME, CLOSE_NOT_FOUND, CLOSE_SIGN_IN, CLOSE_TOO_FAST, Socket

logger = logging.getLogger(__name__)
FRAME_RECORDS = 500
FRAME_BYTES = 256 * 1024
REPLAYS_PER_PROCESS_MAX = 200  # each reads on its own: a replay costs more than a tail
_CLOSE = {401: CLOSE_SIGN_IN, 403: CLOSE_FORBIDDEN, 404: CLOSE_NOT_FOUND}
_open_replays: set["ReplaySocket"] = set()


class ReplaySocket(Socket):
    """One watcher of one stream's past."""

    stream: Stream

    async def connect(self) -> None:
        """Accept, then refuse in words what must be refused."""
        offered = self.scope.get("subprotocols", [])
        await self.accept(replay_protocol.SUBPROTOCOL if replay_protocol.SUBPROTOCOL in offered else None)
        self.window = Window(settings.TAIL_CREDIT_MAX)
        self._play: asyncio.Task[None] | None = None
        self._guard: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        self._paused = False
        self._steps = 0
        self._asked = Replay()
        self._pace: Pace | None = None
        self._merger: Merger | None = None
        try:
            if len(_open_replays) >= REPLAYS_PER_PROCESS_MAX:
                await self._refuse("too_many_replays", "This server has all the replays it takes.", CLOSE_TOO_FAST)
                return
            self.stream = await self._check_access()
        except FactstormError as error:
            await self._refuse(error.code, error.message, _CLOSE.get(error.http_status, CLOSE_NOT_FOUND), error.hint)
            return
        _open_replays.add(self)
        self._guard = asyncio.create_task(self._keep_checking())

    async def disconnect(self, code: int) -> None:
        """Let go of everything."""
        _open_replays.discard(self)
        for task in (self._play, self._guard):
            if task is not None:
                task.cancel()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """A frame of the client."""
        if self not in _open_replays:
            return
        try:
            frame = replay_protocol.read_frame(text_data if text_data is not None else bytes_data or b"")
        except BadFrame as error:
            await self._refuse("bad_frame", str(error), CLOSE_BAD_FRAME, "See docs/stream-protocol.md.")
            return
        if isinstance(frame, Replay):
            await self._begin(frame)
        elif isinstance(frame, Credit):
            self.window.grant(frame.n, frame.position)
            self._wake.set()
        elif isinstance(frame, Ping):
            await self.send(replay_protocol.pong())
        else:
            await self._steer(frame)

    async def _refuse(self, code: str, message: str, close: int, hint: str = "") -> None:
        _open_replays.discard(self)
        await self.send(replay_protocol.error(code=code, message=message, hint=hint))
        await self.close(code=close)

    @sync_to_async
    def _check_access(self) -> Stream:
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
                if stream.pk != self.stream.pk:
                    raise NotFound
            except FactstormError as error:
                await self._refuse(
                    error.code, error.message, _CLOSE.get(error.http_status, CLOSE_NOT_FOUND), error.hint
                )
                return

    # Steering ---------------------------------------------------------------------------------------------------------

    async def _begin(self, frame: Replay) -> None:
        if self._play is not None:
            self._play.cancel()
        try:
            wanted = await sync_to_async(ranges.resolve_range)(self.stream, frame.start, frame.to)
        except FactstormError as error:
            await self.send(replay_protocol.error(code=error.code, message=error.message, hint=error.hint))
            return
        self.window.restart(frame.credit)
        self._asked, self._paused, self._steps = frame, frame.paused, 0
        read = bound(_read_range, self.stream)
        self._merger = Merger(wanted, read)
        now_s = asyncio.get_running_loop().time()
        self._pace = Pace(Speed.parse(frame.speed), idle_s_max=frame.idle_ms_max / 1000, now_s=now_s)
        await self.send(
            replay_protocol.replaying(
                sub=frame.sub,
                position=wanted.start.encode(),
                to=wanted.end.encode(),
                records=wanted.records,
                credit=self.window.credit,
            )
        )
        self._play = asyncio.create_task(self._run(frame.sub, self._merger, self._pace))

    async def _steer(self, frame: Pause | Resume | Step | ChangeSpeed) -> None:
        if self._pace is None or self._merger is None:
            await self.send(replay_protocol.error(code="no_replay", message="Nothing is replayed.", hint="Begin one."))
            return
        now_s = asyncio.get_running_loop().time()
        if isinstance(frame, Step):
            self._paused, self._steps = True, self._steps + frame.n
        elif isinstance(frame, ChangeSpeed):
            self._asked.speed = frame.speed
            self._pace.restart(now_s, Speed.parse(frame.speed))
        else:
            self._paused, self._steps = isinstance(frame, Pause), 0
            self._pace.restart(now_s)
        self._wake.set()
        await self.send(
            replay_protocol.state(
                sub=self._asked.sub,
                paused=self._paused,
                speed=self._asked.speed,
                position=self._merger.position.encode(),
            )
        )

    # Playing ----------------------------------------------------------------------------------------------------------

    async def _run(self, sub: int, merger: Merger, pace: Pace) -> None:
        try:
            await self._perform(sub, merger, pace)
        except FactstormError as error:
            await self.send(replay_protocol.error(code=error.code, message=error.message, hint=error.hint))
        except Exception:
            logger.exception("a replay of %s failed", self.stream.log_name)
            await self._refuse("failed", "The replay failed on our side.", 1011, "Connect and begin again.")

    async def _perform(self, sub: int, merger: Merger, pace: Pace) -> None:
        wanted = {name.encode() for name in self._asked.types}
        while True:
            self._wake.clear()
            room = self.window.room
            if self._paused:
                room = min(room, self._steps)
            now_s = asyncio.get_running_loop().time()
            due, wait_s = await self._due(merger, pace, room, now_s, wanted)
            if due:
                token = merger.position.encode()
                text = b",".join(each.encoded for each in due).decode()
                self._steps = max(self._steps - len(due), 0)
                self.window.sent(count=len(due), size=len(text), position=token)
                await self.send(replay_protocol.records(sub=sub, records_json=text, position=token))
            if wait_s is None:
                await self.send(replay_protocol.finished(sub=sub, position=merger.position.encode()))
                return
            if room <= len(due):
                await self._wake.wait()
            else:
                await self._sleep(wait_s)

    async def _due(
        self, merger: Merger, pace: Pace, room: int, now_s: float, wanted: set[bytes]
    ) -> tuple[list[Played], float | None]:
        """What may be given now, and how long to wait for the next; None: there is none."""
        work = bound(_take_due, merger, pace, max(min(room, FRAME_RECORDS), 0), now_s, wanted, stepping=self._paused)
        return await sync_to_async(work, thread_sensitive=False)()

    async def _sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)  # others of this loop have their turn
            return
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            pass


def _read_range(stream: Stream, wanted: ranges.Range, records_max: int) -> Any:
    return ranges.read_range(stream, wanted, records_max=records_max)


def _take_due(
    merger: Merger, pace: Pace, room: int, now_s: float, wanted: set[bytes], *, stepping: bool
) -> tuple[list[Played], float | None]:
    """Runs in a worker thread: reading may take a while. Records of other types pass by, and cost no room."""
    due: list[Played] = []
    size = looked_at = 0
    while len(due) < room and size < FRAME_BYTES and looked_at < 20 * FRAME_RECORDS:
        head = merger.peek()
        if head is None:
            merger.take()
            return due, None
        looked_at += 1
        if wanted and head.type not in wanted:
            merger.take()
            continue
        wait_s = 0.0 if stepping else pace.wait_s(head.timestamp_ms, now_s)
        if wait_s > 0:
            return due, wait_s
        merger.take()
        pace.given(now_s)
        due.append(head)
        size += len(head.encoded)
    return due, 0.0 if merger.peek() is not None else None
