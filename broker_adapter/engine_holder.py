"""The process's one engine of the commit log, opened when first asked for, closed at exit, never shared by a fork.

``on_open(callback)`` calls back for each engine opened (at once if one is open): the hub and the traffic counter
subscribe to growth that way, in whichever process they find themselves.
"""

import atexit
import os
import threading
from collections.abc import Callable

from django.conf import settings

from broker_adapter.log.engine import Engine, StreamSettings, open_engine
from broker_adapter.rules import StreamRules

_lock = threading.RLock()
_engine: Engine | None = None
_owner_pid = 0
_listeners: list[Callable[[Engine], None]] = []


def engine() -> Engine:
    """The engine of ``settings.COMMIT_LOG_URL``. Raises LogError when it can't be opened."""
    found = _engine
    if found is not None and _owner_pid == os.getpid():
        return found
    return _open()


def _open() -> Engine:
    global _engine, _owner_pid
    with _lock:
        if _engine is not None and _owner_pid == os.getpid():
            return _engine
        # After a fork the parent's engine is left alone: its threads and locks did not come along.
        opened = open_engine(settings.COMMIT_LOG_URL)
        _engine, _owner_pid = opened, os.getpid()
        listeners = list(_listeners)
    for listener in listeners:
        listener(opened)
    return opened


def on_open(listener: Callable[[Engine], None]) -> None:
    """Call ``listener(engine)`` for the engine that is open, and for each opened later."""
    with _lock:
        _listeners.append(listener)
        opened = _engine if _owner_pid == os.getpid() else None
    if opened is not None:
        listener(opened)


def close_engine() -> None:
    """Finish what is queued and close; the next ``engine()`` opens a new one."""
    global _engine
    with _lock:
        closing, _engine = (_engine if _owner_pid == os.getpid() else None), None
    if closing is not None:
        closing.close()


def stream_settings(rules: StreamRules, partitions: int) -> StreamSettings:
    """A stream's rules and the deployment's limits, as the log keeps them: its size is bounded a partition."""
    size = rules.retention_bytes
    return StreamSettings(
        record_bytes_max=rules.record_bytes,
        batch_bytes_max=max(settings.APPEND_BYTES_MAX, settings.RECORD_BYTES_MAX),
        dedup_ids_max=settings.DEDUP_WINDOW_RECORDS,
        dedup_window_ms=settings.DEDUP_WINDOW_HOURS * 3_600_000,
        retention_ms=rules.retention_ms,
        retention_bytes=None if size is None else max(size // partitions, 1),
        compaction=rules.compaction,
    )


def forgets_at_exit() -> bool:
    """Whether this deployment's records live in memory only: a stream without a log is then nothing to worry about."""
    return str(settings.COMMIT_LOG_URL).startswith("memory:")


def _reset_after_fork() -> None:
    global _lock, _engine
    _lock = threading.RLock()
    _engine = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reset_after_fork)
atexit.register(close_engine)
