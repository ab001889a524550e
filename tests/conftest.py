"""Fixtures that every area may use."""

import pytest
from django.conf import settings

from tests.cast import Cast, make_cast


def pytest_configure() -> None:
    """Passwords are hashed cheaply here: making the cast would take seconds otherwise."""
    settings.TRAFFIC_IN_BACKGROUND = False  # no thread that outlives a test; readers count for themselves
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


ONE_AT_A_TIME = ("tests/e2e/", "tests/many_processes/", "tests/config/")  # servers and browsers: they need the machine


@pytest.hookimpl(tryfirst=True)  # pytest-xdist reads the groups in this hook, too
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With ``-n 2 --dist loadgroup``: a file stays together, and what starts servers and browsers runs one by one."""
    for item in items:
        file = item.nodeid.partition("::")[0]
        item.add_marker(pytest.mark.xdist_group("servers" if file.startswith(ONE_AT_A_TIME) else file))


@pytest.fixture
def cast(db: None) -> Cast:
    """Alice, Fay, Bob, Vera in one workspace, Charlie in another."""
    return make_cast()
