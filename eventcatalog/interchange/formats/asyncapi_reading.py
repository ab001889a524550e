"""AsyncAPI 2.x and 3.0 documents as a Catalogue.

The document's application is a service. In 3.0 it sends and receives; in 2.x clients *publish* what it receives and
*subscribe* to what it sends. Every message becomes a type (an event, unless ``x-eventcatalog-message-type`` says
otherwise) whose schema is its payload with all that the payload refers to. Documents that Factstorm wrote say more in
``x-factstorm``. What a catalog has no place for (servers, bindings, security, header schemas, parameters, replies) is
counted in ``lost``. Nothing is fetched.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from eventcatalog.interchange.formats.errors import InterchangeError
from eventcatalog.interchange.formats.model import (
    KINDS,
    RECEIVING,
    SEMVER,
    SENDING,
    STREAM_NAME,
    Catalogue,
    Message,
    Part,
    Place,
    Version,
    message_name,
    slug_of,
)
from eventcatalog.interchange.formats.standalone import DRAFT_7, taken_out, text_of
from eventcatalog.schemas.pointers import follow, pointer_to

FOLLOW_MAX = 20
JSON_FORMATS = ("application/vnd.aai.asyncapi", "application/schema+json", "application/schema+yaml")


def is_asyncapi(document: Any) -> bool:
    """Whether it says that it is."""
    return isinstance(document, dict) and isinstance(document.get("asyncapi"), str | float | int)


def read(document: Any, *, place: str = "") -> Catalogue:
    """The catalogue. Raises InterchangeError for another major version, or where the document's frame is broken."""
    if not is_asyncapi(document):
        raise InterchangeError("This is no AsyncAPI document: it has no 'asyncapi' version.", place=place)
    version = str(document["asyncapi"])
    if version.partition(".")[0] not in ("2", "3"):
        raise InterchangeError(
            f"AsyncAPI {version[:20]} can't be read; 2.x and 3.x can.",
            place=place,
            hint="Convert it with the AsyncAPI converter first.",
        )
    reading = _Reading(document, place)
    reading.frame()
    if version.startswith("2"):
        reading.channels_of_2()
    else:
        reading.channels_of_3()
    reading.components()
    reading.count_what_is_lost()
    return reading.finish()


