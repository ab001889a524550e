"""From a text (or Python values) to a schema that can be relied on.

Checked in this order, the first trouble is raised: size and JSON syntax; repeated names, depth, number of values; the
dialect; the meta-schema; patterns (see regexes.py); references, which must stay inside the document, lead somewhere
and not go round in circles; and at last that the fast validator can compile it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
from jsonschema import exceptions

from eventcatalog.schemas import keywords, references, regexes, strict_json
from eventcatalog.schemas.engine import compile_fast, second_class
from eventcatalog.schemas.errors import SchemaError
from eventcatalog.schemas.linking import Fetch, link
from eventcatalog.schemas.pointers import pointer_to
from eventcatalog.schemas.types import Draft, ParsedSchema, Schema

TEXT_BYTES_MAX = 1024 * 1024
DEPTH_MAX = 64
VALUES_MAX = 100_000

_DRAFTS = {
    "json-schema.org/draft-04/schema": Draft.DRAFT4,
    "json-schema.org/draft-06/schema": Draft.DRAFT6,
    "json-schema.org/draft-07/schema": Draft.DRAFT7,
    "json-schema.org/draft/2019-09/schema": Draft.DRAFT201909,
    "json-schema.org/draft/2020-12/schema": Draft.DRAFT202012,
    "json-schema.org/schema": Draft.DRAFT202012,
}


def parse_schema(source: str | bytes | Schema, *, fetch: Fetch | None = None) -> ParsedSchema:
    """A schema from JSON text or from Python values. Raises SchemaError (its codes are listed there).

    ``fetch`` finds what is referred to in the catalog (linking.py); what comes back is then the linked schema.
    """
    document = _document(source)
    draft = draft_of(document)
    if fetch is not None:
        document = link(document, draft, fetch)
    _check_one_dialect(document, draft)
    _check_meta_schema(document, draft)
    _check_patterns(document)
    references.check(document, draft)
    parsed = ParsedSchema(document, draft)
    _check_compiles(parsed)
    return parsed


def restore(document: Schema) -> ParsedSchema:
    """A schema that went through `parse_schema` before (from the database): no checks, so it costs nothing."""
    return ParsedSchema(document, draft_of(document))


def draft_of(document: Schema) -> Draft:
    """The dialect that `$schema` names; 2020-12 if it names none. Raises SchemaError for one we don't take."""
    name = document.get("$schema") if isinstance(document, dict) else None
    if name is None:
        return Draft.DRAFT202012
    draft = _DRAFTS.get(name.rstrip("#").partition("://")[2]) if isinstance(name, str) else None
    if draft is None:
        raise SchemaError("unsupported_draft", f"The dialect {json.dumps(name)} is not one that is taken here.",
                          pointer="/$schema", hint="Use draft 4, 6, 7, 2019-09 or 2020-12, for example "
                          '"https://json-schema.org/draft/2020-12/schema".')  # fmt: skip
    return draft


def _document(source: str | bytes | Schema) -> Schema:
    if not isinstance(source, str | bytes):
        try:
            source = json.dumps(source, ensure_ascii=False, allow_nan=False)
        except (TypeError, ValueError, RecursionError) as error:
            raise SchemaError("invalid_json", f"This can't be written as JSON: {error}.") from None
    _check_size(source)
    try:
        document = strict_json.loads(source, depth_max=DEPTH_MAX)
    except strict_json.JSONFault as error:
        raise _from_json_fault(error) from None
    if not isinstance(document, dict | bool):
        raise SchemaError("not_a_schema", "A JSON Schema is an object (or true or false), but this is "
                          f"{_kind(document)}.", hint="Start with {\"type\": \"object\"}.")  # fmt: skip
    _check_values(document)
    # orjson turns integers beyond 64 bits into floats; the standard library keeps them as they are
    exact: Schema = json.loads(source)
    return exact


def _check_size(source: str | bytes) -> None:
    size = len(source) if isinstance(source, bytes) else len(source.encode(errors="surrogatepass"))
    if size > TEXT_BYTES_MAX:
        raise SchemaError("schema_too_large", f"The schema has {size:,} bytes; {TEXT_BYTES_MAX:,} are the most.",
                          hint="Split it, or leave definitions out that it doesn't use.")  # fmt: skip


