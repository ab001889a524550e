"""What the graph page draws: nodes and edges of a workspace's graph, narrowed to what was asked for.

Nodes are services (``s:<slug>``), message types (``m:<name>``) and streams (``t:<name>``); edges point as messages
go: service -> type -> service, type -> stream, stream -> reader. A graph of more than NODES_MAX nodes is not drawn
whole: ``level`` is then "zones", a node (``z:<slug>``) a domain, edges between them with counts; narrowing brings the
nodes back.
"""

import hashlib
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from eventcatalog.coupling.graph import Graph, Message
from eventcatalog.coupling.zones import matrix, zones

NODES_MAX = 4_000
HOPS_MAX = 3
SHOWN = ("event", "command", "query", "service", "stream")
Edge = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class NodeFilter:
    """``domain``: a slug; ``kinds``: of SHOWN, empty for all; ``focus`` a node with ``hops`` around it; or the shortest
    way from ``focus`` to ``to``, whichever way messages go.
    """

    domain: str = ""
    kinds: frozenset[str] = frozenset()
    focus: str = ""
    hops: int = 1
    to: str = ""

    NAMES: ClassVar = ("domain", "kinds", "focus", "hops", "to")

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> "NodeFilter":
        """From a query string; what makes no sense is left out."""
        hops = query.get("hops", "1")
        asked = [word for word in query.get("kinds", "").split(",") if word]
        kinds = frozenset(asked) & {*SHOWN, "none"}
        return cls(
            domain=query.get("domain", "")[:80],
            kinds=kinds if len(kinds) < len(SHOWN) else frozenset(),
            focus=query.get("focus", "")[:210],
            hops=min(HOPS_MAX, max(1, int(hops))) if hops.isdecimal() and len(hops) < 3 else 1,
            to=query.get("to", "")[:210],
        )

    @property
    def tag(self) -> str:
        """Short and the same for the same question."""
        text = repr((self.domain, sorted(self.kinds), self.focus, self.hops, self.to))
        return hashlib.sha256(text.encode()).hexdigest()[:16]


class Network:
    """The graph as nodes and edges, with neighbours either way."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.edges = _edges(graph)
        self.neighbours: defaultdict[str, list[str]] = defaultdict(list)
        self.onward: defaultdict[str, list[str]] = defaultdict(list)
        for source, target, _ in self.edges:
            self.onward[source].append(target)
            self.neighbours[source].append(target)
            self.neighbours[target].append(source)
        streams = {node for source, target, _ in self.edges for node in (source, target) if node.startswith("t:")}
        self.nodes = [*(f"s:{key}" for key in graph.services), *(f"m:{key}" for key in graph.messages), *streams]
        self._known = set(self.nodes)

    def __contains__(self, node: str) -> bool:
        return node in self._known

    def around(self, node: str, hops: int) -> set[str]:
        """The node and what lies at most ``hops`` edges from it, whichever way they point. A type is no distance of
        its own: a hop leads from a service to a service, or from a type to the next type. Nor does a hop lead through
        a stream, since all its types would be neighbours then; unless the stream is what is asked about.
        """
        found, edge = {node}, [node]
        for _ in range(2 * hops if node[:1] != "t" else hops):
            through = [here for here in edge if here[0] != "t" or here == node]
            edge = [other for here in through for other in self.neighbours[here] if other not in found]
            found.update(edge)
            if len(found) > NODES_MAX:
                break
        return found

    def path(self, start: str, end: str) -> list[str]:
        """A shortest way as messages go, there or back; else whichever way edges point; empty when there is none."""
        there = self._search(start, end, self.onward)
        back = self._search(end, start, self.onward)[::-1] if not there else []
        return there or back or self._search(start, end, self.neighbours)

    def _search(self, start: str, end: str, edges: Mapping[str, list[str]]) -> list[str]:
        came: dict[str, str] = {start: start}
        waiting = deque([start])
        while waiting:
            here = waiting.popleft()
            if here == end:
                way = [here]
                while way[-1] != start:
                    way.append(came[way[-1]])
                return way[::-1]
            for other in edges.get(here, ()):
                if other not in came:
                    came[other] = here
                    waiting.append(other)
        return []


def picture(network: Network, wanted: NodeFilter) -> dict[str, Any]:
    """``{"level", "nodes", "edges", "total", "missing", "path"}``; see the module's docstring."""
    graph = network.graph
    chosen, way, missing = _chosen(network, wanted)
    answer: dict[str, Any] = {"total": len(network.nodes), "missing": missing, "path": way}
    if len(chosen) > NODES_MAX:
        return answer | {"level": "zones", **_of_zones(graph)}
    inside = _in_domain(graph, chosen, wanted.domain)
    nodes = [
        _node(graph, key) | ({"outside": True} if key not in inside else {}) for key in network.nodes if key in chosen
    ]
    ends = {link: _edge(graph, link) for link in network.edges if link[0] in chosen and link[1] in chosen}
    return answer | {"level": "all", "nodes": nodes, "edges": list(ends.values())}


