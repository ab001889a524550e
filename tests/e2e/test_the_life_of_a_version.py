"""Propose a breaking change, read the counterexample, mend it with one click, approve, publish, append: in a browser.

``the_life_of_a_version`` starts from a type that is there, however it came (here by the API, elsewhere by an import).
"""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.e2e.browser import until
from tests.e2e.server import Server

pytestmark = pytest.mark.e2e

TYPE = "OrderPlaced"
SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {"order_id": {"type": "string"}, "total": {"type": "integer"}},
    "required": ["order_id"],
    "additionalProperties": False,
}
A_TYPE = f"""
from eventcatalog import actions
from workspaces.models import Membership, Person
from workspaces.access import access_of_member
alice = Person.objects.get(email="alice@example.org")
mine = Membership.objects.select_related("workspace").get(person=alice, workspace__slug="acme")
access = access_of_member(mine, alice)
actions.register_type(access, kind="event", name={TYPE!r}, title="Order placed", schema={SCHEMA!r})
"""


def the_life_of_a_version(
    server: Server, sign_in: Callable[..., Any], *, slug: str, key: str, name: str, stream: str, old: dict[str, Any]
) -> None:
    """From an idea to the first record, over a type whose schema is a closed object with ``order_id`` required."""
    api = f"{server.url}/api/v1/w/{slug}"
    headers = {"Authorization": f"Bearer {key}"}
    records = f"{api}/streams/{stream}/records?type={name}"
    assert httpx.post(records, headers=headers, json=old, trust_env=False).status_code == 201

    bob = sign_in("bob")
    bob.goto(f"{server.url}/w/{slug}/catalog/types/{name}/")
    bob.get_by_role("link", name="Propose a version").click()
    editor = bob.locator("[data-editor] textarea")
    breaking = json.loads(editor.input_value())
    breaking["properties"]["coupon"] = {"type": "string"}
    breaking["required"] = [*breaking["required"], "coupon"]
    editor.fill(json.dumps(breaking, indent=2))
    bob.locator(".callout--bad").wait_for()
    assert "is refused by the new one" in bob.locator("[data-verdict]").inner_text()
    counterexample = json.loads(bob.locator("[data-verdict] .code pre").first.inner_text())
    assert "coupon" not in counterexample

    bob.locator("[data-reality-start]").click()
    until(bob, "document.querySelector('[data-reality-result]').innerText", lambda text: "stored records" in text)
    assert "1 of 1 stored records would fail" in bob.locator("[data-reality-result]").inner_text()

    bob.fill("[name=notes]", "Coupons for the spring campaign")
    bob.locator("[data-propose]").click()
    bob.wait_for_url("**/catalog/proposals/1/")
    assert json.loads(bob.locator("[data-counterexample]").inner_text()) == counterexample

    fay = sign_in("fay")
    fay.goto(f"{server.url}/w/{slug}/catalog/proposals/")
    fay.locator(".proposal-row").click()
    assert fay.get_by_role("button", name="Approve").is_disabled()
    fay.fill("#remark-text", "Old orders have no coupon. Can it be optional?")
    fay.get_by_role("button", name="Comment").click()

    bob.reload()
    assert "Can it be optional?" in bob.locator(".history").inner_text()
    bob.get_by_role("link", name="Change it").click()
    bob.locator("[data-fix=make_optional]").click()
    bob.locator(".callout--good").wait_for()
    assert "coupon" in json.loads(editor.input_value())["properties"]
    assert json.loads(editor.input_value())["required"] == breaking["required"][:-1]
    bob.locator("[data-save]").click()
    bob.wait_for_url("**/catalog/proposals/1/")

    fay.reload()
    fay.get_by_role("button", name="Approve").click()
    fay.get_by_role("button", name="Publish 1.1.0").click()
    fay.get_by_text("Published as").wait_for()
    fay.goto(f"{server.url}/w/{slug}/catalog/types/{name}/diff/")
    assert "The optional property coupon was added." in fay.locator("main").inner_text()
    fay.goto(f"{server.url}/w/{slug}/catalog/changes/")
    assert f"published {name} 1.1.0" in fay.locator(".trail").inner_text()

    answer = httpx.post(f"{records}&version=1.1.0", headers=headers, json={**old, "coupon": "SPRING"}, trust_env=False)
    assert answer.status_code == 201
    refused = httpx.post(f"{records}&version=1.0.0", headers=headers, json={**old, "coupon": "SPRING"}, trust_env=False)
    assert refused.status_code == 422
    stored = httpx.get(f"{api}/streams/{stream}/records", headers=headers, trust_env=False).json()["records"]
    assert [each["version"] for each in stored] == ["1.0.0", "1.1.0"]
    facts = httpx.get(f"{api}/streams/factstorm.catalog/records", headers=headers, trust_env=False).json()["records"]
    assert "factstorm.VersionPublished" in [each["type"] for each in facts]


def test_a_breaking_idea_becomes_a_safe_version(server: Server, made: dict[str, str], sign_in: Callable[..., Any]):
    server.prepare(A_TYPE)
    the_life_of_a_version(
        server,
        sign_in,
        slug=made["slug"],
        key=made["key"],
        name=TYPE,
        stream="orders",
        old={"order_id": "1042", "total": 5},
    )
    assert server.complaints() == []
