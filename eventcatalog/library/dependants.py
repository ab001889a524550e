"""Who refers to a schema, and what a new version of it would do to them if they all moved to it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import F, Q

from eventcatalog import evolution
from eventcatalog.errors import InvalidSchema
from eventcatalog.library.models import Component, ComponentVersion, SchemaReference
from eventcatalog.library.resolve import fetch_from
from eventcatalog.models import MessageType, SchemaVersion
from eventcatalog.schemas.linking import Target
from workspaces.models import Workspace

DEPENDANTS_MAX = 200
IMPACTS_MAX = 60
DEPTH_MAX = 6
TRIAL_VERSION = "999999.0.0"  # stands for the version that does not exist yet


@dataclass(slots=True)
class Dependant:
    """A type or component whose newest version refers to a target: at which of its versions, and ``through`` what."""

    kind: str
    name: str
    title: str
    version: str
    uses: str
    pointers: list[str] = field(default_factory=list)
    through: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """All fields, by name."""
        return {
            "kind": self.kind,
            "name": self.name,
            "title": self.title,
            "version": self.version,
            "uses": self.uses,
            "pointers": self.pointers,
            "through": list(self.through),
        }


@dataclass(frozen=True, slots=True)
class Impact:
    """What would happen to a dependant that moved to a new schema of what it refers to."""

    dependant: Dependant
    compatible: bool
    proposed: str
    bump: str
    verdict: str
    counterexample: dict[str, Any] | None = None
    changes: tuple[dict[str, Any], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """All fields, by name."""
        return {
            **self.dependant.as_json(),
            "compatible": self.compatible,
            "proposed": self.proposed,
            "bump": self.bump,
            "verdict": self.verdict,
            "counterexample": self.counterexample,
            "changes": list(self.changes),
        }


def dependants_of(workspace: Workspace, kind: str, name: str) -> list[Dependant]:
    """Types and components whose newest version refers to any version of it, directly or through components.

    Two queries a level of depth (at most DEPTH_MAX); at most DEPENDANTS_MAX of them, the direct ones first.
    """
    found: dict[tuple[str, str], Dependant] = {}
    level: list[tuple[str, str, tuple[str, ...]]] = [(kind, name, ())]
    for _ in range(DEPTH_MAX):
        following: list[tuple[str, str, tuple[str, ...]]] = []
        for each in _referring(workspace, level):
            key = (each.kind, each.name)
            if key == (kind, name) or len(found) >= DEPENDANTS_MAX:
                continue
            if key in found:
                if found[key].through == each.through:
                    found[key].pointers += [one for one in each.pointers if one not in found[key].pointers]
                continue
            found[key] = each
            following.append((each.kind, each.name, (*each.through, each.name)))
        level = following
        if not level:
            break
    return list(found.values())


def _referring(workspace: Workspace, targets: Iterable[tuple[str, str, tuple[str, ...]]]) -> list[Dependant]:
    routes = {(kind, name): through for kind, name, through in targets}
    wanted = Q()
    for kind, name in routes:
        wanted |= Q(target_kind=kind, target_name=name)
    rows = SchemaReference.objects.filter(wanted, workspace=workspace)
    types = rows.filter(version__pk=F("version__message_type__latest_id")).values_list(
        "version__message_type__name", "version__message_type__title", "version__version", "target_kind",
        "target_name", "target_version", "pointer",
    )  # fmt: skip
    parts = rows.filter(component_version__pk=F("component_version__component__latest_id")).values_list(
        "component_version__component__name", "component_version__component__title", "component_version__version",
        "target_kind", "target_name", "target_version", "pointer",
    )  # fmt: skip
    found: dict[tuple[str, str, str], Dependant] = {}
    for own_kind, listed in (("types", types), ("components", parts)):
        for name, title, version, kind, target, uses, pointer in listed[: DEPENDANTS_MAX * 4]:
            key = (own_kind, name, uses)
            if key not in found:
                found[key] = Dependant(own_kind, name, title, version, uses, [], routes[kind, target])
            found[key].pointers.append(pointer)
    return list(found.values())


def impact_of(workspace: Workspace, component: Component, parsed: evolution.Parsed) -> list[Impact]:
    """What a new schema of a component would do to the types that refer to it, directly or through components.

    Each type is taken with its references moved to the new schema, and held against its own mode. The breaking ones
    come first; at most IMPACTS_MAX are looked at.
    """
    trial = Target("components", component.name, TRIAL_VERSION)
    written = evolution.written_schema(parsed)
    impacts = [
        _impact(workspace, each, component.name, trial, written)
        for each in dependants_of(workspace, "components", component.name)[:IMPACTS_MAX]
        if each.kind == "types"
    ]
    return sorted((each for each in impacts if each is not None), key=lambda each: each.compatible)


def _impact(workspace: Workspace, dependant: Dependant, name: str, trial: Target, written: Any) -> Impact | None:
    message_type = MessageType.objects.select_related("latest").get(workspace=workspace, name=dependant.name)
    if message_type.latest is None:
        return None
    instead = {trial: written}
    text = _moved(message_type.latest.schema_text, name, trial)
    for through in dependant.through:  # components between: they move too
        between = ComponentVersion.objects.filter(workspace=workspace, component__name=through).order_by("-ordinal")
        newest = between.first()
        if newest is None:
            continue
        target = Target("components", through, TRIAL_VERSION)
        instead[target] = evolution.restored(_moved(newest.schema_text, name, trial, *dependant.through))
        text = _moved(text, through, target)
    try:
        parsed = evolution.read(text, fetch=fetch_from(workspace, instead=instead))
    except InvalidSchema as error:
        return Impact(dependant, False, "", "major", error.message)
    every = message_type.compatibility.endswith("_transitive")
    rows = SchemaVersion.objects.filter(message_type=message_type).order_by("-ordinal")
    stored = [(each.version, each.meaning) for each in (rows if every else rows[:1])]
    found = evolution.assess(stored, parsed, mode=message_type.compatibility, policy=message_type.policy)
    return Impact(
        dependant, found.compatible, found.proposed, found.bump, found.verdict, found.counterexample, found.changes[:20]
    )


def _moved(text: str, name: str, target: Target, *others: str) -> str:
    """A schema's text with its references to a component (and to ``others``) pointed at the trial version."""
    for each in (name, *others):
        moved = Target("components", each, target.version)
        text = evolution.with_reference(text, f"components/{each}", moved)
    return text


def newer_versions(workspace: Workspace, version: SchemaVersion | ComponentVersion) -> list[dict[str, str]]:
    """What a stored schema refers to, and the newest version of each: ``{kind, name, uses, latest, pointer}``."""
    rows = list(version.references.all())
    names = {each.target_name for each in rows}
    latest = {
        ("components", each.name): each.version
        for each in Component.objects.select_related("latest").filter(workspace=workspace, name__in=names)
    }
    types = MessageType.objects.select_related("latest").filter(workspace=workspace, name__in=names)
    latest |= {("types", each.name): each.version for each in types}
    return [
        {
            "kind": each.target_kind,
            "name": each.target_name,
            "uses": each.target_version,
            "latest": latest.get((each.target_kind, each.target_name), each.target_version),
            "pointer": each.pointer,
        }
        for each in rows
    ]
