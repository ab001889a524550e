"""What is done for streams from time to time: retention and compaction, rows about records that are gone, groups.

One process at a time: who runs holds a lease in the database, for LEASE_S at most without a sign of life. In a serving
process a daemon thread tries every ``STREAM_MAINTENANCE_SECONDS`` (started by the first request: see `Maintained`);
``manage.py streams maintain`` does the same once. A round is bounded: STREAMS_MAX streams, those that were not looked
after for longest first; what is left comes next. Floors above add chores of their own with `register`; one that fails
is told of and hinders nothing.
"""

import logging
import os
import socket
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import close_old_connections, connections, transaction
from django.utils import timezone

from broker_adapter import lag, queries
from broker_adapter.actions.dead_letters import forget_outcomes
from broker_adapter.actions.groups import put_out_expired
from broker_adapter.engine_holder import engine
from broker_adapter.errors import log_errors
from broker_adapter.models import MaintenanceLease, Stream
from broker_adapter.projector import settings_background
from workspaces.errors import FactstormError

logger = logging.getLogger(__name__)
LEASE_S = 600
STREAMS_MAX = 10_000
LEASE = "streams"
Chore = Callable[[], str]
_chores: dict[str, Chore] = {}
_holder = f"{socket.gethostname()[:40]}:{os.getpid()}:{uuid.uuid4().hex[:12]}"


@dataclass(slots=True)
class Done:
    """One round. ``removed``: records that went and bytes that were freed, by stream. ``chores``: what
    the others did, in words, by name.
    """

    streams: int = 0
    removed: dict[str, tuple[int, int]] = field(default_factory=dict)
    members_put_out: int = 0
    chores: dict[str, str] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)

    def lines(self) -> Iterator[str]:
        """The round in words."""
        yield f"Looked after {self.streams:,} streams."
        for name, (records, size) in sorted(self.removed.items()):
            yield f"{name}: {records:,} records went, {size:,} bytes were freed."
        if self.members_put_out:
            yield f"{self.members_put_out} silent group members were put out."
        yield from (words for _, words in sorted(self.chores.items()))
        for name, problem in sorted(self.problems.items()):
            yield f"{name}: {problem}"


def register(name: str, chore: Chore) -> None:
    """Let every round do this too, after the streams. ``chore`` says in a sentence what it did, "" for nothing; it is
    bounded in what it does at once, and raises what hindered it.
    """
    _chores[name] = chore


def run_once(*, force: bool = False) -> Done | None:
    """One round, if no other process is at it; None if one is. ``force``: even if the last one was just now, and of the
    log whatever can be done, not only what is due.
    """
    if not _take_lease(force=force):
        return None
    done = Done()
    try:
        for stream in Stream.objects.select_related("workspace", "dead_letters_of").order_by("pk")[:STREAMS_MAX]:
            try:
                _look_after(stream, done, now=force)
            except FactstormError as error:
                done.problems[stream.log_name] = error.message
            _renew_lease()
        _do_chores(done)
    finally:
        _give_lease_back()
    return done


def _do_chores(done: Done) -> None:
    for name, chore in _chores.items():
        try:
            words = chore()
            if words:
                done.chores[name] = words
        except FactstormError as error:
            done.problems[name] = error.message
        except Exception as error:
            logger.exception("the chore %s failed", name)
            done.problems[name] = f"{type(error).__name__}: {error}"
        _renew_lease()


def _look_after(stream: Stream, done: Done, *, now: bool) -> None:
    done.streams += 1
    if stream.rules.is_bounded:
        _maintain_log(stream, done, now=now)
    if stream.dead_letters_of_id is not None:
        forget_outcomes(stream, queries.resolve_position(stream, "earliest"))
    done.members_put_out += put_out_expired(stream)
    lag.sample(stream)


def _maintain_log(stream: Stream, done: Done, *, now: bool) -> None:
    queries.describe_if_forgotten(stream)
    with log_errors(stream.name):
        did = engine().maintain(stream.log_name, now=now)
    gone, freed = did.records_expired + did.records_compacted, did.bytes_before - did.bytes_after
    if gone or freed:
        done.removed[stream.log_name] = (gone, freed)
    if did.problems:
        done.problems[stream.log_name] = "; ".join(did.problems)


# One process at a time ------------------------------------------------------------------------------------------------


def _take_lease(*, force: bool) -> bool:
    now = timezone.now()
    pause = timedelta(seconds=0 if force else max(settings.STREAM_MAINTENANCE_SECONDS - 5, 0))
    with transaction.atomic():
        MaintenanceLease.objects.get_or_create(name=LEASE, defaults={"holder": "", "until": now - pause})
        lease = MaintenanceLease.objects.select_for_update().get(name=LEASE)
        if (lease.holder and lease.until > now) or (not lease.holder and lease.until + pause > now):
            return False
        lease.holder, lease.until = _holder, now + timedelta(seconds=LEASE_S)
        lease.save()
    return True


def _renew_lease() -> None:
    own = MaintenanceLease.objects.filter(name=LEASE, holder=_holder)
    if own.filter(until__lt=timezone.now() + timedelta(seconds=LEASE_S / 2)).exists():
        own.update(until=timezone.now() + timedelta(seconds=LEASE_S))


def _give_lease_back() -> None:
    MaintenanceLease.objects.filter(name=LEASE, holder=_holder).update(holder="", until=timezone.now())


# In the background ----------------------------------------------------------------------------------------------------


class Maintained:
    """ASGI middleware that starts the thread with the first request, in the process that serves it."""

    def __init__(self, application: Any) -> None:
        self.application = application
        self._pid = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if self._pid != os.getpid():
            self._pid = os.getpid()
            start()
        await self.application(scope, receive, send)


def start() -> None:
    """Run in the background, unless ``STREAM_MAINTENANCE_SECONDS`` is 0."""
    if settings.STREAM_MAINTENANCE_SECONDS and settings_background():
        threading.Thread(target=_run, name="maintenance", daemon=True).start()


def _run() -> None:
    tick = threading.Event()
    while not tick.wait(settings.STREAM_MAINTENANCE_SECONDS):
        try:
            close_old_connections()
            done = run_once()
            for name, problem in done.problems.items() if done else ():
                logger.warning("%s could not be looked after: %s", name, problem)
        except Exception:
            logger.exception("streams could not be looked after; trying again")
            connections.close_all()
