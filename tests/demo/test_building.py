"""``manage.py demo`` and the simulator's switch."""

import stat
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from storming.demo import building, catalog, switch, walls
from storming.demo.models import DemoState
from storming.models import TypeLink
from tests.cast import Cast
from workspaces.models import ApiKey, Membership, Person, Workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def data(settings: Any, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path
    return tmp_path


@pytest.fixture
def demo(data: Path) -> Workspace:
    return building.build()


def run(**options: Any) -> str:
    out = StringIO()
    call_command("demo", stdout=out, **options)
    return out.getvalue()


def counts(workspace: Workspace) -> dict[str, int]:
    return {
        **building.summary(workspace),
        "people": workspace.memberships.count(),
        "keys": workspace.api_keys.count(),
        "links": TypeLink.objects.filter(board__workspace=workspace).count(),
        "operations": sum(board.seq for board in workspace.boards.all()),
    }


def test_the_demo_is_whole(demo: Workspace) -> None:
    assert (demo.slug, demo.name, demo.is_demo) == ("demo", "Northwind Fulfilment", True)
    promoted = [cell for cell in walls.ORDER_TO_DOORSTEP.cells() if cell.type]
    assert TypeLink.objects.filter(board__workspace=demo, live=True).count() == len(promoted)
    versions = {each.name: each.versions.count() for each in demo.message_types.all()}
    assert versions == {each.name: len(each.versions) for each in catalog.TYPES}
    numbers = {each.name: each.version for each in demo.message_types.select_related("latest")}
    assert numbers["order.placed"] == "1.2.0"
    assert numbers["payment.captured"] == "2.0.0"
    assert numbers["parcel.delivered"] == "1.0.1"
    retired = demo.message_types.get(name="order.shipped")
    assert (retired.state, retired.successor.name) == ("deprecated", "parcel.shipped")
    assert demo.services.filter(owner=None).count() == 0
    dana = Person.objects.get(email="demo@factstorm.local")
    assert dana.check_password("storm-the-facts")


def test_building_again_changes_nothing(demo: Workspace) -> None:
    before = counts(demo)
    building.build()
    run(force=True)
    assert counts(demo) == before


def test_a_build_that_was_cut_off_goes_on(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(building, "_places", lambda access: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            building.build()
    assert building.find_demo() is None
    whole = building.build()
    assert building.find_demo() == whole
    assert whole.message_types.count() == len(catalog.TYPES)


def test_the_key_is_the_owners_alone_and_may_only_append(demo: Workspace, data: Path) -> None:
    path = data / building.KEY_FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    key = demo.api_keys.get(revoked_at=None)
    assert key.scopes == ["append"]
    assert set(key.stream_names) == {"orders", "payments", "delivery"}


def test_a_lost_key_is_revoked_and_made_anew(demo: Workspace, data: Path) -> None:
    old = demo.api_keys.get()
    (data / building.KEY_FILE).unlink()
    building.build()
    old.refresh_from_db()
    assert old.revoked_at is not None
    assert ApiKey.objects.filter(workspace=demo, revoked_at=None).count() == 1


def test_the_first_start_leaves_a_site_with_people_alone(cast: Cast, data: Path) -> None:
    run(first_start=True)
    assert building.find_demo() is None


def test_the_first_start_makes_the_demo_once(data: Path) -> None:
    assert "Sign in as Dana Demo" in run(first_start=True)
    assert run(first_start=True) == ""


def test_somebody_elses_workspace_is_never_taken_for_the_demo(cast: Cast, data: Path) -> None:
    Workspace.objects.filter(pk=cast.workspace.pk).update(slug="demo")
    with pytest.raises(CommandError):
        run()
    assert Membership.objects.filter(workspace=cast.workspace).count() == 4


def address(slug: str, tail: str = "") -> str:
    return f"/api/v1/w/{slug}/demo/simulator{tail}"


def test_the_simulator_is_stopped_and_started_from_the_page(demo: Workspace, data: Path, client: Client) -> None:
    client.force_login(Person.objects.get(email="demo@factstorm.local"))
    key = {"HTTP_AUTHORIZATION": f"Bearer {(data / building.KEY_FILE).read_text().strip()}"}
    service = Client()
    assert client.get(address("demo")).json()["state"] == "away"
    assert service.post(address("demo", "/heartbeat"), **key).json()["wanted"] is True
    assert client.get(address("demo")).json()["state"] == "running"
    answer = client.post(address("demo"), {"wanted": False, "rate": 25}, content_type="application/json")
    assert (answer.json()["state"], answer.json()["rate"]) == ("stopped", 25.0)
    assert service.post(address("demo", "/heartbeat"), **key).json() == answer.json()
    client.post(address("demo"), {"wanted": True}, content_type="application/json")
    DemoState.objects.update(last_seen_at=timezone.now() - 2 * switch.AWAY_AFTER)
    assert client.get(address("demo")).json()["state"] == "away"


@pytest.mark.parametrize("rate", [0, -1, 201, "fast"])
def test_a_senseless_pace_is_refused(demo: Workspace, client: Client, rate: Any) -> None:
    client.force_login(Person.objects.get(email="demo@factstorm.local"))
    assert client.post(address("demo"), {"rate": rate}, content_type="application/json").status_code in (400, 422)
    assert DemoState.objects.get(workspace=demo).rate == 5.0


def test_other_workspaces_and_strangers_find_no_switch(demo: Workspace, cast: Cast, client: Client) -> None:
    client.force_login(cast.alice)
    assert client.get(address(cast.workspace.slug)).status_code == 404
    assert client.get(address("demo")).status_code == 404
    assert Client().get(address("demo")).status_code == 401


def test_the_switch_is_in_the_demos_top_bar_and_nowhere_else(demo: Workspace, cast: Cast, client: Client) -> None:
    client.force_login(Person.objects.get(email="demo@factstorm.local"))
    board = demo.boards.get(name="Order to doorstep")
    for page in ("/w/demo/", f"/w/demo/boards/{board.pk}/", "/w/demo/streams/orders/"):
        assert 'id="simulator"' in client.get(page).content.decode()
    client.force_login(cast.alice)
    assert 'id="simulator"' not in client.get(f"/w/{cast.workspace.slug}/").content.decode()
