"""The third-party browser modules are what the lock file pins, byte for byte."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
VENDORED = ROOT / "static" / "vendor"
OURS = {"manifest.json", "importmap.json", "LICENSES.txt", "rbush.d.ts", "mermaid.d.ts"}


def manifest() -> dict[str, Any]:
    return json.loads((VENDORED / "manifest.json").read_text())


def lock() -> dict[str, Any]:
    return json.loads((ROOT / "vendor" / "package-lock.json").read_text())["packages"]


@pytest.mark.parametrize("name", sorted(manifest()["files"]))
def test_a_vendored_file_has_the_hash_that_the_manifest_states(name: str) -> None:
    stated = manifest()["files"][name]
    assert hashlib.sha256((VENDORED / name).read_bytes()).hexdigest() == stated["sha256"], f"run script/vendor: {name}"


@pytest.mark.parametrize("name", sorted(manifest()["files"]))
def test_a_vendored_file_comes_from_the_version_that_the_lock_file_pins(name: str) -> None:
    stated = manifest()["files"][name]
    assert lock()[f"node_modules/{stated['package']}"]["version"] == stated["version"]


def test_no_file_lies_among_the_vendored_ones_unstated() -> None:
    assert {path.name for path in VENDORED.iterdir()} == set(manifest()["files"]) | OURS


def test_every_dependency_is_pinned_to_one_version_and_locked_with_its_hash() -> None:
    package = json.loads((ROOT / "vendor" / "package.json").read_text())
    wanted = package["dependencies"] | package["devDependencies"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values())
    for name, version in wanted.items():
        assert lock()[f"node_modules/{name}"]["version"] == version
        assert lock()[f"node_modules/{name}"]["integrity"].startswith("sha512-")


def test_the_lock_file_names_no_registry() -> None:
    text = (ROOT / "vendor" / "package-lock.json").read_text()
    assert "resolved" not in text
    assert not [url for url in re.findall(r"https?://[^\"]+", text) if "registry" in url or "npm" in url]


def test_every_import_of_the_import_map_is_a_vendored_file() -> None:
    imports = json.loads((VENDORED / "importmap.json").read_text())["imports"]
    for address in imports.values():
        assert (VENDORED / address.removeprefix("/static/vendor/")).exists()


def test_the_licences_of_all_bundled_packages_are_kept() -> None:
    text = (VENDORED / "LICENSES.txt").read_text()
    bundled = {stated["package"] for stated in manifest()["files"].values()}
    bundled |= {inner for group in manifest()["bundled_into"].values() for inner in group}
    assert all(f"{name} {lock()[f'node_modules/{name}']['version']}" in text for name in bundled)
