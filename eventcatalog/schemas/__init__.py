"""Schemas: parsing, validating, comparing, inferring. Pure Python: no Django, no network.

parse.py       parse_schema(text_or_object) -> ParsedSchema, raises SchemaError; restore(document) without checks
validator.py   compile_validator(parsed) -> Validator
               .accepts(payload: bytes) -> bool; .explain(payload) -> list[Fault]
               .faults(payloads: Sequence[bytes]) -> list[None | list[Fault]]
compare.py     compare(old: ParsedSchema, new: ParsedSchema) -> Comparison
check.py       check(old_versions: Sequence[tuple[str, ParsedSchema]], new, mode, *, policy="strict") -> Verdict
               oldest first; the text of a pair names the version
bump.py        propose_version(previous: str, comparison, verdict=None) -> Bump(part, version, reason)
infer.py       infer_schema(documents, *, title="", closed=False) -> Inferred(schema, notes)
examples.py    example(schema, *, seed=0) -> Any; variations(schema, *, seed, n) -> list[Any]
tree.py        tree(schema, *, rows_max=500) -> list[TreeRow]
fields.py      from_fields(fields, ...) -> dict; to_fields(schema) -> list of fields, or None
bundle.py      extract(document, pointer) -> dict
linking.py     link(document, draft, fetch) -> document with what it refers to in the catalog under "$defs"
fixes.py       fixes(old_versions, written, mode, *, policy, read) -> tuple[Fix]; each was tried
registries.py  opinions(old_versions, new, verdict) -> proof, and Confluent's strict and lenient rules
normalise.py   canonical_text(schema) -> str; fingerprint(schema) -> str
"""
