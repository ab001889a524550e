"""When what happens: many orders' stories woven into one, in a rhythm. Pure: time is a number that the caller gives.

Theory. Orders begin as a Poisson stream whose intensity breathes (a slow wave) and sometimes jumps (a burst: a
newsletter went out). Each story then goes on by itself; its next event waits in a heap until it is due. A pause is
stretched or squeezed at random, so that stories overtake each other. Bounded: ORDERS_OPEN_MAX stories at once, and what
was due while the caller slept begins anew instead of coming in a flood.
"""

import heapq
import itertools
import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from storming.demo.chains import Happening, Order, lorry

EVENTS_PER_ORDER = 7.0
ORDERS_OPEN_MAX = 5_000
LORRIES_PER_ORDER = 0.08
WAVE_SECONDS = 60.0
BURST_EVERY_SECONDS, BURST_SECONDS, BURST_FACTOR = 45.0, 6.0, 3.0
SLEPT_SECONDS = 5.0


@dataclass(order=True, slots=True)
class _Waiting:
    due: float
    turn: int
    happening: Happening = field(compare=False)
    story: Iterator[Happening] = field(compare=False)


class Plan:
    """Ask it often what is due; ``rate`` is in events per second, on average, and may change."""

    def __init__(self, dice: random.Random, *, first_order: int, now: float) -> None:
        self.dice = dice
        self._numbers = itertools.count(first_order)
        self._turns = itertools.count()
        self._waiting: list[_Waiting] = []
        self._looked = now
        self._burst_until = now
        self._owed = 3.0  # orders to begin; the first at once, so that a newcomer need not wait

    def due(self, now: float, *, rate: float) -> list[Happening]:
        """What has come due since the last call, in order."""
        passed = now - self._looked
        self._looked = now
        if passed > SLEPT_SECONDS:
            self._delay(passed)
            passed = 0.0
        self._begin(passed, now, rate)
        happenings: list[Happening] = []
        while self._waiting and self._waiting[0].due <= now:
            first = heapq.heappop(self._waiting)
            happenings.append(first.happening)
            self._wait(first.story, now)
        return happenings

    def __len__(self) -> int:
        return len(self._waiting)

    def _begin(self, passed: float, now: float, rate: float) -> None:
        self._owed += passed * rate / EVENTS_PER_ORDER * self._intensity(passed, now) * self.dice.uniform(0.5, 1.5)
        while self._owed >= 1:
            self._owed -= 1
            if self.dice.random() < LORRIES_PER_ORDER:
                self._wait(iter([lorry(self.dice, _now)]), now)
            if len(self._waiting) < ORDERS_OPEN_MAX:
                order = Order(self.dice, next(self._numbers), _now)
                self._wait(order.story(), now)

    def _intensity(self, passed: float, now: float) -> float:
        """Around 1."""
        if now >= self._burst_until and self.dice.random() < passed / BURST_EVERY_SECONDS:
            self._burst_until = now + BURST_SECONDS
        burst = BURST_FACTOR if now < self._burst_until else 0.75
        return burst * (1 + 0.4 * math.sin(2 * math.pi * now / WAVE_SECONDS))

    def _wait(self, story: Iterator[Happening], now: float) -> None:
        happening = next(story, None)
        if happening is not None:
            due = now + happening.pause * self.dice.uniform(0.5, 1.7)
            heapq.heappush(self._waiting, _Waiting(due, next(self._turns), happening, story))

    def _delay(self, seconds: float) -> None:
        for each in self._waiting:  # all by the same amount: the heap stays a heap
            each.due += seconds


def _now() -> datetime:
    return datetime.now(UTC)
