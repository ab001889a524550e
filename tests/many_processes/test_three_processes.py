"""Three web processes behind Redis and PostgreSQL keep the promises of one."""

import json
import threading
import time
from collections import Counter
from typing import Any

import httpx
import pytest

from tests.e2e.clients import PATIENCE_SECONDS, Sender, Stormer
from tests.e2e.server import Server
from tests.many_processes.conftest import Place
from tests.many_processes.wire import append, at_the_board, hear, tail

pytestmark = pytest.mark.e2e
NOTES_EACH = 60
RECORDS = 300


def test_who_storms_at_one_process_is_seen_at_the_others_and_a_killed_process_loses_nothing(
    servers: list[Server],
    place: Place,
) -> None:
    stormers = [Stormer(server, path=place.board_path, cookie=place.cookie) for server in servers]
    for stormer in stormers:
        stormer.join()
    for n in range(NOTES_EACH):
        for which, stormer in enumerate(stormers):
            stormer.write(f"{which}/{n}")
    stormers[1].listen(seconds=0.05)
    servers[1].kill()
    move(stormers[1], to=servers[2])  # as a proxy would: the same client at another process
    everything = Counter(f"{which}/{n}" for which in range(len(stormers)) for n in range(NOTES_EACH))
    for stormer in stormers:
        stormer.listen(seconds=PATIENCE_SECONDS)
        assert len(stormer.acknowledged) == NOTES_EACH
        stormer.close()
    numbers = [seq for stormer in stormers for seq in stormer.acknowledged.values()]
    assert len(set(numbers)) == len(numbers)
    for server in (servers[0], servers[2]):
        newcomer = Stormer(server, path=place.board_path, cookie=place.cookie)
        found = Counter(note["text"] for note in newcomer.join()["snapshot"]["elements"].values())
        newcomer.close()
        assert found == everything


def test_an_edit_and_a_cursor_reach_people_of_other_processes_without_a_reload(
    servers: list[Server], place: Place
) -> None:
    one, other = servers[:2]
    with at_the_board(place, one) as writer, at_the_board(place, other) as reader:
        patch = {"elements": {"note1": {"kind": "domain_event", "text": "Seen From Afar", "x": 0, "y": 0}}}
        writer.send(json.dumps({"t": "ops", "ops": [{"n": 1, "patch": patch}]}))
        frame = hear(reader, "ops")
        assert frame["ops"][0]["patch"]["elements"]["note1"]["text"] == "Seen From Afar"
        writer.send(json.dumps({"t": "presence", "cursor": [7, 8], "selection": [], "editing": None, "drag": None}))
        while not any(who and who.get("cursor") == [7, 8] for who in hear(reader, "presence")["people"].values()):
            pass


def test_what_is_appended_at_one_process_is_told_by_another_in_order_and_once(
    servers: list[Server], place: Place
) -> None:
    one, other, third = servers
    with tail(place, other) as socket:
        senders = [
            Sender(server, number=n, workspace=place.slug, key=place.key) for n, server in enumerate((one, third))
        ]
        threads = [threading.Thread(target=sender.send_until_gone, daemon=True) for sender in senders]
        for thread in threads:
            thread.start()
        heard: list[dict[str, Any]] = []
        while len(heard) < RECORDS:
            heard += hear(socket, "records")["records"]
        one.kill()
        third.kill()
        for thread in threads:
            thread.join(PATIENCE_SECONDS)
        for server in (one, third):
            server.start()
        for sender in senders:
            sender.resend()
        acknowledged = {event_id for sender in senders for event_id in sender.positions}
        ends = time.monotonic() + PATIENCE_SECONDS
        while not acknowledged <= {each["id"] for each in heard} and time.monotonic() < ends:
            heard += hear(socket, "records")["records"]
    counted = Counter(each["id"] for each in heard)
    assert acknowledged <= set(counted)
    assert max(counted.values()) == 1
    for partition in {each["partition"] for each in heard}:
        offsets = [int(each["offset"]) for each in heard if each["partition"] == partition]
        assert offsets == sorted(offsets)


def test_a_change_of_the_catalog_and_a_revoked_key_hold_at_every_process(servers: list[Server], place: Place) -> None:
    one, other = servers[:2]
    assert append(other, place, {"n": 1}).status_code == 201
    one.prepare(
        """
        from eventcatalog.actions import publish_version
        from eventcatalog.models import MessageType
        from workspaces.access import system_access
        from workspaces.models import Workspace
        access = system_access(Workspace.objects.get(slug="acme"))
        schema = {"type": "object", "properties": {"n": {"type": "integer", "maximum": 5}}, "required": ["n"]}
        counted = MessageType.objects.get(name="counted")
        counted.compatibility = "none"
        counted.save()
        publish_version(access, counted, schema=schema, notes="five at most")
        """
    )
    until(lambda: append(other, place, {"n": 6}).status_code == 422)
    one.prepare(
        """
        from django.utils import timezone
        from workspaces.models import ApiKey
        ApiKey.objects.update(revoked_at=timezone.now())
        """
    )
    until(lambda: append(other, place, {"n": 1}).status_code == 401)


def test_failed_sign_ins_are_counted_over_all_processes(servers: list[Server], place: Place) -> None:
    answers = []
    for n in range(12):
        server = servers[n % len(servers)]
        with httpx.Client(base_url=server.url, trust_env=False, timeout=PATIENCE_SECONDS) as client:
            client.get("/sign-in/")
            token = client.cookies["factstorm_csrf"]
            form = {"email": "bob@example.org", "password": "wrong", "csrfmiddlewaretoken": token}
            answers.append(client.post("/sign-in/", data=form, headers={"Referer": server.url}).text)
    assert "Too many" not in answers[8]
    assert "Too many" in answers[11]


def move(stormer: Stormer, *, to: Server) -> None:
    stormer.address = stormer.address.replace(stormer.address.split("/ws/")[0], to.socket_url)
    stormer.join()


def until(holds: Any) -> None:
    ends = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < ends, "it did not come true"
        time.sleep(0.1)
