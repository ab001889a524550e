"""What the board's socket promises, over a real database."""

from typing import Any

import pytest

from storming.models import Board, Operation
from tests.cast import Cast
from tests.storming.clients import note

pytestmark = pytest.mark.django_db(transaction=True)


async def test_an_operation_is_acknowledged_after_it_is_stored_and_reaches_the_others(
    connect: Any, cast: Cast, board: Board
) -> None:
    alice, bob = await connect(cast.alice, board), await connect(cast.bob, board)
    assert (await alice.hello())["snapshot"] == {"elements": {}, "authors": {}}
    await bob.hello()
    [result] = await alice.write({"a": note(text="Order Placed")})
    assert result == {"n": 1, "seq": 1}
    assert await Operation.objects.filter(board=board, seq=1).aexists()
    await bob.until_seq(1)
    assert bob.elements["a"]["text"] == "Order Placed"
    assert bob.elements["a"]["created_by"] == str(cast.alice.pk)
    assert alice.elements == bob.elements
