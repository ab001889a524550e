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


@pytest.fixture
def shop_and_stock(cast: Cast) -> Cast:
    """Shop asks Stock, Stock says what it has; two domains."""
    access = cast.access(cast.fay)
    for domain in ("Sales", "Goods"):
        actions.create_domain(access, name=domain)
        actions.create_context(access, domain=domain.lower(), name=f"{domain} core")
    shop = actions.create_service(access, name="Shop", context="sales-core")
    stock = actions.create_service(access, name="Stock", context="goods-core", sources=["urn:acme:wms"])
    field = {"type": "object", "properties": {"sku": {"type": "string"}}}
    level = actions.register_type(access, kind="query", name="StockLevel", schema=field)
    moved = actions.register_type(access, kind="event", name="StockMoved", schema=field, stream_name="goods")
    actions.declare_participation(access, level, service=shop, role="asks")
    actions.declare_participation(access, level, service=stock, role="handles")
    actions.declare_participation(access, moved, service=stock, role="produces")
    return cast
