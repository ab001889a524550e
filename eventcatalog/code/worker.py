"""Runs datamodel-code-generator on one schema, in a process that may not grow or last.

Started by generating.py as ``python -I worker.py``: reads ``{"schema", "style", "name", "header"}`` from standard input
and writes ``{"text"}`` or ``{"error"}``. It imports nothing of the project. Limits of memory and processor time are set
before anything is read; the parent ends it when it lasts too long. References to elsewhere were refused before.
"""

import json
import re
import resource
import sys

MEMORY_BYTES_MAX = 1024 * 1024 * 1024
CPU_SECONDS_MAX = 20
STYLES = {
    "pydantic": "pydantic_v2.BaseModel",
    "dataclasses": "dataclasses.dataclass",
    "typeddict": "typing.TypedDict",
}


def main() -> None:
    """One schema in, one text or error out."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS_MAX, CPU_SECONDS_MAX))
    asked = json.load(sys.stdin)
    try:
        answer = {"text": _tidy(_generated(asked))}
    except MemoryError:
        answer = {"error": "It takes too much memory."}
    except Exception as error:
        answer = {"error": f"{type(error).__name__}: {error}"[:500]}
    json.dump(answer, sys.stdout)


def _generated(asked: dict) -> str:
    import warnings

    warnings.simplefilter("ignore")
    from datamodel_code_generator import DataModelType, InputFileType, LiteralType, generate
    from datamodel_code_generator.format import PythonVersion

    found = generate(
        json.dumps(asked["schema"]),
        input_file_type=InputFileType.JsonSchema,
        output_model_type=DataModelType(STYLES[asked["style"]]),
        class_name=asked["name"],
        target_python_version=PythonVersion.PY_311,
        custom_file_header=asked["header"],
        disable_timestamp=True,
        allow_remote_refs=False,
        formatters=[],
        use_standard_collections=True,
        use_union_operator=True,
        use_annotated=True,
        use_schema_description=True,
        use_field_description=True,
        use_double_quotes=True,
        type_mappings=["email=string", "idn-email=string"],  # pydantic's own would need another package
        enum_field_as_literal=LiteralType.All,
        field_constraints=asked["style"] == "pydantic",
    )
    if not isinstance(found, str):
        raise ValueError("the schema would become more than one module")
    return found


def _tidy(text: str) -> str:
    """At most two empty lines in a row, a line break at the end, and code that Python can read."""
    text = re.sub(r"\n{4,}", "\n\n\n", text).strip() + "\n"
    text = text.replace(",})\n", ",\n})\n")
    compile(text, "generated", "exec")
    return text


if __name__ == "__main__":
    main()
