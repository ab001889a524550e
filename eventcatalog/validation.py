"""CatalogCheck: what every append must pass. Each payload is checked against its type's schema.

Two caches, both bounded. *Validators* are compiled from schema versions, which never change, and are kept until
crowded out. *Resolutions* say which version a (workspace, type, pinned version) means; each was read at a revision of
the workspace's catalog and holds for that revision only. The revision is read again at most once a second; in the
process that makes a change it is read again at once. So a published version takes effect here immediately and in other
processes within REVISION_SECONDS_MAX.

The hot path is one call a (type, version): no object a record unless it is refused.
"""

import difflib
import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from django.urls import reverse

from broker_adapter.checks import CheckResult, ColumnCheck, Fault, Notice, Refused, is_json, json_fault
from eventcatalog import evolution, notify
from eventcatalog.models import MessageType, SchemaVersion, TypeState

REVISION_SECONDS_MAX = 1.0
VALIDATORS_MAX = 2_000
VALIDATOR_CHARS_MAX = 64_000_000  # of schema text, over all cached validators
RESOLUTIONS_MAX = 50_000
FAULTS_PER_RECORD_MAX = 8
CLOSE_NAMES_LOOKED_AT_MAX = 500
LONG_NAME = 200

K = TypeVar("K")
V = TypeVar("V")
Asked = tuple[str, str | None]  # type name, pinned version or None


@dataclass(frozen=True, slots=True)
class Resolved:
    """What a record's type and pinned version mean: a stored version, or a refusal in words."""

    version_id: int
    version: str
    fingerprint: str
    refusal: Refused | None = None
    notice: Notice | None = None
    is_unknown: bool = False  # no type of that name


class Lru(Generic[K, V]):
    """A bounded mapping that forgets what was used longest ago. ``weight`` of an entry counts against weight_max."""

    def __init__(self, *, entries_max: int, weight_max: int | None = None) -> None:
        self._entries: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self._lock = threading.Lock()
        self._entries_max, self._weight_max, self._weight = entries_max, weight_max, 0

    def get(self, key: K) -> V | None:
        """The value, now the most recently used."""
        with self._lock:
            found = self._entries.get(key)
            if found is None:
                return None
            self._entries.move_to_end(key)
            return found[0]

    def put(self, key: K, value: V, *, weight: int = 1) -> None:
        """Keep it, and let go of what no longer fits; the newest entry always fits."""
        with self._lock:
            if key in self._entries:
                self._weight -= self._entries.pop(key)[1]
            self._entries[key] = (value, weight)
            self._weight += weight
            while len(self._entries) > 1 and self._is_over():
                self._weight -= self._entries.popitem(last=False)[1][1]

    def __len__(self) -> int:
        return len(self._entries)

    def _is_over(self) -> bool:
        return len(self._entries) > self._entries_max or (
            self._weight_max is not None and self._weight > self._weight_max
        )


class Revisions:
    """The catalog's revision of each workspace, read from the database at most once a second."""

    def __init__(self) -> None:
        self._known: Lru[uuid.UUID, tuple[int, float]] = Lru(entries_max=10_000)
        self._stale: set[uuid.UUID] = set()
        notify.on_change(self._stale.add)

    def of(self, workspace_id: uuid.UUID) -> int:
        """Fresh to the second, and at once after a change made in this process."""
        known = self._known.get(workspace_id)
        if workspace_id in self._stale:
            self._stale.discard(workspace_id)  # before reading: a change made meanwhile marks it again
        elif known is not None and time.monotonic() - known[1] < REVISION_SECONDS_MAX:
            return known[0]
        read_at = time.monotonic()
        number = notify.revision_of(workspace_id)
        self._known.put(workspace_id, (number, read_at))
        return number


_revisions = Revisions()
_validators: Lru[tuple[int, str], evolution.Validator] = Lru(entries_max=VALIDATORS_MAX, weight_max=VALIDATOR_CHARS_MAX)
_resolutions: Lru[tuple[uuid.UUID, str, str | None], tuple[int, Resolved]] = Lru(entries_max=RESOLUTIONS_MAX)


