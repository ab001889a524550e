"""What is sent back. Null and empty fields are left out; fields of newer releases only to clients that take any."""

from typing import Any

from eventcatalog.registry.models import RegistrySchema, RegistryVersion

MEDIA_TYPE = "application/vnd.schemaregistry.v1+json"


def schema(each: RegistrySchema, *, newer: bool = False) -> dict[str, Any]:
    """A schema without subject and version."""
    answer = {"schemaType": "JSON", "schema": each.text, "references": each.references, **each.extras}
    if newer:
        answer["guid"] = each.guid
    return {key: value for key, value in answer.items() if value not in (None, "", [], {})}


def version(each: RegistryVersion, *, newer: bool = False) -> dict[str, Any]:
    """A subject's version in full."""
    return {
        "subject": each.subject.name,
        "id": each.schema_id,
        "version": each.number,
        **schema(each.schema, newer=newer),
    }


def registered(each: RegistryVersion, *, newer: bool = False) -> dict[str, Any]:
    """The answer to a registration: the id, and for newer clients the rest."""
    return version(each, newer=True) if newer else {"id": each.schema_id}


def place(each: RegistryVersion) -> dict[str, Any]:
    """Where a schema is known."""
    return {"subject": each.subject.name, "version": each.number}


def level(value: str) -> str:
    """``backward_transitive`` -> ``BACKWARD_TRANSITIVE``."""
    return value.upper()
