"""Writes of words: examples of a version, pages about things, terms of the glossary."""

from typing import Any
from urllib.parse import urlsplit

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.text import slugify

from eventcatalog import evolution, notify
from eventcatalog.errors import NameTaken
from eventcatalog.history import Change, record, signature
from eventcatalog.models import MessageType, SchemaVersion
from eventcatalog.words.models import AboutPage, Example, GlossaryTerm
from workspaces.access import Access, Permission
from workspaces.errors import Invalid, LimitReached, NotFound

EXAMPLES_MAX = 30
LINKS_MAX = 30
TERMS_MAX = 2_000
TEXT_MAX = 100_000
DEFINITION_MAX = 5_000
KINDS = ("types", "domains", "services")


def add_example(
    access: Access, message_type: MessageType, version: SchemaVersion, *, name: str, document: Any, note: str = ""
) -> Example:
    """Another example of a version, which must take it. Raises Invalid with the faults, NameTaken, LimitReached."""
    access.require(Permission.CATALOG_WRITE)
    if message_type.workspace_id != access.workspace.pk or version.message_type_id != message_type.pk:
        raise NotFound
    name = " ".join(name.split())
    if not name or len(name) > 120:
        raise Invalid("An example needs a name of at most 120 characters.", place="name")
    if len(note) > 2000:
        raise Invalid("A note has at most 2,000 characters.", place="note")
    evolution.check_example(version.meaning, document)
    if version.examples.count() >= EXAMPLES_MAX:
        raise LimitReached(f"A version has at most {EXAMPLES_MAX} examples.")
    row = Example(
        workspace=access.workspace, version=version, name=name, note=note.strip(), document=document,
        **signature(access),
    )  # fmt: skip
    try:
        with transaction.atomic():
            row.save(force_insert=True)
            summary = f"added the example “{name}” to {message_type.name} {version.version}"
            record(access, message_type, Change("exemplified", summary, note))
            notify.changed(access.workspace, type_id=message_type.pk)
    except IntegrityError as error:
        raise NameTaken(f"There is an example {name!r} already.", hint="Choose another name.", place="name") from error
    return row


def remove_example(access: Access, message_type: MessageType, example: Example) -> None:
    """Take an example away."""
    access.require(Permission.CATALOG_WRITE)
    if example.workspace_id != access.workspace.pk:
        raise NotFound
    with transaction.atomic():
        summary = f"removed the example “{example.name}” of {message_type.name}"
        example.delete()
        record(access, message_type, Change("exemplified", summary))
        notify.changed(access.workspace, type_id=message_type.pk)


def write_about(
    access: Access, *, kind: str, subject: str, text: str | None = None, links: list[dict[str, str]] | None = None,
    why: str = "",
) -> AboutPage:  # fmt: skip
    """The page about a type (by name), domain or service (by slug). ``links``: [{label, url}], http or https."""
    access.require(Permission.CATALOG_WRITE)
    thing = subject_of(access, kind, subject)
    if text is not None and len(text) > TEXT_MAX:
        raise Invalid(f"A page has at most {TEXT_MAX:,} characters.", place="text")
    with transaction.atomic():
        row, _ = AboutPage.objects.get_or_create(
            workspace=access.workspace, kind=kind, subject=subject, defaults=signature(access)
        )
        if text is not None:
            row.text = text.strip()
        if links is not None:
            row.links = _links(links)
        row.updated_at, row.updated_by_name = timezone.now(), access.actor.name[:80]
        row.save()
        record(access, thing, Change("described", f"wrote about {thing}", why))
        notify.changed(access.workspace, type_id=thing.pk if isinstance(thing, MessageType) else None)
    return row


def subject_of(access: Access, kind: str, subject: str) -> Any:
    """The type, domain or service that a page is about. Raises NotFound."""
    rows: dict[str, Any] = {
        "types": access.workspace.message_types.filter(name=subject),
        "domains": access.workspace.domains.filter(slug=subject),
        "services": access.workspace.services.filter(slug=subject),
    }
    found = rows[kind].first() if kind in rows else None
    if found is None:
        raise NotFound
    return found


def _links(links: list[dict[str, str]]) -> list[dict[str, str]]:
    if len(links) > LINKS_MAX:
        raise Invalid(f"At most {LINKS_MAX} links.", place="links")
    kept = []
    for each in links:
        url, label = str(each.get("url", "")).strip(), " ".join(str(each.get("label", "")).split())
        if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).netloc or len(url) > 2000:
            raise Invalid(f"{url[:80]!r} is no address of the web.", hint="Begin with https://", place="links")
        kept.append({"label": label[:120] or urlsplit(url).netloc, "url": url})
    return kept


def define_term(access: Access, *, term: str, definition: str, why: str = "") -> GlossaryTerm:
    """Add a term, or say anew what it means; the term's slug is its name. Raises Invalid, LimitReached."""
    access.require(Permission.CATALOG_WRITE)
    term = " ".join(term.split())
    slug = slugify(term)[:80]
    if not slug or len(term) > 80:
        raise Invalid("A term has 1 to 80 characters, a letter among them.", place="term")
    if not definition.strip() or len(definition) > DEFINITION_MAX:
        raise Invalid(f"Say what it means, in at most {DEFINITION_MAX:,} characters.", place="definition")
    if access.workspace.glossary.count() >= TERMS_MAX:
        raise LimitReached(f"A glossary has at most {TERMS_MAX:,} terms.")
    with transaction.atomic():
        values = {"term": term, "definition": definition.strip()}
        row, _ = GlossaryTerm.objects.update_or_create(
            workspace=access.workspace, slug=slug, defaults=values, create_defaults={**values, **signature(access)}
        )
        record(access, row, Change("defined", f"defined the term {term}", why))
        notify.changed(access.workspace)
    return row


def remove_term(access: Access, term: GlossaryTerm) -> None:
    """Take a term out of the glossary."""
    access.require(Permission.CATALOG_WRITE)
    if term.workspace_id != access.workspace.pk:
        raise NotFound
    with transaction.atomic():
        record(access, term, Change("deleted", f"took the term {term.term} out of the glossary"))
        term.delete()
        notify.changed(access.workspace)
