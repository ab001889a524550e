"""Who remembers a key's access (to spare queries) is told here, at once, when the key is revoked in this process."""

from collections.abc import Callable

_listeners: list[Callable[[object], None]] = []


def on_key_revoked(listener: Callable[[object], None]) -> None:
    """Call ``listener(key_id)`` after each revocation."""
    _listeners.append(listener)


def key_revoked(key_id: object) -> None:
    """Tell everybody. Called by the action, after the write."""
    for listener in _listeners:
        listener(key_id)
