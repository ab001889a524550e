"""Folders of JSON Schemas: one file a schema, named by its type; read from any folder, written as a bundle.

Written: ``OrderPlaced.schema.json`` (the newest), with former versions as
``versions/OrderPlaced/1.0.0.schema.json`` and ``catalog.json``, which says everything that file names can't. Read: any
``.json``, ``.yaml`` or ``.yml`` that is a schema; its name is its file's, unless ``catalog.json`` says otherwise.
References between files (``./customer.json``) are followed inside the folder and put into ``$defs``.
"""

from __future__ import annotations

import json
from pathlib import PurePosixPath
from typing import Any

from eventcatalog.interchange.formats import yaml_text
from eventcatalog.interchange.formats.archives import Files
from eventcatalog.interchange.formats.errors import InterchangeError
from eventcatalog.interchange.formats.model import Catalogue, Message, Version, message_name
from eventcatalog.interchange.formats.standalone import text_of
from eventcatalog.registry.bundling import BundlingError, bundle
from eventcatalog.schemas.keywords import walk

MANIFEST = "catalog.json"
ENDINGS = (".schema.json", ".json", ".schema.yaml", ".yaml", ".schema.yml", ".yml")
_TELLING = ("$schema", "$id", "type", "properties", "$defs", "definitions", "allOf", "anyOf", "oneOf", "enum", "$ref")
_NOT_SCHEMAS = ("package.json", "package-lock.json", "tsconfig.json", "composer.json")


def write(catalogue: Catalogue, *, former: bool = True) -> Files:
    """Path -> bytes."""
    files: Files = {}
    manifest = catalogue.as_json()
    for message, kept in zip(catalogue.messages, manifest["messages"], strict=True):
        for version, told in zip(message.versions, kept["versions"], strict=True):
            newest = version is message.versions[-1]
            path = f"{message.name}.schema.json" if newest else f"versions/{message.name}/{version.number}.schema.json"
            if newest or former:
                files[path] = version.schema.encode()
            told["file"] = path
            del told["schema"]
        if not former:
            kept["versions"] = kept["versions"][-1:]
    files[MANIFEST] = json.dumps(manifest, indent=2, ensure_ascii=False).encode()
    return files


def read(files: Files) -> Catalogue:
    """The catalogue. Files that are no schemas are told of in ``lost``."""
    if MANIFEST in files:
        found = _from_manifest(files)
        if found is not None:
            return found
    catalogue = Catalogue(format="JSON Schemas")
    documents = _documents(files, catalogue)
    for path, document in documents.items():
        name = message_name(_stem(path))
        message = Message(name or "Schema", place=path)
        if catalogue.message(message.name) is not None:
            message.name = message_name(path.replace("/", ".").removesuffix(_ending(path) or "")) or f"{message.name}_2"
        if isinstance(document, dict):
            message.title = _text(document.get("title"), 200)
            message.description = _text(document.get("description"), 20_000)
        try:
            message.versions = [Version(_whole(path, document, documents, files))]
        except (BundlingError, InterchangeError) as error:
            message.refused = str(error)
        catalogue.messages.append(message)
    return catalogue


def _from_manifest(files: Files) -> Catalogue | None:
    """A bundle that was written here; None when catalog.json is something else."""
    try:
        kept = json.loads(files[MANIFEST])
        for message in kept["messages"]:
            for version in message["versions"]:
                version["schema"] = files[version.pop("file")].decode()
        found = Catalogue.from_json(kept)
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
    found.format = "JSON Schemas"
    return found


def _documents(files: Files, catalogue: Catalogue) -> dict[str, Any]:
    """Path -> document of everything that is a schema."""
    found: dict[str, Any] = {}
    skipped = 0
    for path in sorted(files):
        if _ending(path) is None or PurePosixPath(path).name in _NOT_SCHEMAS:
            skipped += 1
            continue
        try:
            document = yaml_text.load(files[path].decode("utf-8-sig"), place=path)
        except (UnicodeDecodeError, InterchangeError) as error:
            catalogue.lose(f"{path}: {error}")
            continue
        if isinstance(document, dict) and any(key in document for key in _TELLING):
            found[path] = document
        else:
            catalogue.lose(f"{path} is no JSON Schema.")
    if skipped:
        catalogue.lose(f"{skipped} file{'s' * (skipped > 1)} of other kinds.")
    return found


def _whole(path: str, document: Any, documents: dict[str, Any], files: Files) -> str:
    """The schema with what it refers to in neighbouring files; its own text where it refers to none."""
    needed = _needed(path, documents)
    if not needed:
        return files[path].decode("utf-8-sig") if path.endswith(".json") else text_of(document)
    return text_of(bundle(document, needed))


def _needed(path: str, documents: dict[str, Any]) -> list[tuple[str, Any]]:
    """(reference as written, document) of the files that a schema leads to, near and far."""
    found: dict[str, Any] = {}
    queue = [path]
    by_id = {document["$id"]: each for each, document in documents.items() if isinstance(document.get("$id"), str)}
    for place in queue:  # grows while it is walked
        for _, node in walk(documents[place]):
            reference = node.get("$ref") if isinstance(node, dict) else None
            if not isinstance(reference, str) or reference.startswith("#"):
                continue
            address = reference.partition("#")[0]
            target = by_id.get(address) or _neighbour(place, address)
            if target not in documents:
                continue
            if address in found and found[address] is not documents[target]:
                raise InterchangeError(f"{address!r} means different files in different folders.", place=place)
            found[address] = documents[target]
            if target not in queue:
                queue.append(target)
    return list(found.items())


def _neighbour(place: str, address: str) -> str:
    parts = place.split("/")[:-1]
    for part in address.split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def _ending(path: str) -> str | None:
    return next((each for each in ENDINGS if path.lower().endswith(each)), None)


def _stem(path: str) -> str:
    name = PurePosixPath(path).name
    return name[: len(name) - len(_ending(path) or "")]


def _text(value: Any, most: int) -> str:
    return value[:most] if isinstance(value, str) else ""
