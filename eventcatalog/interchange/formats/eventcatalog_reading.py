"""An EventCatalog directory as a Catalogue.

Any layout that EventCatalog itself reads: what a page is follows from the folder it lies in (``events``,
``services``), its identity from its front matter. Subdomains (domains that another domain lists, or beneath a folder
of that name) become bounded contexts. Flows, entities, users, diagrams and the like have no place in a catalog here
and are counted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from eventcatalog.interchange.formats import yaml_text
from eventcatalog.interchange.formats.archives import Files
from eventcatalog.interchange.formats.errors import InterchangeError
from eventcatalog.interchange.formats.model import (
    RECEIVING,
    SEMVER,
    SENDING,
    STREAM_NAME,
    Catalogue,
    Kind,
    Message,
    Part,
    Place,
    Version,
    message_name,
    slug_of,
)

KINDS: dict[str, Kind] = {"events": "event", "commands": "command", "queries": "query"}
PLACES = ("domains", "subdomains", "services", "teams", "channels")
_COMPONENT = re.compile(r"^\s*(import\s.+|</?[A-Z][\w.]*\b[^>]*/?>)\s*$", re.MULTILINE)
_ESCAPED = re.compile(r"\\([\\{}<])")


@dataclass(slots=True)
class _Page:
    path: str
    folder: str
    sort: str
    front: dict[str, Any]
    body: str
    former: bool = False

    @property
    def id(self) -> str:
        own = self.front.get("id")
        return str(own) if own not in (None, "") else PurePosixPath(self.folder or self.path).name.removesuffix(".mdx")

    @property
    def ours(self) -> dict[str, Any]:
        found = self.front.get("x-factstorm")
        return found if isinstance(found, dict) else {}

    def text(self, key: str) -> str:
        value = self.front.get(key)
        return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def is_eventcatalog(files: Files) -> bool:
    """Whether these files look like one: a page in a folder of messages, services or domains."""
    return any(_sort_of(path) in (*KINDS, "domains", "subdomains", "services") for path in files)


def read(files: Files) -> Catalogue:
    """The catalogue. A page that can't be read is told of in ``lost``; a message without a schema is refused."""
    reading = _Reading(files)
    reading.pages()
    reading.places()
    reading.messages()
    return reading.catalogue


