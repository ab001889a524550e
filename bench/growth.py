"""Does the log stay as quick as it grows? Append, seeks, conditions and a start, at 10^4 to 10^7 records.

    python bench/growth.py [--records 10000000] [--folder DIR] [--svg FILE]

Small records (16 bytes) in batches of 1,000 fill one partition of the built-in engine. At each power of ten it
measures, all in this process, medians of 200 (appends of one record, synced; reads of ten records at random offsets
and times; an append on the condition that a key never seen has no record), and what the next start costs: opening, one
append with a dedup id, one read. Bytes read by that start are counted below the engine. The folder is removed at the
end.
"""

import argparse
import json
import math
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from broker_adapter.log.engine import EngineLimits, StreamSettings
from broker_adapter.log.file_engine import FileEngine
from broker_adapter.log.files import Files
from broker_adapter.log.records import Expected, NewRecords

STREAM = "bench/growth"
BATCH = 1_000
SAMPLES = 200
PAYLOAD = b"0123456789abcdef"
FIRST_MS = 1_700_000_000_000


class CountingFiles(Files):
    """Counts what is read."""

    def __init__(self) -> None:
        self.bytes_read = 0

    def read(self, fd: int, size: int, position: int) -> bytes:
        data = super().read(fd, size, position)
        self.bytes_read += len(data)
        return data


def median_ms(do: Callable[[int], object]) -> float:
    taken = []
    for number in range(SAMPLES):
        started = time.perf_counter()
        do(number)
        taken.append(time.perf_counter() - started)
    return statistics.median(taken) * 1000


def grow(engine: FileEngine, have: int, want: int) -> float:
    """Append up to `want` records; records a second."""
    started = time.perf_counter()
    waiting = []
    for first in range(have, want, BATCH):
        records = NewRecords([PAYLOAD] * BATCH, timestamps_ms=range(FIRST_MS + first, FIRST_MS + first + BATCH))
        waiting.append(engine.append_soon(STREAM, records))
        if len(waiting) >= 16:
            waiting.pop(0).result(60)
    for future in waiting:
        future.result(60)
    return (want - have) / (time.perf_counter() - started)


def measure(folder: str, engine: FileEngine, rng: random.Random) -> dict[str, float]:
    end = engine.describe(STREAM).partitions[0].next_offset
    offsets = [rng.randrange(end) for _ in range(SAMPLES)]

    def at_offset(number: int) -> None:
        found = engine.read(STREAM, engine.position_at(STREAM, {0: offsets[number]}), records_max=10, bytes_max=1 << 20)
        if next(found.records()).offset != offsets[number]:
            raise SystemExit("a seek by offset found something else")

    def at_time(number: int) -> None:
        found = engine.read(
            STREAM, engine.at_time(STREAM, FIRST_MS + offsets[number]), records_max=10, bytes_max=1 << 20
        )
        if next(found.records()).timestamp_ms < FIRST_MS + offsets[number]:
            raise SystemExit("a seek by time found something older")

    def on_condition(number: int) -> None:
        key = b"new-%d-%d" % (end, number)
        engine.append(STREAM, NewRecords([PAYLOAD], keys=[key], expected=Expected(0, key=key)))

    figures = {
        "seek_offset_ms": median_ms(at_offset),
        "seek_time_ms": median_ms(at_time),
        "append_ms": median_ms(lambda _: engine.append(STREAM, NewRecords([PAYLOAD]))),
    }
    on_condition(-1)  # makes the keys of sealed segments, once
    figures["append_if_ms"] = median_ms(on_condition)
    engine.close()
    files = CountingFiles()
    started = time.perf_counter()
    again = FileEngine(folder, EngineLimits(), files=files)
    again.append(STREAM, NewRecords([PAYLOAD], dedup_ids=[b"%d" % end]))
    again.read(STREAM, again.latest(STREAM), records_max=10, bytes_max=1000)
    figures["start_ms"] = (time.perf_counter() - started) * 1000
    figures["start_reads_mib"] = files.bytes_read / (1 << 20)
    again.close()
    return figures


LINES = (
    ("append_ms", "append of 1, synced", "#B3470E"),
    ("append_if_ms", "the same, on a key", "#7A3E9D"),
    ("seek_offset_ms", "seek by offset", "#1F6FB2"),
    ("seek_time_ms", "seek by time", "#2E7D4F"),
)


def plot(rows: list[dict[str, float]]) -> str:
    """Milliseconds over records, both axes logarithmic, as an SVG."""
    width, height, left, top, right, bottom = 720, 380, 64, 28, 190, 52
    sizes = [row["records"] for row in rows]
    decades = [0.01, 0.1, 1.0, 10.0, 100.0]

    def x(records: float) -> float:
        span = max(math.log10(sizes[-1]) - math.log10(sizes[0]), 1e-9)
        return left + (math.log10(records) - math.log10(sizes[0])) / span * (width - left - right)

    def y(ms: float) -> float:
        low, high = math.log10(decades[0]), math.log10(decades[-1])
        return height - bottom - (math.log10(max(ms, decades[0])) - low) / (high - low) * (height - top - bottom)

    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        'font-family="system-ui, sans-serif" font-size="13">',
        "<title>Milliseconds by size of the log</title>",
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
    ]
    for ms in decades:
        out.append(f'<line x1="{left}" x2="{width - right}" y1="{y(ms):.1f}" y2="{y(ms):.1f}" stroke="#e3e3e3"/>')
        out.append(f'<text x="{left - 8}" y="{y(ms) + 4:.1f}" text-anchor="end" fill="#555">{ms:g} ms</text>')
    for records in sizes:
        label = f'10<tspan dy="-5" font-size="10">{round(math.log10(records))}</tspan>'
        out.append(f'<text x="{x(records):.1f}" y="{height - 28}" text-anchor="middle" fill="#555">{label}</text>')
    middle = (left + width - right) / 2
    out.append(f'<text x="{middle}" y="{height - 8}" text-anchor="middle" fill="#555">records in the log</text>')
    ends = sorted(((y(rows[-1][name]), name) for name, _, _ in LINES))
    places: dict[str, float] = {}
    last = -100.0
    for at, name in ends:  # labels don't lie on each other
        last = max(at, last + 17)
        places[name] = last
    for name, label, colour in LINES:
        points = " ".join(f"{x(row['records']):.1f},{y(row[name]):.1f}" for row in rows)
        out.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        out += [
            f'<circle cx="{x(row["records"]):.1f}" cy="{y(row[name]):.1f}" r="3.5" fill="{colour}"/>' for row in rows
        ]
        out.append(f'<text x="{width - right + 12}" y="{places[name] + 4:.1f}" fill="{colour}">{label}</text>')
    return "\n".join([*out, "</svg>", ""])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=10_000_000)
    parser.add_argument("--folder", help="where to make it (default: the system's temporary folder)")
    parser.add_argument("--svg", help="write the plot here")
    options = parser.parse_args()
    folder = tempfile.mkdtemp(dir=options.folder)
    rng, rows, have = random.Random(1), [], 0
    try:
        size = 10_000
        engine = FileEngine(folder)
        engine.create(STREAM, settings=StreamSettings())
        while size <= options.records:
            rate = grow(engine, have, size)
            row = {"records": float(size), "filled_per_s": rate} | measure(folder, engine, rng)
            rows.append(row)
            print(json.dumps({name: round(value, 3) for name, value in row.items()}), flush=True)
            engine = FileEngine(folder)
            have, size = size, size * 10
        engine.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if options.svg:
        Path(options.svg).write_text(plot(rows))


if __name__ == "__main__":
    main()
