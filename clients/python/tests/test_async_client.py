"""The asynchronous client against a real server."""

import asyncio

import pytest

from factstorm import AppendsFailed, AsyncClient, Batching, Event, InvalidRecords, Place, RecordRefused


@pytest.fixture
async def client(shop):
    async with AsyncClient(**shop.arguments()) as made:
        yield made


async def test_append_and_read(client):
    orders = client.stream("orders")
    done = await orders.append(Event("Counted", {"n": 1}, key="async", id="async-1"))
    assert done.stored == 1
    assert [record.key async for record in orders.read() if record.id == "async-1"] == ["async"]
    with pytest.raises(InvalidRecords):
        await orders.append(Event("Counted", {"n": "x"}))
    assert any(each["name"] == "orders" for each in await client.streams())


async def test_a_batcher_gathers_and_names_the_bad(client):
    stream = client.stream("batched-soon")
    with pytest.raises(AppendsFailed):
        async with stream.batcher(Batching(records_max=40, linger_s=0.2)) as batcher:
            futures = [await batcher.add(Event("Counted", {"n": n}, key="same")) for n in range(100)]
            bad = await batcher.add(Event("Counted", {}))
    assert [isinstance(await future, Place) for future in futures] == [True] * 100
    with pytest.raises(RecordRefused):
        await bad
    assert [record.data["n"] async for record in stream.read()] == list(range(100))


async def test_a_batcher_waits_while_too_much_is_pending(client):
    batching = Batching(records_max=5, linger_s=0.01, pending_bytes_max=500)
    async with client.stream("orders").batcher(batching) as batcher:
        for n in range(60):
            await batcher.add(Event("Counted", {"n": n}))
            assert batcher._pending_bytes <= 500
        await batcher.flush()


async def test_a_tail_follows(client):
    stream = client.stream("tailed-soon")
    await stream.append_many([Event("Counted", {"n": n}) for n in range(20)])
    seen = []
    async with stream.tail(start="earliest", window=8) as tail:
        writing = None
        async for record in tail:
            seen.append(record.data["n"])
            if len(seen) == 20:
                writing = asyncio.create_task(stream.append_many([Event("Counted", {"n": n}) for n in range(20, 30)]))
            if len(seen) == 30:
                break
        await writing
    assert sorted(seen) == list(range(30))


async def test_an_idle_tail_ends_when_told_to(client):
    tail = client.stream("orders").tail()
    assert [batch async for batch in tail.batches(idle_s=0.3)] == []
