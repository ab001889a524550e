"""Installs what tests need beside Python packages: Chromium, Redis, PostgreSQL, and npm packages with real input.

Debian and Ubuntu as root: from their packages. Elsewhere a browser comes through Playwright; what is missing is named,
and the tests that need it skip (never silently: pytest's summary lists them).
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NODE_FOLDERS = ("tests/real_input", "tests/interchange_peers", "vendor")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SERVERS = {"redis-server": "redis-server", "pg_ctlcluster": "postgresql"}
if shutil.which("node") is None:
    SERVERS["npm"] = "npm"


def run(*command: str, cwd: Path = ROOT) -> bool:
    """Run a command, its output shown only when it fails."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"  {' '.join(command)}\n{(done.stdout + done.stderr)[-2000:]}", file=sys.stderr)
    return done.returncode == 0


def debian() -> bool:
    """Whether apt-get may be used."""
    return shutil.which("apt-get") is not None and hasattr(os, "geteuid") and os.geteuid() == 0


def install_system_packages() -> None:
    """One apt-get for all that is missing."""
    missing = [package for binary, package in SERVERS.items() if shutil.which(binary) is None]
    if not any(shutil.which(name) for name in BROWSERS):
        missing.append("chromium")
    if missing and debian():
        print(f"Installing {', '.join(missing)} ...", flush=True)
        os.environ["DEBIAN_FRONTEND"] = "noninteractive"
        run("apt-get", "update", "-qq")
        for package in missing:
            run("apt-get", "install", "-y", "-qq", "--no-install-recommends", package)


def install_browser() -> None:
    """Playwright's own Chromium where the system has none."""
    if any(shutil.which(name) for name in BROWSERS):
        return
    print("Installing a browser through Playwright ...", flush=True)
    if not run(sys.executable, "-m", "playwright", "install", "chromium"):
        print("No browser could be had: the end-to-end tests will skip.", file=sys.stderr)


def install_npm_packages() -> None:
    """Packages that tests read (GitHub's webhook payloads) or run (TypeScript's checker), pinned by lock files."""
    for name in NODE_FOLDERS:
        folder = ROOT / name
        lock = folder / "package-lock.json"
        stamp = folder / "node_modules" / ".package-lock.json"
        if not lock.exists() or (stamp.exists() and stamp.stat().st_mtime >= lock.stat().st_mtime):
            continue
        if shutil.which("npm") is None:
            print(f"npm is not here: tests that need {name}/node_modules will skip.", file=sys.stderr)
            continue
        print(f"Installing npm packages of {name} ...", flush=True)
        run("npm", "ci", "--no-audit", "--no-fund", "--silent", cwd=folder)


if __name__ == "__main__":
    install_system_packages()
    install_browser()
    install_npm_packages()
