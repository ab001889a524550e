"""Members of consumer groups against a real server."""

import threading
import time

import pytest

from factstorm import AsyncClient, Client, CommitRefused, Event, Retry, TailEnded

QUICK = Retry(attempts=300, first_s=0.05, most_s=0.3)


@pytest.fixture
def client(shop):
    with Client(**shop.arguments(retry=QUICK)) as made:
        yield made


def counted(*numbers: int) -> list[Event]:
    return [Event("Counted", {"n": n}, key=f"k{n}") for n in numbers]


def test_members_share_the_partitions_and_each_record_comes_to_one_of_them(client):
    stream = client.stream("shared")
    seen: dict[str, list[int]] = {"a": [], "b": []}
    groups = {name: stream.group("share", client=name) for name in seen}

    def work(name: str) -> None:
        for record in groups[name]:
            seen[name].append(record.data["n"])

    threads = [threading.Thread(target=work, args=(name,)) for name in seen]
    for thread in threads:
        thread.start()
    until = time.monotonic() + 30
    while sorted(p for group in groups.values() for p in group.partitions) != [0, 1] or not all(
        group.partitions for group in groups.values()
    ):
        assert time.monotonic() < until
        time.sleep(0.05)
    stream.append_many(counted(*range(200)))
    while sum(map(len, seen.values())) < 200 and time.monotonic() < until:
        time.sleep(0.05)
    for group in groups.values():
        group.close()
    for thread in threads:
        thread.join(20)
    assert sorted(seen["a"] + seen["b"]) == list(range(200))
    assert seen["a"]
    assert seen["b"]


def test_what_was_committed_does_not_come_again_and_what_was_not_does(client):
    stream = client.stream("shared")
    stream.append_many(counted(*range(1_000, 1_030)))
    with stream.group("careful", auto_commit=False, window=5) as group:
        batches = group.batches()
        first = next(batches)
        group.commit(first)
        second = next(batches)
        batches.close()
    again = list(stream.group("careful").batches(idle_s=2))
    places = {record.place for batch in again for record in batch.records}
    assert not places & {record.place for record in first.records}
    assert places >= {record.place for record in second.records}
    assert list(stream.group("careful").batches(idle_s=1)) == []


def test_a_commit_for_what_went_to_another_is_refused(client):
    stream = client.stream("shared")
    stream.append_many(counted(1, 2, 3))
    group = stream.group("gone", auto_commit=False)
    batches = group.batches()
    batch = next(batches)
    batches.close()
    with pytest.raises(CommitRefused) as caught:
        group.commit(batch)
    assert caught.value.code == "stale_generation"


def test_a_slow_member_stays_in_the_group(client):
    stream = client.stream("shared")
    stream.append_many(counted(5))
    with stream.group("slow", session_timeout_s=1.0, auto_commit=False) as group:
        batches = group.batches()
        batch = next(batches)
        time.sleep(2.5)
        group.commit(batch)


def test_a_group_of_no_stream_is_refused(client):
    with pytest.raises(TailEnded) as caught:
        next(client.stream("nowhere").group("g").batches())
    assert caught.value.close_code == 4404


def test_a_member_joins_again_after_the_server_was_killed(shop, client):
    stream = client.stream("shared")
    seen: set[int] = set()
    group = stream.group("survivor", start="latest", session_timeout_s=2)

    def work() -> None:
        for record in group:
            seen.add(record.data["n"])

    thread = threading.Thread(target=work)
    thread.start()
    until = time.monotonic() + 60
    while not group.partitions and time.monotonic() < until:
        time.sleep(0.05)
    stream.append_many(counted(7_001))
    shop.server.kill()
    shop.server.start()
    stream.append_many(counted(7_002))
    while seen < {7_001, 7_002} and time.monotonic() < until:
        time.sleep(0.05)
    group.close()
    thread.join(20)
    assert seen >= {7_001, 7_002}


async def test_the_asynchronous_member_commits_too(shop):
    async with AsyncClient(**shop.arguments()) as client:
        stream = client.stream("shared-soon")
        await stream.append_many(counted(*range(50)))
        seen = []
        async with stream.group("soon", window=10) as group:
            async for batch in group.batches(idle_s=2):
                seen += [record.data["n"] for record in batch.records]
        assert sorted(seen) == list(range(50))
        async with stream.group("soon", auto_commit=False) as group:
            await stream.append_many(counted(99))
            async for batch in group.batches(idle_s=5):
                await group.commit(batch)
                assert [record.data["n"] for record in batch.records] == [99]
                break
