"""Pages of the things that a graph speaks of: names and addresses for templates."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse

from eventcatalog.coupling.findings import Subject
from eventcatalog.coupling.graph import Graph


@dataclass(frozen=True, slots=True)
class Link:
    """A thing with its name and page."""

    kind: str
    name: str
    url: str


class Links:
    """Pages of the things a workspace's graph speaks of."""

    def __init__(self, graph: Graph, workspace: str) -> None:
        self.graph, self.workspace = graph, workspace

    def service(self, key: str) -> Link:
        url = reverse("eventcatalog:service", kwargs={"workspace": self.workspace, "slug": key})
        return Link("service", self.graph.name(key), url)

    def message(self, name: str) -> Link:
        url = reverse("eventcatalog:type", kwargs={"workspace": self.workspace, "name": name})
        return Link(self.graph.messages[name].kind, name, url)

    def zone(self, zone: str) -> Link:
        url = reverse("eventcatalog:domains", kwargs={"workspace": self.workspace})
        return Link("domain", self.graph.zone_name(zone), f"{url}#{zone}" if zone else url)

    def of(self, subject: Subject) -> Link:
        """Of a finding's subject."""
        if subject.kind == "service":
            return self.service(subject.key)
        if subject.kind == "message":
            return self.message(subject.key)
        if subject.kind == "zone":
            return self.zone(subject.key)
        return Link("stream", subject.key, "")

    def services(self, keys: Iterable[str]) -> list[Link]:
        return [self.service(key) for key in keys]
