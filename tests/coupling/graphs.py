"""Generated graphs, and oracles that are too slow to ship: chains by joining pairs, paths by trying all."""

from itertools import product

from hypothesis import strategies as st

from eventcatalog.coupling.graph import Graph, Link, Message, Reaction, Service, graph_of

FIELDS = ("orderId", "order_id", "sku", "total", "city", "name")
PATTERNS = (("event", False, True), ("command", True, False), ("command", False, False), ("query", True, False))


@st.composite
def graphs(draw, services_max: int = 7, messages_max: int = 10) -> Graph:
    zones = ("", "sales", "stock", "care")
    keys = [f"s{number}" for number in range(draw(st.integers(1, services_max)))]
    services = [
        Service(key, key.upper(), context=zone, domain=zone) for key in keys for zone in [draw(st.sampled_from(zones))]
    ]
    names = [f"m{number}" for number in range(draw(st.integers(0, messages_max)))]
    messages = []
    for name in names:
        kind, waits, many = draw(st.sampled_from(PATTERNS))
        fields = frozenset(draw(st.lists(st.sampled_from(FIELDS), max_size=4)))
        messages.append(
            Message(
                name,
                kind,
                waits=waits,
                many=many,
                fields=fields,
                deprecated=draw(st.booleans()) and draw(st.booleans()),
            )
        )
    some_services = st.lists(st.sampled_from(keys), max_size=3, unique=True)
    links = [
        Link(service, name, direction)
        for name in names
        for direction in ("sends", "takes")
        for service in draw(some_services)
    ]
    reactions = []
    if names:
        for _ in range(draw(st.integers(0, 6))):
            trigger, result = draw(st.sampled_from(names)), draw(st.sampled_from(names))
            if trigger != result:
                reactions.append(Reaction(draw(st.sampled_from(keys)), trigger, result))
    return graph_of(services, messages, links, reactions)


def direct_calls(graph: Graph) -> set[tuple[str, str]]:
    """Straight from the definition, links read one by one."""
    return {
        (one.service, other.service)
        for one, other in product(graph.links, graph.links)
        if one.direction == "sends"
        and other.direction == "takes"
        and one.message == other.message
        and graph.messages[one.message].waits
        and one.service != other.service
    }


def closure(edges: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """All pairs joined by a chain."""
    found = set(edges)
    while True:
        longer = {(a, d) for a, b in found for c, d in found if b == c} - found
        if not longer:
            return found
        found |= longer


def longest_simple_path(edges: set[tuple[str, str]], start: str) -> int:
    """Edges of the longest path that visits nothing twice, by trying all."""

    def longest(here: str, seen: frozenset[str]) -> int:
        steps = [1 + longest(b, seen | {b}) for a, b in edges if a == here and b not in seen]
        return max(steps, default=0)

    return longest(start, frozenset({start}))
