"""IRIs (RFC 3987) for the second validator, by way of URIs.

The library that jsonschema would use compiles a grammar when it is imported, which more than doubled the time every
process needs to start (2.5 s on a quiet machine). RFC 3987 defines an IRI as a URI in which certain characters beyond
ASCII may stand wherever a percent-encoded one may, so: encode those, refuse all others, and ask for a URI.
"""

import re

from rfc3986_validator import validate_rfc3986

_UCSCHAR = (
    "\xa0-\ud7ff\uf900-\ufdcf\ufdf0-\uffef"  # RFC 3987, section 2.2
    + "".join(f"{chr(plane << 16)}-{chr((plane << 16) + 0xFFFD)}" for plane in range(1, 14))
    + f"{chr(0xE1000)}-{chr(0xEFFFD)}"
)
_PRIVATE = "\ue000-\uf8ff" + "".join(f"{chr(plane << 16)}-{chr((plane << 16) + 0xFFFD)}" for plane in (15, 16))
_ANYWHERE = re.compile(f"[{_UCSCHAR}]")
_IN_QUERIES = re.compile(f"[{_PRIVATE}]")
_ENCODED = "%C3%BC"  # any will do: it takes the place of a character, nobody reads it


def is_iri(text: str) -> bool:
    """Whether the text is an IRI."""
    return _is(text, "URI")


def is_iri_reference(text: str) -> bool:
    """Whether the text is an IRI or a relative reference."""
    return _is(text, "URI_reference")


def _is(text: str, rule: str) -> bool:
    encoded = _ANYWHERE.sub(_ENCODED, text)
    before, query, rest = encoded.partition("?")
    if query and "#" not in before:
        asked, hash_, fragment = rest.partition("#")
        encoded = before + query + _IN_QUERIES.sub(_ENCODED, asked) + hash_ + fragment
    return encoded.isascii() and bool(validate_rfc3986(encoded, rule=rule))
