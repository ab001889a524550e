"""Writes of the catalog: what they keep, what they refuse, whom they tell."""

import asyncio
from unittest import mock

import pytest
from channels.layers import get_channel_layer

from eventcatalog import actions, notify, queries
from eventcatalog.actions import TypeChanges
from eventcatalog.errors import InvalidSchema, NameTaken, StillInUse
from eventcatalog.models import ChangeRecord, Domain, MessageType, SchemaVersion
from tests.cast import Cast
from tests.eventcatalog.conftest import GOOD, ORDER_PLACED
from workspaces.errors import Forbidden, Invalid, LimitReached, NotFound

pytestmark = pytest.mark.django_db


@pytest.fixture
def fay(cast: Cast):
    return cast.access(cast.fay)


def test_a_new_type_is_at_version_1_0_0_with_an_id_an_ordinal_and_a_fingerprint(cast: Cast, order_placed: MessageType):
    latest = order_placed.latest
    assert (latest.version, latest.ordinal, latest.semver) == ("1.0.0", 1, (1, 0, 0))
    assert len(latest.fingerprint) == 64
    assert (latest.created_by_kind, latest.created_by_name) == ("person", "Fay")


def test_the_same_schema_laid_out_differently_has_the_same_fingerprint(fay):
    one = actions.register_type(fay, kind="event", name="One", schema='{"type":"object","title":"x"}')
    two = actions.register_type(fay, kind="event", name="Two", schema='{ "title": "x",\n "type": "object" }')
    assert one.latest.fingerprint == two.latest.fingerprint
    assert one.latest.schema_text != two.latest.schema_text


def test_a_schema_version_is_neither_changed_nor_deleted(order_placed: MessageType):
    version = order_placed.latest
    version.notes = "Rewritten"
    for attempt in (
        version.save,
        version.delete,
        lambda: SchemaVersion.objects.update(notes="Rewritten"),
        lambda: SchemaVersion.objects.all().delete(),
        lambda: SchemaVersion.objects.bulk_update([version], ["notes"]),
    ):
        with pytest.raises(TypeError):
            attempt()
    assert SchemaVersion.objects.get().notes == ""


def test_deleting_a_workspace_takes_its_catalog_along(cast: Cast, fay, order_placed: MessageType):
    actions.create_domain(fay, name="Sales")
    actions.create_context(fay, domain="sales", name="Ordering")
    actions.update_type(fay, order_placed, TypeChanges(context="ordering"))
    cast.workspace.delete()
    assert not MessageType.objects.exists()
    assert not SchemaVersion.objects.exists()


def test_registering_is_all_or_nothing(cast: Cast, fay):
    with mock.patch("eventcatalog.actions.types.record", side_effect=RuntimeError), pytest.raises(RuntimeError):
        actions.register_type(fay, kind="event", name="OrderPlaced", schema=ORDER_PLACED)
    assert not MessageType.objects.exists()


@pytest.mark.parametrize(
    ("name", "schema"),
    [
        ("Broken", "{"),
        ("Remote", {"$ref": "https://example.org/schema.json"}),
        ("Dangling", {"$ref": "#/$defs/nothing"}),
        ("List", "[]"),
        ("Number", "3"),
    ],
)
def test_what_is_no_schema_is_not_registered(fay, name: str, schema):
    with pytest.raises(InvalidSchema) as refusal:
        actions.register_type(fay, kind="event", name=name, schema=schema)
    assert refusal.value.message
    assert "place" in refusal.value.fields
    assert not MessageType.objects.exists()


def test_a_schema_over_the_limit_is_refused(fay, settings):
    settings.SCHEMA_BYTES_MAX = 50
    with pytest.raises(InvalidSchema):
        actions.register_type(fay, kind="event", name="Big", schema={"description": "x" * 60})


def test_a_workspace_has_only_so_many_types(fay, settings, order_placed):
    settings.TYPES_PER_WORKSPACE_MAX = 1
    with pytest.raises(LimitReached):
        actions.register_type(fay, kind="event", name="OneMore", schema={})


def test_an_example_that_the_schema_refuses_is_refused_with_its_faults(fay):
    with pytest.raises(Invalid) as refusal:
        actions.register_type(fay, kind="event", name="X", schema=ORDER_PLACED, example={"order_id": 3})
    assert refusal.value.fields["place"] == "example"
    assert {each["pointer"] for each in refusal.value.fields["faults"]} >= {"/order_id"}


@pytest.mark.parametrize("name", ["bob", "vera"])
def test_only_those_who_write_the_catalog_write_it(cast: Cast, order_placed: MessageType, name: str):
    access = cast.access(getattr(cast, name))
    for act in (
        lambda: actions.register_type(access, kind="event", name="X", schema={}),
        lambda: actions.publish_version(access, order_placed, schema={}),
        lambda: actions.update_type(access, order_placed, TypeChanges(title="X")),
        lambda: actions.deprecate(access, order_placed, reason="X"),
        lambda: actions.create_domain(access, name="X"),
        lambda: actions.create_team(access, name="X"),
        lambda: actions.create_service(access, name="X"),
    ):
        with pytest.raises(Forbidden):
            act()


