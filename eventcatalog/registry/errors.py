"""Refusals of the registry: published codes, whose first three digits are the HTTP status."""

from workspaces.errors import FactstormError


class RegistryError(FactstormError):
    """``{"error_code": number, "message": text}`` at the edge."""

    def __init__(self, number: int, message: str) -> None:
        super().__init__(message)
        self.number = number
        self.http_status = int(str(number)[:3])


def subject_not_found(name: str) -> RegistryError:
    """40401."""
    return RegistryError(40401, f"Subject '{name}' not found.")


def version_not_found(version: object) -> RegistryError:
    """40402."""
    return RegistryError(40402, f"Version {version} not found.")


def schema_not_found(schema: object = "") -> RegistryError:
    """40403."""
    return RegistryError(40403, f"Schema {schema} not found." if schema != "" else "Schema not found.")


def invalid_schema(message: str) -> RegistryError:
    """42201."""
    return RegistryError(42201, f"Invalid schema: {message}")


def not_permitted(message: str) -> RegistryError:
    """42205."""
    return RegistryError(42205, message)
