"""The catalog in other formats, whole or in part: what the API and the pages' Export menus hand out."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.text import slugify

from eventcatalog.interchange.collecting import Scope, collect
from eventcatalog.interchange.formats import archives, asyncapi_writing, eventcatalog_writing, schema_files
from eventcatalog.interchange.formats.model import Catalogue
from eventcatalog.interchange.left_out import README, as_json, left_out, readme
from workspaces.access import Access, Permission
from workspaces.errors import Invalid, NotFound


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for. ``former``: with versions before the newest; ``syntax``: json or yaml."""

    scope: Scope
    former: bool
    syntax: str


def export(request: HttpRequest, access: Access, name: str) -> HttpResponse:
    """The document as a download. Raises Invalid, NotFound, LimitReached."""
    access.require(Permission.CATALOG_VIEW)
    write = WRITERS.get(name)
    if write is None:
        raise NotFound
    asked = _asked(request)
    catalogue = collect(access.workspace, asked.scope, former=asked.former)
    return write(request, access, catalogue, asked)


def _asked(request: HttpRequest) -> Asked:
    query = request.GET
    named = {each: query.get(each, "")[:200] for each in ("domain", "service", "type")}
    if sum(bool(value) for value in named.values()) > 1:
        raise Invalid("Choose one of domain, service and type.")
    versions = query.get("versions", "latest")
    if versions not in ("latest", "all"):
        raise Invalid("versions is latest or all.", place="versions")
    syntax = query.get("syntax", "yaml")
    if syntax not in ("json", "yaml"):
        raise Invalid("syntax is json or yaml.", place="syntax")
    return Asked(Scope(**named), versions == "all", syntax)


def _asyncapi(request: HttpRequest, access: Access, catalogue: Catalogue, asked: Asked) -> HttpResponse:
    server = settings.PUBLIC_URL or f"{request.scheme}://{request.get_host()}"
    version = f"1.0.{_revision(access)}"
    document = asyncapi_writing.write(
        catalogue,
        version=version,
        server=f"{server}/api/v1/w/{access.workspace.slug}",
        service=asked.scope.service,
        former=asked.former,
    )
    document["x-factstorm-left-out"] = as_json(left_out(access.workspace, catalogue, former=asked.former))
    if asked.syntax == "json":
        text, kind = json.dumps(document, indent=2, ensure_ascii=False), "application/vnd.aai.asyncapi+json"
    else:
        text, kind = asyncapi_writing.as_yaml(document), "application/vnd.aai.asyncapi+yaml"
    return _download(text, kind, f"{_stem(access, asked)}.asyncapi.{asked.syntax}")


def _eventcatalog(request: HttpRequest, access: Access, catalogue: Catalogue, asked: Asked) -> HttpResponse:
    files = eventcatalog_writing.write(catalogue, date=timezone.now().date().isoformat())
    files[README] = readme(catalogue.title, left_out(access.workspace, catalogue, former=asked.former))
    return _download(archives.pack(files), "application/zip", f"{_stem(access, asked)}-eventcatalog.zip")


def _schemas(request: HttpRequest, access: Access, catalogue: Catalogue, asked: Asked) -> HttpResponse:
    files = schema_files.write(catalogue, former=asked.former)
    return _download(archives.pack(files), "application/zip", f"{_stem(access, asked)}-schemas.zip")


def _left_out(request: HttpRequest, access: Access, catalogue: Catalogue, asked: Asked) -> HttpResponse:
    """Not an export: what AsyncAPI and EventCatalog exports of the same would leave out."""
    found = as_json(left_out(access.workspace, catalogue, former=asked.former))
    response = JsonResponse({"left_out": found})
    response["Cache-Control"] = "private, no-cache"
    return response


WRITERS: dict[str, Callable[[HttpRequest, Access, Catalogue, Asked], HttpResponse]] = {
    "asyncapi": _asyncapi,
    "eventcatalog": _eventcatalog,
    "schemas": _schemas,
    "left-out": _left_out,
}


def _download(content: str | bytes, kind: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-cache"
    return response


def _stem(access: Access, asked: Asked) -> str:
    part = asked.scope.domain or asked.scope.service or slugify(asked.scope.type)
    return "-".join(filter(None, (access.workspace.slug, part)))


def _revision(access: Access) -> int:
    from eventcatalog.notify import revision_of

    return revision_of(access.workspace.pk)
