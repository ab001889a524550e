from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from broker_adapter.log.engine import Engine, open_engine
from broker_adapter.log.file_engine import FileEngine
from broker_adapter.log.memory_engine import MemoryEngine


@pytest.fixture(params=["memory", "file"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """Every engine in turn; the contract holds for all."""
    opened = open_engine("memory:" if request.param == "memory" else f"file://{tmp_path}/log")
    yield opened
    opened.close()


@pytest.fixture
def reopened(tmp_path: Path) -> Iterator[Callable[[], Engine]]:
    """Opens the one file engine again and again, as restarts of a process would."""
    opened: list[Engine] = []

    def again() -> Engine:
        for each in opened:
            each.close()
        opened.append(open_engine(f"file://{tmp_path}/log"))
        return opened[-1]

    yield again
    for each in opened:
        each.close()


@pytest.fixture
def clock() -> list[int]:
    """What `clocked` takes for now, milliseconds since 1970."""
    return [1_800_000_000_000]


@pytest.fixture(params=["memory", "file"])
def clocked(request: pytest.FixtureRequest, tmp_path: Path, clock: list[int]) -> Iterator[Engine]:
    """Every engine in turn, by a clock that the test sets."""
    if request.param == "memory":
        opened: Engine = MemoryEngine(now_ms=lambda: clock[0])
    else:
        opened = FileEngine(str(tmp_path / "log"), now_ms=lambda: clock[0])
    yield opened
    opened.close()
