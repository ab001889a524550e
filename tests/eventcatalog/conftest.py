"""What the catalog's tests share."""

import pytest

from eventcatalog import actions
from eventcatalog.models import MessageType
from tests.cast import Cast

ORDER_PLACED = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "order_id": {"type": "string", "format": "uuid"},
        "customer": {"type": "object", "properties": {"email": {"type": "string", "format": "email"}}},
        "total_cents": {"type": "integer", "minimum": 0},
    },
    "required": ["order_id", "total_cents"],
}
GOOD = b'{"order_id": "6c84fb90-12c4-11e1-840d-7b25c5ee775a", "total_cents": 1299}'
BAD = b'{"order_id": "6c84fb90-12c4-11e1-840d-7b25c5ee775a"}'


@pytest.fixture
def order_placed(cast: Cast) -> MessageType:
    """An event type of the shared workspace, at version 1.0.0."""
    return actions.register_type(
        cast.access(cast.fay), kind="event", name="OrderPlaced", title="Order placed", schema=ORDER_PLACED
    )
