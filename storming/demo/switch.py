"""The simulator's switch: pages turn it, the simulator asks for it every second and so says that it is there."""

import math
from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from storming.demo.models import RATE_MAX, RATE_MIN, DemoState
from workspaces.access import Access, Permission
from workspaces.errors import Invalid, NotFound

SEEN_EVERY = timedelta(seconds=3)  # how exactly the last sign of life is kept: a write a second would be waste
AWAY_AFTER = timedelta(seconds=10)
RUNNING, STOPPED, AWAY = "running", "stopped", "away"


def state_of(access: Access) -> DemoState:
    """The demo's state. Raises NotFound where the workspace is not the demo."""
    if not access.workspace.is_demo or access.board_id is not None:
        raise NotFound
    found, _ = DemoState.objects.get_or_create(workspace=access.workspace)
    return found


def turn(access: Access, *, wanted: bool | None = None, rate: float | None = None) -> DemoState:
    """Start or stop the simulator, or change its pace. Raises Invalid with place rate."""
    access.require(Permission.STREAM_APPEND)
    state = state_of(access)
    if rate is not None:
        if not math.isfinite(rate) or not RATE_MIN <= rate <= RATE_MAX:
            raise Invalid(f"The rate goes from {RATE_MIN:g} to {RATE_MAX:g} events a second.", place="rate")
        state.rate = rate
    if wanted is not None:
        state.simulator_wanted = wanted
    state.save(update_fields=["rate", "simulator_wanted"])
    return state


def heartbeat(access: Access) -> DemoState:
    """The simulator is there; what is wanted of it."""
    access.require(Permission.STREAM_APPEND)
    state = state_of(access)
    now = timezone.now()
    stale = Q(last_seen_at=None) | Q(last_seen_at__lt=now - SEEN_EVERY)
    if DemoState.objects.filter(stale, pk=state.pk).update(last_seen_at=now):
        state.last_seen_at = now
    return state


def shown(state: DemoState) -> dict[str, Any]:
    """``{"state": running|stopped|away, "wanted", "rate", "last_seen_at"}``; away: wanted, but nobody is there."""
    here = state.last_seen_at is not None and timezone.now() - state.last_seen_at < AWAY_AFTER
    word = STOPPED if not state.simulator_wanted else RUNNING if here else AWAY
    seen = state.last_seen_at.isoformat() if state.last_seen_at else None
    return {"state": word, "wanted": state.simulator_wanted, "rate": state.rate, "last_seen_at": seen}