@dataclass
class _Reading:
    files: Files
    catalogue: Catalogue = field(default_factory=lambda: Catalogue(format="EventCatalog"))
    found: list[_Page] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)  # EventCatalog's id -> our name
    homes: dict[str, str] = field(default_factory=dict)  # folder of a context or domain -> slug

    def pages(self) -> None:
        """All pages that we understand."""
        others: dict[str, int] = {}
        for path in sorted(self.files):
            if not path.endswith((".mdx", ".md")):
                continue
            sort = _sort_of(path)
            if sort is None:
                name = path.partition("/")[0]
                if PurePosixPath(path).name.startswith("index."):
                    others[name] = others.get(name, 0) + 1
                continue
            page = self.page(path, sort)
            if page is not None:
                self.found.append(page)
        for name, count in others.items():
            self.catalogue.lose(f"{count} page{'s' * (count > 1)} beneath {name}/, which a catalog has no place for.")

    def page(self, path: str, sort: str) -> _Page | None:
        """Front matter and body of one page."""
        try:
            text = self.files[path].decode()
            front, body = _split(text, path)
        except (UnicodeDecodeError, InterchangeError) as error:
            self.catalogue.lose(f"{path}: {error}")
            return None
        folder = path.rpartition("/")[0]
        former = "/versioned/" in f"/{folder}/"
        if former:
            folder = folder[: folder.rindex("versioned/")].rstrip("/")
        return _Page(path, folder, sort, front, body, former)

    def places(self) -> None:
        """Teams, domains, contexts and services, and which lies in which."""
        current = [each for each in self.found if not each.former]
        for page in (each for each in current if each.sort == "teams"):
            self.catalogue.teams.append(_place(page, contact=str(page.ours.get("contact") or page.text("email"))))
        domains = [each for each in current if each.sort in ("domains", "subdomains")]
        listed = {_id_of(each): page.id for page in domains for each in _list(page.front.get("domains"))}
        by_id = {page.id: page for page in domains}
        for page in domains:
            parent = str(page.ours.get("context_of") or "") or listed.get(page.id) or self._folder_parent(page, domains)
            place = _place(page)
            self.homes[page.folder] = place.slug
            if parent and parent in by_id and parent != page.id:
                place.inside = slug_of(by_id[parent].id) or place.slug
                self.catalogue.contexts.append(place)
            else:
                self.catalogue.domains.append(place)
        contexts = {each.slug: each for each in self.catalogue.contexts}
        for each in self.catalogue.contexts:  # a subdomain of a subdomain lies in the domain around both
            for _ in range(len(contexts)):
                if each.inside not in contexts:
                    break
                each.inside = contexts[each.inside].inside
                self.catalogue.lose(f"{each.name} lies in another subdomain; here it lies in the domain around both.")
        holding = {_id_of(each): slug_of(page.id) for page in domains for each in _list(page.front.get("services"))}
        for page in (each for each in current if each.sort == "services"):
            inside = str(page.ours.get("context") or "") or holding.get(page.id) or self._home(page.folder)
            place = _place(page)
            place.inside = inside if inside in contexts else ""
            self.catalogue.services.append(place)

    def _folder_parent(self, page: _Page, domains: list[_Page]) -> str:
        around = [each for each in domains if each is not page and page.folder.startswith(f"{each.folder}/")]
        return max(around, key=lambda each: len(each.folder)).id if around else ""

    def _home(self, folder: str) -> str:
        around = [each for each in self.homes if folder.startswith(f"{each}/")]
        return self.homes[max(around, key=len)] if around else ""

    def messages(self) -> None:
        """Messages with their versions, then who sends and receives them."""
        pages = sorted((each for each in self.found if each.sort in KINDS), key=lambda each: not each.former)
        for page in pages:  # former ones first, so that the newest page has the last word
            self.message(page)
        for each in self.catalogue.messages:
            each.versions.sort(key=lambda version: tuple(map(int, version.number.split("."))) if version.number else ())
        kinds = {each.name: each.kind for each in self.catalogue.messages}
        for page in (each for each in self.found if each.sort == "services" and not each.former):
            for key, roles in (("sends", SENDING), ("receives", RECEIVING)):
                for pointer in _list(page.front.get(key)):
                    name = self.names.get(_id_of(pointer))
                    if name is None:
                        self.catalogue.lose(f"{page.id} {key} {_id_of(pointer)!r}, which the directory doesn't hold.")
                        continue
                    part = Part(slug_of(page.id), roles[kinds[name]], name)
                    if part not in self.catalogue.parts:
                        self.catalogue.parts.append(part)

    def message(self, page: _Page) -> None:
        """One page of a message: its words, and one version."""
        name = message_name(page.id)
        if not name:
            self.catalogue.lose(f"{page.path}: {page.id!r} can't be a message's name.")
            return
        if name != page.id:
            self.catalogue.lose(f"The message {page.id[:80]!r} is called {name} here: records carry its name.")
        self.names[page.id] = name
        found = self.catalogue.message(name)
        if found is None:
            found = Message(name, place=page.path)
            self.catalogue.messages.append(found)
        self.say(found, page)
        schema = self.schema(page)
        if schema is None:
            if not found.versions:
                found.refused = "It has no JSON Schema beside its page (schemaPath)."
            return
        found.refused = ""
        number = page.text("version").removeprefix("v")
        if not SEMVER.match(number):
            number = f"{number}.0.0" if number.isdecimal() and len(number) < 6 else ""
        example = page.ours.get("example")
        found.versions.append(Version(schema, number, str(page.ours.get("notes") or ""), example))

    def say(self, message: Message, page: _Page) -> None:
        """What the newest page says of a message."""
        ours = page.ours
        message.kind = KINDS[page.sort]
        title = str(ours.get("title") or "") if ours else page.text("name")
        message.title = "" if title == message.name else title[:200]
        body = _ESCAPED.sub(r"\1", _COMPONENT.sub("", page.body).strip())
        message.description = (body or page.text("summary"))[:20_000]
        owners = [_id_of(each) for each in _list(page.front.get("owners"))]
        teams = {each.slug for each in self.catalogue.teams}
        message.owner = next((slug_of(each) for each in owners if slug_of(each) in teams), "")
        if len(owners) > 1 or (owners and not message.owner):
            self.catalogue.lose("Owners that are people, or more than one of a message: one team owns it here.")
        badges = [str(each.get("content")) for each in _list(page.front.get("badges")) if isinstance(each, dict)]
        message.tags = [each[:40] for each in badges][:20]
        streams = [_id_of(each) for each in _list(page.front.get("channels"))]
        message.stream = next((each for each in streams if STREAM_NAME.match(each)), "")
        self.state(message, page)
        home = self._home(page.folder)
        contexts = {each.slug: each.inside for each in self.catalogue.contexts}
        message.context = str(ours.get("context") or "") if ours else (home if home in contexts else "")
        message.domain = str(ours.get("domain") or "") if ours else contexts.get(home, home)
        message.compatibility = str(ours.get("compatibility") or "")
        message.policy = str(ours.get("policy") or "")
        message.pattern = str(ours.get("pattern") or "")
        message.successor = str(ours.get("successor") or "")

    @staticmethod
    def state(message: Message, page: _Page) -> None:
        """Draft, deprecated or active."""
        deprecated, draft = page.front.get("deprecated"), page.front.get("draft")
        message.state = "deprecated" if deprecated else "draft" if draft else "active"
        if deprecated:
            words = deprecated.get("message") if isinstance(deprecated, dict) else ""
            message.deprecation_reason = str(words or "Deprecated in the imported catalog.")[:2000]

    def schema(self, page: _Page) -> str | None:
        """The text of the schema beside a page; None when there is none that is JSON or YAML."""
        folder = page.path.rpartition("/")[0]
        named = page.text("schemaPath")
        for name in filter(None, (named, "schema.json", "schema.yml", "schema.yaml")):
            content = self.files.get(_joined(folder, name))
            if content is None:
                continue
            if not name.endswith((".json", ".yml", ".yaml")):
                self.catalogue.lose(f"{page.id}: {name} is no JSON Schema.")
                continue
            text = content.decode("utf-8-sig", errors="replace")
            if name.endswith(".json"):
                return text
            from eventcatalog.interchange.formats.standalone import text_of

            return text_of(yaml_text.load(text, place=f"{folder}/{name}"))
        return None


