"""Redis is only the doorbell: while it is away two processes are slower, not wrong; when it is back they are quick."""

import contextlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import PEOPLE
from tests.e2e.server import Server
from tests.many_processes.conftest import SESSION, Place
from tests.many_processes.wire import append, at_the_board, hear, tail
from tests.servers import free_port, running_redis

pytestmark = pytest.mark.e2e


@pytest.fixture
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="factstorm-two-"))
    yield made
    shutil.rmtree(made, ignore_errors=True)


def test_boards_tails_and_sign_in_go_on_while_redis_is_away_and_after_it_is_back(folder: Path) -> None:
    port = free_port()
    with contextlib.ExitStack() as running:
        redis = running.enter_context(contextlib.ExitStack())
        url = redis.enter_context(running_redis(port=port))
        servers = [Server(folder, REDIS_URL=url) for _ in range(2)]
        servers[0].migrate()
        place = Place(**servers[0].prepare(PEOPLE + SESSION))
        for server in servers:
            running.callback(server.stop)
            server.start()
        one, other = servers
        writer = running.enter_context(at_the_board(place, one))
        reader = running.enter_context(at_the_board(place, other))
        follower = running.enter_context(tail(place, other))

        def write(n: int) -> None:
            patch = {"elements": {f"note{n}": {"kind": "domain_event", "text": f"Fact {n}", "x": 0, "y": 0}}}
            writer.send(json.dumps({"t": "ops", "ops": [{"n": n, "patch": patch}]}))
            assert f"note{n}" in hear(reader, "ops")["ops"][0]["patch"]["elements"]
            assert append(one, place, {"n": n}).status_code == 201
            assert hear(follower, "records")["records"][0]["data"] == {"n": n}

        write(1)
        redis.close()
        write(2)
        with at_the_board(place, one), tail(place, one) as newcomer:  # who joins meanwhile is served too
            assert [each["data"]["n"] for each in hear(newcomer, "records")["records"]] == [1, 2]
        running.enter_context(running_redis(port=port))
        write(3)
        for server in servers:
            assert not server.complaints(), server.complaints()
