"""Several real processes on one log, and processes killed in mid-append."""

import multiprocessing
import os
import random
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

from broker_adapter.log.engine import StreamSettings
from broker_adapter.log.file_engine import FileEngine
from broker_adapter.log.records import NewRecords
from tests.log.test_contract import S, payloads, read_all

ROUNDS = int(os.environ.get("FACTSTORM_KILL_ROUNDS", "4"))  # script and CI run a few, a long proof runs hundreds
SETTINGS = StreamSettings(segment_bytes=60_000)

APPENDER = """
import sys
from broker_adapter.log.file_engine import FileEngine
from broker_adapter.log.records import NewRecords
folder, who, number = sys.argv[1], sys.argv[2], int(sys.argv[3])
engine = FileEngine(folder)
while True:
    ids = [b"%s-%d-%d" % (who.encode(), number, each) for each in range(5)]
    records = NewRecords([each + b"." * 200 for each in ids], dedup_ids=ids)
    result = engine.append(sys.argv[4], records)
    print(number, *result.partitions, *result.offsets, flush=True)
    number += 1
"""


def append_many(folder: str, who: int, count: int) -> None:
    engine = FileEngine(folder)
    for number in range(count):
        engine.append(S, NewRecords([b"%d-%d" % (who, number)] * 3, keys=[b"%d" % who] * 3))
    engine.close()


def test_processes_appending_at_once_lose_nothing_and_keep_offsets_dense(tmp_path: Path) -> None:
    engine = FileEngine(str(tmp_path))
    engine.create(S, partitions=2, settings=SETTINGS)
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=append_many, args=(str(tmp_path), who, 60)) for who in range(3)]
    for process in processes:
        process.start()
    append_many(str(tmp_path), 3, 60)
    for process in processes:
        process.join(60)
        assert process.exitcode == 0
    found = read_all(engine)
    assert len(found) == 4 * 60 * 3
    for number in range(2):
        offsets = [record.offset for record in found if record.partition == number]
        assert offsets == list(range(len(offsets)))
    for who in range(4):
        mine = [record.payload for record in found if record.key == b"%d" % who]
        assert mine == [b"%d-%d" % (who, number) for number in range(60) for _ in range(3)]
    engine.close()


def test_nothing_acknowledged_is_lost_or_doubled_when_appenders_are_killed(tmp_path: Path) -> None:
    """Two appenders, killed at random moments; each is started again with the batch it had not been acknowledged."""
    engine = FileEngine(str(tmp_path))
    engine.create(S, partitions=2, settings=SETTINGS)
    chosen = random.Random(11)
    script = tmp_path / "appender.py"
    script.write_text(APPENDER)
    acknowledged: dict[bytes, tuple[int, int]] = {}
    following = {"a": 0, "b": 0}
    seen: dict[tuple[int, int], bytes] = {}
    position = engine.earliest(S)
    for _ in range(ROUNDS):
        running = {
            who: subprocess.Popen(
                [sys.executable, str(script), str(tmp_path), who, str(number), S],
                stdout=subprocess.PIPE,
                env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
            )
            for who, number in following.items()
        }
        for who, process in running.items():
            assert process.stdout is not None
            select.select([process.stdout], [], [], 60)  # at least one batch
            time.sleep(chosen.random() * 0.05)
            position = look(engine, position, seen)
            process.send_signal(signal.SIGKILL)
            output = process.communicate()[0]
            for line in output[: output.rfind(b"\n") + 1].splitlines():
                number, *places = map(int, line.split())
                for each in range(5):
                    acknowledged[b"%s-%d-%d" % (who.encode(), number, each)] = (places[each], places[5 + each])
                following[who] = number + 1
    look(engine, position, seen)
    fresh = FileEngine(str(tmp_path))
    fresh.append(S, NewRecords([b"the end"], keys=[b"1"]))
    found = {(record.partition, record.offset): record.payload.split(b".")[0] for record in read_all(fresh)}
    assert len(acknowledged) >= ROUNDS * 10
    assert {where: each for each, where in acknowledged.items()}.items() <= found.items()
    assert seen.items() <= found.items()  # no reader ever saw what was later gone
    ids = [each for each in found.values() if each != b"the end"]
    assert len(ids) == len(set(ids))
    for partition in range(2):
        offsets = sorted(offset for number, offset in found if number == partition)
        assert offsets == list(range(len(offsets)))
    for each in (engine, fresh):
        each.close()


def look(engine, position, seen):
    slice_ = engine.read(S, position, records_max=100_000, bytes_max=1 << 30)
    assert not slice_.gaps
    seen.update({(record.partition, record.offset): record.payload.split(b".")[0] for record in slice_.records()})
    return slice_.position


def test_an_engine_is_not_used_across_a_fork(tmp_path: Path) -> None:
    engine = FileEngine(str(tmp_path))
    engine.create(S)
    child = os.fork()
    if not child:
        try:
            engine.append(S, NewRecords([b"x"]))
        except Exception as error:
            os._exit(7 if type(error).__name__ == "LogUnavailable" else 1)
        os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    engine.append(S, NewRecords([b"y"]))
    assert payloads(read_all(engine)) == [b"y"]
    engine.close()
