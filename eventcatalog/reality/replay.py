"""The replay itself: from the newest stored record backwards, until enough were seen, time is up or somebody says stop.

It reads headers first: batches without a record of the type cost no payload. What it found is written to its row twice
a second, and that is when it learns that it was cancelled.
"""

import heapq
import logging
import time
import uuid
from collections import Counter
from collections.abc import Iterator

from django.utils import timezone

from broker_adapter import queries as streams
from broker_adapter.engine_holder import engine
from broker_adapter.errors import log_errors
from broker_adapter.log.batch import BatchView
from broker_adapter.models import Stream
from eventcatalog import evolution
from eventcatalog.observing import Sources
from eventcatalog.reality.findings import Findings, Replayed
from eventcatalog.reality.models import RealityCheck, RealityState
from workspaces.errors import FactstormError

log = logging.getLogger(__name__)

SECONDS_MAX = 120.0
RECORDS_A_READ = 5_000
BYTES_A_READ = 8 * 1024 * 1024
REPORT_EVERY_S = 0.5


class _Stopped(Exception):
    """With the state to end in and why."""

    def __init__(self, state: str, because: str) -> None:
        super().__init__(because)
        self.state, self.because = state, because


def run(check_id: uuid.UUID) -> None:
    """Run the replay to its end; never raises. A row that is gone, or isn't waiting, is left alone."""
    taken = RealityCheck.objects.filter(pk=check_id, state=RealityState.WAITING)
    if not taken.update(state=RealityState.RUNNING, started_at=timezone.now(), heard_at=timezone.now()):
        return
    row = RealityCheck.objects.select_related("message_type", "workspace").get(pk=check_id)
    replay = _Replay(row)
    state, because = RealityState.DONE.value, ""
    try:
        replay.run()
    except _Stopped as stop:
        state, because = stop.state, stop.because
    except FactstormError as error:
        state, because = RealityState.FAILED.value, error.message
    except Exception:
        log.exception("the replay %s failed", check_id)
        state, because = RealityState.FAILED.value, "Something went wrong on our side."
    replay.report(state=state, because=because)


class _Replay:
    def __init__(self, row: RealityCheck) -> None:
        self._row = row
        self._name = row.message_type.name.encode()
        self._validator = evolution.compile_text(row.meaning)
        self._found = Findings()
        self._seen = 0
        self._started = self._reported = time.monotonic()

    def run(self) -> None:
        """Batch by batch. Raises _Stopped before the end is reached."""
        found = [each for each in streams.streams_of(self._row.workspace) if each.name in self._row.stream_names]
        self._row.records_there = sum(streams.overview(each).records for each in found)
        merged = heapq.merge(*map(_backwards, found), key=lambda each: -each[1].max_timestamp_ms)
        for stream, batch in merged:
            self._look_at(stream, batch)
            self._seen += batch.count
            self._pause()

    def _look_at(self, stream: Stream, batch: BatchView) -> None:
        if self._name not in batch.count_by_header("type"):
            return
        types = batch.header_values("type")
        places = [at for at, each in enumerate(types) if each == self._name]
        left = self._row.records_wanted - self._found.checked if self._row.records_wanted else len(places)
        places = places[-left:] if left < len(places) else places
        versions, sources = _texts(batch, "version"), _texts(batch, "ce-source")
        self._found.passed(
            sources=Counter(sources[at] for at in places), versions=Counter(versions[at] for at in places)
        )
        payloads, offsets, times = batch.payloads, batch.offsets, batch.timestamps_ms
        faults = self._validator.faults([payloads[at] for at in places])
        for at, refused in zip(places, faults, strict=True):
            if refused is not None:
                record = Replayed(
                    stream.name, batch.partition, offsets[at], times[at], versions[at], sources[at], payloads[at]
                )
                self._found.refused(record, refused)

    def _pause(self) -> None:
        """After each batch: enough, too long, cancelled? Say how far it is."""
        if self._row.records_wanted and self._found.checked >= self._row.records_wanted:
            raise _Stopped(RealityState.DONE, "")
        now = time.monotonic()
        if now - self._started > SECONDS_MAX:
            raise _Stopped(
                RealityState.DONE, f"It stopped after {SECONDS_MAX:.0f} seconds; older records were not read."
            )
        if now - self._reported >= REPORT_EVERY_S:
            self._reported = now
            self.report(state=RealityState.RUNNING)

    def report(self, *, state: str, because: str = "") -> None:
        """Write what was found so far. Raises _Stopped when somebody cancelled."""
        over = state != RealityState.RUNNING
        sources = Sources(self._row.workspace.services.all()) if over else None
        named = [
            {**each, "service": sources.service_of(each["source"]) if sources and each["source"] else None}
            for each in self._found.sources
        ]
        RealityCheck.objects.filter(pk=self._row.pk).update(
            state=state,
            stopped_because=because[:300],
            records_there=self._row.records_there,
            records_seen=self._seen,
            records_checked=self._found.checked,
            records_failed=self._found.failed,
            reasons=self._found.reasons,
            samples=self._found.samples,
            sources=named,
            versions=self._found.versions,
            heard_at=timezone.now(),
            finished_at=timezone.now() if over else None,
        )
        asked = RealityCheck.objects.filter(pk=self._row.pk).values_list("is_cancel_asked", flat=True).first()
        if asked is not False and not over:
            raise _Stopped(RealityState.CANCELLED, "Somebody cancelled it.")


def _texts(batch: BatchView, header: str) -> list[str]:
    """A header's values as texts, each distinct one decoded once."""
    known: dict[bytes | None, str] = {None: ""}
    texts = []
    for value in batch.header_values(header):
        if value not in known:
            known[value] = (value or b"").decode("utf-8", "replace")[:200]
        texts.append(known[value])
    return texts


def _backwards(stream: Stream) -> Iterator[tuple[Stream, BatchView]]:
    """The batches of a stream, newest first in each partition, each with its stream."""
    with log_errors(stream.name):
        streams.describe_if_forgotten(stream)
        position = engine().latest(stream.log_name)
        while True:
            found = engine().read_back(stream.log_name, position, records_max=RECORDS_A_READ, bytes_max=BYTES_A_READ)
            yield from ((stream, batch) for batch in found.batches)
            if found.caught_up or (not found.batches and found.position == position):
                return
            position = found.position
