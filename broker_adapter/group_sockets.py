"""The websocket endpoint of consumer groups: ws/v1/w/<workspace>/streams/<stream>/groups/<group>.

A socket is one member (docs/stream-protocol.md). It owns a window and, for each of its partitions, how far it has sent;
what the group is done with is in the database. It looks for a new generation every LOOK_EVERY_S (one cheap query), says
that it is here when a third of its session's time is over, if the client was heard of, and leaves when it closes.
"""

import asyncio
import logging
from contextlib import suppress
from functools import partial as bound
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings

from broker_adapter import actions, group_protocol, queries
from broker_adapter.actions.groups import Fetched, Membership, generation_of
from broker_adapter.encoding import encode_records
from broker_adapter.errors import CommitConflict, MemberGone, StaleGeneration
from broker_adapter.group_protocol import Commit, Credit, Join, Leave
from broker_adapter.groups_api import offsets_json, owned_json, skipped_json
from broker_adapter.hub import hub
from broker_adapter.models import Stream
from broker_adapter.sockets import CLOSE_FORBIDDEN, RECHECK_S
from broker_adapter.tail_protocol import BadFrame, Window
from workspaces.access import Access, Permission, access_to, principal_from_scope
from workspaces.errors import FactstormError
from workspaces.sockets import CLOSE_BAD_FRAME, CLOSE_NOT_FOUND, CLOSE_SIGN_IN, CLOSE_TOO_FAST, Socket

logger = logging.getLogger(__name__)
LOOK_EVERY_S = 1.0
FRAME_RECORDS = 500
CLOSE_GONE = 4410
_CLOSE = {401: CLOSE_SIGN_IN, 403: CLOSE_FORBIDDEN, 404: CLOSE_NOT_FOUND}
_open_members: set["GroupSocket"] = set()