@dataclass
class _Reading:
    document: dict[str, Any]
    place: str
    catalogue: Catalogue = field(default_factory=Catalogue)
    service: str = ""
    seen: dict[str, str] = field(default_factory=dict)  # pointer of a message -> its name
    odd_addresses: list[str] = field(default_factory=list)

    def frame(self) -> None:
        """Title, service, and the places that only x-factstorm knows."""
        info = _dict(self.document.get("info"))
        self.catalogue.format = f"AsyncAPI {self.document['asyncapi']}"
        self.catalogue.title = str(info.get("title") or "")[:200]
        self.catalogue.description = str(info.get("description") or "")
        ours = info.get("x-factstorm")
        if isinstance(ours, dict):
            for key in ("teams", "domains", "contexts", "services"):
                getattr(self.catalogue, key).extend(_places(ours.get(key)))
            self.service = str(ours.get("service") or "")
            return
        self.service = slug_of(self.catalogue.title)
        if self.service:
            summary = self.catalogue.description[:2000]
            self.catalogue.services.append(Place(self.service, self.catalogue.title[:80], summary))

    def channels_of_3(self) -> None:
        """Channels give messages their stream, operations say who sends and receives."""
        for key, raw in _dict(self.document.get("channels")).items():
            pointer, channel = self.resolved(raw, pointer_to(("channels", key)))
            address = channel.get("address", key)
            for name in _dict(channel.get("messages")):
                at = f"{pointer}{pointer_to(('messages', name))}"
                self.message(at, name, stream=str(address or ""))
        for key, raw in _dict(self.document.get("operations")).items():
            pointer, operation = self.resolved(raw, pointer_to(("operations", key)))
            ours = _dict(operation.get("x-factstorm"))
            service = str(ours.get("service") or "") or self.service
            for name in self.messages_of(operation, pointer):
                self.part(service, name, str(operation.get("action")), str(ours.get("role") or ""))
            if "reply" in operation:
                self.catalogue.lose("How operations are replied to: a catalog names queries and who handles them.")

    def messages_of(self, operation: dict[str, Any], pointer: str) -> list[str]:
        """Names of the messages of an operation: those it lists, else all of its channel."""
        listed = operation.get("messages")
        if isinstance(listed, list):
            found = [self.message(f"{pointer}/messages/{index}", "") for index in range(len(listed))]
            return [name for name in found if name]
        at, channel = self.resolved(operation.get("channel"), f"{pointer}/channel")
        names = [self.message(f"{at}{pointer_to(('messages', each))}", each) for each in _dict(channel.get("messages"))]
        return [name for name in names if name]

    def channels_of_2(self) -> None:
        """``publish`` is what the application receives, ``subscribe`` what it sends."""
        for key, raw in _dict(self.document.get("channels")).items():
            pointer, channel = self.resolved(raw, pointer_to(("channels", key)))
            for verb, action in (("publish", "receive"), ("subscribe", "send")):
                operation = channel.get(verb)
                if not isinstance(operation, dict) or "message" not in operation:
                    continue
                fallback = str(operation.get("operationId") or key)
                for at in self.variants(f"{pointer}/{verb}/message"):
                    name = self.message(at, fallback, stream=key)
                    if name:
                        self.part(self.service, name, action, "")

    def variants(self, pointer: str) -> Iterator[str]:
        """One message, or each of a ``oneOf``."""
        at, message = self.resolved(follow(self.document, pointer), pointer)
        if isinstance(message.get("oneOf"), list):
            yield from (f"{at}/oneOf/{index}" for index in range(len(message["oneOf"])))
        else:
            yield at

    def components(self) -> None:
        """Messages that lie on no channel, former versions among them."""
        messages = _dict(_dict(self.document.get("components")).get("messages"))
        for key in messages:
            self.message(pointer_to(("components", "messages", key)), key)

    def message(self, pointer: str, fallback: str, *, stream: str = "") -> str:
        """Take in the message at a place; its name, or "" when nothing can be made of it."""
        try:
            at, raw = self.resolved(follow(self.document, pointer), pointer)
        except (LookupError, ValueError, InterchangeError) as error:
            self.refuse(fallback or pointer, pointer, str(error))
            return ""
        if at in self.seen:
            self.set_stream(self.seen[at], stream)
            return self.seen[at]
        raw = self.with_traits(raw)
        ours = _dict(raw.get("x-factstorm"))
        key = at.rpartition("/")[2]
        own = str(ours.get("name") or raw.get("name") or raw.get("messageId") or "")
        name = message_name(own) or message_name(fallback if key.isdecimal() or not fallback else key)
        name = name or message_name(key) or "Message"
        if own and name != own:
            self.catalogue.lose(f"The message {own[:80]!r} is called {name} here: records carry its name.")
        self.seen[at] = name
        self.take(name, at, raw, ours)
        self.set_stream(name, stream)
        return name

    def take(self, name: str, at: str, raw: dict[str, Any], ours: dict[str, Any]) -> None:
        """A message's words and one version."""
        found = self.catalogue.message(name)
        if found is None:
            found = self.words(name, at, raw, ours)
            self.catalogue.messages.append(found)
        elif ours.get("latest"):
            renewed = self.words(name, at, raw, ours)
            renewed.versions, renewed.stream = found.versions, found.stream
            self.catalogue.messages[self.catalogue.messages.index(found)] = renewed
            found = renewed
        try:
            version = self.version(at, raw, ours)
        except InterchangeError as error:
            if not found.versions:
                found.refused = f"{error.message} {error.hint}".strip()
            else:
                self.catalogue.lose(f"{name}: {error.message}")
            return
        found.refused = ""
        if all(each.schema != version.schema or each.number != version.number for each in found.versions):
            found.versions.append(version)

    def words(self, name: str, at: str, raw: dict[str, Any], ours: dict[str, Any]) -> Message:
        """What a message says of itself."""
        kind = str(ours.get("kind") or raw.get("x-eventcatalog-message-type") or "event")
        description = str(raw.get("description") or raw.get("summary") or "")
        keys = ("domain", "context", "owner", "compatibility", "policy", "pattern", "deprecation_reason", "successor")
        kept: dict[str, Any] = {each: str(ours.get(each) or "") for each in keys}
        return Message(
            name,
            kind=kind if kind in KINDS else "event",  # type: ignore[arg-type]
            title=str(raw.get("title") or "")[:200],
            description=description[:20_000],
            state=str(ours.get("state") or "active"),
            tags=[str(each.get("name"))[:40] for each in raw.get("tags") or () if isinstance(each, dict)][:20],
            place=at,
            **kept,
        )

    def version(self, at: str, raw: dict[str, Any], ours: dict[str, Any]) -> Version:
        """The payload as a schema that stands alone."""
        number = str(ours.get("version") or raw.get("x-eventcatalog-message-version") or "")
        number = number if SEMVER.match(number) else ""
        example = ours.get("example")
        if example is None:
            given = [each.get("payload") for each in raw.get("examples") or () if isinstance(each, dict)]
            example = next((each for each in given if each is not None), None)
        text = raw.get("x-factstorm-schema")
        if not isinstance(text, str):
            text = self.schema_of(at, raw, ours)
        return Version(text, number, str(ours.get("notes") or ""), example)

    def schema_of(self, at: str, raw: dict[str, Any], ours: dict[str, Any]) -> str:
        """The text of a payload's schema. Raises InterchangeError for formats that are no JSON Schema."""
        if "payload" not in raw:
            self.catalogue.lose("Some messages have no payload: any document is taken for them.")
            return text_of({"$schema": DRAFT_7})
        pointer = self.payload_pointer(at)
        where, payload = self.resolved_schema(pointer)
        stated = str(raw.get("schemaFormat") or "")
        if isinstance(payload, dict) and "schemaFormat" in payload and "schema" in payload:
            stated = str(payload["schemaFormat"])
            where, payload = self.resolved_schema(f"{where}/schema")
        if stated and not stated.startswith(JSON_FORMATS):
            raise InterchangeError(
                f"Its payload is written in {stated[:80]}.", place=pointer, hint="Only JSON Schemas can be kept."
            )
        schema = taken_out(self.document, where, dialect="" if ours else DRAFT_7)
        return text_of(schema)

    def payload_pointer(self, at: str) -> str:
        """Where the payload is: in the message, or in one of its traits."""
        message = follow(self.document, at)
        if "payload" in message:
            return f"{at}/payload"
        for index in range(len(message.get("traits") or ())):
            where, trait = self.resolved(message["traits"][index], f"{at}/traits/{index}")
            if "payload" in trait:
                return f"{where}/payload"
        raise InterchangeError("It has no payload.", place=at)

    def resolved_schema(self, pointer: str) -> tuple[str, Any]:
        """Follow a payload that is nothing but a reference to its place, so that it isn't wrapped."""
        value = follow(self.document, pointer)
        for _ in range(FOLLOW_MAX):
            reference = value.get("$ref") if isinstance(value, dict) else None
            if not isinstance(reference, str) or not reference.startswith("#/"):
                return pointer, value
            pointer = reference[1:]
            value = _at(self.document, pointer)
        return pointer, value

    def with_traits(self, raw: dict[str, Any]) -> dict[str, Any]:
        """The message with what its traits say where it says nothing."""
        merged: dict[str, Any] = {}
        for trait in raw.get("traits") or ():
            try:
                merged |= self.resolved(trait, "")[1]
            except InterchangeError as error:
                self.catalogue.lose(error.message)
        return merged | raw

    def part(self, service: str, name: str, action: str, role: str) -> None:
        """Who sends or receives."""
        message = self.catalogue.message(name)
        if message is None or not service or action not in ("send", "receive"):
            return
        usual = SENDING[message.kind] if action == "send" else RECEIVING[message.kind]
        found = Part(service, role if role in (SENDING[message.kind], RECEIVING[message.kind]) else usual, name)
        if found not in self.catalogue.parts:
            self.catalogue.parts.append(found)

    def set_stream(self, name: str, stream: str) -> None:
        """The channel's address, where a stream may be called so."""
        message = self.catalogue.message(name)
        if message is None or message.stream or not stream:
            return
        if STREAM_NAME.match(stream):
            message.stream = stream
        elif stream not in self.odd_addresses:
            self.odd_addresses.append(stream)

    def refuse(self, name: str, place: str, why: str) -> None:
        """A message that can't be read is told of."""
        called = message_name(name.rpartition("/")[2]) or "Message"
        if self.catalogue.message(called) is None:
            self.catalogue.messages.append(Message(called, place=place, refused=why))

    def resolved(self, value: Any, pointer: str) -> tuple[str, dict[str, Any]]:
        """An object and its place, through references. Raises InterchangeError."""
        for _ in range(FOLLOW_MAX):
            if not isinstance(value, dict):
                raise InterchangeError("An object should be here.", place=pointer)
            reference = value.get("$ref")
            if not isinstance(reference, str):
                return pointer, value
            if not reference.startswith("#/"):
                raise InterchangeError(
                    f"The reference {reference[:100]!r} leads out of the document; nothing is fetched.",
                    place=pointer,
                    hint="Bundle the document first.",
                )
            pointer = reference[1:]
            value = _at(self.document, pointer)
        raise InterchangeError("These references go round in circles.", place=pointer)

    def count_what_is_lost(self) -> None:
        """What the document says and a catalog does not hold."""
        counts: dict[str, int] = {}
        text = json.dumps(self.document, default=str)
        for word, what in (("bindings", "bindings"), ("headers", "header schemas"), ("security", "security schemes"),
                           ("correlationId", "correlation ids"), ("parameters", "channel parameters")):  # fmt: skip
            counts[what] = text.count(f'"{word}": {{') + text.count(f'"{word}": [')
        servers = _dict(self.document.get("servers"))
        if any(name != "factstorm" for name in servers):
            counts["servers"] = len(servers)
        for what, count in counts.items():
            if count:
                self.catalogue.lose(f"{count} {what if count > 1 else what.removesuffix('s')} of the document.")

    def finish(self) -> Catalogue:
        """Versions in order, the newest last; what became of the channels."""
        if self.odd_addresses:
            count = len(self.odd_addresses)
            first = self.odd_addresses[0][:80] + (", ..." if count > 1 else "")
            what = "channel address" if count == 1 else "channel addresses"
            self.catalogue.lose(f"{count} {what} that can't be a stream's name ({first}): no stream is set for them.")
        for each in self.catalogue.messages:
            each.versions.sort(key=lambda version: tuple(map(int, version.number.split("."))) if version.number else ())
        return self.catalogue


def _at(document: Any, pointer: str) -> Any:
    try:
        return follow(document, pointer)
    except (LookupError, ValueError) as error:
        raise InterchangeError(f"The reference '#{pointer}' leads nowhere.", place=pointer) from error


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _places(found: Any) -> list[Place]:
    places = []
    for each in found if isinstance(found, list) else ():
        if isinstance(each, dict) and each.get("slug") and each.get("name"):
            fields = {key: str(each.get(key) or "") for key in ("summary", "owner", "inside", "contact")}
            places.append(Place(str(each["slug"])[:80], str(each["name"])[:80], **fields))
    return places
