"""Retries, against a server that answers by script."""

import json

import pytest
from conftest import STORED

from factstorm import NEVER, AsyncClient, Busy, Client, Event, Retry, ServerFailed, StorageFull, Unreachable

QUICK = Retry(attempts=4, first_s=0.001, most_s=0.002)
EVENT = Event("Counted", {"n": 1})


def busy(status: int = 503, code: str = "overloaded", **headers: str):
    return (status, headers, {"error": {"code": code, "message": "later"}})


def client(script, **more) -> Client:
    return Client(script.url, workspace="w", key="k", **{"retry": QUICK, **more})


@pytest.mark.parametrize("trouble", [busy(), busy(429, "too_fast"), busy(code="log_unavailable"), busy(502, "x"), None])
def test_the_same_bytes_are_sent_again_until_they_are_stored(script, trouble):
    script.answers = [trouble, trouble, STORED]
    with client(script) as ours:
        assert ours.stream("s").append(EVENT).stored == 1
    assert len(script.bodies) == 3
    assert len(set(script.bodies)) == 1
    assert {"id", "source"} <= set(json.loads(script.bodies[0]))


async def test_the_asynchronous_client_does_the_same(script):
    script.answers = [busy(), None, STORED]
    async with AsyncClient(script.url, workspace="w", key="k", retry=QUICK) as ours:
        assert (await ours.stream("s").append(EVENT)).stored == 1
    assert len(set(script.bodies)) == 1


def test_without_ids_only_what_was_surely_not_stored_is_sent_again(script):
    script.answers = [busy(), busy(429, "too_fast"), None]
    with client(script, with_ids=False) as ours, pytest.raises(Unreachable) as caught:
        ours.stream("s").append(EVENT)
    assert caught.value.unsure
    assert len(script.bodies) == 3
    assert "id" not in json.loads(script.bodies[0])


def test_what_can_not_get_better_is_not_sent_again(script):
    script.answers = [busy(507, "storage_full")]
    with client(script) as ours, pytest.raises(StorageFull):
        ours.stream("s").append(EVENT)


def test_patience_ends(script):
    script.answers = [busy()] * 4
    with client(script) as ours, pytest.raises(Busy):
        ours.stream("s").append(EVENT)
    script.answers = [busy(500, "failed")]
    with client(script, retry=NEVER) as ours, pytest.raises(ServerFailed):
        ours.stream("s").append(EVENT)


def test_a_server_that_names_a_time_is_obeyed():
    retry = Retry(first_s=0.1, obey_s=30)
    asked = Busy(503, "overloaded", "later", fields={"retry_after": 7})
    assert retry.wait_before_next(asked, 0.1) == 7
    assert retry.wait_before_next(Busy(503, "overloaded", "later", fields={"retry_after": 3600}), 0.1) == 30
    assert retry.wait_before_next(Busy(503, "overloaded", "later"), 0.1) == 0.1


def test_the_header_retry_after_arrives(script):
    script.answers = [busy(**{"Retry-After": "3"})]
    with client(script, retry=NEVER) as ours, pytest.raises(Busy) as caught:
        ours.stream("s").append(EVENT)
    assert caught.value.retry_after == 3


def test_nobody_at_home_is_unreachable_and_nothing_was_done():
    with (
        Client("http://127.0.0.1:1", workspace="w", key="k", retry=QUICK) as ours,
        pytest.raises(Unreachable) as caught,
    ):
        ours.stream("s").append(EVENT)
    assert not caught.value.unsure
