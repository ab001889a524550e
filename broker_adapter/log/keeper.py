"""A thread for what can wait a moment, started on demand and gone after a while without work.

What fails is logged: nothing that is left to it may be needed for a promise.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue

logger = logging.getLogger(__name__)

IDLE_S = 5.0
CLOSE_WAIT_S = 10.0


class Keeper:
    """One at a time, in order. The pauses lie between two times of writing down what recognises a stream's retries:
    after a segment is full, and after some megabytes.
    """

    ROLLED_PAUSE_S = 2.0
    PASSED_PAUSE_S = 10.0

    def __init__(self) -> None:
        self._work: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closed = False

    def soon(self, do: Callable[[], None]) -> None:
        with self._lock:
            if self._closed:
                return
            self._work.put(do)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="log-keeper", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Finish what is begun, forget the rest. Idempotent."""
        with self._lock:
            self._closed = True
            thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(CLOSE_WAIT_S)

    def _run(self) -> None:
        waited_s = 0.0
        while True:
            try:
                do = self._work.get(timeout=0.1)
            except Empty:
                waited_s += 0.1
                with self._lock:
                    if self._closed or (waited_s >= IDLE_S and self._work.empty()):
                        self._thread = None
                        return
                continue
            waited_s = 0.0
            if self._closed:
                continue
            try:
                do()
            except Exception:
                logger.warning("Keeping the log in order failed; the next turn tries again", exc_info=True)
