"""Records on their way out: the columns give what a record at a time would."""

import base64
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from broker_adapter.encoding import encode_records
from broker_adapter.log.batch import BatchView
from broker_adapter.log.engine import open_engine
from broker_adapter.log.records import NewRecords
from broker_adapter.times import format_time

TEXTS = st.sampled_from(["Order", "100 %d%b", 'a"b', "é", ""])
KEYS = st.one_of(st.none(), st.sampled_from([b"k", b"%s", b'"', b"\\", b"\n", b"\xff", "é".encode(), b""]))
PAYLOADS = st.sampled_from([b'{"a":1}', b"[1,\n2]", '"é %d"'.encode(), b"", b'"%"', b"0"])
HEADERS = st.builds(
    lambda kind, version, subject, content_type: (
        ("type", kind.encode()),
        *((("version", b"1.0.0"),) if version else ()),
        *((("ce-subject", subject.encode()),) if subject else ()),
        *((("content-type", content_type),) if content_type else ()),
    ),
    TEXTS, st.booleans(), TEXTS, st.sampled_from([b"", b"", b"", b"application/json", b"image/png"]),
)  # fmt: skip


def batch_of(records: NewRecords) -> BatchView:
    engine = open_engine("memory:")
    engine.create("s")
    engine.append("s", records)
    (batch,) = engine.read("s", engine.earliest("s"), records_max=1_000, bytes_max=1 << 20).batches
    engine.close()
    return batch


def plainly(batch: BatchView, number: int) -> dict[str, Any]:
    """The record by its documentation (docs/stream-protocol.md), without any cleverness."""
    headers = dict(batch.headers[number])
    found: dict[str, Any] = {
        "partition": 0,
        "offset": str(batch.offsets[number]),
        "timestamp": format_time(batch.timestamps_ms[number]),
    }
    for name, shown in (
        ("type", "type"),
        ("version", "version"),
        ("ce-subject", "subject"),
        ("content-type", "content_type"),
    ):
        if name in headers:
            found[shown] = headers[name].decode()
    key, payload = batch.keys[number], batch.payloads[number]
    if key is not None:
        try:
            found["key"] = key.decode()
        except UnicodeDecodeError:
            found["key_base64"] = base64.b64encode(key).decode()
    if payload and headers.get("content-type", b"application/json") == b"application/json":
        found["data"] = orjson.loads(payload)
    elif payload:
        found["data_base64"] = base64.b64encode(payload).decode()
    return found


@settings(max_examples=300, deadline=None)
@given(
    rows=st.lists(st.tuples(PAYLOADS, KEYS, HEADERS, st.integers(0, 3)), min_size=1, max_size=6),
    one_kind=st.booleans(),
    same_time=st.booleans(),
)
def test_every_record_is_encoded_as_documented(rows: list, one_kind: bool, same_time: bool):
    payloads, keys, headers, times = (list(column) for column in zip(*rows, strict=True))
    if one_kind:
        headers = [headers[0]] * len(rows)
    batch = batch_of(NewRecords(payloads, keys, headers, None if same_time else [10**12 + each for each in times]))
    encoded = encode_records(batch)
    assert [orjson.loads(each) for each in encoded] == [plainly(batch, number) for number in range(len(rows))]
    for each, payload in zip(encoded, payloads, strict=True):
        assert b'"data":' not in each or each.endswith(payload + b"}")


def test_a_run_of_a_batch_is_encoded_alone():
    engine = open_engine("memory:")
    engine.create("s")
    engine.append("s", NewRecords([b"%d" % n for n in range(5)], [b"k%d" % n for n in range(5)]))
    found = engine.read("s", engine.position_at("s", {0: 2}), records_max=2, bytes_max=1 << 20)
    encoded = [orjson.loads(each) for batch in found.batches for each in encode_records(batch)]
    assert [(each["offset"], each["key"], each["data"]) for each in encoded] == [("2", "k2", 2), ("3", "k3", 3)]
    engine.close()