def _chosen(network: Network, wanted: NodeFilter) -> tuple[set[str], list[str], list[str]]:
    """(nodes to draw, the way between two, names that were asked for and aren't there)."""
    asked = [node for node in (wanted.focus, wanted.to) if node]
    missing = [node for node in asked if node not in network]
    way: list[str] = []
    if wanted.focus and not missing:
        if wanted.to:
            way = network.path(wanted.focus, wanted.to)
            return set(way) or set(asked), way, missing
        chosen = network.around(wanted.focus, wanted.hops)
    else:
        chosen = set(network.nodes)
    if wanted.domain:
        inside = _in_domain(network.graph, chosen, wanted.domain)
        chosen = inside | {other for node in inside for other in network.neighbours[node] if other in chosen}
    if wanted.kinds:
        chosen = {node for node in chosen if _kind(network.graph, node) in wanted.kinds or node == wanted.focus}
    return chosen, way, missing


def _in_domain(graph: Graph, nodes: Iterable[str], domain: str) -> set[str]:
    if not domain:
        return set(nodes)
    found = set()
    for node in nodes:
        key = node[2:]
        place = (
            graph.services[key].domain
            if node[0] == "s"
            else _home(graph, graph.messages[key])
            if node[0] == "m"
            else ""
        )
        if place == domain:
            found.add(node)
    return found


def _home(graph: Graph, message: Message) -> str:
    """A type's domain; where nobody has placed it, that of those who define it: an event's senders, a command's or
    query's receivers, if they are of one domain.
    """
    if message.domain:
        return message.domain
    defining = graph.senders if message.kind == "event" else graph.takers
    homes = {graph.services[key].domain for key in defining.get(message.key, ())}
    return homes.pop() if len(homes) == 1 else ""


def _edges(graph: Graph) -> list[Edge]:
    found: dict[Edge, None] = {}
    for link in graph.links:
        if link.service in graph.services and link.message in graph.messages:
            service, message = f"s:{link.service}", f"m:{link.message}"
            ends = (service, message, "sends") if link.direction == "sends" else (message, service, "takes")
            found.setdefault(ends)
    for each in graph.messages.values():
        for stream in sorted({each.stream, *each.streams} - {""}):
            found.setdefault((f"m:{each.key}", f"t:{stream}", "goes"))
    for use in graph.streams:
        if use.service in graph.services:
            service, stream = f"s:{use.service}", f"t:{use.stream}"
            found.setdefault((service, stream, "appends") if use.role == "appends" else (stream, service, "reads"))
    return list(found)


def _kind(graph: Graph, node: str) -> str:
    return {"s": "service", "t": "stream"}.get(node[0]) or graph.messages[node[2:]].kind


def _node(graph: Graph, node: str) -> dict[str, Any]:
    key = node[2:]
    if node[0] == "s":
        service = graph.services[key]
        return {"id": node, "kind": "service", "name": service.name, "zone": service.domain, "owner": service.owner}
    if node[0] == "t":
        return {"id": node, "kind": "stream", "name": key, "zone": ""}
    message = graph.messages[key]
    found = {"id": node, "kind": message.kind, "name": key, "zone": _home(graph, message), "owner": message.owner}
    if message.deprecated:
        found["state"] = "deprecated"
    return found


def _edge(graph: Graph, edge: Edge) -> dict[str, Any]:
    source, target, kind = edge
    found: dict[str, Any] = {"from": source, "to": target, "kind": kind}
    message = graph.messages.get((target if source[0] == "s" else source)[2:])
    if kind in ("sends", "takes") and message is not None and message.waits:
        found["waits"] = True
    return found


def _of_zones(graph: Graph) -> dict[str, Any]:
    counts: defaultdict[str, int] = defaultdict(int)
    for message in graph.messages.values():
        counts[_home(graph, message)] += 1
    homes = sorted({*zones(graph, "domain"), *counts}, key=lambda zone: (not zone, zone))
    nodes = [
        {"id": f"z:{zone}", "kind": "zone", "name": graph.zone_name(zone), "zone": zone, "count": counts[zone]}
        for zone in homes
    ]
    edges = [
        {"from": f"z:{source}", "to": f"z:{target}", "kind": "sends", "count": cell.total, "waits": cell.waited_for > 0}
        for (source, target), cell in matrix(graph, "domain").items()
        if source != target
    ]
    return {"nodes": nodes, "edges": edges}
