"""axe-core over a page: what would keep people out. One place for all end-to-end tests.

``assert_accessible(page)`` fails with every violation of WCAG 2.2 A and AA, its rule and the elements. The package is
in tests/real_input (script/test installs it); without it the test is skipped.
"""

import json
from pathlib import Path
from typing import Any

import pytest

AXE = Path(__file__).resolve().parent.parent / "real_input" / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def violations(page: Any, *, within: str | None = None) -> list[str]:
    """One line a violation: its rule, what it wants, and the first elements that break it."""
    if not AXE.exists():
        pytest.skip("axe-core is not installed: script/test does that")
    page.evaluate(AXE.read_text())
    options = json.dumps({"runOnly": {"type": "tag", "values": TAGS}, "resultTypes": ["violations"]})
    scope = json.dumps(within) if within else "document"
    found = page.evaluate(f"() => axe.run({scope}, {options})")["violations"]
    return [
        f"{each['id']}: {each['help']} at " + "; ".join(str(node["target"]) for node in each["nodes"][:4])
        for each in found
    ]


def assert_accessible(page: Any, what: str, *, within: str | None = None) -> None:
    """Nothing there keeps anybody out. ``what`` names the place in the failure."""
    found = violations(page, within=within)
    assert not found, f"{what}:\n" + "\n".join(found)
