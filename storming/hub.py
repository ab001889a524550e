"""The hub: all rooms of one process (strictly: of one event loop), and what they share.

A room is loaded when its first socket comes and dropped some seconds after the last has gone. Once a second one query
asks for all rooms whether their boards have grown (a doorbell may be lost, another process may write without one) and
whether a catalog has changed. Every ACCESS_SECONDS each socket's right to be here is looked up again. The channel
layer joins several processes: doorbells and presence, both of which may be lost.
"""

import asyncio
import contextlib
import logging
import time
import uuid
import weakref
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

from django.conf import settings
from django.db import close_old_connections, connections

from eventcatalog.models import CatalogRevision
from storming import doorbell
from storming.guards import present_access
from storming.models import Board
from storming.rooms import BoardRoom
from storming.sessions import Session
from workspaces.access import Access
from workspaces.ear import Ear
from workspaces.errors import NotFound
from workspaces.sockets import CLOSE_NOT_FOUND, CLOSE_RESTARTING

log = logging.getLogger(__name__)
POLL_SECONDS = 1.0
ACCESS_SECONDS = 10.0
ANNOUNCE_SECONDS = 8.0
LINGER_SECONDS = 10.0
THREADS = 4
P = ParamSpec("P")
T = TypeVar("T")


class Hub:
    """The rooms of one event loop."""

    def __init__(self) -> None:
        self.rooms: dict[uuid.UUID, BoardRoom] = {}
        self.loop = asyncio.get_running_loop()
        self._opening: dict[uuid.UUID, asyncio.Lock] = {}
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="board")
        self._revisions: dict[uuid.UUID, int] = {}
        self._lingering: dict[uuid.UUID, asyncio.TimerHandle] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._origin = uuid.uuid4().hex
        self._ear = Ear(self._take)
        self._announced = self._checked = time.monotonic()
        doorbell.listeners.add(self._hear)
        self.spawn(self._poll())
        self._ear.open()

    async def in_thread(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run blocking work in one of the hub's threads, with a fresh-enough database connection."""

        def run() -> T:
            close_old_connections()
            return work(*args, **kwargs)

        return await self.loop.run_in_executor(self._threads, run)

    def spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        """Run beside everything else; failures are logged."""
        task = self.loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def room(self, board_id: uuid.UUID) -> BoardRoom:
        """The board's room, loaded if need be. Raises NotFound."""
        async with self._opening.setdefault(board_id, asyncio.Lock()):
            found = self.rooms.get(board_id)
            if found is None:
                board = await self.in_thread(Board.objects.select_related("workspace").filter(pk=board_id).first)
                if board is None:
                    raise NotFound
                found = BoardRoom(self, board)
                await found.open()
                self.rooms[board_id] = found
                await self._ear.join(doorbell.group_name(board_id))
            self.retire_later(found)
            return found

    def retire_later(self, room: BoardRoom) -> None:
        """Drop the room when it has been empty for a while."""
        if room.board_id in self._lingering or room.retired:
            return
        timer = self.loop.call_later(LINGER_SECONDS, self._retire, room)
        self._lingering[room.board_id] = timer

    def _retire(self, room: BoardRoom) -> None:
        self._lingering.pop(room.board_id, None)
        if room.retired or room.sessions:
            return
        if not room.idle:
            self.retire_later(room)
            return
        self.rooms.pop(room.board_id, None)
        self._opening.pop(room.board_id, None)
        room.stop()
        self.spawn(self._after_retirement(room))

    async def _after_retirement(self, room: BoardRoom) -> None:
        await self.in_thread(room.derive)
        await self._ear.leave(doorbell.group_name(room.board_id))

    async def close(self) -> None:
        """Close everything, as when the process ends."""
        doorbell.listeners.discard(self._hear)
        await self._ear.close()
        for room in list(self.rooms.values()):
            room.stop()
            await room.close_all(CLOSE_RESTARTING)
        for timer in self._lingering.values():
            timer.cancel()
        for task in list(self._tasks):
            task.cancel()
        self.rooms.clear()
        barrier = [self.loop.run_in_executor(self._threads, connections.close_all) for _ in range(THREADS)]
        await asyncio.gather(*barrier)
        self._threads.shutdown(wait=True)
        _hubs.pop(self.loop, None)

    # Hearing.

    def _hear(self, board_id: uuid.UUID, what: str) -> None:
        """A doorbell of this process, from any thread."""
        with contextlib.suppress(RuntimeError):  # the loop is closed
            self.loop.call_soon_threadsafe(self._answer, board_id, what, None)

    def _answer(self, board_id: uuid.UUID, what: str, seq: int | None) -> None:
        room = self.rooms.get(board_id)
        if room is None:
            return
        if what == doorbell.ACCESS:
            self.spawn(self.check_access(room))
        elif what == doorbell.NAMED:
            self.spawn(self.look())
        elif what == doorbell.WORKSHOP:
            room.workshop_changed()
        else:
            room.grew(seq)

    async def _poll(self) -> None:
        while True:
            await asyncio.sleep(POLL_SECONDS)
            try:
                await self.look()
            except asyncio.CancelledError:
                raise
            except Exception:
                log.exception("looking after the rooms failed")

    async def look(self) -> None:
        """Once a second: growth, new histories, catalogs; now and then access and presence of other processes."""
        rooms = dict(self.rooms)
        if not rooms:
            return
        boards, revisions = await self.in_thread(_facts, list(rooms), {room.workspace_id for room in rooms.values()})
        for board_id, room in rooms.items():
            await self._compare(room, boards.get(board_id))
            if revisions.get(room.workspace_id) != self._revisions.get(room.workspace_id):
                room.refresh_types()
        self._revisions |= revisions
        now = time.monotonic()
        if now - self._checked >= ACCESS_SECONDS:
            self._checked = now
            for room in rooms.values():
                await self.check_access(room)
        if settings.REDIS_URL and now - self._announced >= ANNOUNCE_SECONDS:
            self._announced = now
            for room in rooms.values():
                room.people.forget_silent()
                self.tell_people(room.board_id, dict(room.people.here))

    async def _compare(self, room: BoardRoom, row: tuple[int, uuid.UUID, str, bool, int] | None) -> None:
        if row is None:
            await room.close_all(CLOSE_NOT_FOUND)
            return
        seq, epoch, name, archived, workshop_version = row
        if str(epoch) != room.epoch:
            await room.reset(str(epoch))
        elif seq > room.head:
            room.grew(seq)
        room.describe(name, archived=archived)
        if workshop_version != room.workshop["version"]:
            room.workshop_changed()

    async def check_access(self, room: BoardRoom) -> None:
        """Look up every socket's access again; whoever has none any more is closed as if the board were not there."""
        sessions = list(room.sessions.values())
        found = await self.in_thread(_access_now, room.slug, room.board_id, sessions)
        for session, access in zip(sessions, found, strict=True):
            if access is None:
                await session.close(CLOSE_NOT_FOUND)
            else:
                room.allow(session, access)

    # Other processes.

    def tell_others(self, board_id: uuid.UUID, seq: int) -> None:
        """Ring the doorbell of other processes' rooms."""
        if settings.REDIS_URL:
            message = {"type": doorbell.GREW, "board": str(board_id), "seq": seq, "origin": self._origin}
            self.spawn(self._ear.ring(doorbell.group_name(board_id), message))

    def tell_people(self, board_id: uuid.UUID, people: dict[str, Any]) -> None:
        """Show this process's people to other processes' rooms."""
        if settings.REDIS_URL and people:
            message = {"type": "board.people", "board": str(board_id), "people": people, "origin": self._origin}
            self.spawn(self._ear.ring(doorbell.group_name(board_id), message))

    def tell_drafts(self, board_id: uuid.UUID, actor_id: str) -> None:
        """Somebody's drafts have changed: other processes read them for that person's sockets there."""
        if settings.REDIS_URL:
            message = {"type": "board.drafts", "board": str(board_id), "actor": actor_id, "origin": self._origin}
            self.spawn(self._ear.ring(doorbell.group_name(board_id), message))

    def _take(self, message: dict[str, Any]) -> None:
        if message.get("origin") == self._origin:
            return
        board_id = uuid.UUID(message["board"])
        room = self.rooms.get(board_id)
        if room is not None and message["type"] == "board.people":
            room.hear_people(message["people"])
        elif room is not None and message["type"] == "board.drafts":
            self.spawn(room.show_drafts(message["actor"]))
        else:
            self._answer(board_id, message["type"], message.get("seq"))


_hubs: "weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Hub]" = weakref.WeakKeyDictionary()


def current_hub() -> Hub:
    """The running loop's hub."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Hub()
    return _hubs[loop]


def rooms_of_this_process() -> list[BoardRoom]:
    """All boards that are in memory."""
    return [room for hub in list(_hubs.values()) for room in list(hub.rooms.values())]


Facts = tuple[dict[uuid.UUID, tuple[int, uuid.UUID, str, bool, int]], dict[uuid.UUID, int]]


def _facts(board_ids: list[uuid.UUID], workspace_ids: set[uuid.UUID]) -> Facts:
    rows = Board.objects.filter(pk__in=board_ids).values_list(
        "id", "seq", "epoch", "name", "archived_at", "workshop_version"
    )
    boards = {row[0]: (row[1], row[2], row[3], row[4] is not None, row[5]) for row in rows}
    revisions = CatalogRevision.objects.filter(workspace_id__in=workspace_ids).values_list("workspace_id", "number")
    return boards, dict(revisions)


def _access_now(slug: str, board_id: uuid.UUID, sessions: list[Session]) -> list[Access | None]:
    return [present_access(session.principal, session.session_key, slug, board_id) for session in sessions]