class CatalogCheck(ColumnCheck):
    """The AppendCheck of floor 2. Thread-safe; may use the database."""

    def check_columns(
        self,
        *,
        workspace_id: uuid.UUID,
        stream: str,
        types: Sequence[str],
        versions: Sequence[str | None],
        payloads: Sequence[bytes],
        content_types: Sequence[str | None] | None = None,
        take_unknown: bool = False,
    ) -> CheckResult:
        """Each payload against its type's newest version, or the one it pins. See broker_adapter.checks."""
        if not payloads:
            return CheckResult([])
        others = _not_json(content_types)
        if others and take_unknown:
            known = resolve(workspace_id, {(types[index], None) for index in others})
            others = {index: each for index, each in others.items() if not known[types[index], None].is_unknown}
        groups = _groups(types, versions, others)
        resolved = resolve(workspace_id, groups)
        notices = {each.notice.type: each.notice for each in resolved.values() if each.notice is not None}
        result = CheckResult(_columns(types, versions, groups, resolved), dict(others), tuple(notices.values()))
        for asked, places in groups.items():
            if take_unknown and resolved[asked].is_unknown:
                _check_json(payloads, content_types, places, result)
            else:
                _check_group(resolved[asked], payloads, places, result)
        return result


def resolve(workspace_id: uuid.UUID, wanted: Iterable[Asked]) -> dict[Asked, Resolved]:
    """Which version each (type, pinned version) means now. One query at most, plus one for the pinned."""
    revision = _revisions.of(workspace_id)
    found: dict[Asked, Resolved] = {}
    missing: list[Asked] = []
    for asked in wanted:
        cached = _resolutions.get((workspace_id, *asked))
        if cached is not None and cached[0] == revision:
            found[asked] = cached[1]
        else:
            missing.append(asked)
    if missing:
        for asked, resolved in _look_up(workspace_id, missing).items():
            found[asked] = resolved
            _resolutions.put((workspace_id, *asked), (revision, resolved))
    return found


def validator_of(resolved: Resolved) -> evolution.Validator:
    """The compiled validator of a stored version (an id alone may come again where a transaction was rolled back)."""
    key = (resolved.version_id, resolved.fingerprint)
    compiled = _validators.get(key)
    if compiled is None:
        text = SchemaVersion.objects.only("schema_text", "bundled_text").get(pk=resolved.version_id).meaning
        compiled = evolution.compile_text(text)
        _validators.put(key, compiled, weight=len(text))
    return compiled


def _not_json(content_types: Sequence[str | None] | None) -> dict[int, Refused]:
    """Records that say they are not JSON: types have JSON Schemas, so they can't be checked."""
    if content_types is None or not any(content_types):
        return {}
    return {
        index: Refused(
            (
                Fault(
                    "",
                    f"Records of a catalogued type are JSON, and this one is {str(content_type)[:80]}.",
                    "content_type",
                    hint="Send application/json.",
                ),
            )
        )
        for index, content_type in enumerate(content_types)
        if not is_json(content_type)
    }


def _groups(
    types: Sequence[str], versions: Sequence[str | None], others: dict[int, Refused]
) -> dict[Asked, Sequence[int]]:
    """Places of the records of each (type, version); a batch of one type costs no loop in Python."""
    distinct = set(zip(types, versions, strict=True))
    if len(distinct) == 1 and not others:
        return {next(iter(distinct)): range(len(types))}
    groups: dict[Asked, list[int]] = {asked: [] for asked in distinct}
    for index, asked in enumerate(zip(types, versions, strict=True)):
        if index not in others:
            groups[asked].append(index)
    return {asked: places for asked, places in groups.items() if places}


def _columns(
    types: Sequence[str],
    versions: Sequence[str | None],
    groups: dict[Asked, Sequence[int]],
    resolved: dict[Asked, Resolved],
) -> list[str]:
    if len(groups) == 1:
        return [resolved[next(iter(groups))].version] * len(types)
    numbers = {asked: each.version for asked, each in resolved.items()}
    return [numbers.get(asked, "") for asked in zip(types, versions, strict=True)]


def _check_json(
    payloads: Sequence[bytes],
    content_types: Sequence[str | None] | None,
    places: Sequence[int],
    result: CheckResult,
) -> None:
    """Records of types that the catalog doesn't know, in a stream that takes them: any JSON, and what says it isn't."""
    for index in places:
        if content_types is not None and not is_json(content_types[index]):
            continue
        fault = json_fault(payloads[index])
        if fault is not None:
            result.refused[index] = Refused((fault,))


def _check_group(resolved: Resolved, payloads: Sequence[bytes], places: Sequence[int], result: CheckResult) -> None:
    if resolved.refusal is not None:
        result.refused.update(dict.fromkeys(places, resolved.refusal))
        return
    validator = validator_of(resolved)
    own = payloads if len(places) == len(payloads) else [payloads[index] for index in places]
    found = validator.faults(own)
    if found.count(None) == len(found):
        return
    for within, faults in enumerate(found):
        if faults is not None:
            result.refused[places[within]] = _refused(faults, resolved.version)


