"""A room: one board with open sockets in one process.

Theory. One writer task coalesces the operations of all sockets for a few milliseconds and stores them in one
transaction (in a thread), *then* puts one encoded frame into the ring, which every socket's sender reads at its own
cursor, and acknowledges. Operations of other processes and of actions (promotion) come by the doorbell or the poll and
take the same way. The state's lock is held by whichever thread works on the document; the event loop never touches it.

``head`` is the seq up to which frames may be sent. Lifetime of everything here: presence.
"""

import asyncio
import logging
import threading
import time
import uuid
from collections import deque
from collections.abc import Coroutine
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

import msgspec
from django.conf import settings
from django.utils import timezone

from storming import protocol, pulses, queries
from storming.actions.derived import refresh_derived
from storming.actions.operations import Batch, Incoming, Outcome, apply_operations
from storming.errors import EpochChanged
from storming.models import Board
from storming.presence import FLUSH_SECONDS, People
from storming.sessions import Session
from storming.state import BoardState, Entry, operations_after
from storming.workshop import state as workshop_state
from storming.workshop.drafts import Changes, drafts_of
from workspaces import observing
from workspaces.access import Access
from workspaces.errors import LimitReached, NotFound
from workspaces.sockets import CLOSE_NOT_FOUND, CLOSE_RESTARTING

if TYPE_CHECKING:
    from storming.hub import Hub

log = logging.getLogger(__name__)
COALESCE_SECONDS = 0.003
COALESCE_SECONDS_PER_SOCKET, COALESCE_SECONDS_MAX = 0.0004, 0.05  # a frame costs a send to each socket
OPERATIONS_PER_COMMIT_MAX = 2_000
RING_FRAMES_MAX, RING_CHARS_MAX = 1_000, 4_000_000
CATCH_UP_CHUNK = 500
RESUME_OPERATIONS_MAX = 2_000
DERIVE_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class RingFrame:
    """One encoded ``ops`` frame with the operations ``first`` to ``last``."""

    first: int
    last: int
    text: str


@dataclass(frozen=True, slots=True)
class Joined:
    """What a joiner gets: the board at ``seq``, or the operations it missed."""

    seq: int
    epoch: str
    acked: int
    parts: list[bytes]
    authors: dict[str, str]
    entries: list[Entry] | None
    drafts: dict[str, dict[str, Any]]