def _check_values(document: Schema) -> None:
    count, level = 1, [document]
    while level:
        level = [child for node in level for child in _inner(node)]
        count += len(level)
        if count > VALUES_MAX:
            raise SchemaError("schema_too_complex", f"The schema holds more than {VALUES_MAX:,} values.",
                              hint="Leave definitions out that it doesn't use.")  # fmt: skip


def _inner(node: Any) -> Any:
    if isinstance(node, dict):
        return node.values()
    return node if isinstance(node, list) else ()


def _from_json_fault(error: strict_json.JSONFault) -> SchemaError:
    if error.code == "too_deep":
        return SchemaError("schema_too_deep", f"The schema is nested more than {DEPTH_MAX} levels deep.",
                           hint="Move inner parts to $defs and refer to them.")  # fmt: skip
    fault = error.fault
    return SchemaError(error.code, fault.message, pointer=fault.pointer, hint=fault.hint,
                       line=error.line or None, column=error.column or None)  # fmt: skip


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    return {list: "an array", str: "a string", int: "a number", float: "a number"}.get(type(value), "something else")


def _check_one_dialect(document: Schema, draft: Draft) -> None:
    for parts, node in keywords.walk(document):
        if parts and isinstance(node, dict) and isinstance(node.get("$schema"), str) and draft_of(node) != draft:
            raise SchemaError("unsupported_draft", "One part of the schema is of another dialect than the whole.",
                              pointer=pointer_to((*parts, "$schema")),
                              hint="Write all of it in one dialect, or make it two schemas.")  # fmt: skip


def _check_meta_schema(document: Schema, draft: Draft) -> None:
    known = second_class(draft)
    error = exceptions.best_match(known(known.META_SCHEMA).iter_errors(document))
    if error is None:
        return
    place = pointer_to(error.absolute_path)
    raise SchemaError("invalid_schema", f"{_place_words(place)} breaks the rules of JSON Schema {draft.value}: "
                      f"{_short(error.message)}.", pointer=place,
                      hint=_meta_hint(error))  # fmt: skip


def _place_words(pointer: str) -> str:
    return f"The part at {pointer}" if pointer else "The schema"


def _short(message: str) -> str:
    return message if len(message) <= 300 else message[:297] + "..."


def _meta_hint(error: Any) -> str:
    place = list(error.absolute_path)
    if place and place[-1] == "type":
        return "Types are: array, boolean, integer, null, number, object, string."
    if place and place[-1] == "required":
        return 'In this draft "required" is a list of property names, beside "properties".'
    return f'Look up "{place[-1]}" in the JSON Schema reference.' if place else ""


def _patterns(document: Schema) -> Iterator[tuple[str, str]]:
    """Every regular expression of a schema with its pointer."""
    for parts, node in keywords.walk(document):
        if not isinstance(node, dict):
            continue
        if isinstance(node.get("pattern"), str):
            yield pointer_to((*parts, "pattern")), node["pattern"]
        named = node.get("patternProperties")
        for pattern in named if isinstance(named, dict) else ():
            yield pointer_to((*parts, "patternProperties", pattern)), pattern


def _check_patterns(document: Schema) -> None:
    for pointer, pattern in _patterns(document):
        trouble = regexes.trouble_with(pattern)
        if trouble is not None:
            raise SchemaError(
                "unsupported_pattern",
                f"The pattern {json.dumps(pattern, ensure_ascii=False)} {trouble}.",
                pointer=pointer,
                hint="Patterns run over every event, so only those are taken that need time linear in the text.",
            )


def _check_compiles(parsed: ParsedSchema) -> None:
    try:
        compile_fast(parsed)
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as error:
        message = getattr(error, "message", str(error))
        path = getattr(error, "instance_path", [])
        raise SchemaError("invalid_schema", f"The schema can't be used: {_short(message)}.",
                          pointer=pointer_to(path)) from None  # fmt: skip


URI_OF = {
    Draft.DRAFT4: "http://json-schema.org/draft-04/schema#",
    Draft.DRAFT6: "http://json-schema.org/draft-06/schema#",
    Draft.DRAFT7: "http://json-schema.org/draft-07/schema#",
    Draft.DRAFT201909: "https://json-schema.org/draft/2019-09/schema",
    Draft.DRAFT202012: "https://json-schema.org/draft/2020-12/schema",
}
