"""What is wrong with something that was to be read, and where."""


class InterchangeError(ValueError):
    """``place`` names the file or the pointer; ``hint`` says what would help."""

    def __init__(self, message: str, *, place: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.place = place
        self.hint = hint
