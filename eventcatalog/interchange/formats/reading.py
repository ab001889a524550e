"""Whatever somebody uploads or pastes: found out what it is, and read."""

from __future__ import annotations

from eventcatalog.interchange.formats import (
    archives,
    asyncapi_reading,
    eventcatalog_reading,
    schema_files,
    yaml_text,
)
from eventcatalog.interchange.formats.errors import InterchangeError
from eventcatalog.interchange.formats.model import Catalogue

MESSAGES_MAX = 5_000
PASTED = "schema.json"  # what a text without a name is called


def read_anything(content: bytes, *, name: str = "") -> Catalogue:
    """A zip file (of an EventCatalog, of schemas, of AsyncAPI documents) or one text (AsyncAPI or a JSON Schema).

    ``name`` is the file's. Raises InterchangeError.
    """
    if archives.is_zip(content):
        catalogue = read_files(archives.unpack(content))
    else:
        catalogue = _read_text(content, name or PASTED)
    if len(catalogue.messages) > MESSAGES_MAX:
        raise InterchangeError(f"It holds more than {MESSAGES_MAX:,} messages.", hint="Import it in parts.")
    if not catalogue.messages and not catalogue.services and not catalogue.domains:
        raise InterchangeError(
            "There is nothing here that a catalog could take.",
            hint="AsyncAPI documents, EventCatalog directories and JSON Schemas can be imported.",
        )
    return catalogue


def read_files(files: archives.Files) -> Catalogue:
    """A folder's files: path -> bytes."""
    if eventcatalog_reading.is_eventcatalog(files):
        return eventcatalog_reading.read(files)
    documents = {}
    for path in sorted(files):
        if path.endswith((".yaml", ".yml", ".json")) and b"asyncapi" in files[path][:2000]:
            document = yaml_text.load(files[path].decode("utf-8", errors="replace"), place=path)
            if asyncapi_reading.is_asyncapi(document):
                documents[path] = document
    if documents:
        return _together([asyncapi_reading.read(document, place=path) for path, document in documents.items()])
    return schema_files.read(files)


def _read_text(content: bytes, name: str) -> Catalogue:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InterchangeError(
            f"This is neither a zip file nor text in UTF-8 (byte {error.start}).",
            hint="Upload a .zip, .json, .yaml or .yml file.",
        ) from error
    place = "" if name == PASTED else name
    document = yaml_text.load(text, place=place)
    if asyncapi_reading.is_asyncapi(document):
        return asyncapi_reading.read(document, place=place)
    if isinstance(document, dict) and ("openapi" in document or "swagger" in document):
        raise InterchangeError(
            "This is an OpenAPI document: it describes an HTTP API, not messages.",
            hint="Import an AsyncAPI document, or the schemas alone.",
        )
    if not isinstance(document, dict):
        raise InterchangeError("This is neither an AsyncAPI document nor a JSON Schema.", place=place)
    plain = name if name.lower().endswith((".json", ".yaml", ".yml")) else f"{name}.json"
    title = document.get("title")
    if name == PASTED and isinstance(title, str) and title:
        plain = f"{title.replace('/', '_')}.json"
    if plain.endswith(".json") and not text.lstrip().startswith("{"):
        plain = f"{plain.removesuffix('.json')}.yaml"
    return schema_files.read({plain: content})


def _together(found: list[Catalogue]) -> Catalogue:
    """Several documents as one; the first that says something of a thing has its way."""
    whole = Catalogue(format=found[0].format, title=found[0].title, description=found[0].description)
    for each in found:
        for key in ("teams", "domains", "contexts", "services"):
            known = {place.slug for place in getattr(whole, key)}
            getattr(whole, key).extend(place for place in getattr(each, key) if place.slug not in known)
        for message in each.messages:
            former = whole.message(message.name)
            if former is None:
                whole.messages.append(message)
            elif not former.versions and message.versions:
                whole.messages[whole.messages.index(former)] = message
            elif message.versions and {one.schema for one in message.versions} - {
                one.schema for one in former.versions
            }:
                whole.lose(f"{message.name} is described differently in several documents; the first one counts.")
        whole.parts.extend(part for part in each.parts if part not in whole.parts)
        for words in each.lost:
            whole.lose(words)
    return whole
