"""Drawing: frame times of the wall beside Excalidraw's and tldraw's, in one run, in the same headless Chromium.

    python bench/drawing.py [--notes 1000,5000,10000] [--only ours,excalidraw,tldraw] [--steps 60]

The same notes with text in each. Real input: wheel events pan and, with Ctrl, zoom; the mouse drags one note, then 500
selected ones. A frame time is the time between two animation frames while that goes on; headless Chromium gives 60 a
second, so 16.7 ms is the least there can be. Rendering is in software (--disable-gpu). The peers come from npm
(bench/peers/package.json: `npm install` there first); they are measured only, and nothing of them is shipped.
"""

import argparse
import contextlib
import functools
import http.server
import json
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from playwright.sync_api import sync_playwright  # noqa: E402

from tests.e2e.browser import launch, until  # noqa: E402
from tests.e2e.server import Server  # noqa: E402

PEERS = ROOT / "bench" / "peers"
SIZE = {"width": 1440, "height": 900}
COLUMNS, STEP, SIDE = 100, 168, 140
COLOURS = ("#FF9F4B", "#6DD8FA", "#C18DC9", "#73DD8E")
KINDS = ("domain_event", "command", "policy", "read_model")
WORDS = ("Order placed by a customer", "Reserve the stock", "Whenever it is paid, ship it", "Orders of today")
GESTURES = ("pan", "zoom", "drag 1", "drag 500")
FRAMES = """() => {
  window.frames_ = []; window.measuring_ = true; let last = performance.now();
  const tick = (now) => {
    if (!window.measuring_) return;
    window.frames_.push(now - last);
    last = now;
    requestAnimationFrame(tick);
  };
  requestAnimationFrame((now) => { last = now; requestAnimationFrame(tick); });
}"""
PAGE = "<!doctype html><meta charset=utf-8><link rel=stylesheet href={name}.css><body><div id=root></div>"
PAGE += "<script type=module src={name}.js></script>"
PREPARE = """
from storming.models import Board
from storming.state import BoardState
from storming.actions.boards import in_pieces, write_as_server
from storming import actions
from tests.cast import make_cast, PASSWORD
import json, pathlib
cast = make_cast()
access = cast.access(cast.alice)
out['slug'], out['password'], out['boards'] = cast.workspace.slug, PASSWORD, {{}}
for count in {counts}:
    board = actions.create_board(access, name=str(count))
    state = BoardState.load(board.pk)
    elements = json.loads(pathlib.Path({folder!r}, f'ours-{{count}}.json').read_text())
    for patch in in_pieces(elements):
        write_as_server(state, access.actor, patch)
    state.save_snapshot()
    out['boards'][str(count)] = str(board.pk)
"""


def notes(count: int) -> list[dict[str, Any]]:
    """A square sheet of notes."""
    made = []
    for number in range(count):
        place = number % len(COLOURS)
        x, y = number % COLUMNS * STEP, number // COLUMNS * STEP
        text = f"{WORDS[place]} {number}"
        made.append({"id": f"n{number}", "x": x, "y": y, "w": SIDE, "h": SIDE, "colour": COLOURS[place], "text": text})
    return made


