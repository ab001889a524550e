"""TypeScript declarations, judged by TypeScript's own compiler."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from random import Random
from typing import Any

import pytest
from django.conf import settings

from eventcatalog.code.naming import class_name
from eventcatalog.code.typescript import declarations
from eventcatalog.schemas.bundle import extract
from eventcatalog.schemas.errors import SchemaError
from eventcatalog.schemas.examples import variations
from eventcatalog.schemas.parse import parse_schema
from tests.real_input import octokit
from tests.schemas.random_schemas import thing

TSC = Path(settings.BASE_DIR) / "vendor" / "node_modules" / ".bin" / "tsc"
needs_tsc = pytest.mark.skipif(
    not TSC.exists() or shutil.which("node") is None, reason="npm ci in vendor brings TypeScript"
)
EXCESS = "TS2353"  # a literal names a property that the type doesn't declare: open schemas take it, TypeScript grumbles
ORDER = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "An order",
    "description": "Somebody bought */ something.",
    "type": "object",
    "properties": {
        "order-id": {"type": "string", "format": "uuid"},
        "state": {"enum": ["open", "paid", None]},
        "lines": {"type": "array", "items": {"$ref": "#/$defs/line"}, "minItems": 1},
        "parent": {"$ref": "#"},
        "pair": {"prefixItems": [{"type": "string"}, {"type": "integer"}], "type": "array", "items": False},
        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
        "pay": {"oneOf": [{"$ref": "#/$defs/card"}, {"type": "null"}]},
        "both": {"allOf": [{"$ref": "#/$defs/line"}, {"properties": {"extra": {"const": 1}}, "required": ["extra"]}]},
        "anything": True,
        "nothing": False,
    },
    "required": ["order-id", "lines", "undeclared"],
    "additionalProperties": False,
    "$defs": {
        "line": {"type": "object", "properties": {"sku": {"type": "string"}}, "required": ["sku"]},
        "card": {"type": "object", "properties": {"number": {"type": "string"}}, "required": ["number"]},
    },
}
GOOD = {
    "order-id": "x", "state": "paid", "lines": [{"sku": "a"}],
    "parent": {"order-id": "y", "lines": [], "undeclared": 1}, "pair": ["a", 1], "labels": {"a": "b"},
    "pay": None, "both": {"sku": "a", "extra": 1}, "anything": {}, "undeclared": 2,
}  # fmt: skip
BAD: list[tuple[str, Any]] = [
    ("order-id", 1), ("state", "lost"), ("lines", [{"sku": 1}]), ("lines", {}), ("parent", {"order-id": "y"}),
    ("pair", [1, "a"]), ("pair", ["a", 1, 2]), ("labels", {"a": 1}), ("pay", {}), ("both", {"sku": "a"}),
    ("both", {"sku": "a", "extra": 2}), ("nothing", 1),
]  # fmt: skip


def compiled(folder: Path, modules: dict[str, str]) -> dict[str, list[str]]:
    """File -> what the compiler says of it (codes), excess properties aside."""
    for name, text in modules.items():
        (folder / name).write_text(text)
    command = [str(TSC), "--noEmit", "--strict", "--target", "es2022", "--skipLibCheck", *sorted(modules)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    said: dict[str, list[str]] = {name: [] for name in modules}
    for line in done.stdout.splitlines():
        found = re.match(r"([\w.-]+)\(\d+,\d+\): error (TS\d+): (.*)", line)
        if found and found[2] != EXCESS:
            said[found[1]].append(f"{found[2]} {found[3]}")
    return said


def use(name: str, documents: list[Any], *, module: str) -> str:
    """A module that gives the documents the declared type."""
    lines = [f"const v{number}: {name} = {json.dumps(each)};" for number, each in enumerate(documents)]
    used = ", ".join(f"v{number}" for number in range(len(documents)))
    return f'import type {{ {name} }} from "./{module}";\n' + "\n".join(lines) + f"\nexport {{ {used} }};\n"


@needs_tsc
def test_declarations_take_what_fits_and_refuse_what_does_not(tmp_path: Path):
    modules = {"Order.ts": declarations(ORDER, name="Order", header="Order 1.0.0")}
    modules["good.ts"] = use("Order", [GOOD], module="Order")
    for number, (key, value) in enumerate(BAD):
        modules[f"bad{number}.ts"] = use("Order", [{**GOOD, key: value}], module="Order")
    modules["bad-missing.ts"] = use("Order", [{"lines": []}], module="Order")
    said = compiled(tmp_path, modules)
    assert said["Order.ts"] == said["good.ts"] == []
    quiet = [name for name, told in said.items() if name.startswith("bad") and not told]
    assert not quiet, [BAD[int(re.sub(r"\D", "", name))] for name in quiet]


@needs_tsc
def test_declarations_of_random_schemas_take_documents_that_the_schemas_take(tmp_path: Path):
    modules: dict[str, str] = {}
    for seed in range(150):
        dice = Random(seed)
        schema = {**thing(dice), "$defs": {"shared": {"type": "string"}}}
        try:
            parse_schema(schema)
        except SchemaError:
            continue
        documents = list(variations(schema, seed=seed, n=6))
        if documents:
            modules[f"T{seed}.ts"] = declarations(schema, name=f"T{seed}", header="random")
            modules[f"use{seed}.ts"] = use(f"T{seed}", documents, module=f"T{seed}")
    assert len(modules) > 150
    said = {name: told for name, told in compiled(tmp_path, modules).items() if told}
    assert not said, next(
        (name, told, (tmp_path / name.replace("use", "T")).read_text()) for name, told in said.items()
    )


@needs_tsc
@pytest.mark.real_input
@pytest.mark.skipif(octokit.folder() is None, reason="npm ci in tests/real_input brings GitHub's webhooks")
def test_declarations_of_githubs_webhooks_take_githubs_payloads(tmp_path: Path):
    whole = octokit.schemas()
    modules: dict[str, str] = {}
    used: set[str] = set()
    for example in octokit.examples(octokit.MAIN):
        if example.event in used or not octokit.keeps_to_schema(example) or len(used) >= 25:
            continue
        used.add(example.event)
        name = class_name(example.event)
        schema = extract(whole, octokit.pointers()[example.event])
        modules[f"{name}.ts"] = declarations(schema, name=name, header=example.event)
        modules[f"use-{name}.ts"] = use(name, [example.document], module=name)
    assert len(used) == 25
    said = {name: told for name, told in compiled(tmp_path, modules).items() if told}
    assert not said, list(said.items())[:3]


def test_words_of_a_schema_cannot_break_out_of_their_comment():
    text = declarations(ORDER, name="Order", header="*/ alert(1)")
    assert "*/ alert" not in text and "*/ something" not in text
    assert "An order" in text


@pytest.mark.parametrize(
    ("given", "made"),
    [("order.placed-v2", "OrderPlacedV2"), ("OrderPlaced", "OrderPlaced"), ("1st", "Message1st"), ("--", "Message")],
)
def test_names_become_names_of_classes(given: str, made: str):
    assert class_name(given) == made
