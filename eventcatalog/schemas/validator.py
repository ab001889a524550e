"""Holding payloads against a schema: a quick yes, or a no in words. jsonschema-rs decides and says why.

A payload is strict JSON in UTF-8 (RFC 8259): no NaN, no Infinity, at most DEPTH_MAX levels, so that whoever reads it
later can parse it with an ordinary parser. Duplicate names are taken and the last one counts, as for nearly every
parser: refusing them would cost the hot path a second pass; the bytes are kept as they came. Formats are asserted
(date-time, date, time, duration, uuid, email, uri, ipv4, hostname, ...): a format that nobody checks is a comment.

A batch that is all right takes the quick way where the schema allows it (quick.py): parsed and checked in one pass by a
typed decoder. Collecting all errors of a large document costs memory and time, so that is bounded: a payload above
WORDED_BYTES_MAX, and what follows after as many bytes in a batch, is told its first fault only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import jsonschema_rs
import orjson

from eventcatalog.schemas import quick, strict_json
from eventcatalog.schemas.engine import compile_fast
from eventcatalog.schemas.errors import Fault
from eventcatalog.schemas.types import ParsedSchema
from eventcatalog.schemas.wording import faults_from

DEPTH_MAX = 200
WORDED_BYTES_MAX = 256 * 1024
QUICK_MISSES_MAX = 8  # batches in a row that the quick way did not take: the data is not made for it
QUICK_PAUSE = 1_000  # batches until it is tried again


def compile_validator(parsed: ParsedSchema) -> Validator:
    """A validator for a parsed schema; make one a schema version and keep it."""
    return Validator(parsed)


class Validator:
    """One schema, compiled. Safe to share among threads."""

    def __init__(self, parsed: ParsedSchema) -> None:
        self.parsed = parsed
        self._fast = compile_fast(parsed)
        self._is_valid: Callable[[Any], bool] = self._fast.is_valid
        self._quick_misses = 0
        self._quick_pause = 0

    def accepts(self, payload: bytes) -> bool:
        """Whether these bytes are JSON that the schema takes."""
        try:
            document = orjson.loads(payload)
            return self._is_valid(document) and not _too_deep(payload, document)
        except ValueError:
            return False

    def takes(self, document: Any) -> bool:
        """Whether the schema takes a document that has been parsed already."""
        return self._is_valid(document)

    def faults(self, payloads: Sequence[bytes]) -> list[list[Fault] | None]:
        """For each payload None, or what is wrong with it. All good is the quick way out."""
        if not payloads:
            return []
        if self._surely_fit(payloads):
            return [None] * len(payloads)
        try:
            # short payloads can't be deep: no need to look
            shallow = max(map(len, payloads)) < 2 * DEPTH_MAX or not any(map(_may_be_deep, payloads))
            if shallow and all(map(self._is_valid, map(orjson.loads, payloads))):
                return [None] * len(payloads)
        except ValueError:
            pass  # one of them is no JSON: look at each
        return self._one_by_one(payloads)

    @cached_property
    def _quick(self) -> quick.QuickCheck | None:
        return quick.quick_check(self.parsed)

    def _surely_fit(self, payloads: Sequence[bytes]) -> bool:
        """True: all of them fit. False: not known yet."""
        if self._quick_pause:
            self._quick_pause -= 1
            return False
        if self._quick is None:
            return False
        if self._quick(payloads):
            self._quick_misses = 0
            return True
        self._quick_misses += 1
        if self._quick_misses >= QUICK_MISSES_MAX:
            self._quick_misses, self._quick_pause = 0, QUICK_PAUSE
        return False

    def _one_by_one(self, payloads: Sequence[bytes]) -> list[list[Fault] | None]:
        answers: list[list[Fault] | None] = []
        worded_bytes = 0
        for payload in payloads:
            if self.accepts(payload):
                answers.append(None)
                continue
            worded_bytes += len(payload)
            answers.append(self.explain(payload, briefly=worded_bytes > WORDED_BYTES_MAX))
        return answers

    def explain(self, payload: bytes, *, briefly: bool = False) -> list[Fault]:
        """What is wrong with a payload, the outermost first, at most 10 faults; empty if nothing is.

        briefly: only the first fault that comes along.
        """
        try:
            document = orjson.loads(payload)
        except orjson.JSONDecodeError:
            return [_no_json(payload)]
        if _too_deep(payload, document):
            return [strict_json.too_deep(DEPTH_MAX).fault]
        return self.explain_document(document, briefly=briefly or len(payload) > WORDED_BYTES_MAX)

    def explain_document(self, document: Any, *, briefly: bool = False) -> list[Fault]:
        """The same for a document that has been parsed already."""
        if self._is_valid(document):
            return []
        if not briefly:
            return faults_from(self._fast.iter_errors(document))
        try:
            self._fast.validate(document)
        except jsonschema_rs.ValidationError as error:
            return faults_from([error])[:1]
        return []


def _may_be_deep(payload: bytes) -> bool:
    """Whether there are brackets enough for too deep a nesting."""
    return len(payload) >= 2 * DEPTH_MAX and payload.count(b"{") + payload.count(b"[") > DEPTH_MAX


def _too_deep(payload: bytes, document: Any) -> bool:
    return _may_be_deep(payload) and strict_json.depth_exceeds(document, DEPTH_MAX)


def _no_json(payload: bytes) -> Fault:
    try:
        strict_json.loads(payload, depth_max=DEPTH_MAX)
    except strict_json.JSONFault as error:
        return error.fault
    return Fault("", "This is not JSON.", "json")
