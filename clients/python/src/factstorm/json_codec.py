"""JSON in and out: orjson when it is installed, else the standard library. Both refuse NaN on the way out."""

import json
from typing import Any

try:
    import orjson
except ImportError:  # the optional extra "fast"
    orjson = None  # type: ignore[assignment,unused-ignore]


def dumps(value: Any) -> bytes:
    """One line of JSON in UTF-8. Raises TypeError or ValueError for what JSON can't say."""
    if orjson is not None:
        return orjson.dumps(value)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def loads(text: bytes | str) -> Any:
    """The value. Raises ValueError."""
    return json.loads(text) if orjson is None else orjson.loads(text)
