"""Boards for tests: real rows, real sockets, one hub a test that is closed at its end."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from storming import hub as hub_module
from storming.models import Board
from tests.cast import Cast
from tests.storming.clients import BoardClient


@pytest.fixture
def board(cast: Cast) -> Board:
    """A board of the shared workspace."""
    return Board.objects.create(workspace=cast.workspace, name="Orders")


@pytest.fixture
async def connect(transactional_db: None, cast: Cast) -> AsyncIterator[Callable[..., Awaitable[BoardClient]]]:
    """``await connect(person, board)`` opens a socket; all are closed, and the hub with them, at the end."""
    opened: list[BoardClient] = []

    async def open_socket(person: Any, board: Board, **options: Any) -> BoardClient:
        client = BoardClient(person, board, slug=options.pop("slug", cast.workspace.slug), **options)
        opened.append(client)
        await client.open()
        return client

    yield open_socket
    for client in opened:
        await client.drop()
    await hub_module.current_hub().close()
