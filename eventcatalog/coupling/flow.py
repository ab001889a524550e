"""What causes a message and what follows from it: a chain laid out in layers, left to right.

A step is known when a reaction is declared (in this service, that message leads to this one). Where a service has
declared no reaction to what it takes, everything it sends *may* follow; such a step is marked as possible, and from
there the walk goes on no further, since guesses on guesses would draw everything.
"""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass
from typing import NamedTuple

from eventcatalog.coupling.graph import Graph

STEPS_MAX = 400
LAYERS_MAX = 12


class Step(NamedTuple):  # a large catalog has a hundred thousand: these are made in a third of a dataclass's time
    """``service`` takes ``trigger`` ("": of its own accord) and sends ``result`` ("": nothing). ``known``: declared."""

    service: str
    trigger: str
    result: str
    policy: str = ""
    known: bool = True


@dataclass(frozen=True, slots=True)
class Flow:
    """A message's chain. ``layers``: message -> how many steps after the first (negative: before it)."""

    message: str
    layers: dict[str, int]
    steps: tuple[Step, ...]
    cut: bool = False  # there is more than STEPS_MAX steps or LAYERS_MAX layers show


class Reactions:
    """Reactions by what they begin with and what they end in."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.after: defaultdict[tuple[str, str], list[Step]] = defaultdict(list)
        self.before: defaultdict[str, list[Step]] = defaultdict(list)
        for each in graph.reactions:
            if each.service in graph.services and {each.trigger, each.result} <= graph.messages.keys():
                step = Step(each.service, each.trigger, each.result, each.policy)
                self.after[each.service, each.trigger].append(step)
                self.before[each.result].append(step)
        self._explained = {(step.service, step.result) for steps in self.before.values() for step in steps}
        self._calls: dict[str, list[str]] = {}

    def following(self, message: str) -> list[Step]:
        """What each service that takes the message does then."""
        found: list[Step] = []
        for service in self.graph.takers.get(message, ()):
            known = self.after.get((service, message), [])
            found += known or self._possible(service, message)
        return found

    def leading(self, message: str) -> list[Step]:
        """What each service that sends the message did so for."""
        found = list(self.before.get(message, ()))
        explained = {step.service for step in found}
        for service in self.graph.senders.get(message, ()):
            if service not in explained:
                guesses = [
                    Step(service, trigger, message, known=False)
                    for trigger in self.graph.taken.get(service, ())
                    if trigger != message and not self.after.get((service, trigger))
                ]
                found += guesses or [Step(service, "", message)]
        return found

    def calls_after(self, message: str) -> list[Step]:
        """Those of ``following`` whose result is waited for; without making the others."""
        found: list[Step] = []
        for service in self.graph.takers.get(message, ()):
            known = self.after.get((service, message), [])
            if known:
                found += [step for step in known if self.graph.messages[step.result].waits]
            else:
                guesses = self._possible_calls(service)
                found += [Step(service, message, result, known=False) for result in guesses if result != message]
        return found

    def _possible_calls(self, service: str) -> list[str]:
        if service not in self._calls:
            sent = self._unexplained(service)
            self._calls[service] = [result for result in sent if self.graph.messages[result].waits]
        return self._calls[service]

    def _unexplained(self, service: str) -> list[str]:
        """What the service sends and no declared reaction leads to."""
        return [
            result
            for result in self.graph.sent.get(service, ())
            if (service, result) not in self._explained and not self.graph.messages[result].deprecated
        ]

    def _possible(self, service: str, message: str) -> list[Step]:
        """Guesses: what the service sends and no declared reaction explains; or that it sends nothing on."""
        guesses = [
            Step(service, message, result, known=False) for result in self._unexplained(service) if result != message
        ]
        return guesses or [Step(service, message, "", known=True)]


def flow_of(graph: Graph, message: str, *, layers_max: int = LAYERS_MAX) -> Flow:
    """The chain around a message, within bounds. Raises KeyError for a message that isn't there."""
    if message not in graph.messages:
        raise KeyError(message)
    reactions = graph.once(Reactions)
    layers = {message: 0}
    steps: dict[Step, None] = {}
    forward_cut = _walk(reactions, message, layers, steps, +1, layers_max)
    backward_cut = _walk(reactions, message, layers, steps, -1, layers_max)
    ordered = sorted(steps, key=lambda step: _place_of(step, layers))
    return Flow(message, layers, tuple(ordered), forward_cut or backward_cut)


def _place_of(step: Step, layers: dict[str, int]) -> tuple[int, str, str, str]:
    layer = layers.get(step.trigger) if step.trigger else layers.get(step.result, 0) - 1
    return (layer or 0, step.trigger, step.service, step.result)


def _walk(
    reactions: Reactions, start: str, layers: dict[str, int], steps: dict[Step, None], way: int, layers_max: int
) -> bool:
    waiting = deque([start])
    cut = False
    while waiting:
        here = waiting.popleft()
        if abs(layers[here]) >= layers_max:
            cut = True
            continue
        for step in reactions.following(here) if way > 0 else reactions.leading(here):
            if len(steps) >= STEPS_MAX:
                return True
            steps.setdefault(step)
            there = step.result if way > 0 else step.trigger
            if there and there not in layers:
                layers[there] = layers[here] + way
                if step.known:
                    waiting.append(there)
    return cut


def must_be_called(graph: Graph, message: str) -> tuple[Step, ...]:
    """The synchronous calls that doing ``message`` takes: what is waited for on the declared way on from it; where a
    service has declared no reactions at all to it, every call that the service makes (``known`` is False).
    """
    reactions = graph.once(Reactions)
    found: dict[Step, None] = {}
    waiting, seen = deque([message]), {message}
    while waiting:
        here = waiting.popleft()
        for step in reactions.calls_after(here):
            found.setdefault(step)
            if step.result not in seen:
                seen.add(step.result)
                if step.known:
                    waiting.append(step.result)
    return tuple(found)
