"""What makes two registrations one schema: the same document, the same references, the same metadata and rules.

Layout and the order of names don't count (with or without ``normalize``), so a client that writes its schema another
way gets the id it had before.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Sequence
from typing import Any

from eventcatalog.schemas.normalise import canonical_text


def digest(document: Any, references: Sequence[dict[str, Any]] = (), extras: dict[str, Any] | None = None) -> str:
    """sha256 in hex over document, references and extras (metadata, ruleSet)."""
    parts: list[Any] = [canonical_text(document)]
    if references or extras:
        parts += [sorted(references, key=lambda each: str(each["name"])), extras or {}]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def guid(digest_hex: str) -> str:
    """The schema's GUID, which newer clients put into records: made of the digest."""
    return str(uuid.UUID(bytes=bytes.fromhex(digest_hex[:32]), version=5))
