"""What the simulator tells: payloads that fit, mistakes that don't, a pace that is kept."""

import random
from collections import Counter
from datetime import UTC, datetime

import pytest
from jsonschema import Draft202012Validator

from storming.demo.catalog import STREAMS, TYPES, latest_schemas
from storming.demo.chains import ODDS, Happening, Order, lorry, spoil
from storming.demo.plan import ORDERS_OPEN_MAX, Plan

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
READERS = {
    name: Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    for name, schema in latest_schemas().items()
}


def stories(count: int, seed: int = 1) -> list[list[Happening]]:
    dice = random.Random(seed)
    return [list(Order(dice, 100_000 + number, lambda: NOON).story()) for number in range(count)]


def test_every_payload_fits_its_types_newest_schema() -> None:
    told = [each for story in stories(300) for each in story] + [lorry(random.Random(2), lambda: NOON)]
    for happening in told:
        READERS[happening.type].validate(happening.payload)
    events = {each.name for each in TYPES if each.kind == "event" and not each.retired}
    assert {each.type for each in told} == events
    assert {each.stream for each in told} == {stream.name for stream in STREAMS}


def test_a_spoilt_payload_is_refused_by_its_schema() -> None:
    dice = random.Random(3)
    for story in stories(100, seed=4):
        for happening in story:
            assert not READERS[happening.type].is_valid(spoil(dice, happening).payload)


def test_an_order_runs_its_course_and_keeps_its_number() -> None:
    for story in stories(300):
        kinds = [each.type for each in story]
        assert kinds[0] == "order.placed"
        assert {each.subject for each in story} == {story[0].payload["orderId"]}
        assert {each.payload["orderId"] for each in story} == {story[0].subject}
        if "parcel.delivered" in kinds:
            course = ["order.placed", "payment.authorised", "stock.reserved", "order.picked", "parcel.shipped"]
            assert [kind for kind in kinds if kind in course] == course
        else:
            assert kinds[-1] == "order.cancelled"


def test_branches_are_taken_about_as_often_as_their_odds_say() -> None:
    told = Counter(each.type for story in stories(2_000) for each in story)
    assert told["order.returned"] / told["parcel.delivered"] == pytest.approx(ODDS["returned"], abs=0.03)
    assert told["stock.ran-out"] / told["payment.authorised"] == pytest.approx(ODDS["out of stock"], abs=0.03)


@pytest.mark.parametrize("rate", [1.0, 5.0, 50.0])
def test_the_plan_keeps_its_pace_over_ten_minutes_and_is_not_even(rate: float) -> None:
    plan = Plan(random.Random(5), first_order=1, now=0.0)
    seconds = [len(plan.due(float(second), rate=rate)) for second in range(1, 601)]
    assert sum(seconds) / 600 == pytest.approx(rate, rel=0.35)
    assert max(seconds) > 2 * rate


def test_what_was_due_while_nobody_looked_does_not_come_in_a_flood() -> None:
    plan = Plan(random.Random(6), first_order=1, now=0.0)
    for tick in range(200):
        plan.due(tick / 10, rate=20.0)
    waiting = len(plan)
    assert len(plan.due(10_000.0, rate=20.0)) <= waiting / 10
    assert len(plan) <= ORDERS_OPEN_MAX
