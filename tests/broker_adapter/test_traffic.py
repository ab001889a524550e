import asyncio
import contextlib
import json
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from broker_adapter import engine_holder, traffic
from broker_adapter.actions import append_records, create_stream, delete_stream
from broker_adapter.checks import CheckResult, ColumnCheck, Fault, Refused
from broker_adapter.counting import OTHER_TYPES, RING_SECONDS, Ring, StreamCounts
from broker_adapter.envelopes import Events
from broker_adapter.errors import RecordsRefused
from broker_adapter.models import Stream, TrafficCursor, TypeTraffic
from broker_adapter.projector import Projector, projector
from tests.cast import Cast
from workspaces.access import system_access

pytestmark = pytest.mark.django_db(transaction=True)


def append(stream: Stream, *types: str) -> None:
    append_records(system_access(stream.workspace), stream=stream.name, events=Events(list(types), [b"1"] * len(types)))


class RefuseBad(ColumnCheck):
    def check_columns(self, *, types: Any, **_: Any) -> CheckResult:
        bad = {index: Refused((Fault("", "bad", "bad"),)) for index, kind in enumerate(types) if kind == "Bad"}
        return CheckResult([""] * len(types), bad)


def test_a_snapshot_counts_types_across_streams(cast: Cast, orders: Stream) -> None:
    other = create_stream(cast.access(cast.alice), name="other")
    append(orders, "A", "A", "B")
    append(other, "A")
    seen = traffic.snapshot(cast.workspace.pk)
    assert {name: each.total for name, each in seen.items()} == {"A": 3, "B": 1}
    assert seen["A"].last_seen is not None
    assert seen["A"].rate > 0
    assert traffic.snapshot(cast.elsewhere.pk) == {}


def test_each_stream_has_its_rate_and_series(cast: Cast, orders: Stream) -> None:
    append(orders, "A", "B")
    seen = traffic.stream_traffic(cast.workspace.pk)["orders"]
    assert seen.total == 2
    assert sum(seen.series) == 2
    assert sum(traffic.history(cast.workspace.pk, type_name="B")) == 1
    assert len(traffic.history(cast.workspace.pk, stream="orders")) == RING_SECONDS


def test_refused_records_are_counted_by_type_and_kept(cast: Cast, orders: Stream, settings: Any) -> None:
    settings.APPEND_CHECKS = "tests.broker_adapter.test_traffic.RefuseBad"
    with contextlib.suppress(RecordsRefused):
        append(orders, "A", "Bad", "Bad")
    assert traffic.snapshot(cast.workspace.pk)["Bad"].rejected == 2
    projector.save()
    projector.save()
    assert TypeTraffic.objects.get(stream=orders, type="Bad").rejected == 2
    assert Projector().follow(cast.workspace.pk)[0].counts.types["Bad"].rejected == 2


def test_totals_survive_a_restart_and_never_count_twice(cast: Cast, orders: Stream, on_disk: None) -> None:
    append(orders, "A", "A")
    traffic.snapshot(cast.workspace.pk)
    projector.save()
    append(orders, "A", "B")
    engine_holder.close_engine()
    after_restart = Projector()
    (followed,) = after_restart.follow(cast.workspace.pk)
    assert {name: each.total for name, each in followed.counts.types.items()} == {"A": 3, "B": 1}
    after_restart.save()
    totals = dict(TypeTraffic.objects.filter(stream=orders).values_list("type", "total"))
    assert totals == {"A": 3, "B": 1}


def test_a_process_that_is_behind_does_not_undo_what_another_wrote(cast: Cast, orders: Stream) -> None:
    slow, quick = Projector(), Projector()
    append(orders, "A")
    slow.follow(cast.workspace.pk)
    slow._workspaces.clear()
    append(orders, "A")
    quick.follow(cast.workspace.pk)
    quick.save()
    slow._dirty.clear()
    slow.save()
    assert TypeTraffic.objects.get(stream=orders, type="A").total == 2
    slow.grown(orders.log_name)
    slow.step()
    slow.save()
    assert TypeTraffic.objects.get(stream=orders, type="A").total == 2


def test_totals_and_position_change_in_one_transaction(
    cast: Cast, orders: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(orders, "A")
    traffic.snapshot(cast.workspace.pk)

    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("the database is gone")

    with monkeypatch.context() as patch, pytest.raises(RuntimeError):
        patch.setattr(TrafficCursor.objects, "update_or_create", fail)
        projector.save()
    assert not TypeTraffic.objects.exists()
    projector.save()
    assert TypeTraffic.objects.get(type="A").total == 1


def test_a_deleted_stream_is_forgotten(cast: Cast, orders: Stream) -> None:
    append(orders, "A")
    traffic.snapshot(cast.workspace.pk)
    delete_stream(cast.access(cast.alice), stream="orders", confirmation="orders")
    projector.save()
    assert traffic.snapshot(cast.workspace.pk) == {}
    create_stream(cast.access(cast.alice), name="orders")
    assert traffic.snapshot(cast.workspace.pk) == {}


async def test_a_watcher_gets_everything_then_what_changes(cast: Cast, orders: Stream) -> None:
    await sync_to_async(append)(orders, "A")
    changes = traffic.watch(cast.workspace.pk)
    first = await anext(changes)
    assert first["A"].total == 1
    await sync_to_async(append)(orders, "B", "B")
    async with asyncio.timeout(10):
        async for changed in changes:
            if "B" in changed:
                assert changed["B"].total == 2
                break
    await changes.aclose()


def test_a_ring_forgets_what_is_older_than_itself() -> None:
    ring = Ring()
    ring.add(1_000, 5)
    ring.add(1_003, 2)
    ring.add(999, 1)
    assert ring.series(1_003.5, 5) == [1, 5, 0, 0, 2]
    assert ring.between(1_000, 1_003) == 7
    ring.add(1_000 + RING_SECONDS, 3)
    assert ring.between(0, 2_000) == 2 + 3
    ring.add(1_000, 9)
    assert ring.between(0, 2_000) == 2 + 3
    ring.add(10_000, 1)
    assert ring.between(0, 20_000) == 1


def test_a_rate_is_taken_over_ten_seconds_and_falls_to_nothing() -> None:
    ring = Ring()
    for second in range(100, 110):
        ring.add(second, 50)
    assert ring.rate(109.999) == pytest.approx(50, rel=0.01)
    assert ring.rate(130) == 0


def test_types_of_a_stream_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("broker_adapter.counting.TYPES_PER_STREAM_MAX", 3)
    counts = StreamCounts()
    for number in range(10):
        counts.seen([(f"T{number}".encode(), 1)], 1_000)
    assert len(counts.types) == 4
    assert counts.types[OTHER_TYPES].total == 7


def test_traffic_is_told_as_json(cast: Cast, orders: Stream) -> None:
    append(orders, "A")
    told = json.loads(json.dumps(traffic.snapshot(cast.workspace.pk)["A"].as_json()))
    assert told["total"] == 1
    assert told["last_seen"].endswith("Z")
