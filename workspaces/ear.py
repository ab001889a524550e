"""An ear at the channel layer: hears what other web processes ring, and survives the layer's absence.

With ``REDIS_URL`` the doorbells of boards and streams ring through the channel layer. It may go away at any time: then
nothing here raises, hands out an error to a person, or blocks longer than ``PATIENCE_S``. What was wanted is wanted
still and is joined again when the layer answers. Whoever waits for a ring must also look by itself now and then: a ring
can be lost. Without ``REDIS_URL`` there is one process, and nothing is done.

An ``Ear`` belongs to one event loop.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.conf import settings

log = logging.getLogger(__name__)
PATIENCE_S = 2.0  # for one call to a layer that does not answer
AGAIN_S = 1.0  # between two tries while it is away


def ring_from_thread(group: str, message: dict[str, Any]) -> bool:
    """Ring from synchronous code; whether it went out."""
    try:
        async_to_sync(_send)(group, message)
    except Exception as error:  # whatever the layer raises: what was written is stored, and others look by themselves
        log.warning("A doorbell could not be rung (%s).", error)
        return False
    return True


async def _send(group: str, message: dict[str, Any]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        await get_channel_layer().group_send(group, message)


class Ear:
    """Joins groups and calls ``hear(message)`` for each message, in the event loop's thread."""

    def __init__(self, hear: Callable[[dict[str, Any]], None]) -> None:
        self._hear = hear
        self._wanted: set[str] = set()
        self._joined: set[str] = set()
        self._channel = ""
        self._away = False
        self._tasks: list[asyncio.Task[None]] = []

    def open(self) -> None:
        """Begin to listen, in tasks of the running loop. Again: nothing."""
        if settings.REDIS_URL and not self._tasks:
            self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._keep_joined())]

    async def close(self) -> None:
        """Stop. Groups are left by the channel's end."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    async def join(self, group: str) -> None:
        """Hear a group from now on; while the layer is away, as soon as it is back."""
        self._wanted.add(group)
        if settings.REDIS_URL:
            self.open()
            await self._join(group)

    async def leave(self, group: str) -> None:
        """Hear it no more."""
        self._wanted.discard(group)
        if group in self._joined:
            self._joined.discard(group)
            await self._ask(lambda layer: layer.group_discard(group, self._channel))

    async def ring(self, group: str, message: dict[str, Any]) -> bool:
        """Send to all who hear the group; whether it went out."""
        return bool(settings.REDIS_URL) and await self._ask(lambda layer: layer.group_send(group, message))

    async def _join(self, group: str) -> None:
        if not self._channel or group in self._joined:
            return
        self._joined.add(group)
        if not await self._ask(lambda layer: layer.group_add(group, self._channel)):
            self._joined.discard(group)

    async def _keep_joined(self) -> None:
        while True:
            for group in self._wanted - self._joined:
                await self._join(group)
            await asyncio.sleep(AGAIN_S)

    async def _listen(self) -> None:
        layer = get_channel_layer()
        while True:
            try:
                self._channel = await layer.new_channel("ear")
                for group in tuple(self._wanted):
                    await self._join(group)
                while True:
                    message = await layer.receive(self._channel)
                    self._take(message)
            except Exception as error:  # whatever the layer raises: it is away
                self._note(error)
                self._channel = ""
                self._joined.clear()
                await asyncio.sleep(AGAIN_S)

    def _take(self, message: dict[str, Any]) -> None:
        try:
            self._hear(message)
        except Exception:
            log.exception("a ring of another process was not understood")

    async def _ask(self, call: Callable[[Any], Any]) -> bool:
        try:
            async with asyncio.timeout(PATIENCE_S):
                await call(get_channel_layer())
        except Exception as error:  # whatever the layer raises: it is away
            self._note(error)
            return False
        self._away = False
        return True

    def _note(self, error: Exception) -> None:
        """One line when it goes, not one for each ring."""
        if not self._away:
            self._away = True
            log.warning("The channel layer does not answer (%s); looking at the database and the log meanwhile.", error)
