"""Who waits for whom: synchronous calls between services, what they add up to, and where they go round in circles.

A calls B when A sends a message that is waited for and B takes it. Over the calls:

- A *needs* B when a chain of calls leads from A to B: with B down, A can't do all of its work.
- Services that need each other form a *circle* (a strongly connected component of more than one).
- A service's *chain* is a longest way of calls that leads from it through the circles one after the other, each circle
  crossed on the shortest way; its *depth* is the number of those calls. Every step of a chain is a call and no service
  comes twice, so as many calls in a row may really happen; without circles nothing longer can.

Chains are by service, not by request: they say what may happen in the worst case, not what each request does.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from functools import cached_property

from eventcatalog.coupling.graph import Graph


class Calls:
    """The calls of a graph. Computed when first asked for; services and bits in one fixed order."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.order = sorted(graph.services)
        self._number = {key: number for number, key in enumerate(self.order)}

    @cached_property
    def made(self) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
        """Caller -> callee -> the messages that the caller waits for."""
        found: dict[str, dict[str, list[str]]] = {key: {} for key in self.order}
        for name in sorted(self.graph.messages):
            if not self.graph.messages[name].waits:
                continue
            for caller in self.graph.senders.get(name, ()):
                for callee in self.graph.takers.get(name, ()):
                    if caller != callee:
                        found[caller].setdefault(callee, []).append(name)
        return {
            caller: {callee: tuple(names) for callee, names in sorted(callees.items())}
            for caller, callees in found.items()
        }

    @cached_property
    def callers(self) -> Mapping[str, tuple[str, ...]]:
        """Callee -> services that call it directly."""
        found: dict[str, list[str]] = {key: [] for key in self.order}
        for caller in self.order:
            for callee in self.made[caller]:
                found[callee].append(caller)
        return {key: tuple(values) for key, values in found.items()}

    @cached_property
    def circles(self) -> tuple[tuple[str, ...], ...]:
        """Groups of services that need each other, the largest first; members in order."""
        several = [tuple(sorted(group)) for group in self._components if len(group) > 1]
        return tuple(sorted(several, key=lambda group: (-len(group), group)))

    @cached_property
    def needs(self) -> Mapping[str, frozenset[str]]:
        """Service -> all services it can't do without, near and far; itself left out."""
        return {key: self._unpacked(bits, without=key) for key, bits in self._reach.items()}

    @cached_property
    def needed_by(self) -> Mapping[str, frozenset[str]]:
        """Service -> all services that can't work when it is down."""
        found: dict[str, set[str]] = {key: set() for key in self.order}
        for key, needed in self.needs.items():
            for other in needed:
                found[other].add(key)
        return {key: frozenset(values) for key, values in found.items()}

    @cached_property
    def depth(self) -> Mapping[str, int]:
        """Service -> calls of its chain; 0 for one that calls nobody."""
        return {key: self._longest[key][0] for key in self.order}

    def chain(self, service: str) -> tuple[str, ...]:
        """The services of its chain, beginning with itself; every step is a call."""
        walk: list[str] = []
        at: str | None = service
        while at is not None:
            _, way, at = self._longest[at]
            walk.extend(way)
        return tuple(walk)

    def shortest_circle(self, group: tuple[str, ...]) -> tuple[str, ...]:
        """A shortest way round inside a circle, beginning and ending with the same service."""
        members = set(group)
        best: tuple[str, ...] = ()
        for start in group:
            found = self._round(start, members)
            if found and (not best or len(found) < len(best)):
                best = found
            if len(best) == 3:
                break
        return best

    def path(self, start: str, end: str) -> tuple[str, ...]:
        """A shortest chain of calls from one service to another; empty when there is none."""
        return self._search(start, end, set(self.order))

    def _round(self, start: str, members: set[str]) -> tuple[str, ...]:
        ways = [self._search(callee, start, members) for callee in self.made[start] if callee in members]
        found = [way for way in ways if way]
        return (start, *min(found, key=len)) if found else ()

    def _search(self, start: str, end: str, members: set[str]) -> tuple[str, ...]:
        came: dict[str, str | None] = {start: None}
        waiting = deque([start])
        while waiting:
            here = waiting.popleft()
            if here == end:
                way: list[str] = []
                at: str | None = here
                while at is not None:
                    way.append(at)
                    at = came[at]
                return tuple(reversed(way))
            for callee in self.made[here]:
                if callee in members and callee not in came:
                    came[callee] = here
                    waiting.append(callee)
        return ()

    @cached_property
    def _components(self) -> list[list[str]]:
        """Strongly connected components, callees before callers (Tarjan's algorithm, without recursion)."""
        return _components(self.order, self.made)

    @cached_property
    def _component_of(self) -> dict[str, int]:
        return {key: number for number, group in enumerate(self._components) for key in group}

    @cached_property
    def _reach(self) -> dict[str, int]:
        """Service -> bits of the services that calls lead to."""
        of_component: list[int] = []
        for number, group in enumerate(self._components):
            bits = 0
            if len(group) > 1:
                for key in group:
                    bits |= 1 << self._number[key]
            for key in group:
                for callee in self.made[key]:
                    other = self._component_of[callee]
                    if other != number:
                        bits |= of_component[other] | 1 << self._number[callee]
            of_component.append(bits)
        return {key: of_component[self._component_of[key]] for key in self.order}

    @cached_property
    def _longest(self) -> dict[str, tuple[int, tuple[str, ...], str | None]]:
        """Service -> (depth, the way through its own circle beginning with it, the service called after that)."""
        found: dict[str, tuple[int, tuple[str, ...], str | None]] = {}
        for number, group in enumerate(self._components):
            onward = {key: self._furthest(key, number, found) for key in group}
            for key in group:
                best: tuple[int, tuple[str, ...], str | None] = (0, (key,), None)
                for end, way in self._ways(key, set(group)).items():
                    depth, following = onward[end]
                    if len(way) - 1 + depth > best[0]:
                        best = (len(way) - 1 + depth, way, following)
                found[key] = best
        return found

    def _furthest(
        self, key: str, number: int, found: Mapping[str, tuple[int, tuple[str, ...], str | None]]
    ) -> tuple[int, str | None]:
        """(depth, callee) of the longest chain that leaves the service's circle right here; (0, None) for none."""
        outside = [callee for callee in self.made[key] if self._component_of[callee] != number]
        best = max(outside, key=lambda callee: found[callee][0], default=None)
        return (0, None) if best is None else (1 + found[best][0], best)

    def _ways(self, start: str, members: set[str]) -> dict[str, tuple[str, ...]]:
        """Member -> a shortest way to it inside the circle."""
        ways: dict[str, tuple[str, ...]] = {start: (start,)}
        waiting = deque([start])
        while waiting and len(members) > 1:
            here = waiting.popleft()
            for callee in self.made[here]:
                if callee in members and callee not in ways:
                    ways[callee] = (*ways[here], callee)
                    waiting.append(callee)
        return ways

    def _unpacked(self, bits: int, *, without: str) -> frozenset[str]:
        found = []
        while bits:
            lowest = bits & -bits
            found.append(self.order[lowest.bit_length() - 1])
            bits ^= lowest
        return frozenset(found) - {without}


def _components(order: list[str], made: Mapping[str, Mapping[str, tuple[str, ...]]]) -> list[list[str]]:
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    on_stack: set[str] = set()
    stack: list[str] = []
    found: list[list[str]] = []
    for root in order:
        if root in index:
            continue
        work = [(root, iter(made[root]))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        while work:
            here, callees = work[-1]
            step = next(callees, None)
            if step is None:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[here])
                if low[here] == index[here]:
                    found.append(_popped(stack, on_stack, here))
            elif step not in index:
                index[step] = low[step] = len(index)
                stack.append(step)
                on_stack.add(step)
                work.append((step, iter(made[step])))
            elif step in on_stack:
                low[here] = min(low[here], index[step])
    return found


def _popped(stack: list[str], on_stack: set[str], until: str) -> list[str]:
    group: list[str] = []
    while True:
        key = stack.pop()
        on_stack.discard(key)
        group.append(key)
        if key == until:
            return group
