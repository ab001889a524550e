"""Traffic: what is appended, counted by workspace, message type and stream. For pulses, charts and catalog pages.

    snapshot(workspace_id)                -> {type name: Traffic}           every type ever seen there
    asnapshot(workspace_id)                  the same for asynchronous callers
    async for changes in watch(workspace_id)  {type name: Traffic} of those that changed, merged, at most 4 a second;
                                             the first one comes at once and holds everything
    stream_traffic(workspace_id)          -> {stream name: StreamTraffic}
    history(workspace_id, type_name=..., stream=...) -> records a second of the last 5 minutes, oldest first

Totals are durable and exact as of the position they cover (broker_adapter.projector). Rates and rings are this
process's memory of the last five minutes; after a restart they fill again. Types are known by name, since the log knows
no catalog. All of this is presence, never part of a board's operations.
"""

import asyncio
import logging
import uuid
import weakref
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from asgiref.sync import sync_to_async

from broker_adapter.counting import RING_SECONDS, TypeCounts
from broker_adapter.models import Stream
from broker_adapter.projector import Followed, projector

logger = logging.getLogger(__name__)

CHANGES_EVERY_S = 0.25


@dataclass(frozen=True, slots=True)
class Traffic:
    """Of one message type: ``total`` stored, ``flagged`` of them with faults (a stream that observes takes them all the
    same), ``rejected`` refused, ``rate`` records a second over the last 10 s. Dead letters count as refused alone.
    """

    total: int = 0
    rejected: int = 0
    last_seen: datetime | None = None
    rate: float = 0.0
    flagged: int = 0

    def as_json(self) -> dict[str, Any]:
        """``{"total", "rejected", "flagged", "last_seen": iso or null, "rate"}``."""
        seen = self.last_seen.isoformat(timespec="milliseconds").replace("+00:00", "Z") if self.last_seen else None
        counts = {"total": self.total, "rejected": self.rejected, "flagged": self.flagged}
        return counts | {"last_seen": seen, "rate": round(self.rate, 2)}


@dataclass(frozen=True, slots=True)
class StreamTraffic:
    """Of one stream, all types together; ``series`` is records a second of the last minute, oldest first."""

    total: int
    rejected: int
    last_seen: datetime | None
    rate: float
    series: tuple[int, ...]
    flagged: int = 0


def snapshot(workspace_id: uuid.UUID) -> dict[str, Traffic]:
    """Every type's traffic, all streams of the workspace together. Synchronous; may use the database."""
    followed = projector.follow(workspace_id)
    now_s = projector.clock()
    by_type: dict[str, list[TypeCounts]] = defaultdict(list)
    with projector.lock:
        for each in followed:
            for name, counts in () if each.dead_letters else each.counts.types.items():
                by_type[name].append(counts)
        return {name: _merged(counts, now_s) for name, counts in by_type.items()}


asnapshot = sync_to_async(snapshot, thread_sensitive=True)


def stream_traffic(workspace_id: uuid.UUID) -> dict[str, StreamTraffic]:
    """Each stream's traffic, by the stream's name."""
    followed = projector.follow(workspace_id)
    now_s = projector.clock()
    with projector.lock:
        return {each.name: _of_stream(each, now_s) for each in followed}


def history(
    workspace_id: uuid.UUID, *, type_name: str | None = None, stream: str | None = None, seconds: int = RING_SECONDS
) -> list[int]:
    """Records a second, oldest first, the last one the running second; of a type, a stream, both, or everything."""
    everything = projector.follow(workspace_id)
    followed = [each for each in everything if each.name == stream or (stream is None and not each.dead_letters)]
    now_s = projector.clock()
    with projector.lock:
        if type_name is None:
            rings = [each.counts.ring for each in followed]
        else:
            found = [each.counts.types.get(type_name) for each in followed]
            rings = [each.ring for each in found if each is not None and each.ring is not None]
        columns = [ring.series(now_s, seconds) for ring in rings]
    return [sum(column) for column in zip(*columns, strict=True)] if columns else [0] * seconds


