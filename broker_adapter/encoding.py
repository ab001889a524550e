"""Records on their way out, as JSON text. Pure: batches in, bytes out. Payloads are embedded verbatim.

A record: {"partition", "offset" (a string: some engines pass 2^53), "timestamp", "type", "version"?, "key"?, "id"?,
"source"?, "subject"?, "time"?, "faults"? (what its schema had against it, where the stream keeps it all the same),
"attributes"? (other CloudEvents attributes), "content_type"?, "data"}. The names are those of the envelope that append
takes. A payload that is not JSON leaves as "data_base64"; a key that is not UTF-8 as
"key_base64"; an absent payload leaves neither (a tombstone, which ends its key, has `"tombstone": true` instead).

What records of one batch share (headers, times) is encoded once; a record costs a few concatenations.
"""

import base64
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import orjson

from broker_adapter.checks import is_json
from broker_adapter.log.batch import BatchView
from broker_adapter.log.records import TOMBSTONE_HEADER, Headers
from broker_adapter.times import format_time

_NAMES = {"type": "type", "version": "version", "content-type": "content_type"} | {
    f"ce-{name}": name for name in ("id", "source", "subject", "time")
}


def encode_records(batch: BatchView) -> list[bytes]:
    """One JSON object for each record of the batch, in order.

    Made a column at a time: what all records share goes into one pattern, so that a record costs one call.
    """
    shared = [_shared(headers) for headers in batch.header_table]
    pattern = [b'{"partition":%d,"offset":"%%d' % batch.partition]
    columns: list[Iterable[int | bytes]] = [batch.offsets]
    for constant, column in (_middles(batch, shared), _keys(batch.keys), _payloads(batch, shared)):
        pattern.append(constant if column is not None else constant.replace(b"%", b"%%"))
        if column is not None:
            columns.append(column)
    return list(map(b"".join((*pattern, b"}")).__mod__, zip(*columns, strict=True)))


_Column = tuple[
    bytes, Iterable[bytes] | None
]  # part of the pattern, and what fills it in; None: it is the same for all


def _middles(batch: BatchView, shared: Sequence[tuple[bytes, bool]]) -> _Column:
    """``","timestamp":"...","type":...``: one text for each time and headers."""
    index, timestamps = batch.header_index, batch.timestamps_ms
    made = {
        (at_ms, number): b'","timestamp":"%b"%b' % (format_time(at_ms).encode(), shared[number][0])
        for at_ms, number in set(zip(timestamps, index, strict=True))
    }
    if len(made) == 1:
        return next(iter(made.values())), None
    return b"%b", map(made.__getitem__, zip(timestamps, index, strict=True))


def _keys(keys: Sequence[bytes | None]) -> _Column:
    """``,"key":"..."``, or nothing. Keys that need no escaping are found out all at once."""
    absent = keys.count(None)
    if absent == len(keys):
        return b"", None
    if not absent:
        joined = b"".join(keys)  # type: ignore[arg-type]
        if joined.isascii() and joined.decode().isprintable() and b'"' not in joined and b"\\" not in joined:
            return b',"key":"%b"', keys  # type: ignore[return-value]
    return b"%b", [b"" if key is None else _key(key) for key in keys]


def _payloads(batch: BatchView, shared: Sequence[tuple[bytes, bool]]) -> _Column:
    """``,"data":...``, or nothing for a tombstone."""
    payloads = batch.payloads
    if all(as_json for _, as_json in shared) and all(payloads) and all(map(bytes.isascii, payloads)):
        return b',"data":%b', payloads
    return b"%b", [_data(each, shared[number][1]) for each, number in zip(payloads, batch.header_index, strict=True)]


def one_line(record: bytes) -> bytes:
    """The record on one line: line breaks of a payload lie between its tokens, where blanks mean the same."""
    return record.replace(b"\n", b" ").replace(b"\r", b" ") if b"\n" in record or b"\r" in record else record


def _shared(headers: Headers) -> tuple[bytes, bool]:
    """``,"type":"...",...`` and whether the payload is JSON."""
    members: dict[str, Any] = {}
    others: dict[str, str] = {}
    for name, raw in headers:
        value = raw.decode("utf-8", "replace")
        known = _NAMES.get(name)
        if known is not None:
            members.setdefault(known, value)
        elif name == "faults":
            members.setdefault("faults", _faults(raw))
        elif name == TOMBSTONE_HEADER:
            members["tombstone"] = True
        else:
            others.setdefault(name.removeprefix("ce-"), value)
    if others:
        members["attributes"] = others
    text = orjson.dumps(members)[1:-1]
    return (b"," + text if text else b""), is_json(members.get("content_type"))


def _faults(raw: bytes) -> Any:
    """What a stream that observes, or one of dead letters, found wrong with the record."""
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        return []


def _key(key: bytes) -> bytes:
    try:
        return b',"key":' + orjson.dumps(key.decode())
    except UnicodeDecodeError:
        return b',"key_base64":"' + base64.b64encode(key) + b'"'


def _data(payload: bytes, as_json: bool) -> bytes:
    if not payload:
        return b""
    if as_json and (payload.isascii() or _is_utf8(payload)):
        return b',"data":' + payload
    return b',"data_base64":"' + base64.b64encode(payload) + b'"'


def _is_utf8(payload: bytes) -> bool:
    try:
        payload.decode()
    except UnicodeDecodeError:
        return False
    return True


def encode_cloudevents(batch: BatchView, *, source: str, schema_url: Callable[[str, str], str]) -> list[bytes]:
    """The same records as CloudEvents 1.0 (JSON event format).

    Where the sender gave no id and source, ``source`` (the stream's address) and ``partition-offset`` identify the
    record. ``schema_url(type, version)`` makes the dataschema.
    """
    shared = [_cloudevent_attributes(headers, source, schema_url) for headers in batch.header_table]
    out = []
    for record, index in zip(batch.records(), batch.header_index, strict=True):
        attributes, as_json, has_id = shared[index]
        own: dict[str, str] = {} if has_id else {"id": f"{record.partition}-{record.offset}"}
        if "time" not in attributes:
            own["time"] = format_time(record.timestamp_ms)
        if record.key is not None:
            own["partitionkey"] = record.key.decode("utf-8", "replace")
        out.append(orjson.dumps(attributes | own)[:-1] + _data(record.payload, as_json) + b"}")
    return out


def _cloudevent_attributes(
    headers: Headers, source: str, schema_url: Callable[[str, str], str]
) -> tuple[dict[str, str], bool, bool]:
    found = {name: raw.decode("utf-8", "replace") for name, raw in headers}
    attributes = {"specversion": "1.0", "type": found.get("type") or "record"}
    attributes |= {name[3:]: value for name, value in found.items() if name.startswith("ce-")}
    if TOMBSTONE_HEADER in found:
        attributes["tombstone"] = "true"
    has_id = "id" in attributes and "source" in attributes
    if not has_id:
        attributes.pop("id", None)
        attributes["source"] = source
    content_type = found.get("content-type", "application/json")
    attributes["datacontenttype"] = content_type
    if found.get("version"):
        attributes.setdefault("dataschema", schema_url(attributes["type"], found["version"]))
    return attributes, is_json(content_type), has_id
