"""Findings by hand-made examples: what is said of a small shop, word for word where people read it."""

import pytest

from eventcatalog.coupling import questions
from eventcatalog.coupling.calls import Calls
from eventcatalog.coupling.drawing import draw
from eventcatalog.coupling.findings import Finding, findings, listed, replaceable
from eventcatalog.coupling.flow import flow_of, must_be_called
from eventcatalog.coupling.graph import Graph, Link, Message, Reaction, Service, graph_of
from eventcatalog.coupling.zones import matrix


def event(key: str, *fields: str, **more) -> Message:
    return Message(key, "event", fields=frozenset(fields), owner="core", **more)


def command(key: str, **more) -> Message:
    return Message(key, "command", waits=True, many=False, owner="core", **more)


def query(key: str, *fields: str, **more) -> Message:
    return Message(key, "query", waits=True, many=False, fields=frozenset(fields), owner="core", **more)


def graph(services: str, messages: list[Message], talks: str, reactions: str = "") -> Graph:
    """``services``: "shop@sales"; ``talks``: "shop>ask>stock"; ``reactions``: "stock:ask>moved"."""
    made = [
        Service(name, name.title(), domain=zone, context=zone)
        for name, _, zone in (w.partition("@") for w in services.split())
    ]
    links = []
    for talk in talks.split():
        sender, message, taker = talk.split(">")
        links += [Link(sender, message, "sends")] if sender else []
        links += [Link(taker, message, "takes")] if taker else []
    led = []
    for each in reactions.split():
        service, _, way = each.partition(":")
        led.append(Reaction(service, *way.split(">")))
    return graph_of(made, messages, links, led)


def by_rule(found: Graph) -> dict[str, list[Finding]]:
    rules: dict[str, list[Finding]] = {}
    for each in findings(found):
        rules.setdefault(each.rule, []).append(each)
    return rules


def test_a_quiet_catalog_has_nothing_to_mend():
    quiet = graph("shop@sales mail@care", [event("placed")], "shop>placed>mail")
    assert findings(quiet) == []


def test_a_circle_is_the_first_thing_told():
    ring = graph("a b c", [query("x"), query("y"), query("z")], "a>x>b b>y>c c>z>a")
    first = findings(ring)[0]
    assert (first.rule, first.severity, first.title) == ("circle", "high", "A, B and C wait for each other")
    assert "A → B → C → A" in first.reason


def test_an_event_on_the_way_breaks_the_circle():
    broken = graph("a b c", [query("x"), query("y"), event("z")], "a>x>b b>y>c c>z>a")
    assert Calls(broken).circles == ()
    assert by_rule(broken)["deep_chain"][0].title == "A may wait for 2 calls in a row"


def test_a_chain_of_three_is_graver_than_one_of_two():
    deep = graph("a b c d", [query("x"), query("y"), query("z")], "a>x>b b>y>c c>z>d")
    [found] = by_rule(deep)["deep_chain"]
    assert found.severity == "high"
    assert found.reason.startswith("A → B → C → D.")


def test_a_query_whose_fields_an_event_carries_could_be_answered_from_a_copy():
    tied = graph(
        "shop@sales stock@goods",
        [query("level", "skuId"), event("moved", "sku_id", "count")],
        "shop>level>stock stock>moved>",
    )
    [found] = by_rule(tied)["replaceable_query"]
    assert found.severity == "medium"
    assert "Let Shop listen to moved" in found.mend
    assert (
        replaceable(
            graph("shop stock", [query("level", "sku", "day"), event("moved", "sku")], "shop>level>stock stock>moved>")
        )
        == []
    )


def test_two_events_together_may_carry_what_a_query_asks_with():
    tied = graph(
        "shop stock",
        [query("level", "sku", "day"), event("moved", "sku"), event("closed", "day")],
        "shop>level>stock stock>moved> stock>closed>",
    )
    assert replaceable(tied)[0].events == ("closed", "moved")


def test_a_deprecated_event_replaces_nothing():
    tied = graph(
        "shop stock", [query("level", "sku"), event("moved", "sku", deprecated=True)], "shop>level>stock stock>moved>"
    )
    assert replaceable(tied) == []