def _sort_of(path: str) -> str | None:
    """The innermost folder that says what a page is; None for pages of other kinds."""
    parts = path.split("/")
    if parts[-1] in ("changelog.mdx", "changelog.md"):
        return None
    if parts[-1] in ("index.mdx", "index.md"):
        parts = [
            each for index, each in enumerate(parts[:-1]) if each != "versioned" and parts[index - 1] != "versioned"
        ]
        container = parts[-2] if len(parts) > 1 else ""
        return container if container in KINDS or container in PLACES else None
    if len(parts) > 1 and parts[-2] == "teams" and parts[-1].endswith((".mdx", ".md")):
        return "teams"
    return None


def _split(text: str, path: str) -> tuple[dict[str, Any], str]:
    text = text.replace("\r\n", "\n").removeprefix("\ufeff")
    if not text.startswith("---\n"):
        raise InterchangeError("The page has no front matter.", place=path)
    front, closed, body = text[4:].partition("\n---")
    if not closed:
        raise InterchangeError("The page's front matter doesn't end.", place=path)
    values = yaml_text.load(front, place=path)
    if not isinstance(values, dict):
        raise InterchangeError("The page's front matter is no list of names and values.", place=path)
    return values, body.partition("\n")[2]


def _place(page: _Page, *, contact: str = "") -> Place:
    owners = [slug_of(_id_of(each)) for each in _list(page.front.get("owners"))]
    summary = _ESCAPED.sub(r"\1", _COMPONENT.sub("", page.body).strip()) or page.text("summary")
    name = page.text("name") or page.id
    return Place(slug_of(page.id) or page.id[:80], name[:80], summary[:2000], owners[0] if owners else "", "", contact)


def _id_of(pointer: Any) -> str:
    if isinstance(pointer, dict):
        return str(pointer.get("id") or "")
    return str(pointer)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _joined(folder: str, name: str) -> str:
    parts: list[str] = [each for each in folder.split("/") if each]
    for part in name.split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)