def types_of_stream(workspace_id: uuid.UUID, stream: str) -> list[str]:
    """Names of the types a stream has stored, sorted."""
    followed = [each for each in projector.follow(workspace_id) if each.name == stream]
    with projector.lock:
        return sorted({name for each in followed for name, counts in each.counts.types.items() if counts.total})


def streams_of_type(workspace_id: uuid.UUID, name: str) -> list[str]:
    """Names of the streams that have stored a type, the one that saw it last first."""
    followed = projector.follow(workspace_id)
    with projector.lock:
        seen = [
            (counts.last_seen_ms, each.name)
            for each in followed
            if not each.dead_letters and (counts := each.counts.types.get(name))
        ]
    return [stream for at_ms, stream in sorted(seen, reverse=True) if at_ms]


def count_refused(stream: Stream, types: Iterable[str]) -> None:
    """An append was refused records of these types (one entry a record). Called by the append action."""
    projector.refused(stream, types)


async def watch(workspace_id: uuid.UUID) -> AsyncIterator[dict[str, Traffic]]:
    """Everything at once, then what changed, merged, at most every CHANGES_EVERY_S. Never ends by itself."""
    feed = _feed_for(workspace_id)
    seen: dict[str, Traffic] = {}
    async with feed:
        while True:
            now = feed.latest
            changed = {name: traffic for name, traffic in now.items() if seen.get(name) != traffic}
            if changed or not seen:
                seen = now
                yield changed
            await feed.next()


def _merged(counts: list[TypeCounts], now_s: float) -> Traffic:
    seen_ms = max(each.last_seen_ms for each in counts)
    return Traffic(
        total=sum(each.total for each in counts),
        rejected=sum(each.rejected for each in counts),
        last_seen=_time(seen_ms),
        rate=sum(each.ring.rate(now_s) for each in counts if each.ring is not None),
        flagged=sum(each.flagged for each in counts),
    )


def _of_stream(followed: Followed, now_s: float) -> StreamTraffic:
    counts = list(followed.counts.types.values())
    return StreamTraffic(
        total=sum(each.total for each in counts),
        rejected=sum(each.rejected for each in counts),
        last_seen=_time(max((each.last_seen_ms for each in counts), default=0)),
        rate=followed.counts.ring.rate(now_s),
        series=tuple(followed.counts.ring.series(now_s, 60)),
        flagged=sum(each.flagged for each in counts),
    )


def _time(at_ms: int) -> datetime | None:
    return datetime.fromtimestamp(at_ms / 1000, UTC) if at_ms else None


class _Feed:
    """One snapshot a tick for all watchers of a workspace in one event loop."""

    def __init__(self, workspace_id: uuid.UUID) -> None:
        self.workspace_id = workspace_id
        self.latest: dict[str, Traffic] = {}
        self.over = False
        self._watchers = 0
        self._task: asyncio.Task[None] | None = None
        self._ticked: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def __aenter__(self) -> None:
        self._watchers += 1
        if self._task is None:
            self.latest = await asnapshot(self.workspace_id)
        if self._task is None:
            self._task = asyncio.create_task(self._run())

    async def __aexit__(self, *_: object) -> None:
        self._watchers -= 1
        if self._watchers == 0 and self._task is not None:
            self._task.cancel()
            self.over = True

    async def next(self) -> None:
        """Until the next tick."""
        await asyncio.shield(self._ticked)

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(CHANGES_EVERY_S)
            try:
                self.latest = await asnapshot(self.workspace_id)
            except Exception:
                logger.exception("traffic could not be read; trying again")
                continue
            ticked, self._ticked = self._ticked, asyncio.get_running_loop().create_future()
            ticked.set_result(None)


_feeds: "weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, dict[uuid.UUID, _Feed]]" = weakref.WeakKeyDictionary()


def _feed_for(workspace_id: uuid.UUID) -> _Feed:
    feeds = _feeds.setdefault(asyncio.get_running_loop(), {})
    found = feeds.get(workspace_id)
    if found is None or found.over:
        found = feeds[workspace_id] = _Feed(workspace_id)
    return found
