"""The base of every error that people or services get to see.

``code`` is stable and for programs; ``message`` says what is wrong and ``hint`` how to mend it, in plain words;
``fields`` carries structured details. The HTTP status is mapped at the edge (workspaces.api_errors, PlainErrors).
"""

from typing import Any


class FactstormError(Exception):
    """A refusal or failure with its place and a hint for mending it."""

    code = "error"
    http_status = 400

    def __init__(self, message: str, *, hint: str = "", code: str | None = None, **fields: Any) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.fields = fields
        if code is not None:
            self.code = code

    def as_json(self) -> dict[str, Any]:
        """``{"error": {"code", "message", "hint", ...fields}}``: the body of every API refusal."""
        return {"error": {"code": self.code, "message": self.message, "hint": self.hint, **self.fields}}


class NotSignedIn(FactstormError):
    """Nobody is signed in and no valid key came along."""

    code = "not_signed_in"
    http_status = 401

    def __init__(self) -> None:
        super().__init__(
            "This needs somebody who is signed in.",
            hint="Sign in, or send an API key as 'Authorization: Bearer <key>'.",
        )


class NotFound(FactstormError):
    """The thing does not exist, or the asker must not learn that it does. Both look the same."""

    code = "not_found"
    http_status = 404

    def __init__(self) -> None:
        super().__init__("There is nothing here.", hint="Check the address, and that you are in the right workspace.")


class Forbidden(FactstormError):
    """The asker may see the thing, but not do this."""

    code = "forbidden"
    http_status = 403

    def __init__(self, message: str = "Your role does not allow this.", *, hint: str = "", **fields: Any) -> None:
        super().__init__(message, hint=hint or "Ask an owner of the workspace for another role.", **fields)


class Invalid(FactstormError):
    """The input is wrong; ``fields['place']`` says where, when there is a place."""

    code = "invalid"
    http_status = 422


class Conflict(FactstormError):
    """The thing has changed or exists already."""

    code = "conflict"
    http_status = 409


class LimitReached(FactstormError):
    """A limit of docs/settings.md is reached."""

    code = "limit_reached"
    http_status = 429
