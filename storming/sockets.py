"""The board's websocket: frames in, frames out; everything that thinks is in the room."""

import asyncio
from typing import Any

from storming import protocol
from storming.errors import TooFast
from storming.guards import enter_board
from storming.hub import current_hub
from storming.limits import DELAY_SECONDS_MAX
from storming.rooms import BoardRoom
from storming.sessions import Session
from workspaces.access import principal_from_scope
from workspaces.errors import FactstormError, NotSignedIn
from workspaces.sockets import CLOSE_BAD_FRAME, CLOSE_NOT_FOUND, CLOSE_SIGN_IN, CLOSE_TOO_FAST, Socket


class BoardSocket(Socket):
    """``ws/v1/w/<workspace>/boards/<board>/``."""

    session: Session | None = None
    room: BoardRoom | None = None

    async def dispatch(self, message: dict[str, Any]) -> None:
        """As Channels does, but without a look at database connections for each frame: frames use none here."""
        await getattr(self, message["type"].replace(".", "_"))(message)

    async def connect(self) -> None:
        """Let in whoever may see the board; everybody else is told after the handshake why not."""
        await self.accept()
        hub = current_hub()
        slug, board_id = self.scope["url_route"]["kwargs"].values()
        try:
            principal = await hub.in_thread(principal_from_scope, self.scope)
            access = await hub.in_thread(enter_board, principal, slug, board_id)
            self.board_id = board_id
        except FactstormError as error:
            await self._refuse(error, CLOSE_SIGN_IN if isinstance(error, NotSignedIn) else CLOSE_NOT_FOUND)
            return
        stored = self.scope.get("session")
        self.session = Session(
            access=access,
            principal=principal,
            session_key=stored.session_key if stored is not None else None,
            send=self._send_text,
            close=self.close,
        )

    async def disconnect(self, code: int) -> None:
        """The socket is gone."""
        if self.session is not None:
            self.session.stop()
            if self.room is not None:
                self.room.leave(self.session)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """One frame; a bad one is answered with its place and ends the socket."""
        session = self.session
        if session is None or session.closed:
            return
        try:
            data = text_data if text_data is not None else bytes_data or b""
            await self._wait_or_refuse(session, len(data))
            await self._take(session, protocol.decode(data))
        except TooFast as error:
            await self._refuse(error, CLOSE_TOO_FAST)
        except FactstormError as error:
            await self._refuse(error, CLOSE_NOT_FOUND if error.http_status == 404 else CLOSE_BAD_FRAME)

    async def _take(self, session: Session, frame: protocol.ClientFrame) -> None:
        if isinstance(frame, protocol.Hello):
            await self._hello(session, frame)
        elif isinstance(frame, protocol.Ping):
            await self._send_text(protocol.PONG)
        elif self.room is None:
            raise protocol.BadFrame("The first frame is hello.", hint="See docs/board-protocol.md.", place="$.t")
        elif isinstance(frame, protocol.Ops):
            await self._pace(session.limits.operations.take(len(frame.ops)))
            await self.room.submit(session, frame)
        elif session.limits.presence.try_take(1):
            self.room.moved(session, frame)

    async def _hello(self, session: Session, frame: protocol.Hello) -> None:
        if frame.v != protocol.VERSION:
            raise protocol.BadFrame(
                f"This server speaks version {protocol.VERSION}.", hint="Reload the page.", place="$.v"
            )
        if self.room is None:
            self.room = await current_hub().room(self.board_id)
        await self.room.join(session, frame)

    async def _wait_or_refuse(self, session: Session, size: int) -> None:
        await self._pace(max(session.limits.frames.take(1), session.limits.bytes.take(size)))

    async def _pace(self, seconds: float) -> None:
        """Let a hasty client wait; one that doesn't heed it is sent away."""
        if seconds > DELAY_SECONDS_MAX:
            raise TooFast("This is more than one session may send.", hint="Wait a little and connect again.")
        if seconds > 0:
            await asyncio.sleep(seconds)

    async def _send_text(self, text: str) -> None:
        await self.send(text_data=text)

    async def _refuse(self, error: FactstormError, code: int) -> None:
        await self._send_text(protocol.error_frame(error.code, error.message, error.hint, **error.fields))
        if self.session is not None:
            await self.session.close(code)
        else:
            await self.close(code)
