"""The hub: one per process; wakes tails when their stream grows, and reads and encodes once for all of them.

Doorbell and letterbox. The engine (for this machine) and the channel layer (for other machines, when REDIS_URL is set)
only say "stream X has grown"; every tail then reads the log at its own position. A lost ring costs latency, never a
record: tails look by themselves every POLL_S. What a tail reads next depends on its position alone, so the answer (a
`Chunk`: records already encoded) is kept in a small bounded cache that all tails of the process share; a tail that lags
costs a read, not memory.

Lifetime: listeners and chunks belong to an event loop; the hub itself lives as long as the process.
"""

import asyncio
import hashlib
import logging
import threading
import weakref
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from broker_adapter import tail_protocol
from broker_adapter.encoding import encode_records
from broker_adapter.engine_holder import engine, on_open
from broker_adapter.log.engine import Engine
from broker_adapter.log.position import Position
from broker_adapter.log.records import Gap, Slice
from workspaces.ear import Ear

logger = logging.getLogger(__name__)

POLL_S = 5.0
TICK_S = 0.25
WATCHERS_MIN = 2  # from so many tails on, what came is read before they are woken
PRECISE_S = 0.9  # shorter waits have a timer of their own
CHUNK_RECORDS = 1_000
CHUNK_BYTES = 512 * 1024
CACHE_BYTES_MAX = 32 * 1024 * 1024
CACHE_CHUNKS_MAX = 1_024
FRAMES_MAX = 2  # ready frames a chunk: nearly everybody's subscription has the same number
RING_EVERY_S = 0.02
_threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="tail")


@dataclass(frozen=True, slots=True)
class Chunk:
    """What lies at a position, ready to be sent. ``runs``: (partition, offsets) of the records in order.

    ``records`` are encoded (broker_adapter.encoding); ``types`` are the records' types; ``position`` is after all.
    """

    start: Position
    position: Position
    records: Sequence[bytes]
    types: Sequence[bytes | None]
    runs: Sequence[tuple[int, Sequence[int]]]
    gaps: Sequence[Gap]
    text: str = field(repr=False)
    caught_up: bool = False  # there was nothing after it when it was read
    token: str = ""
    frames: dict[int, str] = field(default_factory=dict, repr=False)

    def frame(self, sub: int) -> str:
        """All of it as a frame for subscription ``sub``: one text for all sockets that say the same number."""
        found = self.frames.get(sub)
        if found is None:
            if len(self.frames) >= FRAMES_MAX:
                self.frames.clear()
            found = tail_protocol.records(sub=sub, records_json=self.text, position=self.token)
            self.frames[sub] = found
        return found

    def position_after(self, count: int) -> Position:
        """The position after the first ``count`` records."""
        if count >= len(self.records):
            return self.position
        position = self.start
        for partition, offsets in self.runs:
            taken = min(len(offsets), count)
            position = position.moved(partition=partition, offset=offsets[taken - 1] + 1)
            count -= taken
            if count <= 0:
                break
        return position


def read_chunk(log_name: str, position: Position) -> Chunk:
    """Read and encode. Raises LogError."""
    found = engine().read(log_name, position, records_max=CHUNK_RECORDS, bytes_max=CHUNK_BYTES)
    records: list[bytes] = []
    types: list[bytes | None] = []
    for batch in found.batches:
        records += encode_records(batch)
        types += batch.header_values("type")
    runs = [(batch.partition, batch.offsets) for batch in found.batches]
    text = b",".join(records).decode()
    return Chunk(
        position, found.position, records, types, runs, found.gaps, text, found.caught_up, found.position.encode()
    )