def test_a_stranger_with_a_catalog_of_his_own_cannot_reach_into_ours(cast: Cast, fay, order_placed: MessageType):
    charlie = cast.access(cast.charlie, cast.elsewhere)
    ours = actions.create_service(fay, name="Checkout")
    domain = actions.create_domain(fay, name="Sales")
    his = actions.register_type(charlie, kind="event", name="His", schema={})
    for act in (
        lambda: actions.update_type(charlie, order_placed, TypeChanges(title="Mine")),
        lambda: actions.publish_version(charlie, order_placed, schema={}),
        lambda: actions.deprecate(charlie, order_placed, reason="Mine"),
        lambda: actions.declare_participation(charlie, his, service=ours, role="produces"),
        lambda: actions.register_type(charlie, kind="event", name="X", schema={}, domain=domain),
        lambda: actions.delete_place(charlie, domain),
    ):
        with pytest.raises(NotFound):
            act()
    with pytest.raises(Invalid):
        actions.update_type(charlie, his, TypeChanges(domain="sales"))


def test_a_type_lies_in_its_contexts_domain_and_in_no_other(fay, order_placed: MessageType):
    for name in ("Sales", "Payments"):
        actions.create_domain(fay, name=name)
    actions.create_context(fay, domain="sales", name="Ordering")
    placed = actions.update_type(fay, order_placed, TypeChanges(context="ordering"))
    assert placed.domain.slug == "sales"
    with pytest.raises(Invalid):
        actions.update_type(fay, order_placed, TypeChanges(context="ordering", domain="payments"))


def test_a_domain_in_use_is_not_deleted(fay, order_placed: MessageType):
    domain = actions.create_domain(fay, name="Sales")
    actions.update_type(fay, order_placed, TypeChanges(domain="sales"))
    with pytest.raises(StillInUse):
        actions.delete_place(fay, domain)
    assert Domain.objects.exists()
    actions.update_type(fay, order_placed, TypeChanges(domain=""))
    actions.delete_place(fay, domain)
    assert not Domain.objects.exists()


def test_two_services_do_not_share_a_slug(fay):
    actions.create_service(fay, name="Check out")
    with pytest.raises(NameTaken):
        actions.create_service(fay, name="check OUT")


def test_updating_to_what_is_there_already_writes_no_history(fay, order_placed: MessageType):
    before = ChangeRecord.objects.count()
    actions.update_type(fay, order_placed, TypeChanges(title=order_placed.title))
    assert ChangeRecord.objects.count() == before


def test_deprecating_needs_a_reason_and_a_successor_that_exists(fay, order_placed: MessageType):
    for arguments in (
        {"reason": " "},
        {"reason": "x", "successor": "Nope"},
        {"reason": "x", "successor": "OrderPlaced"},
    ):
        with pytest.raises(Invalid):
            actions.deprecate(fay, order_placed, **arguments)


def test_taking_a_deprecation_back_leaves_a_trace(fay, order_placed: MessageType):
    actions.deprecate(fay, order_placed, reason="Too vague")
    revived = actions.revive(fay, order_placed)
    assert (revived.state, revived.deprecated_at, revived.deprecation_reason) == ("active", None, "")
    assert [each.verb for each in queries.history_of(order_placed)] == ["revived", "deprecated", "registered"]


def test_every_change_counts_the_revision_and_rings_the_doorbell_after_commit(
    cast: Cast, fay, django_capture_on_commit_callbacks
):
    layer = get_channel_layer()
    channel = asyncio.run(layer.new_channel())
    asyncio.run(layer.group_add(notify.group_name(cast.workspace.pk), channel))
    before = notify.revision_of(cast.workspace.pk)
    with django_capture_on_commit_callbacks(execute=True):
        made = actions.register_type(fay, kind="event", name="OrderPlaced", schema=ORDER_PLACED)
        assert notify.revision_of(cast.workspace.pk) == before + 1
    message = asyncio.run(layer.receive(channel))
    assert message == {"type": "catalog.changed", "type_id": str(made.pk)}


def test_a_doorbell_that_fails_does_not_fail_the_change(cast: Cast, fay, django_capture_on_commit_callbacks):
    broken = mock.Mock(group_send=mock.AsyncMock(side_effect=OSError))
    with (
        mock.patch("workspaces.ear.get_channel_layer", return_value=broken),
        django_capture_on_commit_callbacks(execute=True),
    ):
        actions.register_type(fay, kind="event", name="OrderPlaced", schema=ORDER_PLACED)
    assert MessageType.objects.exists()
    assert broken.group_send.called


def test_the_map_holds_everything_once_and_says_what_it_leaves_out(cast: Cast, fay, order_placed, monkeypatch):
    monkeypatch.setattr(queries, "TYPES_SHOWN_A_PLACE", 2)
    actions.create_domain(fay, name="Sales")
    actions.create_context(fay, domain="sales", name="Ordering")
    actions.create_service(fay, name="Checkout", context="ordering")
    for number in range(3):
        actions.register_type(fay, kind="event", name=f"Event{number}", schema={}, context="ordering")
    sales, nowhere = queries.domain_map(cast.workspace)
    [_, ordering] = sales.contexts
    assert (len(ordering.types), ordering.hidden_count, sales.types_count) == (2, 1, 3)
    assert [each.name for each in ordering.services] == ["Checkout"]
    assert [each["name"] for each in nowhere.contexts[0].types] == ["OrderPlaced"]


def test_types_are_found_by_id_only_in_their_own_workspace(cast: Cast, order_placed: MessageType):
    assert set(queries.types_by_id(cast.workspace, [order_placed.pk])) == {order_placed.pk}
    assert queries.types_by_id(cast.elsewhere, [order_placed.pk]) == {}


def test_an_example_is_kept_with_the_version(fay):
    import json

    made = actions.register_type(fay, kind="event", name="X", schema=ORDER_PLACED, example=json.loads(GOOD))
    assert made.latest.example == json.loads(GOOD)
