"""Domains, bounded contexts, teams and services: the map that types hang on."""

from collections.abc import Sequence
from typing import TypeVar

from django.db import IntegrityError, models, transaction
from django.utils.text import slugify

from eventcatalog import notify
from eventcatalog.errors import NameTaken, StillInUse
from eventcatalog.history import Change, record, signature
from eventcatalog.models import BoundedContext, Domain, Service, Team
from workspaces.access import Access, Permission
from workspaces.errors import Invalid, LimitReached, NotFound

NAME_MAX = 80
SOURCES_MAX, SOURCE_LENGTH_MAX = 20, 200
SUMMARY_MAX = 2000
PLACES_PER_WORKSPACE_MAX = 2000  # of each kind
Place = TypeVar("Place", Domain, BoundedContext, Service, Team)


def create_domain(access: Access, *, name: str, summary: str = "", owner: str | None = None, why: str = "") -> Domain:
    """A part of the business; ``owner`` is a team's slug. Raises Invalid, NameTaken, LimitReached."""
    access.require(Permission.CATALOG_WRITE)
    domain = Domain(workspace=access.workspace, owner=find_team(access, owner), **signature(access))
    return _create(access, domain, name=name, summary=summary, why=why)


def create_context(access: Access, *, domain: str, name: str, summary: str = "", why: str = "") -> BoundedContext:
    """A part of a domain (given by its slug). Raises Invalid, NameTaken, LimitReached."""
    access.require(Permission.CATALOG_WRITE)
    found = access.workspace.domains.filter(slug=domain).first()
    if found is None:
        raise Invalid("A bounded context lies in a domain; choose one.", place="domain")
    context = BoundedContext(workspace=access.workspace, domain=found, **signature(access))
    return _create(access, context, name=name, summary=summary, why=why)


def create_team(access: Access, *, name: str, summary: str = "", contact: str = "", why: str = "") -> Team:
    """Owners of things. Raises Invalid, NameTaken, LimitReached."""
    access.require(Permission.CATALOG_WRITE)
    return _create(access, Team(workspace=access.workspace, contact=contact[:200]), name=name, summary=summary, why=why)


def create_service(
    access: Access,
    *,
    name: str,
    summary: str = "",
    context: str | None = None,
    owner: str | None = None,
    sources: Sequence[str] = (),
    why: str = "",
) -> Service:
    """A program; ``context`` and ``owner`` are slugs, ``sources`` what its records call it.

    Raises Invalid, NameTaken, LimitReached.
    """
    access.require(Permission.CATALOG_WRITE)
    service = Service(
        workspace=access.workspace,
        context=find_context(access, context),
        owner=find_team(access, owner),
        sources=_sources(sources),
        **signature(access),
    )
    return _create(access, service, name=name, summary=summary, why=why)


def update_service(
    access: Access,
    service: Service,
    *,
    name: str | None = None,
    summary: str | None = None,
    context: str | None = None,
    owner: str | None = None,
    sources: Sequence[str] | None = None,
    why: str = "",
) -> Service:
    """Change what is given; an empty text for ``context`` or ``owner`` takes it away. The slug stays."""
    access.require(Permission.CATALOG_WRITE)
    _own(access, service)
    if name is not None:
        service.name = _name(name)
    if summary is not None:
        service.summary = _summary(summary)
    if context is not None:
        service.context = find_context(access, context)
    if owner is not None:
        service.owner = find_team(access, owner)
    if sources is not None:
        service.sources = _sources(sources)
    with transaction.atomic():
        service.save()
        record(access, service, Change("updated", f"updated the service {service.name}", why))
        notify.changed(access.workspace)
    return service


def rename_place(access: Access, place: Place, *, name: str, summary: str, why: str = "") -> Place:
    """Another name or summary; the slug stays, so links keep working."""
    access.require(Permission.CATALOG_WRITE)
    _own(access, place)
    place.name, place.summary = _name(name), _summary(summary)
    with transaction.atomic():
        place.save(update_fields=["name", "summary"])
        record(access, place, Change("updated", f"updated the {place._meta.verbose_name} {place.name}", why))
        notify.changed(access.workspace)
    return place


def delete_place(access: Access, place: Place, *, why: str = "") -> None:
    """Take it off the map. Raises StillInUse while contexts or types lie in it."""
    access.require(Permission.CATALOG_WRITE)
    _own(access, place)
    try:
        with transaction.atomic():
            record(access, place, Change("deleted", f"deleted the {place._meta.verbose_name} {place.name}", why))
            place.delete()
            notify.changed(access.workspace)
    except models.RestrictedError as error:
        message = f"{place.name} still has types or contexts in it."
        raise StillInUse(message, hint="Move them elsewhere first.") from error


def find_team(access: Access, slug: str | None) -> Team | None:
    """The workspace's team, or None for no slug. Raises Invalid with place owner."""
    if not slug:
        return None
    team = access.workspace.teams.filter(slug=slug).first()
    if team is None:
        raise Invalid(f"There is no team {slug!r}.", place="owner")
    return team


def find_context(access: Access, slug: str | None) -> BoundedContext | None:
    """The workspace's bounded context, or None for no slug. Raises Invalid with place context."""
    if not slug:
        return None
    context = access.workspace.contexts.select_related("domain").filter(slug=slug).first()
    if context is None:
        raise Invalid(f"There is no bounded context {slug!r}.", place="context")
    return context


def find_domain(access: Access, slug: str | None) -> Domain | None:
    """The workspace's domain, or None for no slug. Raises Invalid with place domain."""
    if not slug:
        return None
    domain = access.workspace.domains.filter(slug=slug).first()
    if domain is None:
        raise Invalid(f"There is no domain {slug!r}.", place="domain")
    return domain


def _create(access: Access, place: Place, *, name: str, summary: str, why: str) -> Place:
    place.name, place.summary = _name(name), _summary(summary)
    place.slug = slugify(place.name)[:80]
    kind = str(place._meta.verbose_name)
    if not place.slug:
        raise Invalid("A name needs a letter or a digit from a to z or 0 to 9.", place="name")
    siblings = type(place)._default_manager.filter(workspace=access.workspace)
    if siblings.count() >= PLACES_PER_WORKSPACE_MAX:
        raise LimitReached(f"A workspace has at most {PLACES_PER_WORKSPACE_MAX} of these.")
    try:
        with transaction.atomic():
            place.save(force_insert=True)
            record(access, place, Change("created", f"created the {kind} {place.name}", why))
            notify.changed(access.workspace)
    except IntegrityError as error:
        raise NameTaken(f"There is a {kind} {place.name!r} already.", place="name", slug=place.slug) from error
    return place


def _own(access: Access, place: models.Model) -> None:
    if getattr(place, "workspace_id", None) != access.workspace.pk:
        raise NotFound


def _name(name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise Invalid("It needs a name.", place="name")
    if len(name) > NAME_MAX:
        raise Invalid(f"A name has at most {NAME_MAX} characters.", place="name")
    return name


def _sources(sources: Sequence[str]) -> list[str]:
    cleaned = sorted({source.strip() for source in sources} - {""})
    if len(cleaned) > SOURCES_MAX or any(len(source) > SOURCE_LENGTH_MAX for source in cleaned):
        raise Invalid(f"At most {SOURCES_MAX} sources of {SOURCE_LENGTH_MAX} characters.", place="sources")
    return cleaned


def _summary(summary: str) -> str:
    if len(summary) > SUMMARY_MAX:
        raise Invalid(f"A summary has at most {SUMMARY_MAX} characters.", place="summary")
    return summary.strip()