def _refused(faults: Sequence[evolution.Fault], version: str) -> Refused:
    shown = faults[:FAULTS_PER_RECORD_MAX]
    return Refused(tuple(Fault(each.pointer, each.message, each.keyword, version, each.hint) for each in shown))


def _look_up(workspace_id: uuid.UUID, wanted: Sequence[Asked]) -> dict[Asked, Resolved]:
    names = {name for name, _ in wanted}
    rows = MessageType.objects.filter(workspace_id=workspace_id, name__in=names)
    columns = ("name", "latest_id", "latest__version", "latest__fingerprint")
    latest = {name: Resolved(*rest) for name, *rest in rows.values_list(*columns)}
    pinned = _pinned(workspace_id, [asked for asked in wanted if asked[1] and asked[0] in latest])
    found: dict[Asked, Resolved] = {}
    for name, version in wanted:
        if name not in latest:
            found[name, version] = Resolved(0, "", "", _unknown_type(workspace_id, name), is_unknown=bool(name))
        elif not version:
            found[name, version] = latest[name]
        else:
            refusal = _unknown_version(name, version, latest[name].version)
            found[name, version] = pinned.get((name, version)) or Resolved(0, "", "", refusal)
    for name, notice in _notices(workspace_id, latest).items():
        for asked in found:
            if asked[0] == name:
                found[asked] = replace(found[asked], notice=notice)
    return found


def _notices(workspace_id: uuid.UUID, names: Iterable[str]) -> dict[str, Notice]:
    """What whoever appends a deprecated type should hear."""
    rows = MessageType.objects.filter(workspace_id=workspace_id, name__in=names, state=TypeState.DEPRECATED)
    columns = ("name", "deprecation_reason", "deprecated_at", "sunset_at", "successor__name", "workspace__slug")
    notices = {}
    for name, reason, since, sunset, successor, slug in rows.values_list(*columns):
        until = f" until {sunset:%Y-%m-%d}" if sunset else ""
        instead = f" Use {successor} instead." if successor else ""
        page = reverse("eventcatalog:type", kwargs={"workspace": slug, "name": name})
        words = f"{name} is deprecated{until}: {reason[:300]}{instead}"
        notices[name] = Notice(name, "deprecated", words, since, sunset, successor or "", page)
    return notices


def _pinned(workspace_id: uuid.UUID, wanted: Sequence[Asked]) -> dict[Asked, Resolved]:
    if not wanted:
        return {}
    rows = SchemaVersion.objects.filter(
        workspace_id=workspace_id,
        message_type__name__in={name for name, _ in wanted},
        version__in={version for _, version in wanted},
    )
    columns = ("message_type__name", "pk", "version", "fingerprint")
    return {(name, rest[1]): Resolved(*rest) for name, *rest in rows.values_list(*columns)}


def _unknown_type(workspace_id: uuid.UUID, name: str) -> Refused:
    if not name:
        message, hint = "The record names no type.", "Name the type that the record is of."
        return Refused((Fault("", message, "type", hint=hint),))
    close = close_names(workspace_id, name)
    hint = f"Did you mean {' or '.join(close)}?" if close else "Register it in the catalog first."
    return Refused((Fault("", f"There is no type {name[:LONG_NAME]!r} in this workspace.", "type", hint=hint),))


def _unknown_version(name: str, version: str, latest: str) -> Refused:
    message = f"{name} has no version {version[:40]!r}."
    return Refused((Fault("", message, "version", hint=f"The latest is {latest}; or pin none."),))


def close_names(workspace_id: uuid.UUID, name: str) -> list[str]:
    """Up to three names of types that look like this one. Looks at CLOSE_NAMES_LOOKED_AT_MAX names at most."""
    name = name[:LONG_NAME]
    known = MessageType.objects.filter(workspace_id=workspace_id)
    near = known.filter(name__istartswith=name[:3]) if known.count() > CLOSE_NAMES_LOOKED_AT_MAX else known
    names = list(near.order_by("name").values_list("name", flat=True)[:CLOSE_NAMES_LOOKED_AT_MAX])
    folded = {each.casefold(): each for each in names}
    return [folded[each] for each in difflib.get_close_matches(name.casefold(), folded, n=3, cutoff=0.6)]
