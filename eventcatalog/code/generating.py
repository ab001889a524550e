"""A version's code: made once, kept, and bounded while it is made.

TypeScript is made here in a few milliseconds. Python's generator is a heavy library, so it runs in a process of its
own (worker.py) with limits of memory and time; at most WORKERS_MAX at once, and who waits longer than WAIT_SECONDS_MAX
for a turn is asked to come again.
"""

import json
import subprocess
import sys
import threading
from dataclasses import dataclass
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any

from eventcatalog import evolution
from eventcatalog.code.models import GeneratedCode
from eventcatalog.code.naming import class_name, module_name
from eventcatalog.code.typescript import declarations
from eventcatalog.models import MessageType, SchemaVersion
from eventcatalog.schemas.examples import variations
from eventcatalog.schemas.validator import compile_validator
from workspaces.errors import FactstormError, Invalid, LimitReached, NotFound

WORKER = Path(__file__).with_name("worker.py")
WORKERS_MAX = 2
WAIT_SECONDS_MAX = 20
SECONDS_MAX = 25
TEXT_CHARACTERS_MAX = 2_000_000
EXAMPLES_MAX = 50
_turns = threading.BoundedSemaphore(WORKERS_MAX)


@dataclass(frozen=True, slots=True)
class Form:
    """A form that code comes in. ``slug`` is what addresses say."""

    slug: str
    label: str
    language: str
    ending: str
    content_type: str


FORMS = {
    each.slug: each
    for each in (
        Form("pydantic", "Python · pydantic", "python", "py", "text/x-python"),
        Form("dataclasses", "Python · dataclasses", "python", "py", "text/x-python"),
        Form("typeddict", "Python · TypedDict", "python", "py", "text/x-python"),
        Form("typescript", "TypeScript", "typescript", "ts", "text/plain"),
    )
}


class NotSayable(Invalid):
    """This schema can't be said in that form; the message says why."""

    code = "not_sayable"


def code_of(message_type: MessageType, version: SchemaVersion, form: str) -> str:
    """The text of a module. Raises NotFound for an unknown form, NotSayable, LimitReached when all workers are busy."""
    if form not in FORMS:
        raise NotFound
    generator = _generator(form)
    kept = GeneratedCode.objects.filter(version=version, form=form, generator=generator).first()
    if kept is None:
        text, error = _made(message_type, version, form)
        kept, _ = GeneratedCode.objects.update_or_create(
            version=version, form=form, defaults={"generator": generator, "text": text, "error": error}
        )
    if kept.error:
        raise NotSayable(kept.error, hint="The other forms may still work; the schema itself always does.")
    return str(kept.text)


def file_name(message_type: MessageType, form: Form) -> str:
    """``order_placed.py``, ``OrderPlaced.ts``."""
    stem = class_name(message_type.name) if form.language == "typescript" else module_name(message_type.name)
    return f"{stem}.{form.ending}"


def examples_of(version: SchemaVersion, *, count: int, seed: int = 0) -> list[Any]:
    """Different documents that the schema takes, the same ones for the same seed; fewer where there aren't more."""
    document = evolution.document_of(version)
    validator = compile_validator(evolution.restored(version.meaning))
    found: list[Any] = []
    seen: set[str] = set()
    for each in variations(document, seed=seed, n=min(count, EXAMPLES_MAX) * 4):
        text = json.dumps(each, sort_keys=True)
        if text not in seen and validator.takes(each):
            seen.add(text)
            found.append(each)
        if len(found) >= count:
            break
    return found


def _generator(form: str) -> str:
    if form == "typescript":
        return "factstorm-1"
    return f"datamodel-code-generator-{version_of('datamodel-code-generator')}"


def _made(message_type: MessageType, version: SchemaVersion, form: str) -> tuple[str, str]:
    """(text, "") or ("", why not)."""
    document = evolution.document_of(version)
    header = (
        f"{message_type.name} {version.version}, {_a(message_type.kind)} of {message_type.workspace.name}.\n\n"
        "Made by Factstorm from the catalogued schema; change that, not this."
    )
    try:
        if form == "typescript":
            text = declarations(document, name=message_type.name, header=header)
        else:
            text = _by_worker(document, form, class_name(message_type.name), header)
    except FactstormError:
        raise
    except (ValueError, RecursionError) as error:
        return "", str(error) or "The schema is nested too deep."
    if len(text) > TEXT_CHARACTERS_MAX:
        return "", f"The code would have more than {TEXT_CHARACTERS_MAX:,} characters."
    return text, ""


def _by_worker(document: Any, style: str, name: str, header: str) -> str:
    """Raises ValueError with the reason, LimitReached when no worker is free."""
    if not _turns.acquire(timeout=WAIT_SECONDS_MAX):
        raise LimitReached("Too much code is being made at the moment.", hint="Try again in a minute.")
    told = header.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    asked = {"schema": document, "style": style, "name": name, "header": f'"""{told}\n"""'}
    try:
        done = subprocess.run(  # noqa: S603 - our own worker, in this interpreter
            [sys.executable, "-I", str(WORKER)],
            input=json.dumps(asked),
            capture_output=True,
            text=True,
            timeout=SECONDS_MAX,
            check=False,
            env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
        )
    except subprocess.TimeoutExpired:
        raise ValueError(f"It took more than {SECONDS_MAX} seconds.") from None
    finally:
        _turns.release()
    try:
        answer = json.loads(done.stdout)
    except json.JSONDecodeError:
        raise ValueError("It took too much memory or time.") from None
    if "error" in answer:
        raise ValueError(answer["error"])
    return str(answer["text"])


def _a(kind: str) -> str:
    return f"an {kind}" if kind == "event" else f"a {kind}"
