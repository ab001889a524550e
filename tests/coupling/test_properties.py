"""Every part of the analysis against an oracle, on generated graphs."""

from itertools import combinations, pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from eventcatalog.coupling.calls import Calls
from eventcatalog.coupling.findings import COVER_MAX, findings, replaceable
from eventcatalog.coupling.flow import Reactions, flow_of, must_be_called
from eventcatalog.coupling.graph import Graph, folded
from eventcatalog.coupling.zones import crossings, matrix, tally_of_zone, zones
from tests.coupling.graphs import closure, direct_calls, graphs, longest_simple_path

thorough = settings(max_examples=150, deadline=None)


@thorough
@given(graphs())
def test_calls_are_the_messages_waited_for_between_two_services(graph: Graph):
    calls = Calls(graph)
    assert {(caller, callee) for caller, found in calls.made.items() for callee in found} == direct_calls(graph)
    assert {(caller, callee) for callee, found in calls.callers.items() for caller in found} == direct_calls(graph)


@thorough
@given(graphs())
def test_a_service_needs_whom_a_chain_of_calls_leads_to(graph: Graph):
    calls, reached = Calls(graph), closure(direct_calls(graph))
    for key in graph.services:
        assert calls.needs[key] == {b for a, b in reached if a == key and b != key}
        assert calls.needed_by[key] == {a for a, b in reached if b == key and a != key}


@thorough
@given(graphs())
def test_a_circle_is_a_group_of_services_that_all_need_each_other_and_shows_a_way_round(graph: Graph):
    calls, edges = Calls(graph), direct_calls(graph)
    reached = closure(edges)
    mutual = {frozenset({a, b}) for a, b in reached if a != b and (b, a) in reached}
    assert {frozenset(pair) for group in calls.circles for pair in combinations(group, 2)} == mutual
    for group in calls.circles:
        way = calls.shortest_circle(group)
        assert way[0] == way[-1]
        assert len(way) >= 3
        assert set(way) <= set(group)
        assert all(step in edges for step in pairwise(way))


@thorough
@given(graphs())
def test_a_chain_is_made_of_calls_and_is_the_longest_where_there_are_no_circles(graph: Graph):
    calls, edges = Calls(graph), direct_calls(graph)
    for key in graph.services:
        longest = longest_simple_path(edges, key)
        chain = calls.chain(key)
        assert chain[0] == key
        assert len(chain) == calls.depth[key] + 1 == len(set(chain))
        assert all(step in edges for step in pairwise(chain))
        on_the_way = {key, *calls.needs[key]}
        if any(set(group) & on_the_way for group in calls.circles):
            assert (longest > 0) == (calls.depth[key] > 0)
            assert calls.depth[key] <= longest
        else:
            assert calls.depth[key] == longest


@thorough
@given(graphs())
def test_a_path_is_a_shortest_chain_of_calls(graph: Graph):
    calls, edges = Calls(graph), direct_calls(graph)
    for start in graph.services:
        for end in calls.needs[start]:
            way = calls.path(start, end)
            assert (way[0], way[-1]) == (start, end)
            assert all(step in edges for step in pairwise(way))
            shorter = {start}
            for _ in range(len(way) - 2):
                shorter |= {b for a, b in edges if a in shorter}
            assert end not in shorter


@thorough
@given(graphs(), st.sampled_from(["domain", "context"]))
def test_what_crosses_is_what_a_service_of_one_zone_sends_and_one_of_another_takes(graph: Graph, level):
    place = {key: each.domain if level == "domain" else each.context for key, each in graph.services.items()}
    expected = {
        (place[one.service], place[other.service], one.message)
        for one in graph.links
        for other in graph.links
        if (one.direction, other.direction) == ("sends", "takes") and one.message == other.message
    }
    found = crossings(graph, level)
    assert {(each.source, each.target, each.message) for each in found} == {
        each for each in expected if each[0] != each[1]
    }
    counted = matrix(graph, level)
    assert sum(cell.total for cell in counted.values()) == len(expected)
    assert set(counted) == {(source, target) for source, target, _ in expected}
    for zone in zones(graph, level):
        tally = tally_of_zone(graph, zone, level, found)
        assert sum(tally.sends.values()) == len({m for s, t, m in expected if s == zone != t})
        assert sum(tally.takes.values()) == len({m for s, t, m in expected if t == zone != s})


