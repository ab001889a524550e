"""The simulator: appends the demo's events over the public HTTP API, with nothing but an address and a key.

Every second it says that it is there and learns whether it is wanted and how fast. Events go as CloudEvents batches
with ``?partial=true``: the few that are spoilt on purpose are refused, the others stored. A batch that got no answer is
sent again with the same ids, so nothing is stored twice. While the server is away the simulator waits, up to half a
minute between tries, and makes nothing up in the meantime.
"""

import random
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx

from storming.demo.catalog import TYPES
from storming.demo.chains import INVALID_SHARE, Happening, spoil
from storming.demo.plan import Plan

TICK_SECONDS = 0.2
HEARTBEAT_SECONDS = 1.0
BACK_OFF_SECONDS = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
BATCH_MAX = 500
TIMEOUT_SECONDS = 10.0
_SENDERS = {each.name: each.says[0] for each in TYPES if each.says}


class Refused(Exception):
    """The server does not take this simulator: a wrong key, no demo workspace. Trying again would not help."""


@dataclass(slots=True)
class Counts:
    """What has become of the events so far."""

    stored: int = 0
    refused: int = 0
    failures: int = 0


@dataclass(slots=True)
class Pending:
    """A batch on its way; kept until the server has answered it."""

    stream: str
    events: list[dict[str, Any]]


class Simulator:
    """One workspace's business. ``rate`` None: as the page says. ``say`` gets a line for people now and then."""

    def __init__(
        self,
        client: httpx.Client,
        *,
        workspace: str,
        rate: float | None = None,
        dice: random.Random | None = None,
        say: Callable[[str], None] = print,
    ) -> None:
        self.client = client
        self.base = f"/api/v1/w/{workspace}"
        self.rate = rate
        self.dice = dice or random.Random()
        self.say = say
        self.counts = Counts()
        self.wanted, self.page_rate = False, 0.0
        self._plan = Plan(self.dice, first_order=_first_order(), now=time.monotonic())
        self._pending: list[Pending] = []
        self._asked = float("-inf")
        self._failed = 0

    def run(self, *, until: Callable[[], bool] = lambda: False) -> None:
        """Go on until told otherwise. Raises Refused."""
        while not until():
            try:
                self.step(time.monotonic())
                if self._failed:
                    self.say("The server is back.")
                self._failed = 0
                time.sleep(TICK_SECONDS)
            except httpx.HTTPError as error:
                time.sleep(self._back_off(error))

    def step(self, now: float) -> None:
        """One look at the clock: ask what is wanted, send what is due. Raises httpx.HTTPError, Refused."""
        if now - self._asked >= HEARTBEAT_SECONDS:
            self._ask()
            self._asked = now
        self._send_pending()
        if not self.wanted:
            return
        happenings = self._plan.due(now, rate=self.rate or self.page_rate)
        self._pending = _batches([self._maybe_spoilt(each) for each in happenings[:BATCH_MAX]])
        self._send_pending()

    def _ask(self) -> None:
        answer = self._post("/demo/simulator/heartbeat", {})
        if answer["wanted"] != self.wanted:
            self.say("Started." if answer["wanted"] else "Stopped from the page; waiting.")
        self.wanted, self.page_rate = answer["wanted"], answer["rate"]

    def _send_pending(self) -> None:
        while self._pending:
            batch = self._pending[0]
            answer = self._post(
                f"/streams/{batch.stream}/records?partial=true",
                batch.events,
                content_type="application/cloudevents-batch+json",
            )
            self._pending.pop(0)
            self.counts.stored += answer.get("stored", 0)
            self.counts.refused += answer.get("refused", 0)

    def _post(self, path: str, body: Any, *, content_type: str = "application/json") -> dict[str, Any]:
        response = self.client.post(self.base + path, json=body, headers={"Content-Type": content_type})
        if response.status_code in (401, 403, 404):
            raise Refused(f"{response.status_code} from {self.base + path}: {response.text[:300]}")
        answer: dict[str, Any] = response.json() if "json" in response.headers.get("Content-Type", "") else {}
        if response.status_code == 422 and "error" in answer:  # all of a batch was bad: refused, and counted
            return {"refused": len(answer["error"].get("records", [])) or 1}
        response.raise_for_status()
        return answer

    def _maybe_spoilt(self, happening: Happening) -> Happening:
        return spoil(self.dice, happening) if self.dice.random() < INVALID_SHARE else happening

    def _back_off(self, error: httpx.HTTPError) -> float:
        seconds = BACK_OFF_SECONDS[min(self._failed, len(BACK_OFF_SECONDS) - 1)]
        if not self._failed:
            self.say(f"The server is away ({type(error).__name__}); trying again.")
        self._failed += 1
        self.counts.failures += 1
        return seconds


def open_client(url: str, key: str) -> httpx.Client:
    """A client that keeps its connection; the key goes with every request."""
    return httpx.Client(
        base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=TIMEOUT_SECONDS, trust_env=False
    )


def cloudevent(happening: Happening) -> dict[str, Any]:
    """CloudEvents 1.0, structured mode; records of one subject stay in order."""
    return {
        "specversion": "1.0",
        "id": str(uuid.uuid4()),
        "source": f"/northwind/{_SENDERS[happening.type]}",
        "type": happening.type,
        "subject": happening.subject,
        "time": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "partitionkey": happening.subject,
        "data": happening.payload,
    }


def _batches(happenings: list[Happening]) -> list[Pending]:
    """One batch a stream, each in order."""
    streams: dict[str, list[dict[str, Any]]] = {}
    for happening in happenings:
        streams.setdefault(happening.stream, []).append(cloudevent(happening))
    return [Pending(stream, events) for stream, events in streams.items()]


def _first_order() -> int:
    """Order numbers go on rising from one run to the next."""
    return 100_000 + int(time.time() / 5) % 800_000
