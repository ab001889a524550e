"""A pause after too many failed sign-ins: SIGN_IN_TRIES_PER_MINUTE per account, counted in the cache.

Counted by account and not by address: an office shares one address. The count lives in each process's memory, so
with several web processes the limit is per process.
"""

from django.conf import settings
from django.core.cache import cache

from workspaces.models import digest

_WINDOW_SECONDS = 60


def is_paused(email: str) -> bool:
    """Whether this account has used up its tries of the last minute."""
    return int(cache.get(_key(email), 0)) >= settings.SIGN_IN_TRIES_PER_MINUTE


def note_failure(email: str) -> None:
    """Count one failed try."""
    if not cache.add(_key(email), 1, _WINDOW_SECONDS):
        try:
            cache.incr(_key(email))
        except ValueError:  # it ran out between the two calls
            cache.set(_key(email), 1, _WINDOW_SECONDS)


def forget(email: str) -> None:
    """A successful sign-in clears the count."""
    cache.delete(_key(email))


def _key(email: str) -> str:
    return f"sign-in:{digest(email)}"
