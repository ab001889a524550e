"""One socket on a board: what it has been sent, and what waits for it.

Theory. Operations are not queued for a socket. It has a *cursor*, the seq of the last operation it was sent, and its
sender takes the next frame from the room's ring, or, when it is further behind than the ring reaches, a chunk from the
database. So a slow socket costs no memory and loses nothing. What is queued is small and bounded: answers to its own
frames (CONTROL_MAX), acknowledgements (sent only after the operations they speak of), and one pending frame each of
presence, types and pulses, the newest replacing the older.
"""

import asyncio
import logging
import uuid
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from autobahn.exception import Disconnected

from storming.limits import SessionLimits
from workspaces.access import Access, Permission, Principal
from workspaces.sockets import CLOSE_TOO_FAST

if TYPE_CHECKING:
    from storming.rooms import BoardRoom

log = logging.getLogger(__name__)
CONTROL_MAX = 1_000
IN_FLIGHT_MAX = 4_000
CLOSE_FAILED = 1011


class Session:
    """A socket's side of a room."""

    def __init__(
        self,
        *,
        access: Access,
        principal: Principal,
        session_key: str | None,
        send: Callable[[str], Awaitable[None]],
        close: Callable[[int], Awaitable[None]],
    ) -> None:
        self.id = uuid.uuid4().hex[:12]
        self.access = access
        self.principal = principal
        self.session_key = session_key
        self.limits = SessionLimits()
        self.client_id: str | None = None
        self.welcomed = False
        self.cursor = 0
        self.in_flight = 0
        self.closed = False
        self._send, self._close = send, close
        self._control: deque[str] = deque()
        self._acks: deque[tuple[int, str]] = deque()
        self._types: str | None = None
        self._presence: str | None = None
        self._presence_missed = False
        self._pulses: str | None = None
        self._wake = asyncio.Event()
        self._settled = asyncio.Event()
        self._sender: asyncio.Task[None] | None = None

    def can_edit(self, board_id: uuid.UUID) -> bool:
        """Whether this person may change the board now."""
        return self.access.can(Permission.BOARD_EDIT, board_id=board_id)

    def facilitates(self, board_id: uuid.UUID) -> bool:
        """Whether this person may also change frames, lanes and the workshop."""
        return self.access.can(Permission.BOARD_MANAGE, board_id=board_id)

    def start(self, room: "BoardRoom") -> None:
        """Begin sending."""
        self._sender = asyncio.create_task(self._run(room))

    def stop(self) -> None:
        """End sending; nothing more goes out."""
        self.closed = True
        self._settled.set()
        if self._sender is not None:
            self._sender.cancel()

    async def close(self, code: int) -> None:
        """Close the socket; what waited is dropped."""
        if not self.closed:
            self.stop()
            await self._close(code)

    def welcome(self, frames: list[str], seq: int, client_id: str) -> None:
        """Start over with these frames; operations after ``seq`` follow them, then everybody's presence."""
        self._control.extend(frames)
        self.cursor, self.client_id, self.welcomed = seq, client_id, True
        self._presence, self._presence_missed = "", True
        self._wake.set()

    def reset(self, frame: str) -> None:
        """The history is another one: nothing more until the client says hello again."""
        self.welcomed, self.client_id = False, None
        self._acks.clear()
        self.say(frame)

    def say(self, frame: str) -> None:
        """An answer to this socket alone."""
        self._control.append(frame)
        self._wake.set()

    def acknowledge(self, seq: int, frames: list[str], count: int) -> None:
        """Acknowledgements, to be sent once the operations up to ``seq`` have been."""
        self.in_flight -= count
        self._settled.set()
        if not self.closed:
            self._acks.extend((seq, frame) for frame in frames)
            self._wake.set()

    def offer_presence(self, frame: str) -> None:
        """Where the others are; an older frame that still waits is given up for a full one."""
        self._presence_missed = self._presence_missed or self._presence is not None
        self._presence = frame
        self._wake.set()

    def offer_pulses(self, frame: str) -> None:
        """Traffic; an older frame that still waits is dropped."""
        self._pulses = frame
        self._wake.set()

    def offer_types(self, frame: str) -> None:
        """The linked types, all of them; so the newest is enough."""
        self._types = frame
        self._wake.set()

    def wake(self) -> None:
        """The room has something new."""
        self._wake.set()

    async def have_room(self) -> None:
        """Wait while too many operations of this socket wait for their commit: the client waits with them."""
        while self.in_flight > IN_FLIGHT_MAX and not self.closed:
            self._settled.clear()
            await self._settled.wait()

    async def _run(self, room: "BoardRoom") -> None:
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                if len(self._control) > CONTROL_MAX or len(self._acks) > CONTROL_MAX:
                    asyncio.create_task(self.close(CLOSE_TOO_FAST))  # noqa: RUF006 - it cancels this very task
                    return
                while (frame := await self._next(room)) is not None:
                    await self._send(frame)
        except asyncio.CancelledError:
            raise
        except (OSError, Disconnected):
            log.debug("session %s is gone; its disconnect follows", self.id)
        except Exception:  # whatever it was, this client shall come again rather than miss something
            log.warning("sending to session %s failed", self.id, exc_info=True)
            asyncio.create_task(self.close(CLOSE_FAILED))  # noqa: RUF006 - it cancels this very task

    async def _next(self, room: "BoardRoom") -> str | None:
        """The most important frame that waits."""
        if self._control:
            return self._control.popleft()
        if not self.welcomed:
            return None
        if self.cursor < room.head:
            frame, self.cursor = await room.operations_after(self.cursor)
            return frame
        if self._acks and self._acks[0][0] <= self.cursor:
            return self._acks.popleft()[1]
        return self._lossy(room)

    def _lossy(self, room: "BoardRoom") -> str | None:
        waiting: tuple[str | None, ...] = (self._types, self._presence, self._pulses)
        if waiting[0] is not None:
            self._types = None
            return waiting[0]
        if waiting[1] is not None:
            missed, self._presence, self._presence_missed = self._presence_missed, None, False
            return room.full_presence() if missed else waiting[1]
        self._pulses = None
        return waiting[2]

    def you(self, board_id: uuid.UUID, *, archived: bool) -> dict[str, Any]:
        """Who this is and may, for the welcome."""
        actor = self.access.actor
        may = self.can_edit(board_id) and not archived
        return {
            "id": actor.id,
            "name": actor.name,
            "colour": actor.colour,
            "session": self.id,
            "can_edit": may,
            "facilitates": self.facilitates(board_id),
        }