class Bell:
    """One tail's doorbell. ``clear()``, then read, then ``wait()``: nothing that comes in between is missed."""

    __slots__ = ("_log_name", "_rung", "_side", "_until", "_waiter")

    def __init__(self, side: "_LoopSide | None" = None, log_name: str = "") -> None:
        self._side = side
        self._log_name = log_name
        self._rung = False
        self._until = 0.0
        self._waiter: asyncio.Future[bool] | None = None

    def clear(self) -> None:
        """From now on only news counts."""
        self._rung = False

    def ring(self) -> None:
        """The stream has grown, or the tail should look up for another reason. From the event loop's thread."""
        self._rung = True
        self._wake(True)

    def is_at_end(self, position: Position) -> bool:
        """Whether nothing lay at the position when the stream was last read, and nothing has rung since."""
        return self._side is not None and self._side.is_at_end(self._log_name, position)

    async def wait(self, timeout_s: float = POLL_S) -> bool:
        """Until it rings (True), or the time is over (False). One waiter at a time.

        Long waits end with the side's tick, up to TICK_S late: a timer for each of a thousand tails and each ring costs
        more than looking at all of them now and then.
        """
        if self._rung:
            return True
        loop = asyncio.get_running_loop()
        waiter = self._waiter = loop.create_future()
        ends = None
        if self._side is None or timeout_s < PRECISE_S:
            ends = loop.call_later(timeout_s, self._wake, False)
        else:
            self._until = loop.time() + timeout_s
        try:
            return await waiter
        finally:
            self._waiter = None
            self._until = 0.0
            if ends is not None:
                ends.cancel()

    def tick(self, now: float) -> None:
        """End a wait whose time is over."""
        if self._until and now >= self._until:
            self._wake(False)

    def _wake(self, rung: bool) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(rung)


class _LoopSide:
    """What belongs to one event loop: its listeners, its cache, its ear at the channel layer."""

    def __init__(self) -> None:
        self.bells: dict[str, set[Bell]] = {}
        self.unwatch: dict[str, Callable[[], None]] = {}
        self.ringing: set[str] = set()
        self.rings: dict[str, int] = {}  # how often each stream that is listened to has rung
        self.ends: dict[str, tuple[Position, int]] = {}  # where it ended, as of which ring
        self.chunks: OrderedDict[tuple[str, Position], asyncio.Future[Chunk]] = OrderedDict()
        self.chunk_bytes = 0
        self.ticking = False
        self.announcing: set[str] = set()
        self.ear = Ear(self.hear)

    def is_at_end(self, log_name: str, position: Position) -> bool:
        """See Bell."""
        return self.ends.get(log_name) == (position, self.rings.get(log_name, 0))

    def tick(self, loop: asyncio.AbstractEventLoop) -> None:
        """End the waits whose time is over, again and again while there are listeners."""
        now = loop.time()
        for bells in self.bells.values():
            for bell in bells:
                bell.tick(now)
        self.ticking = bool(self.bells)
        if self.ticking:
            loop.call_later(TICK_S, self.tick, loop)

    def wake(self, log_name: str) -> None:
        """The stream has grown: read what came, once, then wake its tails."""
        self.ringing.discard(log_name)
        bells = self.bells.get(log_name, ())
        if not bells:
            return
        self.rings[log_name] = self.rings.get(log_name, 0) + 1
        end = self.ends.get(log_name)
        if end is None or len(bells) < WATCHERS_MIN or (log_name, end[0]) in self.chunks:
            self.ring(log_name)
        else:
            self.begin((log_name, end[0])).add_done_callback(lambda _: self.ring(log_name))

    def ring(self, log_name: str) -> None:
        """Ring its tails' bells."""
        for bell in self.bells.get(log_name, ()):
            bell.ring()

    def begin(self, key: tuple[str, Position]) -> asyncio.Future[Chunk]:
        """Read what lies at a position."""
        rings = self.rings.get(key[0], 0)
        loop = asyncio.get_running_loop()
        pending = self.chunks[key] = loop.run_in_executor(_threads, read_chunk, *key)
        pending.add_done_callback(lambda done: self._keep(key, rings, done))
        return pending

    def _keep(self, key: tuple[str, Position], rings: int, done: asyncio.Future[Chunk]) -> None:
        """Keep what holds records (they never change), forget emptiness and failures; oldest out first."""
        if done.cancelled() or done.exception() is not None:
            self.chunks.pop(key, None)
            return
        found = done.result()
        if found.caught_up and key[0] in self.bells:
            self.ends[key[0]] = (found.position, rings)
        if found.position == key[1]:
            self.chunks.pop(key, None)
            return
        self.chunk_bytes += 3 * len(found.text)
        while len(self.chunks) > CACHE_CHUNKS_MAX or self.chunk_bytes > CACHE_BYTES_MAX:
            oldest = next((each for each, kept in self.chunks.items() if kept.done()), None)
            if oldest is None:
                break
            self.chunk_bytes -= 3 * len(self.chunks.pop(oldest).result().text)

    def hear(self, message: dict[str, Any]) -> None:
        """Another process rang."""
        self.wake(message["stream"])


