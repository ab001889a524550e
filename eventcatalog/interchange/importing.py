"""Bring a neutral Catalogue into a workspace, or only say what that would do: one code path for both.

Everything goes through the catalog's own actions, so an import can do nothing that a person could not: a version that
breaks its type's mode is refused with its counterexample, kinds don't change, published versions stay. Empty texts of
what is brought overwrite nothing. Each thing is its own transaction; what is refused doesn't hold up the rest, and
importing the same again changes nothing.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from eventcatalog import actions, evolution
from eventcatalog.actions.versions import parse_number
from eventcatalog.errors import IncompatibleError, InvalidSchema, NothingChanged
from eventcatalog.interchange.formats.model import Catalogue, Message, Part, Place, Version
from eventcatalog.library.resolve import fetch_from
from eventcatalog.models import CompatibilityMode, MessageType, Pattern, Policy, SchemaVersion
from workspaces.access import Access, Permission
from workspaces.errors import FactstormError, Invalid

WHY_MAX = 600
Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Step:
    """One thing and what becomes of it. ``outcome``: new, changed, unchanged, refused; ``words`` say more; ``why`` not.

    ``parts``: a message's versions, each {number, outcome, words, why, counterexample?}.
    """

    kind: str
    name: str
    outcome: str
    words: str = ""
    why: str = ""
    place: str = ""
    message_kind: str = ""
    parts: list[dict[str, Any]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """For keeping and showing."""
        return asdict(self)


@dataclass(slots=True)
class _Chain:
    """A type's line of versions as it is, or as it would be by now: newest first (number, meaning)."""

    stored: list[tuple[str, str]] = field(default_factory=list)
    fingerprints: dict[str, str] = field(default_factory=dict)  # fingerprint -> number

    def add(self, number: str, parsed: evolution.Parsed) -> None:
        self.stored.insert(0, (number, parsed.bundled_text or parsed.text))
        self.fingerprints[parsed.fingerprint] = number

    @property
    def numbers(self) -> set[str]:
        return {number for number, _ in self.stored}

    @property
    def latest(self) -> str:
        return self.stored[0][0] if self.stored else ""


