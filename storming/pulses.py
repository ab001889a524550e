"""The traffic of the types a board names, for its pulses. Read from floor 1, never stored, at most 4 frames a second.

The source is ``broker_adapter.traffic``; a test puts another in its place. Types are named by name there and by id on
a board. Lifetime: the room's.
"""

import asyncio
import logging
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, Protocol

from broker_adapter import traffic as broker_traffic
from storming import protocol

log = logging.getLogger(__name__)
AGAIN_SECONDS = 5.0


class Counted(Protocol):
    """What is needed of broker_adapter.traffic.Traffic."""

    @property
    def total(self) -> int:
        """Records stored so far."""

    def as_json(self) -> dict[str, Any]:
        """``{"total", "rejected", "last_seen", "rate"}``."""


Watch = Callable[[uuid.UUID], AsyncIterator[Mapping[str, Counted]]]


def watch_traffic(workspace_id: uuid.UUID) -> AsyncIterator[Mapping[str, Counted]]:
    """Everything at once, then what changes."""
    return broker_traffic.watch(workspace_id)


class PulseFeed:
    """Watches a workspace's traffic while types are shown, and offers frames about these."""

    def __init__(self, workspace_id: uuid.UUID, offer: Callable[[str], None], watch: Watch | None = None) -> None:
        self.workspace_id = workspace_id
        self._offer, self._watch = offer, watch
        self._names: dict[str, str] = {}  # type name: type id
        self._seen: dict[str, Counted] = {}
        self._task: asyncio.Task[None] | None = None

    def show(self, names: dict[str, str]) -> None:
        """From now on these types, ``{name: id}``; none ends the watching."""
        self._names = names
        if names and self._task is None:
            self._task = asyncio.create_task(self._run())
        elif not names:
            self.stop()

    def stop(self) -> None:
        """End the watching."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def traffic(self) -> dict[str, dict[str, Any]]:
        """What is known of the shown types, by id, for a welcome."""
        return {type_id: self._seen[name].as_json() for name, type_id in self._names.items() if name in self._seen}

    async def _run(self) -> None:
        while True:
            try:
                async for changes in (self._watch or watch_traffic)(self.workspace_id):
                    self._take(changes)
            except asyncio.CancelledError:
                raise
            except Exception:  # the board works without pulses; they come back
                log.exception("traffic of workspace %s cannot be watched", self.workspace_id)
            await asyncio.sleep(AGAIN_SECONDS)

    def _take(self, changes: Mapping[str, Counted]) -> None:
        shown: dict[str, dict[str, Any]] = {}
        for name, now in changes.items():
            before = self._seen.get(name)
            self._seen[name] = now
            if name in self._names:
                fresh = now.total - before.total if before is not None else 0
                shown[self._names[name]] = {"n": max(fresh, 0), **now.as_json()}
        if shown:
            self._offer(protocol.encode({"t": "pulses", "traffic": shown}))