class GroupSocket(Socket):
    """One member of one group."""

    stream: Stream
    access: Access
    group: str

    async def connect(self) -> None:
        """Accept, then refuse in words what must be refused."""
        offered = self.scope.get("subprotocols", [])
        await self.accept(group_protocol.SUBPROTOCOL if group_protocol.SUBPROTOCOL in offered else None)
        self.group = self.scope["url_route"]["kwargs"]["group"]
        self.window = Window(settings.TAIL_CREDIT_MAX)
        self._member: Membership | None = None
        self._cursor: dict[int, int] = {}
        self._seq = 0
        self._heard_at = 0.0
        self._tasks: set[asyncio.Task[None]] = set()
        self._bell: Any = None
        try:
            if len(_open_members) >= settings.TAILS_PER_PROCESS_MAX:
                await self._end("too_many_tails", "This server has all the sockets it takes.", CLOSE_TOO_FAST)
                return
            await self._check_access()
        except FactstormError as error:
            await self._end(error.code, error.message, _CLOSE.get(error.http_status, CLOSE_NOT_FOUND), error.hint)
            return
        _open_members.add(self)
        self._spawn(self._keep_checking())

    async def disconnect(self, code: int) -> None:
        """Leave, so that others take over at once."""
        _open_members.discard(self)
        for task in self._tasks:
            task.cancel()
        await self._leave()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """A frame of the client."""
        if self not in _open_members:
            return
        self._heard_at = asyncio.get_running_loop().time()
        try:
            frame = group_protocol.read_frame(text_data if text_data is not None else bytes_data or b"")
        except BadFrame as error:
            await self._end("bad_frame", str(error), CLOSE_BAD_FRAME, "See docs/stream-protocol.md.")
            return
        try:
            await self._take(frame)
        except FactstormError as error:
            await self.send(group_protocol.error(code=error.code, message=error.message, hint=error.hint))

    async def _take(self, frame: group_protocol.ClientFrame) -> None:
        if isinstance(frame, Join):
            await self._join(frame)
        elif isinstance(frame, Credit):
            self.window.grant(frame.n, str(frame.seq))
            self._ring()
        elif isinstance(frame, Commit):
            await self._commit(frame)
        elif isinstance(frame, Leave):
            await self._leave()
            await self.send(group_protocol.left())
        else:
            await self.send(group_protocol.pong())

    def _spawn(self, coroutine: Any) -> None:
        task = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _ring(self) -> None:
        if self._bell is not None:
            self._bell.ring()

    async def _end(self, code: str, message: str, close: int, hint: str = "") -> None:
        _open_members.discard(self)
        await self.send(group_protocol.error(code=code, message=message, hint=hint))
        await self.close(code=close)

    @sync_to_async
    def _check_access(self) -> None:
        names = self.scope["url_route"]["kwargs"]
        self.access = access_to(
            principal=principal_from_scope(self.scope),
            workspace_slug=names["workspace"],
            need=Permission.STREAM_READ,
            stream=names["stream"],
        )
        self.stream = queries.find_stream(self.access.workspace, names["stream"])
        queries.describe_if_forgotten(self.stream)

    async def _keep_checking(self) -> None:
        while True:
            await asyncio.sleep(RECHECK_S)
            try:
                await self._check_access()
            except FactstormError as error:
                await self._end(error.code, error.message, _CLOSE.get(error.http_status, CLOSE_NOT_FOUND), error.hint)
                return

    def _ask(self, action: Any, **arguments: Any) -> Any:
        """An action on this group, off the event loop."""
        call = bound(action, self.access, stream=self.stream.name, group=self.group, **arguments)
        return sync_to_async(call)()

    # A member's life --------------------------------------------------------------------------------------------------

    async def _join(self, frame: Join) -> None:
        await self._leave()
        joined: Membership = await self._ask(
            actions.join,
            client=frame.client,
            session_timeout_ms=frame.session_timeout_ms,
            start=frame.start,
        )
        self._member, self._cursor = joined, {}
        self.window.restart(frame.credit)
        await self.send(
            group_protocol.joined(
                member=joined.member,
                generation=joined.generation,
                partitions=owned_json(joined.partitions),
                session_timeout_ms=joined.session_timeout_ms,
            )
        )
        self._spawn(self._live(joined.member))

    async def _leave(self) -> None:
        known, self._member = self._member, None
        if known is not None:
            self._ring()
            with suppress(FactstormError):
                await self._ask(actions.leave, member=known.member)

    async def _commit(self, frame: Commit) -> None:
        known = self._member
        if known is None:
            raise MemberGone
        try:
            done = await self._ask(
                actions.commit,
                member=known.member,
                generation=frame.generation,
                offsets=group_protocol.numbers(frame.offsets),
                previous=group_protocol.numbers(frame.previous),
            )
        except MemberGone as error:
            await self._end(error.code, error.message, CLOSE_GONE, error.hint)
        except FactstormError as error:
            actual = offsets_json(error.actual) if isinstance(error, CommitConflict) else {}
            await self.send(
                group_protocol.refused(
                    ref=frame.ref, code=error.code, message=error.message, hint=error.hint, actual=actual
                )
            )
            if isinstance(error, StaleGeneration):
                self._ring()
        else:
            await self.send(group_protocol.committed(ref=frame.ref, offsets=offsets_json(done)))

    async def _live(self, member: str) -> None:
        """Send what the window allows, look for new generations, and say that the member is here."""
        try:
            await self._serve(member)
        except MemberGone as error:
            await self._end(error.code, error.message, CLOSE_GONE, error.hint)
        except FactstormError as error:
            await self._end(error.code, error.message, _CLOSE.get(error.http_status, 1011), error.hint)
        except Exception:
            logger.exception("a member of %s in %s failed", self.group, self.stream.log_name)
            await self._end("failed", "The group failed on our side.", 1011, "Connect and join again.")

    async def _serve(self, member: str) -> None:
        loop = asyncio.get_running_loop()
        beat_at = looked_at = loop.time()
        async with hub.listen(self.stream.log_name) as bell:
            self._bell = bell
            while (known := self._member) is not None and known.member == member:
                bell.clear()
                now = loop.time()
                session_s = known.session_timeout_ms / 1000
                if now - beat_at >= session_s / 3 and now - self._heard_at < session_s:
                    beat_at = now
                    await self._refresh(known)
                elif now - looked_at >= LOOK_EVERY_S:
                    looked_at = now
                    current = await sync_to_async(generation_of)(self.stream, self.group)
                    if current != known.generation:
                        await self._refresh(known)
                if not await self._send_some():
                    await bell.wait(min(LOOK_EVERY_S, session_s / 3))

    async def _refresh(self, known: Membership) -> None:
        """A heartbeat; tells the client when the partitions were dealt anew."""
        found = await self._ask(actions.heartbeat, member=known.member, generation=known.generation)
        if self._member is not known:
            return
        self._member = found
        if not found.changed:
            return
        kept = {} if found.restart else {p: at for p, at in self._cursor.items() if p in found.partitions}
        self._cursor = kept
        await self.send(
            group_protocol.assigned(
                generation=found.generation, partitions=owned_json(found.partitions), restart=found.restart
            )
        )

    async def _send_some(self) -> bool:
        """One frame of records, if there is something and room for it."""
        known, room = self._member, self.window.room
        if known is None or room <= 0 or not known.partitions:
            return False
        try:
            found: Fetched = await self._ask(
                actions.fetch,
                member=known.member,
                generation=known.generation,
                offsets=dict(self._cursor),
                records_max=min(room, FRAME_RECORDS),
                is_heartbeat=False,
            )
        except StaleGeneration:
            await self._refresh(known)
            return True
        if self._member is not known:
            return True
        if found.skipped:
            await self.send(group_protocol.skipped(skipped=skipped_json(found)))
        self._cursor = dict(found.offsets)
        encoded = [record for batch in found.batches for record in encode_records(batch)]
        if not encoded:
            return False
        self._seq += 1
        text = b",".join(encoded).decode()
        self.window.sent(count=len(encoded), size=len(text), position=str(self._seq))
        offsets = offsets_json(found.offsets)
        await self.send(
            group_protocol.records(generation=known.generation, seq=self._seq, records_json=text, offsets=offsets)
        )
        return True
