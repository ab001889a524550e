"""The types that catalog facts are of: built in, with schemas in the repository (schemas/<Name>.<version>.json).

A published schema here never changes either; a new one is a new file, and the newest is what new facts are checked by.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import orjson

from eventcatalog import evolution
from eventcatalog.schemas.validator import Validator

STREAM = "factstorm.catalog"
PREFIX = "factstorm."
SCHEMAS = Path(__file__).parent / "schemas"
_OF_TYPES = {
    "registered": "TypeRegistered",
    "published": "VersionPublished",
    "updated": "TypeUpdated",
    "deprecated": "TypeDeprecated",
    "revived": "TypeRevived",
    "declared": "ParticipationChanged",
    "withdrew": "ParticipationChanged",
}
OTHER = "CatalogChanged"


@dataclass(frozen=True, slots=True)
class FactType:
    """``name`` as records carry it: factstorm.TypeRegistered."""

    name: str
    version: str
    title: str
    description: str
    schema_text: str


def name_of(verb: str, *, of_a_type: bool) -> str:
    """The fact's type, with its prefix, for a verb of history about a message type or about something else."""
    return PREFIX + (_OF_TYPES.get(verb, OTHER) if of_a_type else OTHER)


@lru_cache(maxsize=1)
def fact_types() -> dict[str, FactType]:
    """The newest version of each, by name."""
    found: dict[str, FactType] = {}
    for file in sorted(SCHEMAS.glob("*.json"), key=_number):
        name, _, version = file.stem.partition(".")
        text = file.read_text()
        document = orjson.loads(text)
        found[PREFIX + name] = FactType(PREFIX + name, version, document["title"], document["description"], text)
    return dict(sorted(found.items()))


def _number(file: Path) -> tuple[int, ...]:
    return tuple(int(part) for part in file.stem.partition(".")[2].split("."))


@lru_cache(maxsize=32)
def validator_of(name: str) -> Validator:
    """What a fact of this type must pass."""
    return evolution.compile_text(fact_types()[name].schema_text)
