"""``kill -9``, again and again, under load: what was acknowledged is there, at its place, and nothing twice."""

import os
import threading
import time
from collections import Counter

import pytest

from tests.e2e.clients import PATIENCE_SECONDS, Sender, Stormer
from tests.e2e.server import Server

pytestmark = pytest.mark.e2e
KILLS = 6 if os.environ.get("FACTSTORM_NIGHTLY") else 2
NOTES_BEFORE_A_KILL = 150
RECORDS_BEFORE_A_KILL = 400
SENDERS = 3
PREPARE = """
from importlib import import_module
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from eventcatalog.actions import register_type
from workspaces.access import system_access
from workspaces.models import Person, Workspace
bob = Person.objects.get(name="Bob")
session = import_module(settings.SESSION_ENGINE).SessionStore()
session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(bob.pk), settings.AUTHENTICATION_BACKENDS[0]
session[HASH_SESSION_KEY] = bob.get_session_auth_hash()
session.save()
out["cookie"] = session.session_key
schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
register_type(system_access(Workspace.objects.get(slug="acme")), kind="event", name="counted", schema=schema)
"""


def test_killed_again_and_again_under_load_the_board_and_the_log_lose_and_double_nothing(
    server: Server, made: dict[str, str]
) -> None:
    cookie = server.prepare(PREPARE)["cookie"]
    path = f"/ws/v1/w/{made['slug']}/boards/{made['board']}/"
    stormer = Stormer(server, path=path, cookie=cookie)
    senders = [Sender(server, number=n, workspace=made["slug"], key=made["key"]) for n in range(SENDERS)]
    written = 0
    stormer.join()
    for _ in range(KILLS):
        threads = [threading.Thread(target=sender.send_until_gone) for sender in senders]
        for thread in threads:
            thread.start()
        wait_until_stored(senders, more=RECORDS_BEFORE_A_KILL)
        for _ in range(NOTES_BEFORE_A_KILL):
            written += 1
            stormer.write(f"Note {written}")
        stormer.listen(seconds=0.1)  # some are acknowledged, some are on their way
        server.kill()
        for thread in threads:
            thread.join(PATIENCE_SECONDS)
        server.start()
        stormer.join()
    check_board(stormer, Stormer(server, path=path, cookie=cookie), written)
    check_log(senders)
    assert server.complaints() == []


def wait_until_stored(senders: list[Sender], *, more: int) -> None:
    goal = sum(len(sender.positions) for sender in senders) + more
    ends = time.monotonic() + PATIENCE_SECONDS
    while sum(len(sender.positions) for sender in senders) < goal:
        assert time.monotonic() < ends, "appending is too slow to be killed in its middle"
        time.sleep(0.02)


def check_board(stormer: Stormer, newcomer: Stormer, written: int) -> None:
    """Every note once; every acknowledgement a number of its own."""
    stormer.listen(seconds=PATIENCE_SECONDS)
    assert len(set(stormer.acknowledged.values())) == len(stormer.acknowledged) == written
    stormer.close()
    found = Counter(note["text"] for note in newcomer.join()["snapshot"]["elements"].values())
    newcomer.close()
    assert found == Counter(f"Note {n + 1}" for n in range(written))


def check_log(senders: list[Sender]) -> None:
    """Every record once, at the place that was acknowledged, with the payload that was sent."""
    for sender in senders:
        sender.resend()
    stored = {(each["partition"], each["offset"]): each for each in senders[0].everything()}
    ids = Counter(each["id"] for each in stored.values())
    assert max(ids.values()) == 1, "a record is there twice"
    assert set(ids) == {event_id for sender in senders for event_id in sender.positions}
    for sender in senders:
        for event_id, place in sender.positions.items():
            assert stored[place]["id"] == event_id
            assert stored[place]["data"] == {"n": sender.counts[event_id]}
    print(f"\n{len(stored):,} records over {KILLS} kills: none lost, none doubled")
