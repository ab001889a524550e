"""What a replay found, added up batch by batch; plain values, nothing of Django."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from eventcatalog.schemas.errors import Fault

SAMPLES_MAX = 3
REASONS_MAX = 30
GROUPS_MAX = 200
PAYLOAD_CHARACTERS_MAX = 4_000
_INDEX = re.compile(r"/\d+(?=/|\Z)")
Reason = tuple[str, str]  # keyword, pointer with * for places in arrays


@dataclass(slots=True)
class Replayed:
    """A refused record and where it lies."""

    stream: str
    partition: int
    offset: int
    timestamp_ms: int
    version: str
    source: str
    payload: bytes


@dataclass(slots=True)
class Findings:
    """Counts by reason, source and version, and the samples. Groups beyond GROUPS_MAX are counted as "others"."""

    checked: int = 0
    failed: int = 0
    samples: list[dict[str, Any]] = field(default_factory=list)
    _reasons: Counter[Reason] = field(default_factory=Counter)
    _words: dict[Reason, str] = field(default_factory=dict)
    _sources: dict[str, list[int]] = field(default_factory=dict)
    _versions: dict[str, list[int]] = field(default_factory=dict)
    _shown: list[Reason] = field(default_factory=list)

    def passed(self, *, sources: Counter[str], versions: Counter[str]) -> None:
        """Count records that were looked at, refused or not."""
        for groups, counts in ((self._sources, sources), (self._versions, versions)):
            for name, count in counts.items():
                _group(groups, name)[0] += count
        self.checked += sum(versions.values())

    def refused(self, record: Replayed, faults: Sequence[Fault]) -> None:
        """Count one that the schema refuses."""
        self.failed += 1
        _group(self._sources, record.source)[1] += 1
        _group(self._versions, record.version)[1] += 1
        reasons = list(dict.fromkeys((each.keyword, _INDEX.sub("/*", each.pointer)) for each in faults))
        for reason, fault in zip(reasons, faults, strict=False):
            if reason in self._reasons or len(self._reasons) < GROUPS_MAX:
                self._reasons[reason] += 1
                self._words.setdefault(reason, fault.message)
        first = reasons[0] if reasons else ("", "")
        self._keep(record, faults, first)

    def _keep(self, record: Replayed, faults: Sequence[Fault], reason: Reason) -> None:
        """As sample, if there is room, or it shows another reason than a sample whose reason is shown twice."""
        sample = {
            "stream": record.stream,
            "partition": record.partition,
            "offset": str(record.offset),
            "timestamp_ms": record.timestamp_ms,
            "version": record.version,
            "source": record.source,
            "payload": record.payload[: PAYLOAD_CHARACTERS_MAX * 2].decode("utf-8", "replace")[:PAYLOAD_CHARACTERS_MAX],
            "faults": [each.as_json() for each in faults[:5]],
        }
        if len(self.samples) < SAMPLES_MAX:
            self.samples.append(sample)
            self._shown.append(reason)
        elif reason not in self._shown:
            twice = next((at for at, each in enumerate(self._shown) if self._shown.count(each) > 1), None)
            if twice is not None:
                self.samples[twice], self._shown[twice] = sample, reason

    @property
    def reasons(self) -> list[dict[str, Any]]:
        """The commonest first."""
        return [
            {"keyword": keyword, "pointer": pointer, "message": self._words[keyword, pointer], "count": count}
            for (keyword, pointer), count in self._reasons.most_common(REASONS_MAX)
        ]

    @property
    def sources(self) -> list[dict[str, Any]]:
        """Who sent them: ``{source, checked, failed}``, most failures first."""
        return _rows(self._sources, "source")

    @property
    def versions(self) -> list[dict[str, Any]]:
        """Under which version they were appended: ``{version, checked, failed}``."""
        return _rows(self._versions, "version")


def _group(groups: dict[str, list[int]], name: str) -> list[int]:
    if name not in groups and len(groups) >= GROUPS_MAX:
        name = "others"
    return groups.setdefault(name, [0, 0])


def _rows(groups: dict[str, list[int]], label: str) -> list[dict[str, Any]]:
    ranked = sorted(groups.items(), key=lambda each: (-each[1][1], -each[1][0], each[0]))
    return [{label: name, "checked": checked, "failed": failed} for name, (checked, failed) in ranked]
