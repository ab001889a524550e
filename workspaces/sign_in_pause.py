"""A pause after too many failed sign-ins: SIGN_IN_TRIES_PER_MINUTE per account, counted in the cache.

Counted by account and not by address: an office shares one address. With REDIS_URL the cache is Redis, and the count
holds over all web processes; without it there is one process, and its memory does.
"""

import contextlib
import logging
from collections.abc import Iterator

from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError

from workspaces.models import digest

_WINDOW_SECONDS = 60
_log = logging.getLogger(__name__)


def is_paused(email: str) -> bool:
    """Whether this account has used up its tries of the last minute. Without Redis nobody is: people must get in."""
    with _though_redis_is_away():
        return int(cache.get(_key(email), 0)) >= settings.SIGN_IN_TRIES_PER_MINUTE
    return False


def note_failure(email: str) -> None:
    """Count one failed try."""
    with _though_redis_is_away():
        if not cache.add(_key(email), 1, _WINDOW_SECONDS):
            try:
                cache.incr(_key(email))
            except ValueError:  # it ran out between the two calls
                cache.set(_key(email), 1, _WINDOW_SECONDS)


def forget(email: str) -> None:
    """A successful sign-in clears the count."""
    with _though_redis_is_away():
        cache.delete(_key(email))


@contextlib.contextmanager
def _though_redis_is_away() -> Iterator[None]:
    try:
        yield
    except RedisError as error:
        _log.warning("failed sign-ins are not counted, Redis does not answer: %s", error)


def _key(email: str) -> str:
    return f"sign-in:{digest(email)}"
