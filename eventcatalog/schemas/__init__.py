"""Schemas: parsing, validating, comparing, inferring. Pure Python: no Django, no network.

    parse_schema(text_or_object) -> ParsedSchema                          raises SchemaError         parse.py
    compile_validator(parsed) -> Validator                                                           validator.py
        .accepts(payload: bytes) -> bool
        .faults(payloads: Sequence[bytes]) -> list[None | list[Fault]]
        .explain(payload: bytes) -> list[Fault]
    compare(old: ParsedSchema, new: ParsedSchema) -> Comparison                                      compare.py
    check(old_versions: Sequence[tuple[str, ParsedSchema]], new: ParsedSchema, mode, *, policy="strict") -> Verdict
                                                          oldest first; the text names the version   check.py
    propose_version(previous: str, comparison, verdict=None) -> Bump(part, version, reason)          bump.py
    infer_schema(documents, *, title="", closed=False) -> Inferred                                   infer.py
    example(schema, *, seed=0) -> Any;  variations(schema, *, seed, n) -> list[Any]                  examples.py
    tree(schema, *, rows_max=500) -> list[TreeRow]                                                   tree.py
    from_fields(fields, ...) -> dict;  to_fields(schema) -> list[Field] | None                       fields.py
    extract(document, pointer) -> dict                                                               bundle.py
    canonical_text(schema) -> str;  fingerprint(schema) -> str                                       normalise.py
"""
