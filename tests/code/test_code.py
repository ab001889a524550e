"""Code by API and on the page: it runs, it is made once, and making it is bounded."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from eventcatalog import actions
from eventcatalog.code import generating
from eventcatalog.code.models import GeneratedCode
from eventcatalog.models import MessageType
from tests.cast import Cast
from workspaces.errors import LimitReached

pytestmark = pytest.mark.django_db
VERSION = "/api/v1/w/acme/catalog/types/OrderPlaced/versions/latest"
USES = {
    "pydantic": """
from pydantic import ValidationError
assert OrderPlaced.model_validate(good).total_cents == 1299
try:
    OrderPlaced.model_validate(bad)
except ValidationError:
    print("ok")
""",
    "dataclasses": """
assert OrderPlaced(**good).total_cents == 1299
try:
    OrderPlaced()
except TypeError:
    print("ok")
""",
    "typeddict": """
from typing import get_type_hints
hints = get_type_hints(OrderPlaced, include_extras=True)
assert hints["order_id"] is str and "NotRequired" in str(hints["customer"])
print("ok")
""",
}


def browser(person: Any) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.mark.parametrize("form", USES)
def test_python_models_say_their_version_and_take_what_the_schema_takes(
    cast: Cast, order_placed: MessageType, form: str, tmp_path: Path
):
    answer = browser(cast.vera).get(f"{VERSION}/code/{form}")
    assert answer.status_code == 200, answer.content
    text = answer.content.decode()
    assert text.startswith('"""OrderPlaced 1.0.0, an event of Acme.')
    good = {"order_id": "6c84fb90-12c4-11e1-840d-7b25c5ee775a", "total_cents": 1299}
    program = f"{text}\ngood = {good!r}\nbad = {{'order_id': 'x'}}\n{USES[form]}\n"
    (tmp_path / "program.py").write_text(program)
    done = subprocess.run([sys.executable, "program.py"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "ok", done.stderr


def test_code_is_made_once_and_downloads_under_its_name(
    cast: Cast, order_placed: MessageType, monkeypatch: pytest.MonkeyPatch
):
    client = browser(cast.vera)
    first = client.get(f"{VERSION}/code/pydantic")
    monkeypatch.setattr(generating, "_made", lambda *_: pytest.fail("made again"))
    again = client.get(f"{VERSION}/code/pydantic?download=1")
    assert first.content == again.content
    assert again["Content-Disposition"] == 'attachment; filename="order_placed.py"'
    assert GeneratedCode.objects.count() == 1


def test_each_version_has_its_own_code(cast: Cast, order_placed: MessageType):
    actions.publish_version(
        cast.access(cast.fay), order_placed, schema={"type": "object", "title": "Loose"}, version="2.0.0"
    )
    client = browser(cast.vera)
    assert "OrderPlaced 2.0.0" in client.get(f"{VERSION}/code/typescript").content.decode()
    old = client.get(VERSION.replace("latest", "1.0.0") + "/code/typescript")
    assert "OrderPlaced 1.0.0" in old.content.decode() and "total_cents: number" in old.content.decode()


@pytest.mark.parametrize("path", ["code/pydantic", "code/typescript", "payloads"])
def test_strangers_find_nothing(cast: Cast, order_placed: MessageType, path: str):
    assert Client().get(f"{VERSION}/{path}").status_code == 401
    assert browser(cast.charlie).get(f"{VERSION}/{path}").status_code == 404
    assert browser(cast.vera).get(f"{VERSION}/code/cobol").status_code == 404


def test_words_of_a_schema_cannot_become_code(cast: Cast):
    evil = 'x"""\nimport os\nos.abort()\n"""'
    schema = {
        "type": "object",
        "description": evil,
        "title": evil,
        "properties": {evil: {"type": "string", "description": evil}},
    }
    actions.register_type(cast.access(cast.fay), kind="event", name="Evil", schema=schema)
    for form in USES:
        answer = browser(cast.vera).get(f"/api/v1/w/acme/catalog/types/Evil/versions/1.0.0/code/{form}")
        if answer.status_code == 200:
            import ast

            tree = ast.parse(answer.content.decode())
            imported = [name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names]
            assert "os" not in imported
        else:
            assert answer.json()["error"]["code"] == "not_sayable"


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("import time; time.sleep(60)", "seconds"),
        ("import resource; resource.setrlimit(resource.RLIMIT_AS, (2**28, 2**28)); x = b'x' * 2**30", "memory"),
        ('print(\'{"error": "cannot"}\')', "cannot"),
    ],
)
def test_a_generator_that_lasts_or_grows_is_ended_and_its_failure_is_kept(
    cast: Cast, order_placed: MessageType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, script: str, words: str
):
    (tmp_path / "worker.py").write_text(script)
    monkeypatch.setattr(generating, "WORKER", tmp_path / "worker.py")
    monkeypatch.setattr(generating, "SECONDS_MAX", 2)
    answer = browser(cast.vera).get(f"{VERSION}/code/pydantic")
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "not_sayable")
    assert words in answer.json()["error"]["message"]


def test_who_finds_all_workers_busy_is_asked_to_come_again(
    cast: Cast, order_placed: MessageType, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(generating, "WAIT_SECONDS_MAX", 0.01)
    for _ in range(generating.WORKERS_MAX):
        generating._turns.acquire()
    try:
        with pytest.raises(LimitReached):
            assert order_placed.latest is not None
            generating.code_of(order_placed, order_placed.latest, "pydantic")
    finally:
        for _ in range(generating.WORKERS_MAX):
            generating._turns.release()
    assert not GeneratedCode.objects.exists()


def test_examples_are_taken_by_the_schema_and_the_same_for_the_same_seed(cast: Cast, order_placed: MessageType):
    client = browser(cast.vera)
    made = client.get(f"{VERSION}/payloads?count=4&seed=7").json()
    assert made["version"] == "1.0.0" and 1 <= len(made["payloads"]) <= 4
    assert made == client.get(f"{VERSION}/payloads?count=4&seed=7").json()
    from eventcatalog.evolution import compile_text

    assert order_placed.latest is not None
    validator = compile_text(order_placed.latest.meaning)
    assert all(validator.accepts(json.dumps(each).encode()) for each in made["payloads"])


def test_the_page_shows_code_to_copy_and_to_download(cast: Cast, order_placed: MessageType):
    page = browser(cast.vera).get("/w/acme/catalog/types/OrderPlaced/?tab=code").content.decode()
    for words in ("TypeScript", "pydantic", "TypedDict", "export interface OrderPlaced", "download"):
        assert words in page
    page = browser(cast.vera).get("/w/acme/catalog/types/OrderPlaced/?tab=code&form=pydantic").content.decode()
    assert "class OrderPlaced(BaseModel)" in page
