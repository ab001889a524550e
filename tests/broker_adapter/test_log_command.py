"""``manage.py log``, end to end on a log in files."""

import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from broker_adapter.engine_holder import engine
from broker_adapter.log.engine import StreamSettings
from broker_adapter.log.records import NewRecords
from broker_adapter.models import Stream

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_disk")]


def run(*words: str) -> str:
    out = io.StringIO()
    call_command("log", *words, stdout=out)
    return out.getvalue()


@pytest.fixture
def filled(orders: Stream) -> Stream:
    engine().alter(orders.log_name, StreamSettings(segment_bytes=1000, compaction=True))
    for number in range(30):
        engine().append(orders.log_name, NewRecords([b'{"n":%d}' % number + b" " * 50], keys=[b"k%d" % (number % 4)]))
    return orders


def damage(stream: Stream, root: Path) -> Path:
    path = sorted(root.rglob("*.log"))[0]
    data = bytearray(path.read_bytes())
    data[300] ^= 4
    path.write_bytes(data)
    return path


def test_verify_says_sound_of_a_sound_log_and_names_the_byte_of_a_damaged_one(filled: Stream, tmp_path: Path) -> None:
    assert "sound (30 records in 30 batches" in run("verify", f"{filled.workspace.slug}/orders")
    assert "sound" in run("verify")
    path = damage(filled, tmp_path)
    out = io.StringIO()
    with pytest.raises(CommandError) as raised:
        call_command("log", "verify", stdout=out)
    assert raised.value.returncode == 1
    assert "DAMAGED" in out.getvalue()
    assert path.name in out.getvalue()
    assert "byte" in out.getvalue()


def test_stats_and_inspect_show_what_there_is(filled: Stream) -> None:
    assert "offsets 0 to 30" in run("stats", filled.log_name)
    about = json.loads(run("stats", "--json", filled.log_name))
    assert about["partitions"][0]["next_offset"] == 30
    assert about["files"][0]["segments"] > 3
    shown = run("inspect", filled.log_name, "--offset", "10", "--count", "2", "--records")
    assert "offsets 10 to 10, 1 records" in shown
    assert '{"n":11}' in shown
    assert '{"n":12}' not in shown
    with pytest.raises(CommandError, match="no partition 7"):
        run("inspect", filled.log_name, "--partition", "7")
    with pytest.raises(CommandError, match="no stream"):
        run("stats", "nothing")


def test_compact_then_backup_then_restore_brings_the_stream_back(filled: Stream, tmp_path: Path) -> None:
    assert "26 compacted" in run("compact", filled.log_name)
    target = str(tmp_path / "backup")
    assert "1 streams" in run("backup", target, filled.log_name)
    with pytest.raises(CommandError, match="exists already"):
        run("restore", target)
    engine().delete(filled.log_name)
    assert filled.log_name in run("restore", target)
    assert "sound (4 records" in run("verify", filled.log_name)


def test_a_log_in_memory_has_no_files_to_look_into(settings) -> None:
    from broker_adapter import engine_holder

    engine_holder.close_engine()
    settings.COMMIT_LOG_URL = "memory:"
    with pytest.raises(CommandError, match="in files"):
        run("verify")
