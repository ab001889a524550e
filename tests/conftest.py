"""Fixtures that every area may use."""

import pytest

from tests.cast import Cast, make_cast


@pytest.fixture
def cast(db: None) -> Cast:
    """Alice, Fay, Bob, Vera in one workspace, Charlie in another."""
    return make_cast()
