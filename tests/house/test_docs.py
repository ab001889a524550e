"""The repository checks its own manners: settings, endpoints, commands, vendored files and wording are documented."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import get_commands
from django.urls import URLPattern, URLResolver, get_resolver

from config import env

ROOT = Path(settings.BASE_DIR)
FLOORS = ("workspaces", "broker_adapter", "eventcatalog", "storming")
DOCS = ROOT / "docs"


def text_of(*names: str) -> str:
    return "\n".join((DOCS / name).read_text() for name in names)


def api_paths(patterns=None, prefix: str = "") -> set[str]:
    """Every path of the API as documented: ``/api/v1/w/{workspace}/streams``."""
    found: set[str] = set()
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        here = prefix + re.sub(r"<(?:[^:>]+:)?([^>]+)>", r"{\1}", str(pattern.pattern))
        if isinstance(pattern, URLResolver):
            found |= api_paths(pattern.url_patterns, here)
        elif isinstance(pattern, URLPattern):
            found.add("/" + here)
    return {path for path in found if path.startswith("/api/")} if patterns is None else found


@pytest.mark.parametrize("name", sorted(env.SETTINGS))
def test_every_setting_is_documented_with_its_default(name: str):
    row = next((line for line in text_of("settings.md").splitlines() if line.startswith(f"| `{name}` |")), None)
    assert row is not None, f"add a row for {name} to docs/settings.md"
    default = env.SETTINGS[name].default
    assert f"| `{default}` |" in row or default in ("", "0"), f"{name}: the default is {default!r}, the docs say {row}"


def test_no_setting_is_documented_that_does_not_exist():
    documented = set(re.findall(r"^\| `([A-Z_]+)` \|", text_of("settings.md"), re.MULTILINE))
    assert documented == set(env.SETTINGS)


def test_every_endpoint_of_the_api_is_documented():
    documented = text_of("http-api.md")
    missing = sorted(path for path in api_paths() if f"`{path.removeprefix('/api/v1')}`" not in documented)
    assert not missing, "add to docs/http-api.md: " + ", ".join(missing)


def test_every_command_is_documented():
    ours = [name for name, app in get_commands().items() if app in FLOORS]
    missing = [name for name in ours if f"manage.py {name}" not in text_of("operating.md")]
    assert not missing, f"add to docs/operating.md: {missing}"


def test_every_direct_dependency_has_its_reason():
    reasons = text_of("dependencies.md").lower()
    for file in ("requirements.txt", "requirements-dev.txt"):
        for line in (ROOT / file).read_text().splitlines():
            name = re.match(r"^([A-Za-z0-9-]+)(\[|==)", line)
            assert name is None or name[1].lower() in reasons, f"{name[1]} of {file} has no reason"


def test_requirements_and_constraints_agree():
    pins = dict(
        line.lower().replace("_", "-").split("==")
        for line in (ROOT / "constraints.txt").read_text().splitlines()
        if "==" in line
    )
    for file in ("requirements.txt", "requirements-dev.txt"):
        for line in (ROOT / file).read_text().splitlines():
            if "==" in line:
                name, version = line.lower().split("==")
                assert pins[re.sub(r"\[.*\]", "", name)] == version


def test_links_between_documents_lead_somewhere():
    for page in [ROOT / "README.md", *DOCS.rglob("*.md")]:
        for target in re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.relative_to(ROOT)} links to {target}"


def test_nothing_is_loaded_from_elsewhere():
    for file in [*(ROOT / "templates").rglob("*.html"), *(ROOT / "static" / "css").rglob("*.css")]:
        assert not re.search(r"""(src|href)=["'](https?:)?//|@import\s+url\(["']?https?:""", file.read_text()), file


def test_templates_have_no_inline_scripts_styles_or_handlers():
    """The content security policy would refuse them."""
    for file in (ROOT / "templates").rglob("*.html"):
        text = file.read_text()
        assert not re.search(r"\sstyle=\"", text), f"{file}: a style attribute"
        assert not re.search(r"\son(click|submit|change|load|input)=", text), f"{file}: an inline handler"
        for script in re.findall(r"<script(?![^>]*\ssrc=)([^>]*)>", text):
            assert re.search(r"type=\"(importmap|application/json)\"", script), f"{file}: an inline script"


def test_no_module_has_a_name_that_says_nothing():
    for floor in (*FLOORS, "config"):
        for file in (ROOT / floor).rglob("*.py"):
            assert file.stem not in {"utils", "helpers", "common", "misc"}, file
