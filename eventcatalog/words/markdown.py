"""Markdown to HTML that may be shown: CommonMark with tables, no HTML of one's own, cleaned once more at the end.

Pictures are left out: they would make every reader's browser ask another server. Terms of the glossary become links,
the first time each occurs, never inside a link, a heading or code.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

TEXT_CHARACTERS_MAX = 100_000
TERMS_LINKED_MAX = 500
_TAGS = {"a", "abbr", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol",
         "p", "pre", "s", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul"}  # fmt: skip
_ATTRIBUTES = {"a": {"href", "title", "class"}, "ol": {"start"}, "code": {"class"}}
_SCHEMES = {"http", "https", "mailto"}


@lru_cache(maxsize=1)
def _reader() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False, "linkify": False}).enable(["table", "strikethrough"])


def render(text: str, *, terms: Mapping[str, str] | None = None) -> SafeString:
    """HTML of a Markdown text. ``terms``: address of each term of the glossary."""
    reader = _reader()
    tokens = reader.parse(text[:TEXT_CHARACTERS_MAX])
    if terms:
        _link_terms(tokens, terms)
    html = reader.renderer.render(tokens, reader.options, {})
    clean = nh3.clean(html, tags=_TAGS, attributes=_ATTRIBUTES, url_schemes=_SCHEMES, link_rel="noopener nofollow")
    return mark_safe(clean)  # noqa: S308 - cleaned by nh3


def _link_terms(tokens: list[Token], terms: Mapping[str, str]) -> None:
    known = {term.casefold(): address for term, address in list(terms.items())[:TERMS_LINKED_MAX]}
    pattern = _pattern(tuple(sorted(known, key=len, reverse=True)))
    linked: set[str] = set()
    in_heading = False
    for token in tokens:
        in_heading = token.type == "heading_open" or (in_heading and token.type != "heading_close")
        if token.type != "inline" or in_heading:
            continue
        children: list[Token] = []
        in_link = 0
        for child in token.children or []:
            in_link += {"link_open": 1, "link_close": -1}.get(child.type, 0)
            if child.type != "text" or in_link:
                children.append(child)
            else:
                children += _with_links(child.content, pattern, known, linked)
        token.children = children


@lru_cache(maxsize=64)
def _pattern(terms: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(r"(?<!\w)(" + "|".join(map(re.escape, terms)) + r")(?!\w)", re.IGNORECASE)


def _with_links(text: str, pattern: re.Pattern[str], known: Mapping[str, str], linked: set[str]) -> list[Token]:
    parts: list[Token] = []
    at = 0
    for found in pattern.finditer(text):
        key = found[0].casefold()
        if key in linked:
            continue
        linked.add(key)
        parts += [_text(text[at : found.start()]), *_link(found[0], known[key])]
        at = found.end()
    return [*parts, _text(text[at:])]


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)


def _link(content: str, address: str) -> list[Token]:
    attributes: Any = {"href": address, "class": "term"}
    return [Token("link_open", "a", 1, attrs=attributes), _text(content), Token("link_close", "a", -1)]
