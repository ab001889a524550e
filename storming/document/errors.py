"""What the document refuses."""


class Refusal(Exception):
    """A patch that must not be applied: a stable code, plain words, the place in the operation and a hint."""

    def __init__(self, code: str, message: str, *, place: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.place = place
        self.hint = hint

    def as_json(self) -> dict[str, str]:
        """``{"code", "message"}``, with ``place`` and ``hint`` where there are any."""
        parts = {"code": self.code, "message": self.message, "place": self.place, "hint": self.hint}
        return {name: value for name, value in parts.items() if value}
