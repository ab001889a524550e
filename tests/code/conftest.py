"""What the code tests share."""

from tests.eventcatalog.conftest import order_placed

__all__ = ["order_placed"]
