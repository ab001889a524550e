"""What an export leaves out, counted: said in the file itself, and by the API before anything is downloaded.

AsyncAPI and EventCatalog documents carry types with their schemas, places, teams and who plays which part. What else
the catalog knows of the exported things stays here; importing the file elsewhere doesn't bring it.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from django.db.models import Q

from eventcatalog.interchange.formats.model import Catalogue
from eventcatalog.models import SchemaVersion
from eventcatalog.words.models import Example
from workspaces.models import Workspace

README = "README.md"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """``what`` is a stable word (reactions, stewards, ...), ``count`` how many, ``note`` what becomes of them."""

    what: str
    count: int
    note: str


def left_out(workspace: Workspace, catalogue: Catalogue, *, former: bool) -> list[LeftOut]:
    """Of the exported things, and of the workspace as a whole; what isn't there is not listed. A query a kind."""
    return [LeftOut(what, count, note) for what, count, note in _counted(workspace, catalogue, former) if count]


def _counted(workspace: Workspace, catalogue: Catalogue, former: bool) -> Iterator[tuple[str, int, str]]:
    types = [each.name for each in catalogue.messages]
    services = [each.slug for each in catalogue.services]
    domains = [each.slug for each in catalogue.domains]
    about = Q(kind="types", subject__in=types) | Q(kind="services", subject__in=services)
    pages = workspace.about_pages.filter(about | Q(kind="domains", subject__in=domains))
    of_types = Q(message_type__workspace=workspace, message_type__name__in=types)
    if not former:
        versions = SchemaVersion.objects.filter(of_types).count()
        there = sum(len(each.versions) for each in catalogue.messages)
        yield "former versions", versions - there, "those before each type's newest; versions=all takes them along"
    yield (
        "reactions",
        workspace.reactions.filter(service__slug__in=services, trigger__name__in=types).count(),
        "which message leads to which inside a service",
    )
    yield (
        "stream uses",
        workspace.stream_uses.filter(service__slug__in=services).count(),
        "which streams a service is declared to append to or read",
    )
    yield "stewards", _stewards(workspace, catalogue), "people who answer for something"
    yield "pages", pages.exclude(text="").count(), "what is written about types, services and domains"
    yield "links", sum(len(links) for links in pages.values_list("links", flat=True)), "links of those pages"
    of_versions = Q(version__message_type__name__in=types)
    yield (
        "examples",
        Example.objects.filter(of_versions, workspace=workspace).count(),
        "named examples; each version's own example is in the file",
    )
    yield "components", workspace.components.count(), "put into the schemas that refer to them, not kept as components"
    yield "glossary terms", workspace.glossary.count(), "what words mean here"
    yield "proposals", workspace.proposals.count(), "what was proposed and said about it"


def _stewards(workspace: Workspace, catalogue: Catalogue) -> int:
    of = Q(message_type__name__in=[each.name for each in catalogue.messages])
    for kind, places in (
        ("service", catalogue.services),
        ("domain", catalogue.domains),
        ("team", catalogue.teams),
    ):
        of |= Q(**{f"{kind}__slug__in": [each.slug for each in places]})
    return workspace.stewards.filter(of).count()


def as_json(found: list[LeftOut]) -> list[dict[str, Any]]:
    """``[{"what", "count", "note"}]``."""
    return [asdict(each) for each in found]


def readme(title: str, found: list[LeftOut]) -> bytes:
    """The README of an exported directory."""
    lines = [f"# {title or 'Catalog'}", "", "Exported from Factstorm.", "", "## Left out", ""]
    if found:
        lines += [f"- **{each.what}** ({each.count:,}): {each.note}." for each in found]
    else:
        lines.append("Nothing that the catalog knows of these things, but history, traffic and boards.")
    if found:
        lines += ["", "History, traffic, boards and people's accounts are never part of an export."]
    return ("\n".join(lines) + "\n").encode()
