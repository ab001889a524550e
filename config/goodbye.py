"""Going down politely: on SIGTERM every socket is told to move (4012), then the server stops.

Boards keep what is not acknowledged in their outboxes and tails their positions, so whoever is told to move loses
nothing: they connect again, to another process or to this one's successor. ``/readyz`` answers 503 meanwhile, so that a
proxy sends nobody new.

uvicorn and granian close websockets with 1012 by themselves and then end the ASGI lifespan, which is answered here.
Daphne knows neither: it cancels its applications at once, browsers see a broken line, and its library lets no
application say 1012, hence a code of our own. So under Daphne the signal is taken over once its reactor runs; a second
signal stops it at once, as ever.
"""

import asyncio
import contextlib
import logging
import signal
import sys
from typing import Any

from workspaces.sockets import CLOSE_RESTARTING, close_all

log = logging.getLogger(__name__)
PATIENCE_S = 5.0
_leaving = False


def is_leaving() -> bool:
    """Whether this process has begun to stop."""
    return _leaving


async def tell_sockets_to_move() -> None:
    """Close every socket of this process with 4012, after what boards have taken has been answered."""
    from storming.hub import rooms_of_this_process

    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE_S):
            while any(room.is_writing for room in rooms_of_this_process()):  # noqa: ASYNC110 -- asked at the end only
                await asyncio.sleep(0.05)
    await close_all(CLOSE_RESTARTING)


class Lifespan:
    """The ASGI lifespan: nothing to start, goodbye at the end."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await _leave()
                await send({"type": "lifespan.shutdown.complete"})
                return


async def _leave() -> None:
    global _leaving
    _leaving = True
    await tell_sockets_to_move()


def take_over_daphnes_signal() -> None:
    """Under Daphne: SIGTERM says goodbye first. Elsewhere: nothing."""
    reactor: Any = sys.modules.get("twisted.internet.reactor")
    server = sys.modules.get("daphne.server")
    if reactor is None or server is None or not sys.argv[0].endswith(("daphne", "daphne/__main__.py")):
        return
    reactor.callWhenRunning(lambda: signal.signal(signal.SIGTERM, _on_signal(reactor)))


def _on_signal(reactor: Any) -> Any:
    def handle(number: int, frame: Any) -> None:
        signal.signal(signal.SIGTERM, lambda *_: reactor.callFromThread(reactor.stop))
        reactor.callFromThread(begin)

    def begin() -> None:
        log.info("Stopping: telling sockets to move.")
        task = asyncio.ensure_future(_leave())
        task.add_done_callback(lambda _: reactor.callLater(0.2, reactor.stop))  # let the close frames out

    return handle
