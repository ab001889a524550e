"""Fixtures that every area may use."""

import pytest
from django.conf import settings

from tests.cast import Cast, make_cast


def pytest_configure() -> None:
    """Passwords are hashed cheaply here: making the cast would take seconds otherwise."""
    settings.TRAFFIC_IN_BACKGROUND = False  # no thread that outlives a test; readers count for themselves
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def cast(db: None) -> Cast:
    """Alice, Fay, Bob, Vera in one workspace, Charlie in another."""
    return make_cast()
