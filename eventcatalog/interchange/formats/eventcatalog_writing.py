"""A Catalogue as a directory that EventCatalog (the open source one) reads.

``domains/D/services/S/events/E/index.mdx`` with ``schema.json`` beside it, former versions beneath
``versioned/1.0.0/``, contexts as ``subdomains``, teams as ``teams/T.mdx``, streams as ``channels/C/index.mdx``. Every
resource has a version there; places and channels have 1.0.0. What EventCatalog has no word for is in ``x-factstorm``
of the front matter, which it leaves alone and our reading side understands.
"""

from __future__ import annotations

from typing import Any

from eventcatalog.interchange.formats import yaml_text
from eventcatalog.interchange.formats.archives import Files
from eventcatalog.interchange.formats.model import SENDING, Catalogue, Message, Place, Version

PLACE_VERSION = "1.0.0"
FOLDERS = {"event": "events", "command": "commands", "query": "queries"}
LOST = ("History, boards and records stay here: EventCatalog has no place for them.",)


def write(catalogue: Catalogue, *, date: str = "2000-01-01") -> Files:
    """Path -> bytes. ``date`` is said of deprecations (EventCatalog wants one)."""
    return _Writing(catalogue, date).files()


class _Writing:
    def __init__(self, catalogue: Catalogue, date: str) -> None:
        self._catalogue = catalogue
        self._date = date
        self._teams = {each.slug for each in catalogue.teams}
        self._versions = {each.name: each.versions[-1].number for each in catalogue.messages if each.versions}

    def files(self) -> Files:
        files: dict[str, str] = {}
        for team in self._catalogue.teams:
            files[f"teams/{team.slug}.mdx"] = _mdx(
                {
                    "id": team.slug,
                    "name": team.name,
                    "summary": _first_line(team.summary),
                    "x-factstorm": {"contact": team.contact},
                },
                team.summary,
            )
        for domain in self._catalogue.domains:
            files[f"domains/{domain.slug}/index.mdx"] = self._domain(domain)
        for context in self._catalogue.contexts:
            files[f"{self._context_folder(context)}/index.mdx"] = self._context(context)
        for service in self._catalogue.services:
            files[f"{self._service_folder(service)}/index.mdx"] = self._service(service)
        for message in self._catalogue.messages:
            files |= self._message(message)
        for stream in sorted({each.stream for each in self._catalogue.messages if each.stream}):
            files[f"channels/{stream}/index.mdx"] = _mdx(
                {
                    "id": stream,
                    "name": stream,
                    "version": PLACE_VERSION,
                    "summary": f"The stream {stream}.",
                    "address": stream,
                },
                "",
            )
        return {path: text.encode() for path, text in files.items()}

    def _domain(self, domain: Place) -> str:
        inside = {each.slug for each in self._catalogue.contexts if each.inside == domain.slug}
        front = {
            **self._named(domain),
            "domains": [_pointer(slug) for slug in sorted(inside)],
        }
        return _mdx(front, domain.summary)

    def _context(self, context: Place) -> str:
        services = [each.slug for each in self._catalogue.services if each.inside == context.slug]
        front = {
            **self._named(context),
            "services": [_pointer(slug) for slug in services],
            "x-factstorm": {"context_of": context.inside},
        }
        return _mdx(front, context.summary)

    def _service(self, service: Place) -> str:
        kinds = {each.name: each.kind for each in self._catalogue.messages}
        parts = [each for each in self._catalogue.parts if each.service == service.slug and each.message in kinds]
        sends = sorted({each.message for each in parts if each.role == SENDING[kinds[each.message]]})
        receives = sorted({each.message for each in parts if each.role != SENDING[kinds[each.message]]})
        front = {
            **self._named(service),
            "sends": [self._message_pointer(each) for each in sends],
            "receives": [self._message_pointer(each) for each in receives],
            "x-factstorm": {"context": service.inside},
        }
        return _mdx(front, service.summary)

    def _message(self, message: Message) -> dict[str, str]:
        if not message.versions:
            return {}
        folder = f"{self._home_of(message)}/{FOLDERS[message.kind]}/{message.name}"
        files = {}
        for version in message.versions:
            newest = version is message.versions[-1]
            place = folder if newest else f"{folder}/versioned/{version.number}"
            files[f"{place}/index.mdx"] = self._message_page(message, version)
            files[f"{place}/schema.json"] = version.schema
        notes = [each for each in message.versions if each.notes]
        if notes:
            told = "\n\n".join(f"## {each.number}\n\n{_escaped(each.notes)}" for each in reversed(notes))
            files[f"{folder}/changelog.mdx"] = f"---\ncreatedAt: {self._date}\n---\n\n{told}\n"
        return files

    def _message_page(self, message: Message, version: Version) -> str:
        own = {
            key: getattr(message, key) for key in ("title", "domain", "context", "compatibility", "policy", "pattern")
        }
        own |= {"successor": message.successor, "notes": version.notes, "state": message.state}
        if version.example is not None:
            own["example"] = version.example
        front: dict[str, Any] = {
            "id": message.name,
            "name": message.title or message.name,
            "version": version.number,
            "summary": _first_line(message.description),
            "owners": [message.owner] if message.owner in self._teams else [],
            "badges": [{"content": tag, "backgroundColor": "gray", "textColor": "gray"} for tag in message.tags],
            "channels": [{"id": message.stream, "version": PLACE_VERSION}] if message.stream else [],
            "schemaPath": "schema.json",
            "draft": message.state == "draft" or None,
            "deprecated": self._deprecated(message),
            "x-factstorm": own,
        }
        return _mdx(front, message.description, after='<NodeGraph />\n\n<SchemaViewer file="schema.json" />\n')

    def _deprecated(self, message: Message) -> Any:
        if message.state != "deprecated":
            return None
        words = message.deprecation_reason
        return {"date": self._date, "message": words} if words else {"date": self._date}

    def _home_of(self, message: Message) -> str:
        """Where its first sender is, else its domain, else ``.``."""
        senders = sorted(
            each.service
            for each in self._catalogue.parts
            if each.message == message.name and each.role == SENDING[message.kind]
        )
        homes = {each.slug: self._service_folder(each) for each in self._catalogue.services}
        for slug in senders:
            if slug in homes:
                return homes[slug]
        return f"domains/{message.domain}" if message.domain else "messages"

    def _service_folder(self, service: Place) -> str:
        context = next((each for each in self._catalogue.contexts if each.slug == service.inside), None)
        inside = f"{self._context_folder(context)}/" if context else ""
        return f"{inside}services/{service.slug}"

    @staticmethod
    def _context_folder(context: Place) -> str:
        return f"domains/{context.inside}/subdomains/{context.slug}"

    def _named(self, place: Place) -> dict[str, Any]:
        return {
            "id": place.slug,
            "name": place.name,
            "version": PLACE_VERSION,
            "summary": _first_line(place.summary),
            "owners": [place.owner] if place.owner in self._teams else [],
        }

    def _message_pointer(self, name: str) -> dict[str, str]:
        return {"id": name, "version": self._versions[name]} if name in self._versions else {"id": name}


def _pointer(slug: str) -> dict[str, str]:
    return {"id": slug, "version": PLACE_VERSION}


def _mdx(front: dict[str, Any], words: str, *, after: str = "") -> str:
    kept = {key: _kept(value) for key, value in front.items()}
    told = yaml_text.dump({key: value for key, value in kept.items() if value not in (None, "", [], {})})
    body = _escaped(words)
    return f"---\n{told}---\n\n{body}\n" + (f"\n{after}" if after else "")


def _kept(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: each for key, each in value.items() if each not in (None, "", [])}
    return value


def _escaped(words: str) -> str:
    """Markdown in which MDX sees no components and no expressions."""
    for each in ("\\", "{", "}", "<"):
        words = words.replace(each, f"\\{each}")
    return words


def _first_line(words: str) -> str:
    return words.strip().partition("\n")[0][:300]
