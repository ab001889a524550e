"""When to try again, and after how long."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from factstorm.errors import ApiError, Busy, FactstormError, ServerFailed, Unreachable


@dataclass(frozen=True, slots=True)
class Retry:
    """At most `attempts` in all, waiting a random time up to `first_s`, doubling, at most `most_s`.

    A server that says how long to wait (Retry-After) is obeyed, up to `obey_s`.
    """

    attempts: int = 8
    first_s: float = 0.1
    most_s: float = 10.0
    obey_s: float = 60.0

    def waits(self) -> Iterator[float]:
        """How long to wait before each further attempt, for ever."""
        bound = self.first_s
        while True:
            yield random.uniform(bound / 2, bound)  # noqa: S311  # spreads writers out; guards nothing
            bound = min(bound * 2, self.most_s)

    def wait_before_next(self, error: FactstormError, planned_s: float) -> float:
        """`planned_s`, or what the server asked for."""
        asked = error.retry_after if isinstance(error, Busy) else None
        return planned_s if asked is None else min(max(asked, planned_s), self.obey_s)


NEVER = Retry(attempts=1)


def is_worth_it(error: FactstormError, *, repeatable: bool) -> bool:
    """Whether to send the same request again. What may have been carried out is repeated only if that does no harm."""
    if isinstance(error, Unreachable):
        return repeatable or not error.unsure
    if isinstance(error, Busy):
        return repeatable or error.status == 429 or error.code == "overloaded"
    return repeatable and (isinstance(error, ServerFailed) or (isinstance(error, ApiError) and error.status == 408))
