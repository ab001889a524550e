"""A socket whose other side has gone: saying more is no error, whatever the server raises."""

from typing import Any

import pytest
from autobahn.exception import Disconnected

from workspaces.sockets import Socket


class Heard(Socket):
    """What was said to the server, which raises from the second message on."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error
        self.said: list[str] = []

    async def base_send(self, message: dict[str, Any]) -> None:
        self.said.append(message["type"])
        if len(self.said) > 1:
            raise self.error


@pytest.mark.parametrize("error", [ConnectionResetError(), OSError("gone"), Disconnected("closed")])
async def test_what_can_not_be_said_any_more_is_dropped(error: Exception):
    socket = Heard(error)
    for _ in range(4):
        await socket.send(text_data="{}")
    await socket.close(code=4404)
    assert socket.said == ["websocket.send", "websocket.send"]
    assert socket.gone


async def test_a_failure_of_ours_is_still_a_failure():
    socket = Heard(ValueError("a fault"))
    await socket.send(text_data="{}")
    with pytest.raises(ValueError, match="a fault"):
        await socket.send(text_data="{}")


async def test_nothing_is_said_after_hanging_up():
    socket = Heard(RuntimeError("after websocket.close"))
    await socket.close(code=4404)
    await socket.send(text_data="{}")
    await socket.close()
    assert socket.said == ["websocket.close"]
