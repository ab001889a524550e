"""A Catalogue as an AsyncAPI 3.0 document.

A stream is a channel, a message's newest version a component message on it, producing and asking are ``send``,
consuming and handling ``receive``. AsyncAPI has no word for a message's version, for domains, teams, modes or roles:
those are said in ``x-factstorm`` (which the reading side understands) and, for EventCatalog's importer, in
``x-eventcatalog-message-version`` and ``x-eventcatalog-message-type``. Former versions are components that lie on no
channel, since a message on a channel must match exactly one of its schemas.

A payload's own references are written relative to the document, as AsyncAPI reads them. A schema that can't be said
so (draft 4's booleans, anchors, ``true``) is also kept as text in ``x-factstorm-schema``.
"""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Any

from eventcatalog.interchange.formats import yaml_text
from eventcatalog.interchange.formats.model import SENDING, Catalogue, Message, Part, Version
from eventcatalog.interchange.formats.standalone import put_in
from eventcatalog.schemas.dialect import in_draft202012
from eventcatalog.schemas.parse import parse_schema
from eventcatalog.schemas.pointers import pointer_to

ASYNCAPI = "3.0.0"
NO_STREAM = "no-stream-yet"
LOST = ("History, boards and records stay here: AsyncAPI has no place for them.",)


def write(
    catalogue: Catalogue, *, version: str = "1.0.0", server: str = "", service: str = "", former: bool = False
) -> dict[str, Any]:
    """The document. ``server`` is the address of the site; ``service`` (a slug): told from its side alone.

    ``former``: with the versions before the newest.
    """
    messages = sorted((each for each in catalogue.messages if each.versions), key=lambda each: each.name)
    document: dict[str, Any] = {
        "asyncapi": ASYNCAPI,
        "info": _info(catalogue, version, service),
        "defaultContentType": "application/json",
    }
    if server:
        document["servers"] = {"factstorm": _server(server)}
    channels, places = _channels(messages)
    document["channels"] = channels
    document["operations"] = _operations(catalogue, messages, places, service)
    components: dict[str, Any] = {}
    for each in messages:
        components[each.name] = _message(each, each.versions[-1], key=each.name)
        if former:
            for old in each.versions[:-1]:
                key = f"{each.name}-{old.number}"
                components[key] = _message(each, old, key=key)
    document["components"] = {"messages": components}
    return document


def as_yaml(document: dict[str, Any]) -> str:
    """The document's text, for people."""
    return yaml_text.dump(document)


def _info(catalogue: Catalogue, version: str, service: str) -> dict[str, Any]:
    places = {
        key: [_filled(asdict(each)) for each in getattr(catalogue, key)]
        for key in ("teams", "domains", "contexts", "services")
    }
    info: dict[str, Any] = {"title": catalogue.title or "Catalog", "version": version}
    if catalogue.description:
        info["description"] = catalogue.description
    if catalogue.domains:
        info["tags"] = [{"name": each.name} for each in catalogue.domains]
    info["x-factstorm"] = {**_filled(places), **({"service": service} if service else {})}
    return info


def _server(address: str) -> dict[str, Any]:
    protocol, _, rest = address.partition("://")
    host, _, path = rest.partition("/")
    told = {"host": host, "protocol": protocol or "https", "description": "Append by POST; tail by websocket."}
    return {**told, "pathname": f"/{path}"} if path else told


def _channels(messages: list[Message]) -> tuple[dict[str, Any], dict[str, str]]:
    """Channels by key, and the channel key of each message."""
    channels: dict[str, Any] = {}
    places: dict[str, str] = {}
    for each in messages:
        key = _key(each.stream) or NO_STREAM
        places[each.name] = key
        if key not in channels:
            channels[key] = {"address": each.stream or None, "messages": {}}
            if not each.stream:
                channels[key]["description"] = "Messages for which no stream has been chosen yet."
        channels[key]["messages"][each.name] = {"$ref": f"#/components/messages/{each.name}"}
    return channels, places


def _operations(catalogue: Catalogue, messages: list[Message], places: dict[str, str], service: str) -> dict[str, Any]:
    known = {each.name: each for each in messages}
    names = {each.slug: each.name for each in catalogue.services}
    found: dict[str, Any] = {}
    parts = sorted(catalogue.parts, key=lambda each: (each.service, each.message, each.role))
    for part in parts:
        if part.message not in known or (service and part.service != service):
            continue
        action = _action(part, known[part.message])
        key = f"{action}-{part.message}" if service else f"{_key(part.service)}-{action}-{part.message}"
        channel = f"#{pointer_to(('channels', places[part.message]))}"
        found[key] = {
            "action": action,
            "channel": {"$ref": channel},
            "summary": f"{names.get(part.service, part.service)} {part.role} {part.message}",
            "messages": [{"$ref": f"{channel}/messages/{part.message}"}],
            "x-factstorm": {"service": part.service, "role": part.role},
            "x-eventcatalog-role": "client" if action == "send" else "provider",
        }
    return found


def _action(part: Part, message: Message) -> str:
    return "send" if part.role == SENDING[message.kind] else "receive"


def _message(message: Message, version: Version, *, key: str) -> dict[str, Any]:
    payload, text = _payload(version, pointer_to(("components", "messages", key, "payload")))
    newest = version is message.versions[-1]
    own = {
        "name": message.name,
        "kind": message.kind,
        "version": version.number,
        "notes": version.notes,
        "latest": newest,
    }
    if newest:
        kept = (
            "domain",
            "context",
            "owner",
            "state",
            "compatibility",
            "policy",
            "pattern",
            "deprecation_reason",
            "successor",
        )
        own |= {each: getattr(message, each) for each in kept}
    answer: dict[str, Any] = {
        "name": message.name,
        "title": message.title,
        "description": message.description,
        "contentType": "application/json",
        "tags": [{"name": each} for each in message.tags],
        "payload": payload,
        "examples": [{"name": f"{message.name}-example", "payload": version.example}]
        if isinstance(version.example, dict)
        else [],
        "x-eventcatalog-message-version": version.number,
        "x-eventcatalog-message-type": message.kind,
        "x-factstorm": _filled(own),
        "x-factstorm-schema": text,
    }
    if version.example is not None and not answer["examples"]:
        answer["x-factstorm"]["example"] = version.example
    return {name: value for name, value in answer.items() if value not in ("", [], None) or name == "payload"}


def _payload(version: Version, pointer: str) -> tuple[Any, str]:
    """The payload as AsyncAPI can say it, and the schema's text where that is not all (else "")."""
    parsed = parse_schema(version.schema)
    document = parsed.document
    if isinstance(document, bool):
        return ({} if document else {"not": {}}), version.schema
    put = put_in(document, pointer) if _is_sayable(document) else None
    if put is not None:
        return put, ""
    newer = in_draft202012(parsed)
    put = put_in(newer.document, pointer) if newer is not None and _is_sayable(newer.document) else None
    return (put if isinstance(put, dict) else {}), version.schema


def _is_sayable(document: Any) -> bool:
    """Whether AsyncAPI's schema object takes it: draft 7's meta-schema, more or less."""
    stack = [document]
    while stack:
        node = stack.pop()
        if isinstance(node, dict):
            if any(isinstance(node.get(key), bool) for key in ("exclusiveMinimum", "exclusiveMaximum")):
                return False
            if isinstance(node.get("discriminator"), dict) or isinstance(node.get("externalDocs"), str):
                return False
            stack.extend(node.values())
        elif isinstance(node, list):
            stack.extend(node)
    return True


def _filled(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value not in ("", [], None)}


def _key(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "_", text)
