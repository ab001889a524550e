"""Who is on a board and where: lossy, merged, never stored. Lifetime: as long as the sockets.

Changes of all sockets within FLUSH_SECONDS become one frame. Somebody who left stays in full frames as null for a
while, so that a socket that missed the frame of the leaving forgets them too.
"""

import time
from collections.abc import Iterable, Mapping
from typing import Any

FLUSH_SECONDS = 0.1
REMOTE_SECONDS = 25.0  # without news from another process, its people are gone
LEFT_SECONDS = 30.0

Person = dict[str, Any]


class People:
    """The people of one room, this process's and others', by session id."""

    def __init__(self) -> None:
        self.here: dict[str, Person] = {}
        self.elsewhere: dict[str, Person] = {}
        self._heard: dict[str, float] = {}
        self._left: dict[str, float] = {}
        self._changed: set[str] = set()

    def enter(self, session_id: str, *, actor_id: str, name: str, colour: str) -> None:
        """Somebody opened a socket here."""
        self.here[session_id] = {
            "id": actor_id, "name": name, "colour": colour,
            "cursor": None, "selection": [], "editing": None, "drag": None, "view": None,
            "hand": None, "reaction": None,
        }  # fmt: skip
        self._changed.add(session_id)

    def update(self, session_id: str, changes: Mapping[str, Any]) -> None:
        """Somebody here moved."""
        person = self.here.get(session_id)
        if person is not None:
            person.update(changes)
            self._changed.add(session_id)

    def leave(self, session_id: str) -> None:
        """A socket here closed."""
        if self.here.pop(session_id, None) is not None:
            self._gone(session_id)

    def hear(self, people: Mapping[str, Person | None]) -> None:
        """News from another process."""
        for session_id, person in people.items():
            if person is None:
                if self.elsewhere.pop(session_id, None) is not None:
                    self._gone(session_id)
            elif session_id not in self.here:
                self.elsewhere[session_id] = person
                self._heard[session_id] = time.monotonic()
                self._changed.add(session_id)

    def forget_silent(self) -> None:
        """Drop people of processes that have not been heard for long."""
        limit = time.monotonic() - REMOTE_SECONDS
        for session_id in [key for key, heard in self._heard.items() if heard < limit]:
            del self._heard[session_id]
            if self.elsewhere.pop(session_id, None) is not None:
                self._gone(session_id)

    def take_changes(self) -> dict[str, Person | None]:
        """What has changed since the last call; None for those who left."""
        changes = {key: self.here.get(key) or self.elsewhere.get(key) for key in self._changed}
        self._changed = set()
        return changes

    def changed_again(self, session_ids: Iterable[str]) -> None:
        """These did not fit into a frame: the next one has them."""
        self._changed.update(session_ids)

    def all(self) -> dict[str, Person | None]:
        """Everybody, and those who left lately as None."""
        now = time.monotonic()
        self._left = {key: at for key, at in self._left.items() if now - at < LEFT_SECONDS}
        return {**dict.fromkeys(self._left), **self.elsewhere, **self.here}

    def listed(self) -> list[Person]:
        """Everybody as a list, for the welcome; what they hold follows in a presence frame."""
        everybody = (self.elsewhere | self.here).items()
        return [{"session": key, **person, "selection": [], "drag": None} for key, person in everybody]

    def _gone(self, session_id: str) -> None:
        self._left[session_id] = time.monotonic()
        self._heard.pop(session_id, None)
        self._changed.add(session_id)
