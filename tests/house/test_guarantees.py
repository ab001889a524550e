"""Each numbered line of docs/guarantees.md is quoted by a test: ``# guarantee: L1`` beside what shows it."""

import re
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)


def test_every_guarantee_is_quoted_by_a_test_and_every_quote_exists():
    promised = set(re.findall(r"^- \*\*([A-Z]\d+)\*\*", (ROOT / "docs" / "guarantees.md").read_text(), re.MULTILINE))
    quoted = {
        number
        for file in (ROOT / "tests").rglob("*.py")
        for line in re.findall(r"guarantees?: ((?:[A-Z]\d+(?:, )?)+)", file.read_text())
        for number in line.split(", ")
        if file != Path(__file__)
    }
    assert promised - quoted == set(), "promised, but no test quotes it"
    assert quoted - promised == set(), "quoted, but not promised"
