"""Diagrams of Markdown pages in a real browser: drawn under our policy, in both themes, or explained."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.browser import until
from tests.e2e.server import Server

pytestmark = pytest.mark.e2e

WORLD = """
from eventcatalog import actions as catalog
from eventcatalog.actions.words import write_about
from tests.cast import *
from workspaces.models import Membership
from workspaces.access import access_of_member
membership = Membership.objects.select_related("workspace", "person").get(person__name="Alice")
access = access_of_member(membership, membership.person)
catalog.register_type(access, kind="event", name="OrderPlaced", schema={"type": "object"})
write_about(access, kind="types", subject="OrderPlaced", text=TEXT)
"""
TEXT = """# How it flows

```mermaid
flowchart LR
  accTitle: From shop to stock
  shop[Shop] -->|OrderPlaced| stock[Stock]
```

```mermaid
sequenceDiagram
  Shop->>Stock: OrderPlaced
  Note over Stock: reserves what was ordered
```

```mermaid
flowchart LR
  a --> [[
```

```mermaid
<img src=x onerror="parent.hacked = 1">
```

```mermaid
flowchart LR
  evil["<script>parent.hacked = 1</script>"] --> b
  click evil "javascript:alert(1)"
```
"""
ADDRESS = "/w/acme/catalog/about/types/OrderPlaced/"
FIGURES = "document.querySelectorAll('figure.diagram').length"
SETTLED = f"{FIGURES} === 5 && !document.querySelector('figure.diagram[aria-busy]')"
WIDTHS = "[...document.querySelectorAll('figure.diagram img')].map(each => each.complete ? each.naturalWidth : 0)"


def drawn(page: Any) -> None:
    until(page, SETTLED, seconds=60)
    until(page, WIDTHS, lambda widths: len(widths) == 3 and all(width > 100 for width in widths), seconds=20)


def test_diagrams_are_drawn_in_both_themes_and_what_cannot_be_is_explained(
    server: Server, made: dict[str, str], sign_in: Callable[..., Any]
):
    server.prepare(WORLD.replace("TEXT", repr(TEXT)))
    page = sign_in("vera")
    policy = page.goto(f"{server.url}{ADDRESS}").headers["content-security-policy"]
    assert "unsafe" not in policy
    drawn(page)
    assert page.locator("figure.diagram img").first.get_attribute("alt") == "From shop to stock"

    faults = page.locator(".diagram__fault").all_inner_texts()
    assert [each.startswith("This diagram could not be drawn. ") for each in faults] == [True, True]
    assert "Line 2 of its source is not understood: a --> [[" in faults[0]
    assert "Its first line has to name the kind of diagram" in faults[1]
    assert "a --> [[" in page.locator("figure.diagram > pre").first.inner_text()
    assert page.evaluate("window.hacked") is None

    page.locator("figure.diagram summary").first.click()
    assert "shop[Shop] -->|OrderPlaced| stock[Stock]" in page.locator("figure.diagram details pre").first.inner_text()

    before = page.locator("figure.diagram img").first.get_attribute("src")
    page.emulate_media(color_scheme="dark")
    until(page, "document.querySelector('figure.diagram img').src", lambda now: now != before)
    drawn(page)
    assert page.locator("figure.diagram details").first.get_attribute("open") is not None


def test_without_scripts_or_without_diagrams_there_is_only_text(
    server: Server, made: dict[str, str], sign_in: Callable[..., Any]
):
    server.prepare(WORLD.replace("TEXT", repr(TEXT)))
    page = sign_in("vera")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{server.url}/w/acme/catalog/glossary/", wait_until="networkidle")
    assert not [each for each in asked if "mermaid" in each or "diagrams/frame" in each]

    context = page.context.browser.new_context(java_script_enabled=False, storage_state=page.context.storage_state())
    plain = context.new_page()
    plain.goto(f"{server.url}{ADDRESS}")
    assert "shop[Shop] -->|OrderPlaced| stock[Stock]" in plain.locator("pre").first.inner_text()
    context.close()