class Importer:
    """``run()`` gives the steps. ``dry``: nothing is written."""

    def __init__(self, access: Access, catalogue: Catalogue, *, dry: bool, progress: Progress | None = None) -> None:
        access.require(Permission.CATALOG_VIEW if dry else Permission.CATALOG_WRITE)
        self._access = access
        self._brought = catalogue
        self._dry = dry
        self._progress = progress or (lambda done, total: None)
        self._why = f"Imported from {catalogue.format}" + (f", {catalogue.title}" if catalogue.title else "") + "."
        self._places = {
            key: {each.slug: each for each in getattr(access.workspace, key).all()}
            for key in ("teams", "domains", "contexts", "services")
        }
        names = [each.name for each in catalogue.messages] + [each.message for each in catalogue.parts]
        rows = access.workspace.message_types.filter(name__in=set(names)).select_related(
            "latest", "domain", "context", "owner", "workspace", "successor"
        )
        self._types: dict[str, MessageType] = {each.name: each for each in rows}
        self._made: dict[str, str] = {}  # names of messages that are there by now, with their kind

    def run(self) -> list[Step]:
        """Teams, domains, contexts, services, messages, then who sends and receives."""
        work: list[tuple[Callable[..., Step], tuple[Any, ...]]] = [
            *((self._team, (each,)) for each in self._brought.teams),
            *((self._domain, (each,)) for each in self._brought.domains),
            *((self._context, (each,)) for each in self._brought.contexts),
            *((self._service, (each,)) for each in self._brought.services),
            *((self._message, (each,)) for each in self._brought.messages),
            *((self._part, (each,)) for each in self._brought.parts),
        ]
        steps = []
        for number, (bring, arguments) in enumerate(work):
            self._progress(number, len(work))
            steps.append(bring(*arguments))
        self._progress(len(work), len(work))
        return steps

    def _team(self, place: Place) -> Step:
        return self._bring_place("teams", "team", place, lambda name: actions.create_team(
            self._access, name=name, summary=place.summary, contact=place.contact, why=self._why))  # fmt: skip

    def _domain(self, place: Place) -> Step:
        return self._bring_place("domains", "domain", place, lambda name: actions.create_domain(
            self._access, name=name, summary=place.summary, owner=self._known("teams", place.owner),
            why=self._why))  # fmt: skip

    def _context(self, place: Place) -> Step:
        if place.inside not in self._places["domains"]:
            return Step("context", place.name, "refused", why="A bounded context lies in a domain, and none is named.")
        return self._bring_place("contexts", "context", place, lambda name: actions.create_context(
            self._access, domain=place.inside, name=name, summary=place.summary, why=self._why))  # fmt: skip

    def _service(self, place: Place) -> Step:
        return self._bring_place("services", "service", place, lambda name: actions.create_service(
            self._access, name=name, summary=place.summary, context=self._known("contexts", place.inside),
            owner=self._known("teams", place.owner), why=self._why))  # fmt: skip

    def _known(self, key: str, slug: str) -> str | None:
        """The slug, if such a place is there by now."""
        return slug if slug and slug in self._places[key] else None

    def _bring_place(self, key: str, kind: str, place: Place, create: Callable[[str], Any]) -> Step:
        step = Step(kind, place.name, "unchanged", place=place.slug)
        known = self._places[key]
        try:
            if place.slug not in known:
                step.outcome = "new"
                known[place.slug] = place if self._dry else self._create(place, create)
            elif isinstance(known[place.slug], Place):
                step.words = "named twice in what was brought"
            else:
                self._change_place(known[place.slug], place, kind, step)
        except FactstormError as error:
            step.outcome, step.why = "refused", _why(error)
        return step

    def _create(self, place: Place, create: Callable[[str], Any]) -> Any:
        """Under its own slug: a place that was renamed elsewhere keeps the slug that others know it by."""
        from eventcatalog.interchange.formats.model import slug_of

        made = create(place.name if slug_of(place.name) == place.slug else place.slug)
        if made.name != place.name:
            actions.rename_place(self._access, made, name=place.name, summary=place.summary, why=self._why)
        return made

    def _change_place(self, row: Any, place: Place, kind: str, step: Step) -> None:
        wanted = {"name": " ".join(place.name.split()), "summary": place.summary.strip()}
        differing = [key for key, value in wanted.items() if value and getattr(row, key) != value]
        moved: dict[str, str] = {}
        if kind == "service":
            context = self._known("contexts", place.inside)
            if context and (row.context is None or row.context.slug != context):
                moved["context"] = context
        owner = self._known("teams", place.owner)
        if kind == "service" and owner and (row.owner is None or row.owner.slug != owner):
            moved["owner"] = owner
        if not differing and not moved:
            return
        step.outcome, step.words = "changed", ", ".join([*differing, *moved])
        if self._dry:
            return
        name, summary = wanted["name"] or row.name, wanted["summary"] or row.summary
        if kind == "service":
            actions.update_service(self._access, row, name=name, summary=summary, why=self._why, **moved)
        else:
            actions.rename_place(self._access, row, name=name, summary=summary, why=self._why)

    def _message(self, message: Message) -> Step:
        step = Step("message", message.name, "unchanged", place=message.place, message_kind=message.kind)
        if message.refused or not message.versions:
            step.outcome, step.why = "refused", message.refused or "It has no schema."
            return step
        found = self._types.get(message.name)
        try:
            if found is None:
                self._new_type(message, step)
            elif found.kind != message.kind:
                step.outcome = "refused"
                step.why = f"{message.name} is {_a(found.kind)} in the catalog, and kinds don't change."
            else:
                self._known_type(message, found, step)
        except FactstormError as error:
            step.outcome, step.why = "refused", _why(error)
        if step.outcome != "refused" or found is not None:
            self._made[message.name] = found.kind if found else message.kind
        return step

    def _new_type(self, message: Message, step: Step) -> None:
        """The first version registers the type; its history elsewhere is taken over as it happened."""
        chain = _Chain()
        step.outcome = "new"
        wanted = message.compatibility if message.compatibility in CompatibilityMode.values else "backward"
        created: MessageType | None = None
        for version in message.versions:
            part = {"number": version.number, "outcome": "new", "words": "", "why": ""}
            step.parts.append(part)
            parsed = self._read(version, part)
            if parsed is None:
                continue
            if parsed.fingerprint in chain.fingerprints:
                part |= {"outcome": "unchanged", "words": f"the same as {chain.fingerprints[parsed.fingerprint]}"}
                continue
            number = self._next_number(version, parsed, chain, "none")
            part["number"] = number
            if not self._dry and created is None:
                created = self._register(message, version, parsed, number)
                self._types[message.name] = created
            elif not self._dry and created is not None:
                self._publish(created, version, parsed, number)
            chain.add(number, parsed)
        if not chain.stored:
            step.outcome, step.why = "refused", step.parts[0]["why"] if step.parts else "It has no schema."
            return
        step.words = f"version {chain.latest}" + (
            f" and {len(chain.stored) - 1} before" if len(chain.stored) > 1 else ""
        )
        if created is not None:
            self._finish_type(message, created, wanted)

    def _register(self, message: Message, version: Version, parsed: evolution.Parsed, number: str) -> MessageType:
        context = self._known("contexts", message.context)
        return actions.register_type(
            self._access,
            kind=message.kind,
            name=message.name,
            schema=parsed.text,
            title=message.title,
            description=message.description,
            context=context,
            domain=None if context else self._known("domains", message.domain),
            owner=self._known("teams", message.owner),
            compatibility=CompatibilityMode.NONE,
            policy=message.policy if message.policy in Policy.values else Policy.STRICT,
            pattern=message.pattern if message.pattern in Pattern.values else "",
            state="draft" if message.state == "draft" else "active",
            tags=message.tags,
            stream_name=message.stream,
            example=_fitting(parsed, version.example),
            notes=version.notes[:5000],
            number=parse_number(number),
            why=self._why,
        )

    def _finish_type(self, message: Message, created: MessageType, mode: str) -> None:
        """Its mode, once its history is in; and its deprecation."""
        if mode != CompatibilityMode.NONE:
            actions.update_type(self._access, created, actions.TypeChanges(compatibility=mode), why=self._why)
        if message.state == "deprecated":
            self._deprecate(message, created)

    def _deprecate(self, message: Message, found: MessageType) -> None:
        successor = message.successor if message.successor != found.name else ""
        known = self._access.workspace.message_types.filter(name=successor).exists() if successor else False
        reason = message.deprecation_reason or "Deprecated in the imported catalog."
        actions.deprecate(self._access, found, reason=reason, successor=successor if known else None)

    def _known_type(self, message: Message, found: MessageType, step: Step) -> None:
        """New versions of a type that is there, checked as its mode asks; and new words."""
        chain = _chain_of(found)
        mode = found.compatibility
        for version in message.versions:
            part = {"number": version.number, "outcome": "unchanged", "words": "", "why": ""}
            step.parts.append(part)
            parsed = self._read(version, part)
            if parsed is None:
                break
            known = chain.fingerprints.get(parsed.fingerprint)
            if known is not None:
                part["number"] = known
                continue
            if not self._may_follow(version, chain, part):
                break
            assessment = evolution.assess(
                chain.stored if mode.endswith("_transitive") else chain.stored[:1],
                parsed,
                mode=mode,
                policy=found.policy,
            )
            if assessment.is_same:
                continue
            if not assessment.compatible:
                _refuse(part, assessment.verdict, assessment.reasons, assessment.counterexample)
                break
            number = version.number or assessment.proposed
            part |= {"number": number, "outcome": "new", "words": f"{assessment.bump}: {assessment.bump_reason}"}
            if not self._dry:
                self._publish(found, version, parsed, number)
            chain.add(number, parsed)
        self._words_of(message, found, step)
        outcomes = {part["outcome"] for part in step.parts}
        if "refused" in outcomes:
            step.outcome = "refused" if step.outcome == "unchanged" and "new" not in outcomes else "changed"
            step.why = next(part["why"] for part in step.parts if part["outcome"] == "refused")
        elif "new" in outcomes:
            step.outcome = "changed"
            step.words = ", ".join(filter(None, (f"version {chain.latest}", step.words)))

    def _may_follow(self, version: Version, chain: _Chain, part: dict[str, Any]) -> bool:
        """A number that is taken, or lower than the latest, can't be published."""
        if not version.number:
            return True
        if version.number in chain.numbers:
            part |= {
                "outcome": "refused",
                "why": f"Version {version.number} is published with another schema, and versions never change. "
                "Give the new schema a higher version.",
            }
            return False
        if parse_number(version.number) <= parse_number(chain.latest):
            part |= {"outcome": "refused", "why": f"Version {version.number} is older than the latest, {chain.latest}."}
            return False
        return True

    def _words_of(self, message: Message, found: MessageType, step: Step) -> None:
        """Words, place, owner, tags, stream and deprecation that differ and aren't empty."""
        context, domain = self._known("contexts", message.context), self._known("domains", message.domain)
        wanted: dict[str, Any] = {
            "title": message.title.strip(),
            "description": message.description.strip(),
            "context": context or "",
            "domain": "" if context else domain or "",
            "owner": self._known("teams", message.owner) or "",
            "tags": sorted(set(message.tags)),
            "stream_name": message.stream,
        }
        now = {
            "title": found.title,
            "description": found.description,
            "context": found.context.slug if found.context else "",
            "domain": found.domain.slug if found.domain else "",
            "owner": found.owner.slug if found.owner else "",
            "tags": list(found.tags),
            "stream_name": found.stream_name or "",
        }
        differing = {key: value for key, value in wanted.items() if value and value != now[key]}
        words = [key.replace("_name", "") for key in differing]
        deprecates = message.state == "deprecated" and found.deprecated_at is None
        if not differing and not deprecates:
            return
        step.outcome, step.words = "changed", ", ".join([*words, *(["deprecated"] if deprecates else [])])
        if self._dry:
            return
        if differing:
            actions.update_type(self._access, found, actions.TypeChanges(**differing), why=self._why)
        if deprecates:
            self._deprecate(message, found)

    def _read(self, version: Version, part: dict[str, Any]) -> evolution.Parsed | None:
        try:
            parsed = evolution.read(version.schema, fetch=fetch_from(self._access.workspace))
        except InvalidSchema as error:
            place = error.fields.get("place") or {}
            where = place.get("pointer") or (f"line {place['line']}" if place.get("line") else "")
            part |= {"outcome": "refused", "why": " ".join(filter(None, (where and f"{where}:", _why(error))))}
            return None
        if version.example is not None and _fitting(parsed, version.example) is None:
            part["words"] = "its example doesn't fit its schema and is left out"
        return parsed

    def _next_number(self, version: Version, parsed: evolution.Parsed, chain: _Chain, mode: str) -> str:
        """The number it had elsewhere where that may follow, else what the change proposes."""
        free = not chain.latest or (version.number and parse_number(version.number) > parse_number(chain.latest))
        if version.number and free:
            return version.number
        return evolution.assess(chain.stored[:1], parsed, mode=mode).proposed

    def _publish(self, found: MessageType, version: Version, parsed: evolution.Parsed, number: str) -> None:
        try:
            actions.publish_version(
                self._access,
                found,
                schema=parsed.text,
                notes=version.notes[:5000],
                version=number,
                example=_fitting(parsed, version.example),
                why=self._why,
            )
        except NothingChanged:
            return

    def _part(self, part: Part) -> Step:
        service = self._places["services"].get(part.service)
        name = service.name if service is not None else part.service
        step = Step("participation", f"{name} {part.role} {part.message}", "unchanged")
        found = self._types.get(part.message)
        if service is None or (found is None and part.message not in self._made):
            step.outcome, step.why = "refused", "The service or the message is not in the catalog."
            return step
        kind = found.kind if found is not None else self._made[part.message]
        if part.role not in actions.ROLES_OF_KIND[kind]:
            step.outcome, step.why = "refused", f"A service can't be said to {part.role} {_a(kind)}."
            return step
        is_there = (
            found is not None
            and not isinstance(service, Place)
            and found.participations.filter(service=service, role=part.role).exists()
        )
        if is_there:
            return step
        step.outcome = "new"
        if not self._dry and found is not None:
            try:
                actions.declare_participation(self._access, found, service=service, role=part.role, why=self._why)
            except FactstormError as error:
                step.outcome, step.why = "refused", _why(error)
        return step


def _chain_of(found: MessageType) -> _Chain:
    chain = _Chain()
    for each in SchemaVersion.objects.filter(message_type=found).order_by("-ordinal"):
        chain.stored.append((each.version, each.meaning))
        chain.fingerprints.setdefault(each.fingerprint, each.version)
    return chain


def _fitting(parsed: evolution.Parsed, example: Any) -> Any:
    """The example, if the schema takes it."""
    if example is None:
        return None
    try:
        return evolution.example_for(parsed, given=example)
    except Invalid:
        return None


def _refuse(part: dict[str, Any], verdict: str, reasons: Any, counterexample: Any) -> None:
    more = [each for each in reasons if each != verdict][:4]
    part |= {"outcome": "refused", "why": " ".join([verdict, *more])[:WHY_MAX]}
    if counterexample:
        part["counterexample"] = counterexample["document"]


def _why(error: FactstormError) -> str:
    reasons = error.fields.get("reasons") if isinstance(error, IncompatibleError) else None
    return " ".join(filter(None, (error.message, *(reasons or [])[:3], error.hint)))[:WHY_MAX]


def _a(kind: str) -> str:
    return f"an {kind}" if kind == "event" else f"a {kind}"