@pytest.mark.parametrize(
    ("messages", "talks", "rule", "severity"),
    [
        ([command("do")], "a>do>b a>do>c", "several_handlers", "high"),
        ([query("ask")], "a>ask>b a>ask>c", "several_answerers", "medium"),
        ([command("do")], "a>do>", "unhandled_command", "high"),
        ([command("do")], "", "unhandled_command", "low"),
        ([query("ask")], "a>ask>", "unanswered_query", "high"),
        ([event("fact")], "a>fact>", "unconsumed_event", "low"),
        ([event("fact")], ">fact>b", "unsent_message", "medium"),
        ([event("fact", deprecated=True)], "a>fact>b", "deprecated_in_use", "medium"),
    ],
)
def test_an_end_too_few_or_too_many(messages, talks: str, rule: str, severity: str):
    [found] = by_rule(graph("a b c", messages, talks))[rule]
    assert found.severity == severity


def test_several_answers_that_are_meant_are_no_finding():
    meant = graph("a b c", [Message("ask", "query", waits=True, many=True, owner="core")], "a>ask>b a>ask>c")
    assert "several_answerers" not in by_rule(meant)


def test_waiting_across_a_boundary_is_graver_when_it_goes_both_ways():
    one_way = graph("a@x b@y", [query("q")], "a>q>b")
    assert by_rule(one_way)["waiting_across_boundary"][0].severity == "medium"
    both = graph("a@x b@y", [query("q"), query("r")], "a>q>b b>r>a")
    assert {each.severity for each in by_rule(both)["waiting_across_boundary"]} == {"high"}
    told = graph("a@x b@y", [event("e")], "a>e>b")
    assert "waiting_across_boundary" not in by_rule(told)


def test_who_breaks_and_who_merely_hears_nothing_new():
    world = graph("a b c", [query("q"), event("e")], "a>q>b b>e>c")
    [outage] = [each for each in questions.outages(world, Calls(world)) if each.service == "b"]
    assert (outage.stops, outage.direct, outage.hears_nothing_new) == (("a",), ("a",), ("c",))


def test_what_has_to_be_called_follows_the_reactions():
    world = graph(
        "shop order pay risk mail",
        [command("place"), command("charge"), query("score"), event("placed")],
        "shop>place>order order>charge>pay pay>score>risk order>placed>mail",
        "order:place>charge order:place>placed pay:charge>score",
    )
    [first, *_] = questions.errands(world)
    assert first.message == "place"
    assert first.services == ("order", "pay", "risk")
    assert [step.result for step in must_be_called(world, "place")] == ["charge", "score"]


def test_a_flow_is_layered_from_cause_to_consequence_and_says_what_is_a_guess():
    world = graph(
        "shop order mail",
        [command("place"), event("placed"), event("mailed")],
        "shop>place>order order>placed>mail mail>mailed>",
        "order:place>placed",
    )
    flow = flow_of(world, "placed")
    assert flow.layers == {"placed": 0, "place": -1, "mailed": 1}
    steps = {(step.service, step.trigger, step.result): step.known for step in flow.steps}
    assert steps == {
        ("shop", "", "place"): True,
        ("order", "place", "placed"): True,
        ("mail", "placed", "mailed"): False,
    }


def test_risky_changes_are_those_that_many_in_other_domains_feel():
    world = graph("a@x b@y c@z d@x", [event("wide"), event("near")], "a>wide>b a>wide>c a>near>d")
    [risk] = questions.risks(world)
    assert (risk.message, risk.receivers, risk.zones) == ("wide", ("b", "c"), ("y", "z"))


def test_the_drawing_has_a_box_a_zone_and_a_curve_each_way_and_manner():
    world = graph("a@x b@y", [query("q"), event("e"), event("f")], "a>q>b a>e>b b>f>a")
    drawn = draw({"x": "X", "y": "Y"}, matrix(world, "domain"), {})
    assert [box.zone for box in drawn.boxes] == ["x", "y"]
    assert {(c.source, c.target, c.waits, c.count) for c in drawn.curves} == {
        ("x", "y", True, 1), ("x", "y", False, 1), ("y", "x", False, 1),
    }  # fmt: skip
    assert len({curve.path for curve in drawn.curves}) == 3


def test_lists_of_names_read_well():
    assert [listed(["A", "B", "C", "D"][:n], 3) for n in range(5)] == [
        "nobody", "A", "A and B", "A, B and C", "A, B and 2 more",
    ]  # fmt: skip
