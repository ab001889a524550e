"""Errors of the catalog's floor."""

from typing import Any

from workspaces.errors import Conflict, Invalid


class NameTaken(Conflict):
    """Another thing of this kind in the workspace has the name."""

    code = "name_taken"


class StillInUse(Conflict):
    """Something else refers to it."""

    code = "in_use"


class InvalidSchema(Invalid):
    """Not JSON, or not a JSON Schema; ``fields['place']`` is {pointer, line, column}, as far as each is known."""

    code = "invalid_schema"


class VersionMoved(Conflict):
    """Somebody published in the meantime; ``fields['latest']`` is what is there now."""

    code = "version_moved"

    def __init__(self, *, expected: str, latest: str) -> None:
        super().__init__(
            f"Version {latest} was published in the meantime; you started from {expected}.",
            hint=f"Look at what {latest} changed, then check your schema against it and publish again.",
            expected=expected,
            latest=latest,
        )


class NothingChanged(Conflict):
    """The schema is the latest version's already."""

    code = "nothing_changed"


class IncompatibleError(Conflict):
    """The new schema breaks the type's compatibility mode.

    Fields: mode, against (a version), direction, changes, reasons (texts), counterexample ({document, ...} or None:
    a document that one of the schemas takes and the other refuses, checked with both validators).
    """

    code = "incompatible"

    def __init__(self, message: str, *, hint: str, mode: str, against: str, **fields: Any) -> None:
        super().__init__(message, hint=hint, mode=mode, against=against, **fields)