@thorough
@given(graphs())
def test_a_query_is_replaceable_when_few_events_of_an_answerer_carry_all_it_asks_with(graph: Graph):
    found = {each.query: each for each in replaceable(graph)}
    for name, query in graph.messages.items():
        if query.kind != "query" or query.deprecated or not query.fields:
            assert name not in found
            continue
        wanted = {folded(each) for each in query.fields}
        possible = False
        for answerer in graph.takers.get(name, ()):
            others = set(graph.senders.get(name, ())) - {answerer}
            events = [
                e
                for e in graph.sent.get(answerer, ())
                if graph.messages[e].kind == "event" and not graph.messages[e].deprecated
            ]
            carried = [{folded(f) for f in graph.messages[e].fields} for e in events]
            singles = any(wanted <= each for each in carried)
            all_together = wanted <= set().union(*carried) if carried else False
            if others and singles:
                possible = True
            if name in found and found[name].answerer == answerer:
                assert others
                assert all_together
        if possible:
            assert name in found
        if name in found:
            covered = set().union(*({folded(f) for f in graph.messages[e].fields} for e in found[name].events))
            assert wanted <= covered
            assert len(found[name].events) <= COVER_MAX


@thorough
@given(graphs())
def test_findings_are_ranked_the_same_every_time_and_name_only_what_is_there(graph: Graph):
    found = findings(graph)
    assert found == findings(graph)
    order = ["high", "medium", "low"]
    assert [order.index(each.severity) for each in found] == sorted(order.index(each.severity) for each in found)
    for each in found:
        assert each.title and each.reason and each.mend
        for subject in each.subjects:
            if subject.kind == "service":
                assert subject.key in graph.services
            elif subject.kind == "message":
                assert subject.key in graph.messages
    rules = [each.rule for each in found]
    assert rules.count("circle") == len(Calls(graph).circles)
    lonely = [n for n, m in graph.messages.items() if m.kind == "event" and not m.deprecated and n not in graph.takers]
    assert rules.count("unconsumed_event") == len(lonely)
    crowded = [
        n
        for n, m in graph.messages.items()
        if m.kind == "command" and not m.deprecated and len(graph.takers.get(n, ())) > 1
    ]
    assert rules.count("several_handlers") == len(crowded)


@thorough
@given(graphs())
def test_an_event_ties_nobody(graph: Graph):
    """Taking every event away changes no chain, no circle and nobody's need."""
    spoken = {key for key, each in graph.messages.items() if each.kind != "event"}
    without = Graph(
        graph.services,
        {key: each for key, each in graph.messages.items() if key in spoken},
        tuple(link for link in graph.links if link.message in spoken),
    )
    assert Calls(graph).needs == Calls(without).needs
    assert Calls(graph).depth == Calls(without).depth


@thorough
@given(graphs())
def test_a_flow_follows_declared_reactions_and_ends(graph: Graph):
    for name in graph.messages:
        flow = flow_of(graph, name)
        assert flow.layers[name] == 0
        known = {(each.service, each.trigger, each.result) for each in graph.reactions}
        for step in flow.steps:
            assert step.trigger in {*graph.messages, ""}
            if step.known and step.trigger and step.result:
                assert (step.service, step.trigger, step.result) in known
        for step in must_be_called(graph, name):
            assert graph.messages[step.result].waits


@thorough
@given(graphs())
def test_the_calls_after_a_message_are_the_steps_after_it_that_are_waited_for(graph: Graph):
    reactions = Reactions(graph)
    for name in graph.messages:
        followed = [step for step in reactions.following(name) if step.result and graph.messages[step.result].waits]
        assert reactions.calls_after(name) == followed


@given(graphs())
def test_what_is_worked_out_of_a_graph_is_worked_out_once(graph: Graph):
    assert graph.once(Calls) is graph.once(Calls)
    assert crossings(graph, "domain") == crossings(graph, "domain")
    assert {each.source for each in crossings(graph, "context")} <= {each.context for each in graph.services.values()}
