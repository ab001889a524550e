"""The map: patterns, streams in use, reactions, people, what was observed, and the graph they make."""

import pytest
from django.test import Client

from eventcatalog import actions, map_queries, queries
from eventcatalog.coupling.findings import findings
from eventcatalog.map_models import Reaction, Steward, StreamUse
from eventcatalog.models import MessageType, Participation
from tests.cast import Cast
from workspaces.errors import Forbidden, Invalid, NotFound

pytestmark = pytest.mark.django_db


def client_of(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def found_type(cast: Cast, name: str) -> MessageType:
    return queries.find_type(cast.workspace, name)


def found_service(cast: Cast, slug: str):
    return queries.find_service(cast.workspace, slug)


@pytest.fixture
def world(shop_and_stock: Cast) -> Cast:
    return shop_and_stock


def test_a_kind_brings_its_usual_pattern_and_only_patterns_of_its_own(world: Cast):
    access = world.access(world.fay)
    assert found_type(world, "StockLevel").pattern == "request_reply"
    assert found_type(world, "StockMoved").pattern == "publish_subscribe"
    command = actions.register_type(access, kind="command", name="Reserve", schema={})
    assert command.pattern == "point_to_point"
    assert command.is_waited_for
    changed = actions.update_type(access, command, actions.TypeChanges(pattern="queued"))
    assert (changed.pattern, changed.is_waited_for) == ("queued", False)
    assert queries.history_of(command)[0].detail["pattern"] == {"from": "point_to_point", "to": "queued"}
    with pytest.raises(Invalid, match="publish_subscribe"):
        actions.update_type(access, found_type(world, "StockMoved"), actions.TypeChanges(pattern="queued"))


def test_a_queued_command_ties_nobody(world: Cast):
    access = world.access(world.fay)
    command = actions.register_type(access, kind="command", name="Reserve", schema={})
    for slug, role in (("shop", "produces"), ("stock", "handles")):
        actions.declare_participation(access, command, service=found_service(world, slug), role=role)
    assert map_queries.graph_of(world.workspace).messages["Reserve"].waits
    actions.update_type(access, command, actions.TypeChanges(pattern="queued"))
    assert not map_queries.graph_of(world.workspace).messages["Reserve"].waits


def test_the_graph_is_that_of_the_catalog_and_follows_every_change(world: Cast):
    graph = map_queries.graph_of(world.workspace)
    assert set(graph.services) == {"shop", "stock"}
    assert graph.services["shop"].domain == "sales"
    assert graph.messages["StockLevel"].fields == {"sku"}
    assert graph.senders["StockLevel"] == ("shop",)
    rules = {each.rule for each in findings(graph)}
    assert {"replaceable_query", "waiting_across_boundary", "unconsumed_event"} <= rules
    actions.declare_participation(
        world.access(world.fay), found_type(world, "StockMoved"), service=found_service(world, "shop"), role="consumes"
    )
    fresh = map_queries.graph_of(world.workspace)
    assert fresh.takers["StockMoved"] == ("shop",)
    assert map_queries.graph_of(world.workspace) is fresh


def test_the_graph_costs_the_same_number_of_queries_however_large(world: Cast, django_assert_num_queries):
    access = world.access(world.fay)
    with django_assert_num_queries(10):
        map_queries.graph_of(world.workspace)
    for number in range(20):
        made = actions.register_type(access, kind="event", name=f"Event{number}", schema={})
        actions.declare_participation(access, made, service=found_service(world, "stock"), role="produces")
    with django_assert_num_queries(10):
        map_queries.graph_of(world.workspace)
    with django_assert_num_queries(2):
        map_queries.graph_of(world.workspace)


def test_a_use_of_a_stream_is_declared_once_and_withdrawn(world: Cast):
    access, shop = world.access(world.fay), found_service(world, "shop")
    first = actions.declare_stream_use(access, shop, stream="goods", role="reads")
    assert actions.declare_stream_use(access, shop, stream="goods", role="reads") == first
    for bad in ({"stream": "Not a name", "role": "reads"}, {"stream": "goods", "role": "likes"}):
        with pytest.raises(Invalid):
            actions.declare_stream_use(access, shop, **bad)
    with pytest.raises(Forbidden):
        actions.declare_stream_use(world.access(world.bob), shop, stream="goods", role="reads")
    actions.withdraw_stream_use(access, first)
    assert not StreamUse.objects.exists()


def test_a_reaction_declares_what_it_implies(world: Cast):
    access, shop = world.access(world.fay), found_service(world, "shop")
    moved, level = found_type(world, "StockMoved"), found_type(world, "StockLevel")
    actions.declare_reaction(access, shop, trigger=moved, result=level, policy="Whenever stock moves, look again")
    assert Participation.objects.filter(service=shop, message_type=moved, role="consumes").exists()
    again = actions.declare_reaction(access, shop, trigger=moved, result=level, policy="Look at once")
    assert (Reaction.objects.count(), again.policy) == (1, "Look at once")
    with pytest.raises(Invalid):
        actions.declare_reaction(access, shop, trigger=moved, result=moved)


def test_people_answer_for_things_and_strangers_can_not(world: Cast):
    access, shop = world.access(world.fay), found_service(world, "shop")
    team = actions.create_team(access, name="Core")
    actions.appoint_steward(access, shop, person=world.bob)
    actions.appoint_steward(access, team, person=world.bob)
    assert [each.person for each in map_queries.stewards_of(shop)] == [world.bob]
    with pytest.raises(Invalid):
        actions.appoint_steward(access, shop, person=world.charlie)
    with pytest.raises(NotFound):
        actions.appoint_steward(world.access(world.charlie, world.elsewhere), shop, person=world.charlie)
    world.workspace.memberships.filter(person=world.bob).delete()
    assert map_queries.stewards_of(shop) == []
    actions.dismiss_steward(access, Steward.objects.get(service=shop))
    assert Steward.objects.count() == 1


API = [
    ("get", "/services/shop/streams", None, 200),
    ("post", "/services/shop/streams", {"stream": "goods", "role": "reads"}, 201),
    ("get", "/reactions", None, 200),
    ("post", "/reactions", {"service": "shop", "trigger": "StockMoved", "result": "StockLevel"}, 201),
    ("get", "/services/shop/people", None, 200),
    ("post", "/types/StockMoved/people", {"email": "bob@example.org"}, 201),
    ("post", "/domains/sales/people", {"email": "bob@example.org"}, 201),
    ("get", "/map", None, 200),
    ("get", "/types/StockMoved/flow", None, 200),
    ("get", "/observed", None, 200),
]


@pytest.mark.parametrize(("method", "path", "body", "status"), API)
def test_the_api_serves_members_and_knows_no_strangers(world: Cast, method: str, path: str, body, status: int):
    address = f"/api/v1/w/acme/catalog{path}"
    send = lambda person: getattr(client_of(person), method)(address, body, content_type="application/json")  # noqa: E731
    assert send(world.charlie).status_code == 404
    assert send(world.vera).status_code == (403 if method == "post" else 200)
    assert send(world.fay).status_code == status


def test_what_the_api_declared_it_takes_back(world: Cast):
    client, root = client_of(world.fay), "/api/v1/w/acme/catalog"
    json = {"content_type": "application/json"}
    use = client.post(f"{root}/services/shop/streams", {"stream": "goods", "role": "reads"}, **json).json()
    reaction = client.post(
        f"{root}/reactions", {"service": "shop", "trigger": "StockMoved", "result": "StockLevel"}, **json
    ).json()
    person = client.post(f"{root}/services/shop/people", {"email": "BOB@example.org"}, **json).json()
    assert person["name"] == "Bob"
    for path in (
        f"/services/shop/streams/{use['id']}",
        f"/reactions/{reaction['id']}",
        f"/services/shop/people/{person['id']}",
    ):
        assert client.delete(root + path).status_code == 204
        assert client.delete(root + path).status_code == 404


def test_somebody_elses_address_is_refused_like_one_that_does_not_exist(world: Cast):
    client = client_of(world.fay)
    answers = [
        client.post(
            "/api/v1/w/acme/catalog/services/shop/people", {"email": email}, content_type="application/json"
        ).json()
        for email in ("charlie@example.org", "nobody@example.org")
    ]
    assert answers[0] == answers[1]
    assert answers[0]["error"]["place"] == "email"


def test_the_map_is_narrowed_by_domain_kind_focus_and_path(world: Cast):
    client = client_of(world.vera)

    def nodes(**query) -> set[str]:
        answer = client.get("/api/v1/w/acme/catalog/map", query).json()
        return {each["id"] for each in answer["nodes"]}

    everything = {"s:shop", "s:stock", "m:StockLevel", "m:StockMoved", "t:goods"}
    assert nodes() == everything
    assert nodes(kinds="service,query") == {"s:shop", "s:stock", "m:StockLevel"}
    assert nodes(focus="m:StockLevel", hops=1) == everything - {"t:goods"}
    assert nodes(focus="s:shop", hops=3) == everything
    assert nodes(focus="s:shop", to="m:StockMoved") == {"s:shop", "m:StockLevel", "s:stock", "m:StockMoved"}
    assert nodes(domain="sales") == {"s:shop", "m:StockLevel"}
    gone = client.get("/api/v1/w/acme/catalog/map", {"focus": "s:gone"}).json()
    assert gone["missing"] == ["s:gone"]


def test_an_unchanged_map_is_not_sent_again(world: Cast):
    client = client_of(world.vera)
    tag = client.get("/api/v1/w/acme/catalog/map")["ETag"]
    assert client.get("/api/v1/w/acme/catalog/map", headers={"If-None-Match": tag}).status_code == 304
    actions.create_service(world.access(world.fay), name="Another")
    assert client.get("/api/v1/w/acme/catalog/map", headers={"If-None-Match": tag}).status_code == 200


def test_a_very_large_map_is_drawn_by_domains(world: Cast, monkeypatch):
    from eventcatalog import graph_view

    monkeypatch.setattr(graph_view, "NODES_MAX", 3)
    answer = client_of(world.vera).get("/api/v1/w/acme/catalog/map").json()
    assert answer["level"] == "zones"
    assert {each["name"]: each["count"] for each in answer["nodes"]} == {"Goods": 2, "Sales": 0}
    assert answer["edges"] == [{"from": "z:sales", "to": "z:goods", "kind": "sends", "count": 1, "waits": True}]
