"""Where replays run: at most WORKERS_MAX at once in a process, on threads that don't keep it from ending.

A process that ends leaves its rows as they are; whoever looks at one that has not been heard of for long is told so
(RealityCheck.is_silent), and may start it anew.
"""

import logging
import queue
import threading
import uuid

from django.db import close_old_connections, connections

from eventcatalog.reality import replay

WORKERS_MAX = 2
WAITING_MAX = 200
log = logging.getLogger(__name__)
_waiting: queue.Queue[uuid.UUID] = queue.Queue(WAITING_MAX)
_workers: list[threading.Thread] = []
_lock = threading.Lock()


def start(check_id: uuid.UUID) -> bool:
    """Queue a replay; False when too many wait already."""
    try:
        _waiting.put_nowait(check_id)
    except queue.Full:
        return False
    with _lock:
        _workers[:] = [each for each in _workers if each.is_alive()]
        if len(_workers) < WORKERS_MAX:
            worker = threading.Thread(target=_work, name=f"reality-{len(_workers)}", daemon=True)
            _workers.append(worker)
            worker.start()
    return True


def _work() -> None:
    """Run what waits; end after a minute without any."""
    while True:
        try:
            check_id = _waiting.get(timeout=60)
        except queue.Empty:
            return
        close_old_connections()
        try:
            replay.run(check_id)
        except Exception:
            log.exception("the replay %s could not be run", check_id)
        finally:
            connections.close_all()
