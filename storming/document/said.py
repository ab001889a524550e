"""What is said of notes besides their text: tags, links, fields, owner, due date, state, and what was put to rest.

Shapes, all replaced as a whole by a patch:
``tags`` [text], ``links`` [{"url", "title"?}], ``fields`` [{"name", "type", "example"?, "required"?}], ``owner`` text,
``due`` "YYYY-MM-DD", ``state`` "open" | "doing" | "settled", ``hushed`` [codes of hints that were dismissed],
``distinct`` [ids of notes that look alike but mean something else], ``mentions`` [actor ids], ``emoji`` one of EMOJI.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType
from typing import Any

LISTED_MAX = 40
DISTINCT_MAX = 200
WORDS_CHARS_MAX = 80
URL_CHARS_MAX = 2_000
EXAMPLE_CHARS_MAX = 400
STATES = ("open", "doing", "settled")
EMOJI = ("👍", "❤️", "🎉", "🤔", "👀", "⚠️")
FIELD_TYPES = (
    "text", "number", "whole number", "yes or no", "date and time", "date", "uuid", "email", "web address",
    "list of texts", "list of objects", "object",
)  # fmt: skip
_URL = re.compile(r"(https?://|mailto:)\S+")
_FIELD_NAME = re.compile(r"[^\s\x00-\x1f\"\\]{1,80}")


def _words(value: Any, chars_max: int = WORDS_CHARS_MAX) -> bool:
    return isinstance(value, str) and len(value.strip()) > 0 and len(value) <= chars_max and value.isprintable()


def _list_of(value: Any, fits: Callable[[Any], bool], count_max: int = LISTED_MAX) -> bool:
    return isinstance(value, list) and len(value) <= count_max and all(fits(each) for each in value)


def _object(value: Any, needs: Mapping[str, Callable[[Any], bool]], may: Mapping[str, Callable[[Any], bool]]) -> bool:
    if not isinstance(value, dict) or not needs.keys() <= value.keys() <= needs.keys() | may.keys():
        return False
    return all((needs.get(name) or may[name])(part) for name, part in value.items())


def _is_link(value: Any) -> bool:
    return _object(
        value,
        {"url": lambda url: isinstance(url, str) and len(url) <= URL_CHARS_MAX and bool(_URL.fullmatch(url))},
        {"title": lambda title: title == "" or _words(title, 200)},
    )


def _is_field(value: Any) -> bool:
    return _object(
        value,
        {
            "name": lambda name: isinstance(name, str) and bool(_FIELD_NAME.fullmatch(name)),
            "type": lambda name: name in FIELD_TYPES,
        },
        {
            "example": lambda text: isinstance(text, str) and len(text) <= EXAMPLE_CHARS_MAX and "\x00" not in text,
            "required": lambda flag: isinstance(flag, bool),
        },
    )


def _tags(value: Any, limits: Any) -> str:
    return "" if _list_of(value, _words) else f"at most {LISTED_MAX} words of at most {WORDS_CHARS_MAX} characters"


def _links(value: Any, limits: Any) -> str:
    fits = _list_of(value, _is_link)
    return "" if fits else f'at most {LISTED_MAX} of {{"url", "title"}}, with addresses that begin with https://'


def _fields(value: Any, limits: Any) -> str:
    names = [each["name"] for each in value] if _list_of(value, _is_field) else None
    if names is None:
        return f'at most {LISTED_MAX} of {{"name", "type", "example", "required"}}; types are {", ".join(FIELD_TYPES)}'
    return "" if len(set(names)) == len(names) else "fields with different names"


def _owner(value: Any, limits: Any) -> str:
    return "" if _words(value) else f"a name of at most {WORDS_CHARS_MAX} characters"


def _due(value: Any, limits: Any) -> str:
    try:
        return "" if isinstance(value, str) and date.fromisoformat(value).isoformat() == value else "a date, YYYY-MM-DD"
    except ValueError:
        return "a date, YYYY-MM-DD"


def _state(value: Any, limits: Any) -> str:
    return "" if value in STATES else f"one of {', '.join(STATES)}"


def _codes(value: Any, limits: Any) -> str:
    return "" if _list_of(value, _words) else f"at most {LISTED_MAX} codes"


def _ids(value: Any, limits: Any) -> str:
    return "" if _list_of(value, _words, DISTINCT_MAX) else f"at most {DISTINCT_MAX} ids"


def _emoji(value: Any, limits: Any) -> str:
    return "" if value in EMOJI else f"one of {' '.join(EMOJI)}"


SAID_CHECKS: Mapping[str, Callable[[Any, Any], str]] = MappingProxyType(
    {
        "tags": _tags,
        "links": _links,
        "fields": _fields,
        "owner": _owner,
        "due": _due,
        "state": _state,
        "hushed": _codes,
        "distinct": _ids,
        "mentions": _ids,
        "emoji": _emoji,
    }
)