def ours(sheet: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        note["id"]: {
            "kind": KINDS[number % len(KINDS)], "text": note["text"],
            "x": note["x"], "y": note["y"], "w": SIDE, "h": SIDE,
        }
        for number, note in enumerate(sheet)
    }  # fmt: skip


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[str]:
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            pass

    handler = functools.partial(Quiet, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()


def bundle(folder: Path, names: list[str]) -> None:
    command = [PEERS / "node_modules/.bin/esbuild", *(f"{name}.jsx" for name in names), "--bundle", "--minify"]
    command += ["--format=esm", "--jsx=automatic", f"--outdir={folder}", "--log-level=error", "--splitting"]
    command += ['--define:process.env.NODE_ENV="production"', '--define:process.env.IS_PREACT="false"']
    command += ["--define:import.meta.env={}", "--target=es2022", "--conditions=production"]
    command += [f"--loader:.{kind}={'dataurl' if kind != 'css' else 'css'}" for kind in ("woff2", "svg", "png", "css")]
    subprocess.run(list(map(str, command)), cwd=PEERS, check=True)
    if "tldraw" in names:  # its fonts and icons, which it would fetch from elsewhere
        (folder / "assets").symlink_to(PEERS / "node_modules/@tldraw/assets", target_is_directory=True)
    for name in names:
        (folder / f"{name}.html").write_text(PAGE.format(name=name))


class Case:
    """One tool with one number of notes, in a browser of its own."""

    def __init__(self, page: Any, steps: int, count: int) -> None:
        self.page, self.steps, self.count = page, steps, count

    def run(self) -> dict[str, list[float]]:
        page, middle = self.page, self.count // 2 + COLUMNS // 2
        x, y = middle % COLUMNS * STEP, middle // COLUMNS * STEP
        found = {}
        for gesture in GESTURES:
            page.evaluate("([z, x, y]) => window.bench.view(z, x, y)", [0.5 if gesture != "drag 500" else 0.25, x, y])
            page.evaluate("() => window.bench.select([])")
            page.wait_for_timeout(700)
            if gesture == "pan":
                found[gesture] = self._measured(lambda step: page.mouse.wheel(40, 24 if step % 40 < 20 else -24))
            elif gesture == "zoom":
                page.keyboard.down("Control")
                found[gesture] = self._measured(lambda step: page.mouse.wheel(0, 40 if step < self.steps // 2 else -40))
                page.keyboard.up("Control")
            else:
                found[gesture] = self._drag(f"n{middle}", 1 if gesture == "drag 1" else min(500, self.count))
        return found

    def _drag(self, note: str, count: int) -> list[float]:
        page = self.page
        if count > 1:
            first = max(0, int(note[1:]) - count // 2)
            page.evaluate("(ids) => window.bench.select(ids)", [f"n{first + each}" for each in range(count)])
            page.wait_for_timeout(300)
        at = page.evaluate("(id) => window.bench.where(id)", note)
        page.mouse.move(at["x"], at["y"])
        page.mouse.down()
        frames = self._measured(lambda step: page.mouse.move(at["x"] + step * 4 % 240, at["y"] + step * 2 % 120))
        page.mouse.up()
        page.wait_for_timeout(300)
        return frames

    def _measured(self, act: Any) -> list[float]:
        page = self.page
        page.evaluate(FRAMES)
        for step in range(self.steps):
            act(step)
            page.wait_for_timeout(8)
        return page.evaluate("() => { window.measuring_ = false; return window.frames_; }")


def memory(browser: Any) -> float:
    """MB resident in the renderer processes."""
    session = browser.new_browser_cdp_session()
    pids = [
        each["id"] for each in session.send("SystemInfo.getProcessInfo")["processInfo"] if each["type"] == "renderer"
    ]
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            status = Path(f"/proc/{pid}/status").read_text()
            total += int(status.split("VmRSS:")[1].split()[0])
    return total / 1024


PAINTED = """() => new Promise((done) => {
  requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now())));
})"""
OURS = """() => {
  const board = window.factstormBoard;
  window.bench = {
    name: 'Factstorm',
    view: (z, x, y) => board.camera.set(x - board.camera.width / 2 / z, y - board.camera.height / 2 / z, z),
    select: (ids) => board.select(ids),
    where: (id) => { const b = board.toScreen(id); return { x: b.x + b.w / 2, y: b.y + b.h / 2 }; },
    count: () => board.document.elements.size,
  };
}"""


def measure(playwright: Any, tool: str, count: int, address: str, made: dict[str, Any], steps: int) -> dict[str, Any]:
    browser = launch(playwright)
    page = browser.new_page(viewport=SIZE)
    page.set_default_timeout(120_000)
    if tool == "ours":
        page.goto(f"{address}/sign-in/")
        page.fill("[name=email]", "alice@example.org")
        page.fill("[name=password]", made["password"])
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: "/sign-in/" not in url)
        page.goto(f"{address}/w/{made['slug']}/boards/{made['boards'][str(count)]}/")
        until(page, "document.body.dataset.boardState", lambda state: state == "ready", seconds=60)
        painted = page.evaluate(PAINTED)
        page.evaluate(OURS)
    else:
        page.goto(f"{address}/{tool}.html")
        painted = until(page, "window.paintedAt ?? 0", lambda at: at > 0, seconds=110)
    page.wait_for_timeout(1_500)
    assert page.evaluate("() => window.bench.count()") == count
    page.mouse.move(SIZE["width"] / 2, SIZE["height"] / 2)
    frames = Case(page, steps, count).run()
    result = {
        "tool": page.evaluate("() => window.bench.name"),
        "notes": count,
        "painted": painted,
        "memory": memory(browser),
        "frames": frames,
    }
    browser.close()
    return result


def show(result: dict[str, Any]) -> None:
    cells = [
        f"{result['tool']:<11}",
        f"{result['notes']:>6,}",
        f"{result['painted'] / 1000:>6.2f} s",
        f"{result['memory']:>5.0f} MB",
    ]
    for gesture in GESTURES:
        frames = sorted(result["frames"][gesture]) or [0.0]
        p95 = frames[min(len(frames) - 1, int(len(frames) * 0.95))]
        cells.append(f"{statistics.median(frames):>5.1f} /{p95:>6.1f} /{frames[-1]:>6.1f}")
    print(" | ".join(cells), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--notes", default="1000,5000,10000")
    parser.add_argument("--only", default="ours,excalidraw,tldraw")
    parser.add_argument("--steps", type=int, default=60)
    ask = parser.parse_args()
    counts, tools = [int(each) for each in ask.notes.split(",")], ask.only.split(",")
    peers = [tool for tool in tools if tool != "ours"]
    print("headless Chromium, software rendering (--disable-gpu), 1440 x 900; frame times in ms: p50 / p95 / worst")
    print(" | ".join(["tool       ", " notes", "1st paint", "memory  ", *(f"{gesture:^22}" for gesture in GESTURES)]))
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        if peers:
            bundle(folder, peers)
        for count in counts:
            (folder / f"ours-{count}.json").write_text(json.dumps(ours(notes(count))))
        address, made = "", {}
        if "ours" in tools:
            server = stack.enter_context(Server.running())
            made, address = server.prepare(PREPARE.format(counts=counts, folder=name)), server.url
        elsewhere = stack.enter_context(serving(folder))
        playwright = stack.enter_context(sync_playwright())
        for count in counts:
            (folder / "notes.json").write_text(json.dumps(notes(count)))
            for tool in tools:
                try:
                    show(measure(playwright, tool, count, address if tool == "ours" else elsewhere, made, ask.steps))
                except Exception as error:  # one tool's failure does not take the others' figures away
                    print(f"{tool:<11} | {count:>6,} | failed: {str(error)[:300]}", flush=True)


if __name__ == "__main__":
    main()