class BoardRoom:
    """See the module's theory."""

    def __init__(self, hub: "Hub", board: Board) -> None:
        self.hub = hub
        self.board_id: uuid.UUID = board.pk
        self.workspace_id: uuid.UUID = board.workspace_id
        self.name, self.archived, self.epoch = board.name, board.is_archived, str(board.epoch)
        self.slug: str = board.workspace.slug
        self.head = 0
        self.sessions: dict[str, Session] = {}
        self.people = People()
        self.types: dict[str, dict[str, Any]] = {}
        self.workshop: dict[str, Any] = {"version": 0}
        self.retired = False
        self._state: BoardState | None = None
        self._lock = threading.Lock()
        self._inbox: deque[tuple[Session, Batch]] = deque()
        self._wanted_seq = 0
        self._bell = asyncio.Event()
        self._ring: deque[RingFrame] = deque()
        self._ring_from: dict[int, RingFrame] = {}
        self._ring_chars = 0
        self._busy = False
        self._tasks: set[asyncio.Task[Any]] = set()
        self._presence_due: asyncio.TimerHandle | None = None
        self._derive_due: asyncio.TimerHandle | None = None
        self._presence_own = False
        self.pulse = pulses.PulseFeed(board.workspace_id, self._offer_pulses)

    # For sockets.

    async def open(self) -> None:
        """Load the board. Raises NotFound."""
        seq, type_ids = await self.hub.in_thread(self._load)
        self.head = self._wanted_seq = seq
        await self._show_types(type_ids)
        self._spawn(self._write())

    async def join(self, session: Session, hello: protocol.Hello) -> None:
        """Answer a hello: welcome, or reset when the client has another history."""
        if session.id not in self.sessions and len(self.sessions) >= settings.BOARD_PEOPLE_MAX:
            raise LimitReached(f"{settings.BOARD_PEOPLE_MAX} people are on this board.", hint="Try again later.")
        foreign = hello.epoch is not None and hello.epoch != self.epoch
        joined = None if foreign else await self.hub.in_thread(self._join, hello, session.access.actor.id)
        if joined is None:
            session.reset(protocol.encode({"t": "reset", "epoch": self.epoch}))
            self._register(session)
            return
        parts = [protocol.snapshot_frame(part) for part in joined.parts[:-1]]
        session.welcome([*parts, self._welcome(session, joined)], joined.seq, hello.client_id)
        self._register(session)
        self._advance(joined.seq)
        self.people.enter(session.id, actor_id=session.access.actor.id, name=session.access.actor.name,
                          colour=session.access.actor.colour)  # fmt: skip
        self._presence_soon()

    def leave(self, session: Session) -> None:
        """A socket has closed; its operations that are on their way are stored nevertheless."""
        session.stop()
        if self.sessions.pop(session.id, None) is not None:
            self.people.leave(session.id)
            self._presence_soon()
        if not self.sessions:
            self.hub.retire_later(self)

    async def submit(self, session: Session, frame: protocol.Ops) -> None:
        """Take a client's operations in; waits while too many of its own are on their way."""
        if session.client_id is None:
            return
        operations = [Incoming(op.n, op.patch.elements, op.undo_of) for op in frame.ops]
        batch = Batch(session.access.actor, session.client_id, operations)  # its rights are looked up when it is stored
        session.in_flight += len(operations)
        self._inbox.append((session, batch))
        self._bell.set()
        await session.have_room()

    def moved(self, session: Session, frame: protocol.Presence) -> None:
        """Somebody's cursor, selection, drag or view."""
        changes = {name: value for name, value in msgspec.structs.asdict(frame).items() if value is not msgspec.UNSET}
        if "selection" in changes:
            changes["selection"] = (changes["selection"] or [])[: protocol.SELECTION_MAX]
        drag = changes.get("drag")
        if drag and len(drag) > protocol.SELECTION_MAX:
            changes["drag"] = dict(islice(drag.items(), protocol.SELECTION_MAX))
        if self.workshop.get("silent"):  # where somebody writes in private is private too
            changes |= {"cursor": None, "selection": [], "editing": None, "drag": None}
        self.people.update(session.id, changes)
        self._presence_soon()

    async def operations_after(self, cursor: int) -> tuple[str | None, int]:
        """The frame that follows ``cursor``, from the ring or else from the database, and the cursor after it."""
        frame = self._ring_from.get(cursor + 1)
        if frame is not None:
            return frame.text, frame.last
        count = min(CATCH_UP_CHUNK, self.head - cursor)
        entries = await self.hub.in_thread(lambda: operations_after(self.board_id, cursor, count=count))
        if not entries:
            return None, self.head
        _, last, text = protocol.ops_frames([entry.as_json() for entry in entries])[0]
        return text, last

    def full_presence(self) -> str:
        """Everybody, for a socket that has missed frames."""
        return protocol.presence_frame(self.people.all())[0]

    # For the hub.

    def grew(self, seq: int | None = None) -> None:
        """Somebody else has stored operations, up to ``seq`` or nobody knows how many."""
        if seq is None or seq > self.head:
            self._wanted_seq = max(self._wanted_seq, seq or self.head + 1)
            self._bell.set()

    @property
    def idle(self) -> bool:
        """Nobody is here and nothing is on its way."""
        return not self.sessions and not self.is_writing

    @property
    def is_writing(self) -> bool:
        """Something was taken that is not answered yet."""
        return bool(self._inbox) or self._busy

    async def reset(self, epoch: str) -> None:
        """The board's history was replaced: everybody keeps their edits and says hello again."""
        self.epoch = epoch
        self._clear_ring()
        seq, type_ids = await self.hub.in_thread(self._load)
        self.head = self._wanted_seq = seq
        frame = protocol.encode({"t": "reset", "epoch": epoch})
        for session in self.sessions.values():
            session.reset(frame)
        await self._show_types(type_ids)

    async def close_all(self, code: int) -> None:
        """Close every socket."""
        for session in list(self.sessions.values()):
            await session.close(code)

    def stop(self) -> None:
        """End the room's tasks; the hub has forgotten it."""
        self.retired = True
        for timer in (self._presence_due, self._derive_due):
            if timer is not None:
                timer.cancel()
        self.pulse.stop()
        for task in self._tasks:
            task.cancel()

    def derive(self) -> None:
        """Bring the board's thumbnail and search text up to date (in a thread)."""
        with self._lock:
            if self._state is not None:
                refresh_derived(self._state)

    def describe(self, name: str, *, archived: bool) -> None:
        """The board's row as it is now."""
        if name != self.name:
            self.name = name
            frame = protocol.encode({"t": "board", "board": {"name": name}})
            for session in self.sessions.values():
                session.say(frame)
        if archived != self.archived:
            self.archived = archived
            for session in self.sessions.values():
                self._tell_rights(session)

    def allow(self, session: Session, access: Access) -> None:
        """The access somebody has now; they are told when it is another than before."""
        before, session.access = session.access, access
        if access.permissions != before.permissions:
            self._tell_rights(session)

    def _tell_rights(self, session: Session) -> None:
        you = session.you(self.board_id, archived=self.archived)
        session.say(protocol.encode({"t": "you", "you": you}))

    def refresh_types(self) -> None:
        """The catalog has changed: show the linked types as they are now."""
        self._spawn(self._show_types(None))

    def workshop_changed(self) -> None:
        """Somebody has changed the workshop, or everybody's drafts with it: show it to all."""
        self._spawn(self._show_workshop())

    async def show_drafts(self, actor_id: str) -> None:
        """Another process has stored drafts of this person."""
        mine = [session for session in self.sessions.values() if session.access.actor.id == actor_id]
        if mine:
            drafts = await self.hub.in_thread(drafts_of, self.board_id, actor_id)
            for session in mine:
                session.say(protocol.drafts_frame(drafts, everything=True))

    def hear_people(self, people: dict[str, Any]) -> None:
        """Presence from another process."""
        self.people.hear(people)
        self._presence_soon(own=False)

    # In threads.

    def _load(self) -> tuple[int, frozenset[str]]:
        with self._lock:
            self._state = BoardState.load(self.board_id)
            self.epoch = str(self._state.epoch)
            self.workshop = workshop_state.load(self.board_id)
            return self._state.document.seq, frozenset(self._state.linked_type_ids())

    def _commit(self, batches: list[Batch]) -> Outcome:
        with self._lock:
            state = self._loaded()
            try:
                if batches:
                    return apply_operations(state, batches)
                row = Board.objects.filter(pk=self.board_id).values_list("seq", "epoch").first()
                if row is None:
                    raise NotFound
                if row[1] != state.epoch:
                    raise EpochChanged
                return Outcome(state.catch_up(row[0]), [])
            except BaseException:
                self._state = None
                raise

    def _join(self, hello: protocol.Hello, actor_id: str) -> Joined | None:
        """None when the client has seen operations that the board does not have."""
        with self._lock:
            state = self._loaded()
            since = hello.since if hello.epoch is not None else None
            if since is not None and since > state.document.seq:
                state.catch_up(Board.objects.values_list("seq", flat=True).get(pk=self.board_id))
            seq = state.document.seq
            if since is not None and since > seq:
                return None
            entries: list[Entry] | None = None
            if since is not None and seq - since <= RESUME_OPERATIONS_MAX:
                entries = operations_after(self.board_id, since, count=RESUME_OPERATIONS_MAX, until=seq)
                entries = _one_frame_of(entries)
                seq = entries[-1].seq if entries else since
            state.look_again(hello.client_id)
            acked = state.newest_of([hello.client_id])[hello.client_id]
            parts = state.document.encode_parts(protocol.PART_BYTES_MAX) if entries is None else []
            drafts = drafts_of(self.board_id, actor_id)
            return Joined(seq, str(state.epoch), acked, parts, dict(state.document.authors), entries, drafts)

    def _snapshot(self) -> None:
        with self._lock:
            if self._state is not None and self._state.snapshot_is_due:
                self._state.save_snapshot()

    def _linked_ids(self) -> frozenset[str]:
        with self._lock:
            return frozenset(self._loaded().linked_type_ids())

    def _loaded(self) -> BoardState:
        if self._state is None:
            self._state = BoardState.load(self.board_id)
        return self._state

    # The writer.

    async def _write(self) -> None:
        while True:
            await self._bell.wait()
            self._bell.clear()
            if self._inbox:
                await asyncio.sleep(self._coalesce_seconds())
            self._busy = True
            try:
                await self._write_once()
            except NotFound:
                await self.close_all(CLOSE_NOT_FOUND)
            except EpochChanged:
                self._inbox.clear()
                await self.reset(str(await self.hub.in_thread(self._present_epoch)))
            except Exception:  # nothing was acknowledged; clients come again and resend
                log.exception("board %s: storing operations failed", self.board_id)
                self._inbox.clear()
                await self.close_all(CLOSE_RESTARTING)
            finally:
                self._busy = False
            if not self.sessions:
                self.hub.retire_later(self)

    def _coalesce_seconds(self) -> float:
        """How long operations are gathered: the more sockets hear of them, the longer, so that sending never fills the
        process. A hundred sockets wait 40 ms and get at most 25 frames a second each.
        """
        return max(COALESCE_SECONDS, min(len(self.sessions) * COALESCE_SECONDS_PER_SOCKET, COALESCE_SECONDS_MAX))

    async def _write_once(self) -> None:
        taken = self._drain()
        if not taken and self._wanted_seq <= self.head:
            return
        began = time.perf_counter()
        outcome = await self.hub.in_thread(self._commit, [batch for _, batch in taken])
        observing.board_commit_seconds.observe(time.perf_counter() - began)
        observing.board_operations.inc(sum(len(batch.operations) for _, batch in taken))
        self._tell_drafts(outcome.drafts)
        self._broadcast(outcome.entries)
        self._wanted_seq = self.head
        for (session, batch), results in zip(taken, outcome.results, strict=True):
            acks = protocol.ack_frames(self.head, [result.as_json() for result in results])
            session.acknowledge(self.head, acks, len(batch.operations))
        if taken and outcome.entries:
            self.hub.tell_others(self.board_id, self.head)
        if self._inbox:
            self._bell.set()
        if self._state is not None and self._state.snapshot_is_due:
            self._spawn(self.hub.in_thread(self._snapshot))

    def _tell_drafts(self, drafts: Changes) -> None:
        """What has changed of somebody's drafts, to that person's sockets and to nobody else's."""
        for session in self.sessions.values():
            mine = drafts.get(session.access.actor.id)
            if mine:
                session.say(protocol.drafts_frame(mine))
        for actor_id in drafts:
            self.hub.tell_drafts(self.board_id, actor_id)

    def _drain(self) -> list[tuple[Session, Batch]]:
        taken: list[tuple[Session, Batch]] = []
        count = 0
        while self._inbox and count < OPERATIONS_PER_COMMIT_MAX:
            session, batch = self._inbox.popleft()
            batch.may_edit = session.can_edit(self.board_id)
            batch.facilitates = session.facilitates(self.board_id)
            count += len(batch.operations)
            taken.append((session, batch))
        return taken

    def _present_epoch(self) -> uuid.UUID:
        return Board.objects.values_list("epoch", flat=True).get(pk=self.board_id)

    def _broadcast(self, entries: list[Entry]) -> None:
        """Put the operations into the ring, encoded once for all sockets."""
        if not entries:
            return
        for first, last, text in protocol.ops_frames([entry.as_json() for entry in entries]):
            frame = RingFrame(first, last, text)
            self._ring.append(frame)
            self._ring_from[first] = frame
            self._ring_chars += len(text)
        while len(self._ring) > RING_FRAMES_MAX or (self._ring_chars > RING_CHARS_MAX and len(self._ring) > 1):
            old = self._ring.popleft()
            self._ring_from.pop(old.first, None)
            self._ring_chars -= len(old.text)
        self._advance(entries[-1].seq)
        if any(_changes_types(properties) for entry in entries for properties in entry.patch["elements"].values()):
            self._spawn(self._show_types(None))
        self._derive_soon()

    def _advance(self, head: int) -> None:
        self.head = max(self.head, head)
        for session in self.sessions.values():
            session.wake()

    def _clear_ring(self) -> None:
        self._ring.clear()
        self._ring_from.clear()
        self._ring_chars = 0

    # Joining.

    def _register(self, session: Session) -> None:
        if session.closed:
            return
        if session.id not in self.sessions:
            self.sessions[session.id] = session
            session.start(self)
        session.wake()

    def _welcome(self, session: Session, joined: Joined) -> str:
        frame: dict[str, Any] = {
            "t": "welcome",
            "v": protocol.VERSION,
            "epoch": joined.epoch,
            "seq": joined.seq,
            "you": session.you(self.board_id, archived=self.archived),
            "board": {"id": str(self.board_id), "name": self.name, "archived": self.archived},
            "acked": joined.acked,
            "types": self.types,
            "people": self.people.listed(),
            "traffic": self.pulse.traffic(),
            "workshop": {**self.workshop, "now": timezone.now().isoformat()},
            "drafts": joined.drafts,
        }
        if joined.entries is None:
            frame["snapshot"] = {"elements": msgspec.Raw(joined.parts[-1]), "authors": joined.authors}
            frame["parts"] = len(joined.parts) - 1
        else:
            frame["ops"] = [entry.as_json() for entry in joined.entries]
        return protocol.encode(frame)

    # Presence, types, thumbnails.

    def _presence_soon(self, *, own: bool = True) -> None:
        self._presence_own = self._presence_own or own
        if self._presence_due is None:
            self._presence_due = asyncio.get_running_loop().call_later(FLUSH_SECONDS, self._flush_presence)

    def _flush_presence(self) -> None:
        self._presence_due = None
        own, self._presence_own = self._presence_own, False
        changes = self.people.take_changes()
        if not changes:
            return
        frame, left = protocol.presence_frame(changes)
        if left:
            self.people.changed_again(left)
            self._presence_soon(own=own)
        for session in self.sessions.values():
            session.offer_presence(frame)
        if own:
            mine = {key: changes[key] for key in changes.keys() - self.people.elsewhere.keys() - set(left)}
            self.hub.tell_people(self.board_id, mine)

    async def _show_workshop(self) -> None:
        """Read the workshop (again) and tell everybody; when the silence began or ended, drafts and presence too."""
        before = self.workshop
        self.workshop = await self.hub.in_thread(workshop_state.load, self.board_id)
        frame = protocol.workshop_frame(self.workshop)
        for session in self.sessions.values():
            session.say(frame)
        if bool(before.get("silent")) == bool(self.workshop["silent"]):
            return
        for session_id in self.people.here:
            self.people.update(session_id, {"cursor": None, "selection": [], "editing": None, "drag": None})
        self._presence_soon()
        self.grew()
        for actor_id in {session.access.actor.id for session in self.sessions.values()}:
            await self.show_drafts(actor_id)

    async def _show_types(self, type_ids: frozenset[str] | None) -> None:
        """Read the linked types (again) and, when they are not what they were, tell everybody."""
        ids = type_ids if type_ids is not None else await self.hub.in_thread(self._linked_ids)
        types = await self.hub.in_thread(queries.linked_types, self.workspace_id, self.slug, ids)
        if types == self.types:
            return
        self.types = types
        self.pulse.show({str(shown["name"]): type_id for type_id, shown in types.items()})
        frame = protocol.encode({"t": "types", "types": types})
        for session in self.sessions.values():
            session.offer_types(frame)

    def _offer_pulses(self, frame: str) -> None:
        for session in self.sessions.values():
            session.offer_pulses(frame)

    def _derive_soon(self) -> None:
        if self._derive_due is None:
            self._derive_due = asyncio.get_running_loop().call_later(DERIVE_SECONDS, self._derive_now)

    def _derive_now(self) -> None:
        self._derive_due = None
        self._spawn(self.hub.in_thread(self.derive))

    def _spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: "asyncio.Task[Any]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("board %s: a task failed", self.board_id, exc_info=task.exception())


def _one_frame_of(entries: list[Entry]) -> list[Entry]:
    """The first of them, as many as make one frame; the others follow the welcome."""
    frames = protocol.ops_frames([entry.as_json() for entry in entries])
    return [entry for entry in entries if entry.seq <= frames[0][1]] if frames else []


def _changes_types(properties: dict[str, Any]) -> bool:
    return "type_id" in properties or "deleted" in properties