class Hub:
    """See the module. Coroutines belong to the caller's event loop; ``grown`` may come from any thread."""

    def __init__(self) -> None:
        self._sides: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _LoopSide] = weakref.WeakKeyDictionary()
        self._lock = threading.Lock()
        on_open(self._listen_to)

    def _listen_to(self, opened: Engine) -> None:
        opened.on_growth(self.grown)

    def grown(self, log_name: str) -> None:
        """The stream has grown: wake its tails, once for however many rings come before they run."""
        with self._lock:
            sides = list(self._sides.items())
        for loop, side in sides:
            if log_name in side.bells and log_name not in side.ringing:
                side.ringing.add(log_name)
                try:
                    loop.call_soon_threadsafe(side.wake, log_name)
                except RuntimeError:  # the loop is closed
                    side.ringing.discard(log_name)

    def ring(self, log_name: str) -> None:
        """This process has appended: tell the others. Needs no answer, and nobody waits for it."""
        if not settings.REDIS_URL:
            return  # one machine: the engine itself watches for other processes' appends
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return  # a command: the others' engines and slow polls will notice
        side = self._side()
        if log_name not in side.announcing:
            side.announcing.add(log_name)
            loop.call_later(RING_EVERY_S, lambda: loop.create_task(self._announce(side, log_name)))

    async def _announce(self, side: _LoopSide, log_name: str) -> None:
        side.announcing.discard(log_name)
        await side.ear.ring(_group(log_name), {"type": "stream.grown", "stream": log_name})

    @asynccontextmanager
    async def listen(self, log_name: str) -> AsyncIterator[Bell]:
        """A bell that rings when the stream grows, as long as the context lasts."""
        side = self._side()
        bell = Bell(side, log_name)
        bells = side.bells.setdefault(log_name, set())
        bells.add(bell)
        if not side.ticking:
            side.tick(asyncio.get_running_loop())
        try:
            if len(bells) == 1:
                await self._open_ear(side, log_name)
            yield bell
        finally:
            bells.discard(bell)
            if not bells and side.bells.get(log_name) is bells:
                del side.bells[log_name]
                side.rings.pop(log_name, None)
                side.ends.pop(log_name, None)
                await self._close_ear(side, log_name)

    async def _open_ear(self, side: _LoopSide, log_name: str) -> None:
        loop = asyncio.get_running_loop()
        side.unwatch[log_name] = await loop.run_in_executor(_threads, engine().watch, log_name)
        await side.ear.join(_group(log_name))

    async def _close_ear(self, side: _LoopSide, log_name: str) -> None:
        unwatch = side.unwatch.pop(log_name, None)
        if unwatch is not None:
            unwatch()
        await side.ear.leave(_group(log_name))

    async def chunk(self, log_name: str, position: Position) -> Chunk | None:
        """What lies at the position; None: nothing yet. Concurrent askers share one read. Raises LogError."""
        side, key = self._side(), (log_name, position)
        pending = side.chunks.get(key)
        if pending is None:
            pending = side.begin(key)
        else:
            side.chunks.move_to_end(key)
        found = pending.result() if pending.done() else await asyncio.shield(pending)
        if not found.caught_up and found.position != position and (log_name, found.position) not in side.chunks:
            side.begin((log_name, found.position))  # more lies behind it: read on while this is sent
        return found if found.position != position else None

    async def tail(
        self, log_name: str, position: Position, *, records_max: int = CHUNK_RECORDS
    ) -> AsyncIterator[Slice]:
        """Slices from the position on, for ever: each holds records or gaps. Raises LogError."""
        loop = asyncio.get_running_loop()
        async with self.listen(log_name) as bell:
            while True:
                bell.clear()
                found = await loop.run_in_executor(
                    _threads,
                    lambda at: engine().read(log_name, at, records_max=records_max, bytes_max=CHUNK_BYTES),
                    position,
                )
                if found.position == position:
                    await bell.wait()
                    continue
                position = found.position
                yield found

    def _side(self) -> _LoopSide:
        loop = asyncio.get_running_loop()
        side = self._sides.get(loop)
        if side is None:
            with self._lock:
                side = self._sides.setdefault(loop, _LoopSide())
        return side


def _group(log_name: str) -> str:
    return f"stream.{hashlib.sha256(log_name.encode()).hexdigest()[:40]}"


hub = Hub()
