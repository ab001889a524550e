"""Two texts side by side, line by line: what a person looks at after having read the changes in words."""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass
from typing import Literal

ROWS_MAX = 4_000
AROUND = 3


@dataclass(frozen=True, slots=True)
class Row:
    """A pair of lines. kind: same, changed, gone (left only), new (right only), skip (``left_number`` lines left out).

    Numbers count from 1; 0 where there is no line on that side.
    """

    kind: Literal["same", "changed", "gone", "new", "skip"]
    left_number: int
    left: str
    right_number: int
    right: str


def side_by_side(old: str, new: str, *, around: int = AROUND) -> list[Row]:
    """Rows of two JSON texts, both laid out alike first (texts that are no JSON are compared as they are).

    Runs of unchanged lines are left out but for ``around`` lines beside each change; at most ROWS_MAX rows.
    """
    left, right = _laid_out(old), _laid_out(new)
    rows: list[Row] = []
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if tag == "equal":
            rows += [Row("same", i1 + n + 1, left[i1 + n], j1 + n + 1, right[j1 + n]) for n in range(i2 - i1)]
            continue
        for n in range(max(i2 - i1, j2 - j1)):
            has_left, has_right = i1 + n < i2, j1 + n < j2
            kind: Literal["changed", "gone", "new"] = (
                "changed" if has_left and has_right else "gone" if has_left else "new"
            )
            rows.append(
                Row(
                    kind,
                    i1 + n + 1 if has_left else 0,
                    left[i1 + n] if has_left else "",
                    j1 + n + 1 if has_right else 0,
                    right[j1 + n] if has_right else "",
                )
            )
    return _shortened(rows, around)[:ROWS_MAX]


def _laid_out(text: str) -> list[str]:
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False).splitlines()
    except ValueError:
        return text.splitlines()


def _shortened(rows: list[Row], around: int) -> list[Row]:
    near = [False] * len(rows)
    for at, row in enumerate(rows):
        if row.kind != "same":
            for close in range(max(0, at - around), min(len(rows), at + around + 1)):
                near[close] = True
    kept: list[Row] = []
    left_out = 0
    for row, shown in zip(rows, near, strict=True):
        if shown:
            if left_out:
                kept.append(Row("skip", left_out, "", 0, ""))
            left_out = 0
            kept.append(row)
        else:
            left_out += 1
    if left_out and kept:
        kept.append(Row("skip", left_out, "", 0, ""))
    return kept
