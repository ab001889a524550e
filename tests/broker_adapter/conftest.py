"""Each test has an engine of its own (in memory unless it asks for files); no background counting; any JSON passes."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from broker_adapter import checks, engine_holder, queries
from broker_adapter.actions import create_stream
from broker_adapter.models import Stream
from broker_adapter.projector import projector
from tests.cast import Cast
from workspaces.actions import create_api_key
from workspaces.models import ApiKey


@pytest.fixture(autouse=True)
def own_log(settings: Any, request: pytest.FixtureRequest, tmp_path: Any) -> Iterator[None]:
    settings.COMMIT_LOG_URL = f"file://{tmp_path}/log" if "on_disk" in request.fixturenames else "memory:"
    settings.APPEND_CHECKS = "broker_adapter.checks.TakeAnyJson"
    settings.TRAFFIC_IN_BACKGROUND = False
    engine_holder.close_engine()
    _forget_everything()
    yield
    engine_holder.close_engine()
    _forget_everything()


@pytest.fixture
def on_disk() -> None:
    """Ask for this, and the log is in files."""


def _forget_everything() -> None:
    queries._remembered.clear()
    checks._load.cache_clear()
    with projector.lock:
        projector._followed.clear()
        projector._workspaces.clear()
        projector._dirty.clear()


@pytest.fixture
def orders(cast: Cast) -> Stream:
    """A stream of one partition that Alice made."""
    return create_stream(cast.access(cast.alice), name="orders", description="What customers ordered")


@pytest.fixture
def make_key(cast: Cast) -> Callable[..., tuple[ApiKey, str]]:
    """``make_key("append", "read", streams=[...])`` -> the key and the text of its Authorization header."""

    def make(*scopes: str, streams: list[str] | None = None) -> tuple[ApiKey, str]:
        key, text = create_api_key(cast.access(cast.alice), name="Shop", scopes=scopes, stream_names=streams)
        return key, f"Bearer {text}"

    return make
