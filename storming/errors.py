"""Errors of the boards' floor."""

from workspaces.errors import Conflict, FactstormError


class BoardError(FactstormError):
    """The base of this floor's own errors."""

    code = "board_error"


class EpochChanged(BoardError):
    """The board has another history than the one that was loaded."""

    code = "epoch_changed"
    http_status = 409

    def __init__(self) -> None:
        super().__init__("The board's history was replaced.", hint="Load the board again.")


class NoteRefused(BoardError):
    """A change of a board that its rules refuse; the code is the refusal's."""

    http_status = 422


class AlreadyPromoted(Conflict):
    """The note names a message type already; ``fields['type_id']`` says which."""

    code = "already_promoted"


class BadFrame(BoardError):
    """A frame that is not of the protocol; ``fields['place']`` says where."""

    code = "bad_frame"
    http_status = 400


class TooFast(BoardError):
    """More than one session may send."""

    code = "too_fast"
    http_status = 429
