"""From a reference to the schema it means: out of the workspace's own rows, never from anywhere else."""

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from eventcatalog.schemas.linking import Target
from eventcatalog.schemas.parse import restore
from eventcatalog.schemas.types import ParsedSchema
from workspaces.models import Workspace

Fetch = Callable[[Target], ParsedSchema | None]


def fetch_from(workspace: Workspace, *, instead: Mapping[Target, ParsedSchema] | None = None) -> Fetch:
    """A function from a target to its schema as it was written; one query a target, each asked once.

    ``instead`` stands in for versions that don't exist yet: what would happen if they did.
    """
    known: dict[Target, ParsedSchema | None] = dict(instead or {})

    def fetch(target: Target) -> ParsedSchema | None:
        if target not in known:
            text = _text(workspace, target)
            known[target] = None if text is None else restore(orjson.loads(text))
        return known[target]

    return fetch


def _text(workspace: Workspace, target: Target) -> str | None:
    rows: Any
    if target.kind == "types":
        rows = workspace.schema_versions.filter(message_type__name=target.name, version=target.version)
    else:
        rows = workspace.component_versions.filter(component__name=target.name, version=target.version)
    found: str | None = rows.values_list("schema_text", flat=True).first()
    return found
