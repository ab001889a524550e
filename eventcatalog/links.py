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
        self.graph = graph
        self._root = reverse(
            "eventcatalog:catalog", kwargs={"workspace": workspace}
        )  # slugs and names are safe in paths

    def service(self, key: str) -> Link:
        return Link("service", self.graph.name(key), f"{self._root}services/{key}/")

    def message(self, name: str) -> Link:
        return Link(self.graph.messages[name].kind, name, f"{self._root}types/{name}/")

    def zone(self, zone: str) -> Link:
        url = f"{self._root}domains/"
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
