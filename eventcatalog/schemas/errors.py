"""What can be wrong with a schema, and with a document held against one. Pure Python: floor 2 maps `code` to HTTP."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that a document does wrong.

    `pointer` is a JSON Pointer (RFC 6901) into the document, "" for the whole of it. A missing property is pointed at
    where it should have been ("/action"), an undeclared one where it is. `keyword` is the JSON Schema keyword that
    refused ("required", "type", ...) or "json" when the bytes are no acceptable JSON.
    """

    pointer: str
    message: str
    keyword: str
    hint: str = ""

    def as_json(self) -> dict[str, str]:
        """``{"pointer", "message", "keyword", "hint"}``."""
        return asdict(self)


class SchemaError(Exception):
    """A text or object that can't be taken as a schema.

    `code` is stable: invalid_json, schema_too_large, schema_too_deep, schema_too_complex, duplicate_key, not_a_schema,
    unsupported_draft, invalid_schema, unsupported_pattern, remote_reference, unresolved_reference, endless_reference.
    `pointer` is a JSON Pointer into the schema; `line` and `column` (both from 1) are set for errors of JSON syntax.
    """

    def __init__(
        self, code: str, message: str, *, pointer: str = "", hint: str = "", line: int | None = None,
        column: int | None = None,
    ) -> None:  # fmt: skip
        super().__init__(message)
        self.code = code
        self.message = message
        self.pointer = pointer
        self.hint = hint
        self.line = line
        self.column = column

    @property
    def fields(self) -> dict[str, Any]:
        """The particulars, for an API's answer: pointer, and line and column where there are any."""
        place: dict[str, Any] = {"pointer": self.pointer}
        if self.line is not None:
            place |= {"line": self.line, "column": self.column}
        return place
